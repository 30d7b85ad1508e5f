from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from agentsess.agent.agent import Agent
from agentsess.agent.connection import RETRIES
from agentsess.agent.events import AgentEvent, Done, Failed, Retrying
from agentsess.errors import (
    AgentError,
    ConnectionLost,
    ContextTooLong,
    MissingApiKey,
    Overloaded,
    RequestRefused,
)
from agentsess.model import EntryKind, Usage
from support.agents import assert_requests_acceptable, events_of, no_retries, run
from support.loopback import (
    CutStream,
    ErrorEvent,
    HangUp,
    HttpError,
    LoopbackServer,
    RawEvents,
    Reply,
    ToolUse,
    sse,
    sse_events,
)

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]
FULL = Reply(
    "one two three",
    thinking="hm, well",
    tools=[ToolUse("bash", {"command": "ls -l"}), ToolUse("read", {"file_path": "a"})],
)


def test_without_a_key_the_prompt_is_kept_and_goes_out_once_when_there_is_one(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    agent = make_agent()
    with pytest.raises(MissingApiKey, match="ANTHROPIC_API_KEY"):
        run(agent, "Say hello to everyone")
    (session,) = agent.list_sessions()
    assert session.title == "Say hello to everyone"
    prompt, failure = agent.service.entries(session.id)
    assert (prompt.kind, prompt.text) == (EntryKind.USER, "Say hello to everyone")
    assert (failure.meta["event"], failure.meta["error"]) == ("error", "MissingApiKey")
    server = loopback([Reply("Hello!")])
    assert run(agent, "Say hello to everyone", session_id=session.id).output == "Hello!"
    assert str(server.bodies[0]["messages"]).count("Say hello to everyone") == 1


def test_a_profile_of_the_sdk_that_is_not_there_is_said_as_a_key_that_is_missing(
    make_agent: MakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_PROFILE", "nobody")
    with pytest.raises(MissingApiKey, match="profile 'nobody'"):
        run(make_agent(), "Hi")


def test_a_key_that_is_missing_is_said_before_a_budget_is_asked_about(
    make_agent: MakeAgent,
) -> None:
    offers: list[object] = []
    agent = make_agent(offer_callback=lambda offer: offers.append(offer) or "stop")
    session = agent.create_session(budget_usd=1e-9)
    agent.service.recaps.count_cost(session.id, Usage(input=1000), 1.0)
    with pytest.raises(MissingApiKey):
        run(agent, "Hi", session_id=session.id)
    assert offers == []


@pytest.mark.parametrize(
    ("status", "kind", "way_out"),
    [
        (400, RequestRefused, "Change the prompt"),
        (401, RequestRefused, "Set ANTHROPIC_API_KEY"),
        (403, RequestRefused, "another model"),
        (404, RequestRefused, "Choose another model"),
        (413, ContextTooLong, "Make room"),
        (429, Overloaded, "Wait a little"),
        (500, Overloaded, "send the prompt again"),
        (529, Overloaded, "send the prompt again"),
    ],
)
def test_an_error_says_what_to_do_and_the_next_turn_works(
    loopback: Loopback,
    make_agent: MakeAgent,
    status: int,
    kind: type[AgentError],
    way_out: str,
) -> None:
    error = HttpError(status, "it said\x1b[31m so")
    server = loopback([error, Reply("Here I am.")])
    agent = make_agent(client=no_retries)
    session = agent.create_session()
    with pytest.raises(kind, match=way_out) as caught:
        run(agent, "Hi", session_id=session.id)
    assert getattr(caught.value, "status", None) == status
    assert "\x1b" not in str(caught.value)
    _, event = agent.service.entries(session.id)
    assert event.text == str(caught.value)
    assert event.meta == {"event": "error", "error": kind.__name__, "status": status}
    assert run(agent, "Hi", session_id=session.id).output == "Here I am."
    assert server.bodies[1]["messages"] == [{"role": "user", "content": "Hi"}]


def test_a_failure_is_the_last_event_before_it_is_raised(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([HttpError(401)])
    seen: list[AgentEvent] = []

    async def follow() -> None:
        async for event in make_agent().stream("Hi"):
            seen.append(event)

    with pytest.raises(RequestRefused) as caught:
        asyncio.run(follow())
    assert seen[-1] == Failed(caught.value)


def test_retries_are_told(loopback: Loopback, make_agent: MakeAgent) -> None:
    loopback([HttpError(429), HttpError(529), Reply("At last.")])
    events = events_of(make_agent(), "Hi")
    retries = [event for event in events if isinstance(event, Retrying)]
    assert [(retry.reason, retry.seconds) for retry in retries] == [("429", 0.001), ("529", 0.001)]
    assert isinstance(events[-1], Done)
    assert events[-1].result.output == "At last."


def test_a_last_attempt_is_not_announced_as_a_retry(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback(default=HttpError(529))
    agent = make_agent()
    session = agent.create_session()
    with pytest.raises(Overloaded):
        events_of(agent, "Hi", session_id=session.id)
    assert len(server.requests) == 1 + RETRIES
    assert [e.kind for e in agent.service.entries(session.id)] == [
        EntryKind.USER,
        EntryKind.EVENT,
    ]


def test_offline_says_what_cannot_be_reached(
    make_agent: MakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-nobody")
    with pytest.raises(ConnectionLost, match=r"127\.0\.0\.1 cannot be reached"):
        run(make_agent(client=no_retries), "Hi")


def test_a_server_that_hangs_up_is_a_lost_connection(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([HangUp()])
    with pytest.raises(ConnectionLost):
        run(make_agent(client=no_retries), "Hi")


def check_that_it_goes_on(agent: Agent, server: LoopbackServer, session_id: str) -> None:
    history = list(agent.service.entries(session_id))
    assert history[-1].meta["event"] == "error"
    assert run(agent, "Go on", session_id=session_id).output == "Here I am."
    assert_requests_acceptable(server)


@pytest.mark.parametrize("politely", [True, False])
@pytest.mark.parametrize("events", range(len(sse_events(FULL, "m")) - 2))
def test_a_stream_cut_at_any_event_leaves_a_history_that_goes_on(
    loopback: Loopback, make_agent: MakeAgent, events: int, politely: bool
) -> None:
    cut = CutStream(FULL, after_events=events, politely=politely)
    server = loopback([cut, Reply("Here I am.")])
    agent = make_agent(permission_callback=lambda *_: False)
    session = agent.create_session()
    with pytest.raises(ConnectionLost):
        run(agent, "Hi", session_id=session.id)
    check_that_it_goes_on(agent, server, session.id)


@pytest.mark.parametrize("length", range(0, len(b"".join(sse_events(FULL, "m"))) - 700, 97))
def test_a_stream_cut_at_any_byte_leaves_a_history_that_goes_on(
    loopback: Loopback, make_agent: MakeAgent, length: int
) -> None:
    server = loopback([CutStream(FULL, after_bytes=length), Reply("Here I am.")])
    agent = make_agent(permission_callback=lambda *_: False)
    session = agent.create_session()
    with pytest.raises(ConnectionLost):
        run(agent, "Hi", session_id=session.id)
    check_that_it_goes_on(agent, server, session.id)


def test_a_stream_cut_after_its_last_word_is_whole(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    reply = Reply("All is said.")
    loopback([CutStream(reply, after_events=len(sse_events(reply, "m")) - 1)])
    assert run(make_agent(), "Hi").output == "All is said."


def test_text_that_had_arrived_is_kept_and_priced(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([CutStream(Reply("one two three four", input_tokens=70), after_events=5)])
    agent = make_agent()
    session = agent.create_session()
    with pytest.raises(ConnectionLost, match="kept"):
        run(agent, "Hi", session_id=session.id)
    _, reply, _ = agent.service.entries(session.id)
    assert reply.text == "one two three fo"
    assert reply.meta["interrupted"] is True
    assert agent.get_session(session.id).usage == Usage(70, 1)


def test_tokens_of_a_reply_that_never_spoke_are_counted(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([CutStream(Reply("one", input_tokens=70), after_events=2)])
    agent = make_agent()
    session = agent.create_session()
    with pytest.raises(ConnectionLost):
        run(agent, "Hi", session_id=session.id)
    assert agent.get_session(session.id).usage.input == 70


@pytest.mark.parametrize(
    ("type_", "kind", "status"),
    [
        ("overloaded_error", Overloaded, 529),
        ("api_error", Overloaded, 500),
        ("rate_limit_error", Overloaded, 429),
        ("invalid_request_error", RequestRefused, 400),
        ("something_new", Overloaded, 500),
    ],
)
def test_an_error_inside_a_stream_is_told_by_its_type(
    loopback: Loopback,
    make_agent: MakeAgent,
    type_: str,
    kind: type[AgentError],
    status: int,
) -> None:
    server = loopback([ErrorEvent(Reply("one two three"), 5, type_), Reply("Here I am.")])
    agent = make_agent()
    session = agent.create_session()
    with pytest.raises(kind) as caught:
        run(agent, "Hi", session_id=session.id)
    assert getattr(caught.value, "status", None) == status
    check_that_it_goes_on(agent, server, session.id)


START = sse_events(Reply("x"), "m")[0]
MALFORMED = {
    "not JSON": b"event: message_start\ndata: {oops\n\n",
    "not UTF-8": b"event: message_start\ndata: \xff\xfe\n\n",
    "an empty message": sse("message_start", message={}),
    "no message": sse("message_start"),
    "a delta without its block": START
    + sse("content_block_delta", index=7, delta={"type": "text_delta", "text": "x"}),
    "a delta without a type": START
    + sse("content_block_start", index=0, content_block={"type": "text", "text": ""})
    + sse("content_block_delta", index=0, delta={}),
    "tool input that is no JSON": START
    + sse(
        "content_block_start",
        index=0,
        content_block={"type": "tool_use", "id": "t", "name": "bash", "input": {}},
    )
    + sse(
        "content_block_delta",
        index=0,
        delta={"type": "input_json_delta", "partial_json": "]]"},
    ),
    "an unknown event": START + sse("something_new", data=1),
    "a list": b"event: message_start\ndata: [1]\n\n",
    "nothing": b"\n\n",
    "absurd counts": sse(
        "message_start", message={"content": [], "usage": {"input_tokens": "many"}}
    ),
}


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # the SDK's own
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_stream_that_makes_no_sense_is_an_error_and_no_crash(
    loopback: Loopback, make_agent: MakeAgent, body: bytes
) -> None:
    server = loopback([RawEvents(body), Reply("Here I am.")])
    agent = make_agent(client=no_retries)
    session = agent.create_session()
    with pytest.raises(AgentError):
        run(agent, "Hi", session_id=session.id)
    check_that_it_goes_on(agent, server, session.id)


@pytest.mark.parametrize(
    "said",
    [
        "prompt is too long: 202609 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 199759 + 8192 > 200000",
        "This model's maximum context length is 16384 tokens. However, you requested more.",
        "the request exceeds the available context size, try increasing it",
    ],
)
def test_a_conversation_that_is_too_long_is_told_from_other_refusals(
    loopback: Loopback, make_agent: MakeAgent, said: str
) -> None:
    loopback([HttpError(400, said, "invalid_request_error")])
    with pytest.raises(ContextTooLong, match="Make room") as caught:
        run(make_agent(), "Hi")
    assert caught.value.status == 400


def test_a_reply_that_may_not_be_so_long_is_not_a_conversation_that_is_too_long(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    said = "max_tokens: 32000 > 8192, which is the maximum allowed number of output tokens"
    loopback([HttpError(400, said, "invalid_request_error")])
    with pytest.raises(RequestRefused) as caught:
        run(make_agent(), "Hi")
    assert not isinstance(caught.value, ContextTooLong)
