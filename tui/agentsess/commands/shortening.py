"""Commands on conversations that have become long: `compact` and `phase`."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import AsyncGenerator
from contextlib import aclosing

from agentsess.agent import events
from agentsess.agent.agent import Agent
from agentsess.commands.finding import find
from agentsess.commands.output import Output, print_made
from agentsess.model import Entry
from agentsess.sessions.recap.text import clean
from agentsess.sessions.service import SessionService


def compact(service: SessionService, args: Namespace, out: Output) -> int:
    """`compact`: send less of a conversation from now on."""
    session_id = find(service, args.id, out).id
    # with tools, though none is used, so that the request is like the ones before it
    agent = Agent(service=service, permission_callback=lambda action, resource, details: False)
    stream = agent.stream_compact(session_id, clear_results=args.clear_results)
    entry = asyncio.run(_entry_of(stream, out))
    if out.as_json:
        out.json(entry.to_json())
    else:
        out.line(clean(entry.text.partition("\n\n")[0]))
    return 0


async def _entry_of(stream: AsyncGenerator[events.AgentEvent, None], out: Output) -> Entry:
    entry: Entry | None = None
    async with aclosing(stream):
        async for event in stream:
            match event:
                case events.Compacted():
                    entry = event.entry
                case events.Compacting(0):
                    out.note("The model writes a summary…")
                case events.Retrying(seconds, reason):
                    out.note(f"{reason}: trying again in {seconds:.0f} s")
    assert entry is not None
    return entry


def phase(service: SessionService, args: Namespace, out: Output) -> int:
    """`phase`: go on in a new session that begins with where this one stands."""
    print_made(service.phases.start(find(service, args.id, out).id, args.title), out)
    return 0
