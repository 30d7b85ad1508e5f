from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from agentsess.agent.agent import Agent
from agentsess.agent.events import (
    Done,
    Interrupted,
    PromptSaved,
    ReplySaved,
    TextDelta,
    ThinkingDelta,
    UsageChanged,
)
from agentsess.errors import IllegalTransition, SessionLocked
from agentsess.model import EntryKind, Status, Usage
from support.agents import assert_requests_acceptable, events_of, run
from support.loopback import Hold, LoopbackServer, Reply, Slow, ToolUse, sse_events

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]


def test_events_tell_the_turn_in_order(loopback: Loopback, make_agent: MakeAgent) -> None:
    loopback([Reply("Hello there", thinking="Let me see")])
    events = events_of(make_agent(), "Hi")
    assert isinstance(events[0], PromptSaved)
    assert events[0].entry.text == "Hi"
    assert "".join(e.text for e in events if isinstance(e, ThinkingDelta)) == "Let me see"
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "Hello there"
    assert isinstance(events[-3], ReplySaved)
    assert events[-2] == UsageChanged(Usage(10, 5), events[-1].result.cost_usd, 15)
    assert isinstance(events[-1], Done)
    assert events[-1].result.output == "Hello there"
    assert events[-1].result.stop_reason == "end_turn"


