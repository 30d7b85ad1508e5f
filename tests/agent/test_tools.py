from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from agentsess.agent import tools
from agentsess.agent.agent import Agent
from agentsess.agent.events import ToolDenied, ToolFinished, ToolRequested, ToolStarted
from agentsess.agent.permissions import Decision
from agentsess.errors import InvalidSession
from agentsess.model import Entry, EntryKind, JsonObject
from support.agents import assert_requests_acceptable, events_of, is_alive, run
from support.loopback import LoopbackServer, Reply, ToolUse

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]


def results(entries: tuple[Entry, ...]) -> list[Entry]:
    return [entry for entry in entries if entry.kind is EntryKind.TOOL_RESULT]


def use(
    loopback: Loopback, agent: Agent, *calls: ToolUse, answer: str = "Done."
) -> tuple[list[Entry], LoopbackServer]:
    server = loopback([Reply(tools=calls), Reply(answer)])
    entries = results(run(agent, "Go").entries)
    assert_requests_acceptable(server)
    order = [call.id for call in calls]
    return sorted(entries, key=lambda entry: order.index(entry.meta["tool_use_id"])), server


@pytest.fixture
def agent(make_agent: MakeAgent) -> Agent:
    return make_agent(permission_callback=lambda action, resource, details: True)


def test_a_file_is_written_read_and_edited(loopback: Loopback, agent: Agent, folder: Path) -> None:
    entries, _ = use(
        loopback,
        agent,
        ToolUse("write", {"file_path": "src/a.py", "content": "x = 1\n"}),
        ToolUse("edit", {"file_path": "src/a.py", "old_string": "1", "new_string": "2"}),
        ToolUse("read", {"file_path": "src/a.py"}),
        ToolUse("glob", {"pattern": "**/*.py"}),
        ToolUse("grep", {"pattern": "x = \\d"}),
    )
    assert (folder / "src" / "a.py").read_text() == "x = 2\n"
    assert entries[2].text == "x = 2\n"
    assert entries[3].text == str(folder / "src" / "a.py")
    assert "a.py:1:x = 2" in entries[4].text
    assert not any(entry.meta["is_error"] for entry in entries)


def test_calls_of_one_reply_share_one_shell(loopback: Loopback, agent: Agent) -> None:
    entries, server = use(
        loopback,
        agent,
        ToolUse("bash", {"command": "mkdir -p deep && cd deep && export WORD=hello"}),
        ToolUse("bash", {"command": "basename $PWD; echo $WORD"}),
    )
    assert entries[1].text == "deep\nhello"
    assert len(server.bodies[1]["messages"][-1]["content"]) == 2


def test_the_shell_does_not_know_the_key(loopback: Loopback, agent: Agent) -> None:
    entries, _ = use(loopback, agent, ToolUse("bash", {"command": "env"}))
    assert "PATH=" in entries[0].text
    assert "ANTHROPIC" not in entries[0].text


def test_a_failing_command_tells_its_exit_code(loopback: Loopback, agent: Agent) -> None:
    entries, _ = use(loopback, agent, ToolUse("bash", {"command": "echo no; false"}))
    assert entries[0].text == "no\n(exit code 1)"
    assert entries[0].meta["is_error"] is True


def test_a_shell_that_ended_is_started_anew(loopback: Loopback, agent: Agent) -> None:
    entries, _ = use(
        loopback,
        agent,
        ToolUse("bash", {"command": "exit 3"}),
        ToolUse("bash", {"command": "echo back"}),
        ToolUse("bash", {"restart": True}),
    )
    assert entries[0].meta["is_error"] is True
    assert entries[1].text == "(a new shell was started)\nback"
    assert entries[2].text == "(a new shell was started)"


def test_a_command_that_takes_too_long_is_ended_with_its_children(
    loopback: Loopback, agent: Agent, folder: Path
) -> None:
    command = "sleep 1000 & echo $! > pid; sleep 1000"
    entries, _ = use(loopback, agent, ToolUse("bash", {"command": command, "timeout_ms": 200}))
    assert "timed out" in entries[0].text
    assert not is_alive(int((folder / "pid").read_text()))


def test_the_shell_and_what_it_started_end_with_the_run(
    loopback: Loopback, agent: Agent, folder: Path
) -> None:
    use(
        loopback,
        agent,
        ToolUse("bash", {"command": "echo $$ > shell; sleep 1000 & echo $! > child"}),
    )
    assert not is_alive(int((folder / "shell").read_text()))
    assert not is_alive(int((folder / "child").read_text()))


