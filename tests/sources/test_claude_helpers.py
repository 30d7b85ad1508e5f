"""Claude Code's subagents: which history belongs to which call, wherever it is kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentsess.model import Entry
from agentsess.sources import claude_helpers
from agentsess.sources.claude_code import ClaudeCodeSource
from support.claude_history import Transcript

PROMPTS = ("Find the callers.", "Write the tests.")


@pytest.fixture
def session() -> Transcript:
    """A session that sent two helpers."""
    transcript = Transcript().prompt("Port it")
    for prompt in PROMPTS:
        transcript.tool("Task", {"description": "A task", "prompt": prompt}, "Done.")
    return transcript.reply("All done.")


def subagent(session: Transcript, number: int) -> Transcript:
    agent = session.subagent(f"a{number}", PROMPTS[number])
    agent.tool("Edit", {"file_path": f"/home/dev/shop/{number}.py"}, "Updated.")
    return agent.reply(f"I am {number}.")


def helpers(root: Path, session: Transcript) -> dict[str, list[Entry]]:
    """By the call's prompt: what its helper did."""
    source = ClaudeCodeSource(root)
    ((session_id, stamp),) = source.stamps()
    found = source.scan(stamp.path, session_id)
    calls = {
        call.id: call.input["prompt"]
        for entry in source.entries(found)
        for call in entry.tool_calls
    }
    assert set(calls.values()) == set(PROMPTS)
    return {calls[call_id]: list(did) for call_id, did in source.helpers(found, calls)}


def last_words(found: dict[str, list[Entry]]) -> dict[str, str]:
    return {prompt: entries[-1].text for prompt, entries in found.items()}


BOTH = {PROMPTS[0]: "I am 0.", PROMPTS[1]: "I am 1."}


def test_the_notes_beside_a_file_name_the_call(tmp_path: Path) -> None:
    session = Transcript().prompt("Port it")
    calls = []
    for prompt in PROMPTS:
        session.tool("Agent", {"description": "A task", "prompt": prompt}, "Done.")
        calls.append(session.last_call)
    path = session.write(tmp_path)
    for number, call in enumerate(reversed(calls)):
        subagent(session, number).write_subagent(path, call=call)
    found = last_words(helpers(tmp_path, session))
    assert found == {PROMPTS[1]: "I am 0.", PROMPTS[0]: "I am 1."}


@pytest.mark.parametrize("beside", [False, True])
def test_without_notes_the_first_prompt_tells(
    tmp_path: Path, session: Transcript, beside: bool
) -> None:
    path = session.write(tmp_path)
    for number in range(2):
        subagent(session, number).write_subagent(path, beside=beside)
    found = helpers(tmp_path, session)
    assert last_words(found) == BOTH
    (call,) = [call for entry in found[PROMPTS[0]] for call in entry.tool_calls]
    assert (call.name, call.input) == ("Edit", {"file_path": "/home/dev/shop/0.py"})


def test_old_versions_wrote_them_among_the_lines_of_the_session(
    tmp_path: Path, session: Transcript
) -> None:
    first, second = (subagent(session, number).lines for number in range(2))
    mixed = [line for pair in zip(first, second, strict=True) for line in pair]
    session.lines[3:3] = mixed
    session.write(tmp_path)
    assert last_words(helpers(tmp_path, session)) == BOTH


def test_another_sessions_helper_with_the_same_prompt_is_not_taken(
    tmp_path: Path, session: Transcript
) -> None:
    path = session.write(tmp_path)
    subagent(Transcript("another"), 0).write_subagent(path, beside=True)
    assert helpers(tmp_path, session) == {}


def test_of_two_that_were_sent_alike_each_has_its_own(tmp_path: Path) -> None:
    session = Transcript().prompt("Port it")
    for _ in range(2):
        session.tool("Task", {"description": "A task", "prompt": "Look."}, "Done.")
    path = session.write(tmp_path)
    for number in (0, 1):
        agent = session.subagent(f"a{number}", "Look.").reply(f"I am {number}.")
        file = agent.write_subagent(path)
        os.utime(file, (1_000_000 + number, 1_000_000 + number))
    source = ClaudeCodeSource(tmp_path)
    ((session_id, stamp),) = source.stamps()
    found = source.scan(stamp.path, session_id)
    calls = [call.id for entry in source.entries(found) for call in entry.tool_calls]
    told = {
        i: list(did)[-1].text for i, did in source.helpers(found, dict.fromkeys(calls, "Look."))
    }
    assert told == {calls[0]: "I am 0.", calls[1]: "I am 1."}


def test_damage_takes_no_more_than_the_line_it_is_in(tmp_path: Path, session: Transcript) -> None:
    path = session.write(tmp_path)
    agent = subagent(session, 0)
    agent.lines[2:2] = [b"\0\0\n", b'{"type":"user","uuid":[]}\n', b"[1]\n", b'{"type":\n']
    agent.write_subagent(path)
    broken = subagent(session, 1).write_subagent(path)
    broken.with_suffix(".meta.json").write_bytes(b"{")
    assert last_words(helpers(tmp_path, session)) == {PROMPTS[0]: "I am 0."}


def test_no_more_is_read_than_a_bounded_part(
    tmp_path: Path, session: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = session.write(tmp_path)
    files = [subagent(session, number).write_subagent(path) for number in range(2)]
    os.utime(files[0], (1_000_000, 1_000_000))
    size = files[1].stat().st_size
    monkeypatch.setattr(claude_helpers, "MOST_BYTES", size + 10)
    assert last_words(helpers(tmp_path, session)) == {PROMPTS[1]: "I am 1."}


def test_a_session_without_helpers_files_has_none(tmp_path: Path, session: Transcript) -> None:
    session.write(tmp_path)
    assert helpers(tmp_path, session) == {}
