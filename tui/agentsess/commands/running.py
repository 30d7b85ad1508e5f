"""`run`: a task for the model in a session, its reply streamed as it comes."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

from agentsess.agent import events
from agentsess.agent.agent import Agent
from agentsess.agent.media import attachment
from agentsess.agent.permissions import (
    Decision,
    PermissionCallback,
    call_input,
    decided_beforehand,
    resource_of,
)
from agentsess.commands.asking import offering, typed
from agentsess.commands.finding import find
from agentsess.commands.money import set_limits
from agentsess.commands.output import YES, Output, WrongUsage, safe_line, to_json
from agentsess.model import JsonObject, Session, ToolCall, utc_now
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
    session = find(service, args.id, out)
    set_limits(service, session.id, args)
    agent = Agent(
        model=args.model or None,
        service=service,
        permission_callback=_permission(service, session, args, out),
        offer_callback=offering(out) if out.asks and args.task != "-" else None,
    )
    work = agent.run(
        task,
        session_id=session.id,
        wait=args.wait,
        take_over=args.take_over,
        attachments=_attachable(args.attach),
        on_event=lambda event: None if out.as_json else _print(event, out),
    )
    result = asyncio.run(work)
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


def _attachable(names: Sequence[str]) -> Sequence[str]:
    """The names, if each is of a file that the model can be shown."""
    for name in names:
        try:
            attachment(Path(name))
        except ValueError as error:
            raise WrongUsage(str(error)) from error
    return names


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
        case events.ToolFinished(call, entry) | events.ToolDenied(call, _, entry):
            if entry.meta.get("is_error"):
                out.note(f"✗ {_described(call)}")
        case events.Retrying(seconds, reason):
            out.note(f"{reason}: trying again in {seconds:.0f} s")
        case events.EventSaved(entry) | events.Interrupted(entry) | events.Compacted(entry):
            out.note(one_line(entry.text.partition("\n\n")[0]))
        case events.ModelRetires(leaving):
            out.note(f"{leaving.text(utc_now().date())} {leaving.way_out}")
        case (
            events.PromptSaved()
            | events.ThinkingDelta()
            | events.ToolRequested()
            | events.UsageChanged()
            | events.Compacting()
            | events.PhaseStarted()
            | events.Failed()
            | events.Done()
        ):
            pass
        case _:
            assert_never(event)


def _permission(
    service: SessionService, session: Session, args: Namespace, out: Output
) -> PermissionCallback | None:
    """Who decides about tool calls; None if nobody can, so that none are offered.

    What was saved comes first, so that a denial holds whatever the options say.
    """
    allowed = frozenset(name.strip() for each in args.allow for name in each.split(","))
    asks = out.asks and args.task != "-" and not out.as_json
    saved = service.permissions
    is_decided = saved.reading_is_allowed or bool(saved.all(session.cwd))
    if not (args.allow_all or allowed or asks or is_decided):
        return None

    async def decide(action: str, resource: str, details: JsonObject) -> Decision:
        if decision := decided_beforehand(service, action, details):
            return decision
        if args.allow_all or action in allowed:
            option = "--allow-all" if args.allow_all else f"--allow {action}"
            return Decision(True, by="option", rule=option)
        if not asks:
            only = f"Only {', '.join(sorted(allowed))} may be used." if allowed else "Not allowed."
            return Decision(False, only, "option")
        # the whole input, as JSON: nothing of it can hide from who is asked
        question = f"Allow {action} {to_json(call_input(details))}? [y/N] "
        answer = await typed(question, out) in YES
        return Decision(answer, "" if answer else "The user refused.", "user")

    return decide


def _described(call: ToolCall) -> str:
    line = safe_line(f"{call.name} {resource_of(call)}")
    return line if len(line) <= _RESOURCE_WIDTH else line[: _RESOURCE_WIDTH - 1] + "…"
