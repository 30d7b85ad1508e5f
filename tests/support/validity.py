"""What the Messages API demands of the messages of a request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]
THINKING = ("thinking", "redacted_thinking")


def assert_acceptable(messages: Sequence[Json], *, goes_on: bool = False) -> None:
    """Fail unless the API would take these messages.

    Args:
        messages: Of one request.
        goes_on: They may end with a reply, which is to be gone on with.
    """
    assert messages, "a request needs a message"
    assert messages[0]["role"] == "user", "the first message must be the user's"
    seen: set[str] = set()
    waiting: list[str] = []
    for role, blocks in _turns(messages):
        answered = [b["tool_use_id"] for b in blocks if b["type"] == "tool_result"]
        assert sorted(answered) == sorted(waiting), "each call is answered in the next message"
        waiting = []
        for block in blocks:
            _check(block)
            if block["type"] == "tool_use":
                assert role == "assistant"
                assert block["id"] not in seen, "ids of calls are unique"
                seen.add(block["id"])
                waiting.append(block["id"])
        if role == "assistant":
            assert blocks[-1]["type"] not in THINKING, "a reply may not end in thinking"
        else:
            assert not any(b["type"] in THINKING for b in blocks)
            kinds = [b["type"] == "tool_result" for b in blocks]
            assert kinds == sorted(kinds, reverse=True), "results come before text"
    assert not waiting, "a call was left unanswered"
    assert goes_on or messages[-1]["role"] == "user"


def _turns(messages: Sequence[Json]) -> list[tuple[str, list[Json]]]:
    """The messages as the API reads them: consecutive ones of one role are one turn."""
    turns: list[tuple[str, list[Json]]] = []
    for message in messages:
        assert message.keys() == {"role", "content"}
        role, content = message["role"], message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        assert blocks, "content may not be empty"
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        else:
            turns.append((role, list(blocks)))
    return turns


def _check(block: Json) -> None:
    assert None not in block.values()
    match block["type"]:
        case "text":
            assert block["text"].strip(), "text may not be blank"
        case "thinking":
            assert block["signature"]
        case "tool_use":
            assert block.keys() == {"type", "id", "name", "input"}
            assert re.fullmatch(r"[a-zA-Z0-9_-]+", block["id"])
            assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", block["name"])
            assert isinstance(block["input"], dict)
        case "tool_result":
            assert block["content"]
            for part in block["content"] if isinstance(block["content"], list) else []:
                _check(part)
