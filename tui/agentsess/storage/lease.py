"""The exclusive right to write to a session, held by one run at a time.

The kernel's lock on the lease file tells whether the owner lives: it vanishes with a
killed process. The file's text only says who the owner is.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from datetime import datetime
from pathlib import Path
from typing import Self

import msgspec

from agentsess.errors import Owner, SessionLocked
from agentsess.model import utc_now
from agentsess.storage.journal import make_directory

_POLL_SECONDS = 0.05
_GRACE_SECONDS = 0.1
"""A moment in which the lock may be held by someone who only looks who holds it."""


class Lease:
    """A held lease; a context manager that gives it back."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    @classmethod
    def acquire(cls, path: Path, session_id: str, *, agent: str = "", wait: float = 0.0) -> Self:
        """Take the lease of a session.

        Args:
            path: The lease file.
            session_id: Whose lease it is, for the error.
            agent: Who takes it.
            wait: Seconds to wait for another owner to finish.

        Raises:
            SessionLocked: Another holds it still.
        """
        make_directory(path.parent)
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + max(wait, _GRACE_SECONDS)
        try:
            while not _try_lock(fd, fcntl.LOCK_EX):
                if time.monotonic() >= deadline:
                    raise SessionLocked(session_id, _read(fd))
                time.sleep(_POLL_SECONDS)
            owner = Owner(socket.gethostname(), os.getpid(), agent, utc_now())
            text = msgspec.json.encode(owner)
            os.ftruncate(fd, 0)
            os.pwrite(fd, text, 0)
        except BaseException:
            os.close(fd)
            raise
        return cls(fd)

    def release(self) -> None:
        """Give the lease back; harmless when done twice."""
        if self._fd >= 0:
            # Unlock by name: a forked child would keep the lock alive with its copy.
            fcntl.flock(self._fd, fcntl.LOCK_UN)
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def owner_of(path: Path) -> Owner | None:
    """Who holds a lease now; None if nobody does."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        if _try_lock(fd, fcntl.LOCK_SH):
            return None
        return _read(fd) or Owner("", 0, "", datetime.fromtimestamp(0).astimezone())
    finally:
        os.close(fd)


def _try_lock(fd: int, mode: int) -> bool:
    try:
        fcntl.flock(fd, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(fd: int) -> Owner | None:
    try:
        return msgspec.json.decode(os.pread(fd, 4096, 0), type=Owner)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
