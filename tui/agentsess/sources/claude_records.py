"""Claude Code's records: a line of its file in, the entries that it stands for out.

The format is undocumented and moves. So nothing here trusts a field's type, and what is
not known stands for no entry.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from agentsess.model import Draft, EntryKind, JsonObject, Usage, text_of

SYNTHETIC_MODEL = "<synthetic>"
"""The model that Claude Code names in replies it made up itself."""


class Record(msgspec.Struct, rename="camel"):
    """The fields of a line that matter here; decoding skips all others.

    Skipping is what makes a file cheap to read: nearly all its bytes are attachments and
    dumped requests, which are neither built nor even looked into.
    """

    type: Any = None
    subtype: Any = None
    uuid: Any = None
    timestamp: Any = None
    cwd: Any = None
    git_branch: Any = None
    is_sidechain: Any = None
    is_meta: Any = None
    is_compact_summary: Any = None
    is_visible_in_transcript_only: Any = None
    is_api_error_message: Any = None
    origin: Any = None
    message: msgspec.Raw = msgspec.Raw()
    attachment: msgspec.Raw = msgspec.Raw()
    content: msgspec.Raw = msgspec.Raw()
    compact_metadata: Any = None
    forked_from: Any = None
    custom_title: Any = None
    ai_title: Any = None
    summary: Any = None
    leaf_uuid: Any = None
    last_prompt: Any = None
    total_cost_usd: Any = msgspec.field(name="totalCostUSD", default=None)
    start_time: Any = None
    model_usage: Any = None
    has_unknown_model_cost: Any = None


_decode_record = msgspec.json.Decoder(Record).decode
_decode_any = msgspec.json.Decoder().decode
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_line(line: bytes) -> Record | None:
    """The record on a line; None if the line is blank or cannot be read."""
    try:
        return _decode_record(line)
    except (ValueError, RecursionError):
        pass
    mended = _mended(line)
    try:
        return _decode_record(mended) if mended else None
    except (ValueError, RecursionError):
        return None


def conversation_bytes(record: Record) -> bytes:
    """The JSON of what the record adds to the conversation; empty if it adds nothing."""
    if record.type in ("user", "assistant"):
        return bytes(record.message)
    body = bytes(record.attachment)
    return body if b"queued_command" in body else b""


def message_of(record: Record) -> JsonObject:
    """The message inside a user's or assistant's record, or the body of a queued prompt.

    Other attachments come out empty.
    """
    value = _value(conversation_bytes(record))
    return value if isinstance(value, dict) else {}


def time_of(record: Record) -> datetime | None:
    """The record's time with a zone, if it has a plausible one."""
    if not isinstance(record.timestamp, str):
        return None
    try:
        at = datetime.fromisoformat(record.timestamp)
    except ValueError:
        return None
    # Comparing and converting the first and last years can overflow.
    if not 1970 <= at.year <= 9000:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def usage_of(message: JsonObject) -> Usage | None:
    """The tokens that a reply's message reports; None if it reports none."""
    usage = message.get("usage")
    return Usage.from_api(usage) if isinstance(usage, dict) else None


def drafts_of(record: Record, message: JsonObject) -> list[Draft]:
    """The entries that a record stands for, ``message`` being its `message_of`.

    Depends on nothing but the record, so that counting and reading always agree.
    """
    if record.is_sidechain:
        return []
    match record.type:
        case "user":
            return _from_user(record, message)
        case "assistant":
            return _from_assistant(record, message)
        case "attachment":
            return _from_attachment(record, message)
        case "system":
            return _from_system(record)
        case _:
            return []


def _from_user(record: Record, message: JsonObject) -> list[Draft]:
    at = time_of(record)
    blocks = _blocks(message.get("content"))
    if record.is_compact_summary:
        return [_event("compact_summary", _text(blocks), at)]
    drafts = [_tool_result(block, at) for block in blocks if block.get("type") == "tool_result"]
    if record.is_meta or record.is_visible_in_transcript_only or not _from_human(record.origin):
        return drafts
    spoken = [block for block in blocks if block.get("type") != "tool_result"]
    return drafts + _from_spoken(spoken, at)


def _from_spoken(blocks: list[JsonObject], at: datetime | None) -> list[Draft]:
    """A prompt, a command that was typed or what it printed, or nothing."""
    kept: list[JsonObject] = []
    for block in blocks:
        if block.get("type") == "text":
            text = _without_wrappers(str(block.get("text", "")))
            if text.strip():
                kept.append(block if text == block["text"] else {**block, "text": text})
        else:
            kept.append(block)
    if not kept:
        return []
    text = _text(kept)
    if text.startswith("[Request interrupted by user"):
        return [_event("interrupted", text, at)]
    if text.lstrip().startswith(_COMMAND_TAGS):
        return _from_command(text, at)
    plain = all(block.get("type") == "text" for block in kept)
    return [Draft(EntryKind.USER, text, () if plain else tuple(kept), at=at)]


