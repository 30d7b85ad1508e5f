"""The Messages API in this process: an HTTP transport that never opens a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from hashlib import sha256
from typing import Any

import httpx2
import msgspec

from agentsess.config import DEFAULT_MODEL
from agentsess.demo.script import respond
from agentsess.demo.story import START_TOKENS, UNSEEN_TOKENS
from agentsess.demo.wire import Reply, message_json, sse_events
from agentsess.model import JsonObject, Usage

MODELS = {
    DEFAULT_MODEL: "Demo Sonnet 5.5",
    "claude-opus-5-5": "Demo Opus 5.5",
    "claude-haiku-5-5": "Demo Haiku 5.5",
}
_CHARACTERS_PER_TOKEN = 4


class DemoTransport(httpx2.AsyncBaseTransport):
    """Answers as the API would, with `respond` in place of a model.

    Args:
        pace: Events per second of a streamed reply; 0 sends them without waiting.
    """

    def __init__(self, *, pace: float = 60.0) -> None:
        self._delay = 1 / pace if pace else 0.0
        self._seen: set[bytes] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Route one request; what the API does not have is a 404."""
        body = await request.aread()
        route = request.method, request.url.path
        if route[0] == "GET" and route[1].startswith("/v1/models"):
            return _models(route[1].removeprefix("/v1/models").strip("/"))
        if route not in (("POST", "/v1/messages"), ("POST", "/v1/messages/count_tokens")):
            return _error(404, "not_found_error", f"{route[1]} is not part of the demo")
        try:
            asked = msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            return _error(400, "invalid_request_error", f"the body is not a JSON object: {error}")
        if not isinstance(asked.get("messages"), list) or not asked["messages"]:
            return _error(400, "invalid_request_error", "messages: at least one is required")
        if route[1].endswith("/count_tokens"):
            return _json({"input_tokens": sum(size for _, size in _prefixes(asked))})
        return self._answer(asked)

    def _answer(self, asked: JsonObject) -> httpx2.Response:
        digest = sha256(msgspec.json.encode(asked)).hexdigest()[:20]
        content = respond(asked, digest)
        calls = any(block["type"] == "tool_use" for block in content)
        reply = Reply(
            content=content,
            stop_reason="tool_use" if calls else "end_turn",
            usage=self._usage(asked, content),
            model=str(asked.get("model") or DEFAULT_MODEL),
            id=f"msg_demo_{digest}",
        )
        if not asked.get("stream"):
            return _json(message_json(reply))
        return httpx2.Response(
            200,
            headers={"content-type": "text/event-stream", "request-id": f"req_demo_{digest}"},
            stream=_Paced(sse_events(reply), self._delay),
        )

    def _usage(self, asked: JsonObject, content: tuple[JsonObject, ...]) -> Usage:
        """Tokens by size; what an earlier request began with comes from the cache."""
        prefixes = _prefixes(asked)
        known = 0
        while known < len(prefixes) and prefixes[known][0] in self._seen:
            known += 1
        self._seen.update(digest for digest, _ in prefixes)
        sizes = [size for _, size in prefixes]
        new = sizes[known:]
        return Usage(
            input=new[-1] if new else 0,
            output=UNSEEN_TOKENS + _tokens(content),
            cache_read=sum(sizes[:known]),
            cache_write=sum(new[:-1]),
        )


class _Paced(httpx2.AsyncByteStream):
    def __init__(self, events: Iterable[bytes], delay: float) -> None:
        self._events = events
        self._delay = delay

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for event in self._events:
            # Even without a delay: a reader that is cancelled gets its chance to stop.
            await asyncio.sleep(self._delay)
            yield event


def _prefixes(asked: JsonObject) -> list[tuple[bytes, int]]:
    """For each part of a request, a digest of all up to it, and its tokens."""
    parts: list[object] = [[asked.get("tools"), asked.get("system")], *asked["messages"]]
    result = []
    digest = sha256(str(asked.get("model")).encode())
    for part in parts:
        plain = _without_marks(part)
        digest.update(msgspec.json.encode(plain))
        result.append((digest.digest(), _weight(plain)))
    return result


def _weight(part: object) -> int:
    """Tokens of a part, by the measure of the sessions that the demo begins with."""
    match part:
        case {"role": "assistant"}:
            return UNSEEN_TOKENS + _tokens(part)
        case [[_, *_], _]:  # tools and a system prompt
            return START_TOKENS
        case _:
            return _tokens(part)


def _without_marks(value: object) -> object:
    """``value`` with a string as content made a block, and without cache marks, which move."""
    if isinstance(value, dict):
        plain = {key: _without_marks(item) for key, item in value.items() if key != "cache_control"}
        if "role" in plain and isinstance(plain.get("content"), str):
            plain["content"] = [{"type": "text", "text": plain["content"]}]
        return plain
    if isinstance(value, list):
        return [_without_marks(item) for item in value]
    return value


def _tokens(value: object) -> int:
    return max(1, len(msgspec.json.encode(value)) // _CHARACTERS_PER_TOKEN)


def _models(model: str) -> httpx2.Response:
    entries = [
        {
            "type": "model",
            "id": name,
            "display_name": label,
            "created_at": "2026-01-01T00:00:00Z",
            "lifecycle": "active",
            "max_input_tokens": 1_000_000,
        }
        for name, label in MODELS.items()
    ]
    if not model:
        ids = list(MODELS)
        return _json({"data": entries, "has_more": False, "first_id": ids[0], "last_id": ids[-1]})
    found = [entry for entry in entries if entry["id"] == model]
    return _json(found[0]) if found else _error(404, "not_found_error", f"model: {model}")


def _json(value: object, status: int = 200) -> httpx2.Response:
    return httpx2.Response(
        status, headers={"content-type": "application/json"}, content=msgspec.json.encode(value)
    )


def _error(status: int, kind: str, message: str) -> httpx2.Response:
    return _json({"type": "error", "error": {"type": kind, "message": message}}, status)
