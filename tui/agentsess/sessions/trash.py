"""The trash: what is in it for too long, and removing sessions for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from agentsess.errors import InvalidSession, SessionLocked
from agentsess.model import JsonObject, Session, utc_now
from agentsess.sessions.catalog import Catalog
from agentsess.sessions.removals import DELETED, KIND, Removal, new_key, removal_of
from agentsess.storage.steps import step
from agentsess.storage.store import Changes, SessionStore


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
        """Remove sessions, in the trash or not.

        Raises:
            InvalidSession: One of them is another program's; nothing was removed.
            SessionLocked: One of them is running; nothing was removed.
        """
        sessions = [self._catalog.get(session_id) for session_id in dict.fromkeys(session_ids)]
        if not all(session.is_own for session in sessions):
            raise InvalidSession("Another program's history is not ours to delete.")
        for session in sessions:
            if owner := self._store.owner(session.id):
                raise SessionLocked(session.id, owner)
        return self._remove(sessions, lambda *_: True, who, "chosen by hand")

    def finish(self) -> None:
        """Remove what an earlier removal was cut off at."""
        documents = dict(self._store.documents("sessions"))
        self._remove_files([i for i, document in documents.items() if "purging" in document])

    def _remove(
        self,
        sessions: Sequence[Session],
        still: Callable[[Session, JsonObject], bool],
        who: str,
        why: str,
    ) -> Removal:
        removal = removal_of((), what=DELETED, who=who, why=why)

        def mark() -> dict[str, Changes]:
            nonlocal removal
            documents = self._store.documents("sessions")
            going = [
                session
                for session in sessions
                if (now := documents.get(session.id)) and "purging" not in now
                if still(session, now)
            ]
            if not going:
                return {}
            removal = removal_of(going, what=DELETED, who=who, why=why)
            moment = removal.at.isoformat()
            return {
                "sessions": {session.id: {"purging": moment} for session in going},
                KIND: {new_key(): removal.to_json()},
            }

        self._store.transact(mark)
        step("marked")
        self._remove_files([gone.id for gone in removal.sessions])
        return removal

    def _remove_files(self, session_ids: Sequence[str]) -> None:
        for session_id in session_ids:
            # Whoever has it just now is refused from now on; the next time removes it.
            with suppress(SessionLocked), self._store.lease(session_id, agent="deleting"):
                self._store.remove("sessions", session_id)
        if session_ids:
            self._forget(session_ids)
