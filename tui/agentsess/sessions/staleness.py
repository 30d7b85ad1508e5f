"""What changed in the world since a session's last turn, in plain sentences."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from agentsess.model import JsonObject, Recap, Session
from agentsess.sessions.records import one_line
from agentsess.sessions.repository import (
    MOST_COMMITS,
    Commits,
    GitTrouble,
    blob_name,
    blobs_at,
    commits_after,
    commits_since,
    head_of,
)

_MOST_FILES = 40
_HASHED = 1_000_000
"""Bytes of a file beyond which its size and time stand for its content."""
_NAMED = 3
_SETTLING = 2.0
"""Seconds in which a file may still be written after the entry that tells of it."""
LOCK_FILES = (
    "uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock", "requirements.txt",
    "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "Cargo.lock", "go.sum",
    "Gemfile.lock", "composer.lock", "mix.lock", "flake.lock", "gradle.lockfile",
    "Package.resolved", "pubspec.lock",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is not as it was when the session was last worked in."""

    kind: str
    """``time``, ``folder``, ``branch``, ``commits``, ``files``, ``dependencies``, ``model``,
    or ``unknown`` for what could not be found out."""
    text: str


@dataclass(frozen=True, slots=True)
class World:
    """What was around a session at the end of a turn."""

    seq: int
    """The last entry at that time."""
    commit: str = ""
    branch: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    """Content marks of the files that the session made or changed; empty: not there."""
    locks: Mapping[str, str] = field(default_factory=dict)
    """The same of the files that pin dependencies."""

    def to_json(self) -> JsonObject:
        """As an object."""
        return {
            "seq": self.seq,
            "commit": self.commit,
            "branch": self.branch,
            "files": dict(self.files),
            "locks": dict(self.locks),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> World:
        """The reverse of `to_json`."""
        return cls(**{name: value[name] for name in cls.__dataclass_fields__})


def look(cwd: str, paths: Iterable[str], seq: int) -> World:
    """The world as it is now; starts no process and reads no large file.

    Args:
        cwd: The working folder.
        paths: Files of the session, relative to it or absolute.
        seq: The session's last entry.
    """
    folder = Path(cwd)
    head = head_of(folder)
    files = {path: _mark(folder / path) for path in list(paths)[:_MOST_FILES]}
    return World(
        seq, head.commit if head else "", head.branch if head else "", files, _locks(folder)
    )


def changes_since(
    session: Session, recap: Recap, world: World | None, now: datetime
) -> tuple[Change, ...]:
    """What is different, the weightiest first. May start Git, and so take seconds at worst.

    Args:
        session: Which.
        recap: Its recap: which files it touched, and when it was last worked in.
        world: What was around it at the end of its last turn; None if nobody looked. Then
            the files' times and the commits' are compared with the last entry's.
        now: The time that it is.
    """
    found = [*_time(recap, now)]
    if session.cwd:
        folder = Path(session.cwd)
        if not folder.is_dir():
            return (Change("folder", f"The folder {_shown(session.cwd)} is gone."), *found)
        last = recap.last_activity or session.updated_at
        branch = world.branch if world else session.branch
        found += _commits(folder, branch, world, last)
        found += _by_mark(folder, world) if world else _by_time(folder, recap, last)
        found += _dependencies(folder, world, last)
    return tuple(found)


def _time(recap: Recap, now: datetime) -> Iterator[Change]:
    days = (now - recap.last_activity).days if recap.last_activity else 0
    if days >= 1:
        passed = "1 day has" if days == 1 else f"{days:,} days have"
        yield Change("time", f"{passed} passed since the last turn.")


# -- commits


def _commits(folder: Path, branch: str, world: World | None, last: datetime) -> Iterator[Change]:
    head = head_of(folder)
    if head is None:
        return
    if branch and branch != "HEAD" and head.branch != branch:
        at = f"branch {_shown(head.branch)}" if head.branch else f"commit {head.commit[:8]}"
        yield Change("branch", f"Now at {at}; the session worked on {_shown(branch)}.")
    if not head.commit or (world and world.commit in ("", head.commit)):
        return
    try:
        commits = commits_since(folder, world.commit) if world else commits_after(folder, last)
    except GitTrouble as trouble:
        yield Change("unknown", one_line(str(trouble)))
        return
    if commits.count:
        yield Change("commits", _said(commits))
    if commits.lost:
        some = "1 commit" if commits.lost == 1 else f"{commits.lost:,} commits"
        verb = "is" if commits.lost == 1 else "are"
        yield Change("commits", f"{some} of then {verb} not on this branch.")


def _said(commits: Commits) -> str:
    if commits.count == 1:
        return f"1 commit since: {_shown(commits.subjects[0])}."
    count = f"Over {MOST_COMMITS}" if commits.count > MOST_COMMITS else f"{commits.count}"
    newest = "; ".join(_shown(subject, 50) for subject in commits.subjects)
    return (
        f"{count} commits since: {newest}{'; …' if commits.count > len(commits.subjects) else '.'}"
    )


# -- files


def _by_mark(folder: Path, world: World) -> Iterator[Change]:
    now = {path: _mark(folder / path) for path in world.files}
    different = _different(world.files, now)
    gone = [path for path in different if not now[path]]
    back = [path for path in different if not world.files[path]]
    rest = [path for path in different if now[path] and world.files[path]]
    reverted = _reverted(folder, world.commit, rest)
    yield from _file_changes(
        ("gone", gone),
        ("as before the session’s changes", reverted),
        ("changed since", [path for path in rest if path not in reverted]),
        ("there again", back),
    )


def _by_time(folder: Path, recap: Recap, last: datetime) -> Iterator[Change]:
    paths = [file.path for file in recap.files]
    gone = [path for path in paths if not os.path.lexists(folder / path)]
    changed = [path for path in paths if _changed_after(folder / path, last)]
    yield from _file_changes(("gone", gone), ("changed since", changed))


def _file_changes(*found: tuple[str, Sequence[str]]) -> Iterator[Change]:
    for what, paths in found:
        if paths:
            verb = "" if what.startswith("changed") else "is " if len(paths) == 1 else "are "
            yield Change("files", f"{_names(paths)} {verb}{what}.")


def _reverted(folder: Path, commit: str, paths: list[str]) -> list[str]:
    """Those that are what the last turn's commit has, which they were not at its end."""
    inside = [path for path in paths if not os.path.isabs(path)]
    if not commit or not inside:
        return []
    try:
        committed = blobs_at(folder, commit, inside)
    except GitTrouble:
        return []
    return [p for p in inside if p in committed and _blob(folder / p) == committed[p]]


def _blob(path: Path) -> str:
    try:
        with _opened(path) as file:
            content = file.read(_HASHED + 1)
    except OSError:
        return ""
    return blob_name(content) if len(content) <= _HASHED else ""


def _locks(folder: Path) -> dict[str, str]:
    marks = {name: _mark(folder / name) for name in LOCK_FILES}
    return {name: mark for name, mark in marks.items() if mark}


def _dependencies(folder: Path, world: World | None, last: datetime) -> Iterator[Change]:
    if world:
        names = _different(world.locks, _locks(folder))
    else:
        names = [name for name in LOCK_FILES if _changed_after(folder / name, last)]
    if names:
        yield Change("dependencies", f"Dependencies changed: {_names(names)}.")


def _changed_after(path: Path, moment: datetime) -> bool:
    try:
        return os.stat(path).st_mtime > moment.timestamp() + _SETTLING
    except (OSError, ValueError):
        return False


def _different(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [name for name in {**then, **now} if then.get(name) != now.get(name)]


def _mark(path: Path) -> str:
    """What changes when a file's content does; empty if it is not there."""
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            return f"{stat.S_IFMT(found.st_mode):o}"
        if found.st_size > _HASHED:
            return f"{found.st_size} {found.st_mtime_ns}"
        with _opened(path) as file:
            return hashlib.sha256(file.read(_HASHED)).hexdigest()[:32]
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError):
        return "?"


def _opened(path: Path) -> Any:
    # What was a file may have become a pipe, on which a plain open would wait for ever.
    return open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")


def _names(paths: Sequence[str]) -> str:
    shown = [_shown(path, 80) for path in paths[:_NAMED]]
    if len(paths) > _NAMED:
        return f"{', '.join(shown)} and {len(paths) - _NAMED} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def _shown(text: str, width: int = 200) -> str:
    line = one_line(text)
    return line if len(line) <= width else line[: width - 1] + "…"
