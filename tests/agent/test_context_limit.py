"""Runs that come near the end of the model's context window, or past it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentsess.agent.agent import Agent
from agentsess.agent.events import Compacted, Done, EventSaved, PhaseStarted
from agentsess.errors import ContextTooLong, StoreError
from agentsess.model import EntryKind, Status, Usage
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
from agentsess.storage import steps
from support.agents import Asked, assert_requests_acceptable, events_of, run
from support.claude_history import Transcript
from support.loopback import Hold, HttpError, LoopbackServer, Reply, ToolUse

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]
MODEL = "claude-haiku-4-5"
"""It can hold 200,000 tokens."""
FULL = 170_000
LONG = "x" * 3_000
SUMMARY = Reply("## Goal\n\nPort the tools.")
TOO_LONG = HttpError(400, "prompt is too long: 9 tokens > 8 maximum", "invalid_request_error")


def nearly_full(agent: Agent) -> str:
    """A session whose last request took most of the window."""
    session_id = run(agent, "one").session_id
    run(agent, "two", session_id=session_id)
    return session_id


REPLIES = (Reply("first " + LONG), Reply("second " + LONG, input_tokens=FULL))


def prompts(body: Any) -> list[Any]:
    return [m["content"] for m in body["messages"] if m["role"] == "user"]


def test_near_the_end_of_the_window_the_ways_on_are_offered(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([*REPLIES, Reply("Yes.")])
    asked = Asked("go on")
    agent = make_agent(model=MODEL, offer_callback=asked)
    session_id = nearly_full(agent)
    assert asked.offers == []
    run(agent, "three", session_id=session_id)
    (offer,) = asked.offers
    assert (offer.kind, offer.session_id) == ("context", session_id)
    assert "of the 200,000 tokens" in offer.text
    assert asked.names == [["go on", "compact", "phase"]]
    assert prompts(server.bodies[-1]) == ["one", "two", "three"]


def test_a_conversation_is_compacted_when_that_is_chosen_and_the_turn_goes_on(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([*REPLIES, SUMMARY, Reply("Yes.")])
    agent = make_agent(model=MODEL, offer_callback=Asked("compact"))
    session_id = nearly_full(agent)
    events = events_of(agent, "three", session_id=session_id)
    assert any(isinstance(event, Compacted) for event in events)
    assert isinstance(done := events[-1], Done)
    assert done.result.output == "Yes."
    summary, last = prompts(server.bodies[-1])
    assert "Port the tools." in summary
    assert last == "three"
    assert_requests_acceptable(server)


def test_nothing_is_compacted_when_nobody_can_be_asked(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([*REPLIES, Reply("Yes.")])
    agent = make_agent(model=MODEL)
    session_id = nearly_full(agent)
    assert run(agent, "three", session_id=session_id).output == "Yes."
    assert len(server.bodies) == 3


@pytest.mark.parametrize("by_settings", [False, True])
def test_it_is_compacted_unasked_if_the_user_said_so(
    loopback: Loopback, make_agent: MakeAgent, tmp_path: Path, by_settings: bool
) -> None:
    server = loopback([*REPLIES, SUMMARY, Reply("Yes.")])
    if by_settings:
        (tmp_path / "store").mkdir(exist_ok=True)
        (tmp_path / "store" / "settings.toml").write_text('compact = "auto"\n')
    agent = make_agent(model=MODEL, compact=None if by_settings else "auto")
    session_id = nearly_full(agent)
    events = events_of(agent, "three", session_id=session_id)
    assert sum(isinstance(event, Compacted) for event in events) == 1
    assert len(prompts(server.bodies[-1])) == 2


def test_a_setting_that_is_neither_ask_nor_auto_is_refused(
    loopback: Loopback, make_agent: MakeAgent, tmp_path: Path
) -> None:
    server = loopback()
    (tmp_path / "store").mkdir(exist_ok=True)
    (tmp_path / "store" / "settings.toml").write_text('compact = "never"\n')
    with pytest.raises(StoreError, match="compact is ask or auto, not 'never'"):
        run(make_agent(), "one")
    assert server.requests == []


def test_the_window_may_be_told(loopback: Loopback, make_agent: MakeAgent) -> None:
    loopback([Reply("first " + LONG), Reply("second " + LONG, input_tokens=900), Reply("Yes.")])
    asked = Asked("go on")
    agent = make_agent(model="my-own", context_window=1_000, offer_callback=asked)
    run(agent, "three", session_id=nearly_full(agent))
    assert "of the 1,000 tokens" in asked.offers[0].text


def test_the_window_of_a_local_model_is_what_its_server_says(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback(
        [Reply("first " + LONG), Reply("second " + LONG, input_tokens=7_000), Reply("Yes.")],
        models=[{"id": "qwen3:8b", "object": "model", "meta": {"n_ctx_train": 8_192}}],
    )
    asked = Asked("go on")
    agent = make_agent(model="qwen3:8b", offer_callback=asked)
    session_id = nearly_full(agent)
    run(agent, "three", session_id=session_id)
    (offer,) = asked.offers
    assert "of the 8,192 tokens" in offer.text
    assert [r.method for r in server.requests].count("GET") == 1, "it is asked once"


def test_a_window_that_is_not_known_is_gone_through_to_its_end(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([*REPLIES, Reply("Yes.")])
    asked = Asked()
    agent = make_agent(model="my-own", offer_callback=asked)
    run(agent, "three", session_id=nearly_full(agent))
    assert asked.offers == []


def test_who_goes_on_is_not_asked_again_before_it_has_grown_much(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    def step(tokens: int) -> Reply:
        return Reply("Look.", tools=[ToolUse("glob", {"pattern": "*"})], input_tokens=tokens)

    loopback([*REPLIES, step(FULL), step(FULL + 5_000), step(FULL + 22_000), Reply("Done.")])
    asked = Asked("go on", "go on")
    agent = make_agent(model=MODEL, offer_callback=asked, permission_callback=lambda *_: True)
    run(agent, "three", session_id=nearly_full(agent))
    assert len(asked.offers) == 2


def test_a_turn_that_fills_the_window_is_compacted_between_its_steps(
    loopback: Loopback, make_agent: MakeAgent, folder: Path
) -> None:
    (folder / "big.txt").write_text("z" * 50_000)
    read = ToolUse("read", {"file_path": "big.txt"})
    steps = [Reply("", tools=[read], input_tokens=tokens) for tokens in (1_000, 90_000, FULL)]
    server = loopback([*steps, SUMMARY, Reply("Done.")])
    agent = make_agent(
        model=MODEL, offer_callback=Asked("compact"), permission_callback=lambda *_: True
    )
    assert run(agent, "Read it all").output == "Done."
    messages = server.bodies[-1]["messages"]
    assert [m["role"] for m in messages] == ["user", "assistant", "user"]
    assert "> Read it all" in messages[0]["content"]
    assert_requests_acceptable(server)


def test_old_results_are_left_out_when_that_is_chosen(
    loopback: Loopback, make_agent: MakeAgent, folder: Path
) -> None:
    (folder / "big.txt").write_text("z" * 50_000)
    read = ToolUse("read", {"file_path": "big.txt"})
    steps = [Reply("", tools=[read], input_tokens=tokens) for tokens in (1_000, FULL)]
    server = loopback([*steps, Reply("Done.")])
    asked = Asked("clear")
    agent = make_agent(model=MODEL, offer_callback=asked, permission_callback=lambda *_: True)
    run(agent, "Read it twice")
    assert asked.names == [["go on", "compact", "clear", "phase"]]
    first, last = server.bodies[-1]["messages"][2], server.bodies[-1]["messages"][4]
    assert "left out" in first["content"][0]["content"]
    assert "zzz" in last["content"][0]["content"]
    assert_requests_acceptable(server)


def test_an_interrupt_while_the_summary_is_written_compacts_nothing(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([*REPLIES, Hold(SUMMARY, 4), SUMMARY, Reply("Yes.")])
    agent = make_agent(model=MODEL, compact="auto")
    session_id = nearly_full(agent)

    async def interrupted() -> str:
        task = asyncio.create_task(agent.run("three", session_id=session_id))
        await asyncio.to_thread(server.wait_until_holding)
        agent.interrupt(session_id)
        return (await task).stop_reason

    assert asyncio.run(interrupted()) == "interrupted"
    events = [e.meta.get("event") for e in agent.service.entries(session_id)]
    assert "compacted" not in events
    assert agent.service.branches.snapshots(session_id) == []
    assert run(agent, "three", session_id=session_id).output == "Yes."
    assert "Port the tools." in prompts(server.bodies[-1])[0]
    assert_requests_acceptable(server)


def test_another_programs_session_that_is_longer_than_the_window_is_offered_the_same(
    loopback: Loopback, make_agent: MakeAgent, tmp_path: Path
) -> None:
    claude = tmp_path / "claude"
    transcript = Transcript()
    for number in range(20):
        transcript.prompt(f"Question {number}").reply("An answer. " + LONG)
    transcript.write(claude)
    service = SessionService.open(tmp_path / "ours", sources=[ClaudeCodeSource(claude)])
    service.refresh()
    ours = service.continue_here(transcript.id)
    server = loopback([SUMMARY, Reply("Yes.")])
    asked = Asked("compact")
    agent = make_agent(service=service, context_window=10_000, offer_callback=asked)
    run(agent, "Go on", session_id=ours.id)
    assert asked.names == [["go on", "compact", "phase"]]
    messages = server.bodies[-1]["messages"]
    assert "Port the tools." in messages[0]["content"]
    assert len(str(messages)) < 30_000
    assert_requests_acceptable(server)
    assert service.get(ours.id).message_count == 42
    service.close()


# -- too late


def test_a_refusal_offers_the_same_and_the_turn_goes_on(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([*REPLIES[:1], TOO_LONG, SUMMARY, Reply("Yes.")])
    asked = Asked("compact")
    agent = make_agent(model="my-own", offer_callback=asked)
    session_id = run(agent, "one").session_id
    result = run(agent, "two", session_id=session_id)
    assert asked.names == [["stop", "compact", "phase"]]
    assert (result.output, result.stop_reason) == ("Yes.", "end_turn")
    assert prompts(server.bodies[-1])[-1] == "two"
    assert_requests_acceptable(server)


@pytest.mark.parametrize("callback", [None, Asked("stop")])
def test_a_refusal_that_nobody_helps_with_says_what_to_do(
    loopback: Loopback, make_agent: MakeAgent, callback: Any
) -> None:
    loopback([*REPLIES[:1], TOO_LONG, SUMMARY, Reply("Yes.")])
    agent = make_agent(model="my-own", offer_callback=callback)
    session_id = run(agent, "one").session_id
    with pytest.raises(ContextTooLong, match="compact the conversation"):
        run(agent, "two", session_id=session_id)


def test_what_is_still_too_long_is_not_tried_for_ever(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([*REPLIES[:1]], default=TOO_LONG)
    agent = make_agent(model="my-own", compact="auto")
    session_id = run(agent, "one").session_id
    with pytest.raises(ContextTooLong):
        run(agent, "two", session_id=session_id)
    assert len(server.bodies) < 10


def test_what_is_still_too_long_is_compacted_further(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    long = [Reply("y" * 30_000) for _ in range(6)]
    server = loopback([*long, TOO_LONG, SUMMARY, TOO_LONG, SUMMARY, Reply("Yes.")])
    agent = make_agent(model="my-own", compact="auto")
    session_id = run(agent, "0").session_id
    for number in "12345":
        run(agent, number, session_id=session_id)
    assert run(agent, "6", session_id=session_id).output == "Yes."
    sizes = [len(str(body["messages"])) for body in server.bodies]
    assert sizes[6] > 180_000
    assert 30_000 < sizes[8] < 40_000
    assert sizes[10] < 5_000
    assert_requests_acceptable(server)


def test_a_prompt_that_is_too_long_by_itself_is_refused(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback(default=TOO_LONG)
    agent = make_agent(compact="auto")
    with pytest.raises(ContextTooLong):
        run(agent, LONG)
    assert len(server.bodies) == 1


def test_a_reply_that_filled_the_window_is_gone_on_with(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    cut = Reply("It breaks off", stop_reason="model_context_window_exceeded")
    server = loopback([*REPLIES[:1], cut, SUMMARY, Reply("… and ends.")])
    asked = Asked("compact")
    agent = make_agent(model="my-own", offer_callback=asked)
    session_id = run(agent, "one").session_id
    result = run(agent, "two", session_id=session_id)
    assert asked.names == [["stop", "compact", "phase"]]
    assert (result.output, result.stop_reason) == ("… and ends.", "end_turn")
    (summary,) = prompts(server.bodies[-1])
    assert "> two" in summary
    assert_requests_acceptable(server)


# -- a new phase


def test_a_new_phase_is_begun_when_that_is_chosen_and_the_prompt_belongs_there(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([*REPLIES, Reply("Here I am.")])
    agent = make_agent(model=MODEL, offer_callback=Asked("phase"))
    session_id = nearly_full(agent)
    events = events_of(agent, "three", session_id=session_id)
    (started,) = [event for event in events if isinstance(event, PhaseStarted)]
    assert started.prompt == "three"
    assert isinstance(events[-1], Done)
    assert events[-1].result.stop_reason == "new_phase"
    assert any(isinstance(e, EventSaved) and "goes on in" in e.entry.text for e in events)
    assert agent.get_session(session_id).status is Status.COMPLETED
    run(agent, started.prompt, session_id=started.session.id)
    carried, prompt = prompts(server.bodies[-1])
    assert "second xxx" in carried
    assert "> three" not in carried
    assert prompt == "three"
    assert_requests_acceptable(server)


def test_a_run_stopped_while_a_new_phase_is_made_leaves_none_behind(
    loopback: Loopback, make_agent: MakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = loopback([*REPLIES, Reply("Here.")])
    agent = make_agent(model=MODEL, offer_callback=Asked("phase", "go on"))
    session_id = nearly_full(agent)
    begun, stopped = threading.Event(), threading.Event()

    def hold(name: str) -> None:
        if name == "made":
            begun.set()
            assert stopped.wait(20)

    async def interrupted() -> str:
        task = asyncio.create_task(agent.run("three", session_id=session_id))
        assert await asyncio.to_thread(begun.wait, 20)
        agent.interrupt(session_id)
        await asyncio.sleep(0)
        stopped.set()
        return (await task).stop_reason

    with monkeypatch.context() as slow:
        slow.setattr(steps, "watch", hold)
        assert asyncio.run(interrupted()) == "interrupted"
    agent.service.phases.finish()  # as the next start does
    (session,) = agent.list_sessions()
    assert (session.id, session.status) == (session_id, Status.ACTIVE)
    assert "goes on in" not in str([e.text for e in agent.service.entries(session_id)])
    assert run(agent, "four", session_id=session_id).output == "Here."
    assert_requests_acceptable(server)


def test_a_phase_begun_in_mid_turn_is_told_to_go_on(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    step = Reply("Look.", tools=[ToolUse("glob", {"pattern": "*"})], input_tokens=FULL)
    loopback([*REPLIES[:1], step])
    agent = make_agent(
        model=MODEL, offer_callback=Asked("phase"), permission_callback=lambda *_: True
    )
    session_id = run(agent, "one").session_id
    events = events_of(agent, "List it " + LONG, session_id=session_id)
    (started,) = [event for event in events if isinstance(event, PhaseStarted)]
    assert started.prompt == "Go on with it."
    (entry,) = agent.service.entries(started.session.id)
    assert entry.kind is EntryKind.EVENT
    assert "List it" in entry.text


def test_a_run_that_goes_on_in_a_new_phase_is_carried_to_its_end_there(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([*REPLIES, Reply("Here I am.")])
    agent = make_agent(model=MODEL, offer_callback=Asked("phase"))
    session_id = nearly_full(agent)
    result = run(agent, "three", session_id=session_id)
    assert (result.output, result.stop_reason) == ("Here I am.", "end_turn")
    assert agent.get_session(result.session_id).parent_id == session_id


def test_the_result_of_a_run_through_phases_is_of_all_of_it(
    loopback: Loopback, make_agent: MakeAgent, folder: Path
) -> None:
    step = Reply("Look.", tools=[ToolUse("glob", {"pattern": "*"})], input_tokens=FULL)
    last = Reply("Here I am.", input_tokens=70, output_tokens=7)
    loopback([*REPLIES[:1], step, last])
    agent = make_agent(
        model=MODEL, offer_callback=Asked("phase"), permission_callback=lambda *_: True
    )
    session_id = run(agent, "one").session_id
    before = agent.get_session(session_id).known_cost_usd
    result = run(agent, "List it " + LONG, session_id=session_id)
    assert result.usage == Usage(FULL + 70, step.output_tokens + 7)
    assert [each.session_id for each in result.phases] == [session_id, result.session_id]
    assert [each.stop_reason for each in result.phases] == ["new_phase", "end_turn"]
    costs = [agent.get_session(each.session_id).known_cost_usd for each in result.phases]
    assert result.cost_usd == pytest.approx(sum(costs) - before)
    assert result.entries == result.phases[0].entries + result.phases[1].entries


def test_a_run_takes_no_more_requests_because_it_goes_on_in_a_new_phase(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    def step(tokens: int) -> Reply:
        return Reply("Look.", tools=[ToolUse("glob", {"pattern": "*"})], input_tokens=tokens)

    server = loopback([*REPLIES[:1], step(FULL), step(10), step(10), step(10)])
    agent = make_agent(
        model=MODEL, offer_callback=Asked("phase"), permission_callback=lambda *_: True
    )
    session_id = run(agent, "one").session_id
    result = run(agent, "List it " + LONG, session_id=session_id, max_iterations=3)
    assert result.stop_reason == "max_iterations"
    assert len(server.bodies) == 1 + 3


def test_what_was_attached_goes_along_into_the_new_phase(
    loopback: Loopback, make_agent: MakeAgent, folder: Path
) -> None:
    (folder / "shot.png").write_bytes(b"\x89PNG\r\n\x1a\n and more")
    server = loopback([*REPLIES, Reply("I see.")])
    agent = make_agent(model=MODEL, offer_callback=Asked("phase"))
    session_id = nearly_full(agent)
    shot = folder / "shot.png"
    result = run(agent, "What is this?", session_id=session_id, attachments=[shot])
    assert result.output == "I see."
    image, text = prompts(server.bodies[-1])[-1]
    assert image["type"] == "image"
    assert text == {"type": "text", "text": "What is this?"}
