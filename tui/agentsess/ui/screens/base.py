"""What the parts of the main screen share: its panes, its state, and who calls whom."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from textual import getters
from textual.screen import Screen
from textual.widgets import Input, Static
from textual.worker import Worker

from agentsess.errors import AgentsessError, Stopped
from agentsess.ui.render.sessions import Live
from agentsess.ui.widgets.chat_pane import ChatPane
from agentsess.ui.widgets.details import Details
from agentsess.ui.widgets.session_list import SessionList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentsess.model import Entry, Session
    from agentsess.pace import Pace
    from agentsess.ui.app import AgentsessApp
    from agentsess.ui.runs import OpenOffer, Question

Result = TypeVar("Result")
_Part = TypeVar("_Part", bound="Panes")
_Given = ParamSpec("_Given")
_Act = Callable[Concatenate[_Part, _Given], Coroutine[None, None, None]]


def telling_errors(act: _Act[_Part, _Given]) -> _Act[_Part, _Given]:
    """For a worker of the main screen: what cannot be done ends it, and the user is told why."""

    @wraps(act)
    async def telling(self: _Part, /, *args: _Given.args, **named: _Given.kwargs) -> None:
        try:
            await act(self, *args, **named)
        except AgentsessError as error:
            self.tell(str(error), error=not isinstance(error, Stopped))

    return telling


class Panes(Screen[None]):
    """The widgets and the state of the main screen."""

    if TYPE_CHECKING:
        app = getters.app(AgentsessApp)

    sessions = getters.query_one(SessionList)
    chat = getters.query_one(ChatPane)
    details = getters.query_one(Details)
    filter_input = getters.query_one("#filter", Input)
    list_status = getters.query_one("#list-status", Static)
    list_empty = getters.query_one("#list-empty", Static)

    def __init__(self) -> None:
        super().__init__()
        self.query_text = ""
        self.trashed = False
        """Whether the trash is listed instead of the sessions."""
        self.doing = ""
        """How far work is that takes long; empty if there is none."""
        self.sort = "activity"
        """What the list is ordered by: a name in `navigation.SORTS`."""
        self.elsewhere: frozenset[str] = frozenset()
        """Sessions in which another process runs."""
        self.draft_folder = ""
        """Where a new session will work; empty while none is being started."""
        self.draft_model = ""
        """What the new session will ask; empty: what the settings say."""
        self.coming = ""
        """Id of the session that is shown or on its way; empty if none is."""
        self.parent_title = ""
        """Of what the session in view came from; empty if that is nothing, or is gone."""
        self.to_tell: set[str] = set()
        """Sessions whose model is told, with the next prompt, what changed since the last."""

    def live(self) -> dict[str, Live]:
        """What is going on, by session."""
        others: dict[str, Live] = dict.fromkeys(self.elsewhere, "elsewhere")
        return others | self.app.runs.live()

    def show_stop(self) -> None:
        """Let the footer say that escape stops the open session's run, while it does."""
        session = self.chat.session
        works = session is not None and self.app.runs.is_working(session.id)
        self.chat.prompt.can_stop = works and self.chat.question is None

    if TYPE_CHECKING:
        # Each is a part of the screen that another part calls.
        def tell(self, text: str, *, error: bool = False) -> None: ...
        async def at_length(
            self, what: Callable[[], Result], pace: Pace | None = None
        ) -> Result: ...
        def stop_long_work(self) -> bool: ...
        def _tell_list(self, problem: str = "") -> None: ...
        def _in_view(self, session_id: str) -> bool: ...
        def reload(self, select: str = "") -> Worker[None]: ...
        def follow_open(self, sessions: dict[str, Session]) -> None: ...
        def scan_sources(self) -> Worker[None]: ...
        def open(self, session_id: str, go_there: bool = False) -> Worker[None]: ...
        async def show_session(self, session_id: str) -> bool: ...
        def shorten(self, session: Session, *, clear_results: bool) -> Worker[None]: ...
        def start_phase(self, session: Session) -> Worker[None]: ...
        def write_recap(self, session: Session) -> Worker[None]: ...
        def tell_retirement(self, session: Session) -> Worker[None]: ...
        def catch_up(self, session_id: str) -> Worker[None]: ...
        def ask(self, question: Question | OpenOffer) -> None: ...
        def show_details(self) -> None: ...
        def look_up(self, session: Session, entries: Sequence[Entry]) -> None: ...
        def change(self, what: Callable[[], object], said: str = "") -> Worker[None]: ...
        def chosen_one(self) -> Session | None: ...
        def send_to(self, session_id: str, text: str) -> None: ...
        def go_on_in(self, phase: Session, prompt: str, *, show: bool) -> Worker[None]: ...
        def show_live(self) -> None: ...
        def stop_run(self, session_id: str) -> Worker[None]: ...
        def action_focus_pane(self, pane: str) -> None: ...
        def action_prompt(self) -> None: ...
        def action_reload(self) -> None: ...
