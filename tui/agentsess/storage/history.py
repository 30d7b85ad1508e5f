"""One session's entries: a TinyDB of its own, appended to and read from the tail."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agentsess.errors import StoreError
from agentsess.model import Draft, Entry, EntryKind, JsonObject, Page, text_of, utc_now
from agentsess.pace import took
from agentsess.storage.journal import (
    Record,
    check_version,
    damaged_stretches,
    make_directory,
    read_backward,
    read_forward,
    seal,
    storable,
    sync_directory,
)
from agentsess.storage.tinydb_journal import JournalDB

_TABLE = "entries"
_COPY_BLOCK = 1024 * 1024


class History:
    """A session's entries. Appending needs the session's lease; reading needs nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = JournalDB(path, shared=False)
        self._version_known = False
        self._next_seq = 0

    @property
    def size_bytes(self) -> int:
        """What the history takes on disk."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def append(
        self, drafts: Sequence[Draft], check: Callable[[], None] = lambda: None
    ) -> tuple[Entry, ...]:
        """Add entries; they are on the disk when this returns.

        Args:
            drafts: The entries.
            check: Called before the writing and after the flush; raises if the right to
                write was lost, so that nothing is acknowledged then.

        Raises:
            StoreError: Nothing was added, or the disk failed to keep it.
        """
        self._check_version()
        storage = self._db.storage
        with storage.exclusive():
            # The file first: one that is opened after the look may be another owner's.
            storage.journal.open()
            check()
            known = self._next_seq if storage.journal.ends_with_ours() else 0
            first = known or storage.next_id(_TABLE)
            documents = (storable(_to_document(draft)) for draft in drafts)
            numbered = list(enumerate(documents, first))
            # A record each, not one for all: a page must not parse what it does not show.
            storage.commit_lines(
                [seal({"op": "put", "t": _TABLE, "id": n, "d": doc}) for n, doc in numbered]
            )
            self._next_seq = first + len(numbered)
        check()
        return tuple(_to_entry(seq, document) for seq, document in numbered)

    def rewrite(self, last_seq: int | None = None) -> None:
        """Put the history in a new file, out of reach of whoever has the old one open.

        Args:
            last_seq: The last entry that goes along; None: all do.
        """
        self.close()
        if self.path.exists():
            self.copy_to(self.path, last_seq)

    def copy_to(self, target: Path, last_seq: int | None = None) -> None:
        """Write the history up to an entry to another file, all at once and durably.

        Raises:
            StoreError: Nothing was written.
        """
        temporary = _unfinished(target)
        try:
            make_directory(target.parent)
            with self._opened() as fd, temporary.open("wb") as file:
                temporary.chmod(0o600)
                for block in _blocks(fd, self._end_of(fd, last_seq)):
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
            sync_directory(target.parent)
        except StoreError:
            raise
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise StoreError(f"Cannot write {target}: {error.strerror or error}.") from error

    def drop_unfinished(self) -> None:
        """Remove what a process left that was killed while it wrote the history anew."""
        _unfinished(self.path).unlink(missing_ok=True)

    def checksum(self, last_seq: int) -> str:
        """SHA-256 of the bytes up to an entry, in hexadecimal; raises Stopped."""
        digest = hashlib.sha256()
        with self._opened() as fd:
            for block in _blocks(fd, self._end_of(fd, last_seq)):
                digest.update(block)
                took(len(block))
        return digest.hexdigest()

    def _end_of(self, fd: int, last_seq: int | None) -> int:
        if fd < 0:
            return 0
        size = _size(fd)
        return size if last_seq is None else _offset_of(fd, last_seq + 1, size)

    def page(self, *, last: int, before: int | None = None) -> Page:
        """The newest ``last`` entries with a number below ``before``, oldest first.

        Raises:
            StoreTooNew: A newer version wrote the history.
        """
        with self._opened() as fd:
            if fd < 0:
                return Page((), 0)
            size = _size(fd)
            total = _seq(next(_entries(read_backward(fd, size)), None))
            end = size if before is None or before > total else _offset_of(fd, before, size)
            found: list[Entry] = []
            for record in _entries(read_backward(fd, end)):
                if len(found) == last:
                    break
                found.append(_from_record(record))
            return Page(tuple(reversed(found)), total)

    def entries(self, start: int = 1) -> Iterator[Entry]:
        """All entries from a number on, oldest first, one at a time."""
        with self._opened() as fd:
            if fd >= 0:
                size = _size(fd)
                offset = _offset_of(fd, start, size) if start > 1 else 0
                for record in _entries(read_forward(fd, offset, size)):
                    yield _from_record(record)

    def damage(self) -> list[Damage]:
        """The stretches of the file that cannot be read."""
        with self._opened() as fd:
            if fd < 0:
                return []
            return [Damage(start, end) for start, end in damaged_stretches(fd)]

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def _check_version(self) -> None:
        """See that we may read the file; an earlier version's is replaced by one of ours."""
        if not self._version_known and self.path.exists():
            check_version(self.path)
            self._version_known = True

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The file for reading, -1 if there is none yet."""
        try:
            self._check_version()
            fd = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            yield -1
            return
        try:
            yield fd
        finally:
            os.close(fd)


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of a file that hold no readable record."""

    start: int
    end: int


