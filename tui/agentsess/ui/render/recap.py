"""Where a session stands, drawn for the room there is: what matters most never falls out.

Every line may point to the entry it came from. Lines that are still to be filled in have
their place from the start, so that nothing moves when they come.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from textual.content import Content

from agentsess.model import Fact, Recap
from agentsess.sessions.staleness import Change
from agentsess.ui.render.format import long_age
from agentsess.ui.render.text import FAINT, MUTED, one_line
from agentsess.ui.render.time_line import each, in_a_line

_GUTTER = 16
_LONGEST_FACT = 400
_TALL = 22
"""Rows from which the parts stand apart."""
_LOW = 20
"""Rows below which nothing takes a second line."""
_SINCE = (2, 3)
"""Rows for what changed, in a low card and in a tall one."""
_KEY, _WAY = 8, 25
_ROOMY = 90
"""Cells from which the ways' figures need not stand close to their names."""
_OUTCOMES = {"passed": ("✓", "$text-success"), "failed": ("✗", "$text-error")}


@dataclass(frozen=True, slots=True)
class Way:
    """A way to go on, and the key for it."""

    key: str
    """Textual's name of the key."""
    text: str
    figures: str | None = ""
    """What it would cost; None while that is being found out."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is known about where a session stands."""

    recap: Recap
    now: datetime
    notes: str = ""
    """What the user noted."""
    changes: tuple[Change, ...] | None = ()
    """What is not as it was; None while that is being found out."""
    ways: tuple[Way, ...] = ()
    news: str = ""
    """What is being done to the recap, or why it could not be."""
    taken: bool = False
    """Whether a way was chosen, and the next prompt goes on."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line, and the entry it leads to; 0: none."""

    content: Content
    seq: int = 0


@dataclass(frozen=True, slots=True)
class _Part:
    title: str
    items: tuple[tuple[Row, ...], ...]
    """Each of one line or more, the weightiest first."""
    shown: int = 0
    counts: tuple[int, ...] = ()
    """How many things each item names, if they are not one each."""

    def count(self, items: int) -> int:
        """How many things the first items name."""
        return sum(self.counts[:items]) if self.counts else items


def draw(standing: Standing, width: int, height: int | None = None) -> list[Row]:
    """The lines of the card.

    Args:
        standing: What is known.
        width: Cells of a line.
        height: How many lines there may be; None: as many as it takes.
    """
    top = _top(standing, width, 2 if height else 4)
    bottom = [*_since(standing, width, height), *_ways(standing, width)]
    apart = height is None or height >= _TALL
    gap = [Row(Content(""))] if apart else []
    lines = 9 if height is None else 1 if height < _LOW else 2
    parts = _parts(standing, width, lines, dense=not apart)
    if height is None:
        parts = [replace(part, shown=len(part.items)) for part in parts]
    else:
        parts = _fitted(parts, height - len(top) - len(bottom) - 2 * len(gap))
    body = [row for part in parts for row in _section(part)]
    rows = [*top, *gap, *body, *(gap if body and bottom else ()), *bottom]
    return rows if height is None else rows[:height]


def joined(rows: Sequence[Row], chosen: int = -1) -> Content:
    """The lines as one text, the chosen one marked."""
    return Content("\n").join(
        row.content.stylize("reverse") if number == chosen else row.content
        for number, row in enumerate(rows)
    )


# -- what stands above


def _top(standing: Standing, width: int, most: int) -> list[Row]:
    recap = standing.recap
    headline = one_line(recap.headline, _LONGEST_FACT) or "Nothing is known yet."
    lines = _wrapped(Content.styled(headline, "bold $text"), width, most)
    about = [long_age(recap.last_activity, standing.now)] if recap.last_activity else []
    about += [_origin(recap)]
    if recap.edited:
        about.append(f"{_named(recap.edited)} edited")
    facts = Content.styled(one_line(" · ".join(about), width), MUTED)
    if standing.news:
        facts = Content.styled(one_line(standing.news, width), "$text-warning")
    return [*(Row(line) for line in lines), Row(facts)]


def _named(parts: Sequence[str]) -> str:
    return ", ".join(part.replace("_", " ") for part in parts)


