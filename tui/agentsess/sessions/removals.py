"""The store's journal of what went to the trash by rule, and out of it for good."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agentsess.model import JsonObject, Session, utc_now
from agentsess.storage.store import SessionStore

KIND = "journal"
PRUNED, DELETED = "pruned", "deleted"


@dataclass(frozen=True, slots=True)
class Gone:
    """A session as it was when it went."""

    id: str
    title: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Removal:
    """One time that sessions went."""

    at: datetime
    what: str
    """``pruned`` (to the trash) or ``deleted`` (for good)."""
    who: str
    """``user`` (in the app), ``cli`` or ``start``."""
    why: str
    """The rule, or what else was asked for."""
    name: str
    """The saved rule's name; empty if there was none."""
    sessions: tuple[Gone, ...]
    undone: bool = False

    @property
    def bytes(self) -> int:
        """What the sessions took on disk."""
        return sum(gone.bytes for gone in self.sessions)

    def to_json(self) -> JsonObject:
        """The public JSON form, as `prune --history --json` prints it."""
        return {
            "at": self.at.isoformat(),
            "what": self.what,
            "who": self.who,
            "why": self.why,
            "rule": self.name,
            "sessions": [
                {"id": gone.id, "title": gone.title, "bytes": gone.bytes} for gone in self.sessions
            ],
            "bytes": self.bytes,
            "undone": self.undone,
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> Removal:
        """The reverse of `to_json`."""
        return cls(
            datetime.fromisoformat(value["at"]),
            value["what"],
            value["who"],
            value["why"],
            value.get("rule", ""),
            tuple(Gone(g["id"], g["title"], g["bytes"]) for g in value["sessions"]),
            bool(value.get("undone")),
        )


def removal_of(
    sessions: Sequence[Session], *, what: str, who: str, why: str, name: str = ""
) -> Removal:
    """That these sessions go now."""
    gone = tuple(Gone(s.id, s.title, s.size_bytes) for s in sessions)
    return Removal(utc_now(), what, who, why, name, gone)


def removals(store: SessionStore) -> list[Removal]:
    """All that went, the latest first."""
    kept = sorted(store.documents(KIND).items(), reverse=True)
    return [Removal.from_json(document) for _, document in kept]


def new_key() -> str:
    """A key for the journal; keys sort by time."""
    return f"{utc_now():%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}"
