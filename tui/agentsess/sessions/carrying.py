"""What is carried on where a history is not: the recap, the last words, the notes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from agentsess.model import Entry, EntryKind, Recap, Session, utc_now

_MOST_MESSAGES = 6
_LONGEST = 1_500
"""Characters of a quotation."""
TAIL = 40_000
"""Characters of the newest messages that a compaction leaves as they are, at most."""


def kept_from(origin: Session) -> dict[str, Any]:
    """What a session that goes on where another ends has of it, as `create` takes it."""
    return {
        "metadata": origin.metadata,
        "cwd": origin.cwd,
        "tags": origin.tags,
        "notes": origin.notes,
        "parent_id": origin.id,
    }


def carried_on(session: Session, recap: Recap, entries: Iterable[Entry]) -> str:
    """What a history comes to, without asking a model, as Markdown.

    Args:
        session: Whose history.
        recap: Where it stands.
        entries: What the text is to stand for, oldest first.
    """
    from agentsess.sessions.recap.building import (
        recap_markdown,  # its many patterns are slow to load
    )

    return joined(recap_markdown(recap, session, utc_now()), _last_words(entries))


def notes_of(session: Session) -> str:
    """The user's notes as a section; empty if there are none."""
    notes = session.notes.strip()
    return f"## The user's notes\n\n{notes}" if notes else ""


def quoted(text: str, longest: int = _LONGEST) -> str:
    """Text as a quotation, without the middle of a long one."""
    text = without_middle(text.strip(), longest)
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def without_middle(text: str, longest: int) -> str:
    """The beginning and the end of a long text, and how much is left out between them."""
    if len(text) <= longest:
        return text
    half = longest // 2
    left_out = len(text) - 2 * half
    return f"{text[:half]}\n[… {left_out:,} characters left out …]\n{text[-half:]}"


def joined(*sections: str) -> str:
    """Sections of Markdown as one text; empty ones are left out."""
    return "\n\n".join(text for section in sections if (text := section.strip()))


def _last_words(entries: Iterable[Entry]) -> str:
    spoken = (entry for entry in entries if entry.is_message and entry.text.strip())
    last = deque(spoken, maxlen=_MOST_MESSAGES)
    quotes = [f"{_speaker(entry)}:\n\n{quoted(entry.text)}" for entry in last]
    return joined("## What was said last", *quotes) if quotes else ""


def _speaker(entry: Entry) -> str:
    return "The user" if entry.kind is EntryKind.USER else entry.author or "The model"
