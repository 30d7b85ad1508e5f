"""All sessions in one list: our own, and those that other programs left on disk."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import partial
from pathlib import Path
from zlib import crc32

from agentsess.errors import AmbiguousId, SessionNotFound
from agentsess.model import OWN_SOURCE, Entry, JsonObject, Page, Session, Status
from agentsess.sessions.query import Query
from agentsess.sessions.records import session_of, session_of_found
from agentsess.sessions.shelf import Card, Shelf
from agentsess.sources.base import FileStamp, Found, ResumeCommand, Source
from agentsess.storage.journal_storage import uncollected
from agentsess.storage.store import SessionStore
from agentsess.storage.tables import Mark, News
from agentsess.storage.tinydb_journal import KeyedDB, KeyedTable

_SHAPE = f"{crc32(' '.join(Found.__dataclass_fields__).encode()):08x}"
"""Part of the names of the cache's tables: another version's `Found` is read anew."""

OVERLAYS = "overlays"
"""The collection of what the user added to other programs' sessions."""

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
        self._shelf = Shelf()
        self._marks: dict[str, Mark] = {}
        self._guard = threading.RLock()

    # -- reading

    def sessions(self) -> dict[str, Session]:
        """Every session by id, as far as the sources were read; the trash included."""
        with self._guard:
            shelf = self._current()
            return {doc_id: session for doc_id in shelf if (session := shelf.session(doc_id))}

    def list(
        self, query: Query, *, trashed: bool = False, limit: int | None = None
    ) -> list[Session]:
        """Sessions that match, the most recently worked in first."""
        with self._guard:
            return self._current().list(query, trashed=trashed, limit=limit)

    def get(self, session_id: str) -> Session:
        """One session by its whole id.

        Raises:
            SessionNotFound: There is none.
        """
        with self._guard:
            session = self._current().session(session_id)
        if session is None:
            raise SessionNotFound(f"There is no session {session_id}.")
        return session

    def _current(self) -> Shelf:
        """The shelf, after what changed since the last look was put on it."""
        changed: set[str] = set()
        anew = False
        for table, (mark, ids) in self._news():
            self._marks[table] = mark
            anew = anew or ids is None
            changed.update(ids or ())
        if changed or anew:
            own = self._store.documents("sessions")
            found = {source: self._cached(source) for source in self._sources}
            overlays = self._store.documents(OVERLAYS)
            if anew:
                self._shelf = Shelf()
                changed = set(own).union(overlays, *found.values())
            with uncollected() if anew else nullcontext():
                self._shelf.put({i: _card(i, own, found, overlays) for i in changed})
        return self._shelf

    def _news(self) -> Iterator[tuple[str, News]]:
        ours = {kind: self._marks.get(kind) for kind in ("sessions", OVERLAYS)}
        yield from self._store.changes_since(ours).items()
        if self._sources:
            tables = [_cache_table(source) for source in self._sources]
            theirs = {table: self._marks.get(table) for table in tables}
            yield from self._cache.storage.changes_since(theirs).items()

    def resolve(self, abbreviated: str) -> str:
        """The whole id for the beginning of one.

        Raises:
            SessionNotFound: No id begins so.
            AmbiguousId: Several do.
        """
        with self._guard:
            shelf = self._current()
            if abbreviated in shelf:
                return abbreviated
            fitting = [i for i in shelf if abbreviated and i.startswith(abbreviated)]
        if not fitting:
            raise SessionNotFound(f"There is no session {abbreviated!r}.")
        if len(fitting) > 1:
            raise AmbiguousId(f"{len(fitting)} sessions begin with {abbreviated!r}: type more.")
        return fitting[0]

    def found(self, session: Session) -> tuple[Source, Found]:
        """What is known of another program's session, and of what program."""
        remembered = self.remembered(session.id)
        return self._sources[session.source], Found.from_json(remembered["found"])

    def remembered(self, session_id: str) -> JsonObject:
        """What the cache has of another program's session, or else our archive.

        Raises:
            SessionNotFound: Neither has anything.
        """
        for source in self._sources:
            if (cached := self._cached(source).get(session_id)) is not None:
                return {"source": source, **cached}
        if (kept := self._kept(session_id)) is not None:
            return kept
        raise SessionNotFound(f"The file of session {session_id} is gone.")

    def _kept(self, session_id: str) -> JsonObject | None:
        return self._store.documents(OVERLAYS).get(session_id, {}).get("kept")

    def is_only_copied(self, session_id: str) -> bool:
        """Whether all that is left of another program's session is our copy."""
        kept = self._kept(session_id)
        return kept is not None and not os.path.lexists(Found.from_json(kept["found"]).path)

    def page(self, session: Session, *, last: int, before: int | None) -> Page:
        """A stretch of another program's history; see `Source.page`."""
        with self._reading(session) as (source, found):
            return source.page(found, last=last, before=before)

    def entries(self, session: Session, start: int) -> Iterator[Entry]:
        """Another program's history from an entry on."""
        with self._reading(session) as (source, found):
            yield from (entry for entry in source.entries(found) if entry.seq >= start)

    def helpers(
        self, session: Session, calls: Mapping[str, str]
    ) -> Iterator[tuple[str, Iterable[Entry]]]:
        """What helpers did in a session of another program; see `Source.helpers`."""
        if not session.is_own:
            source, found = self.found(session)
            yield from source.helpers(found, calls)

    @contextmanager
    def _reading(self, session: Session) -> Iterator[tuple[Source, Found]]:
        """Where to read another program's session: from its file, or our copy of that."""
        source, found = self.found(session)
        if (kept := self._kept(session.id)) is None or os.path.lexists(found.path):
            yield source, found
            return
        found = Found.from_json(kept["found"])
        copy = self._store.copies.read(session.id, os.path.basename(found.path))
        path = str(copy.path)
        if copy.is_whole:
            yield source, replace(found, stamp=FileStamp.of(path, os.stat(path)))
        else:  # nothing is where it was
            yield source, source.scan(path, session.id)
        del copy  # the file in memory is there as long as this is

    def resume_command(self, session: Session) -> ResumeCommand | None:
        """How to go on with another program's session there; see `Source.resume_command`."""
        source, found = self.found(session)
        return source.resume_command(found)

    def stamp(self, session: Session) -> str:
        """What changes when a session's history does; raises SessionNotFound."""
        if session.is_own:
            return f"{session.entry_count} {session.size_bytes} {session.updated_at.isoformat()}"
        return str(list(self.remembered(session.id)["found"]["stamp"].values()))

    def still_there(self, session: Session) -> bool:
        """Whether a history's entries are what they were when it was last looked at.

        A file that has only grown still has them.
        """
        if session.is_own:
            return True
        try:
            stamp = FileStamp.from_json(self.remembered(session.id)["found"]["stamp"])
            now = FileStamp.of(stamp.path, os.stat(stamp.path))
        except (SessionNotFound, OSError):
            return self._kept(session.id) is not None
        return now == stamp or (now.inode == stamp.inode and now.size > stamp.size)

    def kind(self, session_id: str) -> str:
        """The collection in which changes to a session are kept."""
        return "sessions" if self.get(session_id).source == OWN_SOURCE else OVERLAYS

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
                    known, is_all = _cost(found)
                    read[doc_id] = {
                        "found": found.to_json(), "cost_usd": known, "unpriced": not is_all,
                    }  # fmt: skip
                if progress:
                    progress(done, len(stale))
            storage = self._cache.storage
            with storage.exclusive():
                changes = storage.changes(_cache_table(source.name), read)
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
        return self._cache.storage.documents(_cache_table(source))

    def _table(self, source: str) -> KeyedTable:
        table = self._cache.table(_cache_table(source))
        assert isinstance(table, KeyedTable)
        return table

    def close(self) -> None:
        """Let all files go."""
        self._cache.close()


