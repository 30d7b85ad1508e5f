"""Reading archived sessions without unpacking them to the disk."""

from __future__ import annotations

import os
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

from agentsess.errors import StoreError, StoreTooNew
from agentsess.storage.archive import Member, read_bundle, write_all, zstd
from agentsess.storage.history import History
from agentsess.storage.journal import FORMAT, VERSION, seal
from agentsess.storage.migration import upgraded, version_of

HISTORY = "history.jsonl"
SUFFIX = ".tar.zst"
_MAGIC = b"\x28\xb5\x2f\xfd"
"""With which each zstd frame begins."""
_OPENED, _OPENED_BYTES = 4, 64 * 1024 * 1024
"""Of how many histories, and how many bytes of them, more than one stays in memory."""


class Unpacked:
    """A file of a bundle in memory; it is there for as long as this object is."""

    def __init__(self) -> None:
        self.fd = _nameless_file()
        self.path = Path(f"/dev/fd/{self.fd}")
        self.is_whole = True
        """Whether nothing of the bundle is damaged."""
        # Not when it is pushed out of the cache: another thread may be reading it just then.
        weakref.finalize(self, os.close, self.fd)

    @property
    def size_bytes(self) -> int:
        """How much it holds."""
        return os.fstat(self.fd).st_size


class _ArchivedHistory(History):
    """A history that keeps the file that it is read from."""

    def __init__(self, file: Unpacked) -> None:
        super().__init__(file.path)
        self._file = file


class Archive:
    """The bundles of a store; a few are kept open, unpacked in memory, never on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: OrderedDict[tuple[str, str, int, int], Unpacked] = OrderedDict()
        self._guard = threading.Lock()

    def path(self, session_id: str) -> Path:
        """Where a session's bundle is, if there is one."""
        return self.folder / f"{session_id}{SUFFIX}"

    def history(self, session_id: str) -> History:
        """An archived history, for reading; what is damaged of it is left out.

        Raises:
            FileNotFoundError: There is no bundle.
        """
        return _ArchivedHistory(self.file(session_id, HISTORY))

    def file(self, session_id: str, name: str) -> Unpacked:
        """One of the files of a bundle; like `history`."""
        bundle = self.path(session_id)
        status = bundle.stat()
        key = (session_id, name, status.st_ino, status.st_mtime_ns)
        with self._guard:
            if key not in self._opened:
                self._opened[key] = _unpacked(bundle, name)
            self._opened.move_to_end(key)
            while len(self._opened) > _OPENED or (len(self._opened) > 1 and self._are_large()):
                self._opened.popitem(last=False)
            return self._opened[key]

    def is_whole(self, session_id: str) -> bool:
        """Whether nothing of a bundle is damaged; raises FileNotFoundError."""
        return self.file(session_id, HISTORY).is_whole

    def _are_large(self) -> bool:
        return sum(file.size_bytes for file in self._opened.values()) > _OPENED_BYTES

    def close(self) -> None:
        """Let all of them go."""
        with self._guard:
            self._opened.clear()


def _unpacked(bundle: Path, name: str) -> Unpacked:
    file = Unpacked()

    def receive(member: Member, chunks: Iterator[bytes]) -> None:
        for chunk in chunks:
            if member.name == name:
                write_all(file.fd, chunk)

    try:
        read_bundle(bundle, receive)
    except StoreError:
        file.is_whole = False
        os.ftruncate(file.fd, 0)
        os.lseek(file.fd, 0, os.SEEK_SET)
        # All of the tar: what else is in it does not read as entries of the session.
        for piece in _surviving(bundle.read_bytes()):
            write_all(file.fd, piece)
        return file
    if name != HISTORY or (version := _version(file.fd)) == VERSION:
        return file
    if version > VERSION:
        raise StoreTooNew(f"A newer agentsess wrote {bundle}. Upgrade to open it.")
    return _upgraded(file)


def _version(fd: int) -> int:
    version = version_of(os.pread(fd, 1000, 0).partition(b"\n")[0])
    return VERSION if version is None else version


def _upgraded(old: Unpacked) -> Unpacked:
    """A history of an earlier version as one of this; the bundle stays as it is."""
    new = Unpacked()
    with open(os.dup(old.fd), "rb") as lines:
        lines.seek(0)
        version = version_of(lines.readline()) or 0
        write_all(new.fd, seal({"fmt": FORMAT, "v": VERSION}))
        for line in upgraded(lines, version):
            write_all(new.fd, line)
    return new


def _surviving(data: bytes) -> Iterator[bytes]:
    """The contents of those frames that can be read, with a newline for what is missing.

    Without that, the halves of two lines might read as one that never was.
    """
    at = data.find(_MAGIC)
    while at >= 0:
        try:
            end = at + zstd.get_frame_size(memoryview(data)[at:])
            yield zstd.decompress(memoryview(data)[at:end])
            at = end
        except zstd.ZstdError:
            yield b"\n"
            at += 1
        at = data.find(_MAGIC, at)


def _nameless_file() -> int:
    """A file that vanishes with us; in memory where the system can do that."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("agentsess", os.MFD_CLOEXEC)
    fd, name = tempfile.mkstemp(prefix="agentsess-")  # its mode is 0600
    os.unlink(name)
    return fd
