"""A session's board: values that the agents in it share, each changed by compare-and-set."""

from __future__ import annotations

from typing import Any

from agentsess.errors import BoardConflict, InvalidMetadata
from agentsess.model import JsonObject, Posted, utc_now
from agentsess.sessions.catalog import Catalog
from agentsess.sessions.records import checked_metadata
from agentsess.storage.store import Changes, SessionStore

_LONGEST_NAME = 200


class Board:
    """Notes and facts of one session, by name; kept with it, in the store.

    Any number of agents, threads and processes may use it at once, also while another
    one runs in the session.

    Args:
        store: Where the session is kept.
        catalog: Knows in which collection.
        session_id: Which session.
        author: Who posts, for others to see.
    """

    def __init__(
        self, store: SessionStore, catalog: Catalog, session_id: str, author: str = ""
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._session_id = session_id
        self._author = author

    def all(self) -> dict[str, Posted]:
        """All that is posted, by name; raises SessionNotFound."""
        return dict(self._catalog.get(self._session_id).board)

    def get(self, name: str) -> tuple[Any, int]:
        """What is posted under a name, and its version: (None, 0) if nothing ever was."""
        posted = self._stored(self._kind()).get(name, {})
        return posted.get("value"), posted.get("version", 0)

    def set(self, name: str, value: Any, *, expect: int | None = None) -> int:
        """Post a value, durably, if nobody else did since it was read.

        Args:
            name: Under which name.
            value: Anything that JSON can say; None takes away what is there.
            expect: The version that `get` gave; None: whatever is there now.

        Returns:
            The new version.

        Raises:
            BoardConflict: Somebody was quicker; it carries the value and version of now.
            InvalidMetadata: The value is not JSON, or the board would take over 64 KB.
            SessionNotFound: There is no such session.
        """
        if not name or len(name) > _LONGEST_NAME:
            raise InvalidMetadata(f"A name has 1 to {_LONGEST_NAME} characters.")
        value = checked_metadata({name: value})[name]
        kind = self._kind()
        version = 0

        def decide() -> dict[str, Changes]:
            nonlocal version
            # the catalog's lock must not be waited for here: its holder may wait for the store's
            board = self._stored(kind)
            now = board.get(name, {})
            version = now.get("version", 0)
            if expect is not None and expect != version:
                raise BoardConflict(name, now.get("value"), version)
            version += 1
            facts = {"value": value, "version": version, "by": self._author}
            # what was taken away keeps its version: an old one must not fit again
            posted = {**facts, "at": utc_now().isoformat()}
            return {kind: {self._session_id: {"board": checked_metadata({**board, name: posted})}}}

        self._store.transact(decide)
        return version

    def _kind(self) -> str:
        """The collection that the session is in; raises SessionNotFound."""
        return self._catalog.kind(self._catalog.get(self._session_id).id)

    def _stored(self, kind: str) -> JsonObject:
        document = self._store.documents(kind).get(self._session_id) or {}
        board: JsonObject = document.get("board") or {}
        return board
