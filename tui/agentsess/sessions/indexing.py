"""Keeping the search index in step with the sessions: newest first, only what is new."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from zlib import crc32

from agentsess.errors import AgentsessError, SessionNotFound, StoreError
from agentsess.model import Entry, JsonObject, Page, Session
from agentsess.sessions.catalog import Catalog, Progress
from agentsess.storage.search import Document, SearchIndex, Text

_BATCH_CHARACTERS, _BATCH_SECONDS = 2_000_000, 0.25
"""What goes into one transaction, whichever is reached first: soon seen, quickly written."""
_TAIL = 500
"""So many new entries are read as a page; for more, the history is read through."""


class Histories(Protocol):
    """Where entries are read from."""

    def page(self, session_id: str, *, last: int = 50, before: int | None = None) -> Page:
        """The newest ``last`` entries numbered below ``before``."""

    def entries(self, session_id: str, start: int = 1) -> Iterator[Entry]:
        """The history from an entry on."""


class Indexer:
    """Brings an index up to date. Several may be at work on one file; one of them writes.

    Args:
        catalog: The sessions.
        histories: Their entries.
        path: The index's file.
    """

    def __init__(self, catalog: Catalog, histories: Histories, path: Path) -> None:
        self._catalog = catalog
        self._histories = histories
        # Not the one that searches use: they need not wait for what is being written.
        self._index = SearchIndex(path)

    def close(self) -> None:
        """Let the index's file go."""
        self._index.close()

    def update(
        self,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Index what changed and forget what is gone; what is done so far stays when cancelled.

        Returns:
            Whether the index is up to date now; not so if another is at work on it.

        Raises:
            StoreError: The index cannot be written.
        """
        with self._index.alone() as ours:
            if not ours:
                return False
            documents = self._forget_gone()
            stale = self._stale(documents)
            done = 0
            while done < len(stale) and not cancelled():
                done += self._index_some(stale[done:], documents, cancelled)
                if progress:
                    progress(done, len(stale))
        return done == len(stale)

    def forget(self, session_ids: Iterable[str]) -> None:
        """Forget what was deleted for good, without waiting for the next update.

        Where another process is at work on the index, its next update does it.
        """
        if not self._index.path.exists():
            return
        with suppress(StoreError), self._index.alone() as ours:
            if ours:
                with self._index.transaction():
                    for session_id in session_ids:
                        self._index.remove(session_id)
                self._index.scrub()

    def check(self) -> SearchHealth:
        """Read the index and all that it was made of through."""
        sessions = self._catalog.sessions()
        try:
            self._index.check()
            documents = self._index.documents()
            fresh = {
                session_id: document
                for session_id, document in documents.items()
                if session_id in sessions and document.mark == self._stamp(sessions[session_id])
            }
            wrong = [i for i, document in fresh.items() if not self._agrees(i, document)]
            size = self._index.path.stat().st_size
        except StoreError as error:
            return SearchHealth(self._index.path, len(sessions), problem=str(error))
        return SearchHealth(self._index.path, len(sessions), len(fresh), tuple(wrong), size)

    def _agrees(self, session_id: str, document: Document) -> bool:
        try:
            texts = [
                (entry.seq, entry.text)
                for entry in self._histories.entries(session_id)
                if entry.seq <= document.last and entry.is_message and entry.text
            ]
        except SessionNotFound:
            return True  # deleted at this moment
        return texts == list(self._index.texts(document.number))

    def _forget_gone(self) -> dict[str, Document]:
        """Forget sessions that are no more; returns what the index says of the others."""
        documents = self._index.documents()
        gone = documents.keys() - self._catalog.sessions().keys()
        if gone:
            with self._index.transaction():
                for session_id in gone:
                    self._index.remove(session_id)
                    del documents[session_id]
        return documents

    def _stamp(self, session: Session) -> str:
        """What changes when its history does; empty if it is gone since it was listed."""
        try:
            return self._catalog.stamp(session)
        except SessionNotFound:
            return ""

    def _stale(self, documents: Mapping[str, Document]) -> list[Session]:
        stale = [
            session
            for session in self._catalog.sessions().values()
            if (known := documents.get(session.id)) is None or known.mark != self._stamp(session)
        ]
        stale.sort(key=lambda session: session.updated_at, reverse=True)
        return stale

    def _index_some(
        self,
        stale: Sequence[Session],
        documents: Mapping[str, Document],
        cancelled: Callable[[], bool],
    ) -> int:
        """Index as many of these as fit into a transaction; returns how many."""
        until, characters = time.monotonic() + _BATCH_SECONDS, 0
        batch: list[_News] = []
        for session in stale:
            news = self._news(session, documents.get(session.id), cancelled)
            if cancelled():
                break
            batch.append(news)
            characters += sum(len(text) for _, text in news.texts)
            if characters > _BATCH_CHARACTERS or time.monotonic() > until:
                break
        with self._index.transaction():
            for news in batch:
                if news.anew:
                    self._index.remove(news.session_id)
                self._index.add(
                    news.session_id, news.texts, mark=news.mark, last=news.last, note=news.note
                )
        return len(batch)

    def _news(
        self, session: Session, known: Document | None, cancelled: Callable[[], bool]
    ) -> _News:
        """What is new of a session: the rest, or all if that is not what was read before."""
        news = _News(session.id, self._stamp(session))
        try:
            if known is not None:
                news.anew = not self._is_still_there(known, session.id)
                if not news.anew:
                    news.last, news.note = known.last, known.note
            self._read(session, news, cancelled)
        except AgentsessError:
            news.mark = ""  # gone since it was listed, or unreadable: to be tried again
        return news

    def _is_still_there(self, known: Document, session_id: str) -> bool:
        """Whether the last entry that was read is what it was, so that reading may go on."""
        if known.last == 0:
            return True
        page = self._histories.page(session_id, last=1, before=known.last + 1)
        return any((e.seq, _note(e)) == (known.last, known.note) for e in page.entries)

    def _read(self, session: Session, news: _News, cancelled: Callable[[], bool]) -> None:
        entry = None
        for entry in self._entries(session, news.last + 1):
            if entry.is_message and entry.text:
                news.texts.append((entry.seq, entry.text))
            if cancelled():
                return
        if entry is not None:
            news.last, news.note = entry.seq, _note(entry)

    def _entries(self, session: Session, start: int) -> Iterator[Entry]:
        new = session.entry_count - start + 1
        if start > 1 and new <= _TAIL:
            page = self._histories.page(session.id, last=new + _TAIL)
            if page.first_seq <= start:  # else more came meanwhile
                return (entry for entry in page.entries if entry.seq >= start)
        return self._histories.entries(session.id, start)


@dataclass(frozen=True, slots=True)
class SearchHealth:
    """What a look through the search index found."""

    path: Path
    sessions: int
    indexed: int = 0
    """How many of the sessions are indexed as they are now; the others are read."""
    wrong: tuple[str, ...] = ()
    """Those of which the index holds something else than they do."""
    size_bytes: int = 0
    problem: str = ""
    """Why the index cannot be used; searches read meanwhile."""

    def to_json(self) -> JsonObject:
        """The public JSON form, part of what `doctor --json` prints."""
        return {
            "path": str(self.path),
            "indexed": self.indexed,
            "wrong": list(self.wrong),
            "bytes": self.size_bytes,
            "problem": self.problem,
        }


def _note(entry: Entry) -> str:
    return f"{entry.at.isoformat()} {crc32(entry.text.encode('utf-8', 'surrogatepass')):08x}"


@dataclass(slots=True)
class _News:
    """What is new of a session."""

    session_id: str
    mark: str
    anew: bool = False
    """Whether what is indexed of it has to go."""
    last: int = 0
    note: str = ""
    texts: list[Text] = field(default_factory=list)
