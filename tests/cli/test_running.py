from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentsess.model import EntryKind
from agentsess.sessions.service import SessionService
from support.commands import Run, asking
from support.loopback import Hold, HttpError, LoopbackServer, Reply, ToolUse

Loopback = Callable[..., LoopbackServer]


@pytest.fixture
def session_id(service: SessionService, tmp_path: Path) -> str:
    folder = tmp_path / "work"
    folder.mkdir()
    return service.create(title="Basket", cwd=str(folder)).id


def test_the_reply_is_printed_and_kept(
    run: Run, loopback: Loopback, service: SessionService, session_id: str
) -> None:
    loopback([Reply("Hello there")])
    ran = run("run", session_id[:8], "Say hello")
    assert (ran.code, ran.out) == (0, "Hello there\n")
    kinds = [(e.kind, e.text) for e in service.entries(session_id)]
    assert kinds == [(EntryKind.USER, "Say hello"), (EntryKind.ASSISTANT, "Hello there")]


def test_json_is_one_object_at_the_end(run: Run, loopback: Loopback, session_id: str) -> None:
    loopback([Reply("Hello", input_tokens=11, output_tokens=7)])
    value = run("run", session_id, "Say hello", "--json").json
    assert value.keys() == {"output", "session_id", "stop_reason", "usage", "cost_usd"}
    assert (value["output"], value["stop_reason"]) == ("Hello", "end_turn")
    assert value["session_id"] == session_id
    assert (value["usage"]["input"], value["usage"]["output"]) == (11, 7)


def test_a_dash_reads_the_task_from_standard_input(
    run: Run, loopback: Loopback, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = loopback([Reply("ok")])
    monkeypatch.setattr(sys, "stdin", io.StringIO("from a pipe"))
    assert run("run", session_id, "-").code == 0
    assert "from a pipe" in str(server.bodies[0]["messages"])


def test_without_allow_no_tools_are_offered(run: Run, loopback: Loopback, session_id: str) -> None:
    server = loopback([Reply("ok")])
    run("run", session_id, "Look")
    assert not server.bodies[0].get("tools")


def test_an_allowed_tool_is_used_and_another_is_refused(
    run: Run, loopback: Loopback, session_id: str, tmp_path: Path
) -> None:
    (tmp_path / "work" / "a.txt").write_text("inside")
    server = loopback(
        [
            Reply(
                tools=[ToolUse("read", {"file_path": "a.txt"}), ToolUse("bash", {"command": "ls"})]
            ),
            Reply("done"),
        ]
    )
    ran = run("run", session_id, "Look", "--allow", "read,grep")
    assert ran.out == "done\n"
    assert "read a.txt" in ran.err
    results = str(server.bodies[1]["messages"][-1])
    assert "inside" in results
    assert "may be used" in results


def test_an_escape_in_a_reply_does_not_reach_the_terminal(
    run: Run, loopback: Loopback, session_id: str
) -> None:
    loopback([Reply("a\x1b[2Jb\x9bc")])
    assert "\x1b" not in run("run", session_id, "x").out


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (HttpError(401, "bad key", "authentication_error"), "RequestRefused"),
        (HttpError(400, "no", "invalid_request_error"), "RequestRefused"),
    ],
)
def test_a_model_that_could_not_be_asked_is_exit_code_five(
    run: Run, loopback: Loopback, session_id: str, step: HttpError, kind: str
) -> None:
    loopback([step])
    ran = run("run", session_id, "x", "--json")
    assert ran.code == 5
    assert ran.json["error"]["type"] == kind
    assert ran.err.startswith("agentsess-tui: ")


def test_no_key_is_exit_code_five_and_says_what_to_do(
    run: Run, service: SessionService, session_id: str
) -> None:
    ran = run("run", session_id, "x")
    assert ran.code == 5
    assert "ANTHROPIC_API_KEY" in ran.err
    assert service.page(session_id).entries[0].text == "x"


def test_a_locked_session_is_exit_code_four(
    run: Run, loopback: Loopback, service: SessionService, session_id: str
) -> None:
    loopback()
    with service.writer(session_id, agent="coder"):
        assert run("run", session_id, "x").code == 4


@pytest.mark.parametrize("task", ["", "  \n"])
def test_an_empty_task_is_wrong_usage(run: Run, session_id: str, task: str) -> None:
    assert run("run", session_id, task).code == 2


def test_an_unknown_tool_is_wrong_usage(run: Run, session_id: str) -> None:
    ran = run("run", session_id, "x", "--allow", "telepathy")
    assert ran.code == 2
    assert "bash, read" in ran.err


def test_on_a_terminal_each_tool_call_is_asked_about(
    loopback: Loopback, home: Path, session_id: str
) -> None:
    server = loopback(
        [
            ToolUse("bash", {"command": "echo \u202eyes"}),
            ToolUse("bash", {"command": "echo no"}),
            Reply("done"),
        ]
    )
    with asking(session_id, "x", server.environment) as run:
        for answer in (b"y\n", b"\n"):
            run.answers(b"[y/N] ", answer)
        assert run.output() == b"done\n"
    # The whole input is shown, and nothing in it can hide.
    assert b'Allow bash {"command":"echo \\u202eyes"}?' in run.shown
    first, second = (str(body["messages"][-1]) for body in server.bodies[1:])
    assert "yes" in first
    assert "refused" in second


def test_an_interrupt_keeps_what_was_said_and_is_exit_code_130(
    loopback: Loopback, home: Path, service: SessionService, session_id: str
) -> None:
    server = loopback([Hold(Reply("Half of it"), after_events=5)])
    process = subprocess.Popen(
        [sys.executable, "-m", "agentsess", "run", session_id, "x"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **server.environment},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.read(4) == b"Half"
        process.send_signal(2)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in err
    texts = [e.text for e in service.entries(session_id)]
    assert texts[0] == "x"
    assert any("Half" in text for text in texts[1:])
    assert service.owner(session_id) is None


def test_a_file_is_shown_to_the_model(
    run: Run, loopback: Loopback, session_id: str, tmp_path: Path
) -> None:
    server = loopback([Reply("A chart.")])
    (tmp_path / "chart.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    ran = run("run", session_id, "What is it?", "--attach", str(tmp_path / "chart.png"))
    assert (ran.code, ran.out) == (0, "A chart.\n")
    assert server.bodies[0]["messages"][0]["content"][0]["type"] == "image"


@pytest.mark.parametrize("name", ["notes.txt", "gone.png"])
def test_a_file_that_cannot_be_shown_is_said_and_nothing_is_asked(
    run: Run, loopback: Loopback, session_id: str, tmp_path: Path, name: str
) -> None:
    server = loopback([Reply("no")])
    (tmp_path / "notes.txt").write_text("words")
    ran = run("run", session_id, "What is it?", "--attach", str(tmp_path / name))
    assert ran.code != 0
    assert name in ran.err
    assert server.bodies == []
