"""How much messages are, and how they become less: pure functions over what is sent."""

from __future__ import annotations

import msgspec

from agentsess.model import JsonObject

Content = str | list[JsonObject]
"""What a message says: text, or content blocks."""

THINKING = ("thinking", "redacted_thinking")
_IMAGE, _DOCUMENT = 5_500, 20_000
"""What an image and a document weigh: their bytes say nothing of it."""
_MEDIA = ("image", "document")
_SHORT = 200
"""Weight of a result that is not worth leaving out."""


def weight(content: Content) -> int:
    """Size of what a message says, in characters, about as the model has to read it."""
    if isinstance(content, str):
        return len(content)
    return sum(_weight_of(block) for block in content)


def _weight_of(block: JsonObject) -> int:
    match block.get("type"):
        case "image":
            return _IMAGE
        case "document":
            return _DOCUMENT
        case "text":
            return len(block["text"])
        case "tool_result":
            return weight(block["content"])
        case _:
            return len(msgspec.json.encode(block))


def without_results(message: JsonObject) -> JsonObject:
    """A message in which images, and results of tools that are not short, are only named."""
    content = message["content"]
    if isinstance(content, str):
        return message
    return {**message, "content": [_named(block) for block in content]}


def _named(block: JsonObject) -> JsonObject:
    match block["type"]:
        case "image" | "document" as kind:
            return {"type": "text", "text": f"[{kind} left out]"}
        case "tool_result" if weight(block["content"]) > _SHORT:
            return {**block, "content": f"[result left out; {_size(block['content'])}]"}
        case _:
            return block


def without_media(message: JsonObject) -> JsonObject:
    """A message in which images and documents are only named; the same one if it has none."""
    content = message["content"]
    if isinstance(content, str) or not any(map(_has_media, content)):
        return message
    return {**message, "content": [_without_media(block) for block in content]}


def _has_media(block: JsonObject) -> bool:
    inner = block.get("content") if block["type"] == "tool_result" else None
    return block["type"] in _MEDIA or (isinstance(inner, list) and any(map(_has_media, inner)))


def _without_media(block: JsonObject) -> JsonObject:
    if block["type"] in _MEDIA:
        return _named(block)
    if not _has_media(block):
        return block
    return {**block, "content": [_without_media(inner) for inner in block["content"]]}


def _size(content: Content) -> str:
    if isinstance(content, str):
        return f"{len(content):,} characters"
    texts = [part for part in content if part.get("type") == "text"]
    sizes = [f"{weight(texts):,} characters"] if texts else []
    sizes += [f"1 {part.get('type', 'file')}" for part in content if part not in texts]
    return ", ".join(sizes)


def without_thinking(message: JsonObject) -> JsonObject:
    """A message without the model's thinking; the same one if it has none."""
    content = message["content"]
    if isinstance(content, str) or not any(block["type"] in THINKING for block in content):
        return message
    return {**message, "content": [b for b in content if b["type"] not in THINKING]}
