"""What the model is told before the first prompt after a pause."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentsess.agent.agent import Agent
from agentsess.agent.resume_note import resume_note
from agentsess.errors import Overloaded
from agentsess.model import EntryKind, Fact, Recap
from agentsess.sessions.staleness import Change
from support.agents import assert_requests_acceptable, no_retries, run
from support.loopback import HttpError, LoopbackServer, Reply, ToolUse

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]


def texts(messages: list[dict[str, Any]]) -> list[str]:
    return [m["content"] for m in messages if isinstance(m["content"], str)]


def test_it_says_where_things_stand_and_what_changed() -> None:
    recap = Recap("Half done.", goal=Fact("Port it"), next=(Fact("the tests"),))
    note = resume_note(recap, [Change("files", "a.py changed since.")], "Ask Kim.\n")
    assert note.splitlines() == [
        "This session is resumed. Where it stands:",
        "Half done.",
        "Goal: Port it",
        "Next:",
        "- the tests",
        "",
        "The user's notes:",
        "Ask Kim.",
        "",
        "What changed since the last turn:",
        "- a.py changed since.",
        "Look again before you rely on what was seen before that.",
    ]


def test_recap_and_changes_go_to_the_model_once_before_the_prompt(
    loopback: Loopback, make_agent: MakeAgent, folder: Path
) -> None:
    server = loopback([Reply("I ported it. Next: the tests."), Reply("Yes."), Reply("And more.")])
    agent = make_agent()
    session_id = run(agent, "Port it.").session_id
    (folder / "uv.lock").write_text("changed")
    run(agent, "Go on.", session_id=session_id, resume_note=True)
    run(agent, "More.", session_id=session_id)
    first, second, third = (body["messages"] for body in server.bodies)
    note = second[-2]["content"]
    assert "Dependencies changed: uv.lock." in note
    assert second[-1] == {"role": "user", "content": "Go on."}
    # what was sent before stays as it was, so that the provider's cache hits
    assert second[: len(first)] == first
    assert third[: len(second)] == second
    assert sum("Dependencies changed" in text for text in texts(third)) == 1
    assert_requests_acceptable(server)


def test_the_note_stands_in_the_history_as_an_entry_of_its_own(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    loopback([Reply("One."), Reply("Two.")])
    agent = make_agent()
    session_id = run(agent, "Port it.").session_id
    run(agent, "Go on.", session_id=session_id, resume_note=True)
    note, prompt, _ = list(agent.service.entries(session_id))[-3:]
    assert (note.kind, note.meta["event"]) == (EntryKind.EVENT, "resumed")
    assert note.text.startswith("This session is resumed.")
    assert prompt.text == "Go on."


def test_a_prompt_sent_again_does_not_bring_the_note_twice(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([Reply("One."), HttpError(529, "busy"), Reply("Two.")])
    agent = make_agent(client=no_retries)
    session_id = run(agent, "Port it.").session_id
    with pytest.raises(Overloaded):
        run(agent, "Go on.", session_id=session_id, resume_note=True)
    run(agent, "Go on.", session_id=session_id, resume_note=True)
    assert server.bodies[1]["messages"] == server.bodies[2]["messages"]


def test_a_new_session_has_nothing_to_be_told(loopback: Loopback, make_agent: MakeAgent) -> None:
    server = loopback([Reply("One.")])
    run(make_agent(), "Begin.", resume_note=True)
    assert server.bodies[0]["messages"] == [{"role": "user", "content": "Begin."}]


def test_a_session_that_broke_off_in_a_tool_call_can_be_told(
    loopback: Loopback, make_agent: MakeAgent
) -> None:
    server = loopback([ToolUse("read", {"path": "a"}), Reply("Two.")])
    agent = make_agent(permission_callback=lambda *_: True)
    session_id = run(agent, "Port it.", max_iterations=1).session_id
    run(agent, "Go on.", session_id=session_id, resume_note=True)
    assert_requests_acceptable(server)
