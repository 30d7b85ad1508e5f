from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agentsess.agent.context import UNFINISHED, Conversation
from agentsess.agent.sending import NO_OUTPUT
from agentsess.model import Entry, EntryKind, JsonObject, Usage, text_of
from support.validity import assert_acceptable

AT = datetime(2026, 11, 2, tzinfo=UTC)


def messages_for(entries: Iterable[Entry]) -> list[JsonObject]:
    return Conversation(entries).messages()


def numbered(*entries: Entry) -> list[Entry]:
    return [
        Entry(seq, e.kind, e.text, e.at, e.author, e.content, e.meta)
        for seq, e in enumerate(entries, 1)
    ]


def prompt(text: str, **meta: Any) -> Entry:
    return Entry(0, EntryKind.USER, text, AT, meta=meta)


def reply(*content: JsonObject, **meta: Any) -> Entry:
    return Entry(0, EntryKind.ASSISTANT, text_of(content), AT, content=content, meta=meta)


def said(text: str) -> Entry:
    return reply({"type": "text", "text": text})


def call(id: str, name: str = "bash", **input: Any) -> JsonObject:
    return {"type": "tool_use", "id": id, "name": name, "input": input}


def result(id: str, content: Any = "ok", *, is_error: bool = False, **meta: Any) -> Entry:
    block = {"type": "tool_result", "tool_use_id": id, "content": content, "is_error": is_error}
    facts = {"tool_use_id": id, "tool": "bash", "is_error": is_error, **meta}
    return Entry(0, EntryKind.TOOL_RESULT, text_of([block]), AT, content=(block,), meta=facts)


def event(text: str = "something") -> Entry:
    return Entry(0, EntryKind.EVENT, text, AT, meta={"event": "error"})


def shortening(name: str, kept_from: Any, meta: dict[str, Any] | None = None) -> Entry:
    text = "Made shorter.\n\nWhat was said before."
    facts = {"event": name, "kept_from": kept_from, **(meta or {})}
    return Entry(0, EntryKind.EVENT, text, AT, meta=facts)


def test_each_entry_goes_out_once_and_in_order() -> None:
    entries = numbered(prompt("one"), said("two"), event(), prompt("three"))
    assert messages_for(entries) == [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": [{"type": "text", "text": "two"}]},
        {"role": "user", "content": "three"},
    ]


def test_results_of_parallel_calls_share_one_message() -> None:
    entries = numbered(
        prompt("go"), reply(call("a"), call("b")), result("a", "1"), result("b", "2")
    )
    last = messages_for(entries)[-1]
    assert last["role"] == "user"
    assert [block["content"] for block in last["content"]] == ["1", "2"]


def test_a_call_without_a_result_is_answered_with_an_error() -> None:
    entries = numbered(prompt("go"), reply(call("a"), call("b")), result("a"), prompt("and now?"))
    results = messages_for(entries)[2]["content"]
    assert results[1] == {
        "type": "tool_result",
        "tool_use_id": "b",
        "content": UNFINISHED,
        "is_error": True,
    }


def test_a_result_that_nobody_asked_for_is_left_out() -> None:
    entries = numbered(prompt("go"), result("stray"), said("well"), prompt("on"))
    assert_acceptable(messages_for(entries))
    assert "stray" not in str(messages_for(entries))


def test_a_prompt_sent_again_after_a_failure_goes_out_once() -> None:
    entries = numbered(prompt("same"), event("429"), prompt("same"))
    assert messages_for(entries) == [{"role": "user", "content": "same"}]


def test_fields_that_only_replies_have_do_not_go_back() -> None:
    received = reply(
        {"type": "text", "text": "hi", "citations": None, "parsed_output": None},
        {**call("a", command="ls"), "caller": {"type": "direct"}},
    )
    content = messages_for(numbered(prompt("go"), received, result("a")))[1]["content"]
    assert content == [{"type": "text", "text": "hi"}, call("a", command="ls")]


def test_signed_thinking_goes_back_unchanged_and_unsigned_thinking_does_not() -> None:
    signed = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
    unsigned = {"type": "thinking", "thinking": "hm", "signature": ""}
    text = {"type": "text", "text": "so"}
    content = messages_for(numbered(prompt("go"), reply(signed, unsigned, text), prompt("on")))[1]
    assert content["content"] == [signed, text]


def test_a_reply_that_ends_in_thinking_loses_it() -> None:
    thinking = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
    entries = numbered(prompt("a"), reply(thinking), prompt("b"))
    assert [m["role"] for m in messages_for(entries)] == ["user", "user"]


def test_an_empty_result_says_that_it_is_empty() -> None:
    entries = numbered(prompt("go"), reply(call("a")), result("a", "", is_error=True))
    assert messages_for(entries)[-1]["content"][0]["content"] == NO_OUTPUT


def test_ids_that_a_server_used_twice_are_told_apart() -> None:
    turn = (reply(call("call 1")), result("call 1"))
    entries = numbered(prompt("go"), *turn, *turn, prompt("on"))
    assert_acceptable(messages_for(entries))


