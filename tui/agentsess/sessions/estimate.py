"""What going on with a session will carry and cost, before a token is spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from agentsess.clock import utc_now
from agentsess.config import DEFAULT_MODEL
from agentsess.model import Entry, EntryKind, JsonObject, Recap, Session, Usage
from agentsess.model_usage import CHARS_PER_TOKEN
from agentsess.sessions.carrying import TAIL
from agentsess.sessions.pricing import context_window, cost_usd

if TYPE_CHECKING:
    from agentsess.sessions.service import SessionService

CACHE_LASTS = timedelta(minutes=5)
"""How long a provider keeps what was sent, from the last request that used it."""
_HOUR_CACHE_LASTS = timedelta(hours=1)
_OVERHEAD = 1_500
"""Tokens that every request carries, the system prompt and the tools, until one was measured."""
_RECENT = 60
_FIRST = 20
"""Entries among which the first reply is looked for."""
_MEASURES = {"usage", "context_tokens"}
"""Facts of an entry that say how much was sent, or is from there on: then nothing of it is in
the cache yet."""
_SENT_EVENTS = ("phase", "resumed")


@dataclass(frozen=True, slots=True)
class Estimate:
    """One way to go on: what its first request carries, and costs without the reply."""

    tokens: int
    warm_usd: float | None
    """If the provider still has in its cache what was sent before; None: price unknown."""
    cold_usd: float | None
    """If it has to read all of it anew; None: price unknown."""
    is_warm: bool
    """Which of the two is to be expected now."""

    @property
    def usd(self) -> float | None:
        """What is to be expected now; None: price unknown."""
        return self.warm_usd if self.is_warm else self.cold_usd

    def to_json(self) -> JsonObject:
        """The public JSON form, as `estimate --json` prints it."""
        return {
            "tokens": self.tokens,
            "warm_usd": self.warm_usd,
            "cold_usd": self.cold_usd,
            "is_warm": self.is_warm,
        }


@dataclass(frozen=True, slots=True)
class GoingOn:
    """What the ways to go on with a session would cost. All of it is estimated."""

    model: str
    window: int | None
    """Tokens that the model can hold; None: unknown."""
    full: Estimate
    """The whole conversation, as it is."""
    compacted: Estimate
    """A summary and the newest messages. To have the model write the summary takes one
    request as `full` before."""
    new_phase: Estimate
    """A new session that begins with the recap alone."""

    def to_json(self) -> JsonObject:
        """The public JSON form, as `estimate --json` prints it."""
        return {
            "model": self.model,
            "window": self.window,
            "full": self.full.to_json(),
            "compacted": self.compacted.to_json(),
            "new_phase": self.new_phase.to_json(),
        }


def estimate(
    service: SessionService, session_id: str, model: str = "", now: datetime | None = None
) -> GoingOn:
    """What going on with a session would cost now; reads its newest entries and its recap.

    Args:
        service: The sessions.
        session_id: Which.
        model: The model to go on with; empty: the session's own.
        now: For the age of the cache; None: now.
    """
    session = service.get(session_id)
    page = service.page(session_id, last=_RECENT)
    recap = service.recap(session_id)
    model = model or session.model or DEFAULT_MODEL
    first = service.page(session_id, last=_FIRST, before=_FIRST + 1).entries
    every = _overhead(first) if session.is_own else _OVERHEAD
    return going_on(session, page.entries, recap, model, now or utc_now(), every)


def going_on(
    session: Session,
    recent: Sequence[Entry],
    recap: Recap,
    model: str,
    now: datetime,
    every: int = _OVERHEAD,
) -> GoingOn:
    """As `estimate`, from what was read.

    A session of another program is held to be continued there. Continued here, what it
    said before is never in the cache.

    Args:
        session: Which.
        recent: Its newest entries, oldest first.
        recap: Where it stands.
        model: The model to go on with.
        now: For the age of the cache.
        every: Tokens that every request carries.
    """
    last = max((n for n, e in enumerate(recent) if _MEASURES & e.meta.keys()), default=None)
    new = sum(_tokens_of(entry) for entry in recent[last + 1 if last is not None else 0 :])
    used = recent[last].usage if last is not None else Usage(session.context_tokens)
    carried = session.context_tokens or used.context or every
    is_shorter = last is not None and "context_tokens" in recent[last].meta
    cached = 0 if is_shorter else min(used.prompt, carried)
    asked = recent[last].meta if last is not None else {}
    was = asked.get("asked_model") or asked.get("model") or session.model
    is_warm = not is_shorter and model == was and _is_cached(session, recent, last, now)
    summary = _tokens(len("".join(_texts(recap))))
    tail = min(_tokens(TAIL), (carried + new) // 4)
    short = min(every + summary, carried + new)
    return GoingOn(
        model,
        context_window(model),
        _estimate(model, now, cached, carried - cached + new, is_warm),
        _estimate(model, now, min(short + tail, carried + new), 0, False),
        _estimate(model, now, short, 0, False),
    )


def _estimate(model: str, now: datetime, cached: int, new: int, is_warm: bool) -> Estimate:
    # what is sent is put into the cache, which costs more than plain input
    warm = cost_usd(model, Usage(cache_read=cached, cache_write=new), now)
    cold = cost_usd(model, Usage(cache_write=cached + new), now)
    return Estimate(cached + new, warm, cold, is_warm)


def _overhead(first: Sequence[Entry]) -> int:
    """What every request carries, by the first one: what it took without its own text."""
    said = 0
    for entry in first:
        if "imported" in entry.meta:
            break
        if entry.kind is EntryKind.ASSISTANT and "usage" in entry.meta:
            measured = entry.usage.prompt - said
            # of a long text the guess may be wrong by more than what is looked for
            return measured if measured >= said else _OVERHEAD
        if any(block.get("type") not in ("text", None) for block in entry.content):
            break  # pictures and documents are not measured by their text
        said += _tokens_of(entry)
    return _OVERHEAD


def _is_cached(session: Session, recent: Sequence[Entry], last: int | None, now: datetime) -> bool:
    """Whether the provider still has what the last request sent."""
    lasts = _HOUR_CACHE_LASTS if session.usage.cache_write_1h else CACHE_LASTS
    # the time counts from when a request is sent: with what was said before its reply
    asked = recent[max(0, last - 1)].at if last is not None else session.updated_at
    return now - asked < lasts


def _tokens_of(entry: Entry) -> int:
    is_sent = entry.kind is not EntryKind.EVENT or entry.meta.get("event") in _SENT_EVENTS
    return _tokens(len(entry.text)) if is_sent else 0


def _tokens(characters: int) -> int:
    return round(characters / CHARS_PER_TOKEN)


def _texts(recap: Recap) -> list[str]:
    lists = (recap.done, recap.in_progress, recap.next, recap.decisions, recap.questions)
    facts = [fact.text for each in (*lists, recap.blockers) for fact in each]
    files = [file.path for file in recap.files]
    commands = [f"{run.command} {run.detail}" for run in recap.commands]
    goal = recap.goal.text if recap.goal else ""
    return [recap.headline, goal, *facts, *files, *commands]
