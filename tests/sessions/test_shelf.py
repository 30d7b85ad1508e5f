"""The list in order, against sorting and filtering everything each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from agentsess.model import Session, Status
from agentsess.sessions.query import Query
from agentsess.sessions.shelf import Card, Shelf

START = datetime(2026, 1, 1, tzinfo=UTC)
QUERIES = ("", "status:paused", "tag:a", "tag:a status:p", "-tag:a", "status:archived one", "x")

facts = st.tuples(
    st.integers(0, 50), st.sampled_from(Status), st.sets(st.sampled_from("ab")), st.booleans()
)
ids = st.sampled_from([f"s{n}" for n in range(12)])


def session(doc_id: str, fact: tuple[int, Status, set[str], bool]) -> Session:
    minutes, status, tags, trashed = fact
    at = START + timedelta(minutes=minutes)
    return Session(
        id=doc_id, title=f"one {doc_id}", status=status, created_at=START, updated_at=at,
        tags=tuple(sorted(tags)), trashed_at=START if trashed else None,
    )  # fmt: skip


def card(of: Session) -> Card:
    made = partial(lambda each: each, of)
    is_trashed = of.trashed_at is not None
    return Card(of.updated_at.isoformat(), of.status, of.tags, is_trashed, made)


@given(st.lists(st.dictionaries(ids, st.none() | facts, min_size=1), max_size=8))
def test_any_sequence_of_changes_lists_like_sorting_everything_anew(
    steps: list[dict[str, tuple[int, Status, set[str], bool] | None]],
) -> None:
    shelf, naive = Shelf(), dict[str, Session]()
    for step in steps:
        cards: dict[str, Card | None] = {}
        for doc_id, fact in step.items():
            naive.pop(doc_id, None)
            cards[doc_id] = None
            if fact is not None:
                naive[doc_id] = session(doc_id, fact)
                cards[doc_id] = card(naive[doc_id])
        shelf.put(cards)
    ordered = sorted(naive.values(), key=lambda s: (s.updated_at.isoformat(), s.id), reverse=True)
    for text in QUERIES:
        query = Query.parse(text)
        for trashed in (False, True):
            wanted = [
                s for s in ordered if (s.trashed_at is not None) is trashed and query.matches(s)
            ]
            assert shelf.list(query, trashed=trashed, limit=None) == wanted
            assert shelf.list(query, trashed=trashed, limit=2) == wanted[:2]
    assert set(shelf) == naive.keys()


def test_a_large_change_is_sorted_like_small_ones() -> None:
    shelf = Shelf()
    many = {f"m{n}": session(f"m{n}", (n % 7, Status.ACTIVE, set(), False)) for n in range(1200)}
    shelf.put({doc_id: card(each) for doc_id, each in many.items()})
    shelf.put({f"m{n}": None for n in range(600)})
    listed = shelf.list(Query(), trashed=False, limit=None)
    assert {each.id for each in listed} == {f"m{n}" for n in range(600, 1200)}
    assert listed == sorted(listed, key=lambda s: (s.updated_at, s.id), reverse=True)


def test_only_what_is_listed_is_made() -> None:
    made: list[str] = []

    def make(doc_id: str) -> Session:
        made.append(doc_id)
        return session(doc_id, (int(doc_id[1:]), Status.ACTIVE, set(), False))

    shelf = Shelf()
    shelf.put(
        {
            f"s{n}": Card(f"2026-01-01T00:{n:02}", "active", (), False, partial(make, f"s{n}"))
            for n in range(60)
        }
    )
    assert [s.id for s in shelf.list(Query(), trashed=False, limit=3)] == ["s59", "s58", "s57"]
    assert made == ["s59", "s58", "s57"]
