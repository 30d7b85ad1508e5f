"""Asking the user before a tool is used."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agentsess.agent.functions import SESSION_ID
from agentsess.model import JsonObject, ToolCall
from agentsess.sessions.service import SessionService

_RESOURCE_KEYS = {
    "bash": "command",
    "read": "file_path",
    "write": "file_path",
    "edit": "file_path",
    "glob": "path",
    "grep": "path",
}


Decider = Literal["user", "session", "rule", "setting", "option", "callback", "program"]
"""Who answers: the user in person, what the user allowed for the session, a saved permission, a
setting, an option of the command line, the API's callback, or the program, which cannot ask."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one tool call."""

    allowed: bool
    reason: str = ""
    """Told to the model when the call is denied."""
    by: Decider = "callback"
    rule: str = ""
    """What was answered for more than this call: a saved permission, a setting, a grant."""
    at: datetime | None = None
    """When; None: not known yet."""

    def to_meta(self) -> JsonObject:
        """What the history keeps of it, beside the call's result."""
        facts = {
            "permission": "allowed" if self.allowed else "denied",
            "permission_reason": self.reason,
            "decided_by": self.by,
            "decided_at": self.at.isoformat() if self.at else "",
            "rule": self.rule,
        }
        return {name: value for name, value in facts.items() if value}


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
    answer = callback(call.name, resource_of(call), {**call.input, SESSION_ID: session_id})
    if inspect.isawaitable(answer):
        answer = await answer
    if isinstance(answer, Decision):
        return answer
    return Decision(answer is True)


def decided_beforehand(
    service: SessionService, action: str, details: JsonObject
) -> Decision | None:
    """What the user's saved permissions and settings say of a call; None: it is to be asked.

    A permission callback may begin with it, given what it was called with.
    """
    folder = service.get(str(details[SESSION_ID])).cwd
    verdict = service.permissions.verdict(folder, action, call_input(details))
    if verdict is None:
        return None
    reason = "" if verdict.allowed else "The user does not allow this in this project."
    return Decision(verdict.allowed, reason, verdict.by, verdict.rule)


def call_input(details: JsonObject) -> JsonObject:
    """A call's own input, out of what the callback is given."""
    return {name: value for name, value in details.items() if name != SESSION_ID}
