"""Changes to what the user set about sessions, and taking them back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agentsess.errors import AgentsessError, ChangedElsewhere, NotUndoable, Stopped
from agentsess.model import JsonObject
from agentsess.sessions.archiving import apply_changes
from agentsess.sessions.catalog import OVERLAYS, Catalog
from agentsess.sessions.copies import FoundCopies
from agentsess.sessions.removals import KIND, new_key
from agentsess.storage.store import Changes as Fields
from agentsess.storage.store import SessionStore

_DEPTH = 200
_STATUS = {"status", "before_archive"}

Decide = Callable[[JsonObject], JsonObject]
"""Gives the fields to set for a document as it is stored."""

_Key = tuple[str, str]
"""A document's collection and id."""
_Values = dict[_Key, JsonObject]
"""Fields by document; None stands for an absent field."""


@dataclass(frozen=True, slots=True)
class _Change:
    """How to take back one step of the user's, over one or many sessions."""

    label: str
    wanted: _Values
    expected: _Values
    """What is there unless somebody changed it since."""
    refusal: str = ""
    """Why it is not taken back, if it is not."""


class Changes:
    """Makes changes, each in one step, and remembers them for as long as the program runs."""

    def __init__(self, store: SessionStore, catalog: Catalog, copies: FoundCopies) -> None:
        self._store = store
        self._catalog = catalog
        self._copies = copies
        self._guard = threading.Lock()
        """One at a time: a step must not be taken back twice, nor another in its stead."""
        self._done: list[_Change] = []
        self._undone: list[_Change] = []

    def make(
        self,
        label: str,
        changes: Mapping[str, JsonObject | Decide],
        journal: JsonObject | None = None,
    ) -> None:
        """Set fields of sessions.

        Args:
            label: What is done, such as ``3 sessions archived``.
            changes: By session id, fields, or a function that gives them for the stored
                document; it is called while nobody else can change that. None removes one.
            journal: What the store's journal is to say about it, if anything.

        Raises:
            SessionLocked, StoreError: Nothing was changed; or, of several sessions that
                were to be archived, some could not be and are as they were.
        """
        wanted = {(self._catalog.kind(i), i): values for i, values in changes.items()}
        if len(changes) == 1:  # it need not be the session in view when it is taken back
            label += f" (“{self._catalog.get(*changes).title}”)"
        before: _Values = {}
        after: _Values = {}
        told = {(KIND, new_key()): journal | {"undone": None}} if journal else {}

        def decide() -> _Values:
            for (kind, doc_id), values in wanted.items():
                now = self._store.documents(kind).get(doc_id, {})
                after[kind, doc_id] = values(now) if callable(values) else values
                before[kind, doc_id] = {name: now.get(name) for name in after[kind, doc_id]}
            return after | told

        with self._guard:
            failed = self._patch(decide)
            whole = len(after)
            before, after = _but(before, failed), _but(after, failed)
            if failed and not after:
                raise _told(failed, 0, whole)
            if failed:
                label = f"{len(after)} of {label}"
            if any(after.values()):
                before |= {key: {"undone": True} for key in told}
                after |= {key: {"undone": None} for key in told}
                self._done = [*self._done[-_DEPTH:], _Change(label, before, after)]
                self._undone.clear()
        if failed:
            raise _told(failed, whole - len(failed), whole)

    def pass_over(self, refusal: str) -> None:
        """Remember a step that undoing does not take back, lest it takes back another."""
        with self._guard:
            self._done.append(_Change("", {}, {}, refusal))

    def undo(self) -> str | None:
        """Take the last change back.

        Returns:
            What it was, in which session, and whether it was taken back in part alone; None
            if there is nothing to undo.

        Raises:
            ChangedElsewhere: Others changed all of it since. The one before it is next.
            NotUndoable: It cannot be taken back; what to do says the error. The one before
                it is next.
        """
        return self._take_back(self._done, self._undone)

    def redo(self) -> str | None:
        """Make the change that was taken back again; like `undo`."""
        return self._take_back(self._undone, self._done)

    def _take_back(self, source: list[_Change], target: list[_Change]) -> str | None:
        with self._guard:
            if not source:
                return None
            change = source[-1]
            try:
                label, failed = self._replay(change)
            except NotUndoable:
                source.pop()
                raise
            source.pop()
            done = _but(change.wanted, failed)
            if done:
                target.append(_Change(change.label, _but(change.expected, failed), done))
            if failed:
                left = {key for key in change.wanted if key not in done}
                wanted = {key: change.wanted[key] for key in left}
                expected = {key: change.expected[key] for key in left}
                source.append(_Change(change.label, wanted, expected))
                raise _told(failed, len(done), len(change.wanted))
            return label

    def _replay(self, change: _Change) -> tuple[str, dict[str, AgentsessError]]:
        """Put values back, except where somebody changed them since; what that is called,
        and what kept sessions from it."""
        if change.refusal:
            raise NotUndoable(change.refusal)
        label = change.label

        def decide() -> _Values:
            nonlocal label
            ours = {key: self._untouched(change, key) for key in change.wanted}
            if not any(values for (kind, _), values in ours.items() if kind != KIND):
                raise ChangedElsewhere(label)
            if ours != change.wanted:
                label = f"{change.label}, except what was changed elsewhere since"
            return ours

        failed = self._patch(decide)  # before its label is looked at: deciding may change that
        return label, failed

    def _untouched(self, change: _Change, key: _Key) -> JsonObject:
        """The values to put back in one document."""
        kind, doc_id = key
        now = self._store.documents(kind).get(doc_id)
        if now is None or "purging" in now:
            return {}
        was, values = change.expected[key], change.wanted[key]
        theirs = {name for name in values if now.get(name) != was.get(name)}
        if theirs & _STATUS:
            theirs |= _STATUS  # the one says nothing without the other
        return {name: value for name, value in values.items() if name not in theirs}

    def _patch(self, decide: Callable[[], _Values]) -> dict[str, AgentsessError]:
        def by_kind() -> dict[str, dict[str, JsonObject]]:
            decided: dict[str, dict[str, JsonObject]] = {}
            for (kind, doc_id), fields in decide().items():
                if fields and doc_id not in left:
                    decided.setdefault(kind, {})[doc_id] = fields | kept.get(doc_id, {})
            return decided

        kept: Fields = {}
        left: set[str] = set()
        overlays = by_kind().get(OVERLAYS, {})
        kept, left = self._copies.take(overlays)
        failed = apply_changes(self._store, by_kind)
        self._copies.release(overlays)
        return failed | dict.fromkeys(left, Stopped("Stopped."))


def _but(values: _Values, failed: Mapping[str, AgentsessError]) -> _Values:
    """What was set of some values, given what failed."""
    return {key: fields for key, fields in values.items() if key[1] not in failed}


def _told(failed: Mapping[str, AgentsessError], done: int, of: int) -> AgentsessError:
    """What to say of what was not done: a failure, else how far it came."""
    if bad := [error for error in failed.values() if not isinstance(error, Stopped)]:
        return bad[0]
    if not done:
        return Stopped("Stopped. Nothing was changed.")
    return Stopped(f"Stopped after {done:,} of {of:,} sessions. The rest is as it was.")
