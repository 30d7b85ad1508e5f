"""The main screen: sessions, chat, details; it turns what widgets say into service calls."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Footer, Input, Static

from agentsess.errors import AgentsessError, SessionNotFound
from agentsess.model import Page, Session
from agentsess.ui.keys import KEYS
from agentsess.ui.screens.actions import SessionActions
from agentsess.ui.screens.attention import Attention
from agentsess.ui.screens.branching import Branches
from agentsess.ui.screens.leaving import Leaving
from agentsess.ui.screens.listing import Listing
from agentsess.ui.screens.navigation import Navigation
from agentsess.ui.screens.pacing import Pacing
from agentsess.ui.screens.resuming import Resuming
from agentsess.ui.screens.shortening import Shortening
from agentsess.ui.screens.spending import Spending
from agentsess.ui.screens.talking import Talking
from agentsess.ui.screens.tidying import Tidying
from agentsess.ui.widgets.chat_pane import ChatPane
from agentsess.ui.widgets.details import Details
from agentsess.ui.widgets.session_list import SessionList
from agentsess.ui.widgets.transcript import Transcript

_PAGE = 60
_OPEN_DELAY = 0.06
"""Seconds for which the cursor must rest on a session before it is read."""
_POLL_SECONDS = 1.0
_SCAN_SECONDS = 15.0


class MainScreen(
    SessionActions,
    Branches,
    Leaving,
    Resuming,
    Shortening,
    Talking,
    Attention,
    Spending,
    Tidying,
    Pacing,
    Listing,
    Navigation,
):
    """Three panes. What takes long runs in workers; handlers only show."""

    BINDINGS: ClassVar[list[BindingType]] = [key.binding for key in KEYS]
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"), (90, "-normal"), (120, "-wide"),
    ]  # fmt: skip
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self._open_timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Static(Content(""), id="tabs")
        with Horizontal(id="panes"):
            with Vertical(id="sessions-pane", classes="pane"):
                yield Input(placeholder="/ filter", id="filter", select_on_focus=False)
                yield Static(Content(""), id="list-empty")
                yield SessionList(id="session-list")
                yield Static(Content(""), id="list-status")
            yield ChatPane(id="chat-pane", classes="pane")
            with Vertical(id="details-pane", classes="pane"):
                yield Details()
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one("#details-pane").border_title = Content("Details")
        self.name_list()
        self.at("sessions")
        self.sessions.focus()
        self.reload()
        self.scan_sources()
        self.tidy_at_start()
        self.set_interval(_POLL_SECONDS, self.poll)
        self.set_interval(_SCAN_SECONDS, self.scan_sources)

    # -- opening

    @on(SessionList.Highlighted)
    def _highlighted(self, event: SessionList.Highlighted) -> None:
        if self._open_timer:
            self._open_timer.stop()
        if (session_id := event.session_id) is not None:
            self._open_timer = self.set_timer(_OPEN_DELAY, lambda: self._read_along(session_id))

    def _read_along(self, session_id: str) -> None:
        # Opening cancels what else is being opened, such as the same session's resuming.
        if session_id != self.coming and not self.draft_folder:
            self.open(session_id)

    @on(SessionList.Opened)
    def _opened(self, event: SessionList.Opened) -> None:
        self.draft_folder, self.coming = "", event.session_id
        self.open(event.session_id, go_there=True)

    @work(exclusive=True, group="open")
    async def open(self, session_id: str, go_there: bool = False) -> None:
        """Read a session's newest entries and show them; go to them if that is wanted."""
        shown = self.chat.session
        is_shown = shown is not None and shown.id == session_id
        if (is_shown or await self.show_session(session_id)) and go_there:
            self.action_focus_pane("chat")

    async def show_session(self, session_id: str) -> bool:
        """Show a session; False if it cannot be read, or is not wanted any more."""
        self.coming = session_id
        service = self.app.service
        try:
            session = await self.app.aside(service.get, session_id)
            page = await self.app.aside(service.page, session_id, last=_PAGE)
            parent = await self.app.aside(self._title, session.parent_id)
        except AgentsessError as error:
            self.tell(str(error), error=True)
            return False
        if self.coming != session_id:
            return False  # the user went elsewhere meanwhile
        self.parent_title = parent
        runs = self.app.runs
        self.chat.show(session, page, live=runs.is_working(session_id))
        self.show_details()
        self.look_up(session, page.entries)
        thinking, text = runs.unsaved(session_id)
        if thinking:
            self.chat.transcript.stream_thinking(thinking)
        if text:
            self.chat.transcript.stream(text)
        if question := runs.question(session_id):
            self.ask(question)
        return True

    def follow_open(self, sessions: dict[str, Session]) -> None:
        """Bring the open session's facts and entries up to date with the list."""
        if (shown := self.chat.session) is None:
            return
        session = sessions.get(shown.id)
        if session is None or session == shown:
            return
        self.chat.describe(session)
        self.show_details()
        if session.entry_count > self.chat.last_seq and not self.app.runs.is_working(session.id):
            self.catch_up(session.id)

    def _title(self, session_id: str | None) -> str:
        try:
            return self.app.service.get(session_id).title if session_id else ""
        except SessionNotFound:
            return ""

    @work(exclusive=True, group="catch-up")
    async def catch_up(self, session_id: str) -> None:
        """Show the entries that were added since the session was shown."""
        page = await self._read(session_id, _PAGE)
        if page and self.chat.session and self.chat.session.id == session_id:
            self.chat.catch_up(page)

    async def _read(self, session_id: str, last: int, before: int | None = None) -> Page | None:
        """Entries of the session in view; None if they cannot be read, which is said."""
        try:
            return await self.app.aside(self.app.service.page, session_id, last=last, before=before)
        except AgentsessError as error:
            self.chat.say(str(error), error=True)
            return None

    @on(Transcript.OlderWanted)
    async def _older_wanted(self, event: Transcript.OlderWanted) -> None:
        self.load_older(event.before, event.reach)

    @work(exclusive=True, group="older")
    async def load_older(self, before: int, reach: int | None) -> None:
        """Read the entries before those shown, back to ``reach`` if that is given."""
        if (session := self.chat.session) is None:
            return
        last = _PAGE if reach is None else max(_PAGE, before - reach + 10)
        page = await self._read(session.id, last, before)
        if page and self.chat.session and self.chat.session.id == session.id:
            self.chat.transcript.prepend(page)
