"""The main screen: sessions, chat, details; it turns what widgets say into service calls."""

from __future__ import annotations

import threading
from asyncio import CancelledError
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Footer, Input, Static
from textual.worker import get_current_worker

from agentsess.errors import AgentsessError
from agentsess.model import Page, Session, Status, utc_now
from agentsess.sessions.query import Query
from agentsess.sessions.search import Hit, Snippet
from agentsess.ui.keys import KEYS
from agentsess.ui.runs import Runs
from agentsess.ui.screens.actions import SessionActions
from agentsess.ui.screens.attention import Attention
from agentsess.ui.screens.branching import Branches
from agentsess.ui.screens.leaving import Leaving
from agentsess.ui.screens.navigation import SORTS, Navigation
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
_SEARCH_DELAY = 0.04
_SLOW = 0.15
"""Seconds after which a search shows what it has, though that may be nothing."""
_SCREENFUL = 20
_LONG = 0.5
"""Seconds after which the user is told what is being done."""
_MOST_HITS = 200
_WATCHED = 30
"""How many of the newest sessions are looked at for runs of other processes."""
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
        self._search_timer: Timer | None = None
        self._scan = ""
        self._scanning = threading.Lock()
        self._has_scanned = False
        self._searching = ""
        self._indexing = ""
        self._count = 0
        self._hidden = 0

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
        self.set_interval(_POLL_SECONDS, self._poll)
        self.set_interval(_SCAN_SECONDS, self.scan_sources)

    # -- the list

    @work(exclusive=True, group="list")
    async def reload(self, select: str = "") -> None:
        """List anew, in the background, and bring what is shown up to date.

        Args:
            select: Session to put the cursor on, such as one that was just made.
        """
        service, text, trashed = self.app.service, self.query_text, self.trashed
        try:
            everything = await self.app.aside(service.list, "", trashed=trashed)
            newest = [session.id for session in everything[:_WATCHED]]
            self.elsewhere = await self.app.aside(service.running_elsewhere, newest)
            query = Query.parse(text)
        except AgentsessError as error:
            self._tell_list(str(error))
            return
        is_search = bool(query.words or query.unwanted) and not trashed
        if is_search:
            listed, hidden = None, 0  # what is listed stays until something is found
        elif query.terms:
            now = utc_now()
            listed = [session for session in everything if query.matches(session, now)]
            hidden = 0
        else:
            listed = [s for s in everything if trashed or s.status is not Status.ARCHIVED]
            hidden = len(everything) - len(listed)
        self._count, self._hidden = len(everything), hidden
        if listed is not None:
            self.show_list(listed)
        if select:
            self.sessions.highlight(select)
        self._follow_open({session.id: session for session in everything})
        if is_search:
            self._search_soon(text)

    def show_list(
        self, listed: list[Session], snippets: Mapping[str, Snippet] | None = None
    ) -> None:
        """Show these sessions in the list, in the user's order.

        Args:
            listed: The sessions.
            snippets: What was found in them, the best first; by activity would be another order.
        """
        by_activity = self.sort == "activity"
        if snippets is None or not by_activity:
            listed = sorted(listed, key=SORTS[self.sort])
        grouped = by_activity and not self.trashed and snippets is None
        self.sessions.show(listed, self.live(), utc_now(), grouped, snippets)
        why = "" if listed or self._searching else self._why_empty()
        self.list_empty.update(Content(why))
        self.list_empty.display = bool(why)
        self._tell_list()

    def _why_empty(self) -> str:
        """What to do about a list with nothing in it."""
        if self.trashed:
            return "The trash is empty.\nT leaves it."
        if self.query_text:
            return "Nothing matches.\nesc clears the filter."
        if self._hidden:
            return "All are archived:\n/ status:archived lists them."
        if not self._has_scanned:
            return ""
        return "No sessions yet.\nctrl+n starts one here,\nagentsess-tui --demo shows a dozen."

    def _tell_list(self, problem: str = "") -> None:
        shown, total, found = self.sessions.length, self.sessions.length, ""
        if self.query_text:
            total = self._count
            found = f"{shown:,}{'+' if shown == _MOST_HITS else ''} of "
        marked = len(self.sessions.marked_ids)
        parts = [problem] if problem else []
        if not problem:
            where = "in the trash" if self.trashed else "session" if total == 1 else "sessions"
            parts = [f"{found}{total:,} {where}"]
            if marked:
                parts.insert(0, f"{marked} marked")
            if self._hidden:
                parts.append(f"{self._hidden} archived")
            if self._scan:
                parts = [self._scan]
            elif doing := self._searching or self._indexing:
                parts.append(doing)
        self.list_status.update(Content(" · ".join(parts)))

    @work(group="scan", thread=True)
    def scan_sources(self) -> None:
        """Read what other programs changed, unless that is being done, telling how far it is."""
        if not self._scanning.acquire(blocking=False):
            return
        try:
            self._scan_sources()
        finally:
            self._scanning.release()

    def _scan_sources(self) -> None:
        def progress(done: int, total: int) -> None:
            if not self.app.is_open:
                raise CancelledError  # nobody waits for the rest
            if total > 50 and (done % 100 == 0 or done == total):
                self.app.show_from_thread(self._tell_scan, done, total)

        try:
            changed = self.app.service.refresh(progress)
        except AgentsessError as error:
            self.app.show_from_thread(self._tell_list, str(error))
            return
        self.app.show_from_thread(self._scanned, changed)

    def _tell_scan(self, done: int, total: int) -> None:
        self._scan = f"reading {done:,} of {total:,}" if done < total else ""
        self.reload()

    def _scanned(self, changed: bool) -> None:
        self._scan, self._has_scanned = "", True
        if changed or not self._count:
            self.reload()
        self.index_sessions()

    def _poll(self) -> None:
        """See what other processes changed: one look at one file's size."""
        try:
            if self.app.service.changed():
                self.reload()
        except AgentsessError as error:
            self._tell_list(str(error))

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self.query_text = event.value
        self._searching = ""
        self.reload()

    @on(Input.Submitted, "#filter")
    def _filter_kept(self) -> None:
        self.sessions.focus()

    def _search_soon(self, text: str) -> None:
        if self._search_timer:
            self._search_timer.stop()
        self._search_timer = self.set_timer(_SEARCH_DELAY, lambda: self.search_text(text))

    @work(exclusive=True, group="search", thread=True)
    def search_text(self, text: str) -> None:
        """Show the sessions that hold the words, the best first, as they are found."""
        worker = get_current_worker()
        start, told = monotonic(), False
        hits: list[Hit] = []

        def cancelled() -> bool:
            nonlocal told
            if not told and monotonic() - start > _SLOW:
                told = True
                self.app.show_from_thread(self._found, text, list(hits), "searching…")
            return worker.is_cancelled or not self.app.is_open

        try:
            for hit in self.app.service.search(text, limit=_MOST_HITS, cancelled=cancelled):
                hits.append(hit)
                if len(hits) in (_SCREENFUL, 100) or (told and len(hits) % 10 == 1):
                    self.app.show_from_thread(self._found, text, list(hits), "searching…")
        except AgentsessError as error:
            self.app.show_from_thread(self._tell_list, str(error))
            return
        if not worker.is_cancelled:
            self.app.show_from_thread(self._found, text, hits, "")

    def _found(self, text: str, hits: list[Hit], searching: str) -> None:
        if text == self.query_text:
            self._searching = searching
            snippets = {
                hit.session.id: hit.snippets[0]
                for hit in hits
                if hit.snippets and hit.snippets[0].text != hit.session.title
            }
            self.show_list([hit.session for hit in hits], snippets)

    @on(Runs.Ended)
    def index_sessions(self) -> None:
        """Index what is new, unless that is going on."""
        if not any(worker.group == "index" and not worker.is_finished for worker in self.workers):
            self._index_in_thread()

    @work(group="index", thread=True)
    def _index_in_thread(self) -> None:
        worker, start = get_current_worker(), monotonic()

        def progress(done: int, total: int) -> None:
            if monotonic() - start > _LONG:
                self.app.show_from_thread(self._tell_index, done, total)

        def cancelled() -> bool:
            return worker.is_cancelled or not self.app.is_open

        with suppress(AgentsessError):  # without an index, searches read
            self.app.service.index(progress, cancelled)

    def _tell_index(self, done: int, total: int) -> None:
        self._indexing = f"indexing {done:,} of {total:,}" if done < total else ""
        self._tell_list()

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

    @on(SessionList.Marked)
    def _marked(self) -> None:
        self._tell_list()

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
        except AgentsessError as error:
            self.tell(str(error), error=True)
            return False
        if self.coming != session_id:
            return False  # the user went elsewhere meanwhile
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

    def _follow_open(self, sessions: dict[str, Session]) -> None:
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