def test_the_end_is_told_before_the_recap_is_made(
    loopback: Loopback, make_agent: MakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    loopback([Reply("Hello there")])
    agent, order = make_agent(), list[str]()
    settle = agent.service.recaps.settle

    def settling(session_id: str) -> None:
        order.append("recap")
        settle(session_id)

    monkeypatch.setattr(agent.service.recaps, "settle", settling)

    async def listen() -> None:
        async for event in agent.stream("Hi"):
            if isinstance(event, Done):
                order.append("end")

    asyncio.run(listen())
    assert order == ["end", "recap"]


def test_a_reply_keeps_what_it_cost(loopback: Loopback, make_agent: MakeAgent) -> None:
    loopback([Reply("Hello", input_tokens=90, output_tokens=10, cache_read=5, cache_write=5)])
    agent = make_agent(model="claude-sonnet-5-5")
    result = run(agent, "Hi")
    assert result.usage == Usage(90, 10, 5, 5)
    assert result.cost_usd == pytest.approx(0.000293)
    session = agent.get_session(result.session_id)
    assert session.usage == result.usage
    assert session.cost_usd == pytest.approx(0.000293)
    assert session.context_tokens == 110
    reply = result.entries[-1]
    assert reply.meta["model"] == "claude-sonnet-5-5"
    assert reply.meta["message_id"].startswith("msg_")


def test_the_price_of_an_unknown_model_is_unknown(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([Reply("Hello")])
    agent = make_agent(model="my-own-model")
    result = run(agent, "Hi")
    assert result.cost_usd is None
    assert agent.get_session(result.session_id).cost_usd is None


def test_the_prompt_is_on_disk_before_the_request_leaves(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    agent = make_agent()
    session = agent.create_session()
    seen: list[list[str]] = []

    def look(body: dict[str, Any]) -> Reply:
        seen.append([entry.text for entry in agent.service.entries(session.id)])
        return Reply("Yes")

    loopback([look])
    run(agent, "Is it saved?", session_id=session.id)
    assert seen == [["Is it saved?"]]


def test_the_system_prompt_names_the_folder(
    loopback: Loopback, make_agent: MakeAgent, folder: Path
) -> None:
    server = loopback([Reply("Yes"), Reply("Yes")])
    run(make_agent(), "Hi")
    run(make_agent(system="Be brief."), "Hi")
    assert str(folder) in server.bodies[0]["system"]
    assert server.bodies[1]["system"] == "Be brief."


def test_the_model_is_the_agents_else_the_sessions(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([Reply("1"), Reply("2"), Reply("3")])
    session_id = run(make_agent(model="model-a"), "Hi").session_id
    run(make_agent(), "Hi again", session_id=session_id)
    run(make_agent(model="model-b"), "And again", session_id=session_id)
    assert [body["model"] for body in server.bodies] == ["model-a", "model-a", "model-b"]


def test_replies_bear_the_name_of_their_agent(loopback: Loopback, make_agent: MakeAgent) -> None:
    loopback([Reply("Fine.")])
    entries = run(make_agent(name="reviewer"), "Review").entries
    assert [entry.author for entry in entries] == ["reviewer", "reviewer"]


@pytest.mark.parametrize("status", [Status.PAUSED, Status.COMPLETED])
def test_a_session_that_is_run_becomes_active(
    loopback: Loopback, make_agent: MakeAgent, status: Status
) -> None:
    loopback([Reply("On we go.")])
    agent = make_agent()
    session = agent.create_session()
    agent.update_session(session.id, status=status)
    run(agent, "Go on", session_id=session.id)
    assert agent.get_session(session.id).status is Status.ACTIVE


def test_an_archived_session_is_not_run(loopback: Loopback, make_agent: MakeAgent) -> None:
    server = loopback()
    agent = make_agent()
    session = agent.archive_session(agent.create_session().id)
    with pytest.raises(IllegalTransition):
        run(agent, "Go on", session_id=session.id)
    assert server.requests == []


def test_an_empty_task_is_refused(make_agent: MakeAgent) -> None:
    agent = make_agent()
    with pytest.raises(ValueError, match="empty"):
        run(agent, "  \n")
    assert agent.list_sessions() == []


def test_a_run_stops_after_as_many_requests_as_it_may_make(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback(default=lambda _: ToolUse("bash", {"command": "true"}))
    result = run(make_agent(permission_callback=lambda *_: True), "Loop", max_iterations=3)
    assert result.stop_reason == "max_iterations"
    assert len(server.requests) == 3
    assert_requests_acceptable(server)


def test_a_prompt_with_lone_surrogates_is_sent_and_kept(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([Reply("Ok")])
    run(make_agent(), "bad \ud83d text")
    assert server.bodies[0]["messages"][0]["content"] == "bad ? text"


LONG = Reply("one two three four five six", tools=[ToolUse("bash", {"command": "ls"})])


def test_closing_the_stream_keeps_the_partial_text(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([Hold(LONG, after_events=5), Reply("Yes.")])
    agent = make_agent()
    session = agent.create_session()

    async def stop_at_the_first_words() -> None:
        async with aclosing(agent.stream("Count", session_id=session.id)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    break

    asyncio.run(stop_at_the_first_words())
    _, reply, event = agent.service.entries(session.id)
    assert reply.meta["interrupted"] is True
    assert LONG.text.startswith(reply.text)
    assert reply.text
    assert event.meta["event"] == "interrupted"
    assert run(agent, "Go on", session_id=session.id).output == "Yes."
    assert_requests_acceptable(server)


def test_cancelling_the_task_keeps_the_partial_text(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([Hold(LONG, after_events=5)])
    agent = make_agent()
    session = agent.create_session()
    arrived = asyncio.Event()

    async def follow() -> None:
        async for event in agent.stream("Count", session_id=session.id):
            if isinstance(event, TextDelta):
                arrived.set()

    async def cancel() -> None:
        task = asyncio.create_task(follow())
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    kinds = [entry.kind for entry in agent.service.entries(session.id)]
    assert kinds == [EntryKind.USER, EntryKind.ASSISTANT, EntryKind.EVENT]
    assert agent.get_session(session.id).duration_seconds > 0
    assert agent.service.owner(session.id) is None


def test_an_interrupted_run_tells_how_it_ended(loopback: Loopback, make_agent: MakeAgent) -> None:
    loopback([Hold(LONG, after_events=5)])
    agent = make_agent()
    session = agent.create_session()

    async def interrupt() -> list[Any]:
        seen = []
        async with aclosing(agent.stream("Count", session_id=session.id)) as events:
            async for event in events:
                seen.append(event)
                if isinstance(event, TextDelta):
                    agent.interrupt(session.id)
        return seen

    *_, reply, _, interrupted, done = asyncio.run(interrupt())
    assert isinstance(reply, ReplySaved)
    assert isinstance(interrupted, Interrupted)
    assert isinstance(done, Done)
    assert done.result.stop_reason == "interrupted"
    assert done.result.output == reply.entry.text
    assert agent.interrupt(session.id) is False


@pytest.mark.parametrize("events", range(len(sse_events(LONG, "m"))))
def test_a_run_interrupted_at_any_event_can_go_on(
    loopback: Loopback, make_agent: MakeAgent, events: int
) -> None:
    server = loopback([Hold(LONG, after_events=events), Reply("Yes.")])
    agent = make_agent(permission_callback=lambda *_: False)
    session = agent.create_session()

    async def interrupt_when_the_server_holds() -> None:
        task = asyncio.create_task(agent.run("Count", session_id=session.id))
        await asyncio.to_thread(server.wait_until_holding)
        task.cancel()
        await asyncio.wait({task})

    asyncio.run(interrupt_when_the_server_holds())
    assert run(agent, "Go on", session_id=session.id).output == "Yes."
    assert_requests_acceptable(server)


def test_one_session_is_run_by_one_at_a_time(loopback: Loopback, make_agent: MakeAgent) -> None:
    loopback([Hold(Reply("Slowly does it"), after_events=4)])
    agent = make_agent(name="first")
    session = agent.create_session()

    async def run_twice() -> None:
        async with aclosing(agent.stream("One", session_id=session.id)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    with pytest.raises(SessionLocked, match="first"):
                        await make_agent().run("Two", session_id=session.id)
                    break

    asyncio.run(run_twice())


def test_a_run_may_wait_for_its_turn(loopback: Loopback, make_agent: MakeAgent) -> None:
    loopback([Slow(Reply("First"), 0.005), Reply("Second")])
    agent = make_agent()
    session = agent.create_session()

    async def run_both() -> list[str]:
        runs = [
            agent.run(task, session_id=session.id, wait=10) for task in ("Do one", "Do another")
        ]
        return [result.output for result in await asyncio.gather(*runs)]

    # Which of them comes first is a matter of luck.
    assert sorted(asyncio.run(run_both())) == ["First", "Second"]
    assert len(list(agent.service.entries(session.id))) == 4


def test_the_end_of_a_run_keeps_what_is_around_the_session(
    make_agent: MakeAgent, loopback: Loopback, folder: Path
) -> None:
    loopback([Reply("Done.")])
    (folder / "uv.lock").write_text("one")
    agent = make_agent()
    result = run(agent, "Begin.")
    assert agent.service.recaps.changes(result.session_id) == ()
    (folder / "uv.lock").write_text("two")
    (change,) = agent.service.recaps.changes(result.session_id)
    assert change.text == "Dependencies changed: uv.lock."


def test_runs_after_one_another_go_over_one_connection(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([Reply("One"), Reply("Two"), Reply("Three"), Reply("Four")])

    async def run_three() -> None:
        for agent in (make_agent(), make_agent()):
            await agent.run("Hi")
        await asyncio.gather(make_agent().run("Hi"))

    asyncio.run(run_three())
    asyncio.run(make_agent().run("Hi"))
    ports = [request.port for request in server.requests]
    assert ports[0] == ports[1] == ports[2] != ports[3]


def test_a_changed_key_is_used_from_the_next_run_on(
    loopback: Loopback, make_agent: MakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = loopback([Reply("One"), Reply("Two")])

    async def run_both() -> None:
        await make_agent().run("Hi")
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-another")
        await make_agent().run("Hi")

    asyncio.run(run_both())
    keys = [request.headers["Authorization"] for request in server.requests]
    assert keys == ["Bearer sk-loopback", "Bearer sk-another"]
