"""What an entry must lose before it is kept: what no file can carry, and the API's own key."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from agentsess.model import Draft
from agentsess.sessions.records import map_texts

KEY = "[the API key]"
"""Stands where the key stood."""


def keepable(draft: Draft, keys: Sequence[str]) -> Draft:
    """The draft without lone surrogates, which no file and no request can carry, and keys.

    Args:
        draft: What is about to be written.
        keys: The secrets by which this program calls the API.
    """
    try:
        encoded = msgspec.json.encode((draft.text, draft.content, draft.meta))
    except UnicodeEncodeError:
        draft = _mapped(draft, lambda text: text.encode("utf-8", "replace").decode("utf-8"))
        encoded = msgspec.json.encode((draft.text, draft.content, draft.meta))
    if any(key.encode() in encoded for key in keys):
        return _mapped(draft, lambda text: without_keys(text, keys))
    return draft


def without_keys(text: str, keys: Sequence[str]) -> str:
    """The text with each key blacked out."""
    for key in keys:
        text = text.replace(key, KEY)
    return text


def _mapped(draft: Draft, change: Callable[[str], str]) -> Draft:
    return msgspec.structs.replace(
        draft,
        text=change(draft.text),
        content=tuple(map_texts(block, change) for block in draft.content),
        meta=map_texts(draft.meta, change),
    )