def _origin(recap: Recap) -> str:
    by = (
        "made from the history"
        if recap.generated_by == "history"
        else f"written by {one_line(recap.generated_by, 60)}"
    )
    count = recap.covers_entries
    return f"{by}, {count:,} entr{'y' if count == 1 else 'ies'}" if count else by


# -- the lists


def _parts(standing: Standing, width: int, most: int, *, dense: bool) -> list[_Part]:
    """The parts from top to bottom, each item in at most so many lines. ``dense``: short ones
    share a line."""
    recap, room = standing.recap, max(width - _GUTTER, 20)

    def facts(title: str, glyph: str, style: str, found: Sequence[Fact]) -> _Part:
        part = _Part(title, tuple(_item(glyph, style, fact, room, most) for fact in found))
        return _side_by_side(part, room) if dense else part

    # of what is done and decided the latest matters most
    done, decisions = recap.done[::-1], recap.decisions[::-1]
    agents = sorted(recap.agents, key=lambda fact: fact.seqs[-1:], reverse=True)
    goal = (recap.goal,) if recap.goal else ()
    notes = (Fact(one_line(standing.notes, _LONGEST_FACT)),) if standing.notes.strip() else ()
    parts = [
        facts("Goal", "", "", goal),
        facts("You noted", "✎", "$text-accent", notes),
        facts("Done", "✓", "$text-success", done),
        facts("In progress", "◐", "$text-warning", recap.in_progress),
        facts("Next", "→", "$text-primary", recap.next),
        facts("Questions", "?", "$text-warning", recap.questions),
        facts("Blockers", "✗", "$text-error", recap.blockers),
        facts("Decisions", "◆", "$text-secondary", decisions),
        facts("Agents", "●", MUTED, agents),
        _files(recap, room, most),
        _commands(recap, room),
        _worked(standing, room, most),
    ]
    return [part for part in parts if part.items]


_FIRST = ("In progress", "Next", "Blockers", "Questions", "You noted", "Done", "Goal", "Decisions")
"""Which parts get a line first where there is little room; the others come after."""
_WORK = ("In progress", "Next", "Blockers", "Questions", "Done")
"""Those that grow before the others do."""
_MOST = {"Goal": 1, "You noted": 1, "Done": 5, "Decisions": 4, "Files": 3, "Commands": 3}
_MOST_ELSEWHERE = 6


def _fitted(parts: list[_Part], room: int) -> list[_Part]:
    """As many items as fit: one of each part, then up to three of the work, then the rest."""

    def weight(part: _Part) -> int:
        return _FIRST.index(part.title) if part.title in _FIRST else len(_FIRST)

    order = sorted(parts, key=weight)
    shown = {part.title: 0 for part in parts}
    for up_to, titles in ((1, shown), (3, _WORK), (_MOST_ELSEWHERE, shown)):
        for number in range(up_to):
            for part in order:
                most = min(len(part.items), _MOST.get(part.title, _MOST_ELSEWHERE))
                if part.title not in titles or shown[part.title] != number or number >= most:
                    continue
                if len(part.items[number]) <= room:
                    room -= len(part.items[number])
                    shown[part.title] += 1
    return [replace(part, shown=shown[part.title]) for part in parts if shown[part.title]]


def _section(part: _Part) -> Iterator[Row]:
    shown, whole = part.count(part.shown), part.count(len(part.items))
    title = part.title if shown == whole else f"{part.title} {shown}/{whole}"
    rows = [row for item in part.items[: part.shown] for row in item]
    for number, row in enumerate(rows):
        gutter = title if number == 0 else ""
        yield Row(Content.styled(gutter.ljust(_GUTTER), f"bold {MUTED}") + row.content, row.seq)


def _item(glyph: str, style: str, fact: Fact, room: int, most: int) -> tuple[Row, ...]:
    mark = f"{glyph} " if glyph else ""
    seq = fact.seqs[-1] if fact.seqs else 0
    text = Content(one_line(fact.text, _LONGEST_FACT))
    return tuple(
        Row(Content.assemble((mark if n == 0 else " " * len(mark), style), line), seq)
        for n, line in enumerate(_wrapped(text, room - len(mark), most))
    )


