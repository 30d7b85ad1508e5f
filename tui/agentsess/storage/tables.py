"""All tables of a journal, as the operations that were read of it make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from agentsess.model import JsonObject

_encode = msgspec.json.Encoder().encode

Documents = dict[str, JsonObject]

Mark = tuple[int, int]
"""How far somebody has followed a table's changes; see `JournalStorage.changes_since`."""
News = tuple[Mark, list[str] | None]
"""The mark for the next look, and the ids that changed; None: any may have."""


class Tables:
    """The documents of each table by id. A changed document is always a new object."""

    def __init__(self) -> None:
        self.all: dict[str, Documents] = {}
        self.records = 0
        """Operations on documents that were done, those that later ones undid too."""
        self._next_ids: dict[str, int] = {}
        self._changed: dict[str, list[str]] = {}
        self._epoch = 0

    def forget(self) -> None:
        """Begin again with nothing; marks from before are void."""
        self.all, self._next_ids, self._changed = {}, {}, {}
        self._epoch += 1
        self.records = 0

    @property
    def living(self) -> int:
        """How many documents there are."""
        return sum(map(len, self.all.values()))

    def next_id(self, table: str) -> int:
        """The id after a table's last one."""
        return self._next_ids.get(table, 1)

    def news(self, table: str, mark: Mark | None) -> News:
        """What changed in a table since an earlier look; None: there was none."""
        changed = self._changed.get(table, [])
        same = mark is not None and mark[0] == self._epoch
        ids = changed[mark[1] :] if mark is not None and same else None
        return (self._epoch, len(changed)), ids

    def apply(self, body: JsonObject) -> None:
        """Do what an operation says; a record without one, such as the header, says nothing."""
        operation = body.get("op")
        if operation == "many":
            for each in body["ops"]:
                self.apply(each)
            return
        if operation is None:
            return
        name = body["t"]
        if operation == "drop":
            self.all.pop(name, None)
            self._next_ids.pop(name, None)
            self._epoch += 1
            return
        self.records += 1
        table = self.all.setdefault(name, {})
        if operation == "clear":
            self.all[name] = {}
            self._epoch += 1
            return
        key = str(body["id"])
        self._changed.setdefault(name, []).append(key)
        if operation == "put":
            table[key] = body["d"]
            if isinstance(body["id"], int):
                self._next_ids[name] = max(self._next_ids.get(name, 1), body["id"] + 1)
        elif operation == "set" and key in table:
            kept = {k: v for k, v in table[key].items() if k not in body.get("x", ())}
            table[key] = kept | body["d"]
        elif operation == "del":
            table.pop(key, None)

    def operations(self) -> Iterator[JsonObject]:
        """The fewest operations that make the tables what they are."""
        for name, documents in self.all.items():
            yield {"op": "clear", "t": name}
            numbered = name in self._next_ids
            for key, document in documents.items():
                doc_id = int(key) if numbered else key
                yield {"op": "put", "t": name, "id": doc_id, "d": document}

    def difference(self, data: Mapping[str, Mapping[str, JsonObject]]) -> list[JsonObject]:
        """The operations that make the tables what is given."""
        operations: list[JsonObject] = []
        for name in self.all.keys() - data.keys():
            operations.append({"op": "drop", "t": name})
        for name, documents in data.items():
            operations += self._difference(name, documents)
        return operations

    def changes(self, table: str, documents: Mapping[str, JsonObject]) -> list[JsonObject]:
        """The operations that make some of a table's documents what is given."""
        now = self.all.get(table, {})
        found = (change_of(table, key, now.get(key), doc) for key, doc in documents.items())
        return [change for change in found if change is not None]

    def _difference(self, table: str, documents: Mapping[str, JsonObject]) -> list[JsonObject]:
        """The operations that turn a table into what is given."""
        now = self.all.get(table)
        operations: list[JsonObject] = []
        if now is None:
            operations.append({"op": "clear", "t": table})
            now = {}
        operations += [{"op": "del", "t": table, "id": key} for key in now if key not in documents]
        return operations + self.changes(table, documents)


def change_of(
    table: str, key: str | int, old: JsonObject | None, new: JsonObject
) -> JsonObject | None:
    """The operation that turns one document into another; None if they are equal."""
    if old is None:
        return {"op": "put", "t": table, "id": key, "d": new}
    changed = {k: v for k, v in new.items() if k not in old or not _same(old[k], v)}
    removed = [k for k in old if k not in new]
    if not changed and not removed:
        return None
    operation: JsonObject = {"op": "set", "t": table, "id": key, "d": changed}
    if removed:
        operation["x"] = removed
    return operation


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1, 1.0 and True are equal in Python but not written alike."""
    if one is other:
        return True
    if isinstance(one, str | None):
        return bool(one == other)
    return bool(one == other) and _encode(one) == _encode(other)
