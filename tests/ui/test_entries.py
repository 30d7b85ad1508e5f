from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agentsess.model import Entry, EntryKind, JsonObject, ToolCall, text_of
from agentsess.ui.render.diff import render_diff
from agentsess.ui.render.entries import author_style, is_foldable, render_entry, render_event
from agentsess.ui.render.tools import outcome_of, render_call, render_input, summary_of

AT = datetime(2026, 11, 17, 14, 3, tzinfo=UTC)


def reply(*blocks: JsonObject, author: str = "", **meta: Any) -> Entry:
    return Entry(2, EntryKind.ASSISTANT, text_of(blocks), AT, author, blocks, meta)


def result(text: str, *, error: bool = False, use: str = "t1") -> Entry:
    meta = {"tool_use_id": use, "tool": "bash", "is_error": error}
    return Entry(3, EntryKind.TOOL_RESULT, text, AT, meta=meta)


def shown(entry: Entry, *, expanded: bool = False, **results: Entry) -> str:
    content = render_entry(entry, expanded=expanded, results=results, width=80, header=False)
    return "\n".join(line.rstrip() for line in content.plain.split("\n"))


def bash(command: str) -> JsonObject:
    return {"type": "tool_use", "id": "t1", "name": "bash", "input": {"command": command}}


def test_a_folded_call_is_one_line_with_its_outcome() -> None:
    entry = reply(bash("pytest -q"))
    assert shown(entry, t1=result("a\nb\nc")) == "▸ bash   pytest -q  ✓ 3 lines"
    assert shown(entry, t1=result("")) == "▸ bash   pytest -q  ✓ no output"
    assert shown(entry, t1=result("ok")) == "▸ bash   pytest -q  ✓ ok"
    assert shown(entry) == "▸ bash   pytest -q  … no result yet"


def test_a_failure_tells_its_exit_code_and_last_words() -> None:
    entry = reply(bash("pytest"))
    text = "collected 43\n2 failed, 41 passed\nexit code 1"
    assert shown(entry, t1=result(text, error=True)).endswith("✗ exit 1: 2 failed, 41 passed")
    assert outcome_of(result("boom", error=True))[0] == "✗ boom"
    assert outcome_of(result("", error=True))[0] == "✗ failed"


def test_a_folded_call_never_takes_two_lines() -> None:
    entry = reply(bash("echo " + "x" * 500 + "\nrm -rf y"))
    content = render_entry(
        entry, results={"t1": result("e" * 500, error=True)}, width=60, header=False
    )
    assert "\n" not in content.plain
    assert content.cell_length <= 60


def test_an_unfolded_call_shows_all_of_its_command_and_result() -> None:
    command = "set -e\npytest -q"
    text = shown(reply(bash(command)), expanded=True, t1=result("one\ntwo"))
    assert text.split("\n") == [
        "▾ bash   set -e pytest -q  ✓ 2 lines",
        "   set -e",
        "   pytest -q",
        "  one",
        "  two",
    ]


def test_a_long_result_keeps_its_beginning_and_end() -> None:
    text = shown(reply(bash("x")), expanded=True, t1=result("\n".join(f"l{i}" for i in range(400))))
    assert "  l0\n" in text
    assert "… 365 more lines" in text
    assert text.endswith("l399")


def test_an_edit_is_shown_as_a_diff() -> None:
    values = {"file_path": "a.py", "old_string": "a\nb\nc", "new_string": "a\nB\nc"}
    lines = [line.rstrip() for line in render_input("edit", values, 40).plain.split("\n")]
    assert lines == ["  a", "- b", "+ B", "  c"]


def test_a_huge_diff_is_cut_and_says_so() -> None:
    content = render_diff("a\n" * 5_000, "b\n" * 5_000, 40, most_lines=20)
    assert content.plain.count("\n") == 20
    assert content.plain.endswith("… 9,980 more lines")


def test_a_search_says_where() -> None:
    assert summary_of("grep", {"pattern": "x[", "path": "src"}) == "x[ in src"


def test_an_unknown_tool_shows_its_input_as_json() -> None:
    text = render_input("mcp__x", {"a": [1, "two"]}, 40).plain
    assert '"two"' in text


