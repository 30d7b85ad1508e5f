"""How far long work is, and whether it goes on: whoever does it counts, whoever waits looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from agentsess.errors import Stopped

Item = TypeVar("Item")


class Pace:
    """Work under way in one thread, seen and stopped from another."""

    def __init__(self) -> None:
        self.done = 0
        self.total = 0
        """Sessions; 0 while it is not known that the work goes through several."""
        self.bytes = 0
        """How much was read or packed so far."""
        self.is_stopped = False
        """Set by whoever waits: what was not begun is not begun any more."""


_current: ContextVar[Pace | None] = ContextVar("pace", default=None)


@contextmanager
def paced(pace: Pace) -> Iterator[None]:
    """What is done inside is told to ``pace``, and stops when that says so."""
    token = _current.set(pace)
    try:
        yield
    finally:
        _current.reset(token)


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """So many items at a time, until the work is stopped."""
    pace = _current.get() or Pace()
    pace.total += len(items)
    for start in range(0, len(items), size):
        if pace.is_stopped:
            return
        batch = items[start : start + size]
        yield batch
        pace.done += len(batch)


def each(items: Sequence[Item]) -> Iterator[Item]:
    """The items, until the work is stopped."""
    for (item,) in batches(items, 1):
        yield item


def took(size: int) -> None:
    """Say that so many bytes were dealt with; raises Stopped if no more are wanted."""
    if (pace := _current.get()) is not None:
        pace.bytes += size
    go_on()


def go_on() -> None:
    """Raise Stopped if the work is not wanted any more."""
    if (pace := _current.get()) is not None and pace.is_stopped:
        raise Stopped("Stopped. Nothing was changed.")