def test_the_tools_of_another_program_become_text() -> None:
    meta: dict[str, Any] = {"imported": "claude_code"}
    entries = numbered(
        prompt("list", **meta),
        reply(
            {"type": "thinking", "thinking": "hm", "signature": "x"},
            call("a", command="ls"),
            **meta,
        ),
        result("a", "x" * 5_000, **meta),
        reply({"type": "text", "text": "done"}, **meta),
        prompt("go on"),
    )
    messages = messages_for(entries)
    assert messages[1]["content"] == '[Earlier call of bash] {"command":"ls"}'
    assert "hm" not in str(messages)
    assert messages[2]["content"].count("x") == 2_000
    assert messages[2]["content"].endswith("[5,000 characters in all]")


def test_a_history_without_a_beginning_still_starts_with_the_user() -> None:
    assert_acceptable(messages_for(numbered(said("… and so on"), prompt("go on"))))


texts = st.one_of(st.text(max_size=8), st.sampled_from(["", " ", "\n", "hello"]))
ids = st.sampled_from(["a", "b", "c", "id with spaces", ""])
blocks = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, texts),
    st.builds(
        lambda text, signature: {"type": "thinking", "thinking": text, "signature": signature},
        texts,
        st.sampled_from(["", "c2ln"]),
    ),
    st.builds(lambda data: {"type": "redacted_thinking", "data": data}, texts),
    st.builds(lambda id_, name: call(id_, name), ids, st.text(max_size=5)),
    st.just({"type": "tool_use", "id": "d", "name": "bash", "input": ["not an object"]}),
    st.just({"no": "type"}),
)
metas: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {}, {}, {"imported": "claude_code"}]
)
entries_of_any_kind = st.one_of(
    st.builds(lambda text, meta: prompt(text, **meta), texts, metas),
    st.builds(lambda content, meta: reply(*content, **meta), st.lists(blocks, max_size=4), metas),
    st.builds(lambda id_, text, meta: result(id_, text, is_error=False, **meta), ids, texts, metas),
    st.builds(lambda text: result("a", [{"type": "text", "text": text}]), texts),
    st.builds(event, texts),
)
shortenings = st.builds(
    shortening,
    st.sampled_from(["compacted", "cleared", "phase"]),
    st.integers(-1, 15),
    st.sampled_from([{}, {}, {"imported": "claude_code"}, {"context_tokens": 9}]),
)


@given(st.lists(st.one_of(entries_of_any_kind, shortenings), max_size=14))
def test_whatever_the_history_holds_the_api_takes_it(entries: list[Entry]) -> None:
    assert_acceptable(messages_for(numbered(*entries, prompt("go on"))))


@given(st.lists(entries_of_any_kind, max_size=12), st.data())
def test_what_one_request_sent_is_the_beginning_of_the_next(
    entries: list[Entry], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(entries)))
    history = numbered(*entries[:cut], prompt("asked here"), *entries[cut:], prompt("and here"))
    first = messages_for(history[: cut + 1])
    second = messages_for(history)
    assert msgspec.json.encode(second[: len(first)]) == msgspec.json.encode(first)


# -- when a conversation gets shorter


def test_a_summary_stands_for_what_came_before_and_the_rest_stays_as_it_was() -> None:
    before = numbered(prompt("one"), said("two"), prompt("three"), said("four"))
    after = numbered(*before, shortening("compacted", 3), prompt("five"))
    summary, *rest = messages_for(after)
    assert summary["role"] == "user"
    assert summary["content"].endswith("\n\nWhat was said before.")
    assert "Made shorter." not in summary["content"]
    assert rest == [*messages_for(before)[2:], {"role": "user", "content": "five"}]


def test_a_second_summary_takes_the_place_of_the_first_and_of_what_came_since() -> None:
    history = numbered(
        *(prompt("one"), said("two"), prompt("three"), said("four")),
        shortening("compacted", 3),
        *(prompt("six"), said("seven"), prompt("eight"), said("nine")),
        shortening("compacted", 8),
    )
    summary, *rest = messages_for(history)
    assert "What was said before." in summary["content"]
    assert rest == messages_for(history[7:9])


def test_a_summary_may_take_the_place_of_what_the_one_before_had_left() -> None:
    earlier = numbered(prompt("one"), said("two"), prompt("three"), said("four"))
    again = numbered(*earlier, shortening("compacted", 3), shortening("compacted", 4))
    assert messages_for(again)[1:] == messages_for(earlier)[3:]


def test_results_before_an_entry_are_left_out_unless_they_are_short() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "x"}}
    picture = Entry(0, EntryKind.USER, "see", AT, content=(image, {"type": "text", "text": "see"}))
    entries = numbered(
        picture,
        reply(call("a"), call("b"), call("c")),
        result("a", "x" * 5_000),
        result("b", "short"),
        result("c", [{"type": "text", "text": "y" * 300}, image]),
        reply(call("d")),
        result("d", "z" * 5_000),
        shortening("cleared", 6),
        prompt("go on"),
    )
    messages = messages_for(entries)
    assert messages[0]["content"][0] == {"type": "text", "text": "[image left out]"}
    assert [block["content"] for block in messages[2]["content"]] == [
        "[result left out; 5,000 characters]",
        "short",
        "[result left out; 300 characters, 1 image]",
    ]
    assert messages[4]["content"][0]["content"] == "z" * 5_000
    assert_acceptable(messages)


