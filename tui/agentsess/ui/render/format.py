"""How times, sizes, tokens and money are written, in one place."""

from __future__ import annotations

from datetime import datetime

from agentsess.pace import Pace

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def age(then: datetime, now: datetime) -> str:
    """How long ago, in one unit: ``now``, ``5 min``, ``3 h``, ``6 d``, ``4 mo``, ``2 y``."""
    seconds = (now - then).total_seconds()
    if seconds < _MINUTE:
        return "now"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h"
    days = int(seconds // _DAY)
    if days < 60:
        return f"{days} d"
    if days < 730:
        return f"{days // 30} mo"
    return f"{days // 365} y"


def long_age(then: datetime, now: datetime) -> str:
    """How long ago, in words: ``just now``, ``5 minutes ago``, ``6 days ago``."""
    short = age(then, now)
    if short == "now":
        return "just now"
    number, unit = short.split()
    word = {"min": "minute", "h": "hour", "d": "day", "mo": "month", "y": "year"}[unit]
    return f"{number} {word}{'' if number == '1' else 's'} ago"


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: ``1 line``, ``1,234 lines``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def tokens(number: int) -> str:
    """Tokens, short: ``950``, ``1.2k``, ``34k``, ``3.4M``."""
    return _scaled(number, ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")))


def dollars(amount: float | None) -> str:
    """Money: ``$0.42``, ``<$0.01``, ``unknown`` for None."""
    if amount is None:
        return "unknown"
    if amount <= 0:
        return "$0.00"
    if amount < 0.01:
        return "<$0.01"
    return f"${amount:,.2f}"


def cost(amount: float | None, known: float = 0.0) -> str:
    """What something cost: ``$0.42``; ``at least $0.40`` if only that part is known."""
    if amount is not None:
        return dollars(amount)
    return f"at least {dollars(known)}" if known >= 0.01 else "price unknown"


def size(number: int) -> str:
    """Bytes, short: ``812 B``, ``14 KB``, ``3.4 MB``."""
    if number < 1_000:
        return f"{number} B"
    units = ((1_000_000_000, " GB"), (1_000_000, " MB"), (1_000, " KB"))
    return _scaled(number, units)


def duration(seconds: float) -> str:
    """A stretch of time in its two largest units: ``12 s``, ``4 min``, ``3 h 12 min``."""
    whole = int(seconds)
    if whole < _MINUTE:
        return f"{max(whole, 0)} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < _DAY:
        large, small = divmod(whole // _MINUTE, 60)
        return f"{large} h {small} min" if small else f"{large} h"
    large, small = divmod(whole // _HOUR, 24)
    return f"{large} d {small} h" if small else f"{large} d"


def clock(at: datetime) -> str:
    """The local time of day: ``14:03``."""
    return f"{at.astimezone():%H:%M}"


def day(at: datetime, now: datetime | None = None) -> str:
    """The local day: ``Tue 17 Nov``, with the year if it is not that of ``now``."""
    local = at.astimezone()
    text = f"{local:%a} {local.day} {local:%b}"
    if now is not None and local.year != now.astimezone().year:
        text += f" {local.year}"
    return text


def _scaled(number: int, units: tuple[tuple[int, str], ...]) -> str:
    for factor, unit in units:
        # 0.9995: what would round to 1000 of a unit is 1 of the next
        if number >= factor * 0.9995:
            value = number / factor
            return (
                f"{value:.1f}".removesuffix(".0") + unit if value < 9.95 else f"{value:.0f}{unit}"
            )
    return str(number)


def how_far(pace: Pace, stops: str) -> str:
    """How far long work is, and what stops it: ``1,200 of 2,000 · 3 MB · esc stops``."""
    if pace.is_stopped:
        return "stopping…"
    parts = [f"{pace.done:,} of {pace.total:,}"] if pace.total > 1 else ["working"]
    parts += [size(pace.bytes)] if pace.bytes else []
    return " · ".join([*parts, stops])
