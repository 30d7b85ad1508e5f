"""All sessions in one list: our own, and those that other programs left on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from agentsess.errors import AmbiguousId, SessionNotFound
from agentsess.model import OWN_SOURCE, JsonObject, Session
from agentsess.sessions.query import Query
from agentsess.sessions.records import session_of, session_of_found
from agentsess.sources.base import FileStamp, Found, Source
from agentsess.storage.store import SessionStore
from agentsess.storage.tinydb_journal import KeyedDB, KeyedTable

_SHAPE = f"{crc32(' '.join(Found.__dataclass_fields__).encode()):08x}"
"""Part of the names of the cache's tables: another version's `Found` is read anew."""

Progress = Callable[[int, int], None]
"""Called with the number of files read so far and in all."""


class Catalog:
    """Finds sessions; changes nothing but its own cache of what was found.

    Args:
        store: Our own store.
        sources: Other programs' histories.
        cache: File that remembers what was read from them; it may be deleted any time.
    """

    def __init__(self, store: SessionStore, sources: Sequence[Source], cache: Path) -> None:
        self._store = store
        self._sources = {source.name: source for source in sources}
        self._cache = KeyedDB(cache, durable=False)
        self._own: dict[str, tuple[JsonObject, Session]] = {}
        self._found: dict[str, tuple[JsonObject, JsonObject, Session]] = {}
        self._no_overlay: JsonObject = {}

    # -- reading

    def sessions(self) -> dict[str, Session]:
        """Every session by id, as far as the sources were read; the trash included."""
        own = self._own
        sessions: dict[str, Session] = {}
        for doc_id, document in list(self._store.documents("sessions").items()):
            if "purging" in document:  # being deleted; half of it may be gone
                continue
            known = own.get(doc_id)
            if known is None or known[0] is not document:
                known = own[doc_id] = (document, session_of(doc_id, document))
            sessions[doc_id] = known[1]
        if self._sources:
            overlays = self._store.documents("overlays")
            for name in self._sources:
                for doc_id, cached in list(self._cached(name).items()):
                    overlay = overlays.get(doc_id, self._no_overlay)
                    sessions[doc_id] = self._found_session(name, doc_id, cached, overlay)
        return sessions

    def _found_session(
        self, source: str, doc_id: str, cached: JsonObject, overlay: JsonObject
    ) -> Session:
        known = self._found.get(doc_id)
        if known is None or known[0] is not cached or known[1] is not overlay:
            found = Found.from_json(cached["found"])
            session = session_of_found(source, found, overlay, cached.get("cost_usd"))
            known = self._found[doc_id] = (cached, overlay, session)
        return known[2]

    def list(self, query: Query, *, trashed: bool = False) -> list[Session]:
        """Sessions that match, the most recently worked in first."""
        listed = [
            session
            for session in self.sessions().values()
            if (session.trashed_at is not None) is trashed and query.matches(session)
        ]
        listed.sort(key=lambda session: (session.updated_at, session.id), reverse=True)
        return listed

    def get(self, session_id: str) -> Session:
        """One session by its whole id.

        Raises:
            SessionNotFound: There is none.
        """
        document = self._store.documents("sessions").get(session_id)
        if document is not None and "purging" not in document:
            return session_of(session_id, document)
        for name in self._sources:
            if cached := self._cached(name).get(session_id):
                overlay = self._store.documents("overlays").get(session_id, self._no_overlay)
                return self._found_session(name, session_id, cached, overlay)
        raise SessionNotFound(f"There is no session {session_id}.")

    def resolve(self, abbreviated: str) -> str:
        """The whole id for the beginning of one.

        Raises:
            SessionNotFound: No id begins so.
            AmbiguousId: Several do.
        """
        sessions = self.sessions()
        if abbreviated in sessions:
            return abbreviated
        fitting = [doc_id for doc_id in sessions if abbreviated and doc_id.startswith(abbreviated)]
        if not fitting:
            raise SessionNotFound(f"There is no session {abbreviated!r}.")
        if len(fitting) > 1:
            raise AmbiguousId(f"{len(fitting)} sessions begin with {abbreviated!r}: type more.")
        return fitting[0]

    def found(self, session: Session) -> tuple[Source, Found]:
        """Where another program's session is read from."""
        source = self._sources[session.source]
        return source, Found.from_json(self._cached(session.source)[session.id]["found"])

    def stamp(self, session: Session) -> str:
        """What changes when a session's history does."""
        if session.is_own:
            return f"{session.entry_count} {session.size_bytes} {session.updated_at.isoformat()}"
        return str(list(self._cached(session.source)[session.id]["found"]["stamp"].values()))

    def still_there(self, session: Session) -> bool:
        """Whether a history's entries are what they were when it was last looked at.

        A file that has only grown still has them.
        """
        if session.is_own:
            return True
        stamp = FileStamp.from_json(self._cached(session.source)[session.id]["found"]["stamp"])
        try:
            now = FileStamp.of(stamp.path, os.stat(stamp.path))
        except OSError:
            return False
        return now == stamp or (now.inode == stamp.inode and now.size > stamp.size)

    def kind(self, session_id: str) -> str:
        """The collection in which changes to a session are kept."""
        return "sessions" if self.get(session_id).source == OWN_SOURCE else "overlays"

    # -- keeping up

    def refresh(self, progress: Progress | None = None) -> bool:
        """Read what changed in the sources; True if anything did."""
        # A list, not a generator: the sources after the first that changed count too.
        return any([self._refresh(s, progress) for s in self._sources.values()])  # noqa: C419

    def _refresh(self, source: Source, progress: Progress | None) -> bool:
        cached = self._cached(source.name)
        on_disk = dict(source.stamps())
        stale = [
            (doc_id, stamp)
            for doc_id, stamp in on_disk.items()
            if doc_id not in cached or cached[doc_id]["found"]["stamp"] != stamp.to_json()
        ]
        # A copy: another thread may be taking in what a third process found.
        gone = [doc_id for doc_id in list(cached) if doc_id not in on_disk]
        if gone:
            self._table(source.name).remove(doc_ids=gone)
        done = 0
        for batch in _batches(stale):
            read: dict[str, JsonObject] = {}
            for doc_id, stamp in batch:
                done += 1
                with suppress(SessionNotFound):  # deleted since it was listed
                    found = source.scan(stamp.path, doc_id)
                    read[doc_id] = {"found": found.to_json(), "cost_usd": _cost(found)}
                if progress:
                    progress(done, len(stale))
            storage = self._cache.storage
            with storage.exclusive():
                changes = storage.changes(f"{source.name} {_SHAPE}", read)
                storage.commit(changes, durable=False)
        return bool(stale or gone)

    def changed(self) -> bool:
        """Whether anyone changed our store since the last look."""
        return self._store.changed()

    def version(self) -> tuple[int, int]:
        """Another one than before if any session changed since; cheap."""
        self._cache.storage.catch_up()
        return self._store.version(), self._cache.storage.news

    def _cached(self, source: str) -> Mapping[str, JsonObject]:
        return self._cache.storage.documents(f"{source} {_SHAPE}")

    def _table(self, source: str) -> KeyedTable:
        table = self._cache.table(f"{source} {_SHAPE}")
        assert isinstance(table, KeyedTable)
        return table

    def close(self) -> None:
        """Let all files go."""
        self._cache.close()


def _batches(items: Sequence[tuple[str, FileStamp]]) -> Iterator[Sequence[tuple[str, FileStamp]]]:
    """Small first, so that something shows soon, then larger."""
    size, start = 20, 0
    while start < len(items):
        yield items[start : start + size]
        start, size = start + size, 200


def _cost(found: Found) -> float | None:
    if found.cost_usd is not None:
        return found.cost_usd
    from agentsess.sessions.pricing import cost_usd

    total = 0.0
    for model, usage in found.usage_by_model.items():
        cost = cost_usd(model, usage, found.updated_at)
        if cost is None and usage.total:
            return None
        total += cost or 0.0
    return total
