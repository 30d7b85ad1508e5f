"""A session's facts as `Content`: what the panel beside the chat shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from textual.content import Content

from agentsess.model import JsonObject, Posted, Session, Usage
from agentsess.sessions.limits import limits
from agentsess.sessions.turn_use import TurnUse
from agentsess.ui.render.format import cost, day, dollars, duration, long_age, size, tokens
from agentsess.ui.render.text import MUTED, clean, one_line
from agentsess.ui.render.use import hits, render_gauge

_LABEL = 9
_GAUGE, _LEAST_GAUGE = 12, 4
_MOST_VALUES = 20


def render_details(
    session: Session,
    *,
    now: datetime,
    width: int,
    context_window: int | None = None,
    turn: TurnUse | None = None,
    parent: str = "",
) -> Content:
    """Everything known about a session but its conversation.

    Args:
        session: Which.
        now: For ages.
        width: Cells in a line.
        context_window: Tokens that its model can hold, if that is known.
        turn: What its newest turn took.
        parent: Title of the session it came from, if that is known.
    """
    sections = [
        _work(session, now),
        _turn(turn or TurnUse(), now),
        _use(session, context_window, width),
        _place(session, width),
        _tags(session),
        _notes(session),
        _metadata(session.metadata, width),
        _board(session.board, width),
        _origin(session, parent, width),
    ]
    return Content("\n\n").join([section for section in sections if section is not None])


def _line(label: str, value: str, style: str = "") -> Content:
    shown = Content.styled(value, style) if style else Content(value)
    return Content.styled(label.ljust(_LABEL), MUTED) + shown


def _section(title: str, lines: list[Content]) -> Content | None:
    if not lines:
        return None
    return Content("\n").join([Content.styled(title, "bold $text-accent"), *lines])


def _work(session: Session, now: datetime) -> Content | None:
    lines = [
        _line("worked", long_age(session.updated_at, now)),
        _line("started", day(session.created_at, now)),
        _line("duration", duration(session.duration_seconds)),
        _line("messages", f"{session.message_count:,}"),
        _line("entries", f"{session.entry_count:,}"),
    ]
    if session.damaged:
        lines.append(_line("damaged", f"{session.damaged:,} records skipped", "$text-error"))
    if session.secrets:
        lines.append(_line("secrets", f"{session.secrets:,} seem to be in it", "$text-warning"))
    return _section("Work", lines)


def _turn(turn: TurnUse, now: datetime) -> Content | None:
    """What the newest turn took; nothing is said of one in which nothing was asked."""
    if not turn.usage.total:
        return None
    lines = _tokens(turn.usage)
    lines.append(_line("cost", cost(turn.cost_usd, turn.known_cost_usd)))
    if turn.began and turn.latest:
        lines.append(_line("took", duration((turn.latest - turn.began).total_seconds())))
    return _section("Last turn" if turn.began else "Last turn, its end", lines)


def _use(session: Session, context_window: int | None, width: int) -> Content | None:
    lines = _tokens(session.usage)
    if session.context_tokens:
        lines.append(_context(session.context_tokens, context_window, width))
    lines.append(_line("cost", cost(session.cost_usd, session.known_cost_usd)))
    lines += _limits(session, width)
    lines.append(_line("storage", size(session.size_bytes)))
    return _section("Use", lines)


def _tokens(usage: Usage) -> list[Content]:
    lines = [_line("tokens", f"{tokens(usage.prompt)} in · {tokens(usage.output)} out")]
    if usage.prompt:
        written = f" · {tokens(usage.cache_write)} new" if usage.cache_write else ""
        lines.append(_line("cached", f"{hits(usage)}{written}"))
    if usage.web_searches:
        lines.append(_line("searched", f"{usage.web_searches:,} times"))
    return lines


def _context(used: int, window: int | None, width: int) -> Content:
    if not window:
        return _line("context", f"{tokens(used)} (window unknown)")
    return _gauge("context", used / window, f"of {tokens(window)}", width)


def _limits(session: Session, width: int) -> list[Content]:
    lines = []
    for limit in limits(session):
        is_money = limit.field == "budget_usd"
        of = dollars(limit.allowed) if is_money else tokens(round(limit.allowed))
        lines.append(_gauge("budget" if is_money else "limit", limit.share, f"of {of}", width))
    return lines


def _gauge(label: str, share: float, of: str, width: int) -> Content:
    text = f" {share:.0%} {of}"
    cells = min(_GAUGE, max(_LEAST_GAUGE, width - _LABEL - len(text)))
    return Content.styled(label.ljust(_LABEL), MUTED) + render_gauge(share, cells) + Content(text)


def _place(session: Session, width: int) -> Content | None:
    room = max(8, width - _LABEL)
    places = {
        "project": session.project_name,
        "folder": session.cwd,
        "branch": session.branch,
        "model": session.model,
    }
    lines = [_line(k, _tail(one_line(v), room)) for k, v in places.items() if v]
    return _section("Place", lines)


def _tags(session: Session) -> Content | None:
    if not session.tags:
        return None
    tags = "  ".join(f"#{one_line(tag)}" for tag in session.tags)
    return _section("Tags", [Content.styled(tags, "$text-secondary")])


def _notes(session: Session) -> Content | None:
    return _section("Notes", [Content(clean(session.notes))] if session.notes else [])


def _metadata(metadata: JsonObject, width: int) -> Content | None:
    return _values("Metadata", [(key, value, "") for key, value in metadata.items()], width)


def _board(board: Mapping[str, Posted], width: int) -> Content | None:
    return _values("Board", [(name, p.value, p.by) for name, p in board.items()], width)


def _values(title: str, values: list[tuple[str, Any, str]], width: int) -> Content | None:
    """Names and what they stand for, and by whom."""
    lines = []
    for name, value, by in values[:_MOST_VALUES]:
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        line = Content.styled(one_line(name, width) + ": ", MUTED) + Content(one_line(text, 300))
        lines.append(line + Content.styled(f"  {one_line(by, 20)}", MUTED) if by else line)
    if len(values) > _MOST_VALUES:
        lines.append(Content.styled(f"… {len(values) - _MOST_VALUES} more", MUTED))
    return _section(title, lines)


def _origin(session: Session, parent: str, width: int) -> Content | None:
    room = max(8, width - _LABEL)
    lines = [_line("id", _head(session.id, room))]
    if not session.is_own:
        lines.insert(0, _line("kept by", one_line(session.source.replace("_", " "))))
    if session.parent_id:
        lines.append(_line("from", _head(one_line(parent or session.parent_id), room)))
        if parent:
            lines.append(_line("", "o goes there", MUTED))
    return _section("Origin", lines)


def _head(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"


def _tail(text: str, room: int) -> str:
    return text if len(text) <= room else "…" + text[-(room - 1) :]
