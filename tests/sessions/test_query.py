from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pkgutil import iter_modules

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsess import sources
from agentsess.errors import InvalidQuery
from agentsess.model import OWN_SOURCE, Session, Status
from agentsess.sessions.query import FIELDS, Query, Term, parse_age, parse_size

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SESSION = Session(
    id="0b7c5d1e-0000-4000-8000-000000000001",
    title="Port the billing service",
    status=Status.PAUSED,
    created_at=NOW - timedelta(days=40),
    updated_at=NOW - timedelta(days=31),
    project="/home/dev/Billing App",
    branch="feature/py3",
    model="claude-sonnet-5-5",
    tags=("Python", "urgent"),
    notes="Ask Dana about the ledger",
    metadata={"ticket": "PAY-7", "priority": 2},
    size_bytes=3 * 1024 * 1024,
)


def matches(text: str, session: Session = SESSION) -> bool:
    return Query.parse(text).matches(session, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "billing",
        "BILLING port",
        "ledger",
        "pay-7",
        "python",
        '"billing service"',
        "status:paused",
        "status:PA",
        "-status:active",
        "tag:python",
        "project:billing",
        'project:"billing app"',
        "branch:py3",
        "model:sonnet",
        "source:agentsess",
        "-source:claude-code",
        "older:30d",
        "older:1mo",
        "-older:32d",
        "newer:2m",
        "larger:2mb",
        "smaller:1gb",
        "has:notes",
        "has:tags",
        "-has:parent",
        "port status:paused -tag:done older:4w",
    ],
)
def test_a_query_that_fits(text: str) -> None:
    assert matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "shipping",
        "billing shipping",
        "-billing",
        "status:active",
        "-status:paused",
        "tag:pyth",
        "project:shop",
        "older:32d",
        "newer:30d",
        "larger:3mb",
        "smaller:3mb",
        "-has:notes",
        "has:parent",
        "source:claude_code",
        '"service billing"',
    ],
)
def test_a_query_that_does_not_fit(text: str) -> None:
    assert not matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "older:soon",
        "older:3",
        "larger:big",
        "status:gone",
        "has:nothing",
        "-newer:x",
        "source:copilot",
    ],
)
def test_a_known_field_with_an_impossible_value_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuery):
        Query.parse(text)


@pytest.mark.parametrize("text", ["source:claude_code", "source:claude-code", "source:Claude"])
def test_a_source_is_known_however_it_is_written(text: str) -> None:
    assert matches(text, replace(SESSION, source="claude_code"))


def test_what_is_refused_says_what_there_is() -> None:
    with pytest.raises(InvalidQuery, match="no source 'copilot': agentsess, claude_code"):
        Query.parse("source:copilot")
    with pytest.raises(InvalidQuery, match="list --trash"):
        Query.parse("in:trash")


def test_an_unknown_field_is_plain_text() -> None:
    assert matches("url:http", replace(SESSION, title="see url:http here"))


def test_an_unfinished_quote_is_plain_text() -> None:
    assert matches('"billing serv')


def test_a_filter_whose_value_is_yet_to_be_typed_does_not_filter() -> None:
    assert matches("status:")
    assert not Query.parse("older:").terms


def test_words_and_filters_come_apart() -> None:
    query = Query.parse('Fix "Two Words" status:active -slow')
    assert query.words == ("fix", "two words")
    assert query.unwanted == ("slow",)
    assert query.filters.terms == (Term("status", "active"),)
    assert query.names("status")
    assert not query.names("tag")


@given(text=st.text(max_size=40))
def test_anything_typed_is_a_query_or_refused_in_words(text: str) -> None:
    try:
        query = Query.parse(text)
    except InvalidQuery:
        return
    query.matches(SESSION, NOW)


@given(field=st.sampled_from(FIELDS), value=st.text(max_size=12))
def test_any_value_of_a_field_is_understood_or_refused_in_words(field: str, value: str) -> None:
    try:
        query = Query.parse(f"{field}:{value}")
    except InvalidQuery:
        return
    query.matches(SESSION, NOW)


@given(text=st.text(max_size=30))
def test_a_negated_word_fits_exactly_what_the_word_does_not(text: str) -> None:
    term = Term("", text.lower())
    plain, negated = Query((term,)), Query((replace(term, negated=True),))
    if term.value:
        assert plain.matches(SESSION, NOW) != negated.matches(SESSION, NOW)


@pytest.mark.parametrize(
    ("text", "days"),
    [("12h", 0.5), ("30d", 30), ("2w", 14), ("6m", 180), ("6mo", 180), ("1y", 365), ("1.5D", 1.5)],
)
def test_ages(text: str, days: float) -> None:
    assert parse_age(text) == timedelta(days=days)


@pytest.mark.parametrize(
    ("text", "size"),
    [("10", 10), ("10b", 10), ("1k", 1024), ("1.5KB", 1536), ("5mb", 5 * 1024**2), ("1g", 1024**3)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "d", "-1d", "1x", "1 day", "1e3d", "inf", "999999999y"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuery):
        parse_age(text)


def test_every_source_there_is_can_be_asked_for() -> None:
    modules = [import_module(f"agentsess.sources.{m.name}") for m in iter_modules(sources.__path__)]
    classes = {c for m in modules for c in vars(m).values() if isinstance(c, type)}
    names = {c.name for c in classes if hasattr(c, "stamps") and isinstance(c.name, str)}
    assert "claude_code" in names
    for name in (OWN_SOURCE, *names):
        query = Query.parse(f"source:{name}")
        assert query.matches(replace(SESSION, source=name), NOW)
