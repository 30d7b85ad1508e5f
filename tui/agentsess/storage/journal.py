"""An append-only file of checksummed records; it knows bytes, not what they mean.

A record is one line of valid JSON whose first member is the CRC-32 of the rest::

    {"c":"9f3ab210","op":"put", ...}

The first record names the file's format and version. A line that is cut off, zeroed
or altered fails its checksum: it is skipped and counted, and nothing else is lost.
Nothing is ever truncated except a writer's own bytes after a failed write.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import msgspec

from agentsess.errors import StoreError, StoreTooNew

FORMAT = "agentsess.journal"
VERSION = 1
_PREFIX = len(b'{"c":"00000000",')
_BLOCK = 64 * 1024
_SURROGATE = re.compile("[\ud800-\udfff]")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Record(NamedTuple):
    """A record and where it stands; its body is None if it is damaged."""

    start: int
    end: int
    body: dict[str, Any] | None


def seal(body: dict[str, Any]) -> bytes:
    """One line: the record with its checksum in front, and a newline behind.

    Raises:
        ValueError, TypeError: The body holds something that is not JSON.
    """
    try:
        rest = _encode(body)[1:]
    except UnicodeEncodeError:
        rest = _encode(_mended(body))[1:]
    return b'{"c":"%08x",%s\n' % (crc32(rest), rest)


def storable(body: dict[str, Any]) -> dict[str, Any]:
    """The body as it will be read back: with what is no Unicode replaced."""
    try:
        _encode(body)
    except UnicodeEncodeError:
        mended: dict[str, Any] = _mended(body)
        return mended
    return body


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_mended(key): _mended(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(inner) for inner in value]
    return value


def is_whole(line: bytes) -> bool:
    """Whether a line without its newline is as it was sealed."""
    return line[:_PREFIX] == b'{"c":"%08x",' % crc32(line[_PREFIX:])


def unseal(line: bytes) -> dict[str, Any] | None:
    """The record of a line without its newline; None if it is damaged."""
    if not is_whole(line):
        return None
    try:
        return _decode(b"{" + line[_PREFIX:])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def sync_directory(path: Path) -> None:
    """Make the names in a folder durable."""
    sync_file(path)


def sync_file(path: Path) -> None:
    """Make what a file, or a folder's list of names, holds durable."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_directory(path: Path) -> None:
    """Make a private folder and those above it, durably."""
    if path.is_dir():
        return
    make_directory(path.parent)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    sync_directory(path.parent)


