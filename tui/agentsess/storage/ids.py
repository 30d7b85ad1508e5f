"""Ids of sessions, checked before they become part of a path."""

from __future__ import annotations

import re

from agentsess.errors import SessionNotFound

# Other programs' sessions are kept under their ids, too: these may hold dots.
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,140}")


def checked_id(doc_id: str) -> str:
    """The id, if it may become part of a path.

    Raises:
        SessionNotFound: It may not, so no session can have it.
    """
    if not _SAFE.fullmatch(doc_id):
        raise SessionNotFound(f"{doc_id!r} is not the id of a session.")
    return doc_id
