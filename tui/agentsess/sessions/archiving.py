"""Making changes to documents, with what they mean for the files of archived sessions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agentsess.errors import AgentsessError, SessionFenced, SessionLocked, StoreError
from agentsess.model import JsonObject, Status
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
        What kept sessions from being archived, by id; these have the status they had.

    Raises:
        SessionLocked: A session that is to be archived or taken out is in use.
        StoreError: Nothing was changed.
    """
    entering, leaving = _moving(store, decide().get(_OWN, {}))
    for session_id in (*entering, *leaving):
        if owner := store.owner(session_id):
            raise SessionLocked(session_id, owner)
    for session_id in leaving:
        store.unpack(session_id)
    former: dict[str, JsonObject] = {}

    def decide_now() -> Mapping[str, Changes]:
        by_kind, documents = decide(), store.documents(_OWN)
        _refuse_if_packed(documents, by_kind.get(_OWN, {}))
        for session_id in entering:
            fields = by_kind.get(_OWN, {}).get(session_id, {})
            now = documents.get(session_id, {})
            former[session_id] = {name: now.get(name) for name in fields}
        return by_kind

    store.transact(decide_now)
    failed: dict[str, AgentsessError] = {}
    for session_id in entering:
        try:
            store.pack(session_id)
        except (StoreError, SessionLocked, SessionFenced) as error:
            failed[session_id] = error
    if failed:
        store.patch(_OWN, {i: former[i] for i in failed})
    return failed


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
