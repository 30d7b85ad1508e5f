"""Entries of Claude Code's histories: drafts with what only their neighbours tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from agentsess.model import Draft, Entry, EntryKind, JsonObject

TOOL_WINDOW = 256
"""A tool result names its tool if the call is among this many entries before it. So a
page knows the same as a reading from the start, and still reads only a little more."""


def numbered(drafts: Iterable[Draft], seq: int, fallback: datetime) -> Iterator[Entry]:
    """The drafts as entries from ``seq`` on, with what only their neighbours tell.

    A result gets its tool's name. A message that spans several lines keeps its usage on
    the last of them alone, so that adding up counts it once: a line is held back, with
    what follows it, until the next reply.
    """
    tools: dict[str, tuple[str, int]] = {}
    held: list[Entry] = []
    for number, draft in enumerate(drafts, seq):
        meta = draft.meta
        if draft.kind is EntryKind.TOOL_RESULT:
            meta = _with_tool(meta, tools, number)
        at = draft.at or fallback
        entry = Entry(number, draft.kind, draft.text, at, content=draft.content, meta=meta)
        if entry.kind is EntryKind.ASSISTANT:
            for block in entry.content:
                if block.get("type") == "tool_use":
                    tools[str(block.get("id", ""))] = (str(block.get("name", "")), number)
            if held:
                yield _without_usage(held[0]) if _same_message(held[0], entry) else held[0]
                yield from held[1:]
            held = [entry]
        elif held:
            held.append(entry)
        else:
            yield entry
    yield from held


def _with_tool(meta: JsonObject, tools: dict[str, tuple[str, int]], number: int) -> JsonObject:
    name, called = tools.get(meta.get("tool_use_id", ""), ("", 0))
    return {**meta, "tool": name} if name and number - called <= TOOL_WINDOW else meta


def _same_message(entry: Entry, other: Entry) -> bool:
    message_id = entry.meta.get("message_id")
    return message_id is not None and message_id == other.meta.get("message_id")


def _without_usage(entry: Entry) -> Entry:
    meta = {name: value for name, value in entry.meta.items() if name != "usage"}
    return msgspec.structs.replace(entry, meta=meta)
