from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agentsess.agent.context import NO_OUTPUT, UNFINISHED, messages_for
from agentsess.model import Entry, EntryKind, JsonObject, text_of
from support.validity import assert_acceptable

AT = datetime(2026, 11, 2, tzinfo=UTC)


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


@given(st.lists(entries_of_any_kind, max_size=12))
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
