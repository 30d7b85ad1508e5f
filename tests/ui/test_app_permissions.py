"""Saved permissions in the app: given where a tool asks, used from then on, listed, taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentsess.model import Entry, EntryKind
from agentsess.sessions.permissions import Permission
from agentsess.sessions.service import SessionService
from agentsess.ui.app import AgentsessApp
from agentsess.ui.screens.permissions import PermissionsScreen
from agentsess.ui.widgets.permission import PermissionPrompt
from support.loopback import LoopbackServer, Reply, ToolUse
from support.screens import User, using

pytestmark = pytest.mark.anyio

Loopback = Callable[..., LoopbackServer]


def bash(command: str) -> ToolUse:
    return ToolUse("bash", {"command": command})


async def begins(user: User, text: str) -> None:
    await user.press("ctrl+n")
    await user.types(text, "enter")


async def is_asked(user: User) -> None:
    await user.until(lambda: isinstance(user.app.focused, PermissionPrompt), "the question")


def results(user: User, title: str) -> list[Entry]:
    entries = user.service.entries(user.session(title).id)
    return [entry for entry in entries if entry.kind is EntryKind.TOOL_RESULT]


async def test_what_is_always_allowed_is_asked_once_and_never_more(
    home: Path, project: Path, loopback: Loopback
) -> None:
    loopback(
        [
            Reply(tools=[bash("cat notes.txt")]),
            Reply(tools=[bash("cat -n notes.txt"), bash("cat notes.txt; ls")]),
            Reply("Read."),
            Reply(tools=[bash("cat notes.txt")]),
            Reply("Read again."),
        ]
    )
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Look")
        await is_asked(user)
        await user.press("A")
        await user.sees("From now on, in all sessions of this folder", "“cat” and plain words")
        await user.press("1")
        await user.is_told("Saved: allow bash: cat …")
        await user.sees("cat notes.txt; ls")  # the second one alone is asked about
        await is_asked(user)
        await user.press("n")
        await user.sees("Read.")
        by = [(e.meta["decided_by"], e.meta.get("rule", "")) for e in results(user, "Look")]
        rule = "allow bash: cat …"
        assert by == [("user", rule), ("rule", rule), ("user", "")]
        await begins(user, "Look once more")
        await user.sees("Read again.")


async def test_a_question_leaves_the_footer_its_help(
    home: Path, project: Path, loopback: Loopback
) -> None:
    loopback([Reply(tools=[bash("true")])])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Look")
        await is_asked(user)
        await user.until(lambda: user.screen.rstrip().endswith("f1 Help"), "the footer")
        assert "Deny, saying why" not in user.screen


async def test_a_saved_denial_goes_before_what_the_session_was_allowed(
    home: Path, project: Path, loopback: Loopback
) -> None:
    calls = [bash("true"), bash("true && rm notes.txt"), bash("echo fine")]
    server = loopback([Reply(tools=calls), Reply("Tried.")])
    service = SessionService.open(home)
    service.permissions.save(Permission(str(project), "bash", "deny", "rm"))
    service.close()
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Go")
        await is_asked(user)
        await user.press("a")
        await user.sees("Tried.")
        told = [(e.meta["permission"], e.meta["decided_by"]) for e in results(user, "Go")]
    assert told == [("allowed", "user"), ("denied", "rule"), ("allowed", "session")]
    assert (project / "notes.txt").exists()
    assert "does not allow this in this project" in str(server.bodies[1])


async def test_never_denies_at_once_and_from_then_on(
    home: Path, project: Path, loopback: Loopback
) -> None:
    values = {"file_path": "notes.txt", "old_string": "old", "new_string": "new"}
    loopback([Reply(tools=[ToolUse("edit", values) for _ in "12"]), Reply("I may not.")])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Change it")
        await is_asked(user)
        await user.press("A", "1")
        await user.sees("I may not.")
        assert [e.meta["permission"] for e in results(user, "Change it")] == ["denied"] * 2
    assert (project / "notes.txt").read_text() == "old line\n"


async def test_reading_may_be_allowed_by_a_setting(
    home: Path, project: Path, loopback: Loopback
) -> None:
    home.mkdir()
    (home / "settings.toml").write_text("allow_reading = true\n")
    loopback([Reply(tools=[ToolUse("read", {"file_path": "notes.txt"})]), Reply("Read.")])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Look")
        await user.sees("Read.")
        assert [e.meta["decided_by"] for e in results(user, "Look")] == ["setting"]


async def test_who_allowed_a_call_is_seen_when_it_is_unfolded(
    home: Path, project: Path, loopback: Loopback
) -> None:
    loopback([Reply("I look.", tools=[bash("cat notes.txt")]), Reply("Read.")])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Look")
        await is_asked(user)
        await user.press("y")
        await user.sees("Read.")
        await user.press("escape", "2", "space")
        await user.sees("Allowed by you, ")


async def test_saved_answers_are_listed_removed_and_put_back(home: Path, project: Path) -> None:
    service = SessionService.open(home)
    service.permissions.save(Permission(str(project), "bash", "allow", "pytest"))
    service.permissions.save(Permission(str(project), "write", "deny"))
    service.close()
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await user.press("M")
        await user.sees("allow bash: pytest …", "deny  write")
        await user.press("d")
        await user.sees("Removed: allow bash: pytest …", "z puts it back")
        assert [str(p) for p in user.service.permissions.all()] == ["deny write"]
        await user.press("z")
        await user.until(lambda: len(user.service.permissions.all()) == 2, "both")
        await user.sees("allow bash: pytest …", "deny  write")
        await user.press("escape")
        await user.until(lambda: not isinstance(user.app.screen, PermissionsScreen), "the list")


async def test_without_saved_answers_the_list_says_how_to_save_one(home: Path) -> None:
    async with using(AgentsessApp(home), empty=True) as user:
        await user.press("M")
        await user.sees("None are saved: every call is asked about.")
