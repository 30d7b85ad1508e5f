"""The installed command, left with ctrl+q in the middle of everything it does."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentsess.model import Session
from agentsess.sessions.service import SessionService
from support.agents import assert_requests_acceptable, wait_until_gone
from support.loopback import Hold, LoopbackServer, Reply, ToolUse
from support.screens import write_session
from support.terminal import PATIENCE, Terminal, installed

Loopback = Callable[..., LoopbackServer]
COMMAND = installed("agentsess-tui")
SECONDS = 2.0
"""Within which the program is to be gone, on a machine that does nothing else."""
WORDS = "These words are on their way, and more of them"
SLEEP = "sleep 1000 & echo $! > begun; mv begun started; sleep 1000"


@pytest.fixture
def long_session(project: Path, tmp_path: Path) -> Session:
    """A session that is worth a summary."""
    service = SessionService.open(tmp_path / "store")
    said = [f"line {number} " + "x" * 900 for number in range(8)]
    session = write_session(service, "Basket", *said, cwd=str(project), model="claude-haiku-4-5")
    service.close()
    return session


def begins(terminal: Terminal) -> None:
    """Give the model a first prompt."""
    terminal.sees("No sessions yet")
    terminal.press("ctrl+n")
    terminal.sees("New session")
    terminal.press("Port the reader", "enter")


def allows(terminal: Terminal) -> None:
    """Allow the command that is asked about."""
    terminal.sees("wants to run a command", "allow once")
    while "allow once" in terminal.screen:  # a key that comes too early is no answer
        terminal.press("y")
        terminal.settles()


def number_in(file: Path, terminal: Terminal) -> int:
    """What a file says as soon as there is one; what the program draws is read meanwhile."""
    deadline = time.monotonic() + PATIENCE
    while not file.exists():
        screen = terminal.screen
        assert time.monotonic() < deadline, screen
    return int(file.read_text())


def leaves(terminal: Terminal, *told: str) -> None:
    """Quit with ctrl+q in the middle of something."""
    terminal.press("ctrl+q")
    terminal.sees("Stop and leave", *told)
    terminal.settles()
    is_gone_after("q", terminal)


def is_gone_after(key: str, terminal: Terminal) -> None:
    """Press a key that ends the program, and see the terminal given back as it was."""
    began = time.monotonic()
    terminal.press(key)
    assert terminal.ends() == 0
    took = time.monotonic() - began
    others = os.getloadavg()[0] / (os.cpu_count() or 1)
    assert took < SECONDS * max(1, others)
    raw = terminal.raw
    assert raw.rfind(b"\x1b[?1049l") > raw.rfind(b"\x1b[?1049h")
    assert b"Traceback" not in raw


def printed(*arguments: str) -> Any:
    """What a scripting command prints as JSON."""
    done = subprocess.run([COMMAND, *arguments, "--json"], capture_output=True, check=True)
    return json.loads(done.stdout)


def newest() -> dict[str, Any]:
    """The session that was worked in last."""
    session: dict[str, Any] = printed("list")[0]
    return session


def history() -> list[tuple[str, str]]:
    """Kind, or what an event tells of, and text of each entry of the newest session."""
    entries = printed("show", newest()["id"])["entries"]
    return [(e.get("meta", {}).get("event") or e["kind"], e["text"]) for e in entries]


def goes_on(server: LoopbackServer) -> None:
    """The next prompt is taken by the API and answered."""
    server.default = Reply("I go on.")
    said = printed("run", newest()["id"], "Go on.", "--allow-all")
    assert said["output"] == "I go on."
    assert_requests_acceptable(server)


def test_while_a_reply_streams_in(project: Path, loopback: Loopback) -> None:
    server = loopback([Hold(Reply(WORDS), 6)])
    with Terminal(COMMAND, cwd=project) as terminal:
        begins(terminal)
        terminal.sees("These words")
        leaves(terminal)
    prompt, reply, event = history()
    assert prompt == ("user", "Port the reader")
    assert reply[0] == "assistant"
    assert reply[1].startswith("These words")
    assert event == ("interrupted", "The run was interrupted.")
    goes_on(server)


def test_while_a_command_runs(project: Path, loopback: Loopback) -> None:
    server = loopback([ToolUse("bash", {"command": SLEEP})])
    with Terminal(COMMAND, cwd=project) as terminal:
        begins(terminal)
        allows(terminal)
        background = number_in(project / "started", terminal)
        leaves(terminal)
    wait_until_gone(background)
    kinds = [kind for kind, _ in history()]
    assert kinds == ["user", "assistant", "tool_result", "interrupted"]
    assert history()[2][1].startswith("Interrupted")
    goes_on(server)


def test_while_a_question_is_open(project: Path, loopback: Loopback) -> None:
    server = loopback([ToolUse("bash", {"command": "touch made"})])
    with Terminal(COMMAND, cwd=project) as terminal:
        begins(terminal)
        terminal.sees("wants to run a command", "allow once")
        terminal.settles()
        leaves(terminal)
    assert not list(project.iterdir())
    kinds = [kind for kind, _ in history()]
    assert kinds == ["user", "assistant", "tool_result", "interrupted"]
    assert history()[2][1] == "Interrupted: this call was not made."
    goes_on(server)


@pytest.mark.usefixtures("long_session")
def test_while_a_summary_is_written(project: Path, loopback: Loopback) -> None:
    server = loopback([Hold(Reply("## Goal\n\nPort the basket to Python 3."), 5)])
    before = history()
    with Terminal(COMMAND, cwd=project) as terminal:
        terminal.sees("Basket", "enter Open")
        terminal.press("enter")
        terminal.sees("Unfold", "line 7")
        terminal.press("C")
        terminal.sees("Make room: Basket", "Compact")
        terminal.settles()
        terminal.press("c")
        terminal.sees("Writing a summary")
        server.wait_until_holding()
        leaves(terminal)
    assert [entry for entry in history() if entry[0] != "no_summary"] == before
    goes_on(server)


@pytest.mark.usefixtures("long_session")
def test_while_a_recap_is_written(project: Path, loopback: Loopback) -> None:
    server = loopback([Hold(Reply('{"headline": "The basket is next."}', input_tokens=900), 7)])
    before = history()
    with Terminal(COMMAND, cwd=project) as terminal:
        terminal.sees("Basket", "enter Open")
        terminal.press("w")
        terminal.sees("Where things stand")
        terminal.settles()
        terminal.press("W")
        terminal.sees("Have the recap written", "Write it")
        terminal.settles()
        terminal.press("w")
        terminal.sees("✎ The")
        is_gone_after("ctrl+q", terminal)
    assert history() == before
    assert newest()["tokens"]["input"] == 900, "it is paid for"
    goes_on(server)


def test_while_a_run_waits_for_another(
    project: Path, tmp_path: Path, long_session: Session, loopback: Loopback
) -> None:
    server = loopback()
    before = history()
    other = SessionService.open(tmp_path / "store")
    with other.writer(long_session.id, agent="another"), Terminal(COMMAND, cwd=project) as terminal:
        terminal.sees("Basket", "enter Open")
        terminal.press("enter")
        terminal.sees("Unfold", "line 7")
        terminal.press("i")
        terminal.sees("Send")
        terminal.press("and then?", "enter")
        terminal.sees("In use", "Take it over")
        terminal.settles()
        terminal.press("w")
        terminal.sees("Waiting for the other run")
        leaves(terminal, "it is not kept")
    other.close()
    assert history() == before
    goes_on(server)


def test_a_killed_app_takes_its_command_along_and_the_next_run_is_told(
    project: Path, loopback: Loopback
) -> None:
    server = loopback([ToolUse("bash", {"command": SLEEP})])
    with Terminal(COMMAND, cwd=project) as terminal:
        begins(terminal)
        allows(terminal)
        background = number_in(project / "started", terminal)
        terminal.kill()
    wait_until_gone(background)
    with Terminal(COMMAND, cwd=project) as terminal:
        terminal.sees("1 session", "▸ Port the reader")
        terminal.press("c")
        terminal.sees("Where things stand", "Only read")
        terminal.settles()
        terminal.press("enter")
        terminal.sees("Send")
        server.script = [Reply("I look again.")]
        terminal.press("go on", "enter")
        terminal.sees("I look again.", "broke off while tools were at work", without="working")
    (result,) = server.bodies[-1]["messages"][2]["content"]
    assert result["is_error"]
    assert "Whether it had any effect is not known" in result["content"]
    assert_requests_acceptable(server)
