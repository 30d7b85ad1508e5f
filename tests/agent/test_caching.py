"""Each request begins, byte by byte, with what the one before it sent: the cache hits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import pytest

from agentsess.agent.agent import Agent
from agentsess.agent.events import TextDelta, ToolStarted
from agentsess.errors import AgentError
from support.agents import assert_requests_acceptable, no_retries, run
from support.loopback import (
    CutStream,
    Hold,
    HttpError,
    LoopbackServer,
    Reply,
    Request,
    Script,
    ToolUse,
)

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]

TOOLS = Reply(
    "Looking é",
    thinking="hm",
    tools=[
        ToolUse("bash", {"command": "echo é; exit 1"}),
        ToolUse("read", {"file_path": "dot.png"}),
        ToolUse("glob", {"pattern": "*"}),
    ],
)


def assert_the_cache_hits(server: LoopbackServer) -> None:
    """Fail unless each request sends all of the one before it, unchanged, and only adds to it."""
    for before, after in zip(server.requests, server.requests[1:], strict=False):
        (start, messages, end), (after_start, after_messages, after_end) = map(cut, (before, after))
        assert (start, end) == (after_start, after_end)
        assert after_messages.startswith(messages)
        assert before.json["cache_control"] == {"type": "ephemeral"}
    assert_requests_acceptable(server)


def cut(request: Request) -> tuple[bytes, bytes, bytes]:
    """The raw body before its messages, the messages but for their last bracket, and the rest."""
    messages = json.dumps(request.json["messages"], separators=(",", ":"), ensure_ascii=False)
    start, found, end = request.body.partition(messages.encode())
    assert found
    return start, found[:-1], end


def allow(*_: object) -> bool:
    return True


async def until(agent: Agent, task: str, session_id: str, event: type[Any]) -> None:
    """Run until something happens, and interrupt the run there."""
    async with aclosing(agent.stream(task, session_id=session_id)) as events:
        async for each in events:
            if isinstance(each, event):
                agent.interrupt(session_id)


@pytest.mark.parametrize("restarts", [False, True], ids=["one agent", "a new agent each turn"])
@pytest.mark.parametrize("callback", [allow, lambda *_: False], ids=["allowed", "denied"])
def test_turns_with_tools_hit_the_cache(
    loopback: Loopback,
    make_agent: MakeAgent,
    folder: Path,
    callback: Callable[..., bool],
    restarts: bool,
) -> None:
    (folder / "dot.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    server = loopback([TOOLS, Reply("Done."), Reply("Yes."), Reply("", thinking="…"), Reply("No.")])
    agent = make_agent(permission_callback=callback)
    session = agent.create_session()
    for task in ("First", "Second", "Third", "Fourth"):
        run(agent, task, session_id=session.id)
        if restarts:
            agent = make_agent(permission_callback=callback)
    assert len(server.requests) == 5
    assert_the_cache_hits(server)


HARM: dict[str, Script] = {
    "cut in text": [CutStream(Reply("one two three four"), after_events=5)],
    "cut in a call": [CutStream(TOOLS, after_events=14)],
    "cut in the first call": [CutStream(TOOLS, after_events=8)],
    "refused": [HttpError(401)],
    "overloaded": [HttpError(529)],
    "length limit in a call": [
        Reply("Well", tools=[ToolUse("bash", {"command": "ls"})], stop_reason="max_tokens")
    ],
}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM.keys())
@pytest.mark.parametrize("restarts", [False, True], ids=["one agent", "a new agent"])
def test_a_turn_that_failed_does_not_cost_the_cache(
    loopback: Loopback, make_agent: MakeAgent, harm: Script, restarts: bool
) -> None:
    server = loopback([Reply("First."), *harm, Reply("Third."), Reply("Fourth.")])
    agent = make_agent(permission_callback=allow, client=no_retries)
    session = agent.create_session()
    for task in ("First", "Second", "Third", "Fourth"):
        with suppress(AgentError):
            run(agent, task, session_id=session.id)
        if restarts:
            agent = make_agent(permission_callback=allow, client=no_retries)
    assert len(server.requests) == 4
    assert_the_cache_hits(server)


@pytest.mark.parametrize(
    ("step", "event"),
    [
        (Hold(Reply("one two three four"), after_events=5), TextDelta),
        (Reply(tools=[ToolUse("bash", {"command": "sleep 1000"})] * 2), ToolStarted),
    ],
    ids=["in text", "in a tool"],
)
@pytest.mark.parametrize("restarts", [False, True], ids=["one agent", "a new agent"])
def test_a_turn_that_was_interrupted_does_not_cost_the_cache(
    loopback: Loopback, make_agent: MakeAgent, step: Any, event: type[Any], restarts: bool
) -> None:
    server = loopback([Reply("First."), step, Reply("Third."), Reply("Fourth.")])
    agent = make_agent(permission_callback=allow)
    session = agent.create_session()
    run(agent, "First", session_id=session.id)
    asyncio.run(until(agent, "Second", session.id, event))
    for task in ("Third", "Fourth"):
        if restarts:
            agent = make_agent(permission_callback=allow)
        run(agent, task, session_id=session.id)
    assert len(server.requests) == 4
    assert_the_cache_hits(server)
