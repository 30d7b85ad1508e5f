"""What entries hold as content that the API accepts: pure functions, block by block."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from agentsess.agent.shortening import Content
from agentsess.model import Entry, EntryKind, JsonObject

NO_OUTPUT = "(no output)"
NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]")
"""What may not stand in the id of a call or the name of a tool."""
_IMPORTED_RESULT_LIMIT = 2_000


def prompt_content(entry: Entry) -> Content:
    """A prompt as the API takes it; empty if there is nothing to send."""
    if not entry.content:
        return entry.text if entry.text.strip() else ""
    blocks: list[JsonObject] = []
    for block in entry.content:
        if block.get("type") == "text":
            blocks += _text_block(block)
        elif block.get("type") in ("image", "document") and isinstance(block.get("source"), dict):
            blocks.append(_without_nulls(block))
    return blocks


def after_another(content: Content, speaker: str) -> Content:
    """A prompt to an agent that follows on another's replies: it must not take them for its own."""
    note = f"[The replies up to here are by {speaker or 'an agent without a name'}.]"
    if isinstance(content, str):
        return f"{note}\n\n{content}"
    return [{"type": "text", "text": note}, *content]


def reply_block(block: JsonObject) -> JsonObject | None:
    """A block of a reply without what only replies may hold; None if it cannot go back."""
    match block.get("type"):
        case "text":
            return next(iter(_text_block(block)), None)
        case "thinking":
            # without its signature the API would not believe it
            if block.get("thinking") is None or not block.get("signature"):
                return None
            return {key: block[key] for key in ("type", "thinking", "signature")}
        case "redacted_thinking":
            return (
                {"type": "redacted_thinking", "data": block["data"]} if block.get("data") else None
            )
        case str():
            return _without_nulls(block)
        case _:
            return None


def _text_block(block: JsonObject) -> list[JsonObject]:
    text = block.get("text")
    if not isinstance(text, str) or not text.strip():
        return []
    return [{"type": "text", "text": text}]


def tool_use(block: JsonObject, sent_id: str) -> JsonObject:
    """A call of a tool, made acceptable, under the id that is sent."""
    value = block.get("input")
    return {
        "type": "tool_use",
        "id": sent_id,
        "name": NOT_IN_NAMES.sub("_", str(block.get("name", "")))[:64] or "tool",
        "input": value if isinstance(value, dict) else {},
    }


def result_content(value: Any) -> Content:
    """What a tool gave, never empty."""
    if isinstance(value, str):
        return value if value.strip() else NO_OUTPUT
    blocks: list[JsonObject] = []
    for block in value if isinstance(value, list) else []:
        if isinstance(block, dict) and block.get("type") == "text":
            blocks += _text_block(block)
        elif isinstance(block, dict) and isinstance(block.get("source"), dict):
            blocks.append(_without_nulls(block))
    return blocks or NO_OUTPUT


def imported_text(entry: Entry) -> str:
    """An entry of another program as plain text: its tools are not ours to call."""
    if entry.kind is EntryKind.TOOL_RESULT:
        text = entry.text.strip() or NO_OUTPUT
        if len(text) > _IMPORTED_RESULT_LIMIT:
            text = f"{text[:_IMPORTED_RESULT_LIMIT]} … [{len(text):,} characters in all]"
        return f"[Earlier result of {entry.meta.get('tool') or 'a tool'}]\n{text}"
    parts = [entry.text] if entry.text.strip() else []
    if entry.kind is EntryKind.ASSISTANT:
        parts += [
            f"[Earlier call of {call.name}] {msgspec.json.encode(call.input).decode()}"
            for call in entry.tool_calls
        ]
    return "\n\n".join(parts)


def _without_nulls(block: JsonObject) -> JsonObject:
    return {key: value for key, value in block.items() if value is not None}
