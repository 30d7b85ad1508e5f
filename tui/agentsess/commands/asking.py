"""Asking a person on the terminal while a run waits for the answer."""

from __future__ import annotations

import asyncio
import sys

from agentsess.agent.offers import Offer, OfferCallback
from agentsess.commands.output import Output, safe_line


async def typed(question: str, out: Output) -> str:
    """What is typed, in lower case; waited for without blocking the loop, for Ctrl+C's sake."""
    out.ask(question)
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(sys.stdin, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sys.stdin)
    return out.answer()


def offering(out: Output) -> OfferCallback:
    """Puts a run's offers to a person; enter takes the first option."""

    async def choose(offer: Offer) -> str:
        out.note(safe_line(offer.text))
        for number, option in enumerate(offer.options, 1):
            detail = f" ({option.detail})" if option.detail else ""
            out.note(f"  {number}  {safe_line(option.text + detail)}")
        names = {str(number): option.name for number, option in enumerate(offer.options, 1)}
        return names.get(await typed("Which? [1] ", out), "")

    return choose
