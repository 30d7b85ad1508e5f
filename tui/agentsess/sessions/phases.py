"""New phases: sessions that go on where another one ended, with what it came to."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import takewhile
from typing import TYPE_CHECKING

from agentsess.errors import AgentsessError, SessionNotFound
from agentsess.model import ALLOWED_TRANSITIONS, Draft, EntryKind, Session, Status
from agentsess.sessions.carrying import carried_on, joined, kept_from, notes_of
from agentsess.sessions.fields import check_at_hand
from agentsess.storage.steps import step
from agentsess.storage.store import SessionStore

if TYPE_CHECKING:
    from agentsess.sessions.service import SessionService
    from agentsess.sessions.writer import SessionWriter

_NUMBERED = re.compile(r"^(.*) \(part (\d{1,4})\)$", re.DOTALL)


class Phases:
    """Begins phases: the new session, the word of it in the one before, the end of that.

    The new one is marked ``untold`` until all three are there; `finish` does what is missing.

    Args:
        service: The sessions.
        store: Our own store.
    """

    def __init__(self, service: SessionService, store: SessionStore) -> None:
        self._service = service
        self._store = store

    def start(self, session_id: str, title: str = "") -> Session:
        """Begin a session that goes on where another one stands, which is completed by it.

        It has the other's folder, model, tags, notes, metadata and limits, and begins with an
        entry that says where things stood; that goes to the model first. Each names the other.

        Args:
            session_id: Ours, or another program's, which is only read.
            title: Of the new session; empty: the same with ``(part 2)``.

        Raises:
            SessionLocked: The session is in use.
            IllegalTransition: It is archived or in the trash.
        """
        if not self._service.get(session_id).is_own:
            phase = self.begin(session_id, title)
        else:
            with self._service.writer(session_id, agent="new phase") as writer:
                phase = self.begin(session_id, title)
                writer.append(continued_in(phase))
                step("told")
        self.end(phase)
        return phase

    def begin(self, session_id: str, title: str = "", until: int | None = None) -> Session:
        """The new session alone; ``until`` is the first entry whose words are not carried on."""
        service, origin = self._service, self._service.get(session_id)
        check_at_hand(origin)
        said = takewhile(lambda e: until is None or e.seq < until, service.entries(session_id))
        text = joined(carried_on(origin, service.recap(session_id), said), notes_of(origin))
        about = f"This session goes on where “{origin.title}” ended."
        meta = {"event": "phase", "from": origin.id}

        def write(writer: SessionWriter) -> None:
            writer.append(Draft(EntryKind.EVENT, joined(about, text), meta=meta))
            self._store.patch("sessions", {writer.session_id: {"untold": True}})

        return service.create(
            title=title or _next_title(origin.title),
            model=origin.model,
            budget_usd=origin.budget_usd,
            max_tokens_total=origin.max_tokens_total,
            begin=write,
            **kept_from(origin),
        )

    def end(self, phase: Session) -> None:
        """Complete the session that goes on in a phase; undo makes it active again."""
        with suppress(SessionNotFound):  # it was deleted in the meantime
            origin = self._service.get(phase.parent_id or "")
            if Status.COMPLETED in ALLOWED_TRANSITIONS[origin.status]:
                self._service.complete(origin.id)
        step("ended")
        self._unmark(phase)

    def drop(self, phase: Session) -> None:
        """Remove a new session that is not wanted any more, and of which nothing was told."""
        with suppress(AgentsessError, OSError), self._store.lease(phase.id, agent="making"):
            self._store.remove("sessions", phase.id)

    def finish(self) -> None:
        """Do what was cut off behind new sessions. Those in use are left for the next time.

        A session before that was worked in since is neither told nor ended.
        """
        for session_id, document in list(self._store.documents("sessions").items()):
            if "untold" in document:
                with suppress(AgentsessError):
                    self._finish(self._service.get(session_id))

    def _finish(self, phase: Session) -> None:
        if self._tell(phase):
            self.end(phase)
        else:
            self._unmark(phase)

    def _tell(self, phase: Session) -> bool:
        """Have the session before say that it goes on; False if it is gone, or went on itself."""
        try:
            origin = self._service.get(phase.parent_id or "")
        except SessionNotFound:
            return False
        if not origin.is_own:
            return origin.updated_at <= phase.created_at
        with self._service.writer(origin.id, agent="tidying") as writer:
            last = self._service.page(origin.id, last=1).entries
            if last and last[0].at > phase.created_at:
                return last[0].meta.get("session") == phase.id
            writer.append(continued_in(phase))
            return True

    def _unmark(self, phase: Session) -> None:
        self._store.patch("sessions", {phase.id: {"untold": None}})


def continued_in(phase: Session) -> Draft:
    """What the history of the session before says of its new phase."""
    meta = {"event": "continued", "session": phase.id}
    return Draft(EntryKind.EVENT, f"The work goes on in “{phase.title}”.", meta=meta)


def _next_title(title: str) -> str:
    match = _NUMBERED.match(title)
    name, number = (match[1], int(match[2]) + 1) if match else (title, 2)
    return f"{name} (part {number})"
