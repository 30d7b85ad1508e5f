from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentsess.model import EntryKind
from agentsess.sessions.service import SessionService
from support.commands import Run
from support.loopback import LoopbackServer, Reply, ToolUse

Loopback = Callable[..., LoopbackServer]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where sessions work, and where the commands are given."""
    path = tmp_path / "work"
    path.mkdir()
    (path / "a.txt").write_text("inside\n")
    monkeypatch.chdir(path)
    return path


@pytest.fixture
def session_id(service: SessionService, folder: Path) -> str:
    return service.create(title="Basket", cwd=str(folder)).id


def test_what_is_saved_is_listed_and_can_be_removed(run: Run, folder: Path) -> None:
    assert run("permissions").err.startswith("None are saved")
    (saved,) = run("permissions", "allow", "bash", "pytest", "--json").json["permissions"]
    assert (saved["folder"], saved["command"], saved["effect"]) == (str(folder), "pytest", "allow")
    run("permissions", "deny", "write", "--folder", "/")
    assert run("permissions").out.splitlines() == [
        next(line for line in run("permissions").out.splitlines() if "deny write" in line),
        f"{saved['id']}  {folder}  allow bash: pytest …",
    ]
    assert run("permissions", "list", "--folder", str(folder), "--json").json == {
        "permissions": [saved]
    }
    assert run("permissions", "remove", saved["id"][:6]).code == 0
    assert "pytest" not in run("permissions").out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["allow"], 2),
        (["remove"], 2),
        (["list", "x"], 2),
        (["forbid", "bash"], 2),
        (["allow", "bash"], 1),
        (["allow", "bash", "pytest && ls"], 1),
        (["allow", "bash", "bash"], 1),
        (["allow", "write"], 1),
        (["remove", "nope"], 1),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(
    run: Run, folder: Path, arguments: list[str], code: int
) -> None:
    ran = run("permissions", *arguments)
    assert ran.code == code
    assert ran.err
    assert run("permissions", "--json").json == {"permissions": []}


def test_a_run_uses_what_was_allowed_and_only_that(
    run: Run, loopback: Loopback, service: SessionService, session_id: str
) -> None:
    run("permissions", "allow", "bash", "cat")
    run("permissions", "allow", "bash", "--exact", "cat a.txt | wc -l")
    commands = ["cat a.txt", "cat a.txt | wc -l", "cat a.txt && touch b.txt", "ls"]
    calls = [ToolUse("bash", {"command": command}) for command in commands]
    loopback([Reply(tools=calls), Reply("done")])
    assert run("run", session_id, "Look").code == 0
    results = [e for e in service.entries(session_id) if e.kind is EntryKind.TOOL_RESULT]
    assert [e.meta["permission"] for e in results] == ["allowed", "allowed", "denied", "denied"]
    assert [e.text for e in results[:2]] == ["inside", "1"]
    assert results[0].meta["decided_by"] == "rule"
    assert results[0].meta["rule"] == "allow bash: cat …"
    assert results[1].meta["rule"] == "allow bash, exactly: cat a.txt | wc -l"
    assert results[2].meta["decided_by"] == "option"


def test_a_denial_holds_whatever_the_options_say(
    run: Run, loopback: Loopback, service: SessionService, session_id: str, folder: Path
) -> None:
    run("permissions", "deny", "bash", "touch")
    call = ToolUse("bash", {"command": "true && touch b.txt"})
    server = loopback([Reply(tools=[call]), Reply("done")])
    run("run", session_id, "Go", "--allow-all")
    assert not (folder / "b.txt").exists()
    assert "The user does not allow this in this project" in str(server.bodies[1])
    (result,) = [e for e in service.entries(session_id) if e.kind is EntryKind.TOOL_RESULT]
    assert (result.meta["decided_by"], result.meta["rule"]) == ("rule", "deny bash: touch …")


def test_what_an_option_allowed_is_told_by_the_history(
    run: Run, loopback: Loopback, session_id: str
) -> None:
    loopback([Reply(tools=[ToolUse("read", {"file_path": "a.txt"})]), Reply("done")])
    run("run", session_id, "Look", "--allow", "read")
    shown = run("show", session_id).out
    assert "Allowed by --allow read" in shown
    assert "Allowed by --allow read" in run("export", session_id).out.replace("\\", "")
