"""Full-text search: ranked from the index; what is not indexed yet is read."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from agentsess.errors import AgentsessError, StoreError
from agentsess.model import Entry, EntryKind, JsonObject, Session, utc_now
from agentsess.sessions.catalog import Catalog
from agentsess.sessions.indexing import Histories, Indexer
from agentsess.sessions.query import Query, facts_of, haystack
from agentsess.sessions.records import one_line
from agentsess.storage.search import SearchIndex, Text
from agentsess.storage.words import Words, fold, locate, pattern_of, words_of

_SNIPPETS = 3
_BEFORE, _AFTER = 40, 100
_IN_TITLE, _IN_FACTS, _RECENT = 3.0, 2.0, 1.0
"""What a word in the title, one in other facts such as notes, and being of today are worth
beside the weights of BM25."""
_RECENT_DAYS = 30.0
_FEW = 8
"""So many changed sessions are indexed before they are searched, rather than read."""
_FEW_SECONDS = 0.3
_MOST_WORDS = 32
_REMEMBERED = 16

_Value = TypeVar("_Value")

Cancelled = Callable[[], bool]


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


@dataclass(frozen=True, slots=True)
class _Term:
    """A word or phrase that is looked for: anywhere in the facts, from a word's start in texts."""

    typed: str
    words: Words
    pattern: re.Pattern[str]

    @classmethod
    def all_of(cls, typed: Iterable[str]) -> list[_Term]:
        """The terms among what was typed; signs alone are none."""
        split = [(text, words_of(text)) for text in dict.fromkeys(typed)]
        return [cls(text, words, pattern_of(words)) for text, words in split if words]


_Terms = Sequence[_Term]


class _View:
    """All sessions as a search sees them, the newest first."""

    def __init__(self, sessions: Sequence[Session], before: _View | None) -> None:
        known = before.facts_of if before else {}
        now = utc_now()
        self.sessions = sessions
        self.facts_of: dict[str, tuple[Session, str]] = {}
        """Folding what is said of sessions is slow; it stays while they stay the same."""
        self.recency: list[float] = []
        for session in sessions:
            facts = known.get(session.id)
            if facts is None or facts[0] is not session:
                facts = (session, haystack(session))
            self.facts_of[session.id] = facts
            days = max(0.0, (now - session.updated_at).total_seconds() / 86_400)
            self.recency.append(_RECENT / (1 + days / _RECENT_DAYS))
        self.facts = [facts for _, facts in self.facts_of.values()]
        self.titles = [session.title.lower() for session in sessions]
        self.numbers: dict[int, int] = {}
        """In the index, by position; only of sessions that are indexed as they are now."""
        self.positions: dict[int, int] = {}
        """By number in the index."""
        self.unread: list[int] = []
        """Positions of the sessions that are not in the index."""
        self.holding: dict[str, dict[int, float]] = {}
        """What was found lately: while a word is typed, those before it stay the same."""
        self._stating: dict[str, list[int]] = {}

    def stating(self, typed: str) -> list[int]:
        """Positions of the sessions whose facts hold what was typed."""
        known = self._stating.get(typed)
        if known is None:
            # With one letter less it was most likely looked for a moment ago.
            among = self._stating.get(typed[:-1], range(len(self.facts)))
            known = [position for position in among if typed in self.facts[position]]
            _remember(self._stating, typed, known)
        return known


def _remember(known: dict[str, _Value], typed: str, value: _Value) -> None:
    if len(known) >= _REMEMBERED:
        known.clear()
    known[typed] = value


