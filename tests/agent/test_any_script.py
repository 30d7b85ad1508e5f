"""Whatever a server does, and whenever the user stops it: the session can go on."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentsess.agent.agent import Agent
from agentsess.agent.context import Conversation
from agentsess.errors import AgentsessError
from agentsess.model import EntryKind
from support.agents import no_retries
from support.loopback import (
    CutStream,
    ErrorEvent,
    HangUp,
    HttpError,
    LoopbackServer,
    RawEvents,
    Reply,
    Slow,
    Step,
    ToolUse,
    sse,
    sse_events,
)
from support.validity import assert_acceptable

START = sse_events(Reply("x"), "m")[0]
NONSENSE = [
    b"event: message_start\ndata: {oops\n\n",
    sse("message_start", message={}),
    START + sse("content_block_delta", index=7, delta={"type": "text_delta", "text": "x"}),
    START + sse("something_new", data=1),
    START + sse("message_stop"),
    b"\n\n",
]
REASONS = [
    "end_turn",
    "stop_sequence",
    "max_tokens",
    "refusal",
    "pause_turn",
    "compaction",
    "model_context_window_exceeded",
    "something_new",
]
STATUSES = [400, 401, 403, 404, 413, 429, 500, 529]
ERRORS = ["overloaded_error", "api_error", "invalid_request_error", "something_new"]


async def ponder(seconds: float) -> str:
    """Think for a while."""
    await asyncio.sleep(seconds)
    return "hm"


CALLS = [
    ("bash", {"command": "echo hello; sleep 0.02"}),
    ("bash", {"command": "exit 1"}),
    ("bash", {}),
    ("write", {"file_path": "a", "content": "b"}),
    ("read", {"file_path": "a"}),
    ("ponder", {"seconds": 0.01}),
    ("ponder", {"seconds": "long"}),
    ("unheard of", {}),
    ("read", ["not", "an", "object"]),
]


@st.composite
def calls(draw: st.DrawFn) -> ToolUse:
    name, arguments = draw(st.sampled_from(CALLS))
    if draw(st.integers(0, 4)) == 0:
        return ToolUse(name, arguments, "toolu_the_same")
    return ToolUse(name, arguments)


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    tools = draw(st.lists(calls(), max_size=3))
    return Reply(
        text=draw(st.sampled_from(["", "Well.", "one two three four five", "\ud83d \x00"])),
        thinking=draw(st.sampled_from(["", "Let me see."])),
        tools=tools,
        stop_reason=draw(st.sampled_from([None, None, None, *REASONS])),
    )


@st.composite
def steps(draw: st.DrawFn) -> Step:
    reply = draw(replies())
    count = len(sse_events(reply, "m"))
    match draw(st.sampled_from(["reply", "reply", "slow", "cut", "error", "http", "raw", "gone"])):
        case "reply":
            return reply
        case "slow":
            return Slow(reply, 0.001)
        case "cut":
            where = draw(st.integers(0, count))
            politely = draw(st.booleans())
            if draw(st.booleans()):
                return CutStream(reply, after_events=where, politely=politely)
            return CutStream(reply, after_bytes=where * 61, politely=politely)
        case "error":
            return ErrorEvent(reply, draw(st.integers(0, count)), draw(st.sampled_from(ERRORS)))
        case "http":
            return HttpError(draw(st.sampled_from(STATUSES)))
        case "raw":
            return RawEvents(draw(st.sampled_from(NONSENSE)))
        case _:
            return HangUp()


@dataclass(frozen=True)
class Stop:
    """How and at which event the user stops a run."""

    how: Literal["interrupt", "cancel", "close"]
    at: int


stops = st.none() | st.builds(
    Stop, st.sampled_from(["interrupt", "cancel", "close"]), st.integers(1, 25)
)


async def turn(agent: Agent, task: str, session_id: str, stop: Stop | None) -> None:
    """A run that is stopped at an event, or ends as it may."""

    async def follow() -> None:
        async with aclosing(agent.stream(task, session_id=session_id, max_iterations=4)) as events:
            number = 0
            async for _ in events:
                number += 1
                if stop and number == stop.at:
                    if stop.how == "close":
                        return
                    if stop.how == "interrupt":
                        agent.interrupt(session_id)
                    else:
                        running.cancel()

    running = asyncio.create_task(follow())
    try:
        await running
    except asyncio.CancelledError:
        assert stop
        assert stop.how == "cancel"
    except AgentsessError:
        pass


@contextmanager
def world(script: list[Step]) -> Iterator[tuple[Path, LoopbackServer]]:
    """A folder, and a server that the SDK talks to."""
    last = Reply("All is well.")
    with (
        tempfile.TemporaryDirectory() as folder,
        LoopbackServer(script, default=last) as server,
        mock.patch.dict(os.environ, server.environment),
    ):
        yield Path(folder), server


def sent(server: LoopbackServer) -> list[list[Any]]:
    """The messages of each request."""
    return [body["messages"] for body in server.bodies]


def check_bytes(server: LoopbackServer) -> None:
    """Fail unless each request begins with what the one before it sent."""
    for before, after in pairwise(server.requests):
        messages = json.dumps(before.json["messages"], separators=(",", ":"), ensure_ascii=False)
        assert messages[:-1].encode() in after.body


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # the SDK's own
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    script=st.lists(steps(), min_size=1, max_size=5),
    stopped=st.lists(stops, min_size=1, max_size=4),
    allowed=st.lists(st.booleans(), min_size=1, max_size=3),
    restarts=st.booleans(),
)
def test_a_session_can_go_on_whatever_happened(
    script: list[Step], stopped: list[Stop | None], allowed: list[bool], restarts: bool
) -> None:
    asked = 0

    async def permission(*_: object) -> bool:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return allowed[asked % len(allowed)]

    def make_agent(folder: Path) -> Agent:
        return Agent(
            home=folder / "store",
            cwd=folder,
            client=no_retries,
            permission_callback=permission,
            tools=[ponder],
        )

    async def play(folder: Path) -> str:
        agent = make_agent(folder)
        session = agent.create_session()
        for number, stop in enumerate(stopped):
            await turn(agent, f"Task {number}", session.id, stop)
            history = list(agent.service.entries(session.id))
            rest = Conversation(history).messages()
            assert_acceptable([*rest, {"role": "user", "content": "?"}])
            if restarts:
                agent.close()
                agent = make_agent(folder)
        server.script.clear()
        result = await agent.run("Is all well?", session_id=session.id)
        assert all(e.seq == n for n, e in enumerate(agent.service.entries(session.id), 1))
        answered = [e for e in agent.service.entries(session.id) if e.kind is EntryKind.USER]
        assert answered[-1].text == "Is all well?"
        agent.close()
        return result.output

    with world(script) as (folder, server):
        assert asyncio.run(play(folder)) == "All is well."
        for messages in sent(server):
            assert_acceptable(messages, goes_on=True)
        taken_back = {"refusal", "model_context_window_exceeded"}
        if not any(_reason(step) in taken_back or _is_too_large(step) for step in script):
            check_bytes(server)


def _reason(step: Step) -> str | None:
    reply = step if isinstance(step, Reply) else getattr(step, "reply", None)
    return reply.stop_reason if isinstance(reply, Reply) else None


def _is_too_large(step: Step) -> bool:
    return isinstance(step, HttpError) and step.status in (400, 413)