def test_leaving_results_out_changes_nothing_that_was_handed_out_before() -> None:
    conversation = Conversation(numbered(prompt("go"), reply(call("a")), result("a", "x" * 500)))
    sent = conversation.messages()
    before = msgspec.json.encode(sent)
    conversation.add(msgspec.structs.replace(shortening("cleared", 9), seq=4))
    assert msgspec.json.encode(sent) == before


def test_a_compaction_that_another_program_tells_of_changes_nothing() -> None:
    told = shortening("compacted", 3, {"imported": "claude_code"})
    entries = numbered(prompt("one"), said("two"), told, prompt("three"))
    assert [m["role"] for m in messages_for(entries)] == ["user", "assistant", "user"]


def test_the_tail_is_whole_turns_if_one_is_light_enough() -> None:
    turns = [prompt("x" * 100), said("y" * 100)] * 3
    assert Conversation(numbered(*turns)).tail(450) == 3
    assert Conversation(numbered(*turns)).tail(350) == 5, "not in the middle of a turn"
    assert Conversation(numbered(*turns)).tail(250) == 5


def test_a_turn_that_is_too_heavy_is_cut_before_one_of_its_replies() -> None:
    steps = [e for i in "abc" for e in (reply(call(i)), result(i, "x" * 1_000))]
    assert Conversation(numbered(prompt("go"), *steps)).tail(2_500) == 4


def test_what_waits_for_an_answer_is_kept_however_heavy_it_is() -> None:
    asked = numbered(prompt("one"), said("two"), prompt("x" * 1_000))
    assert Conversation(asked).tail(10) == 3
    used = numbered(prompt("one"), reply(call("a")), result("a", "x" * 1_000))
    assert Conversation(used).tail(10) == 2
    answered = numbered(prompt("one"), said("y" * 1_000))
    assert Conversation(answered).tail(10) == 3


def test_the_size_of_the_next_request_is_what_was_measured_and_what_came_since() -> None:
    measured = reply({"type": "text", "text": "hm"}, usage=Usage(900, 100).to_json())
    entries = numbered(prompt("x" * 9_000), measured, prompt("y" * 350))
    assert Conversation(entries).tokens == 1_100
    shorter = numbered(*entries, shortening("compacted", 3, {"context_tokens": 40}))
    assert Conversation(shorter).tokens == 40
    assert Conversation(numbered(*shorter, prompt("z" * 350))).tokens == 140


def test_images_weigh_little_for_their_bytes() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "x" * 500_000}
    image = Entry(0, EntryKind.USER, "[image]", AT, content=({"type": "image", "source": source},))
    assert Conversation(numbered(image)).tokens < 2_000


def _without_thinking(message: JsonObject) -> JsonObject:
    content = message["content"]
    if isinstance(content, str):
        return message
    kept = [block for block in content if "thinking" not in block["type"]]
    return {**message, "content": kept}


@given(
    st.lists(st.one_of(entries_of_any_kind, shortenings), min_size=1, max_size=12),
    st.integers(0, 60),
)
def test_after_a_compaction_at_the_tail_it_goes_out_as_before_but_for_its_thinking(
    entries: list[Entry], most: int
) -> None:
    history = numbered(*entries)
    conversation = Conversation(history)
    before = list(conversation.messages())
    kept_from = conversation.tail(most)
    compacted = numbered(*history, shortening("compacted", kept_from), prompt("go on"))
    after = messages_for(compacted)
    assert_acceptable(after)
    tail = after[1:-1]
    assert tail == ([_without_thinking(m) for m in before[-len(tail) :]] if tail else [])
    if before and before[-1]["role"] == "user" and kept_from <= len(history):
        assert tail, "what waits for an answer is lost"


@given(
    st.lists(st.one_of(entries_of_any_kind, shortenings), max_size=10),
    st.lists(entries_of_any_kind, max_size=6),
)
def test_between_two_shortenings_the_cache_hits(earlier: list[Entry], later: list[Entry]) -> None:
    history = numbered(*earlier, prompt("asked here"), *later, prompt("and here"))
    first = messages_for(history[: len(earlier) + 1])
    second = messages_for(history)
    assert msgspec.json.encode(second[: len(first)]) == msgspec.json.encode(first)


@given(st.lists(st.one_of(entries_of_any_kind, shortenings), max_size=12), st.data())
def test_another_process_builds_the_same_messages(
    entries: list[Entry], data: st.DataObject
) -> None:
    history = numbered(*entries)
    cut = data.draw(st.integers(0, len(history)))
    read_along = Conversation(history[:cut])
    for entry in history[cut:]:
        read_along.add(entry)
    assert read_along.tokens == Conversation(history).tokens
    assert read_along.messages() == messages_for(history)
