"""Between stored documents and sessions, and the checks on what a user may set."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeGuard

import msgspec

from agentsess.errors import InvalidMetadata, InvalidSession
from agentsess.model import JsonObject, Posted, Session, Status, Usage
from agentsess.sources.base import Found

MAX_METADATA_BYTES = 64 * 1024
MAX_TITLE = 200
MAX_NOTES = 64 * 1024


def checked_metadata(value: object) -> JsonObject:
    """Metadata as it will be stored: a JSON object of its own.

    Raises:
        InvalidMetadata: It is not a JSON object, or larger than 64 KB.
    """
    if not isinstance(value, Mapping):
        raise InvalidMetadata(f"Metadata must be an object, not {type(value).__name__}.")
    _check_json(value, "metadata", 0)
    try:
        text = msgspec.json.encode(value)
    except UnicodeEncodeError as error:
        raise InvalidMetadata("Metadata holds text that is not valid Unicode.") from error
    if len(text) > MAX_METADATA_BYTES:
        raise InvalidMetadata(f"Metadata takes {len(text)} bytes; at most 65536 are kept.")
    copy: JsonObject = msgspec.json.decode(text)
    return copy


def _check_json(value: object, where: str, depth: int) -> None:
    if depth > 32:
        raise InvalidMetadata(f"{where} is nested too deeply.")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise InvalidMetadata(f"{where}: the key {key!r} is not a string.")
            _check_json(inner, f"{where}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check_json(inner, f"{where}[]", depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise InvalidMetadata(f"{where} is {value}, which JSON cannot say.")
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        raise InvalidMetadata(f"{where} is a number too large to keep.")
    elif not isinstance(value, str | int | float | bool | None):
        raise InvalidMetadata(f"{where} is a {type(value).__name__}, which is not JSON.")


def checked_title(value: object) -> str:
    """A title in one line.

    Raises:
        InvalidSession: It is not text.
    """
    return one_line(_text(value, "The title"))[:MAX_TITLE]


def checked_notes(value: object) -> str:
    """Notes as they will be stored.

    Raises:
        InvalidSession: They are not text, or longer than 64 KB.
    """
    notes = _text(value, "Notes")
    if len(notes) > MAX_NOTES:
        raise InvalidSession(f"Notes of {len(notes)} characters are too long: at most 65536.")
    return notes


def checked_tags(value: object) -> list[str]:
    """Tags without duplicates, in the given order; inner spaces become hyphens.

    Raises:
        InvalidSession: They are not a list of texts.
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise InvalidSession("Tags must be a list of words.")
    words = ["-".join(_text(tag, "A tag").split()).lstrip("#")[:40] for tag in value]
    return list(dict.fromkeys(word for word in words if word))


def checked_budget(value: object) -> float | None:
    """Dollars that a session may cost; None for no limit.

    Raises:
        InvalidSession: It is not an amount above 0.
    """
    if value is None:
        return None
    if not _is_number(value) or not 0 < value < 1e12:
        raise InvalidSession(f"A budget is an amount of dollars above 0, not {value!r}.")
    return float(value)


def checked_max_tokens(value: object) -> int | None:
    """Tokens that a session may use; None for no limit.

    Raises:
        InvalidSession: It is not a whole number above 0.
    """
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**63:
        raise InvalidSession(f"A limit of tokens is a whole number above 0, not {value!r}.")
    return value


def checked_status(value: object) -> Status:
    """A status by its name.

    Raises:
        InvalidSession: There is no such status.
    """
    try:
        return Status(str(value))
    except ValueError:
        raise InvalidSession(f"There is no status {value!r}: {', '.join(Status)}.") from None


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise InvalidSession(f"{what} must be text, not {type(value).__name__}.")
    # A lone surrogate cannot be written as UTF-8.
    return value.encode("utf-8", "replace").decode("utf-8")


def one_line(text: str) -> str:
    """Text with every run of white space and control characters as one space."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())


def map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """A JSON value with each text in it changed, the names of fields too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(name): map_texts(inner, change) for name, inner in value.items()}
    if isinstance(value, list):
        return [map_texts(inner, change) for inner in value]
    return value


