"""How a session's state, source and age group are shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from agentsess.model import Status

Live = Literal["working", "asking", "failed", "elsewhere"]
"""What is going on in a session right now; a session at rest has none of these."""

GLYPHS: dict[str, str] = {
    "working": "●",
    "asking": "◐",
    "failed": "✗",
    "elsewhere": "◌",
    Status.ACTIVE: "▸",
    Status.PAUSED: "‖",
    Status.COMPLETED: "✓",
    Status.ARCHIVED: "▫",
}
WORDS = {"asking": "asks you", "elsewhere": "running elsewhere"}

_SOURCE_LABELS = {"claude_code": "Claude Code"}


def source_label(source: str) -> str:
    """A source's name as people write it."""
    return _SOURCE_LABELS.get(source, source)


def group_of(moment: datetime, now: datetime) -> tuple[str, datetime]:
    """The heading under which a session last worked in at a moment stands.

    Returns:
        The heading, and the earliest moment that stands under it too.
    """
    local = moment.astimezone()
    today = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    for days, heading in ((0, "Today"), (1, "Yesterday"), (6, "This week"), (30, "This month")):
        earliest = today - timedelta(days=days)
        if local >= earliest:
            return heading, earliest
    month = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return f"{local:%B %Y}", month
