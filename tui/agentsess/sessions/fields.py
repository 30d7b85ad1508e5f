"""What a user may set about a session, checked before anything is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from datetime import UTC, datetime
from typing import Any

from agentsess.errors import IllegalTransition, InvalidSession
from agentsess.model import ALLOWED_TRANSITIONS, JsonObject, Session, Status, utc_now
from agentsess.sessions.records import (
    checked_budget,
    checked_max_tokens,
    checked_metadata,
    checked_notes,
    checked_status,
    checked_tags,
    checked_title,
)

_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "title": checked_title,
    "notes": checked_notes,
    "tags": checked_tags,
    "metadata": checked_metadata,
    "model": checked_title,
    "budget_usd": checked_budget,
    "max_tokens_total": checked_max_tokens,
}
_OF_RUNS = ("budget_usd", "max_tokens_total")
"""What only matters to sessions that run here."""


def first_values(created_at: datetime | None, status: Status, **given: Any) -> JsonObject:
    """The stored fields of a new session; what says nothing is left out.

    Args:
        created_at: None: now.
        status: Its first.
        given: What else the user may set, ``cwd`` and ``parent_id``.

    Raises:
        InvalidMetadata: The metadata is not a JSON object.
        InvalidSession: Another field cannot be what was given.
    """
    moment = (created_at or utc_now()).astimezone(UTC).isoformat()
    values = {"status": str(checked_status(status)), "created_at": moment, "updated_at": moment}
    for name, value in given.items():
        values[name] = _CHECKS[name](value) if name in _CHECKS else value
    return {name: value for name, value in values.items() if value not in ("", [], {}, None)}


def new_values(session: Session, fields: Mapping[str, Any]) -> JsonObject:
    """The stored fields that a user's values come to.

    Raises:
        InvalidSession: There is no such field, or it cannot be what was given.
    """
    values: JsonObject = {}
    for name, value in fields.items():
        if name in _OF_RUNS and value is not None and not session.is_own:
            raise InvalidSession("It does not run here: continue it here first, then limit that.")
        if name == "status":
            values |= transition(session, checked_status(value))
        elif name in _CHECKS:
            values[name] = _CHECKS[name](value)
        else:
            raise InvalidSession(f"A session has no field {name!r} that can be set.")
    return values


def merging(values: JsonObject) -> Callable[[JsonObject], JsonObject]:
    """The fields to set for a document as it is stored then: metadata are merged key by key.

    So two that set different keys at once lose none. A key that is None is removed.
    """

    def merged(document: JsonObject) -> JsonObject:
        if "metadata" not in values:
            return values
        both = {**(document.get("metadata") or {}), **values["metadata"]}
        kept = {key: value for key, value in both.items() if value is not None}
        return {**values, "metadata": checked_metadata(kept)}

    return merged


def check_at_hand(session: Session) -> None:
    """Raises IllegalTransition for a session in the trash or the archive."""
    if session.trashed_at is not None:
        raise IllegalTransition(f"“{session.title}” is in the trash. Restore it first.")
    if session.status is Status.ARCHIVED:
        raise IllegalTransition(f"“{session.title}” is archived. Unarchive it first.")


def transition(session: Session, status: Status) -> JsonObject:
    """The stored fields that give a session a status; raises IllegalTransition."""
    if status is session.status:
        return {"status": str(status)}
    check_at_hand(session)
    if status not in ALLOWED_TRANSITIONS[session.status]:
        raise IllegalTransition(
            f"“{session.title}” is {session.status} and cannot become {status}."
        )
    fields: JsonObject = {"status": str(status)}
    if status is Status.ARCHIVED:
        fields["before_archive"] = str(session.status)
    return fields


def unarchived(document: JsonObject) -> JsonObject:
    """The stored fields that give a session back the status it had before it was archived."""
    return {"status": document.get("before_archive", "active"), "before_archive": None}


def counted(sessions: Sized) -> str:
    """How many sessions, in words: of them, or of their ids."""
    return "1 session" if len(sessions) == 1 else f"{len(sessions):,} sessions"
