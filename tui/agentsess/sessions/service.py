"""What can be done with sessions: the one door for the agent, the CLI and the screens."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any, Self

from agentsess.config import Settings, load_settings
from agentsess.errors import IllegalTransition, InvalidSession, Owner, SessionLocked
from agentsess.model import Entry, JsonObject, Page, Recap, Session, Status, utc_now
from agentsess.sessions.board import Board
from agentsess.sessions.branching import Branching
from agentsess.sessions.carrying import kept_from
from agentsess.sessions.catalog import Catalog, Progress
from agentsess.sessions.copies import FoundCopies
from agentsess.sessions.fields import (
    counted,
    first_values,
    merging,
    new_values,
    transition,
    unarchived,
)
from agentsess.sessions.health import Health, bring_back, check_store
from agentsess.sessions.making import making
from agentsess.sessions.permissions import Permissions
from agentsess.sessions.phases import Phases
from agentsess.sessions.query import Query
from agentsess.sessions.recaps import Recaps
from agentsess.sessions.records import checked_tags
from agentsess.sessions.removals import Removal
from agentsess.sessions.retention import Retention
from agentsess.sessions.search import Hit, SessionSearch
from agentsess.sessions.trash import Trash
from agentsess.sessions.undo import Changes
from agentsess.sessions.writer import SessionWriter
from agentsess.sources.base import ResumeCommand, Source
from agentsess.storage.away import Tidied
from agentsess.storage.store import FileStore, SessionStore


class SessionService:
    """All operations on sessions. Safe to call from several threads.

    Sessions of other programs are read where they are and never written to: their
    status, title, tags, notes and metadata are kept in our own store beside them.
    """

    def __init__(
        self, store: SessionStore, catalog: Catalog, index: Path, settings: Callable[[], Settings]
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._copies = FoundCopies(store, catalog)
        self._changes = Changes(store, catalog, self._copies)
        every, pass_over = (lambda: settings().snapshot_every), self._changes.pass_over
        self.branches = Branching(store, catalog, every, pass_over)
        """Snapshots, forks, rewinding."""
        self._search = SessionSearch(catalog, self, index)
        before = self.branches.snapshot_before_pruning
        self.retention = Retention(store, catalog, self._changes, before)
        """Pruning by rule, and the rules."""
        self.bin = Trash(store, catalog, self._search.indexer.forget)
        """Emptying the trash, and deleting for good."""
        self.recaps = Recaps(self, store, catalog)
        """Where sessions stand, and what changed around them."""
        self.phases = Phases(self, store)
        """Sessions that go on where others ended."""
        self.permissions = Permissions(store, settings)
        """What tools may do without a question."""

    @classmethod
    def open(cls, home: Path, *, sources: Sequence[Source] = ()) -> Self:
        """The service over the store in a folder; nothing is read or written yet."""
        store = FileStore(home)
        catalog = Catalog(store, sources, home / "cache" / "found.jsonl")
        index = home / "cache" / "search.sqlite"
        return cls(store, catalog, index, lambda: load_settings(home))

    def close(self) -> None:
        """Let all files go."""
        self._search.close()
        self._catalog.close()
        self._store.close()

    # -- finding and reading

    def list(
        self, query: str = "", *, limit: int | None = None, trashed: bool = False
    ) -> list[Session]:
        """Sessions that match a query, the most recently worked in first.

        Raises:
            InvalidQuery: A filter in the query cannot be understood.
        """
        return self._catalog.list(Query.parse(query), trashed=trashed, limit=limit)

    def get(self, session_id: str) -> Session:
        """One session by its id; raises SessionNotFound."""
        return self._catalog.get(session_id)

    def resolve(self, abbreviated: str) -> str:
        """The id that begins so; raises SessionNotFound or AmbiguousId."""
        return self._catalog.resolve(abbreviated)

    def page(self, session_id: str, *, last: int = 50, before: int | None = None) -> Page:
        """The newest ``last`` entries numbered below ``before`` (None: of all)."""
        session = self.get(session_id)
        if session.is_own:
            return self._store.page(session_id, last=last, before=before)
        return self._catalog.page(session, last=last, before=before)

    def entries(self, session_id: str, start: int = 1) -> Iterator[Entry]:
        """The history from an entry on, oldest first."""
        session = self.get(session_id)
        if session.is_own:
            return self._store.entries(session_id, start)
        return self._catalog.entries(session, start)

    def follows(self, session_id: str, seq: int, at: datetime | None) -> bool:
        """Whether an entry that was read before is still there, so that reading may go on."""
        if seq == 0:
            return True
        entries = self.page(session_id, last=1, before=seq + 1).entries
        return bool(entries) and (entries[0].seq, entries[0].at) == (seq, at)

    def recap(self, session_id: str) -> Recap:
        """Where a session stands; see `Recaps.get`."""
        return self.recaps.get(session_id)

    def search(
        self, text: str, *, limit: int = 20, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Hit]:
        """Sessions whose rows, notes or conversation hold all words, the best first.

        What is not indexed yet is read, and follows.

        Raises:
            InvalidQuery: A filter in the text cannot be understood.
        """
        return self._search.find(Query.parse(text), limit, cancelled)

    def index(
        self, progress: Progress | None = None, cancelled: Callable[[], bool] = lambda: False
    ) -> bool:
        """Bring the search index up to date; may take a while. See `Indexer.update`."""
        return self._search.indexer.update(progress, cancelled)

    def owner(self, session_id: str) -> Owner | None:
        """Who is running in a session right now; None if nobody is."""
        return self._store.owner(session_id) if self.get(session_id).is_own else None

    def running_elsewhere(self, session_ids: Iterable[str]) -> frozenset[str]:
        """Those of some sessions in which another process runs."""
        owners = ((i, self.owner(i)) for i in session_ids)
        return frozenset(i for i, owner in owners if owner and owner.pid != os.getpid())

    def refresh(self, progress: Progress | None = None) -> bool:
        """Look for what other programs changed; True if anything did. May take seconds."""
        return self._catalog.refresh(progress)

    def check(self) -> Health:
        """Read all histories and the search index through; for many this takes a while."""
        sessions = self._catalog.sessions().values()
        return check_store(self._store, sessions, self, self._search.indexer)

    def bring_back(self) -> tuple[Session, ...]:
        """List sessions again whose record was lost to damage; see `health.bring_back`."""
        return tuple(map(self.get, bring_back(self._store)))

    def changed(self) -> bool:
        """Whether another process changed our store since the last look; cheap."""
        return self._catalog.changed()

    def resume_command(self, session_id: str) -> ResumeCommand | None:
        """How to resume another program's session there; None if that is not possible."""
        session = self.get(session_id)
        return None if session.is_own else self._catalog.resume_command(session)

    # -- making and writing

    def create(
        self,
        *,
        title: str = "",
        metadata: Mapping[str, Any] | None = None,
        cwd: str = "",
        model: str = "",
        tags: Iterable[str] = (),
        notes: str = "",
        status: Status = Status.ACTIVE,
        parent_id: str | None = None,
        created_at: datetime | None = None,
        session_id: str = "",
        budget_usd: float | None = None,
        max_tokens_total: int | None = None,
        begin: Callable[[SessionWriter], object] | None = None,
    ) -> Session:
        """A new session, durable when this returns; its id is made up if none is given.

        Nobody sees it before ``begin`` has written what it begins with.

        Raises:
            InvalidMetadata: The metadata is not a JSON object.
            InvalidSession: Another field cannot be what was given.
        """
        document = first_values(
            created_at,
            status,
            title=title,
            cwd=cwd,
            model=model,
            tags=tags,
            notes=notes,
            metadata=metadata or {},
            parent_id=parent_id,
            budget_usd=budget_usd,
            max_tokens_total=max_tokens_total,
        )
        session_id = session_id or str(uuid.uuid4())
        if begin is None:
            self._store.create("sessions", session_id, document)
        else:
            with making(self._store, session_id, document) as lease:
                begin(SessionWriter(self._store, session_id, lease))
        return self.get(session_id)

    def writer(
        self,
        session_id: str,
        *,
        agent: str = "",
        wait: float = 0.0,
        take_over: bool = False,
        stop: threading.Event | None = None,
    ) -> SessionWriter:
        """The exclusive right to add to a session of our own, until it is closed.

        Args:
            session_id: Which session.
            agent: Who writes, for others to see.
            wait: Seconds to wait for another writer.
            take_over: Take the session from another writer even if that one is well; it
                is refused from then on.
            stop: Ends the waiting when set.

        Raises:
            SessionLocked: Another is writing.
            InvalidSession: The history belongs to another program, or is archived.
        """
        session = self.get(session_id)
        if not session.is_own:
            raise InvalidSession("This history is another program's. Continue it here first.")
        lease = self._store.lease(
            session_id, agent=agent, wait=wait, take_over=take_over, stop=stop
        )
        try:
            # Only now: it may have been archived while we waited.
            if (now := self.get(session_id)).status is Status.ARCHIVED:
                raise IllegalTransition(f"“{now.title}” is archived. Unarchive it first.")
            due = partial(self.branches.snapshot_when_due, session_id)
            return SessionWriter(self._store, session_id, lease, due)
        except BaseException:
            lease.release()
            raise

    def continue_here(self, session_id: str, at: int | None = None) -> Session:
        """A new session of our own that carries another program's conversation.

        Args:
            session_id: The other program's.
            at: The last entry that goes along; None: all do.
        """
        origin = self.get(session_id)
        entries = takewhile(lambda e: at is None or e.seq <= at, self.entries(origin.id))
        return self.create(
            title=origin.title,
            created_at=origin.created_at,
            begin=lambda writer: writer.carry_over(entries, origin.source),
            **kept_from(origin),
        )

    # -- changing

    def board(self, session_id: str, author: str = "") -> Board:
        """What the agents of a session share; ``author`` is who posts. See `Board`."""
        return Board(self._store, self._catalog, session_id, author)

    def update(self, session_id: str, **fields: Any) -> Session:
        """Set any of ``title, status, notes, tags, metadata, model, budget_usd,
        max_tokens_total``; a limit or a key of the metadata that is None is taken away.

        Raises:
            SessionNotFound, InvalidSession: See errors; nothing was changed.
        """
        values = new_values(self.get(session_id), fields)
        what = ", ".join(fields)
        self._changes.make(f"changed {what}", {session_id: merging(values)})
        if values.get("status") not in (None, Status.ACTIVE):
            self.recaps.make_ready([session_id])
        return self.get(session_id)

    def set_status(self, session_ids: Sequence[str], status: Status) -> None:
        """Give several sessions a status in one step; raises IllegalTransition."""
        changes = {i: transition(self.get(i), status) for i in session_ids}
        self._changes.make(f"{counted(session_ids)} {status}", changes)
        if status is not Status.ACTIVE:
            self.recaps.make_ready(session_ids)

    def pause(self, session_id: str) -> Session:
        """Mark a session as paused."""
        return self.update(session_id, status=Status.PAUSED)

    def resume(self, session_id: str) -> Session:
        """Mark a paused or completed session as active again."""
        return self.update(session_id, status=Status.ACTIVE)

    def complete(self, session_id: str) -> Session:
        """Mark a session as completed."""
        return self.update(session_id, status=Status.COMPLETED)

    def archive(self, session_id: str) -> Session:
        """Put a session away; it stays listed under ``status:archived``."""
        return self.update(session_id, status=Status.ARCHIVED)

    def unarchive(self, *session_ids: str, restore_files: bool = False) -> None:
        """Give archived sessions back the status they had.

        Args:
            session_ids: Which.
            restore_files: Write what other programs deleted of them back into these
                programs' folders, byte for byte; never over a file that is there.
        """
        if any(self.get(i).status is not Status.ARCHIVED for i in session_ids):
            raise IllegalTransition("Only an archived session can be unarchived.")
        if restore_files:
            self._copies.write_back(session_ids)
            self.refresh()
        what = f"{counted(session_ids)} unarchived"
        self._changes.make(what, dict.fromkeys(session_ids, unarchived))

    def change_tags(
        self, session_ids: Sequence[str], added: Iterable[str], removed: Iterable[str] = ()
    ) -> None:
        """Add tags to several sessions and take others off, in one step."""
        new, gone = checked_tags(added), set(checked_tags(removed))

        def retagged(document: JsonObject) -> JsonObject:
            tags = dict.fromkeys([*document.get("tags", ()), *new])
            return {"tags": [tag for tag in tags if tag not in gone]}

        self._changes.make(f"{counted(session_ids)} tagged", dict.fromkeys(session_ids, retagged))

    def trash(self, session_ids: Sequence[str], *, why: str = "moved to the trash") -> None:
        """Move sessions to the trash, in one step. Another program's file stays untouched.

        Raises:
            SessionLocked: One of them is running.
        """
        for session_id in session_ids:
            if owner := self.owner(session_id):
                raise SessionLocked(session_id, owner)
        moment = utc_now().isoformat()
        self._changes.make(
            f"{counted(session_ids)} {why}", {i: {"trashed_at": moment} for i in session_ids}
        )

    def restore(self, session_ids: Sequence[str]) -> None:
        """Take sessions out of the trash."""
        self._changes.make(
            f"{counted(session_ids)} restored", {i: {"trashed_at": None} for i in session_ids}
        )

    def purge(self, session_ids: Sequence[str], *, who: str = "user") -> Removal:
        """Delete sessions of our own for good; there is no undo. See `Trash.purge`."""
        return self.bin.purge(session_ids, who=who)

    def tidy(self) -> Tidied:
        """Finish what a process that was killed left half done."""
        tidied = self._store.tidy()
        tidied.cleaned += self._copies.tidy()
        self.phases.finish()
        return tidied

    # -- taking back

    def undo(self) -> str | None:
        """Take the last change back; see `Changes.undo`."""
        return self._changes.undo()

    def redo(self) -> str | None:
        """Make the change that was taken back again; see `Changes.redo`."""
        return self._changes.redo()
