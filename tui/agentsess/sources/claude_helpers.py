"""Claude Code's subagents: their histories, in files of their own or among their session's lines.

A subagent belongs to the call that its notes name, else to the call with its first prompt.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from agentsess.model import Draft
from agentsess.sources.claude_records import Record, drafts_of, message_of
from agentsess.sources.claude_scan import lines

MOST_BYTES = 32_000_000
"""Of subagents' histories that are read for one session, the newest first."""
_MOST_FILES = 200
_LONGEST_NOTES = 100_000
_HEAD = 40
"""Lines of a file among which its first prompt is looked for."""
_SIDE_LINE = b'"isSidechain":true'


class _Line(Record):
    """A record, with what says to whom it belongs."""

    parent_uuid: Any = None
    session_id: Any = None


_decode = msgspec.json.Decoder(_Line).decode
_decode_any = msgspec.json.Decoder().decode


def histories_of(path: Path, calls: Mapping[str, str]) -> Iterator[tuple[str, Iterator[Draft]]]:
    """The subagents of the session in a file that were sent by ``calls``; see `Source.helpers`."""
    wanted = _reversed(calls)  # of several with the same prompt, the newest first
    left = MOST_BYTES
    for file, size in _files(path):
        if not wanted:
            return
        if size > left or not (call_id := _sender(file, path.stem, wanted)):
            continue
        left -= size
        del wanted[call_id]
        yield call_id, _drafts_in(file)
    if wanted:
        yield from _among_lines(path, _reversed(wanted), left)


def _files(path: Path) -> list[tuple[Path, int]]:
    """Files that may be of the session's subagents with their sizes, the newest first."""
    folders = [Path(root) for root, _, _ in os.walk(path.with_suffix("") / "subagents")]
    # older versions kept them beside the sessions
    found: list[tuple[float, Path, int]] = []
    for folder in (*folders, path.parent):
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        for entry in entries:
            if entry.name.startswith("agent-") and entry.name.endswith(".jsonl"):
                try:
                    stat = entry.stat()
                except OSError:
                    continue
                found.append((stat.st_mtime, Path(entry.path), stat.st_size))
    found.sort(reverse=True)
    return [(file, size) for _, file, size in found[:_MOST_FILES]]


def _sender(file: Path, session: str, wanted: Mapping[str, str]) -> str:
    """The call that sent the subagent of a file; empty if that is none of those wanted."""
    try:
        notes = file.with_suffix(".meta.json")
        if notes.is_file() and notes.stat().st_size < _LONGEST_NOTES:
            value = _decode_any(notes.read_bytes())
            call_id = value.get("toolUseId") if isinstance(value, dict) else None
            if isinstance(call_id, str):
                return call_id if call_id in wanted else ""
        with file.open("rb") as opened:
            for _, (_, line) in zip(range(_HEAD), lines(opened), strict=False):
                record = _parsed(line)
                if record and record.type == "user":
                    return _with_prompt(record, wanted) if record.session_id == session else ""
    except (OSError, ValueError, RecursionError):
        pass
    return ""


def _with_prompt(record: _Line, wanted: Mapping[str, str]) -> str:
    """The first call that gave the prompt of a record."""
    said = message_of(record).get("content")
    if isinstance(said, list):
        said = "".join(str(block.get("text", "")) for block in said if isinstance(block, dict))
    prompts = ((call_id, prompt.strip()) for call_id, prompt in wanted.items())
    text = said.strip() if isinstance(said, str) else ""
    return next((call_id for call_id, prompt in prompts if prompt and prompt == text), "")


def _drafts_in(file: Path) -> Iterator[Draft]:
    try:
        with file.open("rb", buffering=1 << 18) as opened:
            for _, line in lines(opened):
                if record := _parsed(line):
                    yield from _drafts_of(record)
    except OSError:
        return


def _among_lines(
    path: Path, wanted: dict[str, str], most: int
) -> Iterator[tuple[str, Iterator[Draft]]]:
    """The subagents whose lines stand in the session's own file, as old versions wrote them."""
    threads: dict[str, str] = {}
    records: dict[str, list[_Line]] = {}
    try:
        with path.open("rb", buffering=1 << 18) as opened:
            for _, line in lines(opened):
                if _SIDE_LINE not in line or not (record := _parsed(line)):
                    continue
                call_id = threads.get(str(record.parent_uuid), "")
                if record.parent_uuid is None and record.type == "user":
                    call_id = _with_prompt(record, wanted)
                    wanted.pop(call_id, None)
                most -= len(line)
                if not call_id or most < 0:
                    continue
                threads[str(record.uuid)] = call_id
                records.setdefault(call_id, []).append(record)
    except OSError:
        return
    for call_id, found in records.items():
        yield call_id, (draft for record in found for draft in _drafts_of(record))


def _parsed(line: bytes) -> _Line | None:
    try:
        return _decode(line)
    except (ValueError, RecursionError):
        return None


def _drafts_of(record: _Line) -> list[Draft]:
    record.is_sidechain = False  # in a history of its own it is no side line
    return drafts_of(record, message_of(record))


def _reversed(calls: Mapping[str, str]) -> dict[str, str]:
    return dict(reversed(list(calls.items())))
