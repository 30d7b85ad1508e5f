"""The sessions that a command is about, by what was typed for their ids."""

from __future__ import annotations

from collections.abc import Sequence

from agentsess.commands.output import Output
from agentsess.model import Session
from agentsess.sessions.service import SessionService


def find_all(service: SessionService, abbreviated: Sequence[str], out: Output) -> list[Session]:
    """Each session once, all of them found before anything is done to any.

    Other programs' files are looked at first: one may have been made just now.

    Raises:
        SessionNotFound, AmbiguousId: An id fits none, or several.
    """
    service.refresh(out.progress)
    ids = dict.fromkeys(service.resolve(each) for each in abbreviated)
    return [service.get(session_id) for session_id in ids]


def find(service: SessionService, abbreviated: str, out: Output) -> Session:
    """One session; raises like `find_all`."""
    (session,) = find_all(service, [abbreviated], out)
    return session
