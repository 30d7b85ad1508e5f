"""One look through a Claude Code file: everything that a list says about a session."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from agentsess.model import Draft, EntryKind, Usage
from agentsess.sources.base import FileStamp, Found, Spent
from agentsess.sources.claude_records import (
    SYNTHETIC_MODEL,
    Record,
    drafts_of,
    message_of,
    parse_line,
    time_of,
    usage_of,
)

EMPTY_TITLE = "(empty session)"
UNREADABLE_TITLE = "(unreadable file)"
TITLE_LENGTH = 120
PAUSE_SECONDS = 300.0
"""A longer gap between two records is a pause, not work."""
MARK_ENTRIES, MARK_BYTES = 64, 1 << 20
"""How far apart marks are: whichever comes first."""
_LENGTH_STEP = 100_000
"""Tokens: the prices of a request may step up where its prompt passes a multiple of this."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def scan_file(file: BinaryIO, stamp: FileStamp, session_id: str) -> Found:
    """Read an open session file from its start to its present end.

    Raises:
        OSError: Reading fails.
    """
    scan = _Scan(folder=Path(stamp.path).parent.name)
    for offset, line in lines(file):
        scan.add_line(offset, line)
    side_folder = Path(stamp.path).with_suffix("")
    side_bytes = 0
    for path, size in _files_under(side_folder):
        side_bytes += size
        if path.name.startswith("agent-") and path.suffix == ".jsonl":
            scan.replies.add_file(path)
    return scan.found(session_id, stamp, stamp.size + side_bytes)


def unreadable(stamp: FileStamp, session_id: str) -> Found:
    """What can be said of a session whose file does not open."""
    changed = datetime.fromtimestamp(stamp.mtime_ns / 1e9, UTC)
    return Found(
        session_id, stamp, UNREADABLE_TITLE, changed, changed, size_bytes=stamp.size, damaged=1
    )


def lines(file: BinaryIO, start: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes]]:
    """The lines that begin in [start, end), each with its offset; the last may be torn."""
    file.seek(start)
    offset = start
    for line in file:
        if end is not None and offset >= end:
            return
        yield offset, line
        offset += len(line)


@dataclass(slots=True)
class _Replies:
    """What the model's replies took. Every message comes on several lines, and counts once."""

    by_id: dict[str, Spent] = field(default_factory=dict)

    def add(self, record: Record, message: dict[str, Any]) -> None:
        usage, model = usage_of(message), message.get("model")
        if usage is None or not isinstance(model, str) or model == SYNTHETIC_MODEL:
            return
        reply_id = _reply_id(record, message)
        known = self.by_id.get(reply_id)
        # Early lines of a message carry a count from before it was finished.
        if known is None or usage.output > known.usage.output:
            day = (time_of(record) or _LONG_AGO).astimezone(UTC).date()
            speed = str(message["usage"].get("speed") or "")
            self.by_id[reply_id] = Spent(model, day, usage, 1, speed)

    def add_file(self, path: Path) -> None:
        """Add a subagent's replies; they are in a file of their own."""
        try:
            with path.open("rb", buffering=1 << 18) as file:
                for _, line in lines(file):
                    record = parse_line(line)
                    if record and record.type == "assistant":
                        self.add(record, message_of(record))
        except OSError:
            return

    def spent(self) -> tuple[Spent, ...]:
        """Added up as far as prices cannot differ."""
        sums: dict[tuple[Any, ...], Spent] = {}
        for one in self.by_id.values():
            if one.usage.total:
                length = (one.usage.prompt - 1) // _LENGTH_STEP
                key = (one.model, one.day, one.speed, length)
                so_far = sums.get(key)
                sums[key] = (
                    Spent(
                        one.model,
                        one.day,
                        so_far.usage + one.usage,
                        so_far.requests + 1,
                        one.speed,
                    )
                    if so_far
                    else one
                )
        return tuple(sums.values())


