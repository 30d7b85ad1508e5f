"""The trash: what is in it for too long, and removing sessions for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

from agentsess.errors import InvalidSession, SessionLocked
from agentsess.model import JsonObject, Session, utc_now
from agentsess.pace import batches
from agentsess.sessions.catalog import OVERLAYS, Catalog
from agentsess.sessions.removals import DELETED, KIND, Removal, new_key, removal_of
from agentsess.storage.steps import step
from agentsess.storage.store import Changes, SessionStore

_BATCH = 20
"""Sessions removed before it is asked whether to go on."""


class Trash:
    """Removes sessions of our own, by an explicit act alone.

    First the intention is written, in the session's document and in the journal, then the
    files go, then the document. What was cut off is finished next time.

    Args:
        store: Our own store.
        catalog: All sessions.
        forget: Removes what else was kept of sessions, such as their text in the index.
    """

    def __init__(
        self, store: SessionStore, catalog: Catalog, forget: Callable[[Sequence[str]], None]
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._forget = forget

    def expired(self, older_than: timedelta) -> list[Session]:
        """Sessions of our own that have been in the trash for longer than this."""
        before = utc_now() - older_than
        return [
            session
            for session in self._catalog.sessions().values()
            if session.is_own and session.trashed_at is not None and session.trashed_at <= before
        ]

    def empty(self, sessions: Sequence[Session], *, who: str, why: str) -> Removal:
        """Remove those of some sessions that are in the trash still, and not in use.

        Raises:
            StoreError: Some may be left; the next time removes them.
        """
        trashed = {s.id: s.trashed_at for s in sessions if s.trashed_at is not None}

        def still(session: Session, document: JsonObject) -> bool:
            at = trashed.get(session.id)
            return at is not None and document.get("trashed_at") == at.isoformat()

        idle = [session for session in sessions if not self._store.owner(session.id)]
        self.finish()
        return self._remove(idle, still, who, why)

    def purge(self, session_ids: Sequence[str], *, who: str) -> Removal:
        """Remove sessions, in the trash or not; of another program's, our copy.

        Raises:
            InvalidSession: One of them is another program's, and its file is still there;
                nothing was removed.
            SessionLocked: One of them is running; nothing was removed.
        """
        sessions = self.may_purge(session_ids)
        for session in sessions:
            if owner := self._store.owner(session.id):
                raise SessionLocked(session.id, owner)
        return self._remove(sessions, lambda *_: True, who, "chosen by hand")

    def may_purge(self, session_ids: Sequence[str]) -> list[Session]:
        """The sessions, if all of them are ours to remove; raises InvalidSession if not."""
        sessions = [self._catalog.get(session_id) for session_id in dict.fromkeys(session_ids)]
        if not all(s.is_own or self._catalog.is_only_copied(s.id) for s in sessions):
            raise InvalidSession("Another program's history is not ours to delete.")
        return sessions

    def finish(self) -> None:
        """Remove what an earlier removal was cut off at."""
        for kind in ("sessions", OVERLAYS):
            documents = dict(self._store.documents(kind))
            begun = [i for i, now in documents.items() if "purging" in now]
            for batch in batches(begun, _BATCH):
                self._remove_files(kind, batch)

    def _remove(
        self,
        sessions: Sequence[Session],
        still: Callable[[Session, JsonObject], bool],
        who: str,
        why: str,
    ) -> Removal:
        """Remove sessions, as far as that goes on; the journal tells all of them at once."""
        key, removed = new_key(), list[Session]()
        removal = removal_of((), what=DELETED, who=who, why=why)

        def mark(batch: Sequence[Session]) -> dict[str, Changes]:
            nonlocal removal
            going = [
                session
                for session in batch
                if (now := self._document(session)) and "purging" not in now
                if still(session, now)
            ]
            if not going:
                return {}
            removed.extend(going)
            removal = removal_of(removed, what=DELETED, who=who, why=why)
            purging = {"purging": removal.at.isoformat()}
            return {
                "sessions": {session.id: purging for session in going if session.is_own},
                OVERLAYS: {session.id: purging for session in going if not session.is_own},
                KIND: {key: removal.to_json()},
            }

        for batch in batches(sessions, _BATCH):
            known = len(removed)
            self._store.transact(partial(mark, batch))
            step("marked")
            gone = removed[known:]
            self._remove_files("sessions", [s.id for s in gone if s.is_own])
            self._remove_files(OVERLAYS, [s.id for s in gone if not s.is_own])
        return removal

    def _document(self, session: Session) -> JsonObject | None:
        kind = "sessions" if session.is_own else OVERLAYS
        return self._store.documents(kind).get(session.id)

    def _remove_files(self, kind: str, session_ids: Sequence[str]) -> None:
        for session_id in session_ids:
            # Whoever has it just now is refused from now on; the next time removes it.
            with suppress(SessionLocked), self._store.lease(session_id, agent="deleting"):
                self._store.remove(kind, session_id)
        if session_ids:
            self._forget(session_ids)
