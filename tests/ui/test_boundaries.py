from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agentsess.model import Entry, EntryKind
from agentsess.ui.render.entries import is_foldable, render_entry

AT = datetime(2026, 11, 17, 14, 3, tzinfo=UTC)
ABOUT = "From here on a summary stands for entries 1–6."


def event(name: str, text: str, **meta: Any) -> Entry:
    return Entry(7, EntryKind.EVENT, text, AT, meta={"event": name, **meta})


def shown(entry: Entry, *, expanded: bool = False, width: int = 60) -> list[str]:
    return render_entry(entry, expanded=expanded, width=width).plain.split("\n")


def test_a_compaction_is_a_line_across_the_conversation() -> None:
    line, about = shown(event("compacted", f"{ABOUT}\n\n## Goal\n\nPort it."))
    assert line.startswith("──── ≡ compacted · ")
    assert line.endswith("────")
    assert len(line) == 60
    assert about == f"▸ {ABOUT}"


def test_unfolding_it_shows_the_summary() -> None:
    entry = event("compacted", f"{ABOUT}\n\n## Goal\n\nPort it.")
    assert is_foldable(entry)
    lines = shown(entry, expanded=True)
    assert lines[1] == f"▾ {ABOUT}"
    assert "Port it." in lines


def test_what_a_phase_begins_with_is_shown_in_part() -> None:
    text = "It goes on.\n\n" + "\n".join(f"- step {number}" for number in range(30))
    folded = shown(event("phase", text))
    assert "• step 13" in "\n".join(folded)
    assert folded[-1] == "… 16 more lines"
    assert "• step 29" in "\n".join(shown(event("phase", text), expanded=True))


@pytest.mark.parametrize("name", ["cleared", "continued"])
def test_an_event_without_more_to_read_does_not_fold(name: str) -> None:
    assert shown(event(name, "So it is."))[1:] == ["So it is."]


def test_what_another_program_compacted_is_one_line() -> None:
    entry = event("compacted", "Conversation compacted", imported="claude_code")
    assert shown(entry)[0].startswith("≡ Conversation compacted")


def test_a_narrow_pane_still_shows_the_line() -> None:
    assert shown(event("cleared", "So it is."), width=12)[0].endswith("────")


def test_nothing_in_a_summary_is_taken_for_markup() -> None:
    text = "[/x] [red]\n\n[/y] [link=z]"
    assert "[/x] [red]" in "\n".join(shown(event("compacted", text), expanded=True))