class Journal:
    """One file of records. Readers need no lock; writers must exclude each other.

    Args:
        path: The file; it and its folder appear with the first append.
        durable: Whether `sync` really waits for the disk; False for caches.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self.path = path
        self._durable = durable
        self._fd = -1
        self._end = 0
        self._synced = 0
        self._failed = ""
        self._sync_lock = threading.Lock()

    def append(self, lines: Iterable[bytes]) -> int:
        """Write sealed lines behind all others; the caller holds the writer's lock.

        Returns:
            The end of what was written, to be given to `sync`.

        Raises:
            StoreError: Nothing of it was written, or it cannot be known.
        """
        self._refuse_if_failed()
        self.open()
        try:
            size = os.fstat(self._fd).st_size
            # A torn write of another would swallow our record: shut it off in its own line,
            # and spoil it, lest one that lacks nothing but its newline comes back to life.
            torn = size != self._end and os.pread(self._fd, 1, size - 1) != b"\n"
            data = (b"!\n" if torn else b"") + b"".join(lines)
            self._write(data, size)
        except StoreError:
            raise
        except OSError as error:
            raise StoreError(f"Cannot write {self.path}: {error.strerror or error}.") from error
        self._end = size + len(data)
        return self._end

    def open(self) -> None:
        """Open the file for appending, if it is not open; raises StoreError."""
        try:
            if self._fd < 0:
                self._open()
        except StoreError:
            raise
        except OSError as error:
            raise StoreError(f"Cannot write {self.path}: {error.strerror or error}.") from error

    def writes_to(self, fd: int) -> bool:
        """Whether this is open, on the same file as a descriptor."""
        return self._fd >= 0 and os.path.sameopenfile(self._fd, fd)

    def ends_with_ours(self) -> bool:
        """Whether what this object appended last is the last there is."""
        return self._fd >= 0 and os.fstat(self._fd).st_size == self._end

    def sync(self, end: int) -> None:
        """Return once all bytes up to ``end`` are on the disk.

        Several threads that wait here at once share one flush.

        Raises:
            StoreError: The disk refused; the journal must be opened anew.
        """
        if not self._durable:
            return
        with self._sync_lock:
            self._refuse_if_failed()
            if self._synced >= end or self._fd < 0:
                return
            target = self._end
            try:
                os.fdatasync(self._fd)
            except OSError as error:
                # The kernel may drop the unwritten pages and report success next time.
                self._failed = str(error.strerror or error)
                self._refuse_if_failed()
            self._synced = target

    def _refuse_if_failed(self) -> None:
        if self._failed:
            raise StoreError(
                f"The disk failed to keep {self.path} ({self._failed}). "
                "What came last may be lost; restart once the disk is well."
            )

    def _open(self) -> None:
        make_directory(self.path.parent)
        check_version(self.path)
        self._fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        self._end = os.fstat(self._fd).st_size
        if self._end == 0:
            header = seal({"fmt": FORMAT, "v": VERSION})
            self._write(header, 0)
            self._end = len(header)
            if self._durable:
                os.fsync(self._fd)
                sync_directory(self.path.parent)
        elif os.pread(self._fd, 1, self._end - 1) != b"\n":
            self._end = -1  # not what the next append finds: it looks at the tail

    def _write(self, data: bytes, size: int) -> None:
        written = 0
        try:
            while written < len(data):
                written += os.write(self._fd, data[written:])
        except OSError:
            if written:
                os.ftruncate(self._fd, size)
            raise

    def close(self) -> None:
        """Let the file go; a later append opens it again."""
        with self._sync_lock:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1
                self._synced = 0


def check_version(path: Path) -> None:
    """See that this version may read a journal; one of an earlier version is migrated.

    Raises:
        StoreTooNew: A newer version wrote it.
        StoreError: It is not a journal at all.
    """
    try:
        with path.open("rb") as file:
            first = file.readline(1000)
    except FileNotFoundError:
        return
    header = unseal(first.rstrip(b"\n"))
    if header is None or not header.get("fmt"):
        return  # a damaged first line is counted as damage, like any other
    if header["fmt"] != FORMAT:
        raise StoreError(f"{path} is not a journal of agentsess.")
    if header.get("v", 0) > VERSION:
        raise StoreTooNew(
            f"{path} was written by a newer agentsess. Upgrade to open it; nothing was changed."
        )
    if header.get("v", 0) < VERSION:
        from agentsess.storage.migration import migrate

        migrate(path)


def read_forward(fd: int, start: int, stop: int | None = None) -> Iterator[Record]:
    """Complete records from an offset on; see `lines_forward`."""
    at = start
    for line in lines_forward(fd, start, stop):
        end = at + len(line) + 1
        if line:
            yield Record(at, end, unseal(line))
        at = end


def lines_forward(fd: int, start: int, stop: int | None = None) -> Iterator[bytes]:
    """Complete lines from an offset on, without their newlines; some may be empty.

    A last line without its newline is left alone: it may be in the making.
    """
    offset, size = start, _BLOCK // 8
    begun: list[bytes] = []  # of a line that is longer than a block
    while stop is None or offset < stop:
        block = os.pread(fd, size if stop is None else min(size, stop - offset), offset)
        if not block:
            return
        offset += len(block)
        size = min(size * 2, _BLOCK * 4)
        first, *others = block.split(b"\n")
        begun.append(first)
        if not others:
            continue
        yield b"".join(begun)
        begun = [others.pop()]
        yield from others


def lines_backward(fd: int, end: int) -> Iterator[bytes]:
    """Complete lines before an offset without their newlines, newest first; some may be empty."""
    rest, block = b"", _BLOCK
    while end > 0:
        start = max(0, end - block)
        lines = (os.pread(fd, end - start, start) + rest).split(b"\n")
        lines.pop()  # nothing, or a last line without its newline
        whole = 0 if start == 0 else 1  # the first line may begin in the block before
        yield from reversed(lines[whole:])
        rest = lines[0] + b"\n" if lines and start > 0 else b""
        block = _BLOCK if len(lines) > 1 else block * 2
        end = start


def damaged_stretches(fd: int) -> Iterator[tuple[int, int]]:
    """Where a file holds no readable record, as offsets; an end without its newline counts."""
    end = 0
    for record in read_forward(fd, 0):
        end = record.end
        if record.body is None:
            yield record.start, end
    if end < (size := os.fstat(fd).st_size):
        yield end, size
