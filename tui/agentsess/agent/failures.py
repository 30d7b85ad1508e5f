"""From what the SDK raises to what the user can do about it."""

from __future__ import annotations

import re
from typing import Any

from agentsess import config
from agentsess.agent.keeping import without_keys
from agentsess.errors import (
    AgentError,
    CachingRefused,
    ConnectionLost,
    ContextTooLong,
    MediaRefused,
    MissingApiKey,
    Overloaded,
    RequestRefused,
    ThinkingRefused,
)

NO_KEY = (
    "No API key is configured. Set ANTHROPIC_API_KEY to a key from the Claude Console, "
    "then send the prompt again."
)
CUT_OFF = (
    "The connection broke in the middle of the answer. What had arrived is kept; "
    "send a prompt to go on."
)
_UNREADABLE = "The answer could not be understood, so it was stopped. Send the prompt again."
_STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_BUSY = frozenset({408, 409, 429})
_WAYS_OUT = {
    400: "Change the prompt or the model, or continue in a new session.",
    401: "Set ANTHROPIC_API_KEY to a key that is valid, then send the prompt again.",
    402: "Check the plan and the credit in the Claude Console.",
    403: "Use a key that may do this, or another model.",
    404: "Choose another model, or check ANTHROPIC_BASE_URL.",
    429: "Wait a little and send the prompt again, or raise the limit in the Claude Console.",
}
_TOO_LONG = re.compile(
    r"(prompt|input|request)\s+(is\s+)?too\s+(long|large)|max_prompt_tokens|maximum\s+context"
    r"|exceed\w*\s+(the\s+)?((model's|available|maximum|max)\s+)*context",
    re.IGNORECASE,
)
"""What servers say when a conversation is longer than the model can take."""
_REFUSED = {
    # of thinking that another model wrote, or wrote to what was sent otherwise
    re.compile(r"signature.*thinking|thinking.*signature", re.IGNORECASE): ThinkingRefused,
    re.compile(r"cache_control", re.IGNORECASE): CachingRefused,
    re.compile(r"\b(image|pdf|document|media)", re.IGNORECASE): MediaRefused,
}
"""What is said when less would be taken, in this order."""
MAKE_ROOM = (
    "Make room, then send the prompt again: compact the conversation, leave out old results, "
    "or start a new phase (C in the app; the commands compact and phase)."
)
_LATER = "Nothing is lost: send the prompt again in a while."
_DETAIL_LIMIT = 300


def is_retryable(status: int) -> bool:
    """Whether the same request may succeed later."""
    return status in _BUSY or status >= 500


def as_agent_error(error: BaseException) -> AgentError | None:
    """The error to raise for what a request raised; None if it is not about the request."""
    import httpx2
    from anthropic import AnthropicError, APIConnectionError, APIStatusError, APITimeoutError

    match error:
        case AgentError():
            return error
        case APIStatusError():
            return _from_status(error)
        case APITimeoutError():
            return ConnectionLost("The API did not answer in time. Send the prompt again.")
        case APIConnectionError():
            return ConnectionLost(
                f"The API at {error.request.url.host} cannot be reached. Check the network "
                "(and ANTHROPIC_BASE_URL, if it is set), then send the prompt again."
            )
        case AnthropicError():
            said = plain(without_keys(str(error), [key for key in config.api_keys() if key]))
            return MissingApiKey(f"The credentials cannot be used: {said}")
        case httpx2.HTTPError() | httpx2.StreamError():
            return ConnectionLost(CUT_OFF)
        # what the SDK's decoder raises for events that make no sense
        case ValueError() | LookupError() | AttributeError() | TypeError() | RuntimeError():
            return ConnectionLost(_UNREADABLE)
        case _:
            return None


def _from_status(error: Any) -> AgentError:
    status: int = error.status_code
    if status < 400:  # an error event inside a stream that began well
        status = _STATUS_OF_TYPE.get(str(error.type), 500)
    said = plain(without_keys(str(error.api_message or ""), _keys_of(error.request)))
    detail = f": {said.rstrip('.')}" if said else ""
    if is_retryable(status):
        way_out = _WAYS_OUT.get(status, _LATER)
        return Overloaded(f"The API is busy or failing ({status}{detail}). {way_out}", status)
    if status == 413 or (status == 400 and _TOO_LONG.search(said)):
        text = f"The conversation no longer fits into the model ({status}{detail}). {MAKE_ROOM}"
        return ContextTooLong(text, status)
    way_out = _WAYS_OUT.get(status, _WAYS_OUT[400])
    kinds = [kind for words, kind in _REFUSED.items() if status == 400 and words.search(said)]
    refusal = kinds[0] if kinds else RequestRefused
    return refusal(f"The API refused the request ({status}{detail}). {way_out}", status)


def _keys_of(request: Any) -> list[str]:
    """What a request was authorised by: some servers repeat it in what they say."""
    names = ("x-api-key", "authorization")
    return [value.split()[-1] for name in names if (value := request.headers.get(name, "").strip())]


def plain(text: str) -> str:
    """Text from outside as part of one line: no control characters, not too long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _DETAIL_LIMIT else line[: _DETAIL_LIMIT - 1] + "…"
