"""Sessions that begin with a history: nobody sees them before they are whole.

    document, marked ``making`` -> history -> unmark

Whoever is killed on the way leaves what is not listed, and what `tidy` removes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from agentsess.errors import AgentsessError
from agentsess.model import JsonObject, utc_now
from agentsess.storage.lease import Lease
from agentsess.storage.steps import step
from agentsess.storage.store import SessionStore


@contextmanager
def making(store: SessionStore, session_id: str, document: JsonObject) -> Iterator[Lease]:
    """Make a session inside; it is there at the end of it, or not at all.

    Args:
        store: Our own store.
        session_id: The new session's.
        document: Its fields.

    Raises:
        StoreError, Stopped: It cannot be made, or is not wanted any more.
    """
    mark = {"making": utc_now().isoformat()}
    store.create("sessions", session_id, document | mark)
    step("begun")
    try:
        with store.lease(session_id, agent="making") as lease:
            yield lease
            step("filled")
            lease.check()
            store.patch("sessions", {session_id: {"making": None}})
    except BaseException:
        # What cannot be removed now is removed by tidying.
        with suppress(AgentsessError, OSError), store.lease(session_id, agent="making"):
            store.remove("sessions", session_id)
        raise
    step("made")
