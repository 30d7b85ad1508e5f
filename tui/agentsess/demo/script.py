"""The scripted model: what it answers follows from the request alone.

It reads the last prompt, what its tools have answered since, and the conversation
before; it knows a handful of things to do and says so when asked for another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agentsess.demo import script_text as say
from agentsess.demo.porting import first_fix
from agentsess.demo.recapping import recap_for
from agentsess.model import JsonObject, ToolCall, text_of

RUN_TESTS = "python3 -m unittest discover -s tests"
LIST_FILES = "find . -name '*.py' -not -path '*/.*' | sort"

_PATH = re.compile(r"\b[\w./-]*\w\.(?:py|md|txt|toml|cfg)\b")
_TEST_FILE = re.compile(r"\btests/test_\w+\.py\b")
_PROMPT_READ = 2_000
"""Characters of a prompt that are looked at."""
_DENIED = re.compile(r"\b(den(y|ied)|declined?|refused?|rejected|not allowed)\b", re.IGNORECASE)
_OPEN = re.compile(r"^[ \t]*[-*] \[ \] (.+)$", re.MULTILINE)
_DONE = re.compile(r"^[ \t]*[-*] \[[xX]\] (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """A tool call of this turn and its answer."""

    call: ToolCall
    result: str
    is_error: bool

    @property
    def denied(self) -> bool:
        """Whether the user said no, as far as the answer tells."""
        return self.is_error and bool(_DENIED.search(self.result))


@dataclass(frozen=True, slots=True)
class Turn:
    """What the scripted model knows when it answers."""

    prompt: str
    steps: tuple[Step, ...]
    replies: tuple[str, ...]
    """Its own replies before this prompt, newest first."""
    tools: frozenset[str]

    def last(self, tool: str, word: str = "") -> Step | None:
        """The latest call of ``tool`` in this turn whose input mentions ``word``."""
        for step in reversed(self.steps):
            if step.call.name == tool and any(word in str(v) for v in step.call.input.values()):
                return step
        return None

    def plan(self) -> tuple[list[str], list[str]]:
        """Open and finished items of the latest to-do list in the conversation."""
        for text in self.replies:
            todo, done = _OPEN.findall(text), _DONE.findall(text)
            if todo or done:
                return todo, done
        return [], []


Answer = str | tuple[str, str, JsonObject]
"""What to say, and perhaps a tool to call with its input."""


def respond(request: JsonObject, unique: str) -> tuple[JsonObject, ...]:
    """The content blocks that answer a Messages request; ``unique`` goes into their ids."""
    if recap := recap_for(request):
        return ({"type": "text", "text": recap},)
    turn = read_turn(request)
    answer = _denied(turn) if turn.steps and turn.steps[-1].denied else _choose(turn)(turn)
    blocks: list[JsonObject] = []
    thinking = request.get("thinking")
    if isinstance(thinking, dict) and thinking.get("type") in ("enabled", "adaptive"):
        thought = say.thought(turn.prompt, len(turn.steps))
        blocks.append({"type": "thinking", "thinking": thought, "signature": "demo"})
    if isinstance(answer, str):
        return (*blocks, {"type": "text", "text": answer})
    text, tool, arguments = answer
    if tool not in turn.tools:
        return (*blocks, {"type": "text", "text": say.no_tool(text, tool)})
    call = {"type": "tool_use", "id": f"toolu_demo_{unique}", "name": tool, "input": arguments}
    return (*blocks, {"type": "text", "text": text}, call)


def read_turn(request: JsonObject) -> Turn:
    """The last prompt of a Messages request and what surrounds it."""
    prompt, steps, replies = "", list[Step](), list[str]()
    calls: dict[str, ToolCall] = {}
    said: list[str] = []
    for message in request["messages"]:
        blocks = _blocks(message.get("content"))
        if message.get("role") == "assistant":
            said.append(text_of(blocks))
            calls.update(_calls(blocks))
            continue
        for block in blocks:
            if block.get("type") == "tool_result":
                call = calls.get(str(block.get("tool_use_id")), ToolCall("", "", {}))
                steps.append(Step(call, text_of([block]), bool(block.get("is_error"))))
        if words := text_of([b for b in blocks if b.get("type") == "text"]):
            prompt, steps = words[:_PROMPT_READ], []
            replies, said = [*replies, *said], []
    names = frozenset(str(tool.get("name")) for tool in request.get("tools") or [])
    return Turn(prompt, tuple(steps), tuple(reversed(replies)), names)


def _blocks(content: object) -> list[JsonObject]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [b for b in content if isinstance(b, dict)] if isinstance(content, list) else []


def _calls(blocks: Sequence[JsonObject]) -> dict[str, ToolCall]:
    return {
        str(b.get("id")): ToolCall(str(b.get("id")), str(b.get("name")), b.get("input") or {})
        for b in blocks
        if b.get("type") == "tool_use"
    }


def _choose(turn: Turn) -> Callable[[Turn], Answer]:
    for pattern, scenario in _SCENARIOS:
        if pattern.search(turn.prompt):
            return scenario
    return _anything_else


def _list_files(turn: Turn) -> Answer:
    if named := _PATH.search(turn.prompt):
        path = named.group()
        step = turn.last("read", path)
        if step is None:
            return f"I will read `{path}`.", "read", {"file_path": path}
        return say.read_failed(path, step.result) if step.is_error else say.file(path, step.result)
    step = turn.last("bash")
    if step is None:
        return "Let me see what is in this folder.", "bash", {"command": LIST_FILES}
    return say.listing(step.result)


def _run_tests(turn: Turn) -> Answer:
    step = turn.last("bash", RUN_TESTS)
    if step is None:
        return "I will run the whole test suite.", "bash", {"command": RUN_TESTS}
    return say.test_report(step.result, _failing(step.result), step.is_error)


def _fix(turn: Turn) -> Answer:
    first = turn.last("bash", RUN_TESTS)
    if first is None:
        return "First I run the tests, to see what fails.", "bash", {"command": RUN_TESTS}
    failing = _failing(first.result)
    if not failing:
        return say.nothing_to_fix(first.result, first.is_error)
    return _port(turn, failing[0], [f"tests in `{name}`" for name in failing[1:]], [])


def _resume(turn: Turn) -> Answer:
    todo, done = turn.plan()
    if not todo:
        return _recap(turn)
    named = _TEST_FILE.search(todo[0])
    if named:
        return _port(turn, named.group(), todo[1:], done, item=todo[0])
    step = turn.last("bash")
    if step is None:
        return say.open_item(todo[0], done), "bash", {"command": "ls -la"}
    return say.next_step(todo, step.result)


def _recap(turn: Turn) -> Answer:
    todo, done = turn.plan()
    if todo or done:
        return say.recap(todo, done)
    return say.no_plan(turn.replies[0] if turn.replies else "")


def _port(turn: Turn, path: str, rest: list[str], done: list[str], *, item: str = "") -> Answer:
    """Read a test file, bring its first Python 2 line to Python 3, run it, report."""
    item = item or f"`{path}`"
    read = turn.last("read", path)
    if read is None:
        return say.open_item(item, done), "read", {"file_path": path}
    if read.is_error:
        return say.read_failed(path, read.result)
    fix = first_fix(read.result)
    edit = turn.last("edit", path)
    if fix and edit is None:
        change = {"file_path": path, "old_string": fix.old, "new_string": fix.new}
        return say.fix_found(path, fix), "edit", change
    if edit and edit.is_error:
        return say.edit_failed(path, edit.result)
    command = f"python3 -m unittest {path}"
    ran = turn.last("bash", command)
    if ran is None:
        return "Now the tests of that file.", "bash", {"command": command}
    return say.ported(item, fix, ran.result, ran.is_error, rest, done)


def _write(turn: Turn) -> Answer:
    named = _PATH.search(turn.prompt)
    path = named.group() if named else "NOTES.md"
    step = turn.last("write", path)
    if step is None:
        return f"I will write `{path}`.", "write", {"file_path": path, "content": say.NOTES}
    return say.written(path, step.result, step.is_error)


def _denied(turn: Turn) -> Answer:
    *before, last = turn.steps
    # a command that failed ran all the same
    did = (s for s in before if not s.is_error or (s.call.name == "bash" and not s.denied))
    done = [say.deed(step.call) for step in did]
    return say.denied(last.call.name, last.result, done)


def _anything_else(turn: Turn) -> Answer:
    return say.helpful(turn.prompt)


def _failing(output: str) -> list[str]:
    """Test files that the tracebacks of a unittest run name, each once."""
    return list(dict.fromkeys(_TEST_FILE.findall(output)))


def _words(expression: str) -> re.Pattern[str]:
    return re.compile(rf"\b({expression})\b", re.IGNORECASE)


_SCENARIOS: tuple[tuple[re.Pattern[str], Callable[[Turn], Answer]], ...] = (
    (_words(r"summar\w+|recap|where (were|are) we|what is (left|open)"), _recap),
    (_words(r"fix|repair|port|migrate|convert"), _fix),
    (_words(r"run .*tests?|tests? pass|run the suite|pytest|unittest"), _run_tests),
    (_words(r"continue|go on|go ahead|carry on|resume|ready|next|proceed|phase \d+"), _resume),
    (_words(r"(write|create|add) .*\.\w+|write (a )?(note|file)s?"), _write),
    (_words(r"list|files?|look at|look around|show me|read|explore|ls"), _list_files),
)
