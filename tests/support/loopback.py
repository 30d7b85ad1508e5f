"""A Messages API server on 127.0.0.1 that plays a script, in the real streaming wire format.

    with LoopbackServer([Reply("Hello"), HttpError(529)]) as server:
        ...  # ANTHROPIC_BASE_URL=server.url, any ANTHROPIC_API_KEY
    server.requests[0].json["messages"]

Each request to ``/v1/messages`` takes the next step of the script; when the script is used
up, ``default`` is played. It is a plain HTTP server: other processes may talk to it too.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Json = dict[str, Any]
_ids = itertools.count(1)


@dataclass(frozen=True)
class ToolUse:
    """A tool call of the model; as a step of its own, a reply with this call alone."""

    name: str
    input: Any = field(default_factory=dict)
    id: str = field(default_factory=lambda: f"toolu_{next(_ids):06d}")


@dataclass(frozen=True)
class Reply:
    """A whole reply."""

    text: str = ""
    thinking: str = ""
    tools: Sequence[ToolUse] = ()
    stop_reason: str | None = None
    """None: ``tool_use`` if there are tool calls, else ``end_turn``."""
    input_tokens: int = 10
    output_tokens: int = 5
    cache_read: int = 0
    cache_write: int = 0
    model: str | None = None
    """None: the model that was asked for."""
    stop_details: Json | None = None

    def blocks(self) -> list[Json]:
        """The content as the API would give it in one piece."""
        blocks: list[Json] = []
        if self.thinking:
            blocks.append(
                {"type": "thinking", "thinking": self.thinking, "signature": "c2lnbmF0dXJl"}
            )
        if self.text:
            blocks.append({"type": "text", "text": self.text})
        blocks += [
            {"type": "tool_use", "id": tool.id, "name": tool.name, "input": tool.input}
            for tool in self.tools
        ]
        return blocks


@dataclass(frozen=True)
class HttpError:
    """An error in place of a reply."""

    status: int
    message: str = "scripted error"
    type: str = "api_error"
    headers: Mapping[str, str] = field(default_factory=lambda: {"retry-after-ms": "1"})


@dataclass(frozen=True)
class CutStream:
    """A reply whose connection breaks after some events, or after some bytes."""

    reply: Reply
    after_events: int | None = None
    after_bytes: int | None = None
    politely: bool = False
    """The body ends as if it were whole."""


@dataclass(frozen=True)
class ErrorEvent:
    """A reply that turns into an error event after some events."""

    reply: Reply
    after_events: int
    type: str = "overloaded_error"
    message: str = "Overloaded"


@dataclass(frozen=True)
class RawEvents:
    """Events exactly as given, for what no right-minded server would send."""

    body: bytes


@dataclass(frozen=True)
class Slow:
    """A reply with a pause before each event."""

    reply: Reply
    seconds: float = 0.01


@dataclass(frozen=True)
class Hold:
    """A reply that stops after some events until the server is released or closed."""

    reply: Reply
    after_events: int


@dataclass(frozen=True)
class HangUp:
    """The connection is closed without a word."""


Step = Reply | ToolUse | HttpError | CutStream | ErrorEvent | RawEvents | Slow | Hold | HangUp
Script = Sequence[Step | Callable[[Json], Step]]


@dataclass(frozen=True)
class Request:
    """A request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    port: int = 0
    """Of the client: requests over one connection have the same."""

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


