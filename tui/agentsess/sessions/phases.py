"""New phases: sessions that go on where another one ended, with what it came to."""

from __future__ import annotations

import re
from itertools import takewhile

from agentsess.model import ALLOWED_TRANSITIONS, Draft, EntryKind, Session, Status
from agentsess.sessions.carrying import carried_on, joined, kept_from, notes_of
from agentsess.sessions.fields import check_at_hand
from agentsess.sessions.service import SessionService

_NUMBERED = re.compile(r"^(.*) \(part (\d{1,4})\)$", re.DOTALL)


def start_phase(service: SessionService, session_id: str, title: str = "") -> Session:
    """Begin a session that goes on where another one stands, which is completed by it.

    It has the other's folder, model, tags, notes, metadata and limits, and begins with an
    entry that says where things stood; that goes to the model first. Each names the other.

    Args:
        service: The sessions.
        session_id: Ours, or another program's, which is only read.
        title: Of the new session; empty: the same with ``(part 2)``.

    Raises:
        SessionLocked: The session is in use.
        IllegalTransition: It is archived or in the trash.
    """
    session = service.get(session_id)
    if not session.is_own:
        phase = begin_phase(service, session_id, title)
    else:
        with service.writer(session_id, agent="new phase") as writer:
            phase = begin_phase(service, session_id, title)
            writer.append(continued_in(phase))
    end_phase(service, session_id)
    return phase


def begin_phase(
    service: SessionService, session_id: str, title: str = "", until: int | None = None
) -> Session:
    """The new session alone; ``until`` is the first entry whose words are not carried on."""
    origin = service.get(session_id)
    check_at_hand(origin)
    said = takewhile(lambda e: until is None or e.seq < until, service.entries(session_id))
    text = joined(carried_on(origin, service.recap(session_id), said), notes_of(origin))
    phase = service.create(
        title=title or _next_title(origin.title),
        model=origin.model,
        budget_usd=origin.budget_usd,
        max_tokens_total=origin.max_tokens_total,
        **kept_from(origin),
    )
    about = f"This session goes on where “{origin.title}” ended."
    meta = {"event": "phase", "from": origin.id}
    with service.writer(phase.id, agent="new phase") as writer:
        writer.append(Draft(EntryKind.EVENT, joined(about, text), meta=meta))
    return service.get(phase.id)


def continued_in(phase: Session) -> Draft:
    """What the history of the session before says of its new phase."""
    meta = {"event": "continued", "session": phase.id}
    return Draft(EntryKind.EVENT, f"The work goes on in “{phase.title}”.", meta=meta)


def end_phase(service: SessionService, session_id: str) -> None:
    """Complete the session that another one goes on from; undo makes it active again."""
    if Status.COMPLETED in ALLOWED_TRANSITIONS[service.get(session_id).status]:
        service.complete(session_id)


def _next_title(title: str) -> str:
    match = _NUMBERED.match(title)
    name, number = (match[1], int(match[2]) + 1) if match else (title, 2)
    return f"{name} (part {number})"
