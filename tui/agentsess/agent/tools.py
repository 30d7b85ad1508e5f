"""The tools of a run: offered to the model, asked about, used, and told about."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentsess.agent.functions import Function, Functions
from agentsess.agent.permissions import Decision, PermissionCallback, ask
from agentsess.agent.sending import NO_OUTPUT
from agentsess.agent.waiting import Stopped, TookTooLong, within
from agentsess.model import JsonObject, ToolCall, utc_now
from agentsess.sessions.carrying import without_middle
from agentsess.sessions.permissions import READING

if TYPE_CHECKING:
    from agentsess.agent.shell import Toolset

_OUTPUT_LIMIT = 60_000
BUILT_IN = ("bash", "read", "write", "edit", "glob", "grep")
"""Names of the tools for files and the shell."""
_PLAIN = (ValueError, TypeError, OSError)
"""Errors that say by themselves what is wrong."""
_SECONDS = dict.fromkeys(("read", "write", "edit", "glob", "grep"), 60.0)
"""How long a call may take; bash keeps its own time."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What came of one call."""

    content: str | list[JsonObject]
    """For the model: text, or content blocks."""
    is_error: bool = False


class Toolbox:
    """The tools of one run in one session's folder.

    Args:
        folder: Where they work; the file tools cannot leave it.
        session_id: Told to the permission callback.
        callback: Asked before every call; None: there are no tools.
        functions: The caller's own tools, beside those for files and the shell.
        function_seconds: How long a call of one of them may take.
    """

    def __init__(
        self,
        folder: Path,
        session_id: str,
        callback: PermissionCallback | None,
        functions: Sequence[Function] = (),
        function_seconds: float = math.inf,
    ) -> None:
        self._folder = folder
        self._session_id = session_id
        self._callback = callback
        self.functions = functions
        self._function_seconds = function_seconds
        self._toolset: Toolset | None = None
        self._loaded: Functions | None = None

    async def load(self) -> None:
        """Import what the tools need, away from the event loop.

        Raises:
            ValueError: The model cannot be told how to call one of the functions.
        """
        if self._callback and self._loaded is None:
            await asyncio.to_thread(self.definitions)

    def definitions(self) -> list[JsonObject]:
        """The tools as a request names them, in an order that never changes."""
        if self._callback is None:
            return []
        # the SDK: not before the first request
        from agentsess.agent.shell import definitions

        return [*definitions(), *self._own().definitions()]

    async def decide(self, call: ToolCall) -> Decision:
        """Whether the call may be made, and when that was decided."""
        return replace(await self._decision(call), at=utc_now())

    async def _decision(self, call: ToolCall) -> Decision:
        if self._callback is None:
            return Decision(False, "No tools are available in this run.", "program")
        if call.name not in BUILT_IN and call.name not in self._own():
            return Decision(False, f"There is no tool named {call.name!r}.", "program")
        try:
            return await ask(self._callback, call, self._session_id)
        except Exception as error:  # the caller's own code: whatever it raises must deny
            _log.warning("The permission callback failed", exc_info=error)
            name = type(error).__name__
            return Decision(False, f"The permission check failed ({name}).", "program")

    def runs_beside_others(self, call: ToolCall) -> bool:
        """Whether the call may be under way together with others of its kind."""
        if call.name in BUILT_IN:
            return call.name in READING
        return call.name in self._own() and self._own().is_async(call.name)

    async def use(self, call: ToolCall) -> ToolOutcome:
        """Make an allowed call. What goes wrong in it is an outcome, not an error."""
        from anthropic.lib.tools import ToolError

        is_own = call.name not in BUILT_IN
        seconds = self._function_seconds if is_own else _SECONDS.get(call.name, math.inf)
        tools = self._own() if is_own else self._tools()
        try:
            result: Any = await within(seconds, tools.call(call.name, call.input))
        except ToolError as error:
            return ToolOutcome(_shortened(error.content), is_error=True)
        except TookTooLong:
            text = f"{call.name}: ended after {seconds:g} s without a result"
            return ToolOutcome(text, is_error=True)
        except Stopped:
            return ToolOutcome(f"{call.name}: it was cancelled", is_error=True)
        except Exception as error:  # the caller's own code: whatever it raises is for the model
            said = _shortened(str(error)) if isinstance(error, _PLAIN) else _shortened(repr(error))
            if is_own:
                _log.warning("The tool %s failed", call.name, exc_info=error)
            return ToolOutcome(f"{call.name}: {said}", is_error=True)
        return ToolOutcome(_shortened(result))

    async def close(self) -> None:
        """End what the tools started."""
        if self._toolset is not None:
            await self._toolset.close()

    def _tools(self) -> Toolset:
        if self._toolset is None:
            from agentsess.agent.shell import Toolset

            self._toolset = Toolset(self._folder)
        return self._toolset

    def _own(self) -> Functions:
        if self._loaded is None:
            self._loaded = Functions(self.functions)
        return self._loaded


def _shortened(content: Any) -> Any:
    """Not more than a request can well hold: the beginning and the end of long text."""
    if not isinstance(content, str):
        return [
            {**block, "text": _shortened(str(block.get("text")))}
            if block.get("type") == "text"
            else dict(block)
            for block in content
        ]
    if len(content) <= _OUTPUT_LIMIT:
        return content if content.strip() else NO_OUTPUT
    return without_middle(content, _OUTPUT_LIMIT)
