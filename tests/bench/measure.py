"""Timing that holds on a noisy machine: all contenders in turn, medians, ratios of one run."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Work = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    work: str
    ours: str
    against: str
    ratio: str
    wanted: str
    held: bool | None
    """Whether what is wanted was reached; None if nothing is wanted."""

    def cells(self) -> tuple[str, ...]:
        """As texts."""
        held = {True: "yes", False: "**no**", None: ""}[self.held]
        return (self.work, self.ours, self.against, self.ratio, self.wanted, held)


def medians(works: Sequence[Work], rounds: int) -> list[float]:
    """Median seconds of each piece of work, done in turn so that a slow spell meets all."""
    taken: list[list[float]] = [[] for _ in works]
    gc.collect()
    for _ in range(rounds):
        for work, times in zip(works, taken, strict=True):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
    return [statistics.median(times) for times in taken]


def compared(
    work: str, ours: float, others: Sequence[tuple[str, float, float | None]]
) -> Iterator[Row]:
    """Rows of one of our figures against others: name, seconds, largest ratio wanted."""
    for name, theirs, most in others:
        ratio = ours / theirs if theirs else float("inf")
        wanted = "" if most is None else f"at most {most:g}x"
        held = None if most is None else ratio <= most
        yield Row(work, shown(ours), f"{name} {shown(theirs)}", f"{ratio:.3g}x", wanted, held)


def shown(seconds: float) -> str:
    """Seconds in the unit that suits them."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.2f} s"


def limit(work: str, ours: float, most: float) -> Row:
    """A row of a figure that has a limit of its own."""
    return Row(work, shown(ours), "", "", f"under {shown(most)}", ours < most)


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    heads = ("Work", "Ours", "Against", "Ratio", "Wanted", "Held")
    lines = [heads, ("---",) * len(heads), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
