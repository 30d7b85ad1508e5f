"""Two versions of a text as a coloured unified diff."""

from __future__ import annotations

from difflib import unified_diff

from textual.content import Content

from agentsess.ui.render.text import MUTED, clean

ADDED = "$text-success on $success-muted"
REMOVED = "$text-error on $error-muted"
_MOST_COMPARED = 800
"""Lines: comparing takes time that grows with their square."""


def render_diff(old: str, new: str, width: int, most_lines: int = 60) -> Content:
    """What changed from `old` to `new`, at most `most_lines` lines of it."""
    before, after = clean(old).splitlines(), clean(new).splitlines()
    if len(before) + len(after) > _MOST_COMPARED:
        changes = [f"-{line}" for line in before] + [f"+{line}" for line in after]
    else:
        # the first lines name files and places, which an edit does not know
        changes = list(unified_diff(before, after, n=3, lineterm=""))[3:]
    lines = [_line(text, width) for text in changes[:most_lines]]
    if len(changes) > most_lines:
        lines.append(Content.styled(f"… {len(changes) - most_lines:,} more lines", MUTED))
    return Content("\n").join(lines) if lines else Content.styled("no change", MUTED)


def _line(text: str, width: int) -> Content:
    mark, text = text[:1], text[1:].expandtabs(4)
    if mark == "@":
        return Content.styled("⋯", MUTED)
    line = Content(f"{mark or ' '} {text}")
    if mark in "+-" and mark:
        spare = max(width - line.cell_length, 0)
        return line.pad_right(spare).stylize_before(ADDED if mark == "+" else REMOVED)
    return line.stylize_before(MUTED)
