"""The stand-up report: what was done since a moment, over all sessions, without a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from agentsess.errors import AgentsessError, InvalidQuery
from agentsess.model import Entry, Fact, JsonObject, Recap, Session, utc_now
from agentsess.sessions.pricing import entry_cost
from agentsess.sessions.query import parse_age

if TYPE_CHECKING:
    from agentsess.sessions.service import SessionService

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Report:
    """What happened in one session since a moment."""

    session: Session
    recap: Recap
    done: tuple[Fact, ...]
    """What of the recap was done since."""
    messages: int
    cost_usd: float | None
    """What it cost since; None if a price is not known."""

    def to_json(self) -> JsonObject:
        """The public JSON form, as `recap --since --json` prints it."""
        recap = self.recap
        return {
            "id": self.session.id,
            "title": self.session.title,
            "project": self.session.project,
            "status": str(self.session.status),
            "updated_at": self.session.updated_at.isoformat(),
            "headline": recap.headline,
            "done": [fact.text for fact in self.done],
            "in_progress": [fact.text for fact in recap.in_progress],
            "next": [fact.text for fact in recap.next],
            "questions": [fact.text for fact in recap.questions],
            "blockers": [fact.text for fact in recap.blockers],
            "messages": self.messages,
            "cost_usd": self.cost_usd,
        }


def parse_since(text: str, now: datetime | None = None) -> datetime:
    """The moment that is meant: ``today``, ``yesterday``, a span such as ``7d``, or a date.

    Raises:
        InvalidQuery: It is none of these.
    """
    moment = (now or utc_now()).astimezone()
    word = text.strip().lower()
    if word in ("today", "yesterday"):
        day = moment.date() - timedelta(days=word == "yesterday")
        return datetime.combine(day, time.min).astimezone()
    if re.match(r"\d{4}-", word):
        try:
            return datetime.fromisoformat(text.strip()).astimezone()
        except ValueError:
            raise InvalidQuery(f"{text!r} is not a date. Write 2026-11-23.") from None
    try:
        return moment - parse_age(word)
    except InvalidQuery:
        raise InvalidQuery(
            f"{text!r} is not a time. Write today, yesterday, 12h, 7d, or a date such as "
            "2026-11-23."
        ) from None


def reports(
    service: SessionService, since: datetime, project: str = ""
) -> Iterator[Report | tuple[Session, AgentsessError]]:
    """What was done in each session that was worked in since, those of a project together.

    One that cannot be read comes with the error. Only what is reported on is read.
    """
    wanted = [
        session
        for session in service.list()
        if session.updated_at >= since and project.lower() in session.project.lower()
    ]
    newest: dict[str, datetime] = {}
    for session in wanted:  # the most recent first
        newest.setdefault(session.project, session.updated_at)
    order = sorted(wanted, key=lambda s: (newest[s.project], s.project), reverse=True)
    for session in order:
        try:
            yield _report(service, session, since)
        except AgentsessError as error:
            yield session, error


def _report(service: SessionService, session: Session, since: datetime) -> Report:
    recap = service.recap(session.id)
    entries = _entries_since(service, session.id, since)
    first = entries[0].seq if entries else session.entry_count + 1
    done = tuple(f for f in recap.done if f.seqs and max(f.seqs) >= first)
    messages = sum(entry.is_message for entry in entries)
    return Report(session, recap, done, messages, _cost(entries))


def _entries_since(service: SessionService, session_id: str, since: datetime) -> list[Entry]:
    """The entries from a moment on, read from the end."""
    found: list[Entry] = []
    before: int | None = None
    while page := service.page(session_id, last=_PAGE, before=before).entries:
        found[:0] = [entry for entry in page if entry.at >= since]
        if page[0].at < since or page[0].seq == 1:
            break
        before = page[0].seq
    return found


def _cost(entries: list[Entry]) -> float | None:
    total = 0.0
    for entry in entries:
        if "usage" not in entry.meta or "imported" in entry.meta:
            continue
        if (cost := entry_cost(entry)) is None:
            return None
        total += cost
    return total
