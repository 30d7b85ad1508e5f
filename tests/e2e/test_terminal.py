"""The installed command in a real terminal, from the first start to the last goodbye."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.claude_history import Transcript, Written, write_history
from support.loopback import Hold, LoopbackServer, Reply, ToolUse
from support.terminal import Terminal, installed

Loopback = Callable[..., LoopbackServer]
COMMAND = installed("agentsess-tui")
FOCUS_OUT = "\x1b[O"
"""What a terminal says when another window comes to the front."""


def listed() -> list[dict[str, Any]]:
    """What the scripting command says of the sessions."""
    done = subprocess.run([COMMAND, "list", "--json"], capture_output=True, check=True, timeout=60)
    sessions: list[dict[str, Any]] = json.loads(done.stdout)
    return sessions


def leaves(terminal: Terminal) -> None:
    """Quit, and see the terminal given back as it was."""
    terminal.press("q")
    assert terminal.ends() == 0
    raw = terminal.raw
    assert raw.rfind(b"\x1b[?1049l") > raw.rfind(b"\x1b[?1049h")  # the other screen
    assert raw.rfind(b"\x1b[?25h") > raw.rfind(b"\x1b[?25l")  # the cursor
    assert raw.rfind(b"\x1b[?1000l") > raw.rfind(b"\x1b[?1000h")  # the mouse
    assert b"Traceback" not in raw


def test_the_whole_path(project: Path, tmp_path: Path, loopback: Loopback) -> None:
    written = write_history(tmp_path / "claude", 12, bulk=4_000, empty=0, ai_titled=0, titled=0)
    plan = Reply("The plan has *three* steps.\n\n- [ ] port the reader")
    loopback([plan, Reply("It is ported.")])

    with Terminal(COMMAND, cwd=project) as terminal:
        find_and_open(terminal, written[7])
        begin_and_pause(terminal)
        leaves(terminal)
    (session,) = [one for one in listed() if one["source"] == "agentsess"]
    assert (session["status"], session["message_count"]) == ("paused", 2)

    with Terminal(COMMAND, cwd=project) as terminal:
        resume_and_archive(terminal)
        prune_and_undo(terminal)
        leaves(terminal)
    (session,) = [one for one in listed() if one["source"] == "agentsess"]
    assert (session["status"], session["message_count"]) == ("archived", 4)


def find_and_open(terminal: Terminal, one: Written) -> None:
    """Filter for a session of Claude Code, read it, and take the filter off."""
    terminal.sees("12 sessions", "Claude Code", "enter Open")
    terminal.press("/")
    terminal.sees("12 sessions", without="enter Open")
    terminal.press("case 7)")
    terminal.sees("1 of 12 sessions", one.title[:12])
    terminal.press("enter")
    terminal.sees("enter Open")
    terminal.press("enter")
    terminal.sees("Unfold", "read-only: c resumes it", one.prompts[0][:20])
    terminal.press("1")
    terminal.sees("enter Open")
    terminal.press("escape")
    terminal.sees("12 sessions", without="1 of 12")


def begin_and_pause(terminal: Terminal) -> None:
    """Start a session, see the answer, and pause it."""
    terminal.press("ctrl+n")
    terminal.sees("What is to be done in ledger?")
    terminal.press("Port the reader to Python 3", "enter")
    terminal.sees("The plan has three steps.", "▸ Port the reader", without="working")
    terminal.press("escape")
    terminal.sees("Unfold")
    terminal.press("p")
    terminal.sees("‖ Port the reader", "Paused “Port the reader")


def resume_and_archive(terminal: Terminal) -> None:
    """Come back to the paused session, go on, and put it away."""
    terminal.sees("13 sessions", "‖ Port the reader", "enter Open")
    terminal.press("c")
    terminal.sees("Where things stand", "port the reader", "Only read")
    terminal.press("enter")
    terminal.sees("active", "Send")
    terminal.press("go on", "enter")
    terminal.sees("It is ported.", without="working")
    terminal.press("escape")
    terminal.sees("Unfold")
    terminal.press("a")
    terminal.sees("Archived “Port the reader", "12 sessions · 1 archived")


def prune_and_undo(terminal: Terminal) -> None:
    """Clear the archive out, and take that back."""
    terminal.press("P")
    terminal.sees("Older than", "Status", "Nothing fits the rule.")
    terminal.press("ctrl+u")
    terminal.sees("30d, 12h, 6mo")
    terminal.press("tab")
    terminal.settles()
    terminal.press("ctrl+u")
    terminal.sees("completed, paused …")
    terminal.press("archived")
    terminal.sees("1 session,", "would go to the trash", "Port the reader")
    terminal.press("ctrl+s")
    terminal.sees("moved to the trash", "12 sessions", without="1 archived")
    assert len(listed()) == 12
    terminal.press("z")
    terminal.sees("12 sessions · 1 archived")


def answers(terminal: Terminal, key: str) -> None:
    """Answer a tool's question; a key that comes too early is not taken for an answer."""
    while "allow once" in terminal.screen:
        terminal.press(key)
        terminal.settles()


