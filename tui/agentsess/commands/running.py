"""`run`: a task for the model in a session, its reply streamed as it comes."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from typing import assert_never

from agentsess.agent import events
from agentsess.agent.agent import Agent
from agentsess.agent.permissions import Decision, PermissionCallback, resource_of
from agentsess.commands.asking import offering, typed
from agentsess.commands.finding import find
from agentsess.commands.money import set_limits
from agentsess.commands.output import YES, Output, WrongUsage, to_json
from agentsess.model import JsonObject, ToolCall
from agentsess.sessions.recap_text import clean
from agentsess.sessions.records import one_line
from agentsess.sessions.service import SessionService

_RESOURCE_WIDTH = 200
_WORTH_SAYING = {
    "max_tokens": "The reply reached its length limit. Run again to let it go on.",
    "refusal": "The model refused to go on.",
    "max_iterations": "Stopped after many requests. Run again to let it go on.",
    "interrupted": "The run was interrupted; what was said is kept.",
}


def run(service: SessionService, args: Namespace, out: Output) -> int:
    """`run`: give the model a task and print what it answers."""
    task = sys.stdin.read() if args.task == "-" else args.task
    if not task.strip():
        raise WrongUsage("The task is empty: say what is to be done.")
    session_id = find(service, args.id, out).id
    set_limits(service, session_id, args)
    agent = Agent(
        model=args.model or None,
        service=service,
        permission_callback=_permission(args, out),
        offer_callback=offering(out) if out.asks and args.task != "-" else None,
    )
    stream = agent.stream(task, session_id=session_id, wait=args.wait, take_over=args.take_over)
    result = asyncio.run(_stream(stream, out))
    if out.as_json:
        out.json(
            {
                "output": result.output,
                "session_id": result.session_id,
                "stop_reason": result.stop_reason,
                "usage": result.usage.to_json(),
                "cost_usd": result.cost_usd,
            }
        )
    elif said := _WORTH_SAYING.get(result.stop_reason):
        out.note(said)
    return 0


async def _stream(stream: AsyncGenerator[events.AgentEvent, None], out: Output) -> events.RunResult:
    result: events.RunResult | None = None
    async with aclosing(stream):
        async for event in stream:
            if isinstance(event, events.Done):
                result = event.result
            elif not out.as_json:
                _print(event, out)
    assert result is not None
    return result


def _print(event: events.AgentEvent, out: Output) -> None:
    match event:
        case events.TextDelta(text):
            out.text(text)
            out.flush()
        case events.ReplySaved(entry):
            if entry.text and not entry.text.endswith("\n"):
                out.line()
            out.flush()
        case events.ToolStarted(call):
            out.note(f"→ {_described(call)}")
        case events.ToolFinished(call, entry):
            if entry.meta.get("is_error"):
                out.note(f"✗ {_described(call)}")
        case events.ToolDenied(call):
            out.note(f"✗ {_described(call)}")
        case events.Retrying(seconds, reason):
            out.note(f"{reason}: trying again in {seconds:.0f} s")
        case events.EventSaved(entry) | events.Interrupted(entry) | events.Compacted(entry):
            out.note(one_line(entry.text.partition("\n\n")[0]))
        case events.PhaseStarted(session):
            out.note(f"The work goes on in session {session.id}.")
        case (
            events.PromptSaved()
            | events.ThinkingDelta()
            | events.ToolRequested()
            | events.UsageChanged()
            | events.Compacting()
            | events.Failed()
            | events.Done()
        ):
            pass
        case _:
            assert_never(event)


def _permission(args: Namespace, out: Output) -> PermissionCallback | None:
    """Who decides about tool calls; None if nobody can, so that none are offered."""
    if args.allow_all:
        return lambda action, resource, details: True
    allowed = frozenset(name.strip() for each in args.allow for name in each.split(","))
    asks = out.asks and args.task != "-" and not out.as_json
    if not allowed and not asks:
        return None
    return _asking(allowed, out) if asks else _only(allowed)


def _only(allowed: Collection[str]) -> PermissionCallback:
    def decide(action: str, resource: str, details: JsonObject) -> Decision:
        return Decision(action in allowed, f"Only {', '.join(sorted(allowed))} may be used.")

    return decide


def _asking(allowed: Collection[str], out: Output) -> PermissionCallback:
    async def decide(action: str, resource: str, details: JsonObject) -> Decision:
        if action in allowed:
            return Decision(True)
        # the whole input, as JSON: nothing of it can hide from who is asked
        whole = to_json({name: v for name, v in details.items() if name != "session_id"})
        answer = await typed(f"Allow {action} {whole}? [y/N] ", out) in YES
        return Decision(answer, "" if answer else "The user refused.")

    return decide


def _described(call: ToolCall) -> str:
    line = one_line(clean(f"{call.name} {resource_of(call)}"))
    return line if len(line) <= _RESOURCE_WIDTH else line[: _RESOURCE_WIDTH - 1] + "…"
