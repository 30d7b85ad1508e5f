"""A reply as the Messages API sends it: one JSON object, or server-sent events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from agentsess.model import JsonObject, Usage

_PIECE = re.compile(r"\s{0,8}\S{1,12}\s?|\s+")


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply of the model: content blocks and what goes with them."""

    content: tuple[JsonObject, ...]
    """Blocks of type ``text``, ``thinking`` and ``tool_use``."""
    stop_reason: str = "end_turn"
    usage: Usage = field(default_factory=Usage)
    model: str = "demo"
    id: str = "msg_demo"


def usage_json(usage: Usage, *, output: int | None = None) -> JsonObject:
    """Usage under the API's names; ``output`` stands in for the final count."""
    return {
        "input_tokens": usage.input,
        "output_tokens": usage.output if output is None else output,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation_input_tokens": usage.cache_write,
    }


def message_json(reply: Reply) -> JsonObject:
    """The body that answers a request without ``stream``."""
    return _envelope(
        reply, list(reply.content), stop_reason=reply.stop_reason, usage=usage_json(reply.usage)
    )


def sse_events(reply: Reply) -> Iterator[bytes]:
    """The events that answer a request with ``stream``, one at a time, in small pieces."""
    start = _envelope(reply, [], stop_reason=None, usage=usage_json(reply.usage, output=1))
    yield _event("message_start", message=start)
    yield _event("ping")
    for index, block in enumerate(reply.content):
        yield _event("content_block_start", index=index, content_block=_opened(block))
        for delta in _deltas(block):
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    yield _event(
        "message_delta",
        delta={"stop_reason": reply.stop_reason, "stop_sequence": None},
        usage=usage_json(reply.usage),
    )
    yield _event("message_stop")


def pieces(text: str) -> list[str]:
    """``text`` cut into pieces of about a word; joined they are ``text`` again."""
    return _PIECE.findall(text)


def _envelope(
    reply: Reply, content: list[JsonObject], *, stop_reason: str | None, usage: JsonObject
) -> JsonObject:
    return {
        "id": reply.id,
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": usage,
    }


def _opened(block: JsonObject) -> JsonObject:
    match block["type"]:
        case "text":
            return {"type": "text", "text": ""}
        case "thinking":
            return {"type": "thinking", "thinking": "", "signature": ""}
        case _:
            return {**block, "input": {}}


def _deltas(block: JsonObject) -> Iterator[JsonObject]:
    match block["type"]:
        case "text":
            for piece in pieces(block["text"]):
                yield {"type": "text_delta", "text": piece}
        case "thinking":
            for piece in pieces(block["thinking"]):
                yield {"type": "thinking_delta", "thinking": piece}
            yield {"type": "signature_delta", "signature": block.get("signature", "")}
        case _:
            for piece in ("", *pieces(msgspec.json.encode(block["input"]).decode())):
                yield {"type": "input_json_delta", "partial_json": piece}


def _event(kind: str, **fields: object) -> bytes:
    data = msgspec.json.encode({"type": kind, **fields})
    return b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"
