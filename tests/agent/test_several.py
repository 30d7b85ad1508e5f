"""Several agents in one session: who says what, in turns, and with a board between them."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from agentsess.agent.agent import Agent
from agentsess.errors import BoardConflict, StoreError
from agentsess.model import Entry, EntryKind, Status
from agentsess.storage.store import FileStore
from support.agents import assert_requests_acceptable, run
from support.loopback import LoopbackServer, Reply, ToolUse

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]


def said(entries: list[Entry]) -> list[tuple[str, str]]:
    return [(entry.author, entry.text) for entry in entries]


def test_each_entry_bears_the_agent_that_it_is_of_or_for(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    call = ToolUse("bash", {"command": "echo seen"})
    loopback([Reply("A plan."), Reply("I look.", tools=[call]), Reply("It is fine.")])
    planner = make_agent(name="planner")
    reviewer = make_agent(name="reviewer", permission_callback=lambda *_: True)
    session = planner.create_session()
    run(planner, "Plan it", session_id=session.id)
    run(reviewer, "Review it", session_id=session.id)
    assert said(list(planner.service.entries(session.id))) == [
        ("planner", "Plan it"),
        ("planner", "A plan."),
        ("reviewer", "Review it"),
        ("reviewer", "I look."),
        ("reviewer", "seen"),
        ("reviewer", "It is fine."),
    ]


def test_a_model_is_told_where_the_replies_of_others_end(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([Reply(f"Reply {n}.") for n in range(5)])
    planner, reviewer, plain = make_agent(name="planner"), make_agent(name="reviewer"), make_agent()
    session = planner.create_session()
    for agent, task in (
        (planner, "one"),
        (planner, "two"),
        (reviewer, "three"),
        (plain, "four"),
        (plain, "five"),
    ):
        run(agent, task, session_id=session.id)
    prompts = [m["content"] for m in server.bodies[-1]["messages"] if m["role"] == "user"]
    assert prompts == [
        "one",
        "two",
        "[The replies up to here are by planner.]\n\nthree",
        "[The replies up to here are by reviewer.]\n\nfour",
        "five",
    ]
    # what was sent once is sent the same ever after
    for before, after in zip(server.bodies, server.bodies[1:], strict=False):
        known = json.dumps(before["messages"])[:-1]
        assert json.dumps(after["messages"]).startswith(known)


def test_a_history_read_anew_is_sent_as_it_was(loopback: Loopback, make_agent: MakeAgent) -> None:
    server = loopback([Reply(f"Reply {n}.") for n in range(3)])
    session = make_agent().create_session()
    for name in ("planner", "reviewer", "reviewer"):
        run(make_agent(name=name), "Go", session_id=session.id)  # none of them remembers
    first, second, third = (body["messages"] for body in server.bodies)
    assert second[: len(first)] == first
    assert third[: len(second)] == second


def test_agents_that_run_at_once_take_turns(loopback: Loopback, make_agent: MakeAgent) -> None:
    server = loopback(default=lambda body: Reply("Done."))
    agents = [make_agent(name=name) for name in ("planner", "reviewer", "tester")]
    session = agents[0].create_session()

    async def work() -> None:
        await asyncio.gather(
            *(agent.run("Go", session_id=session.id, wait=60) for agent in agents * 2)
        )

    asyncio.run(work())
    entries = list(agents[0].service.entries(session.id))
    turns = [(a.author, b.author) for a, b in zip(entries[::2], entries[1::2], strict=True)]
    assert all(prompt == reply for prompt, reply in turns)
    assert sorted(author for author, _ in turns) == sorted(["planner", "reviewer", "tester"] * 2)
    assert [e.kind for e in entries] == [EntryKind.USER, EntryKind.ASSISTANT] * 6
    assert_requests_acceptable(server)


def test_many_runs_that_wait_do_not_keep_the_one_at_work_from_its_end(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback(default=lambda body: Reply("Done."))
    agent = make_agent()
    session = agent.create_session()
    threads = min(32, (os.cpu_count() or 1) + 4)  # as many as the event loop has for such work

    async def work() -> None:
        runs = (agent.run("Go", session_id=session.id, wait=20) for _ in range(threads + 2))
        async with asyncio.timeout(15):
            await asyncio.gather(*runs)

    asyncio.run(work())
    assert agent.get_session(session.id).message_count == 2 * (threads + 2)


def test_a_run_that_waited_sees_what_changed_meanwhile(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([Reply("Done.")])
    agent = make_agent()
    session = agent.create_session()

    async def work() -> None:
        with agent.service.writer(session.id):
            waiting = asyncio.create_task(agent.run("Go", session_id=session.id, wait=20))
            await asyncio.sleep(0.3)
            agent.service.complete(session.id)
            agent.service.update(session.id, model="claude-opus-5")
        await waiting

    asyncio.run(work())
    assert server.bodies[0]["model"] == "claude-opus-5"
    assert agent.get_session(session.id).status is Status.ACTIVE


def test_a_reply_that_was_written_but_not_counted_is_known_to_all(
    loopback: Loopback, make_agent: MakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = loopback([Reply("One."), Reply("Two."), Reply("Three."), Reply("Four.")])
    agent = make_agent()
    session_id = run(agent, "one").session_id
    count = FileStore.count
    counted = 0

    def fail_once(self: FileStore, *args: Any) -> None:
        nonlocal counted
        counted += 1
        if counted == 2:
            raise StoreError("The disk is full.")
        count(self, *args)

    monkeypatch.setattr(FileStore, "count", fail_once)
    with pytest.raises(StoreError):
        run(agent, "two", session_id=session_id)
    run(agent, "three", session_id=session_id)
    run(make_agent(), "four", session_id=session_id)
    of_one, of_another = (body["messages"] for body in server.bodies[-2:])
    assert of_another[: len(of_one)] == of_one


def test_agents_share_a_board_and_see_who_posted(make_agent: MakeAgent) -> None:
    planner, reviewer = make_agent(name="planner"), make_agent(name="reviewer")
    session = planner.create_session()
    _, version = planner.board(session.id).get("plan")
    planner.board(session.id).set("plan", "first this", expect=version)
    with pytest.raises(BoardConflict) as refused:
        reviewer.board(session.id).set("plan", "then that", expect=version)
    reviewer.board(session.id).set("plan", "then that", expect=refused.value.version)
    posted = planner.get_session(session.id).board["plan"]
    assert (posted.value, posted.by) == ("then that", "reviewer")


def test_metadata_that_two_agents_update_keep_all_keys(make_agent: MakeAgent) -> None:
    planner, reviewer = make_agent(name="planner"), make_agent(name="reviewer")
    session = planner.create_session(metadata={"project": "shop"})
    planner.update_session(session.id, metadata={"planned": True})
    reviewer.update_session(session.id, metadata={"reviewed": True})
    wanted = {"project": "shop", "planned": True, "reviewed": True}
    assert planner.get_session(session.id).metadata == wanted
