"""One session's entries: a TinyDB of its own, appended to and read from the tail."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import msgspec

from agentsess.errors import Stopped, StoreError
from agentsess.model import Draft, Entry, EntryKind, JsonObject, Page, text_of, utc_now
from agentsess.pace import go_on, took
from agentsess.storage.journal import (
    check_version,
    damaged_stretches,
    is_whole,
    lines_backward,
    lines_forward,
    make_directory,
    read_forward,
    seal,
    storable,
    sync_directory,
)
from agentsess.storage.tinydb_journal import JournalDB

_TABLE = "entries"
_COPY_BLOCK = 1024 * 1024
_GO_ON_EVERY = 1_000
"""Entries read until it is looked whether more are wanted."""


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
            entries = tuple(_to_entry(seq, document) for seq, document in numbered)
            # A record each, not one for all: a page must not parse what it does not show.
            storage.commit_lines(
                [seal({"op": "put", "t": _TABLE, "id": n, "d": doc}) for n, doc in numbered]
            )
            self._next_seq = first + len(numbered)
        check()
        return entries

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
            StoreError, Stopped: Nothing was written.
        """
        temporary = _unfinished(target)
        try:
            make_directory(target.parent)
            with self._opened() as fd, temporary.open("wb") as file:
                temporary.chmod(0o600)
                for block in _blocks(fd, self._end_of(fd, last_seq)):
                    file.write(block)
                    took(len(block))
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
            sync_directory(target.parent)
        except (OSError, Stopped) as error:
            temporary.unlink(missing_ok=True)
            if isinstance(error, StoreError | Stopped):
                raise
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
            newest = next(_entries(lines_backward(fd, size)), None)
            total = newest.seq if newest else 0
            end = size if before is None or before > total else _offset_of(fd, before, size)
            found = [*islice(_entries(lines_backward(fd, end)), last)]
            return Page(tuple(reversed(found)), total)

    def entries(self, start: int = 1) -> Iterator[Entry]:
        """All entries from a number on, oldest first, one at a time; raises Stopped."""
        with self._opened() as fd:
            if fd >= 0:
                size = _size(fd)
                offset = _offset_of(fd, start, size) if start > 1 else 0
                for number, entry in enumerate(_entries(lines_forward(fd, offset, size))):
                    if number % _GO_ON_EVERY == 0:
                        go_on()
                    yield entry

    def damage(self) -> list[Damage]:
        """The stretches of the file that cannot be read."""
        with self._opened() as fd:
            if fd < 0:
                return []
            stretches = [*damaged_stretches(fd), *_strange_stretches(fd)]
            return [Damage(start, end) for start, end in sorted(stretches)]

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


def _entries(lines: Iterable[bytes]) -> Iterator[Entry]:
    """What the lines hold; those that are damaged or something else are left out."""
    for line in lines:
        if is_whole(line):
            try:
                record = _decode_line(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            if record.d is not None and record.t == _TABLE:
                yield _entry(record.id, record.d)


def _strange_stretches(fd: int) -> Iterator[tuple[int, int]]:
    """Where there are whole records that are no entries as this version knows them."""
    for record in read_forward(fd, 0):
        document = record.body.get("d") if record.body else None
        if record.body and document and record.body.get("t") == _TABLE:
            try:
                msgspec.convert(document, _Document)
            except msgspec.ValidationError:
                yield record.start, record.end


def _offset_of(fd: int, seq: int, size: int) -> int:
    """Where the first entry numbered ``seq`` or more begins: numbers grow with offsets."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        records = read_forward(fd, _line_start(fd, middle, size), size)
        record = next((r for r in records if r.body and r.body.get("t") == _TABLE), None)
        if record is None or not record.body or int(record.body["id"]) >= seq:
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


class _Document(msgspec.Struct):
    """What `_to_document` makes, as it is read back."""

    kind: EntryKind
    at: datetime
    content: tuple[JsonObject, ...] = ()
    text: str | None = None
    author: str = ""
    meta: JsonObject = msgspec.field(default_factory=dict)


class _Line(msgspec.Struct):
    """A record, decoded straight into what an entry is made of: a long history is read in half
    the time."""

    t: str = ""
    id: int = 0
    d: _Document | None = None


_decode_line = msgspec.json.Decoder(_Line).decode


def _to_entry(seq: int, document: JsonObject) -> Entry:
    return _entry(seq, msgspec.convert(document, _Document))


def _entry(seq: int, stored: _Document) -> Entry:
    text = stored.text if stored.text is not None else text_of(stored.content)
    return Entry(seq, stored.kind, text, stored.at, stored.author, stored.content, stored.meta)
