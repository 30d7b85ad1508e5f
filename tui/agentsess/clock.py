"""The one clock of the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_stopped_at: datetime | None = None


def utc_now() -> datetime:
    """Now, with a time zone."""
    return _stopped_at or datetime.now(UTC)


@contextmanager
def clock_stopped(at: datetime) -> Iterator[None]:
    """Let the clock of this whole process stand still: for pictures that can be made again."""
    global _stopped_at
    before, _stopped_at = _stopped_at, at.astimezone(UTC)
    try:
        yield
    finally:
        _stopped_at = before
