"""Copies of other programs' sessions: taken when they are archived, used when their files go."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from agentsess.errors import (
    InvalidSession,
    SessionLocked,
    SessionNotFound,
    Stopped,
    StoreError,
)
from agentsess.model import Status
from agentsess.pace import each
from agentsess.sessions.catalog import OVERLAYS, Catalog
from agentsess.storage.store import Changes, SessionStore

_TAKING_SECONDS = 24 * 3600.0
"""A copy is there before anything tells of it; no longer than this."""
_log = logging.getLogger(__name__)


class FoundCopies:
    """Keeps the archive in step with the marks on other programs' sessions.

    Args:
        store: Our own store.
        catalog: All sessions.
    """

    def __init__(self, store: SessionStore, catalog: Catalog) -> None:
        self._store = store
        self._catalog = catalog

    def take(self, changes: Changes) -> tuple[Changes, set[str]]:
        """Copy the files of those that are to be archived.

        Args:
            changes: Fields to set, by id.

        Returns:
            What else is to be set, so that the copies are known, and those of which none
            was taken because the work was stopped.

        Raises:
            SessionNotFound: The files of one are gone, and there is no copy.
            SessionLocked, StoreError: One cannot be copied.
        """
        overlays = self._store.documents(OVERLAYS)
        kept: dict[str, dict[str, object]] = {}
        left = {
            session_id
            for session_id, fields in changes.items()
            if fields.get("status") == Status.ARCHIVED
            and overlays.get(session_id, {}).get("status") != Status.ARCHIVED
        }
        with suppress(Stopped):
            for session_id in each([i for i in changes if i in left]):
                source, found = self._catalog.found(self._catalog.get(session_id))
                if os.path.lexists(found.path):
                    folder, names = source.files(found)
                    self._store.copies.take(session_id, folder, names)
                    kept[session_id] = {"kept": self._catalog.remembered(session_id)}
                elif not self._has(session_id):
                    raise SessionNotFound(f"The file of “{found.title}” is gone.")
                left.discard(session_id)
        return kept, left

    def release(self, changes: Changes) -> None:
        """Drop the copies of those that left the archive, if their files hold all of them.

        What cannot be dropped stays: it harms nobody.
        """
        for session_id, fields in changes.items():
            if fields.get("status") in (None, Status.ARCHIVED) or not self._has(session_id):
                continue
            self._drop(session_id)

    def tidy(self) -> list[str]:
        """Drop copies that nothing tells of: their archiving was cut off. See `release`.

        Returns:
            Whose they were.
        """
        own, before = self._store.documents("sessions"), time.time() - _TAKING_SECONDS
        untold = [i for i in self._store.copies.ids() if i not in own and not self._has(i)]
        old = [i for i in untold if (self._store.copies.kept_since(i) or before) < before]
        return [session_id for session_id in each(old) if self._drop(session_id)]

    def _drop(self, session_id: str) -> bool:
        """Remove a copy if the files hold all of it; whether it went."""
        copies = self._store.copies
        try:
            source, found = self._catalog.found(self._catalog.get(session_id))
            folder, _ = source.files(found)
            if not copies.is_superfluous(session_id, folder):
                return False
            if self._has(session_id):
                self._store.patch(OVERLAYS, {session_id: {"kept": None}})
            copies.drop(session_id)
        except (SessionNotFound, StoreError, SessionLocked, Stopped) as error:
            _log.warning("The copy of %s stays: %s", session_id, error)
            return False
        return True

    def write_back(self, session_ids: Sequence[str]) -> list[Path]:
        """Give other programs the files back that they deleted; what was written.

        Raises:
            InvalidSession: There is no copy of one of the sessions; nothing was written.
            StoreError: See `Copies.write_back`.
        """
        for session_id in session_ids:
            if not self._has(session_id):
                title = self._catalog.get(session_id).title
                raise InvalidSession(f"The archive has no other program's files of “{title}”.")
        written: list[Path] = []
        for session_id in session_ids:
            source, found = self._catalog.found(self._catalog.get(session_id))
            folder, _ = source.files(found)
            written += self._store.copies.write_back(session_id, folder)
        return written

    def _has(self, session_id: str) -> bool:
        return "kept" in self._store.documents(OVERLAYS).get(session_id, {})
