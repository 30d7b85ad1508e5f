"""Changes to what the user set about sessions, and taking them back."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from agentsess.errors import AgentsessError
from agentsess.model import JsonObject
from agentsess.sessions.archiving import apply_changes
from agentsess.sessions.catalog import Catalog
from agentsess.sessions.removals import KIND, new_key
from agentsess.storage.store import SessionStore

_DEPTH = 200
_STATUS = {"status", "before_archive"}

_Values = Mapping[tuple[str, str], JsonObject]
"""Fields by collection and id; None stands for an absent field."""


@dataclass(frozen=True, slots=True)
class _Change:
    """One step of the user's, over one or many sessions."""

    label: str
    before: _Values
    after: _Values


class Changes:
    """Makes changes, each in one step, and remembers them for as long as the program runs."""

    def __init__(self, store: SessionStore, catalog: Catalog) -> None:
        self._store = store
        self._catalog = catalog
        self._guard = threading.Lock()
        """One at a time: a step must not be taken back twice, nor another in its stead."""
        self._done: list[_Change] = []
        self._undone: list[_Change] = []

    def make(
        self, label: str, changes: Mapping[str, JsonObject], journal: JsonObject | None = None
    ) -> None:
        """Set fields of sessions.

        Args:
            label: What is done, such as ``3 sessions archived``.
            changes: Fields by session id; None removes one.
            journal: What the store's journal is to say about it, if anything.

        Raises:
            SessionLocked, StoreError: Nothing was changed; or, of several sessions that
                were to be archived, some could not be and are as they were.
        """
        before: dict[tuple[str, str], JsonObject] = {}
        after: dict[tuple[str, str], JsonObject] = {}
        for session_id, values in changes.items():
            kind = self._catalog.kind(session_id)
            now = self._store.documents(kind).get(session_id, {})
            before[kind, session_id] = {name: now.get(name) for name in values}
            after[kind, session_id] = values
        if journal is not None:
            key = (KIND, new_key())
            before[key], after[key] = {"undone": True}, journal | {"undone": None}
        with self._guard:
            failed = self._patch(after)
            for session_id in failed:
                del before["sessions", session_id], after["sessions", session_id]
            if failed and not after:
                raise next(iter(failed.values()))
            self._done = [*self._done[-_DEPTH:], _Change(label, before, after)]
            self._undone.clear()
        for error in failed.values():
            raise error

    def undo(self) -> str | None:
        """Take the last change back; its label, or None if there is nothing to undo."""
        with self._guard:
            if not self._done:
                return None
            change = self._done[-1]
            self._replay(change.before, change.after)
            self._undone.append(self._done.pop())
            return change.label

    def redo(self) -> str | None:
        """Make the change that was taken back again; its label, or None."""
        with self._guard:
            if not self._undone:
                return None
            change = self._undone[-1]
            self._replay(change.after, change.before)
            self._done.append(self._undone.pop())
            return change.label

    def _replay(self, wanted: _Values, expected: _Values) -> None:
        """Put values back, except where somebody changed them since."""
        ours: dict[tuple[str, str], JsonObject] = {}
        for (kind, session_id), values in wanted.items():
            now = self._store.documents(kind).get(session_id)
            if now is not None and "purging" not in now:
                was = expected[kind, session_id]
                theirs = {name for name in values if now.get(name) != was.get(name)}
                if theirs & _STATUS:
                    theirs |= _STATUS  # the one says nothing without the other
                ours[kind, session_id] = {k: v for k, v in values.items() if k not in theirs}
        for error in self._patch(ours).values():
            raise error

    def _patch(self, values: _Values) -> dict[str, AgentsessError]:
        by_kind: dict[str, dict[str, JsonObject]] = {}
        for (kind, session_id), fields in values.items():
            by_kind.setdefault(kind, {})[session_id] = fields
        return apply_changes(self._store, by_kind)
