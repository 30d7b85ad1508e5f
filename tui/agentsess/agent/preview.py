"""What a call would change in a file as it is now, for the one who is asked about it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from agentsess.model import JsonObject

_LARGEST = 2_000_000
"""Bytes of a file that is read for a preview."""
_AROUND = 3
"""Lines shown before and after what changes."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The part of a file that would change, with a few lines around it."""

    before: str = ""
    after: str = ""
    first_line: int = 1
    """Number of its first line in the file."""
    note: str = ""
    """What else is to be known, such as that the file is new, or that the call will fail."""


def preview(folder: Path, tool: str, values: JsonObject) -> Preview | None:
    """What an edit or a write would do; None for other calls, and if that cannot be told.

    Args:
        folder: Where the tools work; nothing outside of it is read.
        tool: The tool's name.
        values: Its input.
    """
    path, new = values.get("file_path"), values.get("new_string" if tool == "edit" else "content")
    if tool not in ("edit", "write") or not isinstance(path, str) or not isinstance(new, str):
        return None
    target = _inside(folder, path)
    if target is None:
        return None
    text = _read(target)
    if tool == "write":
        if text is None:
            return None if target.exists() else Preview(after=new, note="a new file")
        return _changed(text, new, "replaces the whole file")
    old = values.get("old_string")
    if text is None or not isinstance(old, str) or not old:
        return None
    count = text.count(old)
    if count == 0:
        return Preview(old, new, note="the text to replace is not in the file: this will fail")
    if count == 1:
        return _changed(text, text.replace(old, new))
    if values.get("replace_all"):
        return _changed(text, text.replace(old, new), f"in {count} places")
    return Preview(old, new, note=f"the text stands {count} times in the file: this will fail")


def _inside(folder: Path, path: str) -> Path | None:
    """The real path of a file in the folder; None if it leads out of it, or is none."""
    try:
        root = Path(os.path.realpath(folder))
        target = Path(os.path.realpath(root / path))
        target.exists()
    except (OSError, ValueError):
        return None
    return target if target != root and target.is_relative_to(root) else None


def _read(target: Path) -> str | None:
    """A text file of bearable size; None if it is none."""
    try:
        if not target.is_file() or target.stat().st_size > _LARGEST:
            return None
        return target.read_bytes().decode("utf-8")
    except (OSError, ValueError):
        return None


def _changed(before: str, after: str, note: str = "") -> Preview:
    """The lines that differ, and those next to them."""
    if before == after:
        return Preview(note="the file stays as it is")
    old, new = before.splitlines(), after.splitlines()
    shorter = min(len(old), len(new))
    same = sum(1 for _ in takewhile(lambda i: old[i] == new[i], range(shorter)))
    tail = range(1, shorter - same + 1)
    same_at_end = sum(1 for _ in takewhile(lambda i: old[-i] == new[-i], tail))
    first = max(same - _AROUND, 0)
    cut = max(same_at_end - _AROUND, 0)
    return Preview(
        "\n".join(old[first : len(old) - cut]),
        "\n".join(new[first : len(new) - cut]),
        first + 1,
        note or ("only line ends or the end of the file change" if old == new else ""),
    )
