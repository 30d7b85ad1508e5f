"""A line in, entries out."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agentsess.model import Draft, EntryKind
from agentsess.sources.claude_records import Record, drafts_of, message_of, parse_line, time_of
from support.claude_history import Transcript

TEXT = {"type": "text", "text": "Hello"}
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
blocks = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["text", "tool_use", "tool_result", "thinking", "image"])},
        optional=dict.fromkeys(("text", "content", "id", "name", "input", "tool_use_id"), values),
    )
    | values,
    max_size=4,
)
messages = values | st.fixed_dictionaries(
    {"content": blocks | st.text() | values},
    optional={"id": values, "model": values, "usage": values, "stop_reason": values},
)
records = st.fixed_dictionaries(
    {"type": st.sampled_from(["user", "assistant", "system", "attachment"]) | values},
    optional={
        "message": messages,
        "attachment": messages
        | st.fixed_dictionaries({"type": st.just("queued_command"), "prompt": messages}),
        "subtype": st.sampled_from(["compact_boundary", "local_command"]) | values,
        "content": values,
        "compactMetadata": values,
        "timestamp": values | st.just("2026-11-22T13:47:19.297Z"),
        "origin": values,
        "isMeta": values,
        "isCompactSummary": values,
        "isApiErrorMessage": values,
    },
)


def line_of(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


def drafts(line: bytes) -> list[Draft]:
    record = parse_line(line)
    assert record is not None
    return drafts_of(record, message_of(record))


def only(transcript: Transcript) -> Draft:
    (draft,) = (draft for line in transcript.lines for draft in drafts(line))
    return draft


@settings(deadline=None)
@given(st.binary())
def test_no_bytes_make_parsing_fail(line: bytes) -> None:
    record = parse_line(line)
    assert record is None or drafts_of(record, message_of(record)) is not None


@settings(deadline=None)
@given(records)
def test_no_types_of_fields_make_reading_fail(value: dict[str, Any]) -> None:
    for draft in drafts(line_of(value)):
        assert isinstance(draft.text, str)
        assert isinstance(draft.content, tuple)
        draft.text.encode()


@settings(deadline=None)
@given(records, st.data())
def test_a_torn_line_is_damaged_or_whole_never_an_error(
    value: dict[str, Any], data: st.DataObject
) -> None:
    line = line_of(value)
    cut = line[: data.draw(st.integers(0, len(line)))]
    record = parse_line(cut)
    assert record is None or cut.strip() == line.strip()


def test_a_prompt_is_a_user_entry() -> None:
    draft = only(Transcript().prompt("Fix it"))
    assert (draft.kind, draft.text, draft.content) == (EntryKind.USER, "Fix it", ())
    assert draft.at is not None


def test_a_prompt_with_an_image_keeps_its_blocks() -> None:
    image = {"type": "image", "source": {"type": "base64", "data": "AA=="}}
    draft = only(Transcript().user([TEXT, image]))
    assert draft.content == (TEXT, image)
    assert draft.text == "Hello\n\n[image, 1 KB]"


def test_each_line_of_a_reply_is_an_entry() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}}
    session = Transcript().reply("I will look.", call, message_id="m1", stop_reason="tool_use")
    first, second = (drafts(line)[0] for line in session.lines)
    assert (first.kind, first.text) == (EntryKind.ASSISTANT, "I will look.")
    assert second.content == (call,)
    assert second.meta == {
        "model": session.model,
        "message_id": "m1",
        "stop_reason": "tool_use",
        "usage": {"input": 12, "output": 77, "cache_read": 50, "cache_write": 100},
    }


def test_parallel_results_in_one_record_are_an_entry_each() -> None:
    results = [
        {"type": "tool_result", "tool_use_id": "a", "content": "one"},
        {"type": "tool_result", "tool_use_id": "b", "content": [TEXT], "is_error": True},
    ]
    first, second = drafts(Transcript().user(results).lines[0])
    assert (first.text, first.meta) == ("one", {"is_error": False, "tool_use_id": "a"})
    assert (second.text, second.meta) == ("Hello", {"is_error": True, "tool_use_id": "b"})
    assert second.kind is EntryKind.TOOL_RESULT


def test_a_compaction_is_an_event_and_so_is_its_summary() -> None:
    boundary, summary = (drafts(line)[0] for line in Transcript().compact("So far").lines)
    assert boundary.meta == {
        "event": "compacted",
        "trigger": "manual",
        "pre_tokens": 9000,
        "post_tokens": 700,
    }
    assert (summary.text, summary.meta) == ("So far", {"event": "compact_summary"})


def test_an_api_error_is_an_event() -> None:
    draft = only(Transcript().reply("API Error: 529", isApiErrorMessage=True, model="<synthetic>"))
    assert (draft.text, draft.meta) == ("API Error: 529", {"event": "error"})


def test_a_reply_that_no_model_wrote_is_an_event() -> None:
    draft = only(Transcript().reply("No response requested.", model="<synthetic>"))
    assert draft.meta == {"event": "notice"}


def test_what_is_typed_while_the_model_works_is_a_prompt() -> None:
    assert only(Transcript().queued("And the docs")).kind is EntryKind.USER


def test_a_queued_notification_is_no_prompt() -> None:
    session = Transcript().attachment(
        "queued_command", prompt="Task a1 is done", commandMode="task-notification"
    )
    assert drafts(session.lines[0]) == []


def test_other_attachments_are_no_entries() -> None:
    for line in Transcript().bulk(2_000).lines:
        assert drafts(line) == []


def test_a_command_and_what_it_printed_are_events() -> None:
    session = Transcript().command("rename", "My title", "Renamed.")
    events = [draft for line in session.lines for draft in drafts(line)]
    assert [(draft.meta["event"], draft.text) for draft in events] == [
        ("command", "/rename My title"),
        ("command_output", "Renamed."),
    ]


def test_a_shell_command_of_the_user_is_an_event() -> None:
    draft = only(Transcript().user("<bash-input>git status</bash-input>"))
    assert (draft.kind, draft.text) == (EntryKind.EVENT, "! git status")


def test_an_interruption_is_an_event() -> None:
    draft = only(Transcript().user([{"type": "text", "text": "[Request interrupted by user]"}]))
    assert draft.meta == {"event": "interrupted"}


def test_what_an_editor_puts_before_a_prompt_is_left_out() -> None:
    wrapped = "<ide_opened_file>a.py is open</ide_opened_file>\nRename the class"
    assert only(Transcript().user(wrapped)).text == "Rename the class"


def test_meta_and_side_chains_are_no_entries() -> None:
    session = Transcript().user("Caveat", isMeta=True).reply("Aside", isSidechain=True)
    assert [drafts(line) for line in session.lines] == [[], []]


def test_prompts_that_are_not_a_persons_are_no_entries() -> None:
    assert drafts(Transcript().user("Done", origin={"kind": "task"}).lines[0]) == []


def test_a_lone_surrogate_is_replaced() -> None:
    line = rb'{"type":"user","message":{"content":"cut \ud83d here"}}'
    assert drafts(line)[0].text == "cut \ufffd here"


def test_invalid_utf8_is_replaced() -> None:
    line = b'{"type":"user","message":{"content":"caf\xe9"}}'
    assert drafts(line)[0].text == "caf\ufffd"


def test_nul_bytes_before_a_record_are_dropped() -> None:
    line = b"\0" * 512 + Transcript().prompt("Still here").lines[0]
    assert drafts(line)[0].text == "Still here"


def test_control_characters_inside_a_text_are_read() -> None:
    assert drafts(b'{"type":"user","message":{"content":"a\tb"}}')[0].text == "a\tb"


def test_endless_nesting_is_damage() -> None:
    assert parse_line(b'{"type":"user","message":' + b"[" * 100_000) is None
    assert parse_line(b'{"type":"x","zzz":' + b"[" * 100_000 + b"]" * 100_000 + b"}") is None


def test_results_inside_results_are_left_out() -> None:
    block: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(200):
        block = {"type": "tool_result", "content": [TEXT, block]}
    assert drafts(Transcript().user([block]).lines[0])[0].text == "Hello"


def test_records_that_are_not_objects_are_damage() -> None:
    assert [parse_line(line) for line in (b"[1,2]\n", b"7\n", b'"x"\n', b"null\n", b"\n")] == (
        [None] * 5
    )


def test_only_plausible_times_count() -> None:
    def at(value: Any) -> object:
        return time_of(Record(timestamp=value))

    assert [at(v) for v in (None, 5, "soon", "0001-01-01T00:00:00+14:00")] == [None] * 4
    assert str(at("2026-11-22T13:47:19.297")) == "2026-11-22 13:47:19.297000+00:00"