def test_nothing_of_an_input_is_left_out() -> None:
    text = render_input("bash", {"command": "ls", "cwd": "/etc", "env": {"A": "1"}}, 40).plain
    assert '"/etc"' in text
    assert '"A": "1"' in text
    odd = {"file_path": "a", "edits": [{"old_string": "x", "new_string": "y"}, "z"]}
    assert '"z"' in render_input("edit", odd, 40).plain
    whole = {"file_path": "a", "old_string": "x", "new_string": "y", "replace_all": True}
    assert "replace_all  True" in render_input("edit", whole, 40).plain


def test_thinking_is_folded_to_its_first_line() -> None:
    entry = reply({"type": "thinking", "thinking": "first\nsecond"}, {"type": "text", "text": "so"})
    assert shown(entry) == "▸ thought  first\n\nso"
    assert "second" in shown(entry, expanded=True)
    assert is_foldable(entry)


def test_a_named_agent_is_shown_with_the_time() -> None:
    content = render_entry(reply({"type": "text", "text": "hi"}, author="reviewer"))
    assert content.plain.startswith("reviewer  ")


def test_a_prompt_is_never_markup_nor_markdown() -> None:
    entry = Entry(1, EntryKind.USER, "[/foo] **x** `y`", AT)
    assert shown(entry) == "[/foo] **x** `y`"


def test_a_long_prompt_is_folded() -> None:
    entry = Entry(1, EntryKind.USER, "\n".join(f"l{i}" for i in range(100)), AT)
    assert "… 86 more lines" in shown(entry)
    assert shown(entry, expanded=True).count("\n") == 99


def test_an_event_is_told_on_one_line() -> None:
    meta = {"event": "error"}
    text = render_event(Entry(1, EntryKind.EVENT, "No key: set one.\nmore", AT, meta=meta)).plain
    assert text.startswith("▸ ✗ No key: set one.  ")
    assert "\n" not in text


def test_an_event_shows_whether_there_is_more_to_unfold() -> None:
    short = Entry(1, EntryKind.EVENT, "Stopped.\n", AT, meta={"event": "interrupted"})
    assert render_event(short).plain.startswith("◼ Stopped.")
    note = Entry(1, EntryKind.EVENT, "Where it stands:\n\nHalf.", AT, meta={"event": "resumed"})
    assert render_event(note).plain.startswith("▸ ↻ Where it stands:")
    unfolded = render_event(note, expanded=True).plain
    assert unfolded.startswith("▾ ↻ ")
    assert unfolded.endswith("Half.")


def test_a_reply_cut_off_by_its_limit_says_so() -> None:
    entry = reply({"type": "text", "text": "and"}, stop_reason="max_tokens")
    assert "token limit" in shown(entry)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = ["command", "file_path", "old_string", "new_string", "content", "pattern", "edits", "x"]


@given(
    st.sampled_from(["bash", "edit", "write", "read", "grep", "", "\x1b[31m"]),
    st.dictionaries(st.sampled_from(KEYS), json_values, max_size=4),
    st.text(max_size=80),
    st.booleans(),
)
def test_any_call_renders(name: str, values: Mapping[str, Any], text: str, error: bool) -> None:
    for width in (10, 80):
        for expanded in (False, True):
            call = ToolCall("t1", name, dict(values))
            content = render_call(call, result(text, error=error), width, expanded=expanded)
            assert "\x1b" not in content.plain


@given(st.lists(st.dictionaries(st.sampled_from(["type", "text", "thinking", "id"]), json_values)))
def test_any_blocks_render(blocks: list[JsonObject]) -> None:
    entry = Entry(1, EntryKind.ASSISTANT, "", AT, content=tuple(blocks))
    assert "\x1b" not in render_entry(entry, expanded=True).plain


def test_a_prompt_to_a_named_agent_says_whom_it_is_for() -> None:
    prompt = Entry(1, EntryKind.USER, "Review it", AT, "reviewer")
    assert render_entry(prompt).plain.startswith("To reviewer  ")
    assert render_entry(Entry(1, EntryKind.USER, "Go", AT)).plain.startswith("You  ")


def test_agents_of_one_session_have_colours_of_their_own() -> None:
    names = ["", "planner", "reviewer", "tester"]
    assert len({author_style(name) for name in names}) == len(names)
    assert author_style("planner") == author_style("planner")


def test_what_looks_like_a_secret_is_said_with_its_kind_alone() -> None:
    flagged = Entry(1, EntryKind.USER, "the text", AT, meta={"secrets": {"AWS key": 2}})
    assert "⚑ looks like a secret: AWS key" in render_entry(flagged).plain
