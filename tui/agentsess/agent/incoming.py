"""A reply while it streams in, what of it can be kept, and what it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from agentsess.agent.failures import CUT_OFF, as_agent_error
from agentsess.errors import ConnectionLost
from agentsess.model import JsonObject, Usage, utc_now
from agentsess.sessions.pricing import cost_usd


@dataclass(frozen=True, slots=True)
class Paid:
    """What a request took, as far as its reply came."""

    model: str
    """The one that replied: some servers answer under another name than they are asked by."""
    asked_model: str
    usage: Usage
    cost_usd: float | None
    """None when the model's price is not known."""

    def to_meta(self) -> JsonObject:
        """What the history keeps of it."""
        asked = {} if self.model == self.asked_model else {"asked_model": self.asked_model}
        counted = {"usage": self.usage.to_json(), "cost_usd": self.cost_usd}
        return {"model": self.model, **asked, **counted}


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

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """Let the reply stream in inside. With its last but one event it is whole: what breaks
        after that breaks nothing.

        Raises:
            AgentError: The request failed, or the reply was cut off.
        """
        try:
            yield
            if not self.is_whole:
                raise ConnectionLost(CUT_OFF)
        except Exception as error:
            if self.is_whole:
                return
            if known := as_agent_error(error):
                raise known from error
            raise

    @property
    def stop_details(self) -> Any:
        """What the API says about a refusal."""
        return self.message().get("stop_details")

    def message(self) -> JsonObject:
        """The message as plain data, however malformed."""
        value: JsonObject = self.snapshot.to_dict(mode="json", warnings=False)
        return value

    def paid(self, asked_model: str) -> Paid:
        """What the reply took so far."""
        message = self.message()
        model = str(message.get("model") or asked_model)
        usage = Usage.from_api(message.get("usage"))
        return Paid(model, asked_model, usage, cost_usd(model, usage, utc_now()))

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
