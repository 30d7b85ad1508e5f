"""Tokens, cache hits, money and context as `Content`, for the status line and the details."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from textual.content import Content

from agentsess.model import Session, Usage
from agentsess.sessions.turn_use import TurnUse
from agentsess.ui.render.format import cost, duration, tokens
from agentsess.ui.render.text import MUTED, one_line

_SEPARATOR = " · "


def gauge_style(share: float) -> str:
    """The colour for how far something is used; 1 is all of it."""
    return "$text-error" if share > 0.85 else "$text-warning" if share > 0.6 else "$text-success"


def render_gauge(share: float, cells: int) -> Content:
    """How far something is used, as a line."""
    filled = round(min(1.0, share) * cells)
    line = Content.styled("━" * filled, gauge_style(share))
    return line + Content.styled("─" * (cells - filled), MUTED)


def hits(usage: Usage) -> str:
    """How much of what was sent came out of the cache: ``97%``."""
    share = usage.cache_read / usage.prompt if usage.prompt else 0.0
    return f"{min(round(share * 100), 99 if share < 1 else 100)}%"  # 99.7 % is not all


def short_model(name: str) -> str:
    """A model's name without what all share."""
    return one_line(name, 40).removeprefix("claude-")


def render_status(
    session: Session,
    turn: TurnUse,
    *,
    working: bool,
    now: datetime,
    width: int,
    window: int | None = None,
) -> Content:
    """The line under the chat: of the turn while it is at work, else of the whole session.

    While numbers grow the line does not move: each has room for what it may become.

    Args:
        session: Which.
        turn: Its newest turn.
        working: Whether a run is under way.
        now: For the time of a run.
        width: Cells in the line; what does not fit is left out, from the least important on.
        window: Tokens that the model can hold, if that is known.
    """
    if working:
        usage = turn.usage
        money = cost(turn.cost_usd, turn.known_cost_usd)
        seconds = (now - turn.began).total_seconds() if turn.began else 0.0
    else:
        usage = session.usage
        money = cost(session.cost_usd, session.known_cost_usd)
        seconds = session.duration_seconds
    room = int(working)
    through = (tokens(usage.prompt).rjust(4 * room), tokens(usage.output).rjust(4 * room))
    # the last in this order is the first to go
    parts = {
        "money": Content(f"{'turn ' * room}{money.rjust(6 * room)}"),
        "model": Content(short_model(session.model) or "no model yet"),
        "through": Content("{} in {} out".format(*through)),
        "hits": Content(f"{hits(usage).rjust(4 * room)} cached"),
        "time": Content(duration(seconds).rjust(6 * room)),
        "context": _context(turn.context_tokens or session.context_tokens, window),
    }
    shown = {key: part for key, part in parts.items() if part.plain.strip()}
    while len(shown) > 1 and _cells(shown.values()) > width:
        shown.popitem()
    order = ("model", "context", "through", "hits", "money", "time")
    return Content(_SEPARATOR).join([shown[key] for key in order if key in shown])


def _cells(parts: Iterable[Content]) -> int:
    return Content(_SEPARATOR).join(parts).cell_length


def _context(used: int, window: int | None) -> Content:
    if not used:
        return Content("")
    if not window:
        return Content(f"{tokens(used)} of ?")
    share = used / window
    return Content.styled(f"{share:.0%}", gauge_style(share)) + Content(f" of {tokens(window)}")
