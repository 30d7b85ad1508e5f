"""glob and grep as a program of its own, so that a pattern that never ends can be ended.

Python matches without ever giving way: in a thread it would hold the whole app. This file is
run as a script and uses the standard library alone; it starts in some 30 ms.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath

_MOST_CHARACTERS = 60_000
_MOST_PATHS = 200
_MOST_FILES = 50_000
_LONGEST_LINE = 2_000
_SKIPPED = frozenset({".git", "node_modules"})
NOTHING = "no matches"


def glob(root: Path, pattern: str) -> str:
    """The paths that match, newest first; none of them leads out of `root`.

    Raises:
        ValueError: The pattern is none, or leads out of `root`.
    """
    if Path(pattern).is_absolute() or ".." in PurePosixPath(pattern).parts:
        raise ValueError("the pattern must be relative and without “..”; the folder goes in path")
    real = root.resolve()
    found: list[tuple[float, str]] = []
    for path in islice(root.glob(pattern), _MOST_FILES):
        try:
            if path.resolve(strict=True).is_relative_to(real):
                found.append((path.stat().st_mtime, str(path)))
        except (OSError, RuntimeError):
            continue  # a link to nowhere
    found.sort(reverse=True)
    return "\n".join(path for _, path in found[:_MOST_PATHS]) or NOTHING


def grep(root: Path, pattern: str, folder: Path) -> str:
    """The lines that match, as ``path:number:line``; links are not followed.

    Args:
        root: Where to look.
        pattern: A regular expression.
        folder: Nothing in it is run: a model may have written it.

    Raises:
        ValueError: The pattern is no regular expression.
    """
    rg = shutil.which("rg")
    if rg and not Path(rg).resolve().is_relative_to(folder.resolve()):
        lines = _ripgrep(rg, root, pattern)
    else:
        lines = _walk(re.compile(pattern), root)
    kept: list[str] = []
    room = _MOST_CHARACTERS
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            kept.append(f"[cut after {_MOST_CHARACTERS:,} characters: narrow the search]")
            break
        kept.append(line)
    return "\n".join(kept) or NOTHING


def _ripgrep(rg: str, root: Path, pattern: str) -> Iterator[str]:
    command = [rg, "--no-config", "-nH", "--no-heading", "-M", str(_LONGEST_LINE), "-e", pattern]
    with subprocess.Popen(
        [*command, "--", str(root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout
        assert process.stderr
        try:
            for line in process.stdout:
                yield line.rstrip("\r\n")
            if process.wait() > 1:
                raise ValueError(process.stderr.read().strip())
        finally:
            process.kill()


def _walk(wanted: re.Pattern[str], root: Path) -> Iterator[str]:
    for path in islice(_files(root), _MOST_FILES):
        try:
            with path.open("rb") as file:
                if b"\0" in file.read(512):
                    continue
                file.seek(0)
                for number, raw in enumerate(file, 1):
                    if len(raw) <= _LONGEST_LINE:
                        line = raw.decode(errors="replace").rstrip("\r\n")
                        if wanted.search(line):
                            yield f"{path}:{number}:{line}"
        except OSError:
            continue


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - _SKIPPED)
        for name in sorted(names):
            path = Path(folder, name)
            # a pipe or a device could be read for ever
            if path.is_file() and not path.is_symlink():
                yield path


def main() -> int:
    """Do what standard input says, as JSON; 1 if it cannot be done, with the reason as output."""
    tool, root, pattern, folder = json.load(sys.stdin)
    code = 0
    try:
        if tool == "glob":
            text = glob(Path(root), pattern)
        else:
            text = grep(Path(root), pattern, Path(folder))
    except (ValueError, NotImplementedError, IndexError, OSError, re.error) as error:
        text, code = str(error), 1
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    return code


if __name__ == "__main__":
    raise SystemExit(main())
