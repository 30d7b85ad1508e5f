"""The caller's own functions as tools."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from anthropic import beta_tool
from anthropic.lib.tools import ToolError
from pydantic import Field

from agentsess.agent.agent import Agent
from agentsess.agent.events import ToolFinished, ToolStarted
from agentsess.model import Entry, EntryKind, JsonObject
from support.agents import assert_requests_acceptable, events_of, run
from support.loopback import LoopbackServer, Reply, ToolUse

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]


def allow(*_: object) -> bool:
    return True


def weather(city: str, unit: Literal["C", "F"] = "C") -> str:
    """Tell the weather.

    Args:
        city: Where.
        unit: Of the temperature.
    """
    return f"21 {unit} in {city}"


async def add(numbers: list[int]) -> int:
    """Add numbers up."""
    return sum(numbers)


def use(
    loopback: Loopback, make_agent: MakeAgent, function: Callable[..., Any], **arguments: Any
) -> Entry:
    """The result of one call."""
    server = loopback([ToolUse(function.__name__, arguments), Reply("Done.")])
    agent = make_agent(permission_callback=allow, tools=[function], tool_timeout=0.5)
    (entry,) = [e for e in run(agent, "Go").entries if e.kind is EntryKind.TOOL_RESULT]
    assert_requests_acceptable(server)
    return entry


def test_the_model_is_told_types_and_docstrings(loopback: Loopback, make_agent: MakeAgent) -> None:
    server = loopback([Reply("Hello.")])
    run(make_agent(permission_callback=allow, tools=[weather]), "Hi")
    definition = server.bodies[0]["tools"][-1]
    assert definition["name"] == "weather"
    assert definition["description"] == "Tell the weather."
    schema = definition["input_schema"]
    assert schema["required"] == ["city"]
    assert schema["properties"]["city"] == {
        "description": "Where.",
        "title": "City",
        "type": "string",
    }
    assert schema["properties"]["unit"]["enum"] == ["C", "F"]


def test_sync_and_async_functions_and_methods_are_called(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    class Counter:
        def __init__(self) -> None:
            self.total = 0

        def count(self, by: int = 1) -> int:
            """Count on."""
            self.total += by
            return self.total

        async def count_later(self, by: int) -> int:
            """Count on, later."""
            await asyncio.sleep(0)
            return self.count(by)

    counter = Counter()
    calls = [
        ToolUse("weather", {"city": "Bern"}),
        ToolUse("add", {"numbers": [1, 2, 3]}),
        ToolUse("count"),
        ToolUse("count_later", {"by": 2}),
    ]
    server = loopback([Reply(tools=calls), Reply("Done.")])
    tools = [weather, add, counter.count, counter.count_later]
    run(make_agent(permission_callback=allow, tools=tools), "Go")
    results = server.bodies[1]["messages"][-1]["content"]
    assert [result["content"] for result in results] == ["21 C in Bern", "6", "1", "3"]


@dataclass
class Point:
    x: int
    on: date


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        (None, "(no output)"),
        ("", "(no output)"),
        (3.5, "3.5"),
        ([], "[]"),
        ({"a": [1, None]}, '{"a":[1,null]}'),
        (Point(1, date(2026, 11, 24)), '{"x":1,"on":"2026-11-24"}'),
        ({"path": Path("/x")}, '{"path":"/x"}'),
        pytest.param((n for n in (1, 2)), "[1,2]", id="generator"),
        ([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}], "one\n\ntwo"),
        ([{"type": "unheard of"}], '[{"type":"unheard of"}]'),
        pytest.param(threading.main_thread, "<function main_thread", id="function"),
    ],
    ids=str,
)
def test_whatever_a_function_returns_is_told(
    loopback: Loopback, make_agent: MakeAgent, value: Any, text: str
) -> None:
    def give() -> Any:
        return value

    entry = use(loopback, make_agent, give)
    assert entry.text.strip('"').startswith(text)
    assert entry.meta["is_error"] is False


def test_long_text_in_blocks_is_shortened_too(loopback: Loopback, make_agent: MakeAgent) -> None:
    def give() -> Any:
        return [{"type": "text", "text": "x" * 200_000}]

    assert len(use(loopback, make_agent, give).text) < 61_000


def broken() -> str:
    """Fail."""
    raise KeyError("no such key")


def refusing() -> str:
    """Refuse."""
    raise ToolError("Not today.")


def stopping() -> str:
    """Stop."""
    raise StopIteration


def leaving() -> str:
    """Leave."""
    raise SystemExit(1)


async def cancelling() -> str:
    """Give up."""
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (broken, "broken: KeyError('no such key')"),
        (refusing, "Not today."),
        (stopping, "stopping: RuntimeError('StopIteration()')"),
        (leaving, "leaving: RuntimeError('SystemExit(1)')"),
        (cancelling, "cancelling: it was cancelled"),
    ],
)
def test_what_a_function_raises_is_an_error_for_the_model(
    loopback: Loopback, make_agent: MakeAgent, function: Callable[..., Any], text: str
) -> None:
    entry = use(loopback, make_agent, function)
    assert entry.text == text
    assert entry.meta["is_error"] is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "city: Missing"),
        ({"city": ["Bern"]}, "city: Input should be a valid string"),
        ({"city": "Bern", "unit": "K"}, "unit: Input should be 'C' or 'F'"),
        ({"city": "Bern", "more": 1}, "more: Unexpected"),
    ],
)
def test_wrong_arguments_are_told_exactly(
    loopback: Loopback, make_agent: MakeAgent, arguments: JsonObject, words: str
) -> None:
    entry = use(loopback, make_agent, weather, **arguments)
    assert entry.text.startswith("weather: ")
    assert words in entry.text
    assert entry.meta["is_error"] is True


def test_a_function_that_hangs_is_left_to_itself(loopback: Loopback, make_agent: MakeAgent) -> None:
    never = threading.Event()

    def hang() -> str:
        """Hang."""
        never.wait()
        return ""

    entry = use(loopback, make_agent, hang)
    never.set()
    assert entry.text == "hang: ended after 0.5 s without a result"


def test_an_async_function_that_hangs_is_cancelled(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    tidied = threading.Event()

    async def hang() -> str:
        """Hang."""
        try:
            await asyncio.Event().wait()
        finally:
            tidied.set()
        return ""

    entry = use(loopback, make_agent, hang)
    assert entry.text == "hang: ended after 0.5 s without a result"
    assert tidied.is_set()


def test_a_program_ends_though_a_function_hangs(loopback: Loopback, tmp_path: Path) -> None:
    loopback([ToolUse("hang", {}), Reply("Done.")])
    program = """
