from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from agentsess.agent.agent import Agent
from agentsess.agent.compaction import INSTRUCTION
from agentsess.agent.events import Compacted, Compacting, Done, RunResult
from agentsess.errors import InvalidSession, SessionLocked
from agentsess.model import Entry, EntryKind, Status, Usage
from agentsess.sessions.branching import Branching
from agentsess.sessions.service import SessionService
from support.agents import assert_requests_acceptable, no_retries, run
from support.loopback import CutStream, Hold, HttpError, LoopbackServer, Reply, ToolUse

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]
MODEL = "claude-haiku-4-5"
"""It can hold 200,000 tokens."""
SUMMARY = Reply("## Goal\n\nPort the tools.", input_tokens=300, output_tokens=40)
TOO_LONG = HttpError(400, "prompt is too long: 9 tokens > 8 maximum", "invalid_request_error")


def talk(agent: Agent, *prompts: str, session_id: str | None = None) -> str:
    """Send prompts in one session; its id."""
    for prompt in prompts:
        session_id = run(agent, prompt, session_id=session_id).session_id
    assert session_id
    return session_id


def compact(agent: Agent, session_id: str, **options: Any) -> Entry:
    made = asyncio.run(agent.compact(session_id, **options))
    assert made is not None
    return made.entry


def long_replies(number: int) -> list[Reply]:
    return [Reply(f"reply {n} " + "x" * 2_000) for n in range(1, number + 1)]


