"""Whether a store is sound: every history read through, and what the index lost found again."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass

from agentsess.errors import AgentsessError, StoreError
from agentsess.model import JsonObject, Session, Status, utc_now
from agentsess.sessions.catalog import OVERLAYS
from agentsess.sessions.indexing import Histories, Indexer, SearchHealth
from agentsess.sessions.writer import SessionWriter, spoken_title
from agentsess.storage.store import SessionStore


@dataclass(frozen=True, slots=True)
class Damaged:
    """A session of which not all can be read."""

    id: str
    title: str
    records: int
    """Stretches of its history that cannot be read."""
    entries: int
    """Entries that can."""


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
    about: tuple[Session, ...]
    """The sessions that these records were about, as far as they still say."""
    damage: tuple[Damaged, ...]
    """Sessions with unreadable records: our own, and copies of other programs'."""
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
                "about": [session.id for session in self.about],
                "sessions": [asdict(damaged) for damaged in self.damage],
                "found": self.found_damage,
            },
            "search": self.search.to_json(),
        }


def check_store(
    store: SessionStore, sessions: Iterable[Session], histories: Histories, indexer: Indexer
) -> Health:
    """Read the index and the histories of all sessions of our own, and count what is damaged."""
    listed = list(sessions)
    kept = [session for session in listed if session.trashed_at is None]
    trash = [session for session in listed if session.trashed_at is not None]
    counted = [(session, _damage(store, session)) for session in listed]
    lost = store.damaged_documents()
    named = {session_id for ids in lost for session_id in ids}
    return Health(
        own=sum(session.is_own for session in kept),
        found=sum(not session.is_own for session in kept),
        trashed=len(trash),
        trash_bytes=sum(session.size_bytes for session in trash if session.is_own),
        index_damage=len(lost),
        about=tuple(session for session in listed if session.id in named),
        damage=tuple(
            Damaged(s.id, s.title, records, _readable(histories, s.id))
            for s, records in counted
            if records
        ),
        found_damage=sum(session.damaged for session in listed),
        search=indexer.check(),
    )


def _damage(store: SessionStore, session: Session) -> int:
    try:
        if session.is_own:
            return len(store.damage(session.id))
        if "kept" in store.documents(OVERLAYS).get(session.id, {}):
            store.copies.check(session.id)
    except StoreError:  # the bundle is missing, or not whole
        return 1
    return 0


def _readable(histories: Histories, session_id: str) -> int:
    count = 0
    with suppress(AgentsessError):
        for _ in histories.entries(session_id):
            count += 1
    return count


def bring_back(store: SessionStore) -> list[str]:
    """List sessions again that the index lost to damage: their histories are still there.

    Title and counts are made from the history; tags, notes and metadata stay lost.
    """
    back: list[str] = []
    for session_id, where in store.unlisted().items():
        with suppress(AgentsessError), store.lease(session_id, agent="doctor") as lease:
            now = utc_now().isoformat()
            dates: JsonObject = {"created_at": now, "updated_at": now}
            store.create("sessions", session_id, {"status": str(Status.ACTIVE)} | dates | where)
            back.append(session_id)
            title = spoken_title(store.entries(session_id))
            begun = next((e.at.isoformat() for e in store.entries(session_id)), now)
            store.patch("sessions", {session_id: {"title": title, "created_at": begun}})
            SessionWriter(store, session_id, lease)  # counts its entries
    return back
