"""The tools of a run: offered to the model, asked about, used, and told about."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentsess.agent.context import NO_OUTPUT
from agentsess.agent.permissions import Decision, PermissionCallback, ask
from agentsess.model import JsonObject, ToolCall, utc_now

if TYPE_CHECKING:
    from agentsess.agent.shell import Toolset

_OUTPUT_LIMIT = 60_000
_READ_ONLY = frozenset({"read", "glob", "grep"})
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
    """

    def __init__(self, folder: Path, session_id: str, callback: PermissionCallback | None) -> None:
        self._folder = folder
        self._session_id = session_id
        self._callback = callback
        self._toolset: Toolset | None = None

    def definitions(self) -> list[JsonObject]:
        """The tools as a request names them, in an order that never changes."""
        return self._tools().definitions() if self._callback else []

    async def decide(self, call: ToolCall) -> Decision:
        """Whether the call may be made, and when that was decided."""
        return replace(await self._decision(call), at=utc_now())

    async def _decision(self, call: ToolCall) -> Decision:
        if self._callback is None:
            return Decision(False, "No tools are available in this run.", "program")
        if call.name not in {tool["name"] for tool in self.definitions()}:
            return Decision(False, f"There is no tool named {call.name!r}.", "program")
        try:
            return await ask(self._callback, call, self._session_id)
        except Exception as error:  # the caller's own code: whatever it raises must deny
            _log.warning("The permission callback failed", exc_info=error)
            name = type(error).__name__
            return Decision(False, f"The permission check failed ({name}).", "program")

    def runs_beside_others(self, call: ToolCall) -> bool:
        """Whether the call may be under way together with others of its kind."""
        return call.name in _READ_ONLY

    async def use(self, call: ToolCall) -> ToolOutcome:
        """Make an allowed call. What goes wrong in it is an outcome, not an error."""
        from anthropic.lib.tools import ToolError

        try:
            result: Any = await self._tools().call(call.name, call.input)
        except ToolError as error:
            return ToolOutcome(_shortened(error.content), is_error=True)
        except (ValueError, TypeError, OSError) as error:
            return ToolOutcome(f"{call.name}: {error}", is_error=True)
        return ToolOutcome(_shortened(result))

    async def close(self) -> None:
        """End what the tools started."""
        if self._toolset is not None:
            await self._toolset.close()

    def _tools(self) -> Toolset:
        if self._toolset is None:
            # the SDK: not before the first request
            from agentsess.agent.shell import Toolset

            self._toolset = Toolset(self._folder)
        return self._toolset


def _shortened(content: Any) -> str | list[JsonObject]:
    """Not more than a request can well hold: the beginning and the end of long text."""
    if not isinstance(content, str):
        return [dict(block) for block in content]
    if len(content) <= _OUTPUT_LIMIT:
        return content if content.strip() else NO_OUTPUT
    half = _OUTPUT_LIMIT // 2
    left_out = len(content) - 2 * half
    return f"{content[:half]}\n[… {left_out:,} characters left out …]\n{content[-half:]}"
