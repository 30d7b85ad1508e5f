from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsess.errors import InvalidQuery, Owner
from agentsess.model import Session, Status, utc_now
from agentsess.sessions.query import Query, Term
from agentsess.sessions.retention import make_plan, rule_of

NOW = utc_now()


def session(session_id: str, **changes: object) -> Session:
    old = NOW - timedelta(days=60)
    made = Session(session_id, session_id, Status.COMPLETED, old, old, size_bytes=100)
    return replace(made, **changes)  # type: ignore[arg-type]


def nobody(_: Session) -> Owner | None:
    return None


def test_a_plan_names_what_fits_and_how_many_bytes() -> None:
    sessions = [
        session("old"),
        session("new", updated_at=NOW),
        session("active", status=Status.ACTIVE),
        session("large", size_bytes=5000),
    ]
    plan = make_plan("older:30d status:completed", sessions, nobody)
    assert [s.id for s in plan.sessions] == ["old", "large"]
    assert plan.bytes == 5100
    assert plan.kept == ()


def test_another_programs_session_stays_with_a_reason() -> None:
    plan = make_plan("older:30d", [session("theirs", source="claude_code")], nobody)
    assert plan.sessions == ()
    assert "claude_code" in plan.kept[0].reason


def test_a_running_session_stays_with_a_reason() -> None:
    owner = Owner("box", 7, "coder", NOW)
    plan = make_plan("older:30d", [session("busy")], lambda _: owner)
    assert plan.sessions == ()
    assert "coder" in plan.kept[0].reason


@pytest.mark.parametrize("rule", ["", "   ", "older:", '""'])
def test_a_rule_without_a_condition_is_refused(rule: str) -> None:
    with pytest.raises(InvalidQuery, match="condition"):
        make_plan(rule, [session("old")], nobody)


def test_the_plans_json_is_what_is_documented() -> None:
    plan = make_plan("older:30d", [session("old"), session("x", source="claude_code")], nobody)
    value = plan.to_json()
    assert value["bytes"] == 100
    assert [s["id"] for s in value["sessions"]] == ["old"]
    assert [k["id"] for k in value["kept"]] == ["x"]


def test_a_rule_is_written_from_its_conditions() -> None:
    rule = rule_of(older_than="30d", status="completed", project="my app", words="draft")
    assert rule == 'older:30d status:completed project:"my app" draft'
    assert rule_of() == ""


@given(value=st.text(min_size=1, max_size=15).filter(str.strip))
def test_a_condition_means_its_whole_value_or_is_refused(value: str) -> None:
    try:
        rule = rule_of(project=value)
    except InvalidQuery:
        assert '"' in value
        return
    assert Query.parse(rule).terms == (Term("project", value.strip()),)