@dataclass(slots=True)
class _Cost:
    """The program's own running totals, as far as they are this session's alone."""

    highest: float = 0.0
    output: int = 0
    starts: set[Any] = field(default_factory=set)
    unknown: bool = False

    def add(self, record: Record) -> None:
        total, models = record.total_cost_usd, record.model_usage
        self.unknown |= bool(record.has_unknown_model_cost)
        if not isinstance(total, int | float) or not isinstance(models, dict):
            self.unknown = True
            return
        self.starts.add(str(record.start_time))
        counts = [m.get("outputTokens") for m in models.values() if isinstance(m, dict)]
        # With two writers the last total is not the highest: each knows its own calls alone.
        self.highest = max(self.highest, float(total))
        self.output = max(self.output, sum(n for n in counts if isinstance(n, int)))

    def known(self, replies: _Replies) -> float | None:
        """The cost; None if calls are missing from it, or it was restarted or never written."""
        seen = sum(one.usage.output for one in replies.by_id.values())
        if self.unknown or len(self.starts) != 1 or self.output < seen:
            return None
        return self.highest


@dataclass(slots=True)
class _Scan:
    """The facts of a session, gathered record by record."""

    folder: str
    replies: _Replies = field(default_factory=_Replies)
    cost: _Cost = field(default_factory=_Cost)
    titles: dict[str, str] = field(default_factory=dict)
    summaries: list[tuple[str, str]] = field(default_factory=list)
    uuids: set[str] = field(default_factory=set)
    cwds: dict[str, None] = field(default_factory=dict)
    branch: str = ""
    model: str = ""
    context: int = 0
    prompts: int = 0
    reply_ids: set[str] = field(default_factory=set)
    entries: int = 0
    damaged: int = 0
    first: datetime | None = None
    latest: datetime | None = None
    latest_entry: datetime | None = None
    worked: float = 0.0
    opened: datetime | None = None
    """When the file was begun, if it says so before its first message."""
    forked: bool = False
    parent: str | None = None
    scanned_to: int = 0
    marks: list[tuple[int, int]] = field(default_factory=lambda: [(0, 0)])

    def add_line(self, offset: int, line: bytes) -> None:
        record = parse_line(line)
        if record is None:
            self.damaged += bool(line.strip())
            # A torn end may be a line that is still being written: a later look rereads it.
            self.scanned_to = offset + len(line) if line.endswith(b"\n") else offset
            return
        entries, mark = self.marks[-1]
        if self.entries - entries >= MARK_ENTRIES or offset - mark >= MARK_BYTES:
            self.marks.append((self.entries, offset))
        self.scanned_to = offset + len(line)
        self._add(record)

    def _add(self, record: Record) -> None:
        match record.type:
            case "user" | "assistant" | "attachment" | "system":
                self._add_node(record)
            case "cost-state":
                self.cost.add(record)
            case "custom-title":
                self._title("custom", record.custom_title)
            case "ai-title":
                self._title("ai", record.ai_title)
            case "last-prompt":
                self._title("last", record.last_prompt)
            case "summary":
                if isinstance(record.summary, str) and isinstance(record.leaf_uuid, str):
                    self.summaries.append((record.leaf_uuid, record.summary))
            case "queue-operation":
                if not self.uuids:
                    self.opened = self.opened or time_of(record)
                self._add_time(time_of(record))

    def _add_node(self, record: Record) -> None:
        at = time_of(record)
        copied = self._add_lineage(record, at)
        if not copied:
            self._add_time(at)
        if isinstance(record.cwd, str) and record.cwd:
            self.cwds.setdefault(record.cwd)
        if isinstance(record.git_branch, str) and record.git_branch:
            self.branch = record.git_branch
        message = message_of(record)
        drafts = drafts_of(record, message)
        if record.type == "assistant" and not copied:
            self.replies.add(record, message)
        for draft in drafts:
            self._add_draft(record, message, draft)
        self.entries += len(drafts)
        if drafts and at and not copied:
            self.latest_entry = max(at, self.latest_entry or at)

    def _add_lineage(self, record: Record, at: datetime | None) -> bool:
        """Note what the record says of where the session comes from; whether it is a copy.

        A copy is marked as such, or is older than the file that it is in.
        """
        if not self.uuids and record.uuid and not record.is_sidechain:
            self.forked |= record.subtype == "compact_boundary"
        if isinstance(record.uuid, str):
            self.uuids.add(record.uuid)
        origin = record.forked_from
        if isinstance(origin, dict) and isinstance(parent := origin.get("sessionId"), str):
            self.parent = self.parent or parent
        old = self.opened is not None and at is not None and at < self.opened
        copied = old or origin is not None
        self.forked |= copied
        return copied

    def _add_draft(self, record: Record, message: dict[str, Any], draft: Draft) -> None:
        if draft.kind is EntryKind.USER:
            self.prompts += 1
            if "first" not in self.titles:
                self._title("first", draft.text)
        elif draft.kind is EntryKind.ASSISTANT:
            self.reply_ids.add(_reply_id(record, message))
            self.model = draft.meta.get("model") or self.model
            self.context = Usage.from_json(draft.meta.get("usage")).context or self.context

    def _add_time(self, at: datetime | None) -> None:
        if at is None:
            return
        self.first = self.first or at
        if self.latest and 0 < (gap := (at - self.latest).total_seconds()) < PAUSE_SECONDS:
            self.worked += gap
        # Times of neighbouring records are not always in order: no gap counts twice.
        self.latest = max(at, self.latest or at)

    def _title(self, kind: str, text: Any) -> None:
        if isinstance(text, str) and (title := one_line(text)):
            self.titles[kind] = title

    def title(self) -> str:
        """What to call it.

        The first prompt goes before the last one: it says what the session is for, and
        stays the same while the session goes on.
        """
        own = [text for leaf, text in self.summaries if leaf in self.uuids]
        if own:
            self._title("summary", own[-1])
        kinds = ("custom", "ai", "summary", "first", "last")
        return next((self.titles[kind] for kind in kinds if kind in self.titles), EMPTY_TITLE)

    def own_folder(self) -> str:
        """The folder under which the file is kept, else the first that a record names.

        A session may wander; only in its own folder does its program find it again.
        """
        fitting = (cwd for cwd in self.cwds if belongs_to(cwd, self.folder))
        return next(fitting, next(iter(self.cwds), ""))

    def found(self, session_id: str, stamp: FileStamp, size_bytes: int) -> Found:
        changed = datetime.fromtimestamp(stamp.mtime_ns / 1e9, UTC)
        created = self.first or self.latest_entry or changed
        return Found(
            id=session_id,
            stamp=stamp,
            title=self.title(),
            created_at=created,
            updated_at=max(created, self.latest_entry or self.latest or changed),
            cwd=self.own_folder(),
            branch=self.branch,
            model=self.model,
            message_count=self.prompts + len(self.reply_ids),
            entry_count=self.entries,
            spent=self.replies.spent(),
            cost_usd=None if self.forked else self.cost.known(self.replies),
            context_tokens=self.context,
            duration_seconds=self.worked,
            size_bytes=size_bytes,
            damaged=self.damaged,
            parent_id=self.parent,
            scanned_to=self.scanned_to,
            marks=tuple(self.marks),
        )


def one_line(text: str) -> str:
    """The text's beginning as a title: one line, nothing unprintable."""
    head = " ".join(text[: 8 * TITLE_LENGTH].split()) or " ".join(text.split())
    title = head if head.isprintable() else "".join(c for c in head if c.isprintable())
    return title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - 1].rstrip() + "…"


def belongs_to(cwd: str, folder: str) -> bool:
    """Whether Claude Code keeps sessions of the working folder ``cwd`` under ``folder``."""
    name = re.sub(r"[^a-zA-Z0-9]", "-", cwd)
    return name == folder if len(name) <= 200 else folder.startswith(name[:200])


def _reply_id(record: Record, message: dict[str, Any]) -> str:
    return str(message.get("id") or record.uuid or record.timestamp)


def _files_under(folder: Path) -> Iterator[tuple[Path, int]]:
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            try:
                yield path, path.lstat().st_size
            except FileNotFoundError:
                continue
