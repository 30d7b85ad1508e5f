"""Long work: how far it is stands under the list, and escape stops it."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from agentsess.pace import Pace, paced
from agentsess.ui.render.format import how_far
from agentsess.ui.screens.base import Panes

Result = TypeVar("Result")

_LOOK = 0.25
"""Seconds between two looks at how far it is."""


class Pacing(Panes):
    """The part of the main screen that waits for what takes long."""

    SLOW_AFTER = 0.5
    """Seconds after which work is told of."""

    def __init__(self) -> None:
        super().__init__()
        self._pace: Pace | None = None
        """Of the work that is told of."""

    async def at_length(self, what: Callable[[], Result], pace: Pace | None = None) -> Result:
        """Do what may take long in a thread, telling how far it is; escape stops it.

        Args:
            what: What is done.
            pace: Of all that escape stops at once, if this is a part of that.
        """
        pace, began = pace or Pace(), monotonic()
        was_stopped = pace.is_stopped

        def look() -> None:
            if monotonic() - began >= self.SLOW_AFTER:
                self._tell_pace(pace)

        timer = self.set_interval(_LOOK, look)
        try:
            with paced(pace):
                result = await self.app.aside(what)
            if pace.is_stopped and not was_stopped and pace.done < pace.total:
                self.tell("Stopped. What was not done yet stays as it was.")
            return result
        except CancelledError:  # the app ends
            pace.is_stopped = True
            raise
        finally:
            timer.stop()
            if self._pace is pace:
                self._pace, self.doing = None, ""
                if self.app.is_open:
                    self._tell_list()

    def _tell_pace(self, pace: Pace) -> None:
        if self._pace not in (None, pace):
            return  # one at a time
        if self._pace is None and not self.list_status.region:
            self.tell("This takes a while. esc stops it; what is done stays.")
        self._pace = pace
        self.doing = how_far(pace, "esc stops")
        self._tell_list()

    def stop_long_work(self) -> bool:
        """Let the work that is told of stop where it is; False if there is none."""
        if self._pace is None:
            return False
        self._pace.is_stopped = True
        self._tell_pace(self._pace)
        return True