def sse(name: str, **data: Any) -> bytes:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def sse_events(reply: Reply, model: str, chunk: int = 8) -> list[bytes]:
    """The events of a streamed reply, text in pieces of ``chunk`` characters."""
    usage = {
        "input_tokens": reply.input_tokens,
        "cache_creation_input_tokens": reply.cache_write,
        "cache_read_input_tokens": reply.cache_read,
        "output_tokens": 1,
        "service_tier": "standard",
    }
    message: Json = {
        "id": f"msg_{next(_ids):06d}",
        "type": "message",
        "role": "assistant",
        "model": reply.model or model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    events = [sse("message_start", message=message), sse("ping")]
    for index, block in enumerate(reply.blocks()):
        events += _block_events(index, block, chunk)
    stop_reason = reply.stop_reason or ("tool_use" if reply.tools else "end_turn")
    delta: Json = {"stop_reason": stop_reason, "stop_sequence": None}
    if reply.stop_details:
        delta["stop_details"] = reply.stop_details
    totals = {**usage, "output_tokens": reply.output_tokens}
    events.append(sse("message_delta", delta=delta, usage=totals))
    events.append(sse("message_stop"))
    return events


def _block_events(index: int, block: Json, chunk: int) -> Iterator[bytes]:
    def deltas(type_: str, key: str, text: str) -> Iterator[bytes]:
        for start in range(0, len(text), chunk):
            delta = {"type": type_, key: text[start : start + chunk]}
            yield sse("content_block_delta", index=index, delta=delta)

    match block["type"]:
        case "text":
            empty: Json = {"type": "text", "text": ""}
            parts = deltas("text_delta", "text", block["text"])
        case "thinking":
            empty = {"type": "thinking", "thinking": "", "signature": ""}
            signature = {"type": "signature_delta", "signature": block["signature"]}
            parts = itertools.chain(
                deltas("thinking_delta", "thinking", block["thinking"]),
                [sse("content_block_delta", index=index, delta=signature)],
            )
        case _:
            empty = {**block, "input": {}, "caller": {"type": "direct"}}
            parts = deltas("input_json_delta", "partial_json", json.dumps(block["input"]))
    yield sse("content_block_start", index=index, content_block=empty)
    yield from parts
    yield sse("content_block_stop", index=index)


class LoopbackServer:
    """The server; a context manager."""

    def __init__(
        self,
        script: Script = (),
        *,
        models: Sequence[Json] | None = None,
        default: Step | Callable[[Json], Step] = HttpError(
            400, "the script is used up", "invalid_request_error"
        ),
        refuse: Callable[[Request], str] = lambda request: "",
    ) -> None:
        """Play a script, but to requests that `refuse` has something to say about."""
        self.script = list(script)
        self.default = default
        self.models = models
        self.requests: list[Request] = []
        self.refuse = refuse
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._closing = threading.Event()
        self._holding = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def url(self) -> str:
        """What ``ANTHROPIC_BASE_URL`` is to be."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that make the SDK of any process talk to this server."""
        return {"ANTHROPIC_BASE_URL": self.url, "ANTHROPIC_API_KEY": "sk-loopback"}

    @property
    def bodies(self) -> list[Any]:
        """The parsed bodies of the requests to the model."""
        return [request.json for request in self.requests if request.method == "POST"]

    def release(self) -> None:
        """Let every `Hold` go on."""
        self._released.set()

    def next_step(self, body: Json) -> Step:
        """The step that answers ``body``."""
        with self._lock:
            step = self.script.pop(0) if self.script else self.default
        return step(body) if callable(step) else step

    def pause(self, seconds: float) -> None:
        """Wait, unless the server is being closed."""
        self._closing.wait(seconds)

    def wait_until_holding(self) -> None:
        """Return when a `Hold` has been reached."""
        assert self._holding.wait(30)

    def hold(self) -> None:
        """Wait until released or closed."""
        self._holding.set()
        while not (self._released.is_set() or self._closing.is_set()):
            self._released.wait(0.01)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: LoopbackServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away in mid-answer are what many tests are about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    server: _Server

    @property
    def owner(self) -> LoopbackServer:
        return self.server.owner

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._record(b"")
        models = self.owner.models
        if models is not None and self.path.partition("?")[0] == "/v1/models":
            self._json(200, {"data": list(models), "has_more": False})
            return
        self._json(404, {"type": "error", "error": {"type": "not_found_error", "message": "?"}})

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        body = self.rfile.read(length)
        if len(body) < length:
            self._hang_up()  # the client went away before all was said
            return
        self._record(body)
        parsed = json.loads(body)
        if why := self.owner.refuse(self.owner.requests[-1]):
            self._play(HttpError(400, why, "invalid_request_error"), parsed)
        else:
            self._play(self.owner.next_step(parsed), parsed)

    def _record(self, body: bytes) -> None:
        self.owner.requests.append(
            Request(self.command, self.path, dict(self.headers), body, self.client_address[1])
        )

    def _play(self, step: Step, body: Json) -> None:
        model = body["model"]
        match step:
            case HttpError():
                error = {"type": step.type, "message": step.message}
                self._json(step.status, {"type": "error", "error": error}, step.headers)
            case HangUp():
                self._hang_up()
            case RawEvents():
                self._stream([step.body])
            case CutStream():
                self._cut(step, sse_events(step.reply, model))
            case ErrorEvent():
                failure = {"type": step.type, "message": step.message}
                events = sse_events(step.reply, model)[: step.after_events]
                self._stream([*events, sse("error", error=failure)])
            case Slow():
                self._stream(sse_events(step.reply, model), before_each=step.seconds)
            case Hold():
                events = sse_events(step.reply, model)
                self._stream(self._held(events, step.after_events))
            case ToolUse():
                self._stream(sse_events(Reply(tools=[step]), model))
            case Reply():
                self._stream(sse_events(step, model))

    def _held(self, events: list[bytes], after: int) -> Iterator[bytes]:
        yield from events[:after]
        self.owner.hold()
        yield from events[after:]

    def _cut(self, step: CutStream, events: list[bytes]) -> None:
        body = b"".join(events[: step.after_events])
        self._stream([body[: step.after_bytes]], finish=step.politely)
        if not step.politely:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True

    def _stream(
        self,
        events: Sequence[bytes] | Iterator[bytes],
        *,
        before_each: float = 0,
        finish: bool = True,
    ) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("request-id", "req_loopback")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in events:
            if before_each:
                self.owner.pause(before_each)
            if event:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
                self.wfile.flush()
        if finish:
            self.wfile.write(b"0\r\n\r\n")

    def _json(self, status: int, value: Json, headers: Mapping[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"content-type": "application/json", **(headers or {})}.items():
            self.send_header(name, text)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
