"""Sessions in order of their last activity; each is made of its document when it is shown."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from agentsess.model import Session, Status
from agentsess.sessions.query import Query

_MANY = 500
"""Changes above which sorting anew is quicker than inserting one by one."""
_FEW = 8
"""A filter that leaves less than one in so many sessions is followed instead of the order."""


@dataclass(slots=True)
class Card:
    """What is known of a session without making it."""

    at: str
    """When it was last worked in, as ISO 8601 in UTC, which sorts like the time."""
    status: str
    tags: tuple[str, ...]
    is_trashed: bool
    make: Callable[[], Session]
    session: Session | None = None


class Shelf:
    """Keeps cards in order, and finds those with a status or a tag at once."""

    def __init__(self) -> None:
        self._cards: dict[str, Card] = {}
        self._order: list[tuple[str, str]] = []
        self._by_status: dict[str, set[str]] = {}
        self._by_tag: dict[str, set[str]] = {}

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._cards

    def __iter__(self) -> Iterator[str]:
        return iter(self._cards)

    def session(self, session_id: str) -> Session | None:
        """A session by its id."""
        card = self._cards.get(session_id)
        if card is None:
            return None
        if card.session is None:
            card.session = card.make()
        return card.session

    def put(self, cards: Mapping[str, Card | None]) -> None:
        """Put cards in, or take those away whose value is None."""
        many = len(cards) > _MANY
        for session_id, card in cards.items():
            if (old := self._cards.pop(session_id, None)) is not None:
                self._forget(session_id, old, keep_order=many)
            if card is None:
                continue
            self._cards[session_id] = card
            self._by_status.setdefault(card.status, set()).add(session_id)
            for tag in card.tags:
                self._by_tag.setdefault(tag.lower(), set()).add(session_id)
            if not many:
                insort(self._order, (card.at, session_id))
        if many:
            self._order = sorted((card.at, i) for i, card in self._cards.items())

    def _forget(self, session_id: str, card: Card, *, keep_order: bool) -> None:
        self._by_status[card.status].discard(session_id)
        for tag in card.tags:
            self._by_tag[tag.lower()].discard(session_id)
        if not keep_order:
            at = bisect_left(self._order, (card.at, session_id))
            del self._order[at]

    def list(self, query: Query, *, trashed: bool, limit: int | None) -> list[Session]:
        """Sessions that match, the most recently worked in first."""
        candidates = self._candidates(query)
        found: list[Session] = []
        for session_id in self._walk(candidates):
            if limit is not None and len(found) >= limit:
                break
            if candidates is not None and session_id not in candidates:
                continue
            if self._cards[session_id].is_trashed is not trashed:
                continue
            session = self.session(session_id)
            if session is not None and query.matches(session):
                found.append(session)
        return found

    def _candidates(self, query: Query) -> set[str] | None:
        """Those that the query's filters on status and tag leave; None: it has none."""
        candidates: set[str] | None = None
        for term in query.terms:
            if term.negated or term.field not in ("status", "tag"):
                continue
            value = term.value.lower()
            if term.field == "tag":
                fitting = self._by_tag.get(value, set())
            else:
                names = [str(status) for status in Status if status.startswith(value)]
                sets = [self._by_status[name] for name in names if name in self._by_status]
                # One alone is not copied: it may hold most of a large store.
                fitting = sets[0] if len(sets) == 1 else set().union(*sets)
            candidates = fitting if candidates is None else candidates & fitting
        return candidates

    def _walk(self, candidates: set[str] | None) -> Iterable[str]:
        if candidates is None or len(candidates) * _FEW > len(self._order):
            return (session_id for _, session_id in reversed(self._order))
        return sorted(candidates, key=lambda i: (self._cards[i].at, i), reverse=True)
