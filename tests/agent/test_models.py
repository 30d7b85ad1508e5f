"""Another model in mid-session, over the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentsess.agent.agent import Agent
from agentsess.errors import RequestRefused
from agentsess.model import Draft, EntryKind
from support.agents import assert_requests_acceptable, run
from support.loopback import HttpError, LoopbackServer, Reply, ToolUse

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]

THOUGHT = Reply("One.", thinking="Hm.")
BAD_SIGNATURE = HttpError(
    400,
    "messages.1.content.0: Invalid `signature` in `thinking` block",
    "invalid_request_error",
)


def kinds(body: Any) -> list[list[str]]:
    """The types of the blocks in a request's replies."""
    replies = [m["content"] for m in body["messages"] if m["role"] == "assistant"]
    return [[block["type"] for block in reply] for reply in replies]


def noted(agent: Agent, session_id: str) -> list[str]:
    entries = agent.service.entries(session_id)
    return [entry.text for entry in entries if entry.kind is EntryKind.EVENT]


def test_a_model_gets_its_own_thinking_back_and_not_that_of_another(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([THOUGHT] * 4)
    agent = make_agent(model="model-a")
    session_id = run(agent, "1").session_id
    run(agent, "2", session_id=session_id)
    run(make_agent(model="model-b"), "3", session_id=session_id)
    run(make_agent(model="model-b"), "4", session_id=session_id)
    own, none = ["thinking", "text"], ["text"]
    assert [kinds(body) for body in server.bodies] == [
        [],
        [own],
        [none, none],
        [none, none, own],
    ]
    assert noted(agent, session_id) == ["The model is now model-b; it was model-a."]
    assert_requests_acceptable(server)


def test_coming_back_to_a_model_sends_what_was_sent_before_and_nothing_of_the_thinking(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([THOUGHT] * 4)
    session_id = run(make_agent(model="model-a"), "1").session_id
    for model in ("model-b", "model-a", "model-a"):
        run(make_agent(model=model), "Go on", session_id=session_id)
    assert kinds(server.bodies[2]) == [["text"], ["text"]]
    earlier, later = (body["messages"] for body in server.bodies[2:])
    assert later[: len(earlier)] == earlier


def test_a_session_keeps_the_model_it_was_given_whatever_a_run_takes_or_a_server_says(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([Reply("1", model="qwen3-8b-instruct"), Reply("2"), Reply("3")])
    agent = make_agent()
    session = agent.create_session()
    run(make_agent(model="qwen3:8b"), "Hi", session_id=session.id)
    assert agent.get_session(session.id).model == "qwen3:8b"
    run(make_agent(model="other"), "Hi", session_id=session.id)
    assert agent.get_session(session.id).model == "qwen3:8b"
    agent.update_session(session.id, model="third")
    run(agent, "Hi", session_id=session.id)
    assert [body["model"] for body in server.bodies] == ["qwen3:8b", "other", "third"]
    assert noted(agent, session.id) == [
        "The model is now other; it was qwen3:8b.",
        "The model is now third; it was other.",
    ]


def test_thinking_that_the_api_does_not_accept_any_more_is_left_out_and_the_run_goes_on(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    calls = Reply("Look.", thinking="Hm.", tools=[ToolUse("glob", {"pattern": "*"})])
    server = loopback([calls, BAD_SIGNATURE, THOUGHT, Reply("Two.")])
    agent = make_agent(permission_callback=lambda *_: True)
    first = run(agent, "Work")
    assert (first.stop_reason, first.output) == ("end_turn", "One.")
    assert kinds(server.bodies[1]) == [["thinking", "text", "tool_use"]]
    assert kinds(server.bodies[2]) == [["text", "tool_use"]]
    run(agent, "More", session_id=first.session_id)
    assert kinds(server.bodies[3]) == [["text", "tool_use"], ["thinking", "text"]]
    assert noted(agent, first.session_id) == [
        "Earlier thinking is not accepted any more and left out."
    ]
    assert_requests_acceptable(server)


def test_a_refusal_without_any_thinking_to_leave_out_is_an_error(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([Reply("One."), BAD_SIGNATURE])
    agent = make_agent()
    session_id = run(agent, "Work").session_id
    with pytest.raises(RequestRefused):
        run(agent, "More", session_id=session_id)
    assert len(server.bodies) == 2


def test_a_history_written_by_an_older_version_has_no_switch_in_it(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([Reply("One.")])
    agent = make_agent()
    session = agent.create_session()
    with agent.service.writer(session.id) as writer:
        writer.append(Draft(EntryKind.USER, "Hi"), Draft(EntryKind.ASSISTANT, "Hello"))
    run(agent, "Hi", session_id=session.id)
    assert noted(agent, session.id) == []
