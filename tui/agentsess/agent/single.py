"""One request by itself, whose reply is for the program and not part of the conversation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agentsess.agent.connection import Connection
from agentsess.agent.incoming import Incoming, Paid
from agentsess.model import JsonObject, text_of


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request."""

    text: str
    """Empty if the model only called tools, or declined."""
    stop_reason: str
    paid: Paid


async def ask_once(
    connection: Connection,
    request: JsonObject,
    on_cut: Callable[[Paid], object],
    on_text: Callable[[str], None] = lambda text: None,
) -> Answer:
    """Ask the model, telling ``on_text`` each piece of the reply as it comes.

    Args:
        connection: The way to the API.
        request: What is asked.
        on_cut: Told what the request took if there is no whole reply: that is paid for, too.
        on_text: Told each piece.

    Raises:
        AgentError: There was no whole reply.
    """
    incoming = Incoming()
    model = str(request["model"])
    try:
        with incoming.receiving():
            client = await connection.client()
            async with client.messages.stream(**request) as stream:
                async for event in stream:
                    if event.type == "message_start":
                        incoming.snapshot = stream.current_message_snapshot
                    elif event.type == "text":
                        on_text(event.text)
    except BaseException:
        if incoming.snapshot is not None:
            on_cut(incoming.paid(model))
        raise
    message = incoming.message()
    text = text_of(message.get("content") or ()).strip()
    return Answer(text, str(message["stop_reason"]), incoming.paid(model))
