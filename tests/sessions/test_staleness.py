"""What changed in the world since a session's last turn: real folders, real Git."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentsess.model import FileTouched, Recap, Session, Status
from agentsess.sessions import repository
from agentsess.sessions.repository import head_of
from agentsess.sessions.staleness import World, changes_since, look

LAST = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
LATER = LAST + timedelta(days=6)


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit of two files, made before the last turn."""
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.setenv(name, (LAST - timedelta(days=1)).isoformat())
    for name in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"):
        monkeypatch.setenv(name, "Ann")
    for name in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "ann@example.org")
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "a.py").write_text("a = 1\n")
    (folder / "b.py").write_text("b = 1\n")
    commit(folder, "Begin")
    return folder


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path, subject: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", subject)


def session_in(folder: Path | str, **fields: object) -> Session:
    made = Session("x", "X", Status.PAUSED, LAST, LAST, cwd=str(folder))
    return replace(made, **fields)  # type: ignore[arg-type]


def recap_of(*paths: str) -> Recap:
    files = tuple(FileTouched(path, "edited", 1, 1) for path in paths)
    return Recap("x", files=files, covers_entries=4, last_activity=LAST)


def said(folder: Path, world: World | None, *paths: str, now: datetime = LAST) -> list[str]:
    found = changes_since(session_in(folder), recap_of(*paths), world, now)
    return [change.text for change in found]


def test_nothing_is_said_when_nothing_changed(repo: Path) -> None:
    world = look(str(repo), ["a.py", "b.py"], 4)
    assert said(repo, world, "a.py", "b.py") == []


def test_the_days_that_passed_are_counted(repo: Path) -> None:
    assert said(repo, look(str(repo), [], 4), now=LATER) == [
        "6 days have passed since the last turn."
    ]


def test_commits_since_are_counted_and_the_newest_named(repo: Path) -> None:
    world = look(str(repo), [], 4)
    commit(repo, "Fix the lock")
    assert said(repo, world) == ["1 commit since: Fix the lock."]
    for number in range(4):
        commit(repo, f"Step {number}")
    assert said(repo, world) == ["5 commits since: Step 3; Step 2; Step 1; …"]


def test_another_branch_is_named_beside_the_one_worked_on(repo: Path) -> None:
    world = look(str(repo), [], 4)
    git(repo, "checkout", "-q", "-b", "fix/checkout")
    assert said(repo, world) == ["Now at branch fix/checkout; the session worked on main."]


def test_commits_that_were_dropped_are_told(repo: Path) -> None:
    commit(repo, "Work of the session")
    world = look(str(repo), [], 4)
    git(repo, "reset", "-q", "--hard", "HEAD~1")
    assert said(repo, world) == ["1 commit of then is not on this branch."]


def test_a_commit_that_is_gone_altogether_is_told(repo: Path) -> None:
    world = replace(look(str(repo), [], 4), commit="1" * 40)
    assert said(repo, world) == [
        "The commit of the last turn, 11111111, is not in the repository any more."
    ]


def test_files_that_changed_vanished_or_were_reverted_are_told_apart(repo: Path) -> None:
    (repo / "a.py").write_text("a = 2\n")
    (repo / "new.py").write_text("new = 1\n")
    (repo / "c.py").write_text("c = 1\n")
    world = look(str(repo), ["a.py", "b.py", "c.py", "new.py"], 4)
    git(repo, "checkout", "-q", "a.py")
    (repo / "b.py").write_text("b = 3\n")
    (repo / "c.py").write_text("c = 3\n")
    (repo / "new.py").unlink()
    assert said(repo, world, "a.py", "b.py", "c.py", "new.py") == [
        "new.py is gone.",
        "a.py is as before the session’s changes.",
        "b.py and c.py changed since.",
    ]


def test_a_file_that_was_away_at_the_turns_end_is_not_missed(repo: Path) -> None:
    world = look(str(repo), ["removed.py"], 4)
    assert said(repo, world, "removed.py") == []
    (repo / "removed.py").write_text("back\n")
    assert said(repo, world, "removed.py") == ["removed.py is there again."]


