"""Long work of a command: a person sees how far it is, and ctrl+c ends it in order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

from agentsess.commands.output import Output
from agentsess.errors import Stopped
from agentsess.pace import Pace, paced
from agentsess.sessions.removals import Removal
from agentsess.ui.render.format import how_far

Result = TypeVar("Result")

SLOW_AFTER = 0.5
"""Seconds after which work is told of."""
_LOOK = 0.25


def at_length(what: Callable[[], Result], out: Output, pace: Pace | None = None) -> Result:
    """Do what may take long, telling how far it is; ctrl+c stops it between two sessions.

    Pressed twice, it ends the command at once, which loses nothing either.

    Args:
        what: What is done.
        out: Where it is told.
        pace: To be looked at by the caller.
    """
    pace, is_over = pace or Pace(), threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        if pace.is_stopped:
            raise KeyboardInterrupt
        pace.is_stopped = True

    def tell() -> None:
        wait = SLOW_AFTER
        while not is_over.wait(wait):
            wait = _LOOK
            out.passing(how_far(pace, "ctrl+c stops"))

    teller = threading.Thread(target=tell, daemon=True)
    former = signal.signal(signal.SIGINT, stop)
    teller.start()
    try:
        with paced(pace):
            return what()
    finally:
        signal.signal(signal.SIGINT, former)
        is_over.set()
        teller.join()
        out.passing("")


def removed_at_length(what: Callable[[], Removal], planned: int, done: str, out: Output) -> Removal:
    """The same for a removal of so many sessions.

    Raises:
        Stopped: Not all of them are ``done``, such as ``deleted``; it says how many are.
    """
    pace = Pace()
    removal = at_length(what, out, pace)
    gone = len(removal.sessions)
    if pace.is_stopped and gone < planned:
        raise Stopped(
            f"Stopped. {gone:,} of {planned:,} sessions were {done}; the others are as they were."
        )
    return removal
