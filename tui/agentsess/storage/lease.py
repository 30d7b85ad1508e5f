"""The exclusive right to write to a session, held by one run at a time.

Lease files are numbered; the highest number is the current one, and its number is the
fencing token. The kernel's lock on that file tells whether the owner lives: it vanishes
with a killed process. An owner that lives but hangs is overtaken by making the next
file, which it sees before and after each of its writes, and refuses itself.

    owner:  no newer lease? -> write, flush -> no newer lease? -> acknowledge
    thief:  make the next lease -> move the history to a file of its own -> write there

What the owner acknowledged was written before the next lease was made, so it is in the
thief's copy. What it writes later goes to a file that no longer has a name.
"""

from __future__ import annotations

import fcntl
import os
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self

import msgspec

from agentsess.errors import Owner, SessionFenced, SessionLocked, StoreError
from agentsess.model import utc_now
from agentsess.storage.filesystems import network_file_system
from agentsess.storage.journal import make_directory, sync_directory

BEAT_SECONDS = 5.0
HUNG_SECONDS = 15.0
"""An owner whose heart has not beaten for so long, by our own clock, hangs."""
_POLL_SECONDS = 0.05
_GRACE_SECONDS = 0.1
"""A moment in which the lock may be held by someone who only looks who holds it."""
_NAME = re.compile(r"lease-(\d{6})")


class _Content(msgspec.Struct):
    """What a lease file says; only for others to read."""

    owner: Owner
    beats: int = 0
    moved: bool = True
    """Whether the history was moved out of an overtaken owner's reach."""


class Lease:
    """A held lease; a context manager that gives it back."""

    def __init__(self, path: Path, fd: int, content: _Content) -> None:
        self.path = path
        self._fd = fd
        self._content = content
        self._next = _numbered(path.parent, _number(path) + 1)
        self._rest = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._heart.start()

    @classmethod
    def acquire(
        cls,
        folder: Path,
        session_id: str,
        *,
        agent: str = "",
        wait: float = 0.0,
        take_over: bool = False,
        move: Callable[[], None] = lambda: None,
        hung_after: float = HUNG_SECONDS,
        stop: threading.Event | None = None,
    ) -> Self:
        """Take the lease of a session.

        A dead owner's lease is free at once. One whose owner hangs (its heart stopped for
        ``hung_after`` seconds while we waited) is taken over, too.

        Args:
            folder: The session's folder.
            session_id: Whose lease it is, for the error.
            agent: Who takes it.
            wait: Seconds to wait for another owner to finish.
            take_over: Take it even from an owner that is alive and well.
            move: Moves the history to a new file, so that an overtaken owner's writes go
                nowhere; called when the lease was taken over.
            hung_after: Seconds without a heartbeat after which an owner hangs.
            stop: Ends the waiting when set.

        Raises:
            SessionLocked: Another holds it still.
            StoreError: The folder is on a network file system, whose locks cannot be trusted.
        """
        if kind := network_file_system(folder):
            raise StoreError(
                f"The store is on a network file system ({kind}), where locks cannot be "
                "trusted. Reading works; to write, set AGENTSESS_HOME to a local folder."
            )
        make_directory(folder)
        deadline = time.monotonic() + max(wait, _GRACE_SECONDS)
        pulse = _Pulse()
        while True:
            current = _current(folder)
            path = current or _numbered(folder, 1)
            taken = cls._take(path, agent, os.O_CREAT if current is None else 0)
            if taken is None and current and (take_over or pulse.has_stopped(path, hung_after)):
                path = _numbered(folder, _number(current) + 1)
                taken = cls._take(path, agent, os.O_CREAT | os.O_EXCL)
            if taken is not None:
                return taken._ready(move)
            if (stop and stop.is_set()) or (time.monotonic() >= deadline and not take_over):
                raise SessionLocked(session_id, _owner_in(path))
            time.sleep(_POLL_SECONDS)

    @classmethod
    def _take(cls, path: Path, agent: str, flags: int) -> Self | None:
        """The lease in a file, if it is free and still the current one."""
        try:
            fd = os.open(path, os.O_RDWR | flags, 0o600)
        except (FileExistsError, FileNotFoundError):
            return None
        try:
            if not _try_lock(fd, fcntl.LOCK_EX) or _current(path.parent) != path:
                os.close(fd)
                return None
            former = _read(fd)
            # Of an empty file with a later number, the maker died before it moved the history.
            moved = former.moved if former else _number(path) == 1
            owner = Owner(socket.gethostname(), os.getpid(), agent, utc_now())
            content = _Content(owner, moved=moved)
            _write(fd, content)
            return cls(path, fd, content)
        except BaseException:
            os.close(fd)  # with the lock: nobody could ever take it otherwise
            raise

    def _ready(self, move: Callable[[], None]) -> Self:
        """Finish taking over: until the history was moved the former owner might reach it."""
        if self._content.moved:
            return self
        try:
            sync_directory(self.path.parent)
            move()
            self._content.moved = True
            _write(self._fd, self._content)
            # Lowest first: an overtaken owner sees the next file, or misses its own.
            for former in _all(self.path.parent):
                if former < self.path:
                    former.unlink(missing_ok=True)
        except BaseException:
            self.release()
            raise
        return self

    def check(self) -> None:
        """See that nobody overtook us; to be called before and after each write.

        Raises:
            SessionFenced: Somebody did.
        """
        if os.access(self._next, os.F_OK) or not os.access(self.path, os.F_OK):
            current = _current(self.path.parent)
            raise SessionFenced(_owner_in(current) if current else None)

    def release(self) -> None:
        """Give the lease back; harmless when done twice."""
        if self._fd >= 0:
            self._rest.set()
            self._heart.join()
            # Unlock by name: a forked child would keep the lock alive with its copy.
            fcntl.flock(self._fd, fcntl.LOCK_UN)
            os.close(self._fd)
            self._fd = -1

    def _beat(self) -> None:
        while not self._rest.wait(BEAT_SECONDS):
            self._content.beats += 1
            # A full disk must not stop the heart of an owner that is well.
            with suppress(OSError):
                _write(self._fd, self._content)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class _Pulse:
    """Watches an owner's heart with our own clock; clocks of others are not trusted."""

    def __init__(self) -> None:
        self._last: tuple[Path, int] | None = None
        self._since = 0.0

    def has_stopped(self, path: Path, hung_after: float) -> bool:
        content = _read_path(path)
        seen = (path, content.beats if content else 0)
        if seen != self._last:
            self._last, self._since = seen, time.monotonic()
        return time.monotonic() - self._since >= hung_after


