"""Named points between the steps of work that must survive an end at any of them."""

from __future__ import annotations

from collections.abc import Callable

watch: Callable[[str], None] | None = None
"""Told of each step that was finished; a test ends its process here."""


def step(name: str) -> None:
    """Say that a step is finished and the next one not begun."""
    if watch is not None:
        watch(name)
