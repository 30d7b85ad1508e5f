"""A recap as `Content`: where a session stands, at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from agentsess.model import CommandRun, Fact, FileTouched, Recap
from agentsess.ui.render.format import long_age
from agentsess.ui.render.text import FAINT, MUTED, one_line

_MOST = {"Done": 5, "Decisions": 4}
_MOST_ELSEWHERE = 6
_LONGEST_FACT = 400
_OUTCOMES = {"passed": ("✓", "$text-success"), "failed": ("✗", "$text-error")}


def render_recap(recap: Recap, *, now: datetime, width: int = 100) -> Content:
    """Headline, goal and what is done, under way, next and open; empty parts do not appear."""
    sections = [
        _opening(recap, now, width),
        _facts("Done", "✓", "$text-success", recap.done, width),
        _facts("In progress", "◐", "$text-warning", recap.in_progress, width),
        _facts("Next", "→", "$text-primary", recap.next, width),
        _facts("Questions", "?", "$text-warning", recap.questions, width),
        _facts("Blockers", "✗", "$text-error", recap.blockers, width),
        _facts("Decisions", "◆", "$text-secondary", recap.decisions, width),
        _files(recap.files, width),
        _commands(recap.commands, width),
        Content.styled(_origin(recap), FAINT),
    ]
    return Content("\n\n").join([section for section in sections if section is not None])


def _opening(recap: Recap, now: datetime, width: int) -> Content:
    lines = [
        Content.styled(one_line(recap.headline, _LONGEST_FACT) or "No recap yet", "bold $text")
    ]
    if recap.last_activity is not None:
        age = long_age(recap.last_activity, now)
        lines.append(Content.styled(f"last worked {age}", MUTED))
    if recap.goal is not None:
        lines.append(Content(""))
        lines += _item("Goal  ", "bold", Content(one_line(recap.goal.text, _LONGEST_FACT)), width)
    return Content("\n").join(lines)


def _facts(title: str, glyph: str, style: str, facts: Sequence[Fact], width: int) -> Content | None:
    return _section(
        title,
        [(glyph, style, Content(one_line(fact.text, _LONGEST_FACT))) for fact in facts],
        width,
    )


def _files(files: Sequence[FileTouched], width: int) -> Content | None:
    items = []
    for file in files:
        times = f" ×{file.times}" if file.times > 1 else ""
        mark, style = ("+", "$text-success") if file.action == "created" else ("~", "$text-warning")
        text = Content(one_line(file.path, _LONGEST_FACT)) + Content.styled(times, MUTED)
        items.append((mark, style, text))
    return _section("Files", items, width)


def _commands(commands: Sequence[CommandRun], width: int) -> Content | None:
    items = []
    for run in commands:
        glyph, style = _OUTCOMES.get(run.outcome, ("·", MUTED))
        detail = one_line(run.detail, 100)
        text = Content(one_line(run.command, 160))
        if detail:
            text = text + Content.styled(f"  {detail}", MUTED)
        items.append((glyph, style, text))
    return _section("Commands", items, width)


def _section(title: str, items: Sequence[tuple[str, str, Content]], width: int) -> Content | None:
    if not items:
        return None
    most = _MOST.get(title, _MOST_ELSEWHERE)
    lines = [Content.styled(title, f"bold {MUTED}")]
    for glyph, style, text in items[:most]:
        lines += _item(f"{glyph} ", style, text, width)
    if len(items) > most:
        lines.append(Content.styled(f"  … {len(items) - most:,} more", FAINT))
    return Content("\n").join(lines)


def _item(mark: str, style: str, text: Content, width: int) -> list[Content]:
    room = max(width - len(mark), 10)
    return [
        Content.assemble((mark if number == 0 else " " * len(mark), style), line)
        for number, line in enumerate(text.wrap(room))
    ]


def _origin(recap: Recap) -> str:
    by = (
        "made from the history"
        if recap.generated_by == "history"
        else (f"written by {one_line(recap.generated_by, 60)}")
    )
    covers = f" · covers {recap.covers_entries:,} entries" if recap.covers_entries else ""
    return by + covers
