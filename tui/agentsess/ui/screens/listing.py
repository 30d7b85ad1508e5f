"""The main screen's list: what is read, searched and indexed for it in the background."""

from __future__ import annotations

import threading
from asyncio import CancelledError
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic

from textual import on, work
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input
from textual.worker import get_current_worker

from agentsess.errors import AgentsessError
from agentsess.model import Session, Status, utc_now
from agentsess.sessions.query import Query
from agentsess.sessions.search import Hit, Snippet
from agentsess.ui.runs import Runs
from agentsess.ui.screens.base import Panes
from agentsess.ui.screens.navigation import SORTS
from agentsess.ui.widgets.session_list import SessionList

_SEARCH_DELAY = 0.04
_SLOW = 0.15
"""Seconds after which a search shows what it has, though that may be nothing."""
_SCREENFUL = 20
_LONG = 0.5
"""Seconds after which the user is told what is being done."""
_MOST_HITS = 200
_WATCHED = 30
"""How many of the newest sessions are looked at for runs of other processes."""


class Listing(Panes):
    """Lists sessions anew as they change, and finds those that the user looks for."""

    def __init__(self) -> None:
        super().__init__()
        self._search_timer: Timer | None = None
        self._scan = ""
        self._scanning = threading.Lock()
        self._has_scanned = False
        self._searching = ""
        self._indexing = ""
        self._count = 0
        self._hidden = 0
        self._watched: list[str] = []
        """Ids of the sessions in which other processes may be at work."""

    @work(exclusive=True, group="list")
    async def reload(self, select: str = "") -> None:
        """List anew, in the background, and bring what is shown up to date.

        Args:
            select: Session to put the cursor on, such as one that was just made.
        """
        service, text, trashed = self.app.service, self.query_text, self.trashed
        try:
            everything = await self.app.aside(service.list, "", trashed=trashed)
            self._watched = [session.id for session in everything[:_WATCHED]]
            self.elsewhere = await self.app.aside(service.running_elsewhere, self._watched)
            query = Query.parse(text)
        except AgentsessError as error:
            self._tell_list(str(error))
            if not self.sessions.length:
                self._explain(str(error))  # the line under the list may be too short for it
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
        self.follow_open({session.id: session for session in everything})
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
        self._explain(why)
        self._tell_list()

    def _explain(self, why: str) -> None:
        """Say why nothing is listed; empty if something is."""
        self.list_empty.update(Content(why))
        self.list_empty.display = bool(why)

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
            if told := self.doing or self._scan:
                parts = [told]
            elif doing := self._searching or self._indexing:
                parts.append(doing)
        self.list_status.update(Content(" · ".join(parts)))

    @on(SessionList.Marked)
    def _marked(self) -> None:
        self._tell_list()

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

    def poll(self) -> None:
        """See what other processes changed, by one file's size, and where they are at work."""
        try:
            if self.app.service.changed():
                self.reload()
            else:
                self.look_elsewhere()
        except AgentsessError as error:
            self._tell_list(str(error))

    @work(exclusive=True, group="elsewhere")
    async def look_elsewhere(self) -> None:
        """See where other processes are at work: a run begins and ends without another trace."""
        try:
            found = await self.app.aside(self.app.service.running_elsewhere, self._watched)
        except AgentsessError:
            return  # one was deleted meanwhile: the list comes anew
        if found != self.elsewhere:
            self.elsewhere = found
            self.show_live()

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
