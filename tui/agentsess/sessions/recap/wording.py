"""The recap in words: its headline, and the whole of it as Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agentsess.model import CommandRun, Fact, Recap, Session, Stretch
from agentsess.sessions.recap.board import Board, Item
from agentsess.sessions.recap.reading import State
from agentsess.sessions.recap.text import shorten

_FIGURE = re.compile(
    r"\b(\d[\d,.]*) (?:out )?(?:of|von|de|sur) (?:the |den |los |las |les )?(\d[\d,.]*) "
    r"(?P<what>(?:[^\W\d_]{2,20} ){1,3}?(?:are |is |still |were |now |have been )*"
    r"(?:left|remaining|remain|to go|done|migrated|converted|ported|translated|reviewed|"
    r"fixed|updated|processed)\b|[^\W\d_]{3,20})",
    re.IGNORECASE,
)

_NEXT_I = re.compile(r"^next,? (?=i\b)", re.IGNORECASE)
_ROOM = 180
"""Characters of two facts that a headline has room for."""
_PLURALS = {"schritt": "schritte", "etappe": "etappen"}


@dataclass(frozen=True, slots=True)
class Story:
    """What the headline is made from."""

    board: Board
    prompts: int
    replied: bool
    finished: bool
    """The last turn was answered to its end."""
    request: str
    """What the last prompt asks for."""
    reply: str
    """First sentence of the last reply."""
    figure: str
    """Progress in figures, as the last reply has it."""
    turn_start: int
    interrupted: bool
    failing: Sequence[CommandRun]
    doing: Sequence[Fact]
    coming: Sequence[Fact]


def figure_in(text: str) -> str:
    """A figure of progress such as "4 of 11 files left"; empty if the text gives none."""
    match = _FIGURE.search(text[:400])
    part, whole = (int(re.sub(r"\D", "", match[n])) for n in (1, 2)) if match else (1, 0)
    if not match or part > whole:
        return ""
    what = re.sub(r" (?:are|is|still|were|now|have been)(?= )", "", match["what"])
    return f"{match[1]} of {match[2]} {what}"


def headline(story: Story) -> str:
    """One sentence on where the session stands."""
    if not story.prompts and not story.replied:
        return "Nothing has happened yet."
    if not story.replied:
        start = "Only the first prompt so far: " if story.prompts == 1 else "No reply so far to: "
        return _sentence(start + story.request) if story.request else "No reply so far."
    said = _phases(story) or _counted(story)
    if not said:
        return _sentence(_unplanned(story))
    if story.failing:
        run = story.failing[-1]
        said += f"; {run.command} fails" + (f": {run.detail}" if run.detail else "")
    return _sentence(said)


def _phases(story: Story) -> str:
    board = story.board
    numbers = sorted(board.phases)
    of = {state: [n for n in numbers if board.phases[n].state is state] for state in State}
    if len(numbers) < 2 and not of[State.DONE]:
        return ""
    if not board.phases_tracked:
        return ""
    word = board.phase_word
    many = _PLURALS.get(word, f"{word}s")
    parts: list[str] = []
    if len(of[State.DONE]) == len(numbers) > 1:
        parts.append(f"All {len(numbers)} {many} are done")
    elif len(of[State.DONE]) > 1:
        parts.append(f"{many.capitalize()} {_and(of[State.DONE])} are done")
    elif of[State.DONE]:
        parts.append(f"{word.capitalize()} {of[State.DONE][0]} is done")
    if of[State.DOING]:
        parts.append(f"{_named(board, of[State.DOING][-1])} is in progress")
    elif of[State.TODO]:
        parts.append(f"{_named(board, of[State.TODO][0])} is next")
    said = "; ".join(parts)
    counted = _count(story.board.counted())
    if story.figure:
        said += f": {story.figure}"
    elif counted and not counted.startswith("All"):
        said += f": {counted}"
    return said[:1].upper() + said[1:]


def _named(board: Board, number: int) -> str:
    title = re.split(r"\s[–—-]\s|[:;(]", board.titles.get(number, ""))[0]
    title = shorten(title.strip(), 60).rstrip(".")
    if title and title[1:2].islower() and not title[:1].islower():
        title = title[:1].lower() + title[1:]
    name = f"{board.phase_word} {number}"
    return f"{name}, {title}," if title else name


def _counted(story: Story) -> str:
    items = story.board.counted()
    said = _count(items)
    if not said:
        return ""
    open_items = [i for i in items if i.state is not State.DONE]
    if not open_items:
        # Later work has its own story; a list that was ticked off before it says nothing new.
        return said if max(i.seqs[-1] for i in items) >= story.turn_start else ""
    begun = [i for i in open_items if i.state is State.DOING]
    doing = max(reversed(begun), key=lambda item: item.seqs[-1], default=None)
    following = doing or open_items[0]
    return f"{said}; {'now' if doing else 'next'}: {shorten(following.text, 90).rstrip('.')}"


def _count(items: Sequence[Item]) -> str:
    done = sum(item.state is State.DONE for item in items)
    if len(items) < 2:
        return ""
    return (
        f"All {len(items)} steps are done"
        if done == len(items)
        else f"{done} of {len(items)} steps done"
    )


def _unplanned(story: Story) -> str:
    if not story.finished and story.request:
        start = "Interrupted at: " if story.interrupted else "Not finished yet: "
        now = next((f.text for f in story.doing if f.seqs[-1] >= story.turn_start), story.request)
        room = len(now + story.reply) < _ROOM and story.reply and story.reply not in now
        return start + now + (f"; before that: {story.reply}" if room else "")
    said = story.reply or "The last turn ended without a word"
    if said.split(" ")[0].isalpha():
        said = said[:1].upper() + said[1:]
    for word, facts in (("now", story.doing), ("next", story.coming)):
        following = _NEXT_I.sub("", facts[0].text.rstrip(".")) if facts else said
        if following not in said and not said.endswith("?") and len(said + following) < _ROOM:
            return f"{said.rstrip('.')}; {word}: {following}"
    return said


def _sentence(text: str) -> str:
    text = shorten(text.strip(), 220)
    return text if text.endswith((".", "?", "!", "…", "。", "？")) else f"{text}."


def _and(numbers: Sequence[int]) -> str:
    if len(numbers) > 2 and list(numbers) == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]} to {numbers[-1]}"
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}"


def recap_markdown(recap: Recap, session: Session, now: datetime) -> str:
    """A recap as a Markdown document, for `recap --markdown` and exports."""
    lines = [f"# {inert(session.title or session.id)}", "", inert(recap.headline), ""]
    facts = [f"{session.message_count} messages"]
    if recap.last_activity:
        facts.insert(0, f"last activity {_ago(recap.last_activity, now)}")
    if session.project_name:
        facts.insert(0, session.project_name)
    if session.token_count:
        facts.append(f"{session.token_count:,} tokens")
    if session.cost_usd:
        facts.append(f"${session.cost_usd:.2f}")
    lines += [inert(" · ".join(facts)), ""]
    if recap.goal:
        lines += [f"**Goal:** {inert(recap.goal.text)}", ""]
    for name, found in (
        ("Done", recap.done),
        ("In progress", recap.in_progress),
        ("Next", recap.next),
        ("Decisions", recap.decisions),
        ("Open questions", recap.questions),
        ("Blockers", recap.blockers),
        ("Agents", recap.agents),
    ):
        lines += _list(name, [inert(fact.text) for fact in found])
    times = {1: ""}
    lines += _list(
        "Files",
        [
            f"{_code(f.path)} {f.action}{times.get(f.times, f' ({f.times} times)')}"
            for f in recap.files
        ],
    )
    lines += _list(
        "Commands",
        [
            f"{_code(run.command)} {run.outcome}" + (f": {inert(run.detail)}" if run.detail else "")
            for run in recap.commands
        ],
    )
    lines += _list("Worked on", [_stretch(stretch) for stretch in recap.stretches])
    return "\n".join(lines).rstrip() + "\n"


def _stretch(stretch: Stretch) -> str:
    start, end = stretch.start.astimezone(), stretch.end.astimezone()
    same_day = start.date() == end.date()
    when = f"{start:%Y-%m-%d %H:%M} to {end:{'%H:%M' if same_day else '%Y-%m-%d %H:%M'}}"
    took = [f"{stretch.turns} turn{'' if stretch.turns == 1 else 's'}"]
    took += [f"{stretch.tokens:,} tokens"] if stretch.tokens else []
    took += [f"${stretch.cost_usd:.2f}"] if stretch.cost_usd else []
    return f"{when}: {', '.join(took)}"


def _list(name: str, rows: Sequence[str]) -> list[str]:
    return [f"## {name}", "", *(f"- {row}" for row in rows), ""] if rows else []


def inert(text: str) -> str:
    """Text that Markdown shows as it stands."""
    text = re.sub(r"([\\`*<>\[\]|~])", r"\\\1", text)
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)
    return re.sub(r"^(\s*)([#+-]|\d+[.)])", r"\1\\\2", text) if text[:1] in "#+-" else text


def _code(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _ago(then: datetime, now: datetime) -> str:
    seconds = max(0, int((now - then).total_seconds()))
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if (count := seconds // size) >= 1:
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now"
