"""What a source of foreign sessions offers: another program's histories, never written to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from agentsess.model import Entry, JsonObject, Page, Usage


@dataclass(frozen=True, slots=True)
class FileStamp:
    """A file as a listing sees it; differs from an older stamp when the file has changed."""

    path: str
    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: str, stat: os.stat_result) -> FileStamp:
        """The stamp of the file at ``path``, whose ``stat`` was just taken."""
        return cls(path, stat.st_ino, stat.st_size, stat.st_mtime_ns)

    def to_json(self) -> JsonObject:
        """As an object; a path that is no valid text becomes a list of its bytes."""
        return {
            "path": _path_to_json(self.path),
            "inode": self.inode,
            "size": self.size,
            "mtime_ns": self.mtime_ns,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> FileStamp:
        """The reverse of `to_json`."""
        path = value["path"]
        return cls(
            path if isinstance(path, str) else os.fsdecode(bytes(path)),
            int(value["inode"]),
            int(value["size"]),
            int(value["mtime_ns"]),
        )


@dataclass(frozen=True, slots=True)
class Spent:
    """What requests took that are priced alike: of one model, day, speed and length of prompt."""

    model: str
    day: date
    usage: Usage
    requests: int = 1
    speed: str = ""
    """What the API says of its speed, such as ``fast``; empty if it does not."""

    def to_json(self) -> JsonObject:
        """As an object that a cache can keep."""
        return {
            "model": self.model,
            "day": self.day.isoformat(),
            "usage": self.usage.to_json(),
            "requests": self.requests,
            "speed": self.speed,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Spent:
        """The reverse of `to_json`."""
        day, usage = date.fromisoformat(value["day"]), Usage.from_json(value["usage"])
        return cls(value["model"], day, usage, value["requests"], value["speed"])


@dataclass(frozen=True, slots=True)
class Found:
    """What one look through a foreign session's file tells; may be cached by its stamp."""

    id: str
    stamp: FileStamp
    """The file as it was when it was read."""
    title: str
    created_at: datetime
    updated_at: datetime
    """When the last message was written; the file's own time only if no record has one."""
    cwd: str = ""
    """The session's own folder."""
    branch: str = ""
    model: str = ""
    message_count: int = 0
    """Prompts typed by a person and replies of the model."""
    entry_count: int = 0
    """How many entries reading it yields."""
    spent: tuple[Spent, ...] = ()
    """Each reply counted once, subagents' included, copies from a parent session left out."""
    cost_usd: float | None = None
    """What the program itself recorded, if that is this session's alone; else None: price
    ``spent``."""
    context_tokens: int = 0
    duration_seconds: float = 0.0
    """Time worked: the gaps between records, as far as they are shorter than five minutes."""
    size_bytes: int = 0
    """The file and its side folder."""
    damaged: int = 0
    """Lines that could not be read."""
    parent_id: str | None = None
    """The session that this one was forked from, when recorded."""
    scanned_to: int = 0
    """Offset in the file behind the last line that ``entry_count`` counts."""
    marks: tuple[tuple[int, int], ...] = ()
    """Pairs of (entries before, offset of a line), ascending: where to start reading a page."""

    @property
    def path(self) -> str:
        """The session's file."""
        return self.stamp.path

    @property
    def usage(self) -> Usage:
        """The usage of all requests together."""
        each = [spent.usage for spent in self.spent]
        return sum(each[1:], each[0]) if each else Usage()

    def to_json(self) -> JsonObject:
        """As an object that a cache can keep."""
        return {
            "id": self.id,
            "stamp": self.stamp.to_json(),
            "title": self.title,
            "created_at": self.created_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
            "cwd": self.cwd,
            "branch": self.branch,
            "model": self.model,
            "message_count": self.message_count,
            "entry_count": self.entry_count,
            "spent": [spent.to_json() for spent in self.spent],
            "cost_usd": self.cost_usd,
            "context_tokens": self.context_tokens,
            "duration_seconds": self.duration_seconds,
            "size_bytes": self.size_bytes,
            "damaged": self.damaged,
            "parent_id": self.parent_id,
            "scanned_to": self.scanned_to,
            "marks": [list(mark) for mark in self.marks],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Found:
        """The reverse of `to_json`; KeyError, TypeError or ValueError if it is something else."""
        fields = {name: value[name] for name in cls.__dataclass_fields__}
        return cls(
            **fields
            | {
                "stamp": FileStamp.from_json(value["stamp"]),
                "created_at": datetime.fromisoformat(value["created_at"]),
                "updated_at": datetime.fromisoformat(value["updated_at"]),
                "spent": tuple(map(Spent.from_json, value["spent"])),
                "marks": tuple((entries, offset) for entries, offset in value["marks"]),
            }
        )


@dataclass(frozen=True, slots=True)
class ResumeCommand:
    """How to hand a session back to the program that wrote it."""

    argv: tuple[str, ...]
    cwd: str
    """The folder to run it in."""
    problem: str = ""
    """Why it cannot be run now, such as a folder that is gone; empty if it can."""


class Source(Protocol):
    """Another program's sessions, read where they are."""

    @property
    def name(self) -> str:
        """What ``Session.source`` says of its sessions."""
        ...

    def stamps(self) -> list[tuple[str, FileStamp]]:
        """Ids and stamps of all sessions on disk, from a listing alone."""
        ...

    def scan(self, path: str, session_id: str) -> Found:
        """Read the session's file through.

        Raises:
            SessionNotFound: The file is gone. (One that cannot be read is still found.)
        """
        ...

    def page(self, found: Found, *, last: int, before: int | None = None) -> Page:
        """The newest ``last`` entries numbered below ``before`` (None: of all).

        What was appended since the scan is there too.

        Raises:
            SessionNotFound: The file is gone.
            StoreError: It cannot be read.
        """
        ...

    def entries(self, found: Found) -> Iterator[Entry]:
        """All entries, oldest first; raises like `page`."""
        ...

    def helpers(
        self, found: Found, calls: Mapping[str, str]
    ) -> Iterator[tuple[str, Iterable[Entry]]]:
        """What helpers did that the session's tools sent, as far as that is on disk.

        Reads no more than a bounded part of it; what cannot be read is left out.

        Args:
            found: The session.
            calls: The tool calls that sent them, each with the prompt that it gave.

        Returns:
            For calls whose helper is found: the call, and the helper's history.
        """
        ...

    def files(self, found: Found) -> tuple[Path, tuple[str, ...]]:
        """All that is the session's: a folder, and names in it of files and folders.

        Not all of them need to be there.
        """
        ...

    def resume_command(self, found: Found) -> ResumeCommand | None:
        """How to go on with it in its own program; None if that is not installed."""
        ...


def _path_to_json(path: str) -> str | list[int]:
    try:
        path.encode()
    except UnicodeEncodeError:
        return list(os.fsencode(path))
    return path