def owner_of(folder: Path) -> Owner | None:
    """Who holds a session's lease now; None if nobody does."""
    if (path := _current(folder)) is None:
        return None
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        if _try_lock(fd, fcntl.LOCK_SH):
            return None
        content = _read(fd)
        nobody = Owner("", 0, "", datetime.fromtimestamp(0).astimezone())
        return content.owner if content else nobody
    finally:
        os.close(fd)


def _numbered(folder: Path, number: int) -> Path:
    return folder / f"lease-{number:06d}"


def _number(path: Path) -> int:
    match = _NAME.fullmatch(path.name)
    assert match is not None
    return int(match[1])


def _all(folder: Path) -> list[Path]:
    """The lease files, lowest number first."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return [folder / name for name in sorted(names) if _NAME.fullmatch(name)]


def _current(folder: Path) -> Path | None:
    """The lease file with the highest number."""
    files = _all(folder)
    return files[-1] if files else None


def _try_lock(fd: int, mode: int) -> bool:
    try:
        fcntl.flock(fd, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(fd: int, content: _Content) -> None:
    # Padded to one length, so that a reader never sees the end of a longer text before it.
    text = msgspec.json.encode(content)
    os.pwrite(fd, text.ljust(max(512, len(text))), 0)


def _read(fd: int) -> _Content | None:
    try:
        return msgspec.json.decode(os.pread(fd, 4096, 0), type=_Content)
    except msgspec.DecodeError:
        return None


def _read_path(path: Path) -> _Content | None:
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        return _read(fd)
    finally:
        os.close(fd)


def _owner_in(path: Path) -> Owner | None:
    content = _read_path(path)
    return content.owner if content else None