_COMMAND_TAGS = (
    "<command-name>",
    "<command-message>",
    "<local-command-stdout>",
    "<local-command-stderr>",
    "<bash-input>",
    "<bash-stdout>",
    "<bash-stderr>",
    "<task-notification>",
)
_WRAPPER = re.compile(
    r"\s*<(ide_\w+|system-reminder|local-command-caveat)>.*?</\1>\s*|"
    r"\s*Caveat: The messages below were generated by the user while running local commands.*\Z",
    re.DOTALL,
)
_OUTPUT_TAGS = ("local-command-stdout", "local-command-stderr", "bash-stdout", "bash-stderr")


def _from_command(text: str, at: datetime | None) -> list[Draft]:
    if name := _tagged(text, "command-name"):
        command = f"{name} {_tagged(text, 'command-args')}".strip()
        return [_event("command", command, at)]
    if shell := _tagged(text, "bash-input"):
        return [_event("command", f"! {shell}", at)]
    output = "\n".join(part for tag in _OUTPUT_TAGS if (part := _tagged(text, tag)))
    return [_event("command_output", output, at)] if output else []


def _from_assistant(record: Record, message: JsonObject) -> list[Draft]:
    at = time_of(record)
    blocks = _blocks(message.get("content"))
    if record.is_api_error_message:
        return [_event("error", _text(blocks), at)]
    if not blocks:
        return []
    if message.get("model") == SYNTHETIC_MODEL:
        return [_event("notice", _text(blocks), at)]
    meta: JsonObject = {}
    for name, value in (
        ("model", message.get("model")),
        ("message_id", message.get("id")),
        ("stop_reason", message.get("stop_reason")),
    ):
        if isinstance(value, str):
            meta[name] = value
    if usage := usage_of(message):
        meta["usage"] = usage.to_json()
    return [Draft(EntryKind.ASSISTANT, _text(blocks), tuple(blocks), meta=meta, at=at)]


def _from_attachment(record: Record, body: JsonObject) -> list[Draft]:
    """What a person typed while the model worked comes as an attachment."""
    typed = (
        body.get("type") == "queued_command"
        and body.get("commandMode", "prompt") == "prompt"
        and not body.get("isMeta")
        and _from_human(body.get("origin"))
    )
    return _from_spoken(_blocks(body.get("prompt")), time_of(record)) if typed else []


def _from_system(record: Record) -> list[Draft]:
    at = time_of(record)
    content = _value(bytes(record.content))
    text = content if isinstance(content, str) else ""
    if record.subtype == "local_command":
        return _from_command(text, at)
    if record.subtype != "compact_boundary":
        return []
    facts = record.compact_metadata if isinstance(record.compact_metadata, dict) else {}
    names = {"trigger": "trigger", "preTokens": "pre_tokens", "postTokens": "post_tokens"}
    meta = {ours: facts[theirs] for theirs, ours in names.items() if theirs in facts}
    return [_event("compacted", text, at, **meta)]


def _tool_result(block: JsonObject, at: datetime | None) -> Draft:
    meta: JsonObject = {"is_error": block.get("is_error") is True}
    if isinstance(call := block.get("tool_use_id"), str):
        meta["tool_use_id"] = call
    return Draft(EntryKind.TOOL_RESULT, _text([block]), (block,), meta=meta, at=at)


def _event(name: str, text: str, at: datetime | None, **facts: Any) -> Draft:
    return Draft(EntryKind.EVENT, text, meta={"event": name, **facts}, at=at)


def _blocks(content: Any) -> list[JsonObject]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list):
        return []
    return [block for block in content if isinstance(block, dict)]


def _from_human(origin: Any) -> bool:
    """Whether a prompt is a person's: not another session's or a finished task's."""
    return not isinstance(origin, dict) or origin.get("kind", "human") == "human"


def _without_wrappers(text: str) -> str:
    """The text without what Claude Code or an editor put in front of it."""
    start = 0
    while found := _WRAPPER.match(text, start):
        start = found.end()
    return text[start:]


def _tagged(text: str, tag: str) -> str:
    _, _, rest = text.partition(f"<{tag}>")
    return rest.partition(f"</{tag}>")[0].strip()


def _text(blocks: list[JsonObject]) -> str:
    """`text_of`, but results inside results are left out: no text is worth the recursion."""
    return text_of(
        _flat(block) if block.get("type") == "tool_result" else block for block in blocks
    )


def _flat(block: JsonObject) -> JsonObject:
    if not isinstance(inner := block.get("content"), list):
        return block
    return {**block, "content": [b for b in _blocks(inner) if "content" not in b]}


def _value(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return _decode_any(raw)
    except (ValueError, RecursionError):
        mended = _mended(raw)
        return _decode_any(mended) if mended else None


def _mended(line: bytes) -> bytes:
    """The line as valid JSON, if a more patient parser can read it; else nothing.

    It takes NUL bytes, control characters, invalid UTF-8 and lone surrogates.
    """
    text = line.replace(b"\0", b"").decode("utf-8", "replace")
    try:
        value = json.loads(text, strict=False)
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        mended = _SURROGATE.sub("\ufffd", text).encode()
        _decode_any(mended)
    except (ValueError, RecursionError):
        return b""
    return mended
