"""Tokens, as they are counted: plain data, part of the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

CHARS_PER_TOKEN = 3.5
"""A cautious guess for text that no request has measured yet."""


class Usage(msgspec.Struct, frozen=True):
    """Tokens, as the API counts them: ``input`` excludes both cache figures."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    """How many of ``cache_write`` are kept for an hour, which costs more."""
    web_searches: int = 0
    """Searches that the server made; they cost money, but are no tokens."""

    @property
    def total(self) -> int:
        """All tokens, of every sort."""
        return self.input + self.output + self.cache_read + self.cache_write

    @property
    def prompt(self) -> int:
        """Tokens that were sent, cached or not."""
        return self.input + self.cache_read + self.cache_write

    @property
    def context(self) -> int:
        """Tokens that one request with this usage held in the context window."""
        return self.total

    def __add__(self, other: Usage) -> Usage:
        return Usage(*[getattr(self, name) + getattr(other, name) for name in _COUNTS])

    def to_json(self) -> dict[str, Any]:
        """As an object with the four counts of tokens, and of the others what is not 0."""
        value = {
            "input": self.input,
            "output": self.output,
            "cache_read": self.cache_read,
            "cache_write": self.cache_write,
        }
        if self.cache_write_1h:
            value["cache_write_1h"] = self.cache_write_1h
        if self.web_searches:
            value["web_searches"] = self.web_searches
        return value

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> Usage:
        """The reverse of `to_json`; missing counts are 0."""
        value = value or {}
        return cls(*[int(value.get(name) or 0) for name in _COUNTS])

    @classmethod
    def from_api(cls, value: object) -> Usage:
        """From the object that the API reports; what is missing or absurd counts as 0."""
        counts = value if isinstance(value, dict) else {}
        written = _count(counts, "cache_creation_input_tokens")
        for_an_hour = _count(counts.get("cache_creation"), "ephemeral_1h_input_tokens")
        return cls(
            _count(counts, "input_tokens"),
            _count(counts, "output_tokens"),
            _count(counts, "cache_read_input_tokens"),
            written,
            min(written, for_an_hour),
            _count(counts.get("server_tool_use"), "web_search_requests"),
        )


def _count(holder: object, name: str) -> int:
    number = holder.get(name) if isinstance(holder, dict) else None
    return number if isinstance(number, int) and number > 0 else 0


_COUNTS = Usage.__struct_fields__