import asyncio, threading
from agentsess import Agent

def hang() -> str:
    "Hang."
    threading.Event().wait()

agent = Agent(permission_callback=lambda *_: True, tools=[hang], tool_timeout=0.1)
print(asyncio.run(agent.run("Go")).output)
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.stdout == "Done.\n", done.stderr


def test_async_functions_are_under_way_together(loopback: Loopback, make_agent: MakeAgent) -> None:
    met = asyncio.Barrier(2)

    async def meet(name: str) -> str:
        """Meet."""
        await met.wait()
        return name

    calls = [ToolUse("meet", {"name": name}) for name in ("one", "two")]
    server = loopback([Reply(tools=calls), Reply("Done.")])
    run(make_agent(permission_callback=allow, tools=[meet], tool_timeout=20), "Go")
    results = server.bodies[1]["messages"][-1]["content"]
    assert [result["content"] for result in results] == ["one", "two"]


def test_permission_is_asked_with_all_arguments(loopback: Loopback, make_agent: MakeAgent) -> None:
    asked: list[tuple[str, JsonObject]] = []

    def callback(action: str, resource: str, details: JsonObject) -> bool:
        asked.append((action, details))
        return False

    server = loopback([ToolUse("weather", {"city": "Bern"}), Reply("Done.")])
    agent = make_agent(permission_callback=callback, tools=[weather])
    session_id = run(agent, "Go").session_id
    assert asked == [("weather", {"city": "Bern", "session_id": session_id})]
    assert server.bodies[1]["messages"][-1]["content"][0]["content"].startswith("Denied")


