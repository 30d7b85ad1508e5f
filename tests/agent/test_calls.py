"""Several tool calls in one reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentsess.agent.agent import Agent
from agentsess.agent.context import UNFINISHED
from agentsess.agent.events import ToolFinished, ToolRequested, ToolStarted
from agentsess.errors import StoreError
from agentsess.model import EntryKind, JsonObject
from agentsess.sessions.writer import SessionWriter
from support.agents import assert_requests_acceptable, events_of, run
from support.loopback import LoopbackServer, Reply, ToolUse

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]


def allow(*_: object) -> bool:
    return True


def told(server: LoopbackServer) -> list[str]:
    """What the model was told of the calls of its first reply."""
    return [block["content"] for block in server.bodies[1]["messages"][-1]["content"]]


def test_calls_that_only_look_are_under_way_together(
    loopback: Loopback, make_agent: MakeAgent, folder: Path
) -> None:
    (folder / "a").write_text("x")
    calls = [ToolUse("read", {"file_path": "a"}), ToolUse("glob", {"pattern": "*"})]
    loopback([Reply(tools=calls), Reply("Done.")])
    events = events_of(make_agent(permission_callback=allow), "Look")
    kinds = [type(e) for e in events if isinstance(e, ToolRequested | ToolStarted | ToolFinished)]
    assert kinds == [ToolRequested, ToolStarted] * 2 + [ToolFinished] * 2


def test_calls_that_change_something_keep_their_place(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    calls = [
        ToolUse("write", {"file_path": "a", "content": "one"}),
        ToolUse("read", {"file_path": "a"}),
        ToolUse("bash", {"command": "sleep 0.05; printf two > a"}),
        ToolUse("read", {"file_path": "a"}),
        ToolUse("edit", {"file_path": "a", "old_string": "two", "new_string": "three"}),
        ToolUse("read", {"file_path": "a"}),
    ]
    server = loopback([Reply(tools=calls), Reply("Done.")])
    run(make_agent(permission_callback=allow), "Go")
    results = told(server)
    assert [results[1], results[3], results[5]] == ["one", "two", "three"]
    assert_requests_acceptable(server)


def test_permission_is_asked_for_one_call_after_the_other(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    pending = 0
    asked: list[str] = []

    async def answer(action: str, resource: str, details: JsonObject) -> bool:
        nonlocal pending
        pending += 1
        assert pending == 1
        asked.append(resource)
        await asyncio.sleep(0)
        pending -= 1
        return resource != "b"

    calls = [ToolUse("read", {"file_path": name}) for name in "abc"]
    server = loopback([Reply(tools=calls), Reply("Done.")])
    run(make_agent(permission_callback=answer), "Look")
    assert asked == ["a", "b", "c"]
    assert told(server)[1].startswith("Denied")
    assert_requests_acceptable(server)


def test_a_call_that_is_allowed_runs_while_the_next_is_asked_about(
    loopback: Loopback, make_agent: MakeAgent, folder: Path
) -> None:
    (folder / "a").write_text("x")
    agent_saw: list[bool] = []
    finished = asyncio.Event()

    async def answer(action: str, resource: str, details: JsonObject) -> bool:
        if resource == "b":
            await asyncio.wait_for(finished.wait(), 20)
            agent_saw.append(True)
        return True

    loopback([Reply(tools=[ToolUse("read", {"file_path": n}) for n in "ab"]), Reply("Done.")])

    async def follow() -> None:
        async for event in make_agent(permission_callback=answer).stream("Look"):
            if isinstance(event, ToolFinished):
                finished.set()

    asyncio.run(follow())
    assert agent_saw == [True]


def test_an_interruption_answers_every_call_and_says_which_were_never_made(
    loopback: Loopback, make_agent: MakeAgent, folder: Path
) -> None:
    (folder / "a").write_text("x")
    calls = [
        ToolUse("read", {"file_path": "a"}),
        ToolUse("bash", {"command": "sleep 1000"}),
        ToolUse("bash", {"command": "touch never"}),
    ]
    server = loopback([Reply(tools=calls), Reply("I see.")])
    agent = make_agent(permission_callback=allow)
    session = agent.create_session()

    async def interrupt() -> None:
        async for event in agent.stream("Go", session_id=session.id):
            if isinstance(event, ToolStarted) and event.call.name == "bash":
                agent.interrupt(session.id)

    asyncio.run(interrupt())
    run(agent, "And?", session_id=session.id)
    results = [b["content"] for b in server.bodies[1]["messages"][2]["content"]]
    assert results == ["x", UNFINISHED, "Interrupted: this call was not made."]
    kept = [e for e in agent.service.entries(session.id) if e.kind is EntryKind.TOOL_RESULT]
    assert [entry.text for entry in kept] == results
    assert [entry.meta.get("interrupted", False) for entry in kept] == [False, True, True]
    assert not (folder / "never").exists()
    assert_requests_acceptable(server)


def no_room_for(kind: EntryKind, patch: pytest.MonkeyPatch) -> None:
    """Have the writing of such entries fail."""
    real = SessionWriter.append

    def full(self: SessionWriter, *drafts: Any) -> Any:
        if any(draft.kind is kind for draft in drafts):
            raise StoreError("The disk is full.")
        return real(self, *drafts)

    patch.setattr(SessionWriter, "append", full)


def test_a_history_that_cannot_be_written_ends_the_calls(
    loopback: Loopback, make_agent: MakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = loopback([Reply(tools=[ToolUse("glob", {"pattern": "*"})] * 2), Reply("Back.")])
    agent = make_agent(permission_callback=allow)
    session = agent.create_session()
    with monkeypatch.context() as broken:
        no_room_for(EntryKind.TOOL_RESULT, broken)
        with pytest.raises(StoreError, match="full"):
            run(agent, "Look", session_id=session.id)
    assert run(agent, "And now?", session_id=session.id).output == "Back."
    assert_requests_acceptable(server)


def test_an_event_that_cannot_be_written_ends_the_run(
    loopback: Loopback, make_agent: MakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = loopback([Reply("One.")])
    agent = make_agent(model="model-a")
    session_id = run(agent, "Look").session_id
    no_room_for(EntryKind.EVENT, monkeypatch)
    with pytest.raises(StoreError, match="full"):
        run(make_agent(model="model-b"), "And now?", session_id=session_id)
    assert len(server.bodies) == 1, "nothing is sent of what could not be kept"


def test_a_call_that_was_never_made_is_not_taken_for_an_earlier_one_of_the_same_id(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    call = ToolUse("glob", {"pattern": "*"}, id="call_0")
    loopback([Reply(tools=[call]), Reply(tools=[call]), Reply("Done.")])
    asked = 0

    async def interrupt_the_second(action: str, resource: str, details: JsonObject) -> bool:
        nonlocal asked
        asked += 1
        if asked == 2:
            agent.interrupt(details["session_id"])
            await asyncio.sleep(10)
        return True

    agent = make_agent(permission_callback=interrupt_the_second)
    result = run(agent, "Look")
    *_, last = (e for e in result.entries if e.kind is EntryKind.TOOL_RESULT)
    assert "was not made" in last.text
    assert "permission" not in last.meta