class SessionSearch:
    """Searches sessions, and keeps the index for that.

    Args:
        catalog: The sessions.
        histories: Their entries.
        path: The index's file; it may be deleted any time.
    """

    def __init__(self, catalog: Catalog, histories: Histories, path: Path) -> None:
        self._catalog = catalog
        self._histories = histories
        self._index = SearchIndex(path)
        self.indexer = Indexer(catalog, histories, path)
        self._view: tuple[Any, _View] | None = None
        self._guard = Lock()

    def close(self) -> None:
        """Let the index's file go."""
        self._index.close()
        self.indexer.close()

    def find(self, query: Query, limit: int, cancelled: Cancelled = lambda: False) -> Iterator[Hit]:
        """Sessions that hold all words: first those in the index, the best first.

        A word is found wherever a word begins with it; in the facts of a session (title,
        notes, tags and so on) anywhere. What is not in the index follows, newest first.
        """
        wanted = _Term.all_of(query.words)[:_MOST_WORDS]
        unwanted = _Term.all_of(query.unwanted)[:_MOST_WORDS]
        if query.words and not wanted:  # nothing but signs
            yield from (Hit(s, ()) for s in self._catalog.list(query)[:limit])
            return
        yield from islice(self._hits(query, wanted, unwanted, cancelled), limit)

    def _hits(
        self, query: Query, wanted: _Terms, unwanted: _Terms, cancelled: Cancelled
    ) -> Iterator[Hit]:
        filters, now = query.filters, utc_now()
        view = self._viewed()
        ranked = None if query.in_tools else self._ranked(view, wanted, unwanted)
        unread = range(len(view.sessions)) if ranked is None else view.unread
        for position in ranked or ():
            if cancelled():
                return
            fits = filters.matches(view.sessions[position], now)
            if fits and (hit := self._hit(view, position, wanted)):
                yield hit
        for position in unread:
            if filters.matches(view.sessions[position], now):
                hit = self._unindexed(view, position, wanted, unwanted, query.in_tools, cancelled)
                if cancelled():  # it may not have been read to its end
                    return
                if hit:
                    yield hit

    # -- what is where

    def _viewed(self) -> _View:
        with self._guard:
            view = self._current_view()
            if 0 < len(view.unread) <= _FEW:
                until = time.monotonic() + _FEW_SECONDS
                with suppress(StoreError):
                    self.indexer.update(cancelled=lambda: time.monotonic() > until)
                view = self._current_view()
            return view

    def _current_view(self) -> _View:
        version = (self._catalog.version(), self._index_version())
        if self._view is None or self._view[0] != version:
            self._view = (version, self._new_view())
        return self._view[1]

    def _index_version(self) -> Any:
        try:
            return self._index.version()
        except StoreError:
            return None

    def _new_view(self) -> _View:
        view = _View(self._catalog.list(Query()), self._view[1] if self._view else None)
        try:
            documents = self._index.documents()
        except StoreError:
            documents = {}
        for position, session in enumerate(view.sessions):
            document = documents.get(session.id)
            if document is not None and document.mark == self._catalog.stamp(session):
                view.numbers[position] = document.number
                view.positions[document.number] = position
            else:
                view.unread.append(position)
        return view

    # -- from the index

    def _ranked(self, view: _View, wanted: _Terms, unwanted: _Terms) -> list[int] | None:
        """Positions of the indexed sessions that hold all that is wanted, the best first.

        None if the index cannot be used.
        """
        scores = dict.fromkeys(view.numbers, 0.0)
        try:
            for term in wanted:
                holding = self._holding(view, term)
                scores = {p: s + holding[p] for p, s in scores.items() if p in holding}
            for term in unwanted:
                holding = self._holding(view, term)
                scores = {p: s for p, s in scores.items() if p not in holding}
        except StoreError:
            return None
        if not wanted:
            return list(scores)
        recency = view.recency
        return sorted(scores, key=lambda p: -scores[p] - recency[p])

    def _holding(self, view: _View, term: _Term) -> dict[int, float]:
        """Positions of the sessions that hold a term, with its weight there."""
        typed, positions = term.typed, view.positions
        if (known := view.holding.get(typed)) is not None:
            return known
        found = self._index.find(term.words)
        holding = {positions[n]: weight for n, weight in found.items() if n in positions}
        for position in view.stating(typed):
            bonus = _IN_TITLE if typed in view.titles[position] else _IN_FACTS
            holding[position] = holding.get(position, 0.0) + bonus
        _remember(view.holding, typed, holding)
        return holding

    def _hit(self, view: _View, position: int, wanted: _Terms) -> Hit | None:
        """The hit with its snippets; None if what the index says is no longer so."""
        session = view.sessions[position]
        try:
            if not self._catalog.still_there(session):
                texts = self._read(session, False, lambda: False)
            else:
                texts = self._index.texts(view.numbers[position])
            return _matched(session, view.facts[position], texts, wanted, ())
        except AgentsessError:
            return None

    # -- by reading

    def _unindexed(
        self,
        view: _View,
        position: int,
        wanted: _Terms,
        unwanted: _Terms,
        in_tools: bool,
        cancelled: Cancelled,
    ) -> Hit | None:
        session, facts = view.sessions[position], view.facts[position]
        texts = self._read(session, in_tools, cancelled)
        with suppress(AgentsessError):  # gone since it was listed, or unreadable
            return _matched(session, facts, texts, wanted, unwanted)
        return None

    def _read(self, session: Session, in_tools: bool, cancelled: Cancelled) -> Iterator[Text]:
        for entry in self._histories.entries(session.id):
            if cancelled():
                return
            if in_tools:
                yield from ((entry.seq, text) for text in _of_tools(entry))
            elif entry.is_message:
                yield entry.seq, entry.text


