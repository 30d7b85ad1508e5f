"""Where sessions are kept: the protocol, and the store in a folder of this machine."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from tinydb.table import Document

from agentsess.errors import Owner, SessionNotFound, StoreError
from agentsess.model import Draft, Entry, JsonObject, Page
from agentsess.storage import away
from agentsess.storage.archive_reading import HISTORY, Archive
from agentsess.storage.away import Tidied
from agentsess.storage.beside import Beside
from agentsess.storage.copies import Copies
from agentsess.storage.history import Damage, History
from agentsess.storage.ids import checked_id
from agentsess.storage.lease import Lease, owner_of
from agentsess.storage.tables import Mark, News
from agentsess.storage.tinydb_journal import JournalTable, KeyedDB

Changes = Mapping[str, JsonObject]
"""Fields to set, by id; a field set to None is removed."""

_ID_IN_RECORD = re.compile(rb'"t":"(?:sessions|overlays)","id":"([A-Za-z0-9@._-]+)"')


class SessionStore(Protocol):
    """What the service needs of a store. Documents are plain JSON objects.

    ``kind`` names a collection: ``sessions`` (our own) or ``overlays`` (what the user
    added to another program's sessions).
    """

    @property
    def copies(self) -> Copies:
        """Copies of other programs' files."""

    def documents(self, kind: str) -> Mapping[str, JsonObject]:
        """All documents of a kind by id, to be read only; a changed one is a new object."""

    def changes_since(self, marks: Mapping[str, Mark | None]) -> dict[str, News]:
        """Which documents changed since an earlier look; see `JournalStorage`."""

    def create(self, kind: str, doc_id: str, document: JsonObject) -> None:
        """Keep a new document, durably."""

    def patch(self, kind: str, changes: Changes, *, durable: bool = True) -> None:
        """Change fields of several documents at once: all of them or none.

        Overlays come into being when they are first changed.
        """

    def transact(self, decide: Callable[[], Mapping[str, Changes]], durable: bool = True) -> None:
        """Change documents of several kinds at once, by kind: all of them or none.

        What is to be changed is decided while nobody else can change anything.
        """

    def count(self, session_id: str, amounts: Mapping[str, float], fields: JsonObject) -> None:
        """Add to a session's counters and set some of its fields, in one step.

        No addition is lost to another's; the change need not survive a power cut, for
        it can be told again from the history.
        """

    def remove(self, kind: str, doc_id: str) -> None:
        """Remove a document and, for a session, its history or our copy of it, for good."""

    def pack(self, session_id: str) -> None:
        """Compress an archived session; see `away.pack`."""

    def unpack(self, session_id: str) -> None:
        """The reverse; see `away.unpack`."""

    def tidy(self) -> Tidied:
        """Finish what a killed process left half done; see `away.tidy`."""

    def append(self, session_id: str, drafts: Sequence[Draft], lease: Lease) -> tuple[Entry, ...]:
        """Add to a history, durably; raises SessionFenced if the lease was lost."""

    def page(self, session_id: str, *, last: int, before: int | None) -> Page:
        """A stretch of a history, from its end or from before an entry."""

    def entries(self, session_id: str, start: int = 1) -> Iterator[Entry]:
        """A history from an entry on."""

    def history_size(self, session_id: str) -> int:
        """Bytes that a history takes."""

    def copy_history(self, session_id: str, target_id: str, last_seq: int) -> None:
        """Give a session that has no history another's, up to an entry."""

    def cut_history(self, session_id: str, last_seq: int, lease: Lease) -> None:
        """Leave out all entries behind one; raises SessionFenced if the lease was lost."""

    def checksum(self, session_id: str, last_seq: int) -> str:
        """SHA-256 of a history's bytes up to an entry."""

    def damage(self, session_id: str) -> list[Damage]:
        """What of a history cannot be read."""

    def recaps(self, session_id: str) -> JsonObject:
        """What is kept of a session's recaps, another program's too; see `Beside`."""

    def change_recaps(
        self, session_id: str, decide: Callable[[JsonObject], JsonObject], *, durable: bool = True
    ) -> None:
        """Replace that, at once or not at all."""

    def damaged_documents(self) -> list[tuple[str, ...]]:
        """For each record that cannot be read, the ids of sessions that it still names."""

    def unlisted(self) -> dict[str, JsonObject]:
        """Sessions that have a history and no document: what of it says where that is."""

    def lease(
        self,
        session_id: str,
        *,
        agent: str = "",
        wait: float = 0.0,
        take_over: bool = False,
        stop: threading.Event | None = None,
    ) -> Lease:
        """Take the exclusive right to append; see `Lease.acquire`."""

    def owner(self, session_id: str) -> Owner | None:
        """Who holds that right now."""

    def changed(self) -> bool:
        """Whether anyone changed a document since the last look."""

    def version(self) -> int:
        """Another number than before if any document changed since; cheap."""

    def close(self) -> None:
        """Let all files go."""


class FileStore:
    """A `SessionStore` in a folder: one journal for all documents, one per history."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._db = KeyedDB(home / "index" / "sessions.jsonl")
        self.archive = Archive(home / "archive")
        self.copies = Copies(self)
        self._recaps = Beside(home / "recaps")
        self._histories: dict[str, History] = {}
        self._news_told = 0

    def documents(self, kind: str) -> Mapping[str, JsonObject]:
        return self._db.storage.documents(kind)

    def changes_since(self, marks: Mapping[str, Mark | None]) -> dict[str, News]:
        return self._db.storage.changes_since(marks)

    def create(self, kind: str, doc_id: str, document: JsonObject) -> None:
        self._table(kind).insert(Document(document, checked_id(doc_id)))  # type: ignore[arg-type]

    def patch(self, kind: str, changes: Changes, *, durable: bool = True) -> None:
        self.transact(lambda: {kind: changes}, durable)

    def transact(self, decide: Callable[[], Mapping[str, Changes]], durable: bool = True) -> None:
        storage = self._db.storage
        with storage.exclusive():
            operations: list[JsonObject] = []
            for kind, changes in decide().items():
                operations += storage.changes(kind, self._merged(kind, changes))
            storage.commit(operations, durable=durable)

    def _merged(self, kind: str, changes: Changes) -> dict[str, JsonObject]:
        documents = self.documents(kind)
        wanted: dict[str, JsonObject] = {}
        for doc_id, fields in changes.items():
            now = documents.get(checked_id(doc_id))
            if kind == "sessions" and (now is None or "purging" in now):
                raise SessionNotFound(f"There is no session {doc_id}.")
            merged = (now or {}) | fields
            wanted[doc_id] = {k: v for k, v in merged.items() if v is not None}
        return wanted

    def count(self, session_id: str, amounts: Mapping[str, float], fields: JsonObject) -> None:
        storage = self._db.storage
        with storage.exclusive():
            document = storage.documents("sessions").get(session_id)
            if document is None:
                raise SessionNotFound(f"There is no session {session_id}.")
            sums = {name: document.get(name, 0) + amount for name, amount in amounts.items()}
            changes = storage.changes("sessions", {session_id: document | fields | sums})
            storage.commit(changes, durable=False)

    def remove(self, kind: str, doc_id: str) -> None:
        if kind in ("sessions", "overlays"):
            self.release_history(doc_id)
            away.remove_files(self, doc_id)
            self._recaps.remove(doc_id)
            snapshots = self.documents("snapshots").items()
            for key in [k for k, d in snapshots if d.get("session_id") == doc_id]:
                self._table("snapshots").remove(doc_ids=[key])
        self._table(kind).remove(doc_ids=[doc_id])

    def pack(self, session_id: str) -> None:
        away.pack(self, session_id)

    def unpack(self, session_id: str) -> None:
        away.unpack(self, session_id)

    def tidy(self) -> Tidied:
        return away.tidy(self)

    def append(self, session_id: str, drafts: Sequence[Draft], lease: Lease) -> tuple[Entry, ...]:
        if self.documents("sessions").get(session_id, {}).get("packed"):
            raise StoreError(f"Session {session_id[:8]} is in the archive. Unarchive it first.")
        return self._history(session_id).append(drafts, lease.check)

    def page(self, session_id: str, *, last: int, before: int | None) -> Page:
        while True:
            document, history = self._located(session_id)
            page = history.page(last=last, before=before)
            if page.total or not self._moved(session_id, document):
                return page

    def entries(self, session_id: str, start: int = 1) -> Iterator[Entry]:
        return self._entries(session_id, start, *self._located(session_id))

    def _entries(
        self, session_id: str, start: int, document: JsonObject | None, history: History
    ) -> Iterator[Entry]:
        while True:
            entry = None
            for entry in history.entries(start):
                yield entry
            if entry is not None or not self._moved(session_id, document):
                return
            document, history = self._located(session_id)

    def history_size(self, session_id: str) -> int:
        return self._history(session_id).size_bytes

    def copy_history(self, session_id: str, target_id: str, last_seq: int) -> None:
        self._reader(session_id).copy_to(self._history(target_id).path, last_seq)

    def cut_history(self, session_id: str, last_seq: int, lease: Lease) -> None:
        lease.check()
        self._history(session_id).rewrite(last_seq)
        lease.check()

    def checksum(self, session_id: str, last_seq: int) -> str:
        return self._reader(session_id).checksum(last_seq)

    def damage(self, session_id: str) -> list[Damage]:
        history = self._reader(session_id)
        found = history.damage()
        if not found and history is not self._history(session_id):
            with suppress(FileNotFoundError):  # taken out just then
                if not self.archive.is_whole(session_id):
                    return [Damage(0, history.size_bytes)]
        return found

    def recaps(self, session_id: str) -> JsonObject:
        return self._recaps.read(session_id)

    def change_recaps(
        self, session_id: str, decide: Callable[[JsonObject], JsonObject], *, durable: bool = True
    ) -> None:
        self._recaps.change(session_id, decide, durable=durable)

    def lease(
        self,
        session_id: str,
        *,
        agent: str = "",
        wait: float = 0.0,
        take_over: bool = False,
        stop: threading.Event | None = None,
    ) -> Lease:
        folder = self.folder(session_id)
        try:
            lease = Lease.acquire(
                folder,
                session_id,
                agent=agent,
                wait=wait,
                take_over=take_over,
                move=lambda: self._history(session_id).rewrite(),
                stop=stop,
            )
        except StoreError:
            raise
        except OSError as error:
            raise StoreError(f"Cannot write {folder}: {error.strerror or error}.") from error
        # Since we last wrote, another may have moved the history to a new file.
        self.release_history(session_id)
        with suppress(OSError):
            self._history(session_id).drop_unfinished()
        return lease

    def owner(self, session_id: str) -> Owner | None:
        return owner_of(self.folder(session_id))

    def release_history(self, session_id: str) -> None:
        """Close a history's file; it opens again when needed."""
        if history := self._histories.pop(session_id, None):
            history.close()

    def changed(self) -> bool:
        self._db.storage.catch_up()
        told, self._news_told = self._news_told, self._db.storage.news
        return told != self._news_told

    def version(self) -> int:
        self._db.storage.catch_up()
        return self._db.storage.news

    def damaged_documents(self) -> list[tuple[str, ...]]:
        lines = self._db.storage.damaged_lines()
        return [tuple(i.decode() for i in _ID_IN_RECORD.findall(line)) for line in lines]

    def unlisted(self) -> dict[str, JsonObject]:
        return away.unlisted(self)

    def close(self) -> None:
        for history in self._histories.values():
            history.close()
        self._histories.clear()
        self.archive.close()
        self._db.close()

    def _table(self, kind: str) -> JournalTable:
        table = self._db.table(kind)
        assert isinstance(table, JournalTable)
        return table

    def _history(self, session_id: str) -> History:
        if session_id not in self._histories:
            path = self.folder(session_id) / HISTORY
            self._histories[session_id] = History(path)
        return self._histories[session_id]

    def _reader(self, session_id: str) -> History:
        return self._located(session_id)[1]

    def _located(self, session_id: str) -> tuple[JsonObject | None, History]:
        """A history for reading, wherever it is, and the document that says where.

        Raises:
            StoreError: The session is archived and its bundle is gone.
        """
        while True:
            document = self.documents("sessions").get(checked_id(session_id))
            if document is None or not document.get("packed"):
                return document, self._history(session_id)
            try:
                return document, self.archive.history(session_id)
            except FileNotFoundError as error:
                if not self._moved(session_id, document):
                    path = self.archive.path(session_id)
                    raise StoreError(f"The archive {path} is missing.") from error

    def _moved(self, session_id: str, document: JsonObject | None) -> bool:
        """Whether a session may have been archived or taken out since it was located."""
        return self.documents("sessions").get(session_id) is not document

    def folder(self, session_id: str) -> Path:
        """Where a session's files are, unless it is packed."""
        checked = checked_id(session_id)
        return self.home / "s" / checked[-2:].strip(".") / checked
