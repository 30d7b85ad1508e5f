"""A reply while it streams in, and what of it can be kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agentsess.model import JsonObject


@dataclass(slots=True)
class Incoming:
    """A reply while it streams in."""

    snapshot: Any = None
    """The SDK's message, which grows with every event; None before the first."""
    finished: set[int] = field(default_factory=set)
    """Numbers of the content blocks that are complete."""

    @property
    def is_whole(self) -> bool:
        """Whether all content has arrived: only then is the reason of the end known."""
        return getattr(self.snapshot, "stop_reason", None) is not None

    @property
    def stop_details(self) -> Any:
        """What the API says about a refusal."""
        return self.message().get("stop_details")

    def message(self) -> JsonObject:
        """The message as plain data, however malformed."""
        value: JsonObject = self.snapshot.to_dict(mode="json", warnings=False)
        return value

    def content(self) -> list[JsonObject]:
        """The content blocks, as received."""
        blocks = self.message().get("content")
        return [
            {key: value for key, value in block.items() if value is not None}
            for block in (blocks if isinstance(blocks, list) else [])
            if isinstance(block, dict)
        ]

    def usable_content(self) -> list[JsonObject]:
        """The blocks of a cut reply that may stay: complete ones, and text."""
        return [
            block
            for number, block in enumerate(self.content())
            if number in self.finished or str(block.get("text") or "").strip()
        ]
