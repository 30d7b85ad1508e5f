from datetime import UTC, datetime, timedelta

from agentsess.model import CommandRun, Fact, FileTouched, Recap
from agentsess.ui.render.recap import render_recap

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def lines(recap: Recap, width: int = 60) -> list[str]:
    return [line.rstrip() for line in render_recap(recap, now=NOW, width=width).plain.split("\n")]


def test_only_what_is_known_appears() -> None:
    assert lines(Recap("Two tests fail")) == ["Two tests fail", "", "made from the history"]


def test_it_says_how_long_ago_and_by_whom() -> None:
    recap = Recap(
        "x",
        last_activity=NOW - timedelta(days=6),
        generated_by="claude-sonnet-5-5",
        covers_entries=412,
    )
    assert lines(recap)[1] == "last worked 6 days ago"
    assert lines(recap)[-1] == "written by claude-sonnet-5-5 · covers 412 entries"


def test_long_lists_are_cut_and_counted() -> None:
    text = lines(Recap("x", done=tuple(Fact(f"did {i}") for i in range(9))))
    assert text[2:9] == ["Done", *(f"✓ did {i}" for i in range(5)), "  … 4 more"]


def test_every_part_has_its_glyph() -> None:
    recap = Recap(
        "x",
        goal=Fact("port it"),
        in_progress=(Fact("decoding"),),
        next=(Fact("run all"),),
        questions=(Fact("latin-1?"),),
        blockers=(Fact("no image"),),
        decisions=(Fact("in the driver"),),
        files=(FileTouched("a.py", "edited", 4, 9), FileTouched("b.py", "created", 1, 8)),
        commands=(CommandRun("pytest", "failed", "2 failed", 9),),
    )
    text = lines(recap)
    for line in (
        "Goal  port it",
        "◐ decoding",
        "→ run all",
        "? latin-1?",
        "✗ no image",
        "◆ in the driver",
        "~ a.py ×4",
        "+ b.py",
        "✗ pytest  2 failed",
    ):
        assert line in text


def test_long_facts_hang_below_their_glyph() -> None:
    text = lines(Recap("x", next=(Fact("word " * 20),)), width=30)
    assert text[3:5] == ["→ word word word word word", "  word word word word word"]


def test_markup_and_escapes_are_text() -> None:
    text = lines(Recap("[/foo] \x1b[31mred", done=(Fact("a\nb"),)))
    assert text[0] == "[/foo] red"
    assert "✓ a b" in text
