"""The programs that the public API is made for, as a user would write them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from agentsess import Agent
from agentsess.model import Draft, Entry, EntryKind, utc_now
from support.agents import assert_requests_acceptable, wait_until_gone
from support.loopback import Hold, LoopbackServer, Reply, ToolUse

CREATE = """
from agentsess import Agent, Session

agent = Agent()
session: Session = agent.create_session(
    metadata={"project": "migration-v2", "user": "ada", "description": "Python 2 to 3"}
)
print(session.id)
"""
RUN_WITH_TOOLS = """
import asyncio
import sys
from agentsess import Agent

agent = Agent(permission_callback=lambda action, resource, details: True)
result = asyncio.run(agent.run(sys.argv[2], session_id=sys.argv[1]))
print(result.output)
"""
RUN = """
import asyncio
import sys
from agentsess import Agent

async def main():
    agent = Agent()
    result = await agent.run(sys.argv[2], session_id=sys.argv[1])
    print(result.output)

asyncio.run(main())
"""


def python(program: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        capture_output=True,
        text=True,
        env=os.environ,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AGENTSESS_HOME", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)


def test_three_days_in_three_processes_carry_the_whole_history_once(
    loopback: Callable[..., LoopbackServer],
) -> None:
    server = loopback([Reply("Plan made."), Reply("Half done."), Reply("All done.")])
    session_id = python(CREATE)
    days = ["Plan the migration.", "Go on.", "Finish it."]
    outputs = [python(RUN, session_id, task) for task in days]
    assert outputs == ["Plan made.", "Half done.", "All done."]
    messages = [body["messages"] for body in server.bodies]
    assert [len(m) for m in messages] == [1, 3, 5]
    assert messages[2][:3] == messages[1]
    assert messages[1][:1] == messages[0]
    said = [m["content"] if m["role"] == "user" else m["content"][0]["text"] for m in messages[2]]
    assert said == [days[0], outputs[0], days[1], outputs[1], days[2]]


def test_three_days_in_three_processes_do_real_work(
    loopback: Callable[..., LoopbackServer], tmp_path: Path
) -> None:
    code = "def double(n):\n    return n + n\n"
    check = "python3 -c 'import sums; print(sums.double(4))'"
    server = loopback(
        [
            ToolUse("write", {"file_path": "sums.py", "content": code}),
            Reply("Written."),
            Reply(
                "I make it plainer.",
                tools=[
                    ToolUse("read", {"file_path": "sums.py"}),
                    ToolUse(
                        "edit",
                        {"file_path": "sums.py", "old_string": "n + n", "new_string": "2 * n"},
                    ),
                ],
            ),
            Reply("Plainer."),
            ToolUse("bash", {"command": check}),
            Reply("It works."),
        ]
    )
    session_id = python(CREATE)
    days = ["Write a module.", "Make it plainer.", "Check it."]
    outputs = [python(RUN_WITH_TOOLS, session_id, task) for task in days]
    assert outputs == ["Written.", "Plainer.", "It works."]
    assert (tmp_path / "sums.py").read_text() == code.replace("n + n", "2 * n")
    messages = [body["messages"] for body in server.bodies]
    assert all(after[: len(m)] == m for m, after in pairwise(messages))
    assert messages[-1][-1]["content"][0]["content"] == "8"
    assert_requests_acceptable(server)


def test_several_sessions_are_listed_run_and_deleted(
    loopback: Callable[..., LoopbackServer],
) -> None:
    Path("change.diff").write_text("+ eval(input())\n")
    server = loopback(
        [
            Reply(
                "I look.",
                tools=[
                    ToolUse("grep", {"pattern": "eval"}),
                    ToolUse("bash", {"command": "git apply change.diff"}),
                    ToolUse("add_comment", {"line": 1, "text": "Dangerous."}),
                ],
            ),
            Reply("Reviewed."),
        ]
    )
    comments: list[tuple[int, str]] = []

    def add_comment(line: int, text: str) -> str:
        """Comment on a line of the change."""
        comments.append((line, text))
        return f"{len(comments)} so far"

    agent = Agent(
        permission_callback=lambda action, resource, details: action != "bash",
        tools=[add_comment],
    )
    sessions = [
        agent.create_session(
            metadata={
                "task": task,
                "created_at": datetime.now(UTC).isoformat(),
                "priority": priority,
            }
        )
        for task, priority in [("code-review", "high"), ("docs", "low"), ("tests", "medium")]
    ]

    async def main() -> str:
        result = await agent.run("Review the pull request.", session_id=sessions[0].id)
        return result.output

    assert asyncio.run(main()) == "Reviewed."
    assert comments == [(1, "Dangerous.")]
    found, denied, commented = server.bodies[1]["messages"][-1]["content"]
    assert "change.diff:1:+ eval(input())" in found["content"]
    assert denied["content"].startswith("Denied")
    assert commented["content"] == "1 so far"
    listed = agent.list_sessions(limit=10)
    assert [s.metadata.get("task") for s in listed] == ["code-review", "tests", "docs"]
    agent.update_session(sessions[1].id, status="completed")
    for s in agent.list_sessions(limit=10):
        if s.status == "completed":
            agent.delete_session(s.id)
    assert {s.metadata.get("task") for s in agent.list_sessions(limit=10)} == {
        "code-review",
        "tests",
    }


def test_a_long_task_with_tools_is_measured(loopback: Callable[..., LoopbackServer]) -> None:
    server = loopback(
        [
            ToolUse("bash", {"command": "echo one > report.txt && cat report.txt"}),
            Reply("Phase one."),
            Reply("Phase two."),
            Reply("Phase three.", cache_read=100),
        ]
    )
    agent = Agent(
        model="claude-sonnet-5-5",
        permission_callback=lambda action, resource, details: True,
    )
    session = agent.create_session(
        metadata={"project": "audit", "team": ["ada", "grace"], "limits": {"hours": 8}}
    )

    async def main() -> None:
        for phase in ("one", "two", "three"):
            await agent.run(f"Do phase {phase}.", session_id=session.id)

    asyncio.run(main())
    session = agent.get_session(session.id)
    assert session.duration_seconds > 0
    assert session.message_count == 7
    assert session.token_count == 4 * 15 + 100
    assert session.metadata["limits"] == {"hours": 8}
    assert Path("report.txt").read_text() == "one\n"
    assert_requests_acceptable(server)


def test_what_the_package_offers_is_listed_before_it_is_imported() -> None:
    assert python("import agentsess; print('Agent' in dir(agentsess))") == "True"


def test_nothing_heavy_is_imported_before_the_first_request() -> None:
    program = """
