"""A session's facts as `Content`: what the panel beside the chat shows."""

from __future__ import annotations

from datetime import datetime

import msgspec
from textual.content import Content

from agentsess.model import JsonObject, Session
from agentsess.ui.render.format import day, dollars, duration, long_age, size, tokens
from agentsess.ui.render.text import MUTED, clean, one_line

_LABEL = 9
_GAUGE = 12
_MOST_VALUES = 20


def render_details(
    session: Session, *, now: datetime, width: int, context_window: int | None = None
) -> Content:
    """Everything known about a session but its conversation.

    Args:
        session: Which.
        now: For ages.
        width: Cells in a line.
        context_window: Tokens that its model can hold, if that is known.
    """
    sections = [
        _work(session, now),
        _use(session, context_window),
        _place(session, width),
        _tags(session),
        _notes(session),
        _metadata(session.metadata, width),
        _origin(session, width),
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


def _use(session: Session, context_window: int | None) -> Content | None:
    usage = session.usage
    cached = usage.cache_read + usage.cache_write
    lines = [
        _line("tokens", f"{tokens(usage.input + cached)} in · {tokens(usage.output)} out"),
        _line("cached", f"{tokens(usage.cache_read)} read, {tokens(usage.cache_write)} new"),
        _line("cost", dollars(session.cost_usd)),
        _line("storage", size(session.size_bytes)),
    ]
    if session.context_tokens:
        lines.insert(2, _context(session.context_tokens, context_window))
    return _section("Use", lines)


def _context(used: int, window: int | None) -> Content:
    if not window:
        return _line("context", f"{tokens(used)} (window unknown)")
    share = min(1.0, used / window)
    filled = round(share * _GAUGE)
    style = "$text-error" if share > 0.85 else "$text-warning" if share > 0.6 else "$text-success"
    gauge = Content.styled("━" * filled, style) + Content.styled("─" * (_GAUGE - filled), MUTED)
    return Content.styled("context".ljust(_LABEL), MUTED) + gauge + Content(f" {share:.0%}")


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
    lines = []
    for key, value in list(metadata.items())[:_MOST_VALUES]:
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        label = Content.styled(one_line(key, width) + ": ", MUTED)
        lines.append(label + Content(one_line(text, 300)))
    if len(metadata) > _MOST_VALUES:
        lines.append(Content.styled(f"… {len(metadata) - _MOST_VALUES} more", MUTED))
    return _section("Metadata", lines)


def _origin(session: Session, width: int) -> Content | None:
    room = max(8, width - _LABEL)
    lines = [_line("id", _head(session.id, room))]
    if not session.is_own:
        lines.insert(0, _line("kept by", one_line(session.source.replace("_", " "))))
    if session.parent_id:
        lines.append(_line("from", _head(one_line(session.parent_id), room)))
    return _section("Origin", lines)


def _head(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"


def _tail(text: str, room: int) -> str:
    return text if len(text) <= room else "…" + text[-(room - 1) :]
