"""What a run does when its conversation nears the end of the model's context window."""

from __future__ import annotations

import asyncio
from functools import partial

from agentsess.agent.compaction import Shortener
from agentsess.agent.events import EventSaved, PhaseStarted
from agentsess.agent.models import Models
from agentsess.agent.offers import Offer, OfferCallback, Option, choose
from agentsess.agent.turn import TOO_LONG, Turn
from agentsess.agent.waiting import in_thread_to_its_end
from agentsess.model import EntryKind, Session, text_of
from agentsess.model_usage import CHARS_PER_TOKEN
from agentsess.sessions.carrying import TAIL
from agentsess.sessions.phases import continued_in
from agentsess.sessions.pricing import context_window
from agentsess.sessions.service import SessionService

NEW_PHASE = "new_phase"
"""Why a run stops whose work goes on in another session."""
GO_ON = "Go on with it."
"""What is said in a new phase in place of a prompt that the last one had begun to answer."""
_NEAR = 0.8
"""Share of the window at which something is offered."""
_STEP = 0.1
"""Share by which it must have grown before it is offered again."""
_TAIL_SHARE = 0.2
"""Share of the window that a compaction leaves to the newest messages, at most."""
_WORTH_IT = 0.05
"""Share of the tokens that leaving out results must save to be offered."""


class ContextLimit:
    """Watches the conversation of one run.

    Args:
        service: The sessions.
        callback: Asked how to go on; None: on until the API refuses, and then no further.
        automatic: Compact without asking.
        window: Tokens that the model can hold; None: as is known of the model.
        models: Knows what the server says of a model of which nothing else is known.
    """

    def __init__(
        self,
        service: SessionService,
        callback: OfferCallback | None,
        *,
        automatic: bool,
        window: int | None,
        models: Models,
    ) -> None:
        self._service = service
        self._callback = callback
        self._automatic = automatic
        self._window = window
        self._models = models
        self._known = window is not None
        self._offer_from = 0
        """Tokens below which nothing more is offered."""
        self._tried: list[str] = []
        """What was done since the last reply."""
        self._tried_at = 0
        """Number of the entry that the last attempt added."""

    async def before_request(self, turn: Turn) -> str:
        """Offer to make the conversation shorter if it nears the window's end."""
        tokens = turn.conversation.tokens
        window = await self._window_of(turn)
        if window is None or tokens < max(_NEAR * window, self._offer_from):
            return ""
        text = f"The conversation takes about {tokens:,} of the {window:,} tokens that the model "
        text += "can hold. When it is full, the API refuses to go on."
        first = Option("go on", "Go on", "the rest of the window is still there")
        stop_reason = await self._shorten(turn, text, first, "")
        self._offer_from = turn.conversation.tokens + round(_STEP * window)
        return stop_reason

    async def when_too_long(self, turn: Turn) -> str:
        """Have the conversation made shorter that the model could not take."""
        text = "The conversation no longer fits into the model. Nothing of it is lost."
        first = Option("stop", "Stop", "read it, or go on later")
        return await self._shorten(turn, text, first, TOO_LONG)

    async def _window_of(self, turn: Turn) -> int | None:
        if not self._known:
            self._known = True
            model = turn.settings.model
            window = await asyncio.to_thread(context_window, model)
            self._window = window or await self._models.window(model)
        return self._window

    async def _shorten(self, turn: Turn, text: str, first: Option, otherwise: str) -> str:
        """Do what the user chooses; why the run is to stop then, or empty."""
        if turn.conversation.last_seq != self._tried_at:
            self._tried.clear()  # a reply came of it
        shortener = Shortener(turn, self._service, self._tail())
        ways = await asyncio.to_thread(self._ways, turn, shortener)
        if self._automatic:
            choice = "compact" if "compact" in (way.name for way in ways) else first.name
        else:
            offer = Offer(turn.writer.session_id, "context", text, (first, *ways))
            choice = await choose(self._callback, offer) if ways else first.name
        match choice:
            case "compact":
                await shortener.compact(keep_tail=turn.conversation.waits)
            case "clear":
                await shortener.clear()
            case "phase":
                return await self._go_elsewhere(turn)
            case _:
                return otherwise
        self._tried.append(choice)
        self._tried_at = turn.conversation.last_seq
        return ""

    def _tail(self) -> int:
        """Most that stays as it is: a part of the window, and less if that was too much."""
        most = TAIL if self._window is None else round(self._window * CHARS_PER_TOKEN * _TAIL_SHARE)
        return min(TAIL, most) // (10 if "compact" in self._tried else 1)

    def _ways(self, turn: Turn, shortener: Shortener) -> list[Option]:
        ways: list[Option] = []
        conversation = turn.conversation
        if self._tried.count("compact") < 2 and shortener.can_compact:
            detail = "a summary stands for the beginning; all of it stays here to read"
            ways.append(Option("compact", "Compact", detail))
        saved = shortener.tokens_in_results()
        worth_it = saved > _WORTH_IT * conversation.tokens
        if "clear" not in self._tried and worth_it and conversation.waits:
            detail = f"about {saved:,} tokens less, without asking the model"
            ways.append(Option("clear", "Leave out old results", detail))
        if shortener.can_compact or self._tried:
            detail = "a new session that begins with where this one stands"
            ways.append(Option("phase", "New phase", detail))
        return ways

    async def _go_elsewhere(self, turn: Turn) -> str:
        """Have the work go on in a new phase, where the prompt is sent if it is unanswered."""
        prompt = next(entry for entry in turn.entries if entry.kind is EntryKind.USER)
        is_answered = any(entry.kind is EntryKind.ASSISTANT for entry in turn.entries)
        until = None if is_answered else prompt.seq
        session_id = turn.writer.session_id
        phases = self._service.phases
        made: list[Session] = []
        try:
            await in_thread_to_its_end(lambda: made.append(phases.begin(session_id, until=until)))
        except asyncio.CancelledError:
            for phase in made:
                await in_thread_to_its_end(partial(phases.drop, phase))
            raise
        (phase,) = made
        turn.emit(EventSaved(turn.save(continued_in(phase))))
        await in_thread_to_its_end(lambda: phases.end(phase))
        said = text_of(prompt.content[-1:]) or prompt.text  # without the names of what is attached
        turn.emit(PhaseStarted(phase, GO_ON if is_answered else said))
        return NEW_PHASE
