"""What helpers of another program did is part of its session's recap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentsess.model import Fact, FileTouched
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
from support.claude_history import Transcript, usage

PROMPT = "Write tests for totals.py and run them."
TASK = {"subagent_type": "tester", "description": "Test the totals", "prompt": PROMPT}
SHOP = "/home/dev/shop"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SessionService]:
    opened = SessionService.open(tmp_path / "store", sources=[ClaudeCodeSource(tmp_path / "home")])
    yield opened
    opened.close()


def checker(session: Transcript) -> Transcript:
    """A helper that wrote a test, ran it and said so."""
    agent = session.subagent("a1", PROMPT)
    agent.tool("Write", {"file_path": f"{SHOP}/test_totals.py", "content": "x"}, "File created")
    agent.tool("Edit", {"file_path": f"{SHOP}/totals.py"}, "Updated.")
    agent.tool("Bash", {"command": "pytest -q"}, "12 passed in 0.41s")
    return agent.reply("The totals are tested, and one was wrong. Details follow.")


def test_a_helper_is_told_with_its_last_words_its_files_and_its_tests(
    service: SessionService, tmp_path: Path
) -> None:
    session = Transcript().prompt("Test the shop").tool("Task", TASK, "Report: all is well.")
    path = session.reply("Tested.").write(tmp_path / "home")
    checker(session).write_subagent(path, call=session.last_call)
    service.refresh()
    recap = service.recap(session.id)
    assert recap.agents == (
        Fact(
            "tester: Test the totals → The totals are tested, and one was wrong. "
            "(test_totals.py, totals.py; pytest -q passed)",
            (2, 3),
        ),
    )
    assert recap.files == (
        FileTouched("test_totals.py", "created", 1, 2),
        FileTouched("totals.py", "edited", 1, 2),
    )


def test_a_file_that_helper_and_session_changed_counts_once(
    service: SessionService, tmp_path: Path
) -> None:
    session = Transcript().prompt("Test the shop").tool("Task", TASK, "Done.")
    edit = {"file_path": f"{SHOP}/test_totals.py"}
    path = session.tool("Edit", edit, "Updated.").reply("Tested.").write(tmp_path / "home")
    checker(session).write_subagent(path)
    service.refresh()
    files = {file.path: file for file in service.recap(session.id).files}
    assert files["test_totals.py"] == FileTouched("test_totals.py", "created", 2, 5)


def test_what_a_helper_took_counts_in_the_sitting_that_it_was_sent_in(
    service: SessionService, tmp_path: Path
) -> None:
    session = Transcript().prompt("Test the shop").tool("Task", TASK, "Done.").reply("Tested.")
    path = session.wait(90_000).prompt("Thanks").reply("You are welcome.").write(tmp_path / "home")
    checker(session).write_subagent(path)
    service.refresh()
    first, second = service.recap(session.id).stretches
    one = sum(usage()[name] for name in usage() if name.endswith("_tokens"))
    assert (first.tokens, second.tokens) == (6 * one, one)  # 2 of its own, 4 of the helper's
    assert first.cost_usd == pytest.approx(6 * (second.cost_usd or 0))


def test_while_a_helper_works_its_history_is_read_again(
    service: SessionService, tmp_path: Path
) -> None:
    session = Transcript().prompt("Test the shop")
    session.tool("Task", {**TASK, "run_in_background": True}, "Async agent launched successfully.")
    path = session.reply("It works on it.").write(tmp_path / "home")
    agent = session.subagent("a1", PROMPT)
    agent.reply("Let me look.", {"type": "tool_use", "id": "t1", "name": "Read", "input": {}})
    agent.write_subagent(path)
    service.refresh()
    assert [fact.text for fact in service.recap(session.id).agents] == [
        "tester: Test the totals → Let me look."
    ]
    agent.result("t1", "1\tx").reply("All is well.").write_subagent(path)
    session.prompt("And?").reply("It is done.").write(tmp_path / "home")
    service.refresh()
    assert [fact.text for fact in service.recap(session.id).agents] == [
        "tester: Test the totals → All is well."
    ]


def test_a_helper_that_was_cut_short_is_told_and_not_looked_at_again(
    service: SessionService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Transcript().prompt("Test the shop").tool("Task", TASK, "Interrupted.", error=True)
    path = session.write(tmp_path / "home")
    agent = session.subagent("a1", PROMPT)
    agent.tool("Edit", {"file_path": f"{SHOP}/totals.py"}, "Updated.").write_subagent(path)
    service.refresh()
    told = "tester: Test the totals → Interrupted. (totals.py)"
    assert [fact.text for fact in service.recap(session.id).agents] == [told]
    session.prompt("Go on").reply("Done.").write(tmp_path / "home")
    service.refresh()
    monkeypatch.setattr(ClaudeCodeSource, "helpers", lambda *_: pytest.fail("it was"))
    assert [fact.text for fact in service.recap(session.id).agents] == [told]


def test_a_helper_of_a_helper_stands_where_the_first_was_sent(
    service: SessionService, tmp_path: Path
) -> None:
    session = Transcript().prompt("Test the shop").tool("Task", TASK, "Done.")
    path = session.reply("Tested.").write(tmp_path / "home")
    outer = session.subagent("a1", PROMPT)
    inner = {"description": "Find the totals", "prompt": "Where are they?"}
    outer.tool("Task", inner, "In totals.py.").reply("Tested.").write_subagent(path)
    agent = session.subagent("a2", "Where are they?")
    agent.tool("Edit", {"file_path": f"{SHOP}/totals.py"}, "Updated.").reply("In totals.py.")
    agent.write_subagent(path)
    service.refresh()
    recap = service.recap(session.id)
    assert recap.agents == (
        Fact("tester: Test the totals → Tested.", (2, 3)),
        Fact("Find the totals → In totals.py. (totals.py)", (2,)),
    )
    assert recap.files == (FileTouched("totals.py", "edited", 1, 2),)


def test_helpers_histories_are_not_read_for_a_list(
    service: SessionService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Transcript().prompt("Test the shop").tool("Task", TASK, "Done.").reply("Tested.")
    session.write(tmp_path / "home")
    monkeypatch.setattr(ClaudeCodeSource, "helpers", lambda *_: pytest.fail("they were"))
    service.refresh()
    assert [listed.id for listed in service.list()] == [session.id]