def _files(recap: Recap, room: int, most: int) -> _Part:
    items = []
    for file in recap.files:
        times = f" ×{file.times}" if file.times > 1 else ""
        mark, style = ("+", "$text-success") if file.action == "created" else ("~", "$text-warning")
        path = one_line(file.path, room - 2 - len(times))
        text = Content.assemble((f"{mark} ", style), path, (times, MUTED))
        items.append((Row(text, file.last_seq),))
    part = _Part("Files", tuple(items))
    return _side_by_side(part, room) if most <= 2 else part


def _side_by_side(part: _Part, room: int) -> _Part:
    """Several in a line, as far as they fit; the line leads where its first one does."""
    lines: list[tuple[Row, ...]] = []
    counts: list[int] = []
    for item in part.items:
        if lines and len(item) == len(lines[-1]) == 1:
            last, row = lines[-1][0], item[0]
            if last.content.cell_length + 3 + row.content.cell_length <= room:
                lines[-1] = (Row(last.content + Content("   ") + row.content, last.seq),)
                counts[-1] += 1
                continue
        lines.append(item)
        counts.append(1)
    return _Part(part.title, tuple(lines), counts=tuple(counts))


def _commands(recap: Recap, room: int) -> _Part:
    items = []
    for run in recap.commands[::-1]:
        glyph, style = _OUTCOMES.get(run.outcome, ("·", MUTED))
        detail = one_line(run.detail, room // 2)
        command = one_line(run.command, room - 4 - len(detail))
        text = Content.assemble((f"{glyph} ", style), command)
        if detail:
            text += Content.styled(f"  {detail}", MUTED)
        items.append((Row(text, run.seq),))
    return _Part("Commands", tuple(items))


def _worked(standing: Standing, room: int, most: int) -> _Part:
    stretches = standing.recap.stretches
    if most > 2:
        lines = each(stretches, standing.now)
        rows = [Row(line, s.first_seq) for line, s in zip(lines, stretches, strict=True)]
        return _Part("Worked on", tuple((row,) for row in reversed(rows)))
    if not stretches:
        return _Part("Worked on", ())
    line = in_a_line(stretches, standing.now, room)
    return _Part("Worked on", ((Row(line, stretches[-1].first_seq),),))


# -- what stands below


def _since(standing: Standing, width: int, height: int | None) -> list[Row]:
    """What changed. The card says how old it is anyway, so that is no line of its own."""
    room = max(width - _GUTTER, 20)
    least = _SINCE[height is None or height >= _TALL]
    title = Content.styled("Since then".ljust(_GUTTER), f"bold {MUTED}")
    blank = Content(" " * _GUTTER)
    if standing.changes is None:
        lines = [Content.styled("looking…", FAINT)]
    else:
        texts = [c.text for c in standing.changes if c.kind != "time"]
        lines = []
        spare = 4 if height is None else max(least - len(texts), 0)
        for text in texts:  # a long one may have the lines that are kept free for others
            wrapped = _wrapped(Content(one_line(text)), room - 2, 1 + spare)
            spare -= len(wrapped) - 1
            for number, line in enumerate(wrapped):
                lines.append(Content.assemble(("  " if number else "! ", "$text-warning"), line))
        if not lines:
            lines = [Content.styled("nothing else changed that can be seen", MUTED)]
        elif height is not None and len(lines) > least:
            more = len(lines) - least + 1
            lines[least - 1 :] = [Content.styled(f"… and {more} more changes", FAINT)]
    lines += [Content("")] * (least - len(lines) if height is not None else 0)
    return [Row((blank if n else title) + line) for n, line in enumerate(lines)]


def _ways(standing: Standing, width: int) -> Iterator[Row]:
    longest = max((len(way.text) for way in standing.ways), default=0)
    column = _WAY if width >= _ROOMY else longest + 2
    for way in standing.ways:
        key = "esc" if way.key == "escape" else way.key
        figures = "…" if way.figures is None else way.figures
        yield Row(
            Content.assemble(
                (key.rjust(_KEY - 2), "bold $text-accent"),
                "  ",
                (way.text.ljust(column), "bold"),
                (one_line(figures, max(width - _KEY - column, 10)), MUTED),
            )
        )


def _wrapped(text: Content, width: int, most: int) -> list[Content]:
    lines = text.wrap(max(width, 10))
    if len(lines) > most:
        last = lines[most - 1]
        lines = [*lines[: most - 1], last[: max(width - 1, 9)].rstrip(" .") + Content("…")]
    return lines
