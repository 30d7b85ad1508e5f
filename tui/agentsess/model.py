"""What a session is: plain data, shared by every layer; no I/O here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath
from typing import Any

import msgspec

from agentsess.clock import utc_now as utc_now
from agentsess.model_recap import CommandRun as CommandRun
from agentsess.model_recap import Fact as Fact
from agentsess.model_recap import FileTouched as FileTouched
from agentsess.model_recap import Recap as Recap
from agentsess.model_recap import Stretch as Stretch
from agentsess.model_usage import Usage as Usage

JsonObject = dict[str, Any]

OWN_SOURCE = "agentsess"
"""``Session.source`` of the sessions kept in our own store."""


class Status(StrEnum):
    """Where the user put a session. *Running* is a live fact, not a status."""

    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    ARCHIVED = "archived"


ALLOWED_TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.ACTIVE: frozenset({Status.PAUSED, Status.COMPLETED, Status.ARCHIVED}),
    Status.PAUSED: frozenset({Status.ACTIVE, Status.COMPLETED, Status.ARCHIVED}),
    Status.COMPLETED: frozenset({Status.ACTIVE, Status.ARCHIVED}),
    # Leaving the archive goes through unarchive, which puts the former status back.
    Status.ARCHIVED: frozenset(),
}


class EntryKind(StrEnum):
    """What a line of history is."""

    USER = "user"
    """A prompt."""
    ASSISTANT = "assistant"
    """A reply of the model: text, thinking and tool calls in ``content``."""
    TOOL_RESULT = "tool_result"
    """The answer to one tool call."""
    EVENT = "event"
    """Something that happened: an error, an interruption, a compaction, a decision
    about permission. ``meta["event"]`` names it. Not sent to the model, but for the note
    that says where a resumed session stands."""


class ToolCall(msgspec.Struct, frozen=True):
    """A tool call inside an assistant's entry."""

    id: str
    name: str
    input: JsonObject


class Entry(msgspec.Struct, frozen=True):
    """A line of a session's history. Entries are never changed once written.

    Made by the ten thousand, and a struct is made five times as fast as a frozen dataclass.
    """

    seq: int
    """Position in the session, counted from 1."""
    kind: EntryKind
    text: str
    """What a person reads: for content blocks, their text parts joined."""
    at: datetime
    """When, with a time zone."""
    author: str = ""
    """Name of the agent that says this or, of a prompt, that it is for; empty: the plain one."""
    content: tuple[JsonObject, ...] = ()
    """Content blocks exactly as the API gives or takes them; empty for a plain prompt."""
    meta: JsonObject = msgspec.field(default_factory=dict)
    """Kind-specific facts. assistant: ``model``, ``stop_reason``, ``usage`` (as
    `Usage.to_json`), ``message_id``. tool_result: ``tool_use_id``, ``tool``,
    ``is_error``. event: ``event`` and what belongs to it. Any kind: ``imported``
    (name of the source it was copied from), ``secrets`` (how many texts in it look like
    secrets, by kind)."""

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls that an assistant's entry makes."""
        return tuple(
            [
                ToolCall(
                    str(block.get("id", "")),
                    str(block.get("name", "")),
                    value if isinstance(value := block.get("input"), dict) else {},
                )
                for block in self.content
                if block.get("type") == "tool_use"
            ]
        )

    @property
    def thinking(self) -> str:
        """The model's visible thinking, joined."""
        return "\n\n".join(
            str(block.get("thinking", ""))
            for block in self.content
            if block.get("type") == "thinking" and block.get("thinking")
        )

    @property
    def usage(self) -> Usage:
        """Tokens that the request behind this entry took."""
        return Usage.from_json(self.meta.get("usage"))

    @property
    def is_message(self) -> bool:
        """Whether this counts as a message: a prompt or a reply."""
        return self.kind in (EntryKind.USER, EntryKind.ASSISTANT)

    def to_json(self) -> JsonObject:
        """The public JSON form, as `show --json` prints it."""
        value: JsonObject = {
            "seq": self.seq,
            "kind": str(self.kind),
            "text": self.text,
            "at": self.at.isoformat(),
        }
        if self.author:
            value["author"] = self.author
        if self.content:
            value["content"] = list(self.content)
        if self.meta:
            value["meta"] = self.meta
        return value


class Draft(msgspec.Struct, frozen=True):
    """An entry that is yet to be appended; the history gives it its number."""

    kind: EntryKind
    text: str = ""
    content: tuple[JsonObject, ...] = ()
    author: str = ""
    meta: JsonObject = msgspec.field(default_factory=dict)
    at: datetime | None = None
    """None: now."""


def text_of(content: Iterable[JsonObject]) -> str:
    """The text parts of content blocks, joined by blank lines."""
    parts: list[str] = []
    for block in content:
        sort = block.get("type")
        if sort == "text":
            parts.append(str(block.get("text", "")))
        elif sort == "tool_result":
            inner = block.get("content")
            if isinstance(inner, list):
                inner = text_of(b for b in inner if isinstance(b, dict))
            if isinstance(inner, str):
                parts.append(inner)
        elif sort == "image" or sort == "document":
            parts.append(_placeholder(block))
    return parts[0] if len(parts) == 1 else "\n\n".join(filter(None, parts))


