from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import ValidationError

from agentsess.errors import StoreTooNew
from agentsess.model import Draft, Entry, EntryKind
from agentsess.storage import history as history_module
from agentsess.storage import journal
from agentsess.storage.history import History
from agentsess.storage.journal import FORMAT, seal

AT = datetime(2026, 9, 1, 12, tzinfo=UTC)


def prompts(count: int, size: int = 10) -> list[Draft]:
    return [Draft(EntryKind.USER, f"{n} " + "x" * size, at=AT) for n in range(1, count + 1)]


@pytest.fixture
def history(tmp_path: Path) -> Any:
    opened = History(tmp_path / "s" / "history.jsonl")
    yield opened
    opened.close()


def everything() -> list[Draft]:
    """A draft of each kind, with all that a draft can hold."""
    call = {"type": "tool_use", "id": "t1", "name": "bash", "input": {"command": "ls"}}
    return [
        Draft(EntryKind.USER, "Look", at=AT),
        Draft(
            EntryKind.ASSISTANT,
            "I look.",
            content=(
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "text", "text": "I look."},
                call,
            ),
            author="coder",
            meta={"usage": {"input": 3}, "model": "m"},
            at=AT,
        ),
        Draft(
            EntryKind.TOOL_RESULT,
            "a\nb",
            content=({"type": "tool_result", "tool_use_id": "t1", "content": "a\nb"},),
            meta={"tool_use_id": "t1", "tool": "bash"},
            at=AT,
        ),
        Draft(EntryKind.EVENT, "Stopped", meta={"event": "interrupted"}, at=AT),
    ]


def test_entries_come_back_as_they_were_given(history: History) -> None:
    drafts = everything()
    returned = history.append(drafts)
    assert returned == tuple(history.entries())
    for seq, (draft, entry) in enumerate(zip(drafts, returned, strict=True), 1):
        assert entry == Entry(
            seq, draft.kind, draft.text, AT, draft.author, draft.content, dict(draft.meta)
        )


def test_entries_are_numbered_from_one_across_appends_and_handles(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    for expected in (1, 2, 3):
        history = History(path)
        assert [entry.seq for entry in history.append(prompts(1))] == [expected]
        history.close()
    assert History(path).page(last=1).total == 3


def test_a_history_that_does_not_exist_is_empty_and_makes_no_file(tmp_path: Path) -> None:
    history = History(tmp_path / "none" / "history.jsonl")
    assert history.page(last=10).entries == ()
    assert history.page(last=10).total == 0
    assert list(history.entries()) == []
    assert history.size_bytes == 0
    assert history.damage() == []
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 300), max_size=40),
    last=st.integers(1, 15),
    block=st.sampled_from([64, 256, 65536]),
)
def test_pages_of_any_size_joined_are_the_whole_history(
    sizes: list[int], last: int, block: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "pages.jsonl"
    path.unlink(missing_ok=True)
    history = History(path)
    history.append([Draft(EntryKind.USER, "x" * size, at=AT) for size in sizes])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "_BLOCK", block)
        joined: list[Entry] = []
        before: int | None = None
        while True:
            page = history.page(last=last, before=before)
            assert page.total == len(sizes)
            joined = [*page.entries, *joined]
            if page.first_seq == 1:
                break
            before = page.first_seq
        assert joined == list(history.entries())
        for start in range(1, len(sizes) + 2):
            assert list(history.entries(start)) == joined[start - 1 :]
    history.close()


