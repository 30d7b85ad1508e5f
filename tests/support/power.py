"""What a power cut may leave of a folder, in whatever moment it comes.

    with watched(folder, monkeypatch) as cuts:
        service.archive(session_id)
    for cut in cuts:
        cut.leave(target, random.Random(1))

The model: what a flush of a file or folder found there is on the disk once it returned.
Of what came after it, any part may be: each page of a file may hold what was written, what
was there before, or zeros, whatever its neighbours hold; the file may have any size up to
its full one; each name that was made, moved or removed may be as before or as after. A
rename happens as a whole or not at all.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

PAGE = 4096


def after_the_cut(data: bytes, flushed: int, size: int, kept: list[bool]) -> bytes:
    """What is found of a file that was appended to, when the power is back."""
    end = flushed + min(size, len(data) - flushed)
    left = bytearray(data[:flushed])
    while len(left) < end:
        page = min(PAGE - len(left) % PAGE, end - len(left))
        number = len(left) // PAGE
        written = kept[number % len(kept)]
        left += data[len(left) : len(left) + page] if written else bytes(page)
    return bytes(left)


@dataclass(frozen=True)
class _State:
    """A tree of files, by inode."""

    names: Mapping[int, Mapping[str, int]]
    """What the folders list."""
    contents: Mapping[int, bytes]
    """What the files hold."""


@dataclass(frozen=True)
class Cut:
    """A moment in which the power may go."""

    root: int
    flushed: _State
    written: _State

    def leave(self, target: Path, chance: Random) -> None:
        """Make a folder what may be found when the power is back."""
        after: dict[int, bool] = {}

        def is_after(inode: int) -> bool:
            return after.setdefault(inode, chance.random() < 0.5)

        def fill(folder: int, path: Path) -> None:
            path.mkdir()
            old = self.flushed.names.get(folder, {})
            new = self.written.names.get(folder, {})
            for name in sorted(old.keys() | new.keys()):
                now, before = new.get(name), old.get(name)
                decides = now if now is not None else before
                assert decides is not None
                found = now if now == before or is_after(decides) else before
                if found is None:
                    continue
                if found in self.written.names or found in self.flushed.names:
                    fill(found, path / name)
                else:
                    (path / name).write_bytes(self._content(found, chance))

        fill(self.root, target)

    def _content(self, inode: int, chance: Random) -> bytes:
        old = self.flushed.contents.get(inode, b"")
        new = self.written.contents.get(inode, old)
        if new.startswith(old):
            kept = [chance.random() < 0.7 for _ in range(1 + len(new) // PAGE)]
            size = chance.choice([0, len(new), chance.randint(0, len(new))])
            return after_the_cut(new, len(old), size, kept)
        pages = range(0, max(len(old), len(new)), PAGE)
        return b"".join(chance.choice([old, new])[at : at + PAGE] for at in pages)


class _Watch:
    """Looks at a folder whenever something in it is flushed."""

    def __init__(self, folder: Path) -> None:
        self.cuts: list[Cut] = []
        self._folder = folder
        self._held: dict[int, int] = {}
        """Files kept open, so that no later one gets the same inode."""
        self._flushed = self._look()

    def _look(self) -> _State:
        names: dict[int, dict[str, int]] = {}
        contents: dict[int, bytes] = {}

        def look(path: str, inode: int) -> None:
            listed = names.setdefault(inode, {})
            for entry in os.scandir(path):
                inode = listed[entry.name] = entry.inode()
                if inode not in self._held:
                    self._held[inode] = os.open(entry.path, os.O_RDONLY)
                if entry.is_dir():
                    look(entry.path, inode)
                else:
                    contents[inode] = Path(entry.path).read_bytes()

        look(str(self._folder), os.stat(self._folder).st_ino)
        return _State(names, contents)

    def cut(self) -> _State:
        """The power may go now."""
        written = self._look()
        self.cuts.append(Cut(os.stat(self._folder).st_ino, self._flushed, written))
        return written

    def flush(self, fd: int) -> None:
        """What is behind a descriptor is on the disk from now on."""
        inode, written = os.fstat(fd).st_ino, self.cut()
        names, contents = dict(self._flushed.names), dict(self._flushed.contents)
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            names[inode] = written.names[inode]
        elif inode in written.contents:
            contents[inode] = written.contents[inode]
        self._flushed = _State(names, contents)

    def close(self) -> None:
        for fd in self._held.values():
            os.close(fd)


@contextmanager
def watched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Cut]]:
    """Gather the moments before each flush of something in a folder, and the one at the end.

    What is there at the beginning counts as flushed.
    """
    watch = _Watch(folder)
    with monkeypatch.context() as patched:
        for name in ("fsync", "fdatasync"):
            real = getattr(os, name)

            def flush(fd: int, real: Any = real) -> None:
                watch.flush(fd)
                real(fd)

            patched.setattr(os, name, flush)
        try:
            yield watch.cuts
            watch.cut()
        finally:
            watch.close()
