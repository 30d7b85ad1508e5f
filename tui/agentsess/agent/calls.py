"""The tool calls of one reply: asked about in turn, made together where that is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
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
    save_aside: Callable[[Draft], Awaitable[Entry]]
    emit: Callable[[AgentEvent], None]
    author: str
    _begun: dict[str, Decision] = field(default_factory=dict)
    """What allowed the calls that may have had an effect, by their ids."""

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
                    await self._deny(call, decision)
                    continue
                self._begun[call.id] = decision
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

    def interrupt(self, calls: Sequence[ToolCall], *, by_another: bool = False) -> None:
        """Answer calls that nothing more will come of.

        Args:
            calls: Which.
            by_another: They are of a run that is gone: nobody knows whether they were made.
        """
        for call in calls:
            decision = self._begun.get(call.id)
            text = UNFINISHED if decision or by_another else _NOT_MADE
            outcome = ToolOutcome(text, is_error=True)
            facts = decision.to_meta() if decision else {}
            entry = self.save(self._draft(call, outcome, {"interrupted": True} | facts))
            self.emit(ToolFinished(call, entry))

    async def _make(self, call: ToolCall, decision: Decision) -> None:
        outcome = await self.toolbox.use(call)
        entry = await self.save_aside(self._draft(call, outcome, decision.to_meta()))
        self._begun.pop(call.id, None)  # some servers use an id again
        self.emit(ToolFinished(call, entry))

    async def _deny(self, call: ToolCall, decision: Decision) -> None:
        why = decision.reason or "The user did not allow it."
        outcome = ToolOutcome(f"Denied: {why}", is_error=True)
        entry = await self.save_aside(self._draft(call, outcome, decision.to_meta()))
        self.emit(ToolDenied(call, decision.reason, entry))

    def _draft(self, call: ToolCall, outcome: ToolOutcome, facts: JsonObject) -> Draft:
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
        return Draft(EntryKind.TOOL_RESULT, text_of([block]), (block,), self.author, meta)