def test_cancelling_a_command_ends_it_and_the_next_turn_works(
    loopback: Loopback, agent: Agent, folder: Path
) -> None:
    fifo = folder / "started"
    os.mkfifo(fifo)
    server = loopback(
        [ToolUse("bash", {"command": "echo $$ > started; sleep 1000"}), Reply("I see.")]
    )
    session = agent.create_session()

    async def cancel_in_mid_command() -> int:
        task = asyncio.create_task(agent.run("Go", session_id=session.id))
        pid = int(await asyncio.to_thread(fifo.read_text))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return pid

    assert not is_alive(asyncio.run(cancel_in_mid_command()))
    assert run(agent, "What now?", session_id=session.id).output == "I see."
    assert_requests_acceptable(server)


OUTSIDE = {
    "read up": ToolUse("read", {"file_path": "../outside/secret"}),
    "read absolute": ToolUse("read", {"file_path": "{outside}/secret"}),
    "read by link": ToolUse("read", {"file_path": "link"}),
    "read by linked folder": ToolUse("read", {"file_path": "folder/secret"}),
    "write absolute": ToolUse("write", {"file_path": "{outside}/secret", "content": "x"}),
    "write by link": ToolUse("write", {"file_path": "link", "content": "x"}),
    "write new by linked folder": ToolUse("write", {"file_path": "folder/new", "content": "x"}),
    "write by dangling link": ToolUse("write", {"file_path": "dangling", "content": "x"}),
    "edit by link": ToolUse(
        "edit", {"file_path": "link", "old_string": "secret", "new_string": "x"}
    ),
    "glob up": ToolUse("glob", {"pattern": "../**/*"}),
    "glob absolute": ToolUse("glob", {"pattern": "{outside}/*"}),
    "glob by linked folder": ToolUse("glob", {"pattern": "folder/*"}),
    "glob in linked folder": ToolUse("glob", {"pattern": "*", "path": "folder"}),
    "grep up": ToolUse("grep", {"pattern": "secret", "path": ".."}),
    "grep link": ToolUse("grep", {"pattern": "secret", "path": "link"}),
    "grep in linked folder": ToolUse("grep", {"pattern": "secret", "path": "folder"}),
    "grep all": ToolUse("grep", {"pattern": "secret"}),
}


