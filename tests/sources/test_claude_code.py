"""Claude Code's folder as a source: listing, paging, reading, searching, handing back."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsess.errors import SessionNotFound, StoreError
from agentsess.model import Entry, EntryKind
from agentsess.sources.base import FileStamp, Found, Source
from agentsess.sources.claude_code import TOOL_WINDOW, ClaudeCodeSource
from agentsess.storage.ids import checked_id
from support.claude_history import Transcript, folder_name, usage, write_history

ID = "5e55104a-0000-4000-8000-000000000001"


@pytest.fixture
def session() -> Transcript:
    return Transcript(ID)


def found_in(root: Path, session: Transcript) -> Found:
    return ClaudeCodeSource(root).scan(str(session.write(root)), session.id)


def by_pages(source: Source, found: Found, size: int) -> list[Entry]:
    entries: list[Entry] = []
    before: int | None = None
    while True:
        page = source.page(found, last=size, before=before)
        entries[:0] = page.entries
        if page.first_seq == 1:
            return entries
        before = page.first_seq


def ids(source: Source) -> set[str]:
    return {session_id for session_id, _ in source.stamps()}


def long_session(turns: int) -> Transcript:
    session = Transcript(ID)
    for turn in range(turns):
        session.prompt(f"Step {turn}").bulk(3_000)
        session.tool("Bash", {"command": "make"}, f"made {turn}", say="Making it.")
        session.reply("Made.")
    return session


# Listing


def test_without_the_folder_there_are_no_sessions(tmp_path: Path) -> None:
    assert ClaudeCodeSource(tmp_path / "none").stamps() == []


def test_every_session_file_is_listed(tmp_path: Path) -> None:
    written = write_history(tmp_path, 60, bulk=500, empty=0.2, torn=0.3, late=0.2, long=0.2)
    source = ClaudeCodeSource(tmp_path)
    assert ids(source) == {one.id for one in written}
    found = [source.scan(stamp.path, session_id) for session_id, stamp in source.stamps()]
    titles = {one.id: one.title for one in found}
    assert all(titles[one.id].startswith(one.title) for one in written)
    assert {one.id: one.cwd for one in found if one.entry_count} == {
        one.id: one.cwd for one in written if "empty" not in one.kinds
    }
    assert sum(one.damaged for one in found) == sum(
        "torn" in one.kinds and "empty" not in one.kinds for one in written
    )


def test_subagents_are_not_sessions(tmp_path: Path, session: Transcript) -> None:
    path = session.prompt("Hello").write(tmp_path)
    session.write(tmp_path, name="agent-12ab34cd")
    side = path.with_suffix("") / "subagents"
    side.mkdir(parents=True)
    (side / "agent-a1.jsonl").write_bytes(b"".join(session.lines))
    (path.parent / "memory").mkdir()
    (path.parent / "notes.txt").write_text("no session")
    (path.parent / "folder.jsonl").mkdir()
    (tmp_path / "projects" / "stray.jsonl").write_text("no session")
    assert ids(ClaudeCodeSource(tmp_path)) == {ID}


def test_of_two_files_with_one_stem_the_newest_keeps_the_bare_id(
    tmp_path: Path, session: Transcript
) -> None:
    old = session.prompt("Old").write(tmp_path, folder="-one")
    new = session.prompt("New").write(tmp_path, folder="-two")
    os.utime(old, ns=(1, 1))
    listed = ClaudeCodeSource(tmp_path).stamps()
    assert {stamp.path: session_id.partition("@")[0] for session_id, stamp in listed} == {
        str(old): ID,
        str(new): ID,
    }
    (bare,) = (stamp.path for session_id, stamp in listed if session_id == ID)
    assert bare == str(new)
    assert len(ids(ClaudeCodeSource(tmp_path))) == 2


def test_file_names_that_are_no_ids_still_are_sessions(tmp_path: Path, session: Transcript) -> None:
    session.prompt("Hello")
    latin = os.fsdecode(b"caf\xe9")
    for name in (".hidden", "two words", "new\nline", "ünïcödé", latin, "会議", "-"):
        session.write(tmp_path, name=name)
    listed = ids(ClaudeCodeSource(tmp_path))
    assert len(listed) == 7
    assert [checked_id(one) for one in listed] == list(listed)
    assert all(one.isascii() and one.isprintable() and " " not in one for one in listed)


def test_a_file_that_cannot_be_read_is_listed_with_what_is_known(
    tmp_path: Path, session: Transcript
) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("needs a file that even root cannot read")
    path = session.write(tmp_path)
    path.unlink()
    path.symlink_to("/proc/self/mem")
    source = ClaudeCodeSource(tmp_path)
    ((session_id, stamp),) = source.stamps()
    found = source.scan(stamp.path, session_id)
    assert (found.id, found.title, found.damaged) == (ID, "(unreadable file)", 1)
    with pytest.raises(StoreError, match="cannot be read"):
        source.page(found, last=5)


def test_a_file_that_is_gone_says_so(tmp_path: Path, session: Transcript) -> None:
    source = ClaudeCodeSource(tmp_path)
    found = found_in(tmp_path, session.prompt("Hello"))
    Path(found.path).unlink()
    with pytest.raises(SessionNotFound, match="no longer on disk"):
        source.scan(found.path, ID)
    with pytest.raises(SessionNotFound):
        source.page(found, last=1)
    with pytest.raises(SessionNotFound):
        list(source.entries(found))


def test_nothing_is_ever_written(tmp_path: Path) -> None:
    write_history(tmp_path, 8, bulk=2_000, subagent=0.5)
    source = ClaudeCodeSource(tmp_path)
    everything = sorted(tmp_path.rglob("*"))

    def state() -> list[object]:
        facts = [(path, path.stat().st_mtime_ns, path.stat().st_ino) for path in everything]
        return [*facts, *(path.read_bytes() for path in everything if path.is_file())]

    before = state()
    for path in [*everything, tmp_path]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        for session_id, stamp in source.stamps():
            found = source.scan(stamp.path, session_id)
            source.page(found, last=3)
            assert len(list(source.entries(found))) == found.entry_count
            source.resume_command(found)
    finally:
        for path in [tmp_path, *everything]:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert sorted(tmp_path.rglob("*")) == everything
    assert state() == before


# Reading


def test_entries_run_across_compactions_in_file_order(tmp_path: Path, session: Transcript) -> None:
    session.prompt("Before").reply("One").compact("So far").prompt("After").reply("Two")
    entries = list(ClaudeCodeSource(tmp_path).entries(found_in(tmp_path, session)))
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert [entry.text for entry in entries if entry.is_message] == [
        "Before",
        "One",
        "After",
        "Two",
    ]


def test_a_result_names_its_tool(tmp_path: Path, session: Transcript) -> None:
    session.tool("Grep", {"pattern": "x"}, "x.py:1").result("toolu_unknown", "an orphan")
    _, result, orphan = ClaudeCodeSource(tmp_path).entries(found_in(tmp_path, session))
    assert result.meta["tool"] == "Grep"
    assert "tool" not in orphan.meta


def test_a_message_on_several_lines_keeps_its_usage_on_the_last(
    tmp_path: Path, session: Transcript
) -> None:
    calls = [{"type": "tool_use", "id": n, "name": "Read", "input": {}} for n in "ab"]
    session.reply("I will read.", calls[0], message_id="m1", usages=[usage(output=1)] * 2)
    session.result("a", "first").reply(calls[1], message_id="m1").result("b", "second")
    session.prompt("Thanks").reply("Done", message_id="m2")
    entries = list(ClaudeCodeSource(tmp_path).entries(found_in(tmp_path, session)))
    assert [entry.usage.output for entry in entries if entry.kind is EntryKind.ASSISTANT] == [
        0,
        0,
        77,
        77,
    ]


def test_an_entry_without_a_time_gets_the_sessions(tmp_path: Path, session: Transcript) -> None:
    session.record(type="user", message={"content": "When?"}).prompt("Now")
    found = found_in(tmp_path, session)
    first, _ = ClaudeCodeSource(tmp_path).entries(found)
    assert first.at == found.created_at


# Paging


turns = st.lists(
    st.sampled_from(["prompt", "reply", "reply2", "tool", "result", "compact", "bulk", "junk"]),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(turns=turns, size=st.integers(1, 50), repeat=st.sampled_from([1, 12]))
def test_pages_of_any_size_make_up_the_whole(
    tmp_path_factory: pytest.TempPathFactory, turns: list[str], size: int, repeat: int
) -> None:
    session = Transcript(ID)
    add = {
        "prompt": lambda: session.prompt("Go on"),
        "reply": lambda: session.reply("Yes"),
        "reply2": lambda: session.reply("One", "two", message_id="same"),
        "tool": lambda: session.tool("Bash", {"command": "ls"}, "a.py", say="Look."),
        "result": lambda: session.result("toolu_orphan", "lost"),
        "compact": lambda: session.compact("So far"),
        "bulk": lambda: session.bulk(500),
        "junk": lambda: session.raw(b'{"type":"user","mess\n'),
    }
    for turn in turns * repeat:
        add[turn]()
    root = tmp_path_factory.mktemp("claude")
    source, found = ClaudeCodeSource(root), found_in(root, session)
    entries = list(source.entries(found))
    assert len(entries) == found.entry_count
    assert by_pages(source, found, size) == entries


def test_a_page_is_what_stands_before_a_number(tmp_path: Path) -> None:
    source, found = ClaudeCodeSource(tmp_path), found_in(tmp_path, long_session(100))
    page = source.page(found, last=10, before=301)
    assert [entry.seq for entry in page.entries] == list(range(291, 301))
    assert page.total == 500
    assert source.page(found, last=10, before=4).entries[0].seq == 1
    assert source.page(found, last=10, before=1).entries == ()
    assert source.page(found, last=10, before=9_999).entries[-1].seq == 500


def test_a_page_of_an_empty_session_is_empty(tmp_path: Path, session: Transcript) -> None:
    page = ClaudeCodeSource(tmp_path).page(found_in(tmp_path, session), last=50)
    assert (page.entries, page.total) == ((), 0)


@pytest.mark.parametrize("torn", [0, 1, 60])
def test_what_was_appended_since_the_scan_is_counted_on(tmp_path: Path, torn: int) -> None:
    session = long_session(40)
    whole = session.write(tmp_path).read_bytes()
    path = session.write(tmp_path)
    path.write_bytes(whole[: len(whole) - torn])
    source = ClaudeCodeSource(tmp_path)
    found = source.scan(str(path), ID)
    session.prompt("New").reply("Newer")
    with path.open("ab") as file:
        file.write(b"".join(session.lines)[len(whole) - torn :])
    page = source.page(found, last=3)
    assert [entry.seq for entry in page.entries] == [200, 201, 202]
    assert page.entries[-1].text == "Newer"
    assert by_pages(source, found, 7) == list(source.entries(found))


def test_a_file_replaced_since_the_scan_is_read_afresh(tmp_path: Path) -> None:
    found = found_in(tmp_path, long_session(40))
    Path(found.path).unlink()
    long_session(2).write(tmp_path)
    page = ClaudeCodeSource(tmp_path).page(found, last=3)
    assert [entry.seq for entry in page.entries] == [8, 9, 10]
    assert page.total == 10


def test_a_tool_far_behind_is_unknown_to_a_page_and_to_a_reading_alike(
    tmp_path: Path, session: Transcript
) -> None:
    session.reply({"type": "tool_use", "id": "near", "name": "Bash", "input": {}})
    session.reply({"type": "tool_use", "id": "far", "name": "Bash", "input": {}}).result("near", "")
    for _ in range(TOOL_WINDOW - 2):
        session.prompt("Meanwhile")
    session.result("far", "just in time").result("far", "too late")
    source, found = ClaudeCodeSource(tmp_path), found_in(tmp_path, session)
    assert source.page(found, last=2).entries == tuple(source.entries(found))[-2:]
    assert ["tool" in e.meta for e in source.page(found, last=2).entries] == [True, False]


def test_the_last_page_of_a_long_file_costs_a_fraction_of_reading_it(tmp_path: Path) -> None:
    session = long_session(4)
    session.lines *= 300
    source, found = ClaudeCodeSource(tmp_path), found_in(tmp_path, session)

    def seconds(last: int) -> float:
        began = time.perf_counter()
        assert len(source.page(found, last=last).entries) == last
        return time.perf_counter() - began

    whole = min(seconds(found.entry_count) for _ in range(3))
    assert min(seconds(50) for _ in range(5)) < whole / 4


# Handing back


@pytest.fixture
def claude(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "claude"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))


@pytest.mark.usefixtures("claude")
def test_resuming_hands_over_to_claude_in_the_sessions_own_folder(
    tmp_path: Path, session: Transcript
) -> None:
    session.cwd = str(tmp_path)
    found = found_in(tmp_path, session.prompt("Hello"))
    copy = Found.from_json(found.to_json() | {"id": f"{ID}@1a2b3c4d"})
    for one in (found, copy):
        command = ClaudeCodeSource(tmp_path).resume_command(one)
        assert command is not None
        assert command.argv == ("claude", "--resume", ID)
        assert (command.cwd, command.problem) == (str(tmp_path), "")


@pytest.mark.usefixtures("claude")
def test_resuming_in_a_folder_that_is_gone_says_why_not(
    tmp_path: Path, session: Transcript
) -> None:
    session.cwd = str(tmp_path / "gone")
    command = ClaudeCodeSource(tmp_path).resume_command(found_in(tmp_path, session.prompt("Hello")))
    assert command is not None
    assert command.problem == f"Its folder {tmp_path / 'gone'} is gone."


@pytest.mark.usefixtures("claude")
def test_resuming_a_session_without_a_folder_says_why_not(
    tmp_path: Path, session: Transcript
) -> None:
    command = ClaudeCodeSource(tmp_path).resume_command(found_in(tmp_path, session))
    assert command is not None
    assert "does not say" in command.problem


def test_without_the_program_there_is_no_resuming(
    tmp_path: Path, session: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ClaudeCodeSource(tmp_path).resume_command(found_in(tmp_path, session)) is None


# The generator


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for root in (one, two):
        write_history(root, 6, seed=3, bulk=1_000)
    files = sorted(path.relative_to(one) for path in one.rglob("*.jsonl"))
    assert files == sorted(path.relative_to(two) for path in two.rglob("*.jsonl"))
    assert all((one / file).read_bytes() == (two / file).read_bytes() for file in files)


def test_the_generators_folders_are_those_of_the_sessions(tmp_path: Path) -> None:
    (written,) = write_history(tmp_path, 1, bulk=500, empty=0)
    assert written.path.parent.name == folder_name(written.cwd)
    assert FileStamp.of(str(written.path), written.path.stat()).size > 500
