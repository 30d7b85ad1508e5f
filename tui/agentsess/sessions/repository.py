"""What Git knows about a folder, without ever waiting long or running anybody's hooks."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

GIT_SECONDS = 2.0
"""How long Git may take for one answer."""
MOST_COMMITS = 200
"""Commits that are counted one by one."""
_SHOWN = 3
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LONGEST = 4_000_000
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}
# A repository's own settings may name programs: none of them is run.
_QUIET = (
    *("--no-pager", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"),
    *("-c", "log.showSignature=false", "-c", "core.pager=cat", "-c", "log.mailmap=false"),
)


class GitTrouble(Exception):
    """Git could not answer; the message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a working folder is."""

    commit: str
    """Empty before the first commit, or where it cannot be told."""
    branch: str
    """Empty where no branch is checked out."""


@dataclass(frozen=True, slots=True)
class Commits:
    """What was committed after some point."""

    count: int
    """At most `MOST_COMMITS` + 1."""
    subjects: tuple[str, ...]
    """The newest ones' first lines."""
    lost: int = 0
    """Commits that were there and are not on this branch any more."""


def head_of(folder: Path) -> Head | None:
    """The commit and branch that are checked out, read from the files; None without a repository.

    No process is started: this takes well under a millisecond.
    """
    try:
        git = _git_folder(folder)
        if git is None:
            return None
        head = _read(git / "HEAD")
        if not head.startswith("ref: "):
            return Head(head if _SHA.fullmatch(head) else "", "")
        ref = head.removeprefix("ref: ")
        return Head(_commit_of(git, ref), ref.removeprefix("refs/heads/"))
    except (OSError, UnicodeDecodeError, ValueError):
        return None


def _git_folder(folder: Path) -> Path | None:
    for place in (folder, *folder.parents):
        git = place / ".git"
        if git.is_dir():
            return git
        if git.is_file():  # a worktree or a submodule
            return place / _read(git).removeprefix("gitdir: ")
    return None


def _commit_of(git: Path, ref: str) -> str:
    common = git
    with suppress(FileNotFoundError):
        common = git / _read(git / "commondir")
    for place in (git, common):
        with suppress(FileNotFoundError, NotADirectoryError):
            commit = _read(place / ref)
            return commit if _SHA.fullmatch(commit) else ""
    with suppress(FileNotFoundError):
        for line in _read(common / "packed-refs").splitlines():
            commit, _, name = line.partition(" ")
            if name == ref:
                return commit
    return ""


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_LONGEST).decode().strip()


def commits_since(folder: Path, commit: str) -> Commits:
    """What is checked out and was not at a commit.

    Raises:
        GitTrouble: Git did not answer, or does not know the commit.
    """
    try:
        counts = _git(folder, "rev-list", "--left-right", "--count", f"{commit}...HEAD", "--")
    except GitTrouble as trouble:
        if "bad revision" not in str(trouble) and "Invalid symmetric" not in str(trouble):
            raise
        raise GitTrouble(
            f"The commit of the last turn, {commit[:8]}, is not in the repository any more."
        ) from None
    lost, new = (int(number) for number in counts.split())
    subjects: list[str] = []
    if new:
        log = _git(folder, "log", f"-{_SHOWN}", "--format=%s", f"{commit}..HEAD", "--")
        subjects = log.splitlines()
    return Commits(min(new, MOST_COMMITS + 1), tuple(subjects), lost)


def commits_after(folder: Path, moment: datetime) -> Commits:
    """What was committed on this branch after a moment; raises GitTrouble."""
    limit = f"-{MOST_COMMITS + 1}"
    since = f"--since={moment.isoformat()}"
    subjects = _git(folder, "log", limit, since, "--format=%s", "HEAD", "--").splitlines()
    return Commits(len(subjects), tuple(subjects[:_SHOWN]))


def blobs_at(folder: Path, commit: str, paths: list[str]) -> dict[str, str]:
    """Git's names of files' contents at a commit, by path; those it did not have are left out."""
    if not paths:
        return {}
    found: dict[str, str] = {}
    listed = _git(folder, "ls-tree", "-z", commit, "--", *paths)
    for line in listed.split("\0"):
        facts, _, path = line.partition("\t")
        if path:
            found[path] = facts.split()[2]
    return found


def blob_name(content: bytes) -> str:
    """Git's name of a content, in a repository of the usual kind."""
    head = b"blob %d\0" % len(content)
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest()


def _git(folder: Path, *arguments: str) -> str:
    """What a Git command that only reads prints.

    Raises:
        GitTrouble: It is not installed, did not end in time, or failed.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", *_QUIET, *arguments],
            cwd=folder,
            env=environment | _ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise GitTrouble("Git did not answer in time: commits since are not known.") from None
    except OSError:
        raise GitTrouble("Git is not installed: commits since are not known.") from None
    if done.returncode:
        raise GitTrouble(_why(done.stderr.decode(errors="replace"), folder))
    return done.stdout.decode(errors="replace")


def _why(said: str, folder: Path) -> str:
    if "dubious ownership" in said:
        return (
            f"Git does not read {folder}, which belongs to another user. To let it: "
            f"git config --global --add safe.directory {folder}"
        )
    lines = [line.removeprefix("fatal: ") for line in said.splitlines() if line.strip()]
    return f"Git: {lines[0]}" if lines else "Git could not tell what changed."