@pytest.mark.parametrize("call", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_the_file_tools_do_not_leave_the_folder(
    loopback: Loopback, agent: Agent, folder: Path, tmp_path: Path, call: ToolUse
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (folder / "link").symlink_to(outside / "secret")
    (folder / "folder").symlink_to(outside)
    (folder / "dangling").symlink_to(outside / "dangling")
    filled = {name: value.replace("{outside}", str(outside)) for name, value in call.input.items()}
    entries, _ = use(loopback, agent, ToolUse(call.name, filled))
    assert entries[0].meta["is_error"] or entries[0].text == "no matches"
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_text() == "secret"


def test_a_search_that_never_ends_is_ended(
    loopback: Loopback, agent: Agent, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tools._SECONDS, "grep", 0.5)
    (folder / "a").write_text("a" * 60)
    calls = [ToolUse("grep", {"pattern": "(a+)+b"}), ToolUse("grep", {"pattern": "a$"})]
    entries, _ = use(loopback, agent, *calls)
    assert entries[0].text == "grep: ended after 0.5 s without a result"
    assert entries[1].text.endswith("a:1:" + "a" * 60)


def test_cancelling_a_search_ends_it(
    loopback: Loopback, agent: Agent, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a").write_text("a" * 60)
    begun: list[int] = []
    real = asyncio.create_subprocess_exec

    async def noted(*command: Any, **options: Any) -> Any:
        process = await real(*command, **options)
        begun.append(process.pid)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    server = loopback([ToolUse("grep", {"pattern": "(a+)+b"}), Reply("Fine.")])
    session = agent.create_session()

    async def cancel_in_mid_search() -> None:
        task = asyncio.create_task(agent.run("Go", session_id=session.id))
        while not begun:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel_in_mid_search())
    assert not is_alive(begun[0])
    assert run(agent, "Never mind", session_id=session.id).output == "Fine."
    assert_requests_acceptable(server)


def test_a_search_runs_no_program_of_the_folder(
    loopback: Loopback, agent: Agent, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "rg").write_text("#!/bin/sh\ntouch ran\n")
    (folder / "rg").chmod(0o700)
    (folder / "a").write_text("needle")
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    entries, _ = use(loopback, agent, ToolUse("grep", {"pattern": "nee"}))
    assert entries[0].text == f"{folder / 'a'}:1:needle"
    assert not (folder / "ran").exists()


def test_every_call_is_asked_about_first(loopback: Loopback, make_agent: MakeAgent) -> None:
    asked: list[tuple[str, str, JsonObject]] = []

    def callback(action: str, resource: str, details: JsonObject) -> bool:
        asked.append((action, resource, details))
        return True

    agent = make_agent(permission_callback=callback)
    use(
        loopback,
        agent,
        ToolUse("bash", {"command": "true"}),
        ToolUse("write", {"file_path": "a", "content": "b"}),
        ToolUse("grep", {"pattern": "b"}),
    )
    session_id = agent.list_sessions()[0].id
    assert asked == [
        ("bash", "true", {"command": "true", "session_id": session_id}),
        ("write", "a", {"file_path": "a", "content": "b", "session_id": session_id}),
        ("grep", ".", {"pattern": "b", "session_id": session_id}),
    ]


async def deny(action: str, resource: str, details: JsonObject) -> Decision:
    return Decision(False, "Not on a Friday.")


def test_a_denial_is_told_to_the_model_and_kept(
    loopback: Loopback, make_agent: MakeAgent, folder: Path
) -> None:
    agent = make_agent(permission_callback=deny)
    entries, server = use(loopback, agent, ToolUse("bash", {"command": "touch done"}))
    told = server.bodies[1]["messages"][-1]["content"][0]
    assert told["content"] == "Denied: Not on a Friday."
    assert told["is_error"] is True
    assert entries[0].meta["permission"] == "denied"
    assert entries[0].meta["permission_reason"] == "Not on a Friday."
    assert not (folder / "done").exists()


@pytest.mark.parametrize("answer", [False, None, "yes", 1, Decision(False)])
def test_only_a_clear_yes_allows(
    loopback: Loopback, make_agent: MakeAgent, folder: Path, answer: Any
) -> None:
    agent = make_agent(permission_callback=lambda *_: answer)
    entries, _ = use(loopback, agent, ToolUse("bash", {"command": "touch done"}))
    assert entries[0].meta["permission"] == "denied"
    assert not (folder / "done").exists()


def test_a_callback_that_fails_denies_and_is_reported(
    loopback: Loopback, make_agent: MakeAgent, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> bool:
        raise KeyError("oops")

    agent = make_agent(permission_callback=broken)
    entries, _ = use(loopback, agent, ToolUse("bash", {"command": "ls"}))
    assert entries[0].text == "Denied: The permission check failed (KeyError)."
    assert "The permission callback failed" in caplog.text


def test_without_a_callback_no_tools_are_offered(loopback: Loopback, make_agent: MakeAgent) -> None:
    entries, server = use(loopback, make_agent(), ToolUse("bash", {"command": "ls"}))
    assert "tools" not in server.bodies[0]
    assert entries[0].meta["permission"] == "denied"


def test_a_tool_that_does_not_exist_is_not_asked_about(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    def never(*_: object) -> bool:
        pytest.fail("asked")

    agent = make_agent(permission_callback=never)
    entries, _ = use(loopback, agent, ToolUse("rm -rf /", {}))
    assert entries[0].text == "Denied: There is no tool named 'rm -rf /'."


@pytest.mark.parametrize(
    "call",
    [
        ToolUse("read", {}),
        ToolUse("read", {"file_path": 7}),
        ToolUse("read", {"file_path": "a\0b"}),
        ToolUse("read", ["not", "an", "object"]),
        ToolUse("edit", {"file_path": "a", "surprise": True}),
        ToolUse("bash", {"command": ""}),
        ToolUse("bash", {"command": 7}),
        ToolUse("bash", {"command": "a\0b"}),
        ToolUse("bash", {"command": "'"}),
        ToolUse("glob", {"pattern": ""}),
        ToolUse("glob", {"pattern": "**/**/["}),
        ToolUse("grep", {"pattern": "("}),
    ],
    ids=str,
)
def test_input_that_makes_no_sense_is_an_error_for_the_model(
    loopback: Loopback, agent: Agent, call: ToolUse
) -> None:
    if call.input == {"command": "'"}:
        call.input["timeout_ms"] = 100
    entries, _ = use(loopback, agent, call)
    assert entries[0].text


def test_long_output_is_shortened_in_the_middle(loopback: Loopback, agent: Agent) -> None:
    entries, _ = use(loopback, agent, ToolUse("bash", {"command": "seq 15000"}))
    assert entries[0].text.startswith("1\n2\n")
    assert entries[0].text.endswith("15000")
    assert "characters left out" in entries[0].text
    assert len(entries[0].text) < 61_000


def test_file_names_that_are_not_text_do_no_harm(
    loopback: Loopback, agent: Agent, folder: Path
) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.txt")).write_text("x")
    entries, _ = use(loopback, agent, ToolUse("glob", {"pattern": "*.txt"}))
    assert entries[0].text.endswith("?.txt")


@pytest.mark.parametrize(
    ("name", "data", "type_", "media_type"),
    [
        ("dot.png", b"\x89PNG\r\n\x1a\n", "image", "image/png"),
        ("wrongly-named.png", b"\xff\xd8\xff\xe0", "image", "image/jpeg"),
        ("paper.pdf", b"%PDF-1.7\n", "document", "application/pdf"),
    ],
)
def test_an_image_or_pdf_goes_to_the_model_as_what_it_is(
    loopback: Loopback,
    agent: Agent,
    folder: Path,
    name: str,
    data: bytes,
    type_: str,
    media_type: str,
) -> None:
    (folder / name).write_bytes(data)
    entries, server = use(loopback, agent, ToolUse("read", {"file_path": name}))
    (block,) = server.bodies[1]["messages"][-1]["content"][0]["content"]
    assert block["type"] == type_
    assert block["source"]["media_type"] == media_type
    assert base64.b64decode(block["source"]["data"]) == data
    assert entries[0].text == f"[{type_} {media_type.partition('/')[2]}, 1 KB]"


@pytest.mark.parametrize("data", [b"", b"not an image", b"%PDF-1.7"])
def test_a_file_that_is_no_image_is_not_sent_as_one(
    loopback: Loopback, agent: Agent, folder: Path, data: bytes
) -> None:
    (folder / "fake.png").write_bytes(data)
    entries, _ = use(loopback, agent, ToolUse("read", {"file_path": "fake.png"}))
    assert entries[0].text == "read: the file does not hold what its name says"


def test_an_image_that_is_too_large_is_not_read(
    loopback: Loopback, agent: Agent, folder: Path
) -> None:
    with (folder / "huge.png").open("wb") as file:
        file.truncate(5_000_000)
    entries, _ = use(loopback, agent, ToolUse("read", {"file_path": "huge.png"}))
    assert "limit" in entries[0].text


def test_events_tell_of_each_call(loopback: Loopback, agent: Agent) -> None:
    loopback([ToolUse("bash", {"command": "echo hi"}), Reply("Done.")])
    tool_events = [
        event
        for event in events_of(agent, "Go")
        if isinstance(event, ToolRequested | ToolStarted | ToolFinished)
    ]
    assert [type(event) for event in tool_events] == [ToolRequested, ToolStarted, ToolFinished]
    assert {event.call.name for event in tool_events} == {"bash"}


def test_an_event_tells_of_a_denied_call_and_why(loopback: Loopback, make_agent: MakeAgent) -> None:
    loopback([ToolUse("bash", {"command": "ls"}), Reply("Done.")])
    events = events_of(make_agent(permission_callback=deny), "Go")
    (denied,) = [event for event in events if isinstance(event, ToolDenied)]
    assert denied.call.name == "bash"
    assert denied.reason == "Not on a Friday."
    assert denied.entry.meta["permission"] == "denied"
    assert not any(isinstance(event, ToolStarted | ToolFinished) for event in events)


def test_a_session_whose_folder_is_gone_is_not_run_with_tools(
    loopback: Loopback, agent: Agent, folder: Path
) -> None:
    server = loopback()
    session = agent.create_session(cwd=folder / "gone")
    with pytest.raises(InvalidSession, match="gone"):
        run(agent, "Go", session_id=session.id)
    assert server.requests == []


def test_an_error_in_the_run_ends_what_the_shell_started(
    loopback: Loopback, make_agent: MakeAgent, folder: Path
) -> None:
    class Crash(BaseException):
        pass

    def crash(action: str, resource: str, details: JsonObject) -> bool:
        if resource == "crash":
            raise Crash
        return True

    calls = [ToolUse("bash", {"command": "sleep 1000 & echo $! > child"})]
    loopback([Reply(tools=[*calls, ToolUse("bash", {"command": "crash"})])])
    with pytest.raises(Crash):
        run(make_agent(permission_callback=crash), "Go")
    assert not is_alive(int((folder / "child").read_text()))


def test_waiting_for_the_user_can_be_interrupted(loopback: Loopback, make_agent: MakeAgent) -> None:
    server = loopback([ToolUse("bash", {"command": "ls"}), Reply("Fine.")])

    async def never(*_: object) -> bool:
        await asyncio.Event().wait()
        return True

    agent = make_agent(permission_callback=never)
    session = agent.create_session()

    async def give_up() -> None:
        async with aclosing(agent.stream("Go", session_id=session.id)) as events:
            async for event in events:
                if isinstance(event, ToolRequested):
                    break

    asyncio.run(give_up())
    assert run(agent, "Never mind", session_id=session.id).output == "Fine."
    assert_requests_acceptable(server)
