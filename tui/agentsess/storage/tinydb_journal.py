"""TinyDB over a journal: the same database, durable, shared between processes.

TinyDB rewrites its whole file for each change. Here a change appends the documents
that differ, other handles and processes catch up by reading what is new, and the file
is written anew once dead records outweigh the living.

What plain TinyDB 4.9 gets wrong and this does not: its query cache ignores regex flags
and other handles' writes (switched off), results alias stored documents (copied), ids
collide between handles (given under the lock), and an update that raises leaves half of
itself behind (applied only when complete).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from tinydb import TinyDB
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Document, Table

from agentsess.model import JsonObject
from agentsess.storage.journal_storage import JournalStorage
from agentsess.storage.tables import Documents, change_of


class _Draft(MutableMapping[Any, Any]):
    """A table under change: what is touched is copied, so that a failure changes nothing."""

    def __init__(self, documents: Documents, id_class: type) -> None:
        self._old = documents
        self._id_class = id_class
        self._new: dict[str, Any] = {}
        self._gone: set[str] = set()

    def __getitem__(self, key: Any) -> Any:
        name = str(key)
        if name in self._new:
            return self._new[name]
        if name in self._gone or name not in self._old:
            raise KeyError(key)
        self._new[name] = deepcopy(self._old[name])
        return self._new[name]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._new[str(key)] = value

    def __delitem__(self, key: Any) -> None:
        if key not in self:
            raise KeyError(key)
        self._new.pop(str(key), None)
        self._gone.add(str(key))

    def __contains__(self, key: object) -> bool:
        name = str(key)
        if not isinstance(key, self._id_class):
            return False
        return name in self._new or (name in self._old and name not in self._gone)

    def __iter__(self) -> Iterator[Any]:
        for name in self._old:
            if name not in self._gone or name in self._new:
                yield self._id_class(name)
        for name in self._new:
            if name not in self._old:
                yield self._id_class(name)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def clear(self) -> None:
        self._new.clear()
        self._gone.update(self._old)

    def operations(self, table: str) -> list[JsonObject]:
        """What was changed, as operations."""
        operations: list[JsonObject] = []
        for name in self._gone - self._new.keys():
            operations.append({"op": "del", "t": table, "id": name})
        for name, document in self._new.items():
            old = self._old.get(name) if name not in self._gone else None
            change = change_of(table, self._id_class(name), old, document)
            if change is not None:
                operations.append(change)
        return operations


class JournalTable(Table):
    """A TinyDB table whose changes are appended; its public behaviour is TinyDB's."""

    default_query_cache_capacity = 0
    _storage: JournalStorage

    def __init__(self, storage: Storage, name: str, **options: Any) -> None:
        options["cache_size"] = 0
        super().__init__(storage, name, **options)

    def _read_table(self) -> Documents:  # type: ignore[override]
        return self._storage.documents(self.name)

    def _update_table(self, updater: Callable[[Any], None]) -> None:
        storage = self._storage
        with storage.exclusive():
            documents = storage.documents(self.name)
            draft = _Draft(documents, self.document_id_class)
            updater(draft)
            operations = draft.operations(self.name)
            if not operations and self.name not in (storage.read() or {}):
                operations = [{"op": "clear", "t": self.name}]
            storage.commit(operations)

    def _get_next_id(self) -> int:
        return self._storage.next_id(self.name)

    def insert(self, document: Mapping[str, Any]) -> int:
        """Insert a document; see TinyDB. The id is given under the lock."""
        return self.insert_multiple([document])[0]

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        """Insert documents; see TinyDB. All of them, or none."""
        batch = list(documents)
        if not all(isinstance(document, Mapping) for document in batch):
            raise ValueError("Document is not a Mapping")
        with self._storage.exclusive():
            if any(isinstance(document, Document) for document in batch):
                return self._insert_with_ids(batch)
            # New ids are free by construction: the table need not even be read.
            first = self._get_next_id()
            ids = list(range(first, first + len(batch)))
            self._storage.commit(
                [
                    {"op": "put", "t": self.name, "id": doc_id, "d": dict(document)}
                    for doc_id, document in zip(ids, batch, strict=True)
                ]
            )
            return ids

    def _insert_with_ids(self, batch: list[Mapping[str, Any]]) -> list[int]:
        ids: list[int] = []

        def updater(table: _Draft) -> None:
            for document in batch:
                if isinstance(document, Document):
                    doc_id = document.doc_id
                    if doc_id in table:
                        raise ValueError(f"Document with ID {doc_id} already exists")
                else:
                    doc_id = max((int(i) for i in table), default=0) + 1
                table[doc_id] = dict(document)
                ids.append(doc_id)

        self._update_table(updater)
        return ids

    def search(self, cond: QueryLike) -> list[Document]:
        """Documents that match, as copies; see TinyDB."""
        with self._storage.guard:
            return [
                Document(deepcopy(document), self.document_id_class(doc_id))
                for doc_id, document in self._read_table().items()
                if cond(document)
            ]

    def get(self, cond: Any = None, doc_id: Any = None, doc_ids: Any = None) -> Any:
        """One document, or those of several ids, as copies; see TinyDB."""
        with self._storage.guard:
            found = super().get(cond, doc_id, doc_ids)
            if found is None:
                return None
            if isinstance(found, list):
                return [Document(deepcopy(dict(each)), each.doc_id) for each in found]
            return Document(deepcopy(dict(found)), found.doc_id)

    def __iter__(self) -> Iterator[Document]:
        return iter(self.search(lambda _: True))

    def update(self, fields: Any, cond: Any = None, doc_ids: Any = None) -> list[int]:
        """Change documents; see TinyDB. Only those that match are copied."""
        with self._storage.exclusive():
            if cond is not None and doc_ids is None:
                doc_ids = self._ids(cond)
            return super().update(fields, None, doc_ids)

    def remove(self, cond: Any = None, doc_ids: Any = None) -> list[int]:
        """Remove documents; see TinyDB."""
        with self._storage.exclusive():
            if cond is not None and doc_ids is None:
                doc_ids = self._ids(cond)
            return super().remove(None, doc_ids)

    def upsert(self, document: Mapping[str, Any], cond: Any = None) -> list[int]:
        """Change or insert; see TinyDB. One step, even among processes."""
        with self._storage.exclusive():
            return super().upsert(document, cond)

    def _ids(self, cond: QueryLike) -> list[Any]:
        return [
            self.document_id_class(doc_id)
            for doc_id, document in self._read_table().items()
            if cond(document)
        ]


class KeyedTable(JournalTable):
    """A table whose documents have names of their own instead of numbers."""

    document_id_class = str  # type: ignore[assignment]


class JournalDB(TinyDB):
    """TinyDB on a journal, with numbered documents."""

    table_class = JournalTable  # type: ignore[assignment]

    def __init__(self, path: Path, *, shared: bool = True, durable: bool = True) -> None:
        super().__init__(path, storage=JournalStorage, shared=shared, durable=durable)

    def drop_table(self, name: str) -> None:
        """Drop a table; see TinyDB."""
        with self.storage.exclusive():
            super().drop_table(name)

    def drop_tables(self) -> None:
        """Drop all tables; see TinyDB."""
        with self.storage.exclusive():
            super().drop_tables()

    @property
    def storage(self) -> JournalStorage:
        """The journal behind the tables."""
        storage = super().storage
        assert isinstance(storage, JournalStorage)
        return storage


class KeyedDB(JournalDB):
    """The same, with documents found by name."""

    table_class = KeyedTable
