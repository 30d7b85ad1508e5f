"""When a session was worked on: its sittings, and what each of them took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agentsess.model import Entry, EntryKind, Stretch, Usage

_BREAK = timedelta(hours=1)
_MOST = 40
_SENT = ("input", "cache_read", "cache_write")
_LENGTH_STEP = 100_000
"""Tokens: prices may step up where a prompt passes a multiple of this."""


@dataclass(slots=True)
class _Unpriced:
    """Requests that are priced alike, and do not say at what."""

    counts: Counter[str] = field(default_factory=Counter)
    """As `Usage.to_json` has them, summed up."""
    requests: int = 0


@dataclass(slots=True)
class Spent:
    """What requests took."""

    tokens: int = 0
    cost_usd: float = 0.0
    """Of those that say what they cost."""
    unpriced: dict[tuple[str, int], _Unpriced] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Count the request behind an entry, if there was one, and it was made here."""
        if "usage" not in entry.meta or "imported" in entry.meta:
            return
        counts = entry.meta["usage"] or {}
        output = counts.get("output") or 0
        prompt = sum([counts.get(sort) or 0 for sort in _SENT])
        self.tokens += prompt + output
        if (cost := entry.meta.get("cost_usd")) is not None:
            self.cost_usd += cost
            return
        key = (str(entry.meta.get("model") or ""), (prompt - 1) // _LENGTH_STEP)
        if (part := self.unpriced.get(key)) is None:
            part = self.unpriced[key] = _Unpriced()
        part.requests += 1
        for sort, count in counts.items():
            part.counts[sort] += count

    def cost(self, at: datetime) -> float | None:
        """All of it in dollars, by the prices of that day; None when one is not known."""
        if not self.unpriced:
            return self.cost_usd
        from agentsess.sessions.pricing import cost_usd

        total = self.cost_usd
        for (model, _), part in self.unpriced.items():
            usage = Usage.from_json(part.counts)
            cost = cost_usd(model, usage, at, prompt=usage.prompt // part.requests)
            if cost is None:
                return None
            total += cost
        return total


@dataclass(slots=True)
class _Present:
    """The sitting that the last entry belongs to."""

    start: datetime
    first_seq: int
    turns: int = 0
    spent: Spent = field(default_factory=Spent)


class TimeLine:
    """Takes the entries in their order."""

    def __init__(self) -> None:
        self.last_seq = 0
        """Number of the last entry taken."""
        self.last_at: datetime | None = None
        """When that entry was written."""
        self._ended: list[Stretch] = []
        self._present: _Present | None = None

    def add(self, entry: Entry) -> None:
        """Take the next entry."""
        present = self._present
        if present is None or self.last_at is None or entry.at - self.last_at >= _BREAK:
            self._ended = list(self.stretches())
            present = self._present = _Present(entry.at, entry.seq)
        self.last_seq, self.last_at = entry.seq, entry.at
        if entry.kind is EntryKind.USER:
            present.turns += 1
        elif "usage" in entry.meta:
            present.spent.add(entry)

    def stretches(self) -> tuple[Stretch, ...]:
        """The latest sittings, the oldest of them first."""
        present = self._present
        if present is None or self.last_at is None:
            return ()
        now = Stretch(
            present.start,
            max(present.start, self.last_at),
            present.first_seq,
            self.last_seq,
            present.turns,
            present.spent.tokens,
            present.spent.cost(present.start),
        )
        return (*self._ended, now)[-_MOST:]


def with_helpers(
    stretches: tuple[Stretch, ...], helpers: Iterable[tuple[int, Spent]]
) -> tuple[Stretch, ...]:
    """The sittings with what helpers took that were sent in them, each by its entry."""
    result = list(stretches)
    for seq, spent in helpers:
        for number, stretch in enumerate(result):
            if stretch.first_seq <= seq <= stretch.last_seq:
                cost = spent.cost(stretch.start)
                known = None not in (cost, stretch.cost_usd)
                result[number] = replace(
                    stretch,
                    tokens=stretch.tokens + spent.tokens,
                    cost_usd=(stretch.cost_usd or 0.0) + (cost or 0.0) if known else None,
                )
    return tuple(result)
