"""Whole stories: several things that go wrong, or are asked for, at once."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest

from agentsess.agent.agent import Agent
from agentsess.agent.connection import RETRIES
from agentsess.agent.events import AgentEvent, Failed, Retrying
from agentsess.errors import Overloaded
from agentsess.model import EntryKind
from support.agents import assert_requests_acceptable, events_of, run
from support.loopback import Hold, HttpError, LoopbackServer, Reply

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]
BUSY = HttpError(529, "Overloaded", "overloaded_error")
WAIT_AND_RUN = """
import asyncio
import sys
from agentsess import Agent

agent = Agent(name=sys.argv[3])
result = asyncio.run(agent.run(sys.argv[2], session_id=sys.argv[1], wait=60))
print(result.output)
"""


def test_a_busy_api_is_waited_for(loopback: Loopback, make_agent: MakeAgent) -> None:
    server = loopback([*[BUSY] * RETRIES, Reply("At last.")])
    agent = make_agent()
    session = agent.create_session()
    events = events_of(agent, "Begin.", session_id=session.id)
    waits = [event for event in events if isinstance(event, Retrying)]
    assert [wait.reason for wait in waits] == ["529"] * RETRIES
    assert [e.text for e in agent.service.entries(session.id)] == ["Begin.", "At last."]
    assert len({request.body for request in server.requests}) == 1


def test_an_api_that_stays_busy_is_given_up_and_the_prompt_goes_out_once_when_it_is_back(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([Reply("First."), *[BUSY] * (RETRIES + 1), Reply("At last.")])
    agent = make_agent()
    session_id = run(agent, "Begin.").session_id
    told: list[AgentEvent] = []

    async def tell() -> None:
        async with aclosing(agent.stream("Go on.", session_id=session_id)) as events:
            async for event in events:
                told.append(event)

    with pytest.raises(Overloaded, match="send the prompt again"):
        asyncio.run(tell())
    assert sum(isinstance(event, Retrying) for event in told) == RETRIES
    assert isinstance(told[-1], Failed)
    kinds = [str(e.meta.get("event") or e.kind) for e in agent.service.entries(session_id)]
    assert kinds == ["user", "assistant", "user", "error"]
    assert run(agent, "Go on.", session_id=session_id).output == "At last."
    sent = [m["content"] for m in server.bodies[-1]["messages"] if m["role"] == "user"]
    assert sent == ["Begin.", "Go on."]
    assert server.bodies[-1] == server.bodies[-2]
    assert_requests_acceptable(server)


def test_a_note_an_image_and_another_model_go_along_in_one_prompt(
    loopback: Loopback, make_agent: MakeAgent, folder: Path
) -> None:
    chart = folder / "chart.png"
    chart.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (folder / "uv.lock").write_text("one")
    server = loopback([Reply("Ported.", thinking="Hm."), Reply("A chart."), Reply("Yes.")])
    agent = make_agent(permission_callback=lambda *_: True)
    session_id = run(agent, "Port it.").session_id
    (folder / "uv.lock").write_text("another")
    agent.update_session(session_id, model="claude-opus-5")
    run(agent, "What is this?", session_id=session_id, resume_note=True, attachments=[chart])
    run(agent, "Is it good?", session_id=session_id)

    first, second, third = server.bodies
    assert [body["model"] for body in server.bodies][1:] == ["claude-opus-5"] * 2
    prompt, reply, note, shown = second["messages"]
    assert prompt == first["messages"][0]
    assert [block["type"] for block in reply["content"]] == ["text"], "thinking is another's"
    assert note["content"].startswith("This session is resumed.")
    assert "uv.lock" in note["content"]
    assert [block["type"] for block in shown["content"]] == ["image", "text"]
    # in the turn after, all of it is read from the cache
    for name in ("tools", "system", "cache_control"):
        assert msgspec.json.encode(third[name]) == msgspec.json.encode(second[name])
    sent = len(second["messages"])
    known = msgspec.json.encode(second["messages"])
    assert msgspec.json.encode(third["messages"][:sent]) == known
    kinds = [str(e.meta.get("event") or e.kind) for e in agent.service.entries(session_id)]
    assert kinds[2:6] == ["model", "resumed", "user", "assistant"]
    assert_requests_acceptable(server)


def test_a_process_that_waits_goes_on_from_what_the_other_did(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTSESS_HOME", str(tmp_path / "store"))
    server = loopback([Hold(Reply("It is ported."), after_events=4), Reply("It is tested.")])
    agent = Agent()
    session = agent.create_session(cwd=tmp_path)

    def start(task: str, name: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-c", WAIT_AND_RUN, session.id, task, name],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ,
        )

    first = start("Port it.", "coder")
    server.wait_until_holding()
    second = start("Test it.", "tester")
    owner = agent.service.owner(session.id)
    assert owner is not None
    assert owner.agent == "coder"
    server.release()
    assert [process.communicate(timeout=60) for process in (first, second)] == [
        ("It is ported.\n", ""),
        ("It is tested.\n", ""),
    ]
    assert len(server.bodies) == 2, "the second asked nothing before the first was done"
    sent = [m["content"] for m in server.bodies[1]["messages"] if m["role"] == "user"]
    assert sent == ["Port it.", "[The replies up to here are by coder.]\n\nTest it."]
    said = [(e.author, e.kind, e.text) for e in agent.service.entries(session.id)]
    assert said == [
        ("coder", EntryKind.USER, "Port it."),
        ("coder", EntryKind.ASSISTANT, "It is ported."),
        ("tester", EntryKind.USER, "Test it."),
        ("tester", EntryKind.ASSISTANT, "It is tested."),
    ]
    agent.close()
