"""How the demo's sessions are written down, and how they become entries.

A story is a session told line by line; `drafts` gives every line its time, its
tokens and its cost, the same ones each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agentsess.config import DEFAULT_MODEL
from agentsess.model import Draft, EntryKind, JsonObject, Status, Usage

START_TOKENS = 14_000
"""What system prompt and tools take in every request."""
UNSEEN_TOKENS = 420
"""What each reply thinks without showing it."""
_CACHE_SECONDS = 300
_PRICES = {  # dollars per million tokens; genai-prices takes longer to import than all this
    "claude-sonnet-5-5": (2.0, 10.0),
    "claude-opus-5-5": (5.0, 25.0),
    "claude-haiku-5-5": (1.0, 5.0),
    "claude-sonnet-4-5-20250929": (3.0, 15.0),
}


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool call and its answer."""

    name: str
    input: JsonObject
    output: str
    is_error: bool = False
    denied: str = ""
    """Why the user did not allow it, if so."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a story: a prompt, a reply, an event or a break."""

    kind: EntryKind | None
    """None for a break."""
    text: str = ""
    thinking: str = ""
    tools: tuple[Tool, ...] = ()
    seconds: float = 0.0
    """How long before this line nothing happened, beyond the usual."""
    meta: JsonObject = field(default_factory=dict)
    author: str = ""
    """The agent's name, where a session has several."""


@dataclass(frozen=True, slots=True)
class Story:
    """A session of the demo."""

    title: str
    project: str
    ended: timedelta
    """How long before now its last line was written."""
    lines: tuple[Line, ...]
    status: Status = Status.ACTIVE
    tags: tuple[str, ...] = ()
    notes: str = ""
    model: str = DEFAULT_MODEL
    metadata: JsonObject = field(default_factory=dict)
    trashed: bool = False


def you(text: str) -> Line:
    """A prompt."""
    return Line(EntryKind.USER, text.strip())


def reply(text: str, *tools: Tool, thinking: str = "") -> Line:
    """A reply of the model, with the tools it calls and what they answer."""
    return Line(EntryKind.ASSISTANT, text.strip(), thinking.strip(), tools)


def by(author: str, line: Line) -> Line:
    """The same line, by one of several agents."""
    return replace(line, author=author)


def event(name: str, text: str, **meta: object) -> Line:
    """Something that happened."""
    return Line(EntryKind.EVENT, text, meta={"event": name, **meta})


def later(*, days: float = 0, hours: float = 0, minutes: float = 0) -> Line:
    """A break."""
    seconds = timedelta(days=days, hours=hours, minutes=minutes).total_seconds()
    return Line(None, seconds=seconds)


def bash(command: str, output: str = "", *, failed: bool = False) -> Tool:
    """A shell command and its output."""
    return Tool("bash", {"command": command}, output.strip("\n"), failed)


def refused(command: str, why: str) -> Tool:
    """A shell command that the user did not allow."""
    return Tool("bash", {"command": command}, f"Denied: {why}", is_error=True, denied=why)


def read(path: str, output: str) -> Tool:
    """A file's text."""
    return Tool("read", {"file_path": path}, output.strip("\n"))


def edit(path: str, old: str, new: str) -> Tool:
    """A replacement in a file."""
    given = {"file_path": path, "old_string": old, "new_string": new}
    return Tool("edit", given, f"edited {path} (1 replacement(s))")


def write(path: str, content: str) -> Tool:
    """A new file."""
    size = len(content.encode())
    return Tool("write", {"file_path": path, "content": content}, f"wrote {size} bytes to {path}")


def grep(pattern: str, output: str) -> Tool:
    """A search in files."""
    return Tool("grep", {"pattern": pattern}, output.strip("\n"))


def glob(pattern: str, output: str) -> Tool:
    """Files by name."""
    return Tool("glob", {"pattern": pattern}, output.strip("\n"))


@dataclass(slots=True)
class Told:
    """A story as entries."""

    drafts: list[Draft]
    began: datetime
    worked: float
    """Seconds of work, without breaks and without the time the user took."""


