"""Sessions of Claude Code in the list: read where they are, resumed there or continued here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agentsess.model import EntryKind, Status
from agentsess.sources.base import ResumeCommand
from agentsess.sources.claude_code import ClaudeCodeSource
from agentsess.ui.app import AgentsessApp
from agentsess.ui.widgets.prompt import Prompt
from agentsess.ui.widgets.recap_card import RecapCard
from support.claude_history import Transcript, write_history
from support.loopback import LoopbackServer, Reply
from support.screens import User, files_of, using, write_sessions

pytestmark = pytest.mark.anyio

Loopback = Callable[..., LoopbackServer]
SESSION_ID = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def claude(tmp_path: Path) -> Path:
    root = tmp_path / "claude"
    project = tmp_path / "shop"
    project.mkdir()
    session = Transcript(SESSION_ID, cwd=str(project), branch="fix/checkout")
    session.prompt("Find the flaky test").tool(
        "Bash", {"command": "pytest -q"}, "1 failed", say="I run them."
    )
    session.reply("It is **test_lock**.")
    session.write(root)
    return root


@pytest.fixture
def app(tmp_path: Path, claude: Path, monkeypatch: pytest.MonkeyPatch) -> AgentsessApp:
    empty = tmp_path / "bin"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    sources = [ClaudeCodeSource(claude)]
    return AgentsessApp(tmp_path / "store", sources=sources, folder=str(tmp_path))


def install_claude(tmp_path: Path) -> Path:
    """A `claude` that notes how it was called; the value is where."""
    notes = tmp_path / "called.json"
    script = tmp_path / "bin" / "claude"
    script.write_text(
        f'#!/bin/sh\nprintf \'{{"argv": "%s", "cwd": "%s"}}\' "$*" "$(pwd)" > {notes}\n'
    )
    script.chmod(0o755)
    return notes


async def asked_how(user: User) -> None:
    await user.press("c")
    await user.sees("Where things stand", "Only read")
    await user.until(lambda: isinstance(user.app.focused, RecapCard), "the card in focus")


async def test_a_session_of_claude_code_is_listed_opened_and_left_as_it_is(
    app: AgentsessApp, claude: Path
) -> None:
    before = files_of(claude)
    async with using(app, size=(140, 40)) as user:
        assert user.titles == ["Find the flaky test"]
        await user.opens("Find the flaky test")
        await user.sees("Claude Code", "fix/checkout", "It is test_lock.", "Bash", "kept by")
    assert files_of(claude) == before


async def test_its_prompt_is_closed_and_says_how_to_go_on(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.opens("Find the flaky test")
        await user.sees("A session of Claude Code, read-only: c resumes it")
        await user.press("ctrl+l", "h", "i", "enter")
        assert user.prompt == ""
        assert user.main.chat.prompt.read_only


async def test_status_tags_notes_and_title_are_ours_and_nothing_is_written_there(
    app: AgentsessApp, claude: Path
) -> None:
    before = files_of(claude)
    async with using(app) as user:
        await user.press("p", "t")
        await user.types("q4", "enter")
        await user.until(lambda: user.service.list()[0].tags, "the tag")
        await user.press("r")
        await user.fills("Flaky checkout", "enter")
        await user.until(lambda: user.titles == ["Flaky checkout"], "the title")
        assert user.service.list()[0].status is Status.PAUSED
        await user.press("z", "z", "z")
        await user.until(lambda: user.titles == ["Find the flaky test"], "the former title")
        await user.until(lambda: user.service.list()[0].status is Status.ACTIVE, "active")
    assert files_of(claude) == before


async def test_c_without_the_command_offers_to_continue_here(app: AgentsessApp) -> None:
    async with using(app) as user:
        await asked_how(user)
        await user.sees("Continue here", "not installed")
        assert "Hand over" not in user.screen
        await user.press("escape")
        await user.sees_no_more("Where things stand")
        assert len(user.service.list()) == 1


async def test_continuing_here_makes_a_session_of_ours_with_its_conversation(
    app: AgentsessApp, loopback: Loopback, tmp_path: Path
) -> None:
    server = loopback([Reply("Then I fix the lock.")])
    async with using(app) as user:
        await asked_how(user)
        await user.press("enter")
        await user.until(lambda: user.opened and user.opened.is_own, "a session of ours")
        await user.sees("Where things stand")
        await user.until(lambda: isinstance(user.app.focused, Prompt), "the prompt")
        ours = user.opened
        assert ours
        assert (ours.title, ours.parent_id) == ("Find the flaky test", SESSION_ID)
        assert ours.cwd == str(tmp_path / "shop")
        assert len(user.service.list()) == 2
        await user.types("Fix it", "enter")
        await user.sees("Then I fix the lock.")
    said = json.dumps(server.bodies[-1]["messages"])
    assert "Find the flaky test" in said
    assert said.count("It is **test_lock**.") == 1
    assert said.count("Fix it") == 1


async def test_c_with_the_command_offers_to_hand_over(
    app: AgentsessApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_claude(tmp_path)
    handed: list[ResumeCommand] = []
    async with using(app) as user:
        monkeypatch.setattr(user.main, "hand_over", handed.append)
        await asked_how(user)
        await user.sees("Hand over to Claude Code", "Continue here")
        await user.press("c")
        await user.until(lambda: handed, "the hand-over")
    (command,) = handed
    assert command.argv[1:] == ("--resume", SESSION_ID)
    assert str(command.cwd) == str(tmp_path / "shop")


async def test_a_terminal_that_cannot_be_handed_over_is_said(
    app: AgentsessApp, tmp_path: Path
) -> None:
    notes = install_claude(tmp_path)
    async with using(app) as user:
        await asked_how(user)
        await user.press("c")
        await user.is_told("cannot be handed over")
    assert not notes.exists()


async def test_its_trash_only_hides_it_and_it_is_never_deleted(
    app: AgentsessApp, claude: Path
) -> None:
    before = files_of(claude)
    async with using(app, empty=True) as user:
        await user.until(lambda: user.titles, "the session")
        await user.press("D")
        await user.is_told("not ours to delete")
        await user.press("d")
        await user.is_told("Hid (its file stays)")
        await user.until(lambda: not user.titles, "an empty list")
        await user.press("z")
        await user.until(lambda: user.titles, "the session")
    assert files_of(claude) == before


async def test_its_copy_is_deleted_for_good_once_the_original_is_gone(
    app: AgentsessApp, claude: Path, tmp_path: Path
) -> None:
    async with using(app, empty=True) as user:
        await user.until(lambda: user.titles, "the session")
        await user.press("a")
        await user.until(lambda: not user.titles, "it is archived")
        for path in claude.rglob("*.jsonl"):
            path.unlink()
        await user.press("/")
        await user.types("status:archived", "enter")
        await user.until(lambda: user.titles, "the archived session")
        await user.press("D")
        await user.sees(
            "Nothing else is left of what another program kept", "Delete 1 session for good"
        )
        await user.press("y")
        await user.until(lambda: not user.titles, "an empty list")
    assert not list((tmp_path / "store").glob("archive/*.zst"))


async def test_sessions_of_both_stand_in_one_list(tmp_path: Path) -> None:
    write_sessions(tmp_path / "store", ["Ours"])
    written = write_history(tmp_path / "claude", 30, bulk=2_000, empty=0.0)
    app = AgentsessApp(tmp_path / "store", sources=[ClaudeCodeSource(tmp_path / "claude")])
    async with using(app) as user:
        await user.until(lambda: len(user.titles) == 31, "all of them")
        listed = {session.id for session in user.main.sessions.shown}
        assert {one.id for one in written} < listed
        await user.press("/")
        await user.types("source:claude -case")
        await user.until(lambda: len(user.titles) < 31, "the filter")


async def test_what_claude_code_adds_appears_on_reload(
    app: AgentsessApp, claude: Path, tmp_path: Path
) -> None:
    async with using(app) as user:
        new = Transcript("22222222-2222-4333-8444-555555555555", cwd=str(tmp_path / "shop"))
        new.prompt("A newer one").reply("Yes.").write(claude)
        await user.press("R")
        await user.until(lambda: "A newer one" in user.titles, "the newer one")


async def test_a_file_that_is_gone_is_said_and_the_rest_works(
    app: AgentsessApp, claude: Path, tmp_path: Path
) -> None:
    other = Transcript("22222222-2222-4333-8444-555555555555", cwd=str(tmp_path / "shop"))
    other.wait(9_000).prompt("The other").reply("Yes.").write(claude)
    async with using(app) as user:
        await user.until(lambda: len(user.titles) == 2, "both")
        next(claude.rglob(f"{SESSION_ID}.jsonl")).unlink()
        await user.goes_to("Find the flaky test")
        await user.press("enter", "c", "escape", "w", "e")
        await user.press("1", "R")
        await user.until(lambda: user.titles == ["The other"], "the list without it")


async def test_the_entries_of_a_tool_keep_their_kind_when_continued(app: AgentsessApp) -> None:
    async with using(app) as user:
        await asked_how(user)
        await user.press("enter")
        await user.until(lambda: user.opened and user.opened.is_own, "a session of ours")
        assert user.opened
        kinds = [entry.kind for entry in user.service.entries(user.opened.id)]
        assert EntryKind.TOOL_RESULT in kinds
