"""The bytes of a scripted reply, read back by the unmodified SDK."""

from __future__ import annotations

import asyncio
from typing import Any

import anthropic
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsess.demo.wire import Reply, message_json, pieces, sse_events
from agentsess.model import JsonObject, Usage

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
INPUTS = st.dictionaries(
    NAMES,
    st.one_of(TEXTS, st.integers(-(2**53), 2**53), st.booleans(), st.lists(TEXTS)),
    max_size=3,
)
BLOCKS = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, TEXTS),
    st.builds(lambda t, s: {"type": "thinking", "thinking": t, "signature": s}, TEXTS, TEXTS),
    st.builds(
        lambda name, given: {
            "type": "tool_use",
            "id": f"toolu_{name}",
            "name": name,
            "input": given,
        },
        NAMES,
        INPUTS,
    ),
)
USAGES = st.builds(Usage, *(st.integers(0, 10**7) for _ in range(4)))


async def _received(reply: Reply, cut: int) -> Any:
    """What the SDK makes of a reply whose bytes arrive ``cut`` at a time."""
    data = b"".join(sse_events(reply))

    class Body(httpx2.AsyncByteStream):
        async def __aiter__(self) -> Any:
            for start in range(0, len(data), cut):
                yield data[start : start + cut]

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=Body())

    http = anthropic.DefaultAsyncHttpxClient(transport=httpx2.MockTransport(answer))
    async with (
        anthropic.AsyncAnthropic(api_key="k", http_client=http) as client,
        client.messages.stream(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "x"}]
        ) as stream,
    ):
        return await stream.get_final_message()


def _plain(block: Any) -> JsonObject:
    return {k: v for k, v in block.to_dict().items() if v is not None and k != "citations"}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(BLOCKS, max_size=4),
    st.sampled_from(["end_turn", "tool_use", "max_tokens", "refusal"]),
    USAGES,
    st.sampled_from([1, 7, 64, 100_000]),
)
def test_any_reply_survives_the_wire(
    content: list[JsonObject], stop_reason: str, usage: Usage, cut: int
) -> None:
    reply = Reply(tuple(content), stop_reason, usage, "claude-sonnet-5-5", "msg_1")
    message = asyncio.run(_received(reply, cut))
    assert [_plain(block) for block in message.content] == content
    assert message.stop_reason == stop_reason
    assert (message.id, message.model) == ("msg_1", "claude-sonnet-5-5")
    counts = message.usage
    assert usage == Usage(
        counts.input_tokens,
        counts.output_tokens,
        counts.cache_read_input_tokens,
        counts.cache_creation_input_tokens,
    )


@given(st.text())
def test_pieces_are_small_and_join_to_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert all(len(piece) <= 21 or piece.isspace() for piece in pieces(text))


def test_events_come_in_the_order_of_the_api() -> None:
    events = list(sse_events(Reply(({"type": "text", "text": "hello"},))))
    names = [event.split(b"\n")[0].removeprefix(b"event: ").decode() for event in events]
    assert names == [
        "message_start",
        "ping",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


@pytest.mark.parametrize("stop_reason", ["end_turn", "tool_use"])
def test_a_reply_without_streaming_is_whole(stop_reason: str) -> None:
    block = {"type": "text", "text": "hello"}
    body = message_json(Reply((block,), stop_reason, Usage(1, 2, 3, 4)))
    assert body["content"] == [block]
    assert body["stop_reason"] == stop_reason
    assert body["usage"]["cache_creation_input_tokens"] == 4