def _unfinished(target: Path) -> Path:
    return target.with_suffix(".new")


def _blocks(fd: int, end: int) -> Iterator[bytes]:
    offset = 0
    while offset < end:
        block = os.pread(fd, min(_COPY_BLOCK, end - offset), offset)
        if not block:
            return
        offset += len(block)
        yield block


def _size(fd: int) -> int:
    return os.fstat(fd).st_size


def _entries(records: Iterator[Record]) -> Iterator[Record]:
    for record in records:
        if record.body is not None and record.body.get("t") == _TABLE and "d" in record.body:
            yield record


def _seq(record: Record | None) -> int:
    return int(record.body["id"]) if record and record.body else 0


def _offset_of(fd: int, seq: int, size: int) -> int:
    """Where the first entry numbered ``seq`` or more begins: numbers grow with offsets."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        record = next(_entries(read_forward(fd, _line_start(fd, middle, size), size)), None)
        if record is None or _seq(record) >= seq:
            high = middle
        else:
            low = record.end
    return _line_start(fd, low, size)


def _line_start(fd: int, offset: int, size: int) -> int:
    """The first beginning of a line at or after an offset."""
    if offset == 0 or os.pread(fd, 1, offset - 1) == b"\n":
        return offset
    while offset < size:
        block = os.pread(fd, 64 * 1024, offset)
        if (at := block.find(b"\n")) >= 0:
            return offset + at + 1
        offset += len(block)
    return size


def _to_document(draft: Draft) -> JsonObject:
    # A time without a zone is local time; kept so, it could not be compared with others.
    at = (draft.at or utc_now()).astimezone(UTC)
    document: JsonObject = {"kind": str(draft.kind), "at": at.isoformat()}
    if draft.content:
        document["content"] = list(draft.content)
        if draft.text and draft.text != text_of(draft.content):
            document["text"] = draft.text
    elif draft.text:
        document["text"] = draft.text
    if draft.author:
        document["author"] = draft.author
    if draft.meta:
        document["meta"] = draft.meta
    return document


def _from_record(record: Record) -> Entry:
    assert record.body is not None
    return _to_entry(int(record.body["id"]), record.body["d"])


def _to_entry(seq: int, document: JsonObject) -> Entry:
    content = tuple(document.get("content") or ())
    text = document.get("text")
    return Entry(
        seq=seq,
        kind=EntryKind(document["kind"]),
        text=text if text is not None else text_of(content),
        at=datetime.fromisoformat(document["at"]),
        author=document.get("author", ""),
        content=content,
        meta=document.get("meta") or {},
    )
