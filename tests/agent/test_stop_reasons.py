"""Every way in which the API may end a reply."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest

from agentsess.agent.agent import Agent
from agentsess.model import EntryKind
from support.agents import assert_requests_acceptable, run
from support.loopback import LoopbackServer, Reply, ToolUse

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]

CALL = ToolUse("bash", {"command": "echo made"})
ENDS = ("end_turn", "stop_sequence")
BREAKS = {
    "max_tokens": "32,000 tokens",
    "refusal": "declined to answer (It is not wise)",
    "model_context_window_exceeded": "start a new phase",
}
GOES_ON = ("pause_turn", "compaction")
NEW = "something_new"


def test_no_reason_that_the_sdk_knows_is_forgotten() -> None:
    from anthropic.types.beta.beta_stop_reason import BetaStopReason
    from anthropic.types.stop_reason import StopReason

    known = {"tool_use", *ENDS, *BREAKS, *GOES_ON}
    assert {*get_args(StopReason), *get_args(BetaStopReason)} <= known


@pytest.mark.parametrize("stop_reason", ENDS)
def test_an_ordinary_end_needs_no_words(
    loopback: Loopback, make_agent: MakeAgent, stop_reason: str
) -> None:
    server = loopback([Reply("Well", stop_reason=stop_reason), Reply("Better")])
    agent = make_agent()
    result = run(agent, "Hi")
    assert result.stop_reason == stop_reason
    assert [entry.text for entry in result.entries] == ["Hi", "Well"]
    assert run(agent, "Again", session_id=result.session_id).output == "Better"
    assert_requests_acceptable(server)


@pytest.mark.parametrize(("stop_reason", "words"), BREAKS.items())
@pytest.mark.parametrize("tools", [(), (CALL,)], ids=["text", "call"])
def test_a_reply_that_breaks_off_is_said_in_the_history_and_no_call_of_it_is_made(
    loopback: Loopback,
    make_agent: MakeAgent,
    stop_reason: str,
    words: str,
    tools: tuple[ToolUse, ...],
) -> None:
    details = {"type": "refusal", "category": None, "explanation": "It is not wise."}
    broken = Reply("Well", tools=tools, stop_reason=stop_reason, stop_details=details)
    server = loopback([broken, Reply("Better")])
    agent = make_agent(permission_callback=lambda *_: pytest.fail("asked"))
    result = run(agent, "Hi")
    assert result.stop_reason == stop_reason
    assert result.entries[-1].meta["event"] == stop_reason
    assert words in result.entries[-1].text
    assert run(agent, "Again", session_id=result.session_id).output == "Better"
    assert_requests_acceptable(server)


@pytest.mark.parametrize("stop_reason", GOES_ON)
def test_a_paused_reply_goes_on(
    loopback: Loopback, make_agent: MakeAgent, stop_reason: str
) -> None:
    server = loopback(
        [Reply("First half", stop_reason=stop_reason), Reply("second half"), Reply("Yes.")]
    )
    agent = make_agent()
    result = run(agent, "Hi")
    assert [entry.text for entry in result.entries] == ["Hi", "First half", "second half"]
    assert server.bodies[1]["messages"][-1]["role"] == "assistant"
    assert run(agent, "Again", session_id=result.session_id).output == "Yes."


@pytest.mark.parametrize("stop_reason", ["tool_use", *ENDS, *GOES_ON, NEW])
def test_calls_are_made_whatever_a_server_calls_the_end(
    loopback: Loopback, make_agent: MakeAgent, stop_reason: str
) -> None:
    server = loopback([Reply("Looking", tools=[CALL], stop_reason=stop_reason), Reply("Seen.")])
    result = run(make_agent(permission_callback=lambda *_: True), "Look")
    assert result.output == "Seen."
    assert [e.text for e in result.entries if e.kind is EntryKind.TOOL_RESULT] == ["made"]
    assert_requests_acceptable(server)


def test_a_tool_call_that_is_announced_but_missing_is_said(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([Reply("I look", stop_reason="tool_use"), Reply("Better")])
    agent = make_agent(permission_callback=lambda *_: True)
    result = run(agent, "Look")
    assert result.stop_reason == "tool_use"
    assert "named none" in result.entries[-1].text
    assert run(agent, "Again", session_id=result.session_id).output == "Better"
    assert_requests_acceptable(server)


def test_a_reason_that_is_not_known_is_said(loopback: Loopback, make_agent: MakeAgent) -> None:
    server = loopback([Reply("Well", stop_reason=f"{NEW}\x1b[31m"), Reply("Better")])
    agent = make_agent()
    result = run(agent, "Hi")
    assert result.output == "Well"
    assert result.entries[-1].meta["event"] == "stopped"
    assert NEW in result.entries[-1].text
    assert "\x1b" not in result.entries[-1].text
    assert run(agent, "Again", session_id=result.session_id).output == "Better"
    assert_requests_acceptable(server)


def test_what_was_refused_is_kept_but_not_sent_again(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback(
        [
            Reply("Fine."),
            Reply("Let me see", tools=[CALL]),
            Reply("I had better", stop_reason="refusal"),
            Reply("Gladly."),
        ]
    )
    agent = make_agent(permission_callback=lambda *_: True)
    session_id = run(agent, "First").session_id
    run(agent, "Something unwise", session_id=session_id)
    assert run(agent, "Something else", session_id=session_id).output == "Gladly."
    sent = server.bodies[-1]["messages"]
    assert sent[:2] == server.bodies[1]["messages"][:2]
    assert sent[2:] == [{"role": "user", "content": "Something else"}]
    kept = [entry.text for entry in agent.service.entries(session_id)]
    assert {"Something unwise", "Let me see", "I had better"} <= set(kept)
    assert_requests_acceptable(server)