import sys
from agentsess import Agent, Session
Agent(permission_callback=lambda *_: True).create_session()
print(sorted({"anthropic", "genai_prices", "httpx2", "textual", "pydantic"} & set(sys.modules)))
"""
    assert python(program) == "[]"


def test_a_process_killed_in_mid_answer_leaves_a_session_that_goes_on(
    loopback: Callable[..., LoopbackServer],
) -> None:
    server = loopback([Hold(Reply("one two three four"), after_events=5), Reply("Here I am.")])
    agent = Agent()
    session = agent.create_session()
    with subprocess.Popen([sys.executable, "-c", RUN, session.id, "Count."]) as process:
        server.wait_until_holding()
        process.kill()
    result = asyncio.run(agent.run("Go on.", session_id=session.id))
    assert result.output == "Here I am."
    assert [m["content"] for m in server.bodies[1]["messages"]] == ["Count.", "Go on."]
    assert_requests_acceptable(server)


def test_a_process_killed_in_mid_answer_leaves_a_session_that_says_so_once(
    loopback: Callable[..., LoopbackServer],
) -> None:
    server = loopback(
        [Hold(Reply("one two three four"), after_events=5), Reply("One."), Reply("Two.")]
    )
    agent = Agent()
    session = agent.create_session()
    with subprocess.Popen([sys.executable, "-c", RUN, session.id, "Count."]) as process:
        server.wait_until_holding()
        told = [fact.text for fact in agent.recap(session.id).blockers]
        assert told == []  # it is at work
        process.kill()
    assert [fact.text for fact in agent.recap(session.id).blockers] == ["The last run broke off."]
    asyncio.run(agent.run("Count.", session_id=session.id))
    asyncio.run(agent.run("More.", session_id=session.id))
    assert agent.recap(session.id).blockers == ()
    events = [e for e in agent.service.entries(session.id) if e.kind is EntryKind.EVENT]
    assert [(event.seq, event.meta["event"]) for event in events] == [(2, "repaired")]
    assert "before its reply was saved; what that took is not counted" in events[0].text
    assert [m["content"] for m in server.bodies[1]["messages"]] == ["Count."]


def test_a_run_cut_between_a_result_and_the_reply_is_told_of_once(
    loopback: Callable[..., LoopbackServer],
) -> None:
    cut = Hold(Reply("one two"), after_events=3)
    server = loopback([ToolUse("bash", {"command": "true"}), cut, Reply("Here.")])
    agent = Agent(permission_callback=lambda *_: True)
    session = agent.create_session()
    with subprocess.Popen([sys.executable, "-c", RUN_WITH_TOOLS, session.id, "Go."]) as process:
        server.wait_until_holding()
        process.kill()
    asyncio.run(agent.run("Go on.", session_id=session.id))
    events = [e for e in agent.service.entries(session.id) if e.kind is EntryKind.EVENT]
    assert [event.meta["event"] for event in events] == ["repaired"]
    assert "before its reply was saved" in events[0].text


@pytest.mark.parametrize("way", ["fork", "rewind", "continue"])
def test_where_a_history_was_made_to_end_with_a_prompt_no_run_broke_off(
    loopback: Callable[..., LoopbackServer], way: str
) -> None:
    loopback([Reply("One."), Reply("Here.")])
    agent = Agent()
    session = agent.create_session()
    service = agent.service
    if way == "rewind":
        with service.writer(session.id) as writer:
            writer.append(Draft(EntryKind.USER, "Count."))
        snapshot = service.branches.snapshot(session.id)
    asyncio.run(agent.run("Count.", session_id=session.id))
    if way == "fork":
        session = service.branches.fork(session.id, at=1)
    elif way == "rewind":
        service.branches.rewind(snapshot)
    else:
        session = service.create()
        with service.writer(session.id) as writer:
            writer.carry_over([Entry(1, EntryKind.USER, "Count.", utc_now())], "another")
    assert agent.recap(session.id).blockers == ()
    asyncio.run(agent.run("Go on.", session_id=session.id))
    assert not [e for e in service.entries(session.id) if e.kind is EntryKind.EVENT]


def test_a_process_killed_while_a_tool_is_at_work_leaves_a_session_that_is_repaired(
    loopback: Callable[..., LoopbackServer], tmp_path: Path
) -> None:
    command = "sleep 1000 & echo $! > started; sleep 1000"
    server = loopback([ToolUse("bash", {"command": command}), Reply("Here I am.")])
    os.mkfifo(tmp_path / "started")
    agent = Agent(permission_callback=lambda *_: True)
    session = agent.create_session()
    with subprocess.Popen([sys.executable, "-c", RUN_WITH_TOOLS, session.id, "Go."]) as process:
        background = int((tmp_path / "started").read_text())
        process.kill()
    wait_until_gone(background)
    result = asyncio.run(agent.run("What happened?", session_id=session.id))
    assert result.output == "Here I am."
    _, _, answer, repaired, *_ = agent.service.entries(session.id)
    assert answer.text == server.bodies[1]["messages"][2]["content"][0]["content"]
    assert "did not finish. Whether it had any effect is not known" in answer.text
    assert repaired.meta["event"] == "repaired"
    assert_requests_acceptable(server)