def tell(story: Story, now: datetime) -> Told:
    """The entries of a story whose last one was written ``story.ended`` before ``now``."""
    timed = list(_timed(story))
    end = now - story.ended
    total = timed[-1][0]
    drafts = [_dated(draft, end - timedelta(seconds=total - at)) for at, draft, _ in timed]
    return Told(drafts, end - timedelta(seconds=total + 2), sum(work for _, _, work in timed))


def _dated(draft: Draft, at: datetime) -> Draft:
    return Draft(draft.kind, draft.text, draft.content, draft.author, draft.meta, at)


def _timed(story: Story) -> Iterator[tuple[float, Draft, float]]:
    """Each entry with its second from the start and the seconds of work it took."""
    clock, context, idle = 0.0, START_TOKENS, float(_CACHE_SECONDS)
    for number, line in enumerate(story.lines):
        if line.kind is None:
            clock += line.seconds
            idle += line.seconds
            continue
        if line.kind is EntryKind.USER:
            thought = 25 + len(line.text) / 4 if clock else 0.0
            clock += thought
            idle += thought
            context += _tokens(line.text)
            yield clock, Draft(EntryKind.USER, line.text), 0.0
            continue
        if line.kind is EntryKind.EVENT:
            clock += 3
            yield clock, Draft(EntryKind.EVENT, line.text, meta=line.meta), 0.0
            continue
        draft, new = _reply(story, number, line, context, fresh=idle >= _CACHE_SECONDS)
        took = 4 + new / 45
        clock, context, idle = clock + took, context + new, 0.0
        yield clock, draft, took
        for index, tool in enumerate(line.tools):
            ran = 2.5 + len(tool.output) / 200
            clock, context = clock + ran, context + _tokens(tool.output)
            yield clock, _result(tool, _call_id(number, index), line.author), ran


def _reply(
    story: Story, number: int, line: Line, context: int, *, fresh: bool
) -> tuple[Draft, int]:
    """An assistant's entry, and the tokens it adds to the context."""
    blocks: list[JsonObject] = []
    if line.thinking:
        blocks.append({"type": "thinking", "thinking": line.thinking, "signature": "demo"})
    if line.text:
        blocks.append({"type": "text", "text": line.text})
    for index, tool in enumerate(line.tools):
        call = {"id": _call_id(number, index), "name": tool.name, "input": tool.input}
        blocks.append({"type": "tool_use", **call})
    output = (
        UNSEEN_TOKENS
        + _tokens(line.text + line.thinking)
        + sum(40 + _tokens(str(t.input)) for t in line.tools)
    )
    # A prompt some minutes after the last reply finds the cache gone and fills it again.
    cached = 0 if fresh else context * 9 // 10
    usage = Usage(
        input=context - cached if cached else 6,
        output=output,
        cache_read=cached,
        cache_write=0 if cached else context - 6,
    )
    meta: JsonObject = {
        "model": story.model,
        "stop_reason": "tool_use" if line.tools else "end_turn",
        "usage": usage.to_json(),
        "message_id": f"msg_demo_{number:03}",
        "cost_usd": _cost(story.model, usage),
    }
    return Draft(EntryKind.ASSISTANT, line.text, tuple(blocks), line.author, meta), output


def _result(tool: Tool, call_id: str, author: str) -> Draft:
    block: JsonObject = {"type": "tool_result", "tool_use_id": call_id, "content": tool.output}
    if tool.is_error:
        block["is_error"] = True
    meta: JsonObject = {
        "tool_use_id": call_id,
        "tool": tool.name,
        "is_error": tool.is_error,
        "permission": "denied" if tool.denied else "allowed",
    }
    if tool.denied:
        meta["permission_reason"] = tool.denied
    return Draft(EntryKind.TOOL_RESULT, tool.output, (block,), author, meta)


def _call_id(number: int, index: int) -> str:
    return f"toolu_demo_{number:03}_{index}"


def _cost(model: str, usage: Usage) -> float | None:
    if model not in _PRICES:
        return None
    price_in, price_out = _PRICES[model]
    paid_in = usage.input + usage.cache_read / 10 + usage.cache_write * 1.25
    return round((paid_in * price_in + usage.output * price_out) / 1e6, 6)


def _tokens(text: str) -> int:
    return len(text) // 4 + 1
