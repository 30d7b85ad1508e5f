"""Asking the user before a tool is used."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agentsess.model import JsonObject, ToolCall

_RESOURCE_KEYS = {
    "bash": "command",
    "read": "file_path",
    "write": "file_path",
    "edit": "file_path",
    "glob": "path",
    "grep": "path",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one tool call."""

    allowed: bool
    reason: str = ""
    """Told to the model when the call is denied."""


PermissionCallback = Callable[[str, str, JsonObject], bool | Decision | Awaitable[bool | Decision]]
"""Called as ``callback(action, resource, details)``; see `ask`."""


def resource_of(call: ToolCall) -> str:
    """What the call is about: the command or the path, ``.`` for the session's folder."""
    key = _RESOURCE_KEYS.get(call.name)
    value = call.input.get(key) if key else None
    if isinstance(value, str) and value:
        return value
    return "restart" if call.name == "bash" and call.input.get("restart") else "."


async def ask(callback: PermissionCallback, call: ToolCall, session_id: str) -> Decision:
    """Ask ``callback`` about a call.

    It is given the tool's name, the command or path, and the tool's whole input with the
    ``session_id`` added; it may be sync or async. Only `True` or an allowing `Decision`
    allow: any other answer denies.
    """
    answer = callback(call.name, resource_of(call), {**call.input, "session_id": session_id})
    if inspect.isawaitable(answer):
        answer = await answer
    if isinstance(answer, Decision):
        return answer
    return Decision(answer is True)
