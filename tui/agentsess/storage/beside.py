"""What is kept beside a session: one small JSON object in a file of its own.

A file each, and not one database: there may be ten thousand of them, a start must not read
them, and what is deleted for good must be gone from the disk.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from agentsess.errors import StoreError
from agentsess.model import JsonObject
from agentsess.storage.ids import checked_id
from agentsess.storage.journal import make_directory, storable, sync_directory

_decode = msgspec.json.Decoder(JsonObject).decode


class Beside:
    """A folder of such files. Safe to use from several threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, session_id: str) -> JsonObject:
        """What is kept of a session; empty if nothing is, or if it cannot be understood."""
        path = self._path(session_id)
        try:
            return _decode(path.read_bytes())
        except (FileNotFoundError, msgspec.DecodeError):
            return {}
        except OSError as error:
            raise StoreError(f"Cannot read {path}: {error.strerror or error}.") from error

    def change(
        self, session_id: str, decide: Callable[[JsonObject], JsonObject], *, durable: bool = True
    ) -> None:
        """Replace what is kept, at once or not at all.

        Args:
            session_id: Whose.
            decide: Gives the new object for the present one; nobody changes it meanwhile.
            durable: False for what can be found out again after a power cut.

        Raises:
            StoreError: It cannot be written; what was kept is as it was.
        """
        path = self._path(session_id)
        try:
            with self._alone():
                now = self.read(session_id)
                new = decide(dict(now))
                if new == now:
                    return
                make_directory(path.parent)
                temporary = path.with_suffix(".new")
                fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with open(fd, "wb") as file:
                    file.write(msgspec.json.encode(storable(new)))
                    if durable:
                        file.flush()
                        os.fsync(fd)
                os.replace(temporary, path)
                if durable:
                    sync_directory(path.parent)
        except StoreError:
            raise
        except OSError as error:
            raise StoreError(f"Cannot write {path}: {error.strerror or error}.") from error

    def remove(self, session_id: str) -> None:
        """Keep nothing of a session any more."""
        path = self._path(session_id)
        try:
            path.with_suffix(".new").unlink(missing_ok=True)  # of one who was killed
            path.unlink()
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(f"Cannot remove {path}: {error.strerror or error}.") from error
        sync_directory(path.parent)

    def _path(self, session_id: str) -> Path:
        checked_id(session_id)
        return self._folder / session_id[-2:].strip(".") / f"{session_id}.json"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        make_directory(self._folder)
        fd = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)
