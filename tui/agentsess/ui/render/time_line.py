"""When a session was worked on: all its sittings in a line, or each in a line of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from agentsess.model import Stretch
from agentsess.ui.render.format import clock, count, day, dollars, duration, tokens
from agentsess.ui.render.text import FAINT, MUTED

_BARS = "▁▂▃▄▅▆▇█"
_MOST_BARS = 8
_BAR = "$text-secondary"


def in_a_line(stretches: Sequence[Stretch], now: datetime, room: int) -> Content:
    """All sittings in a line: how many and how long, then the last, as far as it fits."""
    last = stretches[-1]
    when = f"{_day(last.start, now)} {_hours(last)}"
    if len(stretches) == 1:
        text = _joined([when, f", {_length(last)}", *_took(last)], room)
        return Content(text)
    bars = _bars(stretches)
    # of very many, the first are no longer known
    more = "" if stretches[0].first_seq == 1 else "+"
    since = stretches[0].start.astimezone()
    parts = [
        f"{len(stretches)}{more} sittings",
        f" since {since.day} {since:%b}",
        f" · last {when}",
        *_took(last),
    ]
    text = _joined(parts, room - len(bars) - 1)
    return Content.assemble((bars, _BAR), " ", text)


def each(stretches: Sequence[Stretch], now: datetime) -> list[Content]:
    """A line for each sitting, in columns."""
    if not stretches:
        return []
    bars = _bars(stretches, len(stretches))
    days = [_day(stretch.start, now) for stretch in stretches]
    hours = [_hours(stretch) for stretch in stretches]
    lengths = [_length(stretch) for stretch in stretches]
    took = ["".join(_took(stretch)).removeprefix(": ") for stretch in stretches]
    return [
        Content.assemble(
            (f"{bar} ", _BAR), f"{when}  {at}  ", (f"{length}  ", MUTED), (what, FAINT)
        )
        for bar, when, at, length, what in zip(
            bars, _even(days), _even(hours), _even(lengths), took, strict=True
        )
    ]


def _joined(parts: Sequence[str], room: int) -> str:
    text = parts[0]
    for part in parts[1:]:
        if len(text) + len(part) > room:
            break
        text += part
    return text


def _bars(stretches: Sequence[Stretch], most: int = _MOST_BARS) -> str:
    seconds = [(stretch.end - stretch.start).total_seconds() for stretch in stretches[-most:]]
    longest = max(*seconds, 1.0)
    return "".join(_BARS[round(each / longest * (len(_BARS) - 1))] for each in seconds)


def _took(stretch: Stretch) -> list[str]:
    parts = [f": {count(stretch.turns, 'turn')}"]
    if stretch.tokens:
        parts.append(f", {tokens(stretch.tokens)} tokens")
        if stretch.cost_usd is not None:
            parts.append(f", {dollars(stretch.cost_usd)}")
    return parts


def _day(at: datetime, now: datetime) -> str:
    return "today" if at.astimezone().date() == now.astimezone().date() else day(at, now)


def _hours(stretch: Stretch) -> str:
    start, end = clock(stretch.start), clock(stretch.end)
    return start if start == end else f"{start}–{end}"


def _length(stretch: Stretch) -> str:
    return duration((stretch.end - stretch.start).total_seconds())


def _even(texts: Sequence[str]) -> list[str]:
    width = max(map(len, texts))
    return [text.ljust(width) for text in texts]
