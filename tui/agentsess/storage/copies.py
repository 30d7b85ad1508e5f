"""Copies of other programs' files, kept in the archive; the files themselves stay as they are.

A copy is a bundle like that of an archived session. It is made before anything says that
it is there, and goes only after nothing says so any more.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agentsess.errors import StoreError
from agentsess.storage.archive import (
    Manifest,
    Member,
    read_bundle,
    read_chunks,
    verify_bundle,
    write_all,
    write_bundle,
)
from agentsess.storage.archive_reading import SUFFIX, Unpacked
from agentsess.storage.journal import make_directory, sync_directory

if TYPE_CHECKING:
    from agentsess.storage.store import FileStore


class Copies:
    """Takes copies, reads them, and writes them back.

    Args:
        store: In whose archive they are.
    """

    def __init__(self, store: FileStore) -> None:
        self._store = store

    def take(self, session_id: str, folder: Path, names: Sequence[str]) -> None:
        """Copy some of what a folder holds, to the byte; the copy is checked.

        Raises:
            SessionLocked: Another process is at it.
            StoreError: There is no new copy.
        """
        bundle = self._store.archive.path(session_id)
        with self._store.lease(session_id, agent="archiving"):
            if bundle.exists() and not _holds(folder, verify_bundle(bundle)):
                raise StoreError(
                    f"The archive {bundle} holds another version of these files, which is "
                    "nowhere else. Move it away to archive them as they are now."
                )
            write_bundle(folder, bundle, session_id, names)

    def read(self, session_id: str, name: str) -> Unpacked:
        """One of the files of a copy; what is damaged of it is left out.

        Raises:
            StoreError: The copy is missing.
        """
        try:
            return self._store.archive.file(session_id, name)
        except FileNotFoundError as error:
            bundle = self._store.archive.path(session_id)
            raise StoreError(f"The archive {bundle} is missing.") from error

    def check(self, session_id: str) -> None:
        """Read a copy through; raises StoreError if it is missing or damaged."""
        verify_bundle(self._store.archive.path(session_id))

    def is_superfluous(self, session_id: str, folder: Path) -> bool:
        """Whether all that was copied is in the files still, to the byte; they may have grown.

        Raises:
            StoreError: The copy cannot be read.
        """
        return _holds(folder, verify_bundle(self._store.archive.path(session_id)))

    def write_back(self, session_id: str, folder: Path) -> list[Path]:
        """Write those of the copied files that are gone to where they were, durably.

        Returns:
            What was written.

        Raises:
            StoreError: One of the files is there and not what was copied; nothing was
                written. Or the copy or the folder failed; what is there is whole.
        """
        bundle = self._store.archive.path(session_id)
        for member in verify_bundle(bundle).files:
            if (folder / member.name).exists() and not _begins_with(folder, member):
                raise StoreError(
                    f"{folder / member.name} is not what was archived. Nothing was written."
                )
        written: list[Path] = []

        def receive(member: Member, chunks: Iterator[bytes]) -> None:
            path = folder / member.name
            try:
                if _write_new(path, chunks):
                    written.append(path)
            except OSError as error:
                raise StoreError(f"Cannot write {path}: {error.strerror or error}.") from error

        read_bundle(bundle, receive)
        return written

    def kept_since(self, session_id: str) -> float | None:
        """When a copy was made, in seconds since the epoch; None if there is none."""
        try:
            return self._store.archive.path(session_id).stat().st_mtime
        except FileNotFoundError:
            return None

    def ids(self) -> list[str]:
        """All sessions that have a bundle, our own too."""
        names = (path.name for path in self._store.archive.folder.glob(f"*{SUFFIX}"))
        return [name.removesuffix(SUFFIX) for name in names]

    def drop(self, session_id: str) -> None:
        """Remove a copy, if there is one.

        Raises:
            SessionLocked: Another process is at it.
            StoreError: It cannot be removed.
        """
        bundle = self._store.archive.path(session_id)
        try:
            with self._store.lease(session_id, agent="unarchiving"):
                bundle.unlink(missing_ok=True)
                sync_directory(bundle.parent)
        except OSError as error:
            raise StoreError(f"Cannot remove {bundle}: {error.strerror or error}.") from error


def _write_new(path: Path, chunks: Iterator[bytes]) -> bool:
    """Write a file under a name that is free, all at once; False if it is not free."""
    make_directory(path.parent)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        for chunk in chunks:
            write_all(fd, chunk)
        os.fsync(fd)
        with suppress(FileExistsError):
            os.link(temporary, path)  # never over another file
            return True
        return False
    finally:
        os.close(fd)
        temporary.unlink()
        sync_directory(path.parent)


def _holds(folder: Path, manifest: Manifest) -> bool:
    return all(_begins_with(folder, member) for member in manifest.files)


def _begins_with(folder: Path, member: Member) -> bool:
    digest, left = hashlib.sha256(), member.size
    try:
        with (folder / member.name).open("rb") as file:
            for chunk in read_chunks(file, member.size):
                digest.update(chunk)
                left -= len(chunk)
    except OSError:
        return False
    return left == 0 and digest.hexdigest() == member.sha256