def test_events_tell_of_a_function_as_of_any_tool(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([ToolUse("weather", {"city": "Bern"}), Reply("Done.")])
    events = events_of(make_agent(permission_callback=allow, tools=[weather]), "Go")
    told = [event for event in events if isinstance(event, ToolStarted | ToolFinished)]
    assert [event.call.name for event in told] == ["weather", "weather"]


def test_a_run_may_bring_functions_of_its_own(loopback: Loopback, make_agent: MakeAgent) -> None:
    server = loopback([Reply("One."), Reply("Two."), Reply("Three.")])
    agent = make_agent(permission_callback=allow, tools=[weather])
    run(agent, "Hi", tools=[add])
    run(agent, "Hi")
    names = [[tool["name"] for tool in body["tools"]] for body in server.bodies[:2]]
    own = ["bash", "read", "write", "edit", "glob", "grep"]
    assert names == [[*own, "add", "weather"], [*own, "weather"]]


def test_the_order_of_functions_makes_no_difference(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([Reply("One."), Reply("Two.")])
    for tools in ([weather, add], [add, weather]):
        run(make_agent(permission_callback=allow, tools=tools), "Hi")
    assert server.bodies[0]["tools"] == server.bodies[1]["tools"]


def test_a_tool_of_the_sdk_is_taken_as_it_is(loopback: Loopback, make_agent: MakeAgent) -> None:
    @beta_tool(name="double", description="Double a number.")
    def twice(number: Annotated[int, Field(ge=0)]) -> str:
        return str(number * 2)

    server = loopback([ToolUse("double", {"number": 4}), Reply("Done.")])
    run(make_agent(permission_callback=allow, tools=[twice]), "Go")
    assert server.bodies[0]["tools"][-1]["description"] == "Double a number."
    assert server.bodies[1]["messages"][-1]["content"][0]["content"] == "8"


def bash(command: str) -> str:
    """Not the real one."""
    return command


def of_session(session_id: str) -> str:
    """Hidden from who is asked."""
    return session_id


@pytest.mark.parametrize(
    ("tools", "words"),
    [
        ([weather, weather], "Two tools are named 'weather'"),
        ([bash], "Two tools are named 'bash'"),
        ([lambda: "x"], "'<lambda>' cannot be a tool's name"),
        ([partial(weather, "Bern")], "Two tools|cannot be"),
        ([of_session], "of_session: no parameter of a tool can be named 'session_id'"),
        ([beta_tool(of_session)], "of_session: no parameter"),
    ],
)
def test_tools_that_cannot_be_told_apart_are_refused_at_once(
    make_agent: MakeAgent, tools: list[Any], words: str
) -> None:
    if isinstance(tools[0], partial):
        tools *= 2
    with pytest.raises(ValueError, match=words):
        make_agent(permission_callback=allow, tools=tools)
    with pytest.raises(ValueError, match=words):
        run(make_agent(permission_callback=allow), "Hi", tools=tools)


def test_tools_without_a_permission_callback_are_refused_at_once(make_agent: MakeAgent) -> None:
    with pytest.raises(ValueError, match="permission_callback"):
        make_agent(tools=[weather])


def listing(*numbers: int) -> str:
    """Take any number of numbers."""
    return str(numbers)


def locked(lock: threading.Condition) -> str:
    """Take what no JSON can be."""
    return str(lock)


@pytest.mark.parametrize("function", [listing, locked])
def test_a_function_whose_types_cannot_be_told_is_refused_before_anything_is_sent(
    loopback: Loopback, make_agent: MakeAgent, function: Callable[..., str]
) -> None:
    server = loopback([Reply("Hello.")])
    agent = make_agent(permission_callback=allow, tools=[function])
    session = agent.create_session()
    with pytest.raises(ValueError, match=f"{function.__name__} cannot be a tool"):
        run(agent, "Hi", session_id=session.id)
    assert server.requests == []
    assert list(agent.service.entries(session.id)) == []