def test_changed_dependencies_are_named(repo: Path) -> None:
    (repo / "uv.lock").write_text("one\n")
    world = look(str(repo), [], 4)
    (repo / "uv.lock").write_text("two\n")
    (repo / "package-lock.json").write_text("{}\n")
    assert said(repo, world) == ["Dependencies changed: uv.lock and package-lock.json."]


def test_a_folder_that_is_gone_is_all_that_is_said_of_it(tmp_path: Path) -> None:
    found = changes_since(session_in(tmp_path / "away"), recap_of("a.py"), None, LATER)
    assert [change.kind for change in found] == ["folder", "time"]


def test_a_session_without_a_folder_has_only_its_age() -> None:
    assert [c.kind for c in changes_since(session_in(""), recap_of(), None, LATER)] == ["time"]


def test_without_a_look_at_the_turns_end_times_tell(repo: Path) -> None:
    for name in ("a.py", "b.py"):
        os.utime(repo / name, (LAST.timestamp(), LAST.timestamp()))
    os.utime(repo / "b.py", (LATER.timestamp(), LATER.timestamp()))
    commit_at(repo, LATER, "Later work")
    session = session_in(repo, branch="fix/checkout")
    found = changes_since(session, recap_of("a.py", "b.py", "gone.py"), None, LAST)
    assert [change.text for change in found] == [
        "Now at branch main; the session worked on fix/checkout.",
        "1 commit since: Later work.",
        "gone.py is gone.",
        "b.py changed since.",
    ]


def commit_at(folder: Path, moment: datetime, subject: str) -> None:
    dates = {"GIT_AUTHOR_DATE": moment.isoformat(), "GIT_COMMITTER_DATE": moment.isoformat()}
    subprocess.run(
        ["git", "commit", "-q", "--allow-empty", "-m", subject],
        cwd=folder, check=True, env=os.environ | dates,
    )  # fmt: skip


def test_what_a_look_saw_survives_being_kept(repo: Path) -> None:
    world = look(str(repo), ["a.py", "away.py"], 4)
    assert World.from_json(world.to_json()) == world


# -- reading Git's files


def test_the_head_is_read_without_starting_git(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = git(repo, "rev-parse", "HEAD")
    git(repo, "pack-refs", "--all")
    git(repo, "worktree", "add", "-q", "../tree", "-b", "side")
    monkeypatch.setattr(subprocess, "run", None)
    for folder, branch in ((repo, "main"), (repo.parent / "tree", "side")):
        head = head_of(folder)
        assert head
        assert (head.commit, head.branch) == (wanted, branch)


def test_a_subfolder_belongs_to_its_repository(repo: Path) -> None:
    (repo / "deep").mkdir()
    head = head_of(repo / "deep")
    assert head
    assert head.branch == "main"


def test_no_commit_and_no_repository_have_no_head(tmp_path: Path) -> None:
    assert head_of(tmp_path) is None
    git(tmp_path, "init", "-q", "-b", "main")
    head = head_of(tmp_path)
    assert head
    assert (head.commit, head.branch) == ("", "main")


# -- Git in trouble


@pytest.fixture
def slow_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setattr(repository, "GIT_SECONDS", 0.2)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return


def test_git_that_does_not_answer_is_given_up(repo: Path, slow_git: None) -> None:
    world = replace(look(str(repo), [], 4), commit="1" * 40)
    began = time.monotonic()
    assert said(repo, world) == ["Git did not answer in time: commits since are not known."]
    assert time.monotonic() - began < 10


def test_a_repository_that_git_does_not_trust_is_said(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setattr(repository, "_ENVIRONMENT", {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    world = replace(look(str(repo), [], 4), commit="1" * 40)
    (text,) = said(repo, world)
    assert "belongs to another user" in text
    assert "safe.directory" in text


def test_no_program_that_a_repository_names_is_run(repo: Path, tmp_path: Path) -> None:
    world = look(str(repo), ["a.py"], 4)
    commit(repo, "More")
    (repo / "a.py").write_text("a = 9\n")
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "gpg.program", "diff.external"):
        git(repo, "config", name, str(trap))
    git(repo, "config", "log.showSignature", "true")
    assert said(repo, world, "a.py") == ["1 commit since: More.", "a.py changed since."]
    assert not (tmp_path / "sprung").exists()
