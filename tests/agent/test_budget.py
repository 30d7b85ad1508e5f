"""Limits of what a session may spend, over the wire."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from agentsess.agent.agent import Agent
from agentsess.agent.events import EventSaved
from agentsess.agent.offers import Offer
from agentsess.errors import InvalidSession
from agentsess.model import EntryKind, Status
from support.agents import Asked, assert_requests_acceptable, events_of, run
from support.loopback import LoopbackServer, Reply, ToolUse

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]

# at $2 and $10 a million, each costs 0.5 $
TOOL = Reply(
    "Look.", tools=[ToolUse("glob", {"pattern": "*"})], input_tokens=200_000, output_tokens=10_000
)
END = Reply("Done.", input_tokens=200_000, output_tokens=10_000)


def allow(*_: Any) -> bool:
    return True


def notes(agent: Agent, session_id: str) -> list[str]:
    entries = agent.service.entries(session_id)
    return [e.text for e in entries if e.kind is EntryKind.EVENT and e.meta["event"] == "budget"]


def test_without_anyone_to_ask_the_run_stops_before_the_next_request(
    make_agent: MakeAgent, loopback: Loopback
) -> None:
    server = loopback([TOOL, TOOL, TOOL, END])
    it = make_agent(permission_callback=allow)
    session = it.create_session(budget_usd=0.9)
    result = run(it, "Work.", session_id=session.id)
    assert (result.stop_reason, len(server.bodies)) == ("budget", 2)
    after = it.get_session(session.id)
    assert after.status is Status.PAUSED
    assert after.cost_usd == pytest.approx(1.0)
    assert notes(it, session.id) == ["Stopped: $1.00 of $0.90 are used. Raise the limit to go on."]
    assert_requests_acceptable(server)


def test_a_session_whose_limit_was_raised_goes_on_where_it_stopped(
    make_agent: MakeAgent, loopback: Loopback
) -> None:
    server = loopback([TOOL, END])
    it = make_agent(permission_callback=allow)
    session = it.create_session(max_tokens_total=100_000)
    assert run(it, "Work.", session_id=session.id).stop_reason == "budget"
    it.update_session(session.id, max_tokens_total=None)
    assert run(it, "Go on.", session_id=session.id).stop_reason == "end_turn"
    assert it.get_session(session.id).status is Status.ACTIVE
    assert server.bodies[-1]["messages"][-1]["content"] == "Go on."
    assert_requests_acceptable(server)


def test_another_amount_raises_the_limit_by_what_it_was(
    make_agent: MakeAgent, loopback: Loopback
) -> None:
    loopback([TOOL, TOOL, TOOL, TOOL, END])
    asked = Asked("again", "again", "stop")
    it = make_agent(permission_callback=allow, offer_callback=asked)
    session = it.create_session(budget_usd=0.6)
    assert run(it, "Work.", session_id=session.id).stop_reason == "budget"
    assert it.get_session(session.id).budget_usd == pytest.approx(1.8)
    assert notes(it, session.id) == [
        "83% of the limit is used: $0.50 of $0.60.",
        "The limit was raised to $1.20.",
        "The limit was raised to $1.80.",
        "Stopped: $2.00 of $1.80 are used. Raise the limit to go on.",
    ]
    assert [offer.text for offer in asked.offers] == [
        "This session has used $1.00 of $0.60.",
        "This session has used $1.50 of $1.20.",
        "This session has used $2.00 of $1.80.",
    ]
    assert [option.text for option in asked.offers[0].options] == [
        "Stop here", "Another $0.60", "No limit for this run",
    ]  # fmt: skip


def test_a_run_without_limit_is_asked_no_more_and_the_next_run_is(
    make_agent: MakeAgent, loopback: Loopback
) -> None:
    loopback([TOOL, TOOL, TOOL, END])
    asked = Asked("unlimited", "stop")
    it = make_agent(permission_callback=allow, offer_callback=asked)
    session = it.create_session(budget_usd=0.2)
    assert run(it, "Work.", session_id=session.id).stop_reason == "end_turn"
    assert len(asked.offers) == 1
    assert run(it, "More.", session_id=session.id).stop_reason == "budget"
    assert it.get_session(session.id).budget_usd == 0.2


def test_tokens_are_limited_without_a_price(make_agent: MakeAgent, loopback: Loopback) -> None:
    server = loopback([TOOL, TOOL, END])
    it = make_agent(permission_callback=allow)
    session = it.create_session(max_tokens_total=300_000)
    it.update_session(session.id, model="qwen3:8b")
    assert run(it, "Work.", session_id=session.id).stop_reason == "budget"
    assert notes(it, session.id)[-1].startswith("Stopped: 420,000 tokens of 300,000 tokens")
    assert len(server.bodies) == 2


def test_a_budget_that_cannot_be_held_is_said_at_once(
    make_agent: MakeAgent, loopback: Loopback
) -> None:
    loopback([TOOL, END])
    it = make_agent(permission_callback=allow)
    session = it.create_session(budget_usd=0.2)
    it.update_session(session.id, model="qwen3:8b")
    told = events_of(it, "Work.", session_id=session.id)
    said = [event.entry.text for event in told if isinstance(event, EventSaved)]
    assert said == [
        "The price of qwen3:8b is not known, so the budget of $0.20 cannot be held exactly. "
        "A limit of tokens can."
    ]
    assert type(told[1]) is EventSaved


@pytest.mark.parametrize("amount", [0, -1, float("nan"), float("inf"), 10**400, "5", True])
def test_what_is_no_amount_is_refused(make_agent: MakeAgent, amount: Any) -> None:
    it = make_agent(permission_callback=allow)
    session = it.create_session()
    for name in ("budget_usd", "max_tokens_total"):
        with pytest.raises(InvalidSession):
            it.update_session(session.id, **{name: amount})
        with pytest.raises(InvalidSession):
            it.create_session(**{name: amount})
    assert it.get_session(session.id) == session


def test_a_limit_that_is_set_while_a_run_works_holds_for_its_next_request(
    make_agent: MakeAgent, loopback: Loopback
) -> None:
    server = loopback([TOOL, END])

    def allow_and_limit(action: str, resource: str, details: Any) -> bool:
        it.update_session(details["session_id"], budget_usd=0.1)
        return True

    it = make_agent(permission_callback=allow_and_limit)
    assert run(it, "Work.").stop_reason == "budget"
    assert len(server.bodies) == 1


def test_a_limit_that_is_changed_while_the_user_is_asked_is_not_set_back(
    make_agent: MakeAgent, loopback: Loopback
) -> None:
    loopback([TOOL, END])

    def raise_it_by_hand(offer: Offer) -> str:
        it.update_session(offer.session_id, budget_usd=50.0)
        return "again"

    it = make_agent(permission_callback=allow, offer_callback=raise_it_by_hand)
    session = it.create_session(budget_usd=0.2)
    assert run(it, "Work.", session_id=session.id).stop_reason == "end_turn"
    assert it.get_session(session.id).budget_usd == 50.0


def test_a_limit_that_is_far_behind_is_raised_at_once(
    make_agent: MakeAgent, loopback: Loopback
) -> None:
    loopback([Reply("Done.", input_tokens=10**9), END])
    it = make_agent(offer_callback=Asked("again", "stop"))
    session = it.create_session(max_tokens_total=1)
    run(it, "Work.", session_id=session.id)
    started = time.monotonic()
    run(it, "More.", session_id=session.id)
    assert time.monotonic() - started < 5
    assert it.get_session(session.id).max_tokens_total == 10**9 + 6