def _placeholder(block: JsonObject) -> str:
    source = block.get("source")
    if not isinstance(source, dict) or not isinstance(data := source.get("data"), str):
        return f"[{block['type']}]"
    kind = str(source.get("media_type", "")).partition("/")[2]
    return " ".join(f"[{block['type']} {kind}".split()) + f", {len(data) * 3 // 4096 + 1} KB]"


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a session's history, oldest first."""

    entries: tuple[Entry, ...]
    total: int
    """Number of entries in the whole session."""

    @property
    def first_seq(self) -> int:
        """Number of the first entry here; 1 for an empty page."""
        return self.entries[0].seq if self.entries else 1


@dataclass(frozen=True, slots=True)
class Posted:
    """What stands on a session's board under a name."""

    value: Any
    """As JSON can say it."""
    version: int
    """How often it was changed."""
    by: str
    """The agent that posted it; empty for the plain agent."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A session as the list and the API see it; a value, not a live object."""

    id: str
    title: str
    status: Status
    created_at: datetime
    updated_at: datetime
    """When the conversation last moved; renaming or tagging does not count."""
    source: str = OWN_SOURCE
    """``agentsess``, or the program that wrote it, such as ``claude_code``."""
    project: str = ""
    """``metadata["project"]``, else the working folder's path."""
    cwd: str = ""
    """The working folder, empty if none was recorded."""
    branch: str = ""
    model: str = ""
    tags: tuple[str, ...] = ()
    notes: str = ""
    metadata: JsonObject = field(default_factory=dict)
    message_count: int = 0
    """Prompts and replies; tool results are not counted."""
    entry_count: int = 0
    usage: Usage = field(default_factory=Usage)
    context_tokens: int = 0
    """Tokens that the last request held in the context window."""
    cost_usd: float | None = None
    """What it cost so far; None when a model's price is not known."""
    known_cost_usd: float = 0.0
    """What it cost at least: the part whose price is known."""
    budget_usd: float | None = None
    """Dollars that it may cost before a run asks whether to go on; None: no limit."""
    max_tokens_total: int | None = None
    """Tokens, of every sort, that it may use before a run asks; None: no limit."""
    duration_seconds: float = 0.0
    """Time worked: the runs added up, without the pauses between them."""
    size_bytes: int = 0
    """What its history takes on disk."""
    trashed_at: datetime | None = None
    parent_id: str | None = None
    """The session this one continues, if any."""
    damaged: int = 0
    """Records of its history that could not be read and were skipped."""
    secrets: int = 0
    """Texts in its history that look like secrets, counted as they were written here."""
    board: Mapping[str, Posted] = field(default_factory=dict)
    """What its agents share, by name."""

    @property
    def token_count(self) -> int:
        """All tokens used so far, of every sort."""
        return self.usage.total

    @property
    def is_own(self) -> bool:
        """Whether our own store holds the history."""
        return self.source == OWN_SOURCE

    @property
    def project_name(self) -> str:
        """A short name of the project, for lists."""
        return PurePath(self.project).name or self.project

    def to_json(self) -> JsonObject:
        """The public JSON form, as `list --json` prints it."""
        return {
            "id": self.id,
            "title": self.title,
            "status": str(self.status),
            "source": self.source,
            "project": self.project,
            "cwd": self.cwd,
            "branch": self.branch,
            "model": self.model,
            "created_at": self.created_at.isoformat(),
            "updated_at": self.updated_at.isoformat(),
            "message_count": self.message_count,
            "entry_count": self.entry_count,
            "tokens": self.usage.to_json(),
            "cost_usd": self.cost_usd,
            "known_cost_usd": self.known_cost_usd,
            "budget_usd": self.budget_usd,
            "max_tokens_total": self.max_tokens_total,
            "duration_seconds": round(self.duration_seconds, 3),
            "tags": list(self.tags),
            "notes": self.notes,
            "metadata": self.metadata,
            "size_bytes": self.size_bytes,
            "parent_id": self.parent_id,
            "trashed_at": self.trashed_at.isoformat() if self.trashed_at else None,
            "damaged": self.damaged,
            "secrets": self.secrets,
            "board": {
                name: {"value": p.value, "version": p.version, "by": p.by, "at": p.at.isoformat()}
                for name, p in self.board.items()
            },
        }


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A named point of a session's history. It holds no copy: entries never change."""

    id: str
    session_id: str
    name: str
    seq: int
    """Number of the last entry it covers."""
    at: datetime
    checksum: str
    """SHA-256 of the history's bytes up to there, in hexadecimal."""
    reason: str = "by hand"
    """Why it was made: ``by hand``, ``before rewinding``, ``every 200 entries``."""

    def to_json(self) -> JsonObject:
        """The public JSON form, as `snapshots --json` prints it."""
        return {
            "id": self.id,
            "session_id": self.session_id,
            "name": self.name,
            "entry": self.seq,
            "at": self.at.isoformat(),
            "checksum": self.checksum,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was said and changed between two points of a session."""

    first_seq: int
    last_seq: int
    entries: tuple[Entry, ...]
    files: tuple[FileTouched, ...]
    commands: tuple[CommandRun, ...]