def _cache_table(source: str) -> str:
    return f"{source} {_SHAPE}"


Documents = Mapping[str, JsonObject]


def _card(
    doc_id: str, own: Documents, found: Mapping[str, Documents], overlays: Documents
) -> Card | None:
    """What the shelf keeps of a session; None if there is no such session any more."""
    if (document := own.get(doc_id)) is not None:
        # Of one that is being deleted or made, half may not be there.
        is_whole = "purging" not in document and "making" not in document
        return _own_card(doc_id, document) if is_whole else None
    overlay = overlays.get(doc_id, {})
    for source, cache in found.items():
        if (cached := cache.get(doc_id)) is not None:
            return _found_card(source, cached, overlay)
    kept = overlay.get("kept")
    if kept is not None and kept["source"] in found and "purging" not in overlay:
        return _found_card(kept["source"], kept, overlay)
    return None


def _own_card(doc_id: str, document: JsonObject) -> Card:
    return Card(
        document["updated_at"],
        document.get("status", Status.ACTIVE),
        tuple(document.get("tags") or ()),
        "trashed_at" in document,
        partial(session_of, doc_id, document),
    )


def _found_card(source: str, cached: JsonObject, overlay: JsonObject) -> Card:
    def make() -> Session:
        found = Found.from_json(cached["found"])
        return session_of_found(source, found, overlay, cached)

    return Card(
        cached["found"]["updated_at"],
        overlay.get("status", Status.ACTIVE),
        tuple(overlay.get("tags") or ()),
        "trashed_at" in overlay,
        make,
    )


def _batches(items: Sequence[tuple[str, FileStamp]]) -> Iterator[Sequence[tuple[str, FileStamp]]]:
    """Small first, so that something shows soon, then larger."""
    size, start = 20, 0
    while start < len(items):
        yield items[start : start + size]
        start, size = start + size, 200


def _cost(found: Found) -> tuple[float, bool]:
    """Dollars that are known to be spent, and whether those are all."""
    if found.cost_usd is not None:
        return found.cost_usd, True
    from agentsess.sessions.pricing import cost_usd

    costs = [
        cost_usd(
            spent.model,
            spent.usage,
            datetime.combine(spent.day, time(), UTC),
            prompt=spent.usage.prompt // spent.requests,
            speed=spent.speed,
        )
        for spent in found.spent
    ]
    known = [cost for cost in costs if cost is not None]
    return sum(known), len(known) == len(costs)