def test_the_models_summary_stands_for_the_beginning(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([*long_replies(5), SUMMARY, Reply("Going on.")])
    agent = make_agent(model=MODEL)
    session_id = talk(agent, "one", "two", "three", "four", "five")
    entry = compact(agent, session_id)
    assert entry.meta["by"] == MODEL
    talk(agent, "six", session_id=session_id)
    summary, *rest = server.bodies[-1]["messages"]
    assert summary["content"].endswith("## Goal\n\nPort the tools.")
    assert [m["content"] for m in rest if m["role"] == "user"] == ["five", "six"]
    assert_requests_acceptable(server)


def test_the_summary_is_asked_for_over_what_is_in_the_cache(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([*long_replies(3), SUMMARY])
    agent = make_agent(permission_callback=lambda *_: True)
    session_id = talk(agent, "one", "two", "three")
    compact(agent, session_id)
    before, asked = server.bodies[-2:]
    for name in before.keys() - {"messages", "max_tokens"}:
        assert asked[name] == before[name]
    sent = before["messages"]
    assert msgspec.json.encode(asked["messages"][: len(sent)]) == msgspec.json.encode(sent)
    assert asked["messages"][-1] == {"role": "user", "content": INSTRUCTION}


def test_after_a_compaction_each_request_begins_with_the_one_before(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([*long_replies(4), SUMMARY, *long_replies(3)])
    first = make_agent()
    session_id = talk(first, "one", "two", "three", "four")
    compact(first, session_id)
    talk(first, "five", session_id=session_id)
    talk(make_agent(), "six", session_id=session_id)  # as another process would
    talk(first, "seven", session_id=session_id)
    requests = [body["messages"] for body in server.bodies[-3:]]
    for before, after in pairwise(requests):
        assert msgspec.json.encode(after[: len(before)]) == msgspec.json.encode(before)


def test_what_was_compacted_stays_in_the_history_whole(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([*long_replies(4), SUMMARY])
    agent = make_agent()
    session_id = talk(agent, "one", "two", "three", "four")
    before = list(agent.service.entries(session_id))
    entry = compact(agent, session_id)
    assert list(agent.service.entries(session_id)) == [*before, entry]
    assert agent.search("reply 1")[0].session.id == session_id


def test_a_compaction_costs_what_its_request_cost(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([*long_replies(4), SUMMARY])
    agent = make_agent(model=MODEL)
    session_id = talk(agent, "one", "two", "three", "four")
    before = agent.get_session(session_id)
    entry = compact(agent, session_id)
    after = agent.get_session(session_id)
    assert entry.usage == Usage(300, 40)
    assert after.usage == before.usage + entry.usage
    assert before.cost_usd
    assert after.cost_usd
    assert after.cost_usd == pytest.approx(before.cost_usd + entry.meta["cost_usd"])
    assert after.message_count == before.message_count


def test_the_gauge_shows_the_smaller_context(loopback: Loopback, make_agent: MakeAgent) -> None:
    loopback([*long_replies(3), Reply("y" * 2_000, input_tokens=150_000), SUMMARY])
    agent = make_agent()
    session_id = talk(agent, "one", "two", "three", "four")
    assert agent.get_session(session_id).context_tokens > 150_000
    entry = compact(agent, session_id)
    tokens = agent.get_session(session_id).context_tokens
    assert tokens == entry.meta["context_tokens"] < entry.meta["tokens_before"] // 2


def test_a_snapshot_is_taken_before_a_compaction(loopback: Loopback, make_agent: MakeAgent) -> None:
    server = loopback([*long_replies(4), SUMMARY, Reply("Whole again.")])
    agent = make_agent()
    session_id = talk(agent, "one", "two", "three", "four")
    compact(agent, session_id)
    (snapshot,) = agent.service.branches.snapshots(session_id)
    assert (snapshot.seq, snapshot.reason) == (8, "before compacting")
    agent.service.branches.rewind(snapshot)
    talk(agent, "five", session_id=session_id)
    prompts = [m["content"] for m in server.bodies[-1]["messages"] if m["role"] == "user"]
    assert prompts == ["one", "two", "three", "four", "five"]


def test_a_fork_before_a_compaction_sends_the_old_messages_again(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([*long_replies(4), SUMMARY, Reply("There."), Reply("And there.")])
    agent = make_agent()
    session_id = talk(agent, "one", "two", "three", "four")
    entry = compact(agent, session_id)
    before = agent.service.branches.fork(session_id, entry.seq - 1)
    behind = agent.service.branches.fork(session_id)
    talk(agent, "before", session_id=before.id)
    talk(agent, "behind", session_id=behind.id)
    assert server.bodies[-2]["messages"][0]["content"] == "one"
    assert "Port the tools." in server.bodies[-1]["messages"][0]["content"]


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (HttpError(401, "no such key", "authentication_error"), "no such key"),
        (HttpError(529, "Overloaded", "overloaded_error"), "529"),
        (CutStream(SUMMARY, after_events=6), "connection broke"),
        (Reply("Let me look.", tools=[ToolUse("bash", {"command": "ls"})]), "wrote none"),
        (Reply("No.", stop_reason="refusal"), "wrote none"),
    ],
)
def test_a_summary_from_the_history_stands_in_for_a_model_that_gives_none(
    loopback: Loopback, make_agent: MakeAgent, step: Any, why: str
) -> None:
    server = loopback([*long_replies(4), step, Reply("Going on.")])
    agent = make_agent(client=no_retries, permission_callback=lambda *_: True)
    session_id = talk(agent, "Port the parser to Python 3", "two", "three", "four")
    agent.update_session(session_id, notes="Never touch the fixtures.")
    entry = compact(agent, session_id)
    assert entry.meta["by"] == "history"
    about, _, text = entry.text.partition("\n\n")
    assert "Made from the history: " in about
    assert why in about
    assert "Port the parser to Python 3" in text
    assert "Never touch the fixtures." in text
    talk(agent, "five", session_id=session_id)
    assert server.bodies[-1]["messages"][0]["content"].endswith(text)
    assert_requests_acceptable(server)


def test_without_a_key_the_history_gives_the_summary(
    loopback: Loopback, make_agent: MakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = loopback(long_replies(4))
    agent = make_agent()
    session_id = talk(agent, "one", "two", "three", "four")
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    assert "No API key" in compact(agent, session_id).text
    assert len(server.requests) == 4


def test_a_model_that_cannot_take_all_of_it_is_shown_the_newest_part(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([*long_replies(6), TOO_LONG, TOO_LONG, SUMMARY])
    agent = make_agent()
    session_id = talk(agent, "one", "two", "three", "four", "five", "six")
    entry = compact(agent, session_id)
    assert entry.meta["by"] == "claude-sonnet-5-5"
    whole, half, quarter = (body["messages"] for body in server.bodies[-3:])
    assert len(whole) > len(half) > len(quarter)
    assert "reply 1" in half[0]["content"], "what is not shown is told of"
    assert_requests_acceptable(server)


def test_thinking_that_is_not_accepted_any_more_does_not_hinder_a_summary(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    refused = "messages.1.content.0: Invalid `signature` in `thinking` block"
    thought = Reply("reply 1 " + "x" * 2_000, thinking="Hm.")
    steps = [thought, *long_replies(2), HttpError(400, refused, "invalid_request_error"), SUMMARY]
    server = loopback(steps)
    agent = make_agent()
    entry = compact(agent, talk(agent, "one", "two", "three"))
    assert entry.meta["by"] == "claude-sonnet-5-5"
    assert "thinking" in str(server.bodies[-2]["messages"])
    assert "thinking" not in str(server.bodies[-1]["messages"])


def test_the_notes_and_the_request_being_worked_on_are_carried(
    loopback: Loopback, make_agent: MakeAgent, folder: Any
) -> None:
    (folder / "big.txt").write_text("z" * 9_000)
    steps = [ToolUse("read", {"file_path": "big.txt"}) for _ in range(4)]
    server = loopback([*steps, SUMMARY, Reply("Done.")])
    agent = make_agent(permission_callback=lambda *_: True)
    result = run(agent, "Read it four times", max_iterations=4)
    agent.update_session(result.session_id, notes="It is slow.")
    entry = compact(agent, result.session_id)
    assert entry.text.endswith(
        "## The user's last request\n\n> Read it four times\n\n## The user's notes\n\nIt is slow."
    )
    talk(agent, "go on", session_id=result.session_id)
    messages = server.bodies[-1]["messages"]
    assert [m["role"] for m in messages[:3]] == ["user", "assistant", "user"]
    assert messages[1]["content"][0]["type"] == "tool_use", "a step of the turn is kept whole"
    assert_requests_acceptable(server)


def test_a_compaction_tells_how_far_it_is(loopback: Loopback, make_agent: MakeAgent) -> None:
    loopback([*long_replies(4), SUMMARY])
    agent = make_agent()
    session_id = talk(agent, "one", "two", "three", "four")

    async def collect() -> list[Any]:
        async with aclosing(agent.stream_compact(session_id)) as events:
            return [event async for event in events]

    events = asyncio.run(collect())
    written = [event.characters for event in events if isinstance(event, Compacting)]
    assert written[0] == 0
    assert written == sorted(written)
    assert written[-1] == len(SUMMARY.text)
    assert isinstance(events[-1], Done)
    assert events[-1].result.stop_reason == "compacted"
    assert events[-1].result.usage == Usage(300, 40)


@pytest.mark.parametrize("after", range(1, 8))
def test_what_a_summary_took_that_broke_off_is_counted_and_kept(
    loopback: Loopback, make_agent: MakeAgent, after: int
) -> None:
    loopback([*long_replies(4), CutStream(SUMMARY, after_events=after)])
    agent = make_agent(model=MODEL, client=no_retries)
    session_id = talk(agent, "one", "two", "three", "four")
    before = agent.get_session(session_id)
    entry = compact(agent, session_id)
    assert entry.meta["by"] == "history"
    now = agent.get_session(session_id)
    assert now.usage.input == before.usage.input + 300
    assert now.known_cost_usd > before.known_cost_usd
    (cut,) = [e for e in agent.service.entries(session_id) if e.meta.get("event") == "no_summary"]
    assert cut.usage.input == 300
    assert cut.meta["model"] == MODEL
    assert now.usage == sum((e.usage for e in agent.service.entries(session_id)), Usage())


def test_a_run_tells_what_a_summary_took_that_broke_off(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([*long_replies(4), CutStream(SUMMARY, after_events=6)])
    agent = make_agent(model=MODEL, client=no_retries)
    session_id = talk(agent, "one", "two", "three", "four")

    async def result() -> RunResult:
        async with aclosing(agent.stream_compact(session_id)) as events:
            return await _last(events)

    told = asyncio.run(result())
    assert told.usage == Usage(300, 1)
    assert told.cost_usd


def test_what_a_summary_took_that_is_interrupted_is_counted(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([*long_replies(4), Hold(SUMMARY, 5)])
    agent = make_agent()
    session_id = talk(agent, "one", "two", "three", "four")
    before = agent.get_session(session_id).usage.input

    async def interrupted() -> None:
        async with aclosing(agent.stream_compact(session_id)) as events:
            async for event in events:
                if isinstance(event, Compacting) and event.characters:
                    agent.interrupt(session_id)

    asyncio.run(interrupted())
    assert agent.get_session(session_id).usage.input == before + 300


@pytest.mark.parametrize(
    ("step", "owner", "name"),
    [
        (SUMMARY, Branching, "snapshot"),
        (Reply("No.", stop_reason="refusal", input_tokens=300), SessionService, "recap"),
    ],
)
def test_what_a_whole_answer_took_is_counted_once_if_nothing_comes_of_it(
    loopback: Loopback,
    make_agent: MakeAgent,
    monkeypatch: pytest.MonkeyPatch,
    step: Reply,
    owner: type,
    name: str,
) -> None:
    loopback([*long_replies(4), step])
    agent = make_agent(model=MODEL)
    session_id = talk(agent, "one", "two", "three", "four")
    before = agent.get_session(session_id)
    real = getattr(owner, name)
    begun, stopped = threading.Event(), threading.Event()

    def slow(*args: Any, **options: Any) -> Any:
        begun.set()
        assert stopped.wait(20)
        return real(*args, **options)

    async def interrupted() -> RunResult:
        async with aclosing(agent.stream_compact(session_id)) as events:
            rest = asyncio.create_task(_last(events))
            assert await asyncio.to_thread(begun.wait, 20)
            agent.interrupt(session_id)
            await asyncio.sleep(0)
            stopped.set()
            return await rest

    with monkeypatch.context() as held:
        held.setattr(owner, name, slow)
        told = asyncio.run(interrupted())
    assert told.stop_reason == "interrupted"
    assert told.usage.input == 300
    now = agent.get_session(session_id)
    assert now.usage.input == before.usage.input + 300
    assert now.known_cost_usd == pytest.approx(before.known_cost_usd + (told.cost_usd or 0))
    assert now.usage == sum((e.usage for e in agent.service.entries(session_id)), Usage())


async def _last(events: AsyncIterator[Any]) -> RunResult:
    (result,) = [event.result async for event in events if isinstance(event, Done)]
    return result


@pytest.mark.parametrize("after", [0, 4, 7])
def test_an_interrupted_compaction_changes_nothing_of_what_is_sent(
    loopback: Loopback, make_agent: MakeAgent, after: int
) -> None:
    server = loopback([*long_replies(4), Hold(SUMMARY, after), Reply("As before.")])
    agent = make_agent()
    session_id = talk(agent, "one", "two", "three", "four")
    before = list(agent.service.entries(session_id))

    async def interrupted() -> Compacted | None:
        task = asyncio.create_task(agent.compact(session_id))
        await asyncio.to_thread(server.wait_until_holding)
        assert agent.interrupt(session_id)
        return await task

    assert asyncio.run(interrupted()) is None
    told = list(agent.service.entries(session_id))[len(before) :]
    assert {entry.meta["event"] for entry in told} <= {"no_summary"}
    assert agent.service.branches.snapshots(session_id) == []
    talk(agent, "five", session_id=session_id)
    sent = [m["content"] for m in server.bodies[-1]["messages"] if m["role"] == "user"]
    assert sent == ["one", "two", "three", "four", "five"]


def test_a_short_session_has_nothing_to_compact(loopback: Loopback, make_agent: MakeAgent) -> None:
    agent = make_agent()
    session = agent.create_session()
    with pytest.raises(InvalidSession, match="nothing to compact"):
        compact(agent, session.id)


def test_a_session_in_use_is_not_compacted(loopback: Loopback, make_agent: MakeAgent) -> None:
    loopback(long_replies(2))
    agent = make_agent()
    session_id = talk(agent, "one", "two")
    with agent.service.writer(session_id), pytest.raises(SessionLocked):
        compact(agent, session_id)


def test_compacting_a_paused_session_leaves_it_paused(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([*long_replies(3), SUMMARY])
    agent = make_agent()
    session_id = talk(agent, "one", "two", "three")
    agent.pause_session(session_id)
    compact(agent, session_id)
    assert agent.get_session(session_id).status is Status.PAUSED


def test_a_compacted_conversation_may_be_compacted_again(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    again = Reply("## Goal\n\nStill the same.")
    server = loopback([*long_replies(3), SUMMARY, *long_replies(3), again, Reply("Yes.")])
    agent = make_agent()
    session_id = talk(agent, "one", "two", "three")
    compact(agent, session_id)
    talk(agent, "four", "five", "six", session_id=session_id)
    compact(agent, session_id)
    talk(agent, "seven", session_id=session_id)
    messages = server.bodies[-1]["messages"]
    assert messages[0]["content"].endswith("Still the same.")
    assert "Port the tools." not in str(messages)
    assert_requests_acceptable(server)


# -- leaving out old results


def test_old_results_are_left_out_without_asking_the_model(
    loopback: Loopback, make_agent: MakeAgent, folder: Any
) -> None:
    (folder / "big.txt").write_text("z" * 20_000)
    read = ToolUse("read", {"file_path": "big.txt"})
    server = loopback([read, Reply("Seen."), Reply("Well."), Reply("Yes.")])
    agent = make_agent(permission_callback=lambda *_: True)
    session_id = talk(agent, "Read it", "and?")
    entry = compact(agent, session_id, clear_results=True)
    assert len(server.bodies) == 3
    assert entry.meta["event"] == "cleared"
    assert agent.get_session(session_id).context_tokens == entry.meta["context_tokens"]
    talk(agent, "go on", session_id=session_id)
    (result,) = server.bodies[-1]["messages"][2]["content"]
    assert "left out" in result["content"]
    assert "zzz" not in str(server.bodies[-1])
    assert_requests_acceptable(server)
    kept = [e for e in agent.service.entries(session_id) if e.kind is EntryKind.TOOL_RESULT]
    assert "zzz" in kept[0].text


def test_without_old_results_there_is_nothing_to_leave_out(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback(long_replies(2))
    agent = make_agent()
    session_id = talk(agent, "one", "two")
    with pytest.raises(InvalidSession, match="no old results"):
        compact(agent, session_id, clear_results=True)