def test_the_first_minute_of_the_demo(project: Path, tmp_path: Path) -> None:
    with Terminal(COMMAND, "--demo", cwd=project) as terminal:
        terminal.sees("Sessions · DEMO", "13 sessions", "Why did checkout p95")
        terminal.press("ctrl+n")
        terminal.sees("New session")
        terminal.press("run the tests", "enter")
        terminal.sees("wants to run a command", "python3 -m unittest", "allow once")
        answers(terminal, "y")
        terminal.sees("test files fail", "Say continue", "14 sessions", without="working")
        terminal.press("escape")
        terminal.sees("Unfold")
        terminal.press("p")
        terminal.sees("‖ run the tests", "Paused “run the tests”")
        terminal.press("c")
        terminal.sees("Where things stand", "Only read")
        terminal.press("enter")
        terminal.sees("Send")
        terminal.press("fix the failing tests", "enter")
        terminal.sees("allow once", "python3 -m unittest")
        answers(terminal, "n")
        terminal.sees("or say continue", without="working")
        terminal.press("escape")
        terminal.sees("Unfold")
        terminal.press("q")
        terminal.sees("“run the tests” stays active", "Pause all and leave")
        leaves(terminal)
    assert not (tmp_path / "store").exists()
    assert not list(project.iterdir())


def test_a_killed_app_has_lost_nothing_that_was_saved(project: Path, loopback: Loopback) -> None:
    server = loopback([Hold(Reply("These words are on their way, and more"), 6), Reply("I go on.")])
    with Terminal(COMMAND, cwd=project) as terminal:
        terminal.sees("No sessions yet")
        terminal.press("ctrl+n")
        terminal.sees("New session")
        terminal.press("Count to a million", "enter")
        terminal.sees("These words are")
        terminal.kill()

    with Terminal(COMMAND, cwd=project) as terminal:
        terminal.sees("1 session", "▸ Count to a million")
        terminal.press("c")
        terminal.sees("Where things stand", "Count to a million", "Only read")
        terminal.press("enter")
        terminal.sees("Send")
        terminal.press("go on", "enter")
        terminal.sees("I go on.", without="working")
        terminal.press("escape")
        terminal.sees("Unfold")
        terminal.press("q")
        terminal.sees("stays active")
        leaves(terminal)
    asked = json.dumps(server.bodies[-1]["messages"])
    assert asked.count("Count to a million") == asked.count("go on") == 1
    assert [session["status"] for session in listed()] == ["active"]


def test_the_terminal_is_handed_to_claude_code_and_comes_back(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Transcript("11111111-2222-4333-8444-555555555555", cwd=str(project))
    session.prompt("Find the flaky test").reply("It is test_lock.").write(tmp_path / "claude")
    programs = tmp_path / "bin"
    programs.mkdir()
    script = programs / "claude"
    script.write_text('#!/bin/sh\necho "claude called: $*"; pwd; read answer\n')
    script.chmod(0o755)
    path = f"{programs}:/usr/bin:/bin"
    with Terminal(COMMAND, cwd=tmp_path, env={"PATH": path}) as terminal:
        terminal.sees("1 session", "Find the flaky test")
        terminal.press("c")
        terminal.sees("Hand over to Claude Code")
        terminal.press("c")
        terminal.sees(f"claude called: --resume {session.id}", str(project))
        terminal.press("enter")
        terminal.sees("1 session", "Find the flaky test", without="claude called")
        leaves(terminal)


def test_the_terminal_is_told_while_another_window_is_in_front(
    project: Path, loopback: Loopback
) -> None:
    call = ToolUse("bash", {"command": "ls"})
    server = loopback([Hold(Reply("I look.", tools=[call]), 3), Reply("Done.")])
    with Terminal(COMMAND, cwd=project) as terminal:
        terminal.sees("No session is open")
        terminal.press("ctrl+n")
        terminal.sees("New session")
        terminal.press("Look around", "enter")
        terminal.sees("● Look around")
        terminal.press(FOCUS_OUT)
        server.release()
        terminal.sees("wants to run a command")
        terminal.settles()
        told = "\a\x1b]9;“Look around”: waits for your answer about a tool\x1b\\"
        assert told.encode() in terminal.raw
        assert "“Look around”: waits" not in terminal.screen


def test_leaving_does_not_wait_for_a_large_history_to_be_read(
    project: Path, tmp_path: Path
) -> None:
    write_history(tmp_path / "claude", 400, bulk=60_000)
    with Terminal(COMMAND, cwd=project) as terminal:
        terminal.sees("reading")
        leaves(terminal)


def test_without_a_terminal_it_says_so() -> None:
    done = subprocess.run([COMMAND], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
