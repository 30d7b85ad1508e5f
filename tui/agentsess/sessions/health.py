"""Whether a store is sound: every history read through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agentsess.model import JsonObject, Session
from agentsess.sessions.indexing import Indexer, SearchHealth
from agentsess.storage.store import SessionStore


@dataclass(frozen=True, slots=True)
class Health:
    """What a look through the store found."""

    own: int
    """Sessions of our own, without the trash."""
    found: int
    """Sessions of other programs, without the trash."""
    trashed: int
    trash_bytes: int
    index_damage: int
    """Records of sessions, tags and notes that cannot be read."""
    damage: Mapping[str, int]
    """Unreadable records by session, for those of our own that have any."""
    found_damage: int
    """Lines of other programs' histories that were skipped."""
    search: SearchHealth
    """The search index, which may be deleted any time."""

    @property
    def ok(self) -> bool:
        """Whether all of our own can be read."""
        return not self.index_damage and not self.damage

    def to_json(self) -> JsonObject:
        """The public JSON form, part of what `doctor --json` prints."""
        return {
            "ok": self.ok,
            "sessions": {"own": self.own, "found": self.found},
            "trash": {"sessions": self.trashed, "bytes": self.trash_bytes},
            "damage": {
                "index": self.index_damage,
                "sessions": dict(self.damage),
                "found": self.found_damage,
            },
            "search": self.search.to_json(),
        }


def check_store(store: SessionStore, sessions: Iterable[Session], indexer: Indexer) -> Health:
    """Read the histories of all sessions of our own and the index, and count what is damaged."""
    listed = list(sessions)
    kept = [session for session in listed if session.trashed_at is None]
    trash = [session for session in listed if session.trashed_at is not None]
    damage = {s.id: len(store.damage(s.id)) for s in listed if s.is_own}
    return Health(
        own=sum(session.is_own for session in kept),
        found=sum(not session.is_own for session in kept),
        trashed=len(trash),
        trash_bytes=sum(session.size_bytes for session in trash if session.is_own),
        index_damage=store.damaged_documents,
        damage={session_id: count for session_id, count in damage.items() if count},
        found_damage=sum(session.damaged for session in listed),
        search=indexer.check(),
    )
