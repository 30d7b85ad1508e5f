"""The key is written nowhere, and one session's words reach no other's requests."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentsess.agent.agent import Agent
from agentsess.agent.keeping import KEY
from agentsess.errors import RequestRefused
from agentsess.model import EntryKind
from agentsess.sessions.export import export_markdown
from support.agents import run
from support.loopback import CutStream, ErrorEvent, HttpError, Json, LoopbackServer, Reply, ToolUse

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]

CANARY = "sk-ant-api03-canary-7f3a9c1e5b2d8046-ZZ"


@pytest.fixture
def agent(make_agent: MakeAgent) -> Agent:
    return make_agent(permission_callback=lambda action, resource, details: True)


@pytest.fixture
def with_key(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    """A server whose key is the canary."""

    def start(*arguments: object, **options: object) -> LoopbackServer:
        server = loopback(*arguments, **options)
        monkeypatch.setenv("ANTHROPIC_API_KEY", CANARY)
        return server

    return start


def assert_nowhere(folder: Path, *texts: str) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 3
    for path in files:
        assert CANARY.encode() not in path.read_bytes(), path
    for text in texts:
        assert CANARY not in text


REFUSALS = [
    HttpError(401, f"invalid x-api-key: {CANARY}", "authentication_error"),
    HttpError(403, f"{CANARY} may not do this", "permission_error"),
    HttpError(400, f"bad header x-api-key={CANARY}", "invalid_request_error"),
    ErrorEvent(Reply("Half"), 4, "authentication_error", f"the key {CANARY} was revoked"),
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_server_that_repeats_the_key_does_not_get_it_written(
    with_key: Loopback,
    agent: Agent,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    refusal: HttpError | ErrorEvent,
) -> None:
    caplog.set_level(logging.DEBUG, logger="agentsess")
    server = with_key([refusal])
    session = agent.create_session()
    with pytest.raises(RequestRefused) as failed:
        run(agent, "Go", session_id=session.id)
    assert CANARY in str(server.requests[0].headers)
    assert KEY in str(failed.value)
    agent.service.index()
    assert_nowhere(tmp_path, str(failed.value), caplog.text)


def test_a_key_that_tools_and_model_repeat_is_blacked_out(
    with_key: Loopback, agent: Agent, tmp_path: Path, folder: Path
) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-key.txt"
    outside.write_text(f"The key is {CANARY}.")
    server = with_key(
        [
            Reply(f"I use {CANARY}.", tools=[ToolUse("bash", {"command": f"cat {outside}"})]),
            Reply(f"So it is {CANARY}.", thinking=f"Hm, {CANARY}."),
        ]
    )
    result = run(agent, f"Remember {CANARY}")
    assert result.output == f"So it is {KEY}."
    assert CANARY not in server.requests[1].body.decode()
    service = agent.service
    session = service.get(result.session_id)
    assert session.title == f"Remember {KEY}"
    agent.service.index()
    document = "".join(export_markdown(session, service.entries(session.id)))
    assert document.count(KEY) >= 4
    outside.unlink()
    assert_nowhere(tmp_path, document, str(service.recap(session.id)))


def test_a_broken_connection_does_not_get_the_key_written(
    with_key: Loopback, agent: Agent, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="agentsess")
    with_key(default=CutStream(Reply(f"The key is {CANARY}, you know"), 7))
    with pytest.raises(Exception, match="broke"):
        run(agent, "Go")
    assert_nowhere(tmp_path, caplog.text)


def test_no_process_that_a_tool_starts_is_told_the_key(with_key: Loopback, agent: Agent) -> None:
    command = f"env; {sys.executable} -c 'import os; print(os.environ)'; bash -lc env"
    server = with_key([Reply(tools=[ToolUse("bash", {"command": command})]), Reply("Done.")])
    result = run(agent, "Go")
    (told,) = [e for e in result.entries if e.kind is EntryKind.TOOL_RESULT]
    assert "PATH" in told.text
    assert "ANTHROPIC" not in told.text
    assert CANARY not in server.requests[1].body.decode()
    inherited = subprocess.run(["env"], capture_output=True, text=True, check=True).stdout
    assert CANARY in inherited  # our own environment is left as it is


def echo(body: Json) -> Reply:
    """Answers with what it was told last, and uses a tool on the way."""
    last = body["messages"][-1]["content"]
    if isinstance(last, str):
        return Reply(f"You said {last}", tools=[ToolUse("bash", {"command": f"echo {last}"})])
    return Reply("I know " + " ".join(str(block.get("content")) for block in last))


def test_sessions_at_work_together_never_hear_of_each_other(
    loopback: Loopback, agent: Agent
) -> None:
    names = [f"canary-{letter * 8}" for letter in "abcdef"]
    server = loopback(default=echo)
    sessions = {name: agent.create_session(notes=name, metadata={"n": name}).id for name in names}

    async def work() -> None:
        for _ in range(3):
            await asyncio.gather(
                *(agent.run(name, session_id=session_id) for name, session_id in sessions.items())
            )

    asyncio.run(work())
    assert len(server.bodies) == 3 * 2 * len(names)
    for request in server.requests:
        body = request.body.decode()
        assert sum(name in body for name in names) == 1
    for name, session_id in sessions.items():
        history = str([entry.to_json() for entry in agent.service.entries(session_id)])
        assert name in history
        assert not any(other in history for other in names if other != name)