def test_a_page_reads_little_of_a_long_history(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.append(prompts(3000, size=500))
    parsed = 0
    real = journal.is_whole

    def counting(line: bytes) -> bool:
        nonlocal parsed
        parsed += 1
        return real(line)

    for module in (journal, history_module):
        monkeypatch.setattr(module, "is_whole", counting)
    assert history.page(last=20).entries[-1].seq == 3000
    assert parsed < 200
    parsed = 0
    assert [e.seq for e in history.page(last=20, before=1500).entries] == list(range(1480, 1500))
    assert parsed < 400


def test_a_page_before_the_first_entry_is_empty(history: History) -> None:
    history.append(prompts(3))
    assert history.page(last=5, before=1).entries == ()
    assert history.page(last=5, before=1).total == 3
    assert [e.seq for e in history.page(last=5, before=99).entries] == [1, 2, 3]


def test_damaged_entries_are_skipped_counted_and_no_number_changes(
    history: History, tmp_path: Path
) -> None:
    history.append(prompts(5))
    path = history.path
    path.write_bytes(path.read_bytes().replace(b"3 xxx", b"9 xxx"))
    assert [e.seq for e in history.entries()] == [1, 2, 4, 5]
    assert [e.seq for e in history.page(last=3).entries] == [2, 4, 5]
    assert [e.seq for e in history.page(last=2, before=4).entries] == [1, 2]
    assert len(history.damage()) == 1
    assert [e.seq for e in history.append(prompts(1))] == [6]


def test_a_record_of_an_unknown_kind_is_left_out_and_counts_as_damage(history: History) -> None:
    history.append(prompts(2))
    history.close()
    strange = {"kind": "thought", "at": AT.isoformat(), "text": "Hm."}
    with history.path.open("ab") as file:
        file.write(seal({"op": "put", "t": "entries", "id": 3, "d": strange}))
    again = History(history.path)
    assert [e.seq for e in again.entries()] == [1, 2]
    assert len(again.damage()) == 1
    again.close()


def test_what_is_no_entry_is_not_written(history: History) -> None:
    history.append(prompts(1))
    strange = Draft(EntryKind.USER, "a", meta={1: "one"})  # type: ignore[dict-item]
    with pytest.raises(ValidationError):
        history.append([strange])
    assert [e.seq for e in history.append(prompts(1))] == [2]
    assert history.damage() == []


def test_a_torn_tail_is_healed_by_the_next_append(history: History) -> None:
    history.append(prompts(3))
    history.close()
    whole = history.path.read_bytes()
    history.path.write_bytes(whole[:-10])
    again = History(history.path)
    assert [e.seq for e in again.entries()] == [1, 2]
    assert [e.seq for e in again.append(prompts(2))] == [3, 4]
    assert [e.seq for e in again.entries()] == [1, 2, 3, 4]
    assert len(again.damage()) == 1
    again.close()


def test_readers_see_each_append_at_once(history: History) -> None:
    reader = History(history.path)
    for count in (1, 2, 3):
        history.append(prompts(1))
        assert reader.page(last=10).total == count
        assert len(list(reader.entries())) == count


def test_a_time_without_a_zone_is_local_and_stored_with_one(history: History) -> None:
    local = datetime(2026, 9, 1, 12)
    (entry,) = history.append([Draft(EntryKind.USER, "x", at=local)])
    assert entry.at == local.astimezone()
    assert next(history.entries()).at == local.astimezone()


def test_a_time_of_another_zone_stays_the_same_moment(history: History) -> None:
    there = datetime(2026, 9, 1, 12, tzinfo=timezone(timedelta(hours=9)))
    (entry,) = history.append([Draft(EntryKind.USER, "x", at=there)])
    assert entry.at == there


def test_text_that_is_no_unicode_is_kept_with_replacements(history: History) -> None:
    (entry,) = history.append(
        [Draft(EntryKind.TOOL_RESULT, content=({"type": "text", "text": "a\udcff"},))]
    )
    assert entry.text == "a\ufffd"
    assert next(history.entries()) == entry


def test_drafts_that_cannot_be_json_are_refused_together(history: History) -> None:
    history.append(prompts(1))
    with pytest.raises(TypeError):
        history.append([*prompts(1), Draft(EntryKind.USER, "x", meta={"o": object()})])
    assert len(list(history.entries())) == 1


def test_a_history_of_a_newer_version_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(seal({"fmt": FORMAT, "v": 2}) + b"something new\n")
    before = path.read_bytes()
    history = History(path)
    with pytest.raises(StoreTooNew):
        history.page(last=1)
    with pytest.raises(StoreTooNew):
        list(history.entries())
    with pytest.raises(StoreTooNew):
        history.append(prompts(1))
    assert path.read_bytes() == before
