"""One request by itself, whose reply is for the program and not part of the conversation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agentsess.agent.connection import Connection
from agentsess.agent.failures import CUT_OFF, as_agent_error
from agentsess.errors import ConnectionLost
from agentsess.model import JsonObject, Usage, text_of, utc_now
from agentsess.sessions.pricing import cost_usd


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request."""

    text: str
    """Empty if the model only called tools, or declined."""
    stop_reason: str
    model: str
    usage: Usage
    cost_usd: float | None
    """None when the model's price is not known."""


async def ask_once(
    connection: Connection, request: JsonObject, on_text: Callable[[str], None] = lambda text: None
) -> Answer:
    """Ask the model, telling ``on_text`` each piece of the reply as it comes.

    Raises:
        AgentError: There was no whole reply.
    """
    try:
        client = await connection.client()
        async with client.messages.stream(**request) as stream:
            async for event in stream:
                if event.type == "text":
                    on_text(event.text)
            message: dict[str, Any] = stream.current_message_snapshot.to_dict(
                mode="json", warnings=False
            )
        if message.get("stop_reason") is None:
            raise ConnectionLost(CUT_OFF)
    except Exception as error:
        if known := as_agent_error(error):
            raise known from error
        raise
    model = str(message.get("model") or request["model"])
    usage = Usage.from_api(message.get("usage"))
    return Answer(
        text=text_of(message.get("content") or ()).strip(),
        stop_reason=str(message["stop_reason"]),
        model=model,
        usage=usage,
        cost_usd=cost_usd(model, usage, utc_now()),
    )
