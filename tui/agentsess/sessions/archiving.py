"""Making changes to documents, with what they mean for the files of archived sessions."""

from __future__ import annotations

from collections.abc import Mapping

from agentsess.errors import AgentsessError, SessionFenced, SessionLocked, StoreError
from agentsess.model import JsonObject, Status
from agentsess.storage.store import Changes, SessionStore

_OWN = "sessions"


def apply_changes(store: SessionStore, by_kind: Mapping[str, Changes]) -> dict[str, AgentsessError]:
    """Change documents in one step. Sessions that leave the archive are unpacked before,
    those that enter it are packed after.

    Args:
        store: Our own store.
        by_kind: Fields to set, by collection and id.

    Returns:
        What kept sessions from being archived, by id; these have the status they had.

    Raises:
        SessionLocked: A session that is to be archived or taken out is in use.
        StoreError: Nothing was changed.
    """
    entering, leaving = _moving(store, by_kind.get(_OWN, {}))
    for session_id in (*entering, *leaving):
        if owner := store.owner(session_id):
            raise SessionLocked(session_id, owner)
    for session_id in leaving:
        store.unpack(session_id)
    documents = store.documents(_OWN)
    former = {i: {name: documents[i].get(name) for name in by_kind[_OWN][i]} for i in entering}
    store.transact(lambda: _unless_packed(store, by_kind))
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


def _unless_packed(
    store: SessionStore, by_kind: Mapping[str, Changes]
) -> Mapping[str, Mapping[str, JsonObject]]:
    """The changes, unless another process has packed one of the sessions meanwhile."""
    documents = store.documents(_OWN)
    again = [
        i
        for i, fields in by_kind.get(_OWN, {}).items()
        if fields.get("status") not in (None, Status.ARCHIVED)
        and documents.get(i, {}).get("packed")
    ]
    if again:
        raise StoreError(f"Session {again[0][:8]} was archived just now. Try again.")
    return by_kind
