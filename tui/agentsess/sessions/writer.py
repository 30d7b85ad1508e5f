"""Writing to a session: the lease held, entries made durable, counters kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Self

from agentsess.errors import SessionNotFound
from agentsess.model import Draft, Entry, EntryKind, JsonObject
from agentsess.pace import go_on
from agentsess.sessions import secrets
from agentsess.sessions.records import one_line, title_of
from agentsess.storage.lease import Lease
from agentsess.storage.store import SessionStore

_TITLE_LENGTH = 80
_BATCH = 500
_ANSWERED = (EntryKind.USER, EntryKind.TOOL_RESULT)
"""What the model replies to."""


class SessionWriter:
    """The one who may add to a session; a context manager that gives the lease back."""

    def __init__(
        self,
        store: SessionStore,
        session_id: str,
        lease: Lease,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self.session_id = session_id
        self._store = store
        self._lease = lease
        self._on_close = on_close
        if store.page(session_id, last=1, before=None).total != self._document.get(
            "entry_count", 0
        ):
            self._recount()

    def append(self, *drafts: Draft) -> tuple[Entry, ...]:
        """Add entries; they are on the disk when this returns.

        Raises:
            StoreError: Nothing was added.
        """
        if not drafts:
            return ()
        flagged = [secrets.flagged(draft) for draft in drafts]
        entries = self._store.append(self.session_id, flagged, self._lease)
        amounts, fields = _counters(entries)
        fields["size_bytes"] = self._store.history_size(self.session_id)
        document = self._document
        if document.get("model"):
            fields.pop("model", None)  # it is the user's to change
        named = document.get("title") or title_of(document.get("metadata") or {})
        if not named and (title := spoken_title(entries)):
            fields["title"] = title
        self._store.count(self.session_id, amounts, fields)
        return entries

    def carry_over(self, entries: Iterable[Entry], source: str) -> None:
        """Add another program's entries, marked as such; raises Stopped."""
        batch: list[Draft] = []
        for entry in entries:
            meta = entry.meta | {"imported": source}
            draft = Draft(entry.kind, entry.text, entry.content, entry.author, meta, entry.at)
            batch.append(draft)
            if len(batch) == _BATCH:
                go_on()
                self.append(*batch)
                batch.clear()
        self.append(*batch)

    def add_duration(self, seconds: float) -> None:
        """Add to the time worked in this session."""
        self._store.count(self.session_id, {"duration_seconds": max(0.0, seconds)}, {})

    def broke_off(self) -> bool:
        """Whether the last run here ended without a word; see `broke_off`."""
        return broke_off(self._store, self.session_id)

    def close(self) -> None:
        """Give the lease back."""
        try:
            self._on_close()
        finally:
            self._lease.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _document(self) -> JsonObject:
        document = self._store.documents("sessions").get(self.session_id)
        if document is None:
            raise SessionNotFound(f"There is no session {self.session_id} any more.")
        return document

    def _recount(self) -> None:
        """Count anew: the counters were lost in a power cut that the history outlived."""
        now = self._document
        paid = now.get("forked_at", 0)
        amounts, fields = _counters(self._store.entries(self.session_id), paid)
        fields["size_bytes"] = self._store.history_size(self.session_id)
        if now.get("model"):
            fields.pop("model", None)
        difference = {name: value - now.get(name, 0) for name, value in amounts.items()}
        self._store.count(self.session_id, difference, fields)


def broke_off(store: SessionStore, session_id: str) -> bool:
    """Whether a history of which nobody is the writer ends where a reply was to come.

    Not so where it was made to end there: by a fork, or by going back to a snapshot.
    """
    entries = store.page(session_id, last=1, before=None).entries
    if not entries or entries[-1].kind not in _ANSWERED or "imported" in entries[-1].meta:
        return False
    seq = entries[-1].seq
    if store.documents("sessions").get(session_id, {}).get("forked_at") == seq:
        return False
    snapshots = list(store.documents("snapshots").values())
    return not any((s["session_id"], s["seq"]) == (session_id, seq) for s in snapshots)


def _counters(entries: Iterable[Entry], paid: int = 0) -> tuple[dict[str, float], JsonObject]:
    """What entries add to a session's counters, and the fields they set.

    Args:
        entries: In order.
        paid: Up to this entry another session, from which this one was forked, counts the
            tokens and the cost.
    """
    amounts: dict[str, float] = {
        "message_count": 0, "input": 0, "output": 0, "cache_read": 0, "cache_write": 0,
        "cost_usd": 0.0, "secrets": 0,
    }  # fmt: skip
    fields: JsonObject = {}
    last_reply = None
    for entry in entries:
        fields["entry_count"] = entry.seq
        fields["updated_at"] = entry.at.isoformat()
        # Some programs write a reply as several entries: it counts once.
        reply = entry.meta.get("message_id")
        amounts["message_count"] += entry.is_message and (reply is None or reply != last_reply)
        last_reply = reply or last_reply
        amounts["secrets"] += sum(secrets.flags_of(entry).values())
        if "imported" in entry.meta:
            continue
        if "context_tokens" in entry.meta:  # what is sent got shorter
            fields["context_tokens"] = entry.meta["context_tokens"]
        if "usage" not in entry.meta:
            continue
        usage = entry.usage
        if entry.is_message:
            fields["context_tokens"] = usage.context
        if model := entry.meta.get("asked_model") or entry.meta.get("model"):
            fields["model"] = model
        if entry.seq <= paid:
            continue
        for name, tokens in usage.to_json().items():
            amounts[name] = amounts.get(name, 0) + tokens
        cost = entry.meta.get("cost_usd")
        if cost is None:
            fields["unpriced"] = True
        else:
            amounts["cost_usd"] += cost
    return amounts, fields


def spoken_title(entries: Iterable[Entry]) -> str:
    """A title from the first prompt; empty if there is none."""
    for entry in entries:
        if entry.kind is EntryKind.USER and (line := one_line(entry.text)):
            return line if len(line) <= _TITLE_LENGTH else line[: _TITLE_LENGTH - 1] + "…"
    return ""
