"""Two versions of a text as a coloured unified diff."""

from __future__ import annotations

from difflib import unified_diff

from textual.content import Content

from agentsess.ui.render.code import PANEL
from agentsess.ui.render.text import MUTED, clean

# on the plain panel: in ANSI themes the muted colours are as bright as the text's
ADDED = "$text-success on $surface"
REMOVED = "$text-error on $surface"
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
        return Content.styled("⋯".ljust(width), f"{MUTED} {PANEL}")
    line = Content(f"{mark or ' '} {text}")
    line = line.pad_right(max(width - line.cell_length, 0))
    style = {"+": ADDED, "-": REMOVED}.get(mark, f"{MUTED} {PANEL}")
    return line.stylize_before(style)
