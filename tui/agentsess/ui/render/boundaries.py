"""Where a conversation changes what the model sees of it: lines across the transcript."""

from __future__ import annotations

from textual.content import Content

from agentsess.model import Entry
from agentsess.ui.render.format import clock
from agentsess.ui.render.markdown import render_markdown
from agentsess.ui.render.text import FAINT, MUTED, plain
from agentsess.ui.render.tools import FOLDED, UNFOLDED

_LABELS = {
    "compacted": "compacted",
    "cleared": "old results left out",
    "phase": "new phase",
    "continued": "goes on elsewhere",
}
_FIRST_LINES = 14
"""Lines of what was carried over that are shown before it is unfolded."""
_LINE = 200


def is_boundary(entry: Entry) -> bool:
    """Whether the entry is an event of ours that is drawn as a line across the transcript."""
    return entry.meta.get("event") in _LABELS and "imported" not in entry.meta


def render_boundary(entry: Entry, *, expanded: bool, width: int) -> Content:
    """The line, what it means, and what stands for what is above it.

    A summary is folded away; what a new phase begins with is shown in part, for there is
    nothing else to read.
    """
    event = str(entry.meta["event"])
    about, _, text = entry.text.strip().partition("\n\n")
    lines = text.strip().split("\n") if text.strip() else []
    parts = [_rule(f"{_LABELS[event]} · {clock(entry.at)}", width)]
    fold = f"{UNFOLDED if expanded else FOLDED} " if lines else ""
    parts.append(Content.styled(fold, FAINT) + plain(about).stylize_before(MUTED))
    shown = lines
    if not expanded:
        shown = [_short(line) for line in lines[:_FIRST_LINES]] if event == "phase" else []
    if shown:
        parts += [Content(""), render_markdown("\n".join(shown), width)]
        if hidden := len(lines) - len(shown):
            parts.append(Content.styled(f"… {hidden:,} more lines", FAINT))
    return Content("\n").join(parts)


def _short(line: str) -> str:
    return line if len(line) <= _LINE else f"{line[:_LINE]}…"


def _rule(label: str, width: int) -> Content:
    """A line with words in it, as wide as there is room."""
    left = "──── ≡ "
    rest = max(4, width - len(left) - len(label) - 1)
    return Content.styled(f"{left}{label} {'─' * rest}", "$text-accent")