def _of_tools(entry: Entry) -> Iterator[str]:
    """What a tool gave back, or what tools were given."""
    if entry.kind is EntryKind.TOOL_RESULT:
        yield entry.text
    for call in entry.tool_calls:
        yield "\n".join([call.name, *_strings(call.input)])


def _strings(value: Any) -> Iterator[str]:
    left = [value]
    while left:
        value = left.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            left += reversed(value.values())
        elif isinstance(value, list):
            left += reversed(value)


def _matched(
    session: Session,
    facts: str,
    texts: Iterator[Text],
    wanted: _Terms,
    unwanted: _Terms,
) -> Hit | None:
    """The session as a hit if it holds all that is wanted and nothing unwanted."""
    if any(term.typed in facts for term in unwanted):
        return None
    missing = {term for term in wanted if term.typed not in facts}
    unseen = set(wanted)
    snippets: list[tuple[bool, Snippet]] = []
    for seq, text in texts:
        folded = fold(text)
        if any(locate(term.pattern, text, folded)[0] >= 0 for term in unwanted):
            return None
        if not unwanted and not missing and (not unseen or len(snippets) >= _SNIPPETS):
            break
        places = {term: locate(term.pattern, text, folded) for term in wanted}
        here = [term for term, (start, _) in places.items() if start >= 0]
        if here:
            fresh = [term for term in here if term in unseen]
            snippets.append((not fresh, _cut(seq, text, *places[(fresh or here)[0]])))
            unseen.difference_update(here)
            missing.difference_update(here)
    if missing:
        return None
    # Those that show another word go first, so that each word is seen.
    chosen = [s for _, s in sorted(snippets, key=lambda each: each[0])[:_SNIPPETS]]
    if not chosen and wanted:
        chosen = _in_facts(session, wanted[0])
    return Hit(session, tuple(sorted(chosen, key=lambda snippet: snippet.seq)))


def _in_facts(session: Session, term: _Term) -> list[Snippet]:
    for fact in facts_of(session):
        if (start := fact.lower().find(term.typed)) >= 0:
            return [_cut(0, fact, start, start + len(term.typed))]
    return []


def _cut(seq: int, text: str, start: int, end: int) -> Snippet:
    """The match in a line, with some of what stands around it."""
    first, last = max(0, start - _BEFORE), end + _AFTER
    before = ("…" if first else "") + _flat(text[first:start]).lstrip()
    match = one_line(text[start:end])
    after = _flat(text[end:last]).rstrip() + ("…" if last < len(text) else "")
    return Snippet(seq, before + match + after, len(before), len(before) + len(match))


def _flat(text: str) -> str:
    """Like `one_line`, but with the spaces at its ends."""
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else " " for sign in text)
    return re.sub("  +", " ", text)
