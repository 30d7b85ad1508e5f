"""Bringing files of earlier formats up to this one when they are opened.

The new file is written beside the old one and takes its name at once. The old one stays
as a backup: ``history.jsonl.v1`` beside ``history.jsonl``.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from agentsess.errors import StoreError
from agentsess.model import JsonObject
from agentsess.storage.journal import FORMAT, VERSION, seal, sync_directory, sync_file, unseal

Upgrade = Callable[[JsonObject], JsonObject]

UPGRADES: dict[int, Upgrade] = {}
"""By version, what makes a record of the next version of one of its own. Version 1 is the
first that was ever written, so there is none yet."""


def migrate(path: Path) -> None:
    """Bring a journal of an earlier version up to this one; nothing if it is of this one.

    Several processes may try at once: one of them does it, the others wait.

    Raises:
        StoreError: It cannot be read or rewritten; it is as it was.
    """
    try:
        with path.open("rb") as old:
            fcntl.flock(old, fcntl.LOCK_EX)
            if os.stat(path).st_ino == os.fstat(old.fileno()).st_ino:
                _rewrite(path, old)
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(f"Cannot migrate {path}: {error.strerror or error}.") from error


def _rewrite(path: Path, old: Iterable[bytes]) -> None:
    lines = iter(old)
    version = version_of(next(lines, b""))
    if version is None or version >= VERSION:
        return
    temporary = path.with_name(f"{path.name}.new")
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(fd, "wb") as new:
            new.write(seal({"fmt": FORMAT, "v": VERSION}))
            new.writelines(upgraded(lines, version))
            new.flush()
            os.fsync(fd)
        _back_up(path, path.with_name(f"{path.name}.v{version}"))
        os.replace(temporary, path)
        sync_directory(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def upgraded(lines: Iterable[bytes], version: int) -> Iterator[bytes]:
    """The records of an earlier version as this one writes them; damaged ones as they are.

    Raises:
        StoreError: The version is not known any more.
    """
    missing = [v for v in range(version, VERSION) if v not in UPGRADES]
    if missing:
        raise StoreError(f"Its format is version {version}, which this agentsess cannot read.")
    for line in lines:
        body = unseal(line[:-1]) if line.endswith(b"\n") else None
        if body is None:
            yield line
            continue
        for step in range(version, VERSION):
            body = UPGRADES[step](body)
        yield seal(body)


def version_of(line: bytes) -> int | None:
    """The version that a journal's first line names; None if it names none."""
    header = unseal(line.rstrip(b"\n"))
    return int(header.get("v", 0)) if header and header.get("fmt") == FORMAT else None


def _back_up(path: Path, backup: Path) -> None:
    backup.unlink(missing_ok=True)  # of a migration that was cut off
    try:
        os.link(path, backup)
    except OSError:  # not every file system has links
        shutil.copyfile(path, backup)
        sync_file(backup)
