"""Full-text search by reading: newest sessions first, hits as they are found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from agentsess.model import Entry, EntryKind, JsonObject, Session
from agentsess.sessions.query import haystack
from agentsess.sessions.records import one_line

_SNIPPETS = 3
_BEFORE, _AFTER = 40, 100

Reader = Callable[[Session, str], Iterator[Entry]]
"""Entries of a session, of which some may hold the word."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A match in its context, in one line."""

    seq: int
    """The entry that holds it; 0 for the session's title, notes and other fields."""
    text: str
    start: int
    """Where the match begins in ``text``."""
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A session that was found."""

    session: Session
    snippets: tuple[Snippet, ...]

    def to_json(self) -> JsonObject:
        """The public JSON form, as `search --json` prints it."""
        return {
            "id": self.session.id,
            "title": self.session.title,
            "snippets": [{"entry": s.seq, "text": s.text} for s in self.snippets],
        }


def search_sessions(
    sessions: Sequence[Session], words: Sequence[str], read: Reader, limit: int
) -> Iterator[Hit]:
    """Sessions in which every word occurs, in the given order, at most ``limit``."""
    found = 0
    for session in sessions:
        snippets = _snippets(session, words, read)
        if snippets is None:
            continue
        yield Hit(session, tuple(snippets))
        found += 1
        if found >= limit:
            return


def _snippets(session: Session, words: Sequence[str], read: Reader) -> list[Snippet] | None:
    """Where the words occur; None if one of them does not."""
    about = haystack(session)
    missing = [word for word in words if word not in about]
    snippets: list[Snippet] = []
    for word in tuple(missing) or words:
        for entry in read(session, word):
            if entry.kind not in (EntryKind.USER, EntryKind.ASSISTANT):
                continue
            text = one_line(entry.text)
            at = text.lower().find(word)
            if at < 0:
                continue
            if word in missing:
                missing.remove(word)
            if all(s.seq != entry.seq for s in snippets):
                snippets.append(_cut(entry.seq, text, at, len(word)))
            if len(snippets) >= _SNIPPETS and word not in missing:
                break
        if word in missing:
            return None
    if not snippets and words and (at := about.find(words[0])) >= 0:
        snippets.append(_cut(0, one_line(about), one_line(about).find(words[0]), len(words[0])))
    return snippets[:_SNIPPETS]


def _cut(seq: int, text: str, at: int, length: int) -> Snippet:
    start, end = max(0, at - _BEFORE), min(len(text), at + length + _AFTER)
    head, tail = "…" if start else "", "…" if end < len(text) else ""
    shift = at - start + len(head)
    return Snippet(seq, head + text[start:end] + tail, shift, shift + length)
