"""Snapshots of a session, forks of it, and going back to an earlier point."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import takewhile

from agentsess.errors import AgentsessError, InvalidSession, Stopped, StoreError
from agentsess.model import Comparison, JsonObject, Session, Snapshot, Status, utc_now
from agentsess.pace import each
from agentsess.sessions.catalog import Catalog
from agentsess.sessions.fields import check_at_hand
from agentsess.sessions.making import making
from agentsess.sessions.records import checked_title
from agentsess.sessions.writer import SessionWriter
from agentsess.storage.store import SessionStore

_KIND = "snapshots"
_log = logging.getLogger(__name__)
_CARRIED = (
    "cwd", "model", "tags", "notes", "metadata", "created_at", "updated_at",
    "budget_usd", "max_tokens_total",
)  # fmt: skip


class Branching:
    """Points in a session's history, and ways on from them. Histories of our own alone.

    Args:
        store: Our own store.
        catalog: All sessions.
        every: After how many entries a session gets a snapshot by itself; 0: never.
        not_undoable: Told, of a step that undoing does not take back, what does.
    """

    def __init__(
        self,
        store: SessionStore,
        catalog: Catalog,
        every: Callable[[], int],
        not_undoable: Callable[[str], None],
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._every = every
        self._not_undoable = not_undoable

    # -- snapshots

    def snapshot(self, session_id: str, name: str = "", reason: str = "by hand") -> Snapshot:
        """Name the point where a session is now.

        Raises:
            InvalidSession: The history is another program's, or empty.
        """
        snapshot = self._seen_now(session_id, name, reason)
        self._store.create(_KIND, snapshot.id, _to_document(snapshot))
        return snapshot

    def _seen_now(self, session_id: str, name: str, reason: str) -> Snapshot:
        session = self._own(session_id)
        seq = self._total(session_id)
        if seq == 0:
            raise InvalidSession("There is nothing in this session to take a snapshot of.")
        return Snapshot(
            id=str(uuid.uuid4()),
            session_id=session.id,
            name=checked_title(name) or f"entry {seq}",
            seq=seq,
            at=utc_now(),
            checksum=self._store.checksum(session_id, seq),
            reason=reason,
        )

    def snapshot_when_due(self, session_id: str) -> None:
        """Take a snapshot if the last one is too many entries ago.

        A convenience at the end of other work: what hinders it is logged, not raised.
        """
        try:
            if self._unseen(session_id) >= (every := self._every()) > 0:
                self.snapshot(session_id, reason=f"every {every} entries")
        except AgentsessError as error:
            _log.warning("No snapshot of %s was taken: %s", session_id, error)

    def snapshot_before_pruning(self, session_ids: Sequence[str]) -> list[str]:
        """Take a snapshot of each session that has entries which none sees yet.

        Those in the archive are left out: their bundles tell what was in them. What hinders it
        is logged, not raised.

        Returns:
            Those it came to before it was stopped, with a snapshot or without.
        """
        reached: list[str] = []
        taken: list[Snapshot] = []
        try:
            if self._every() <= 0:
                return list(session_ids)
            last = self._last_seen()
            with suppress(Stopped):
                for session_id in each(session_ids):
                    taken += self._unless_seen(session_id, last.get(session_id, 0))
                    reached.append(session_id)
            self._store.patch(_KIND, {snapshot.id: _to_document(snapshot) for snapshot in taken})
        except AgentsessError as error:  # on a full disk, pruning is what makes room
            _log.warning("Pruning goes on without snapshots: %s", error)
            return reached or list(session_ids)
        return reached

    def _unless_seen(self, session_id: str, last: int) -> list[Snapshot]:
        """A snapshot to keep, if a session has entries after the last that any sees."""
        try:
            archived = self._catalog.get(session_id).status is Status.ARCHIVED
            if archived or self._total(session_id) <= last:
                return []
            return [self._seen_now(session_id, "before pruning", "before pruning")]
        except Stopped:
            raise
        except AgentsessError as error:
            _log.warning("No snapshot of %s was taken: %s", session_id, error)
            return []

    def _unseen(self, session_id: str) -> int:
        """How many entries came after a session's last snapshot."""
        return self._total(session_id) - self._last_seen().get(session_id, 0)

    def _last_seen(self) -> dict[str, int]:
        """Up to which entry each session's snapshots see it."""
        last: dict[str, int] = {}
        for document in list(self._store.documents(_KIND).values()):
            session_id, seq = document["session_id"], document["seq"]
            last[session_id] = max(seq, last.get(session_id, 0))
        return last

    def snapshots(self, session_id: str) -> list[Snapshot]:
        """A session's snapshots, the newest first."""
        found = [
            _from_document(doc_id, document)
            for doc_id, document in list(self._store.documents(_KIND).items())
            if document["session_id"] == session_id
        ]
        return sorted(found, key=lambda snapshot: (snapshot.seq, snapshot.at), reverse=True)

    def find(self, session_id: str, named: str) -> Snapshot:
        """A snapshot by its name or its id's beginning; raises InvalidSession."""
        fitting = [
            snapshot
            for snapshot in self.snapshots(session_id)
            if snapshot.name == named or (named and snapshot.id.startswith(named))
        ]
        if len(fitting) != 1:
            what = "Several snapshots are" if fitting else "No snapshot is"
            raise InvalidSession(f"{what} called {named!r}.")
        return fitting[0]

    def is_intact(self, snapshot: Snapshot) -> bool:
        """Whether the history up to a snapshot is, to the byte, what it was then."""
        return self._store.checksum(snapshot.session_id, snapshot.seq) == snapshot.checksum

    def drop(self, snapshot: Snapshot) -> None:
        """Forget a snapshot; the history stays as it is."""
        self._store.remove(_KIND, snapshot.id)

    def compare(self, session_id: str, first: int, last: int) -> Comparison:
        """What was said and changed after one entry, up to another."""
        from agentsess.sessions.recap.building import (
            RecapBuilder,  # its many patterns are slow to load
        )

        first, last = sorted((first, last))
        builder = RecapBuilder()
        later = self._store.entries(session_id, first + 1)
        entries = tuple(takewhile(lambda entry: entry.seq <= last, later))
        for entry in entries:
            builder.add(entry)
        recap = builder.build(self._catalog.get(session_id))
        return Comparison(first, last, entries, recap.files, recap.commands)

    # -- branches

    def fork(
        self, session_id: str, at: int | None = None, title: str = "", paid: int | None = None
    ) -> Session:
        """A new session that begins with another's entries, up to one of them.

        Args:
            session_id: A session of our own.
            at: The last entry that goes along; None: all do.
            title: Of the new session; empty: the same with ``(fork)``.
            paid: Up to which entry the original goes on counting tokens and cost; None:
                all that go along.

        Raises:
            InvalidSession: The session has no such entry, or is another program's.
        """
        session = self._own(session_id)
        total = self._total(session_id)
        if total == 0:
            raise InvalidSession(f"There is nothing in “{session.title}” to fork yet.")
        last = total if at is None else at
        if not 1 <= last <= total:
            raise InvalidSession(f"There is no entry {last}: the session has {total}.")
        fork_id = str(uuid.uuid4())
        origin = self._store.documents("sessions")[session_id]
        document = {name: origin[name] for name in _CARRIED if name in origin} | {
            "title": checked_title(title) or f"{session.title} (fork)",
            "status": str(Status.ACTIVE),
            "parent_id": session_id,
            "forked_at": last if paid is None else paid,
        }
        with making(self._store, fork_id, document) as lease:
            self._store.copy_history(session_id, fork_id, last)
            SessionWriter(self._store, fork_id, lease)  # counts its entries
        return self._catalog.get(fork_id)

    def rewind(self, snapshot: Snapshot) -> Session:
        """Go back to a snapshot. What came after goes on in a branch: nothing is lost.

        Returns:
            The branch: a session of its own that holds the whole history until now.

        Raises:
            SessionLocked: The session is in use.
            StoreError: The history is no longer what the snapshot saw.
        """
        session = self._own(snapshot.session_id)
        with self._store.lease(session.id, agent="rewind") as lease:
            if not self.is_intact(snapshot):
                raise StoreError(
                    f"The history of “{session.title}” was damaged since the snapshot "
                    f"“{snapshot.name}”. Fork it instead; doctor says what is left."
                )
            title = f"{session.title} (before rewinding)"
            branch = self.fork(session.id, title=title, paid=snapshot.seq)
            self.snapshot(branch.id, "before rewinding", "before rewinding")
            later = [s.id for s in self.snapshots(session.id) if s.seq > snapshot.seq]
            if later:
                self._store.patch(_KIND, {i: {"session_id": branch.id} for i in later})
            self._store.cut_history(session.id, snapshot.seq, lease)
            SessionWriter(self._store, session.id, lease)  # counts what is left
        self._not_undoable(
            f"Going back in “{session.title}” is not undone: all of it is in “{branch.title}”."
        )
        return branch

    def lineage(self, session_id: str) -> tuple[list[Session], list[Session]]:
        """Where a session comes from, the nearest first, and what continues it."""
        sessions = self._catalog.sessions()
        ancestors: list[Session] = []
        current = self._catalog.get(session_id)
        while (parent := sessions.get(current.parent_id or "")) and parent not in ancestors:
            ancestors.append(parent)
            current = parent
        children = [other for other in sessions.values() if other.parent_id == session_id]
        return ancestors, sorted(children, key=lambda child: child.created_at)

    def _total(self, session_id: str) -> int:
        return self._store.page(session_id, last=1, before=None).total

    def _own(self, session_id: str) -> Session:
        session = self._catalog.get(session_id)
        if not session.is_own:
            raise InvalidSession("This history is another program's. Continue it here first.")
        check_at_hand(session)
        return session


def _to_document(snapshot: Snapshot) -> JsonObject:
    return {
        "session_id": snapshot.session_id,
        "name": snapshot.name,
        "seq": snapshot.seq,
        "at": snapshot.at.isoformat(),
        "checksum": snapshot.checksum,
        "reason": snapshot.reason,
    }


def _from_document(doc_id: str, document: JsonObject) -> Snapshot:
    return Snapshot(
        id=doc_id,
        session_id=document["session_id"],
        name=document["name"],
        seq=document["seq"],
        at=datetime.fromisoformat(document["at"]),
        checksum=document["checksum"],
        reason=document["reason"],
    )
