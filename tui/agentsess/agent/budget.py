"""What a session may spend, held before each request of a run."""

from __future__ import annotations

import asyncio
import math
from typing import Any

from agentsess.agent.events import EventSaved
from agentsess.agent.offers import Offer, OfferCallback, Option, choose
from agentsess.agent.turn import Turn
from agentsess.model import Draft, EntryKind, Status
from agentsess.sessions.limits import Limit, limits
from agentsess.sessions.pricing import is_priced
from agentsess.sessions.service import SessionService

_WARN_AT = 0.8
"""Share of a limit from which the user is told."""


class Budget:
    """Holds a run to its session's limits; a `Checkpoint`.

    A request that is under way is never broken off: it may take a session past its limit.

    Args:
        service: The sessions.
        session_id: Which session.
        callback: Asked how to go on; None: the run stops.
    """

    def __init__(
        self, service: SessionService, session_id: str, callback: OfferCallback | None
    ) -> None:
        self._service = service
        self._session_id = session_id
        self._callback = callback
        self._is_off = False
        self._told: set[str] = set()
        self._steps: dict[str, float] = {}
        """What each limit is raised by: what it was when it was reached first."""

    async def __call__(self, turn: Turn) -> str:
        """``budget`` if the run is to stop here, else empty."""
        if self._is_off:
            return ""
        await self._tell_unpriced(turn)
        for limit in limits(self._service.get(self._session_id)):
            if limit.share >= 1:
                if not await self._go_on(turn, limit):
                    return "budget"
            elif limit.share >= _WARN_AT:
                text = f"{limit.share:.0%} of the limit is used: {limit}."
                self._tell_once(turn, f"{limit.field} {limit.allowed}", text)
        return ""

    async def _tell_unpriced(self, turn: Turn) -> None:
        session = self._service.get(self._session_id)
        if session.budget_usd is None or "unpriced" in self._told:
            return
        model = turn.settings.model
        # the first look takes as long as reading all prices
        has_price = await asyncio.to_thread(is_priced, model)
        if not has_price or session.cost_usd is None:
            what = "part of what was spent" if has_price else model
            limit = next(limits(session))
            self._tell_once(
                turn,
                "unpriced",
                f"The price of {what} is not known, so the budget of "
                f"{limit.written(limit.allowed)} cannot be held exactly. "
                "A limit of tokens can.",
            )

    async def _go_on(self, turn: Turn, limit: Limit) -> bool:
        step = self._steps.setdefault(limit.field, limit.allowed)
        again = limit.written(step)
        offer = Offer(
            self._session_id,
            "budget",
            f"This session has used {limit}.",
            (
                Option("stop", "Stop here", "the session is paused"),
                Option("again", f"Another {again}"),
                Option("unlimited", "No limit for this run"),
            ),
        )
        chosen = await choose(self._callback, offer)
        if chosen == "stop":
            self._tell(turn, f"Stopped: {limit} are used. Raise the limit to go on.", chosen)
            if self._service.get(self._session_id).status is Status.ACTIVE:
                self._service.pause(self._session_id)
            return False
        if chosen == "again":
            self._raise(turn, limit.field, step)
        else:
            self._is_off = True
            self._tell(turn, f"{limit} are used; this run goes on without a limit.", chosen)
        return True

    def _raise(self, turn: Turn, field: str, step: float) -> None:
        """Raise a limit by as many steps as are used; the user may have changed it meanwhile."""
        for limit in limits(self._service.get(self._session_id)):
            if limit.field == field and limit.share >= 1:
                steps = math.floor((limit.used - limit.allowed) / step) + 1
                raised = limit.allowed + steps * step
                value = raised if field == "budget_usd" else round(raised)
                self._service.update(self._session_id, **{field: value})
                self._tell(turn, f"The limit was raised to {limit.written(raised)}.", "again")

    def _tell_once(self, turn: Turn, what: str, text: str) -> None:
        if what not in self._told:
            self._told.add(what)
            self._tell(turn, text, "warned")

    def _tell(self, turn: Turn, text: str, outcome: str) -> None:
        meta: dict[str, Any] = {"event": "budget", "outcome": outcome}
        draft = Draft(EntryKind.EVENT, text, author=turn.settings.author, meta=meta)
        turn.emit(EventSaved(turn.save(draft)))
