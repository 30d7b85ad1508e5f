from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agentsess.model import Entry, EntryKind, Session, Status
from agentsess.sessions.export import export_markdown

AT = datetime(2026, 9, 1, 12, 30, tzinfo=UTC)
SESSION = Session(
    "0b7c5d1e", "Port *the* basket", Status.PAUSED, AT, AT, project="shop", tags=("a", "b"),
    metadata={"priority": 2},
)  # fmt: skip


def entry(kind: EntryKind, text: str, **fields: object) -> Entry:
    return Entry(1, kind, text, AT, **fields)  # type: ignore[arg-type]


def exported(*entries: Entry, session: Session = SESSION) -> str:
    return "".join(export_markdown(session, entries))


def test_the_heading_and_facts_come_first() -> None:
    text = exported()
    assert text.startswith("# Port \\*the\\* basket\n")
    for fact in ("- Status: paused", "- Project: shop", "- Tags: a, b", "- Created: 2026-09-01"):
        assert fact in text


def test_a_prompt_is_quoted_and_a_reply_stands_as_it_is() -> None:
    text = exported(
        entry(EntryKind.USER, "First\n\n# no heading"),
        entry(EntryKind.ASSISTANT, "**Done**\n", author="coder"),
    )
    assert "### You · 2026-09-01 12:30 UTC\n\n> First\n>\n> # no heading\n" in text
    assert "### coder · 2026-09-01 12:30 UTC\n\n**Done**\n" in text


def test_a_tool_call_and_its_result_are_fenced() -> None:
    call = {"type": "tool_use", "id": "1", "name": "bash", "input": {"command": "ls"}}
    text = exported(
        entry(EntryKind.ASSISTANT, "", content=(call,)),
        entry(EntryKind.TOOL_RESULT, "a\n```\nb", meta={"tool": "bash", "is_error": True}),
    )
    assert 'Calls bash:\n\n```json\n{\n  "command": "ls"\n}\n```\n' in text
    assert "### bash: failed" in text
    assert "````\na\n```\nb\n````\n" in text


def test_an_event_is_a_line() -> None:
    assert "\n*Stopped by you* (2026-09-01 12:30 UTC)\n" in exported(
        entry(EntryKind.EVENT, "Stopped by you")
    )


def test_notes_are_quoted() -> None:
    session = replace(SESSION, notes="one\n## two")
    assert "## Notes\n\n> one\n> ## two\n" in exported(session=session)


@given(text=st.text(alphabet="`~\n a#<>*_-", max_size=40))
def test_nothing_in_a_tool_result_gets_out_of_its_fence(text: str) -> None:
    document = exported(entry(EntryKind.TOOL_RESULT, "x" + text), entry(EntryKind.EVENT, "end"))
    tokens = MarkdownIt().parse(document)
    (fence,) = (token for token in tokens if token.type == "fence")
    assert fence.content == ("x" + text).rstrip() + "\n"


@given(title=st.text(max_size=30), project=st.text(max_size=30))
def test_nothing_in_a_title_or_fact_is_taken_for_markdown(title: str, project: str) -> None:
    document = exported(session=replace(SESSION, title="x" + title, project="x" + project))
    tokens = MarkdownIt().parse(document)
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert kinds <= {"text", "text_special"}
    assert sum(token.type == "heading_open" for token in tokens) == 2
