"""Servers that speak the plain Messages API, or a part of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentsess.agent.agent import Agent
from agentsess.errors import RequestRefused
from support.agents import assert_requests_acceptable, run
from support.loopback import LoopbackServer, Reply, Request, ToolUse

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]

KNOWN = {"model", "max_tokens", "system", "messages", "tools", "stream"}
"""What every server that speaks the Messages API takes."""


def allow(*_: object) -> bool:
    return True


def only_the_essentials(request: Request) -> str:
    """As a server does that forbids what it does not know."""
    if "anthropic-beta" in {name.lower() for name in request.headers} or "?" in request.path:
        return "unknown beta"
    extra = sorted(request.json.keys() - KNOWN)
    return f"{extra[0]}: Extra inputs are not permitted" if extra else ""


def test_a_server_that_knows_only_the_plain_api_is_enough(
    loopback: Loopback, make_agent: MakeAgent, folder: Path
) -> None:
    server = loopback(
        [
            Reply("Writing.", thinking="hm", tools=[ToolUse("bash", {"command": "echo x > a"})]),
            Reply("Written."),
            Reply("Yes."),
        ],
        refuse=only_the_essentials,
    )
    agent = make_agent(permission_callback=allow, model="qwen3:32b")
    result = run(agent, "Write a.")
    assert result.output == "Written."
    assert (folder / "a").read_text() == "x\n"
    assert run(agent, "Is it?", session_id=result.session_id).output == "Yes."
    assert_requests_acceptable(server)


def test_what_is_known_to_be_refused_is_not_asked_for_again_in_the_run(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback(
        [ToolUse("bash", {"command": "true"}), Reply("Done.")], refuse=only_the_essentials
    )
    run(make_agent(permission_callback=allow), "Go")
    assert ["cache_control" in body for body in server.bodies] == [True, False, False]


def test_a_reply_without_the_fields_that_others_leave_out_is_taken(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    bare = (
        b'event: message_start\ndata: {"type":"message_start","message":{"id":"x","role":'
        b'"assistant","content":[],"model":"m","usage":{"input_tokens":1,"output_tokens":0}}}\n\n'
        b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
        b'"content_block":{"type":"text","text":""}}\n\n'
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"Hello."}}\n\n'
        b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
        b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},'
        b'"usage":{"output_tokens":2}}\n\n'
        b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    )
    from support.loopback import RawEvents

    loopback([RawEvents(bare)])
    assert run(make_agent(), "Hi").output == "Hello."


def no_images(request: Request) -> str:
    """As a model does that cannot see."""
    return "model does not support image input" if b'"image"' in request.body else ""


def test_images_that_are_refused_are_left_out_from_then_on(
    loopback: Loopback, make_agent: MakeAgent, folder: Path
) -> None:
    (folder / "dot.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    server = loopback(
        [ToolUse("read", {"file_path": "dot.png"}), Reply("I cannot see."), Reply("Still not.")],
        refuse=no_images,
    )
    agent = make_agent(permission_callback=allow)
    result = run(agent, "Look.")
    assert result.output == "I cannot see."
    noted = [entry for entry in result.entries if entry.meta.get("event") == "media_refused"]
    assert [entry.text for entry in noted] == [
        "Images and documents were refused and are left out."
    ]
    run(make_agent(permission_callback=allow), "And now?", session_id=result.session_id)
    told = server.bodies[-1]["messages"][2]["content"][0]["content"]
    assert told == [{"type": "text", "text": "[image left out]"}]
    assert len(server.bodies) == 4
    assert_requests_acceptable(server)


@pytest.mark.parametrize("words", ["cache_control is odd", "no image at all"])
def test_what_is_refused_though_it_was_not_sent_is_an_error(
    loopback: Loopback, make_agent: MakeAgent, words: str
) -> None:
    server = loopback(refuse=lambda _: words)
    with pytest.raises(RequestRefused, match=words):
        run(make_agent(), "Hi")
    assert len(server.bodies) <= 2
