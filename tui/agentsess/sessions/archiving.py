"""Making changes to documents, with what they mean for the files of archived sessions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from agentsess.errors import (
    AgentsessError,
    SessionFenced,
    SessionLocked,
    Stopped,
    StoreError,
)
from agentsess.model import JsonObject, Status
from agentsess.pace import each
from agentsess.storage.store import Changes, SessionStore

_OWN = "sessions"


def apply_changes(
    store: SessionStore, decide: Callable[[], Mapping[str, Changes]]
) -> dict[str, AgentsessError]:
    """Change documents in one step. Sessions that leave the archive are unpacked before,
    those that enter it are packed after.

    Args:
        store: Our own store.
        decide: Gives the fields to set, by collection and id. It is called twice: to see
            what moves, and again while nobody else can change anything.

    Returns:
        What kept sessions from being archived or taken out, by id; these have the status
        they had.

    Raises:
        SessionLocked: A session that is to be archived or taken out is in use.
        StoreError: Nothing was changed.
    """
    entering, leaving = _moving(store, decide().get(_OWN, {}))
    for session_id in (*entering, *leaving):
        if owner := store.owner(session_id):
            raise SessionLocked(session_id, owner)
    failed = _until_stopped(store.unpack, leaving)
    former: dict[str, JsonObject] = {}

    def decide_now() -> Mapping[str, Changes]:
        by_kind, documents = dict(decide()), store.documents(_OWN)
        own = by_kind.pop(_OWN, {})
        by_kind[_OWN] = {i: fields for i, fields in own.items() if i not in failed}
        _refuse_if_packed(documents, by_kind.get(_OWN, {}))
        for session_id in entering:
            fields = by_kind.get(_OWN, {}).get(session_id, {})
            now = documents.get(session_id, {})
            former[session_id] = {name: now.get(name) for name in fields}
        return by_kind

    store.transact(decide_now)
    unfit = _until_stopped(store.pack, entering, (StoreError, SessionLocked, SessionFenced))
    if unfit:
        store.patch(_OWN, {i: former[i] for i in unfit})
    return failed | unfit


def _until_stopped(
    do: Callable[[str], None],
    session_ids: Sequence[str],
    kept: tuple[type[AgentsessError], ...] = (),
) -> dict[str, AgentsessError]:
    """Do something with each session; what was not done, and why. Only ``kept`` is not raised."""
    left: dict[str, AgentsessError] = dict.fromkeys(session_ids, Stopped("Stopped."))
    with suppress(Stopped):
        for session_id in each(session_ids):
            try:
                do(session_id)
                del left[session_id]
            except kept as error:
                left[session_id] = error
    return left


def _moving(store: SessionStore, changes: Changes) -> tuple[list[str], list[str]]:
    """Of sessions that get a status, those to be packed and those to be unpacked."""
    documents = store.documents(_OWN)
    entering: list[str] = []
    leaving: list[str] = []
    for session_id, fields in changes.items():
        packed = bool(documents.get(session_id, {}).get("packed"))
        archived = fields.get("status") == Status.ARCHIVED
        if fields.get("status") is not None and session_id in documents and archived != packed:
            (entering if archived else leaving).append(session_id)
    return entering, leaving


def _refuse_if_packed(documents: Mapping[str, JsonObject], changes: Changes) -> None:
    """See that no other process has packed one of the sessions meanwhile."""
    for session_id, fields in changes.items():
        leaves = fields.get("status") not in (None, Status.ARCHIVED)
        if leaves and documents.get(session_id, {}).get("packed"):
            raise StoreError(f"Session {session_id[:8]} was archived just now. Try again.")
