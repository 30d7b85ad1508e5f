"""The caller's own functions as tools: types and docstrings tell the model how to call them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from agentsess.agent.media import named_truly
from agentsess.agent.waiting import in_thread
from agentsess.model import JsonObject

Function = Callable[..., Any]
"""A typed function or method, sync or async; or a tool made by the SDK's `beta_tool`."""

SESSION_ID = "session_id"
"""Under this name the permission callback is told the session, beside a call's own input."""
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_BLOCKS = frozenset({"text", "image", "document"})


def name_of(function: Function) -> str:
    """What the model calls a function."""
    name = getattr(function, "name", None) or getattr(function, "__name__", None)
    return str(name or type(function).__name__)


def check_names(functions: Iterable[Function], taken: Collection[str]) -> None:
    """Make sure that each function can be told from all other tools, and asked about.

    Raises:
        ValueError: A name is no name for a tool, or two tools have it, or a parameter has the
            name under which the permission callback is told the session.
    """
    seen = set(taken)
    for function in functions:
        name = name_of(function)
        if SESSION_ID in _parameters(function):
            raise ValueError(
                f"{name}: no parameter of a tool can be named {SESSION_ID!r}. The permission "
                "callback is told the session under that name: call it otherwise."
            )
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be a tool's name: pass a function with a name.")
        if name in seen:
            raise ValueError(f"Two tools are named {name!r}: give one another name.")
        seen.add(name)


def _parameters(function: Function) -> Collection[str]:
    """The names of what a function takes; empty if that cannot be told."""
    if (schema := getattr(function, "input_schema", None)) is not None:
        return schema.get("properties") or () if isinstance(schema, dict) else ()
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return ()


class Functions:
    """The functions of one run.

    Raises:
        ValueError: The model cannot be told how to call one of them.
    """

    def __init__(self, functions: Sequence[Function]) -> None:
        # sorted: the same functions make the same request, whatever order they come in
        self._tools = {tool.name: tool for tool in map(_tool, sorted(functions, key=name_of))}

    def __contains__(self, name: str) -> bool:
        return name in self._tools

    def definitions(self) -> list[JsonObject]:
        """The functions as a request names them."""
        return [dict(tool.to_dict()) for tool in self._tools.values()]

    def is_async(self, name: str) -> bool:
        """Whether a function gives way to others while it waits."""
        return inspect.iscoroutinefunction(self._tools[name].call)

    async def call(self, name: str, arguments: JsonObject) -> str | list[JsonObject]:
        """Call a function, a sync one in a thread.

        Raises:
            ValueError: The arguments are not what it takes.
            Exception: Whatever the function raises.
        """
        tool = self._tools[name]
        try:
            if self.is_async(name):
                result = await tool.call(arguments)
            else:
                result = await in_thread(lambda: tool.call(arguments))
        except ValueError as error:
            raise _told_exactly(error) from error
        return _content(result)


def _tool(function: Function) -> Any:
    """The SDK's tool for a function."""
    from anthropic import beta_async_tool, beta_tool

    if hasattr(function, "to_dict") and hasattr(function, "call"):
        return function
    make = beta_async_tool if inspect.iscoroutinefunction(function) else beta_tool
    try:
        tool = make(function)
    except Exception as error:  # the types are the caller's: pydantic may raise anything
        raise ValueError(f"{name_of(function)} cannot be a tool: {error}") from error
    if tool.input_schema.get("type") != "object":
        raise ValueError(f"{name_of(function)} cannot be a tool: its parameters need names.")
    return tool


def _told_exactly(error: ValueError) -> ValueError:
    """The SDK's word that arguments are invalid, with the reasons that it leaves out."""
    from pydantic import ValidationError

    if not isinstance(error.__cause__, ValidationError):
        return error
    reasons = (
        f"{'.'.join(map(str, each['loc'])) or 'input'}: {each['msg']}"
        for each in error.__cause__.errors()
    )
    return ValueError("; ".join(reasons))


def _is_block(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") in _BLOCKS


def _content(result: Any) -> str | list[JsonObject]:
    """What a function returned, for the model: text, content blocks, or JSON."""
    if result is None or isinstance(result, str):
        return result or ""
    if isinstance(result, Iterable) and not isinstance(result, dict | bytes):
        result = list(result)
        if result and all(map(_is_block, result)):
            return [named_truly(block) for block in result]
    from pydantic_core import to_json

    text: str = to_json(result, fallback=str, bytes_mode="base64").decode()
    return text
