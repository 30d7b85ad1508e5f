"""What the model is told when a session is resumed: where it stands, and what changed since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from agentsess.model import Entry, EntryKind, Recap
from agentsess.sessions.staleness import Change

EVENT = "resumed"
"""Name of the event that holds the note: the one event that goes to the model."""
_MOST = 8
_LONGEST_NOTES = 2_000


def resume_note(recap: Recap, changes: Sequence[Change], notes: str = "") -> str:
    """The note as text.

    Args:
        recap: Where the session stands.
        changes: What is not as it was at the last turn.
        notes: What the user noted about the session.
    """
    return "\n".join(_lines(recap, changes, notes.strip()[:_LONGEST_NOTES]))


def _lines(recap: Recap, changes: Sequence[Change], notes: str) -> Iterator[str]:
    yield "This session is resumed. Where it stands:"
    yield recap.headline
    if recap.goal:
        yield f"Goal: {recap.goal.text}"
    for title, facts in (
        ("Done", recap.done),
        ("In progress", recap.in_progress),
        ("Next", recap.next),
        ("Decided", recap.decisions),
        ("Asked and not answered", recap.questions),
        ("In the way", recap.blockers),
    ):
        yield from _list(title, [fact.text for fact in facts[-_MOST:]])
    if notes:
        yield f"\nThe user's notes:\n{notes}"
    if changes:
        yield from _list("\nWhat changed since the last turn", [c.text for c in changes])
        yield "Look again before you rely on what was seen before that."


def _list(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"{title}:"
        yield from (f"- {line}" for line in lines)


def was_told(newest: Iterable[Entry]) -> bool:
    """Whether a note already waits for an answer, or nothing was said that it could follow.

    Args:
        newest: The history, its newest entry first.
    """
    for entry in newest:
        if entry.kind is EntryKind.ASSISTANT:
            return False
        if entry.meta.get("event") == EVENT:
            return True
    return True
