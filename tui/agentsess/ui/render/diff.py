"""Two versions of a text as a coloured unified diff."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import unified_diff

from textual.content import Content

from agentsess.ui.render.code import PANEL
from agentsess.ui.render.text import MUTED, clean

# on the plain panel: in ANSI themes the muted colours are as bright as the text's
ADDED = "$text-success on $surface"
REMOVED = "$text-error on $surface"
_PLACE = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_MOST_COMPARED = 800
"""Lines: comparing takes time that grows with their square."""


def render_diff(
    old: str, new: str, width: int, most_lines: int = 60, *, first_line: int | None = None
) -> Content:
    """What changed from `old` to `new`, at most `most_lines` lines of it.

    Args:
        old: The text before.
        new: The text after.
        width: Cells to fill.
        most_lines: Lines of the diff to show.
        first_line: Number of the first line of both in their file; None: without numbers.
    """
    before, after = clean(old).splitlines(), clean(new).splitlines()
    if len(before) + len(after) > _MOST_COMPARED:
        changes = [f"-{line}" for line in before] + [f"+{line}" for line in after]
    else:
        # the first lines name files and places, which an edit does not know
        changes = list(unified_diff(before, after, n=3, lineterm=""))[2:]
    numbers = _numbers(changes, first_line or 1)
    numbered = list(zip(changes, numbers, strict=True))
    if changes and changes[0].startswith("@@"):
        del numbered[0]
    digits = len(str(max(numbers, default=1))) if first_line else 0
    lines = [_line(text, n, digits, width) for text, n in numbered[:most_lines]]
    if len(numbered) > most_lines:
        lines.append(Content.styled(f"… {len(numbered) - most_lines:,} more lines", MUTED))
    return Content("\n").join(lines) if lines else Content.styled("no change", MUTED)


def _numbers(changes: Sequence[str], first_line: int) -> list[int]:
    """The number of each line in its file: of one that goes, before; of all others, after."""
    numbers = []
    old = new = first_line
    for text in changes:
        if place := _PLACE.match(text):
            old, new = (first_line + max(int(at) - 1, 0) for at in place.groups())
        numbers.append(old if text[:1] == "-" else new)
        if not place:
            old += text[:1] in "- "
            new += text[:1] in "+ "
    return numbers


def _line(text: str, number: int, digits: int, width: int) -> Content:
    mark, text = text[:1], text[1:].expandtabs(4)
    if mark == "@":
        return Content.styled("⋯".ljust(width), f"{MUTED} {PANEL}")
    gutter = f"{number:>{digits}} " if digits else ""
    line = Content(f"{gutter}{mark or ' '} {text}")
    line = line.pad_right(max(width - line.cell_length, 0))
    style = {"+": ADDED, "-": REMOVED}.get(mark, f"{MUTED} {PANEL}")
    return line.stylize_before(style)
