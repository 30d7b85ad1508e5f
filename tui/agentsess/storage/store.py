"""Where sessions are kept: the protocol, and the store in a folder of this machine."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tinydb.table import Document

from agentsess.errors import Owner, SessionNotFound
from agentsess.model import Draft, Entry, JsonObject, Page
from agentsess.storage.history import Damage, History
from agentsess.storage.lease import Lease, owner_of
from agentsess.storage.tinydb_journal import JournalTable, KeyedDB

Changes = Mapping[str, JsonObject]
"""Fields to set, by id; a field set to None is removed."""

_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9@_-]{0,127}")


class SessionStore(Protocol):
    """What the service needs of a store. Documents are plain JSON objects.

    ``kind`` names a collection: ``sessions`` (our own) or ``overlays`` (what the user
    added to another program's sessions).
    """

    def documents(self, kind: str) -> Mapping[str, JsonObject]:
        """All documents of a kind by id, to be read only; a changed one is a new object."""

    def create(self, kind: str, doc_id: str, document: JsonObject) -> None:
        """Keep a new document, durably."""

    def patch(self, kind: str, changes: Changes, *, durable: bool = True) -> None:
        """Change fields of several documents at once: all of them or none.

        Overlays come into being when they are first changed.
        """

    def count(self, session_id: str, amounts: Mapping[str, float], fields: JsonObject) -> None:
        """Add to a session's counters and set some of its fields, in one step.

        No addition is lost to another's; the change need not survive a power cut, for
        it can be told again from the history.
        """

    def remove(self, kind: str, doc_id: str) -> None:
        """Remove a document and, for a session, its history, for good."""

    def append(self, session_id: str, drafts: Sequence[Draft], lease: Lease) -> tuple[Entry, ...]:
        """Add to a history, durably; raises SessionFenced if the lease was lost."""

    def page(self, session_id: str, *, last: int, before: int | None) -> Page:
        """A stretch of a history, from its end or from before an entry."""

    def entries(self, session_id: str, start: int = 1) -> Iterator[Entry]:
        """A history from an entry on."""

    def history_size(self, session_id: str) -> int:
        """Bytes that a history takes."""

    def damage(self, session_id: str) -> list[Damage]:
        """What of a history cannot be read."""

    @property
    def damaged_documents(self) -> int:
        """Records of documents that could not be read."""

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

    def close(self) -> None:
        """Let all files go."""


class FileStore:
    """A `SessionStore` in a folder: one journal for all documents, one per history."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._db = KeyedDB(home / "index" / "sessions.jsonl")
        self._histories: dict[str, History] = {}
        self._news_told = 0

    def documents(self, kind: str) -> Mapping[str, JsonObject]:
        return self._db.storage.documents(kind)

    def create(self, kind: str, doc_id: str, document: JsonObject) -> None:
        self._table(kind).insert(Document(document, checked_id(doc_id)))  # type: ignore[arg-type]

    def patch(self, kind: str, changes: Changes, *, durable: bool = True) -> None:
        storage = self._db.storage
        with storage.exclusive():
            documents = storage.documents(kind)
            wanted: dict[str, JsonObject] = {}
            for doc_id, fields in changes.items():
                if doc_id not in documents and kind == "sessions":
                    raise SessionNotFound(f"There is no session {doc_id}.")
                merged = documents.get(checked_id(doc_id), {}) | fields
                wanted[doc_id] = {k: v for k, v in merged.items() if v is not None}
            storage.commit(storage.changes(kind, wanted), durable=durable)

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
        self._table(kind).remove(doc_ids=[doc_id])
        if kind == "sessions":
            if history := self._histories.pop(doc_id, None):
                history.close()
            shutil.rmtree(self._folder(doc_id), ignore_errors=True)

    def append(self, session_id: str, drafts: Sequence[Draft], lease: Lease) -> tuple[Entry, ...]:
        return self._history(session_id).append(drafts, lease.check)

    def page(self, session_id: str, *, last: int, before: int | None) -> Page:
        return self._history(session_id).page(last=last, before=before)

    def entries(self, session_id: str, start: int = 1) -> Iterator[Entry]:
        return self._history(session_id).entries(start)

    def history_size(self, session_id: str) -> int:
        return self._history(session_id).size_bytes

    def damage(self, session_id: str) -> list[Damage]:
        return self._history(session_id).damage()

    def lease(
        self,
        session_id: str,
        *,
        agent: str = "",
        wait: float = 0.0,
        take_over: bool = False,
        stop: threading.Event | None = None,
    ) -> Lease:
        lease = Lease.acquire(
            self._folder(session_id),
            session_id,
            agent=agent,
            wait=wait,
            take_over=take_over,
            move=lambda: self._history(session_id).move(),
            stop=stop,
        )
        # Since we last wrote, another may have moved the history to a new file.
        self.release_history(session_id)
        return lease

    def owner(self, session_id: str) -> Owner | None:
        return owner_of(self._folder(session_id))

    def release_history(self, session_id: str) -> None:
        """Close a history's file; it opens again when needed."""
        if history := self._histories.pop(session_id, None):
            history.close()

    def changed(self) -> bool:
        self._db.storage.catch_up()
        told, self._news_told = self._news_told, self._db.storage.news
        return told != self._news_told

    @property
    def damaged_documents(self) -> int:
        """Records of the index that could not be read."""
        self._db.storage.catch_up()
        return self._db.storage.damaged

    def close(self) -> None:
        for history in self._histories.values():
            history.close()
        self._histories.clear()
        self._db.close()

    def _table(self, kind: str) -> JournalTable:
        table = self._db.table(kind)
        assert isinstance(table, JournalTable)
        return table

    def _history(self, session_id: str) -> History:
        if session_id not in self._histories:
            path = self._folder(session_id) / "history.jsonl"
            self._histories[session_id] = History(path)
        return self._histories[session_id]

    def _folder(self, session_id: str) -> Path:
        checked = checked_id(session_id)
        return self.home / "s" / checked[-2:] / checked


def checked_id(doc_id: str) -> str:
    """The id, if it may become part of a path.

    Raises:
        SessionNotFound: It may not, so no session can have it.
    """
    if not _SAFE_ID.fullmatch(doc_id):
        raise SessionNotFound(f"{doc_id!r} is not the id of a session.")
    return doc_id