def session_of(doc_id: str, document: JsonObject) -> Session:
    """A session of our own from its stored document."""
    metadata: JsonObject = document.get("metadata") or {}
    project = metadata.get("project")
    cwd = document.get("cwd", "")
    usage, known, cost = _with_recaps(Usage.from_json(document), document, document)
    return Session(
        id=doc_id,
        title=document.get("title") or title_of(metadata) or "Untitled session",
        status=Status(document.get("status", Status.ACTIVE)),
        created_at=_moment(document["created_at"]),
        updated_at=_moment(document["updated_at"]),
        project=project if isinstance(project, str) and project else cwd,
        cwd=cwd,
        model=document.get("model", ""),
        tags=tuple(document.get("tags") or ()),
        notes=document.get("notes", ""),
        metadata=metadata,
        message_count=document.get("message_count", 0),
        entry_count=document.get("entry_count", 0),
        usage=usage,
        context_tokens=document.get("context_tokens", 0),
        cost_usd=cost,
        known_cost_usd=known,
        budget_usd=document.get("budget_usd"),
        max_tokens_total=document.get("max_tokens_total"),
        duration_seconds=document.get("duration_seconds", 0.0),
        size_bytes=document.get("size_bytes", 0),
        trashed_at=_moment(t) if (t := document.get("trashed_at")) else None,
        parent_id=document.get("parent_id"),
        secrets=document.get("secrets", 0),
        board=_board(document),
    )


def title_of(metadata: JsonObject) -> str:
    """A title from what the metadata say; empty if they say none."""
    for key in ("title", "description", "task"):
        if isinstance(value := metadata.get(key), str) and value.strip():
            return one_line(value)[:MAX_TITLE]
    return ""


def session_of_found(source: str, found: Found, overlay: JsonObject, paid: JsonObject) -> Session:
    """Another program's session, with what the user added to it here.

    Args:
        source: The program.
        found: What its file says.
        overlay: What the user added.
        paid: ``cost_usd`` as far as it is known, and ``unpriced`` if that is not all.
    """
    metadata: JsonObject = overlay.get("metadata") or {}
    project = metadata.get("project")
    usage, known, cost = _with_recaps(found.usage, paid, overlay)
    return Session(
        id=found.id,
        title=overlay.get("title") or one_line(found.title)[:MAX_TITLE] or "(no prompt yet)",
        status=Status(overlay.get("status", Status.ACTIVE)),
        created_at=found.created_at,
        updated_at=found.updated_at,
        source=source,
        project=project if isinstance(project, str) and project else found.cwd,
        cwd=found.cwd,
        branch=found.branch,
        model=found.model,
        tags=tuple(overlay.get("tags") or ()),
        notes=overlay.get("notes", ""),
        metadata=metadata,
        message_count=found.message_count,
        entry_count=found.entry_count,
        usage=usage,
        context_tokens=found.context_tokens,
        cost_usd=cost,
        known_cost_usd=known,
        duration_seconds=found.duration_seconds,
        size_bytes=found.size_bytes,
        trashed_at=_moment(t) if (t := overlay.get("trashed_at")) else None,
        parent_id=found.parent_id,
        damaged=found.damaged,
        board=_board(overlay),
    )


def _with_recaps(
    usage: Usage, paid: JsonObject, kept: JsonObject
) -> tuple[Usage, float, float | None]:
    """What a session used, what that cost at least, and what it cost in all if that is known.

    Args:
        usage: What its history took.
        paid: What that cost.
        kept: Holds what recaps took that a model wrote; they are in no history.
    """
    known, is_all = paid.get("cost_usd", 0.0), not paid.get("unpriced")
    if recaps := kept.get("recaps"):
        usage += Usage.from_json(recaps)
        known += recaps["cost_usd"]
        is_all = is_all and not recaps["unpriced"]
    return usage, known, known if is_all else None


def _board(document: JsonObject) -> dict[str, Posted]:
    return {
        name: Posted(posted["value"], posted["version"], posted["by"], _moment(posted["at"]))
        for name, posted in (document.get("board") or {}).items()
        if posted["value"] is not None
    }


def _moment(value: Any) -> datetime:
    return datetime.fromisoformat(value)
