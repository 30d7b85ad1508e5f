"""Every error that agentsess raises on purpose, and nothing else.

    AgentsessError
    ├── SessionNotFound         no session has this id
    │   └── AmbiguousId         an abbreviated id fits several sessions
    ├── InvalidSession          a field of a session cannot be what was given
    │   ├── InvalidMetadata     metadata is not a JSON object, or is too large
    │   └── IllegalTransition   the session's status does not allow this
    ├── SessionLocked           another writer holds the session
    ├── SessionFenced           another writer took the session over; nothing was written
    ├── NotUndoable             a step that undoing does not take back
    │   └── ChangedElsewhere    what was to be undone is no longer as it was left
    ├── BoardConflict           another agent posted to the board first; nothing was changed
    ├── InvalidPermission       a saved permission that would allow too much, or does not exist
    ├── InvalidQuery            a filter or duration that cannot be understood
    ├── Stopped                 the user stopped long work; what was done stays
    ├── StoreError              the store cannot be read or written
    │   └── StoreTooNew         a newer version wrote it; nothing was touched
    └── AgentError              asking the model failed; the history is intact
        ├── MissingApiKey       no key or token is configured
        ├── RequestRefused      the API refused the request (400, 401, 403, 404, 413)
        │   ├── ContextTooLong  the conversation no longer fits into the model
        │   ├── ThinkingRefused earlier thinking is not accepted any more
        │   ├── MediaRefused    an image or a document is not accepted
        │   └── CachingRefused  the server does not know prompt caching
        ├── Overloaded          429, 500, 529: worth trying again later
        └── ConnectionLost      the network failed, before or in mid-answer

Each message says what happened and what to do next, and is plain text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


class AgentsessError(Exception):
    """The root of all errors raised on purpose."""


class SessionNotFound(AgentsessError, LookupError):
    """No session has this id."""


class AmbiguousId(SessionNotFound):
    """An abbreviated id fits several sessions."""


class InvalidSession(AgentsessError, ValueError):
    """A field of a session cannot be what was given."""


class InvalidMetadata(InvalidSession):
    """Metadata is not a JSON object, or is too large."""


class IllegalTransition(InvalidSession):
    """The session's status does not allow what was asked."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a session."""

    host: str
    pid: int
    agent: str
    since: datetime

    def __str__(self) -> str:
        return f"{self.agent or 'an agent'} (process {self.pid} on {self.host})"


class SessionLocked(AgentsessError):
    """Another writer holds the session; ``owner`` says who, if it is known."""

    def __init__(self, session_id: str, owner: Owner | None) -> None:
        self.session_id = session_id
        self.owner = owner
        holder = str(owner) if owner else "another process"
        super().__init__(
            f"Session {session_id[:8]} is in use by {holder}. "
            "Wait for it to finish, or read the session meanwhile."
        )


class SessionFenced(AgentsessError):
    """Another writer took the session over while this one hung; nothing was written."""

    def __init__(self, owner: Owner | None) -> None:
        self.owner = owner
        super().__init__(
            f"The session was taken over by {owner or 'another process'}. "
            "Nothing that came after that was kept."
        )


class NotUndoable(AgentsessError):
    """A step that undoing does not take back; the message says what does."""


class ChangedElsewhere(NotUndoable):
    """All of a change was changed again elsewhere, or deleted, so it cannot be undone."""

    def __init__(self, change: str) -> None:
        super().__init__(f"Not taken back: {change}. It was changed or deleted elsewhere since.")


class BoardConflict(AgentsessError):
    """Another agent posted to the board first; ``value`` and ``version`` are those of now."""

    def __init__(self, name: str, value: object, version: int) -> None:
        self.value = value
        self.version = version
        super().__init__(
            f"“{name}” was changed meanwhile and has version {version} now. "
            "Look at it again, then decide."
        )


class InvalidPermission(AgentsessError, ValueError):
    """A saved permission that would allow too much, or one that does not exist."""


class InvalidQuery(AgentsessError, ValueError):
    """A filter or a duration that cannot be understood."""


class Stopped(AgentsessError):
    """The user stopped work that takes long; what was done until then stays."""


class StoreError(AgentsessError, OSError):
    """The store cannot be read or written."""


class StoreTooNew(StoreError):
    """A newer version of agentsess wrote this file; nothing was touched."""


class AgentError(AgentsessError):
    """Asking the model failed; everything said so far is in the history."""


class MissingApiKey(AgentError):
    """No API key or token is configured."""


class RequestRefused(AgentError):
    """The API refused the request; sending it again unchanged will not help."""

    def __init__(self, message: str, status: int) -> None:
        self.status = status
        super().__init__(message)


class ContextTooLong(RequestRefused):
    """The conversation no longer fits into the model: it must be made shorter."""


class ThinkingRefused(RequestRefused):
    """Thinking from before is not accepted any more: it must be left out."""


class MediaRefused(RequestRefused):
    """An image or a document is not accepted: broken, too large, or more than the model takes."""


class CachingRefused(RequestRefused):
    """The server does not know the API's prompt caching: it must not be asked for."""


class Overloaded(AgentError):
    """The API is busy or failing (429, 500, 529); trying later may work."""

    def __init__(self, message: str, status: int) -> None:
        self.status = status
        super().__init__(message)


class ConnectionLost(AgentError):
    """The network failed, before the answer or in the middle of it."""
