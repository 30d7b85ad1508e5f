"""The tool calls of one reply: asked about in turn, made together where that is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agentsess.agent.context import UNFINISHED
from agentsess.agent.events import AgentEvent, ToolDenied, ToolFinished, ToolRequested, ToolStarted
from agentsess.agent.permissions import Decision
from agentsess.agent.tools import Toolbox, ToolOutcome
from agentsess.model import Draft, Entry, EntryKind, JsonObject, ToolCall, text_of

_NOT_MADE = "Interrupted: this call was not made."


@dataclass(slots=True)
class Calls:
    """Makes tool calls and saves each result as it comes."""

    toolbox: Toolbox
    save: Callable[[Draft], Entry]
    emit: Callable[[AgentEvent], None]
    author: str
    _begun: set[str] = field(default_factory=set)
    """Ids of calls that may have had an effect."""

    async def answer(self, calls: Sequence[ToolCall]) -> None:
        """Ask about each call, in order, and make those that are allowed.

        Calls that only look run together, and together with async functions; any other waits
        for those before it and keeps those after it waiting.
        """
        running: list[asyncio.Task[None]] = []
        try:
            for call in calls:
                alone = not self.toolbox.runs_beside_others(call)
                if alone:
                    await asyncio.gather(*running)
                self.emit(ToolRequested(call))
                decision = await self.toolbox.decide(call)
                if not decision.allowed:
                    self._deny(call, decision)
                    continue
                self._begun.add(call.id)
                self.emit(ToolStarted(call))
                running.append(asyncio.create_task(self._make(call, decision)))
                if alone:
                    await running[-1]
            await asyncio.gather(*running)
        finally:
            for task in running:
                task.cancel()
            if running:
                await asyncio.wait(running)

    def interrupt(self, calls: Sequence[ToolCall]) -> None:
        """Answer calls that nothing more will come of."""
        for call in calls:
            text = UNFINISHED if call.id in self._begun else _NOT_MADE
            entry = self._save(call, ToolOutcome(text, is_error=True), {"interrupted": True})
            self.emit(ToolFinished(call, entry))

    async def _make(self, call: ToolCall, decision: Decision) -> None:
        outcome = await self.toolbox.use(call)
        entry = self._save(call, outcome, _answered(decision))
        self.emit(ToolFinished(call, entry))

    def _deny(self, call: ToolCall, decision: Decision) -> None:
        why = decision.reason or "The user did not allow it."
        outcome = ToolOutcome(f"Denied: {why}", is_error=True)
        entry = self._save(call, outcome, _answered(decision))
        self.emit(ToolDenied(call, decision.reason, entry))

    def _save(self, call: ToolCall, outcome: ToolOutcome, facts: JsonObject) -> Entry:
        block: JsonObject = {
            "type": "tool_result",
            "tool_use_id": call.id,
            "content": outcome.content,
        }
        if outcome.is_error:
            block["is_error"] = True
        meta: JsonObject = {
            "tool_use_id": call.id,
            "tool": call.name,
            "is_error": outcome.is_error,
            **facts,
        }
        draft = Draft(EntryKind.TOOL_RESULT, text_of([block]), (block,), self.author, meta)
        return self.save(draft)


def _answered(decision: Decision) -> JsonObject:
    """What the history keeps of a permission that was asked for."""
    facts: JsonObject = {"permission": "allowed" if decision.allowed else "denied"}
    if decision.reason:
        facts["permission_reason"] = decision.reason
    return facts
