"""The card's lines: what matters fits into the room there is, and everything has its place."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsess.model import CommandRun, Fact, FileTouched, Recap, Stretch
from agentsess.sessions.estimate import Estimate, GoingOn
from agentsess.sessions.staleness import Change
from agentsess.ui.render.going_on import priced, proposal
from agentsess.ui.render.recap import Standing, Way, draw

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def facts(what: str, count: int) -> tuple[Fact, ...]:
    return tuple(Fact(f"{what} {number}", (number + 1,)) for number in range(count))


FULL = Recap(
    "Phases 1 and 2 are done.",
    goal=Fact("Port it", (1,)),
    done=facts("did", 9),
    in_progress=facts("doing", 2),
    next=facts("coming", 7),
    decisions=facts("decided", 5),
    questions=facts("asked", 3),
    blockers=facts("blocked", 3),
    files=tuple(FileTouched(f"src/{n}.py", "edited", n, n) for n in range(1, 12)),
    commands=(CommandRun("pytest", "failed", "2 failed", 9),),
    covers_entries=412,
    last_activity=NOW - timedelta(days=6),
)


def standing(recap: Recap, **others: Any) -> Standing:
    return Standing(recap, NOW, **others)


def lines(recap: Recap, width: int = 80, height: int | None = None, **others: Any) -> list[str]:
    return [row.content.plain.rstrip() for row in draw(standing(recap, **others), width, height)]


def test_only_what_is_known_appears() -> None:
    assert lines(Recap("Two tests fail")) == [
        "Two tests fail",
        "made from the history",
        "",
        "Since then      nothing else changed that can be seen",
    ]


def test_it_says_how_long_ago_by_whom_and_what_was_edited() -> None:
    recap = Recap(
        "x",
        last_activity=NOW - timedelta(days=6),
        generated_by="claude-haiku-5-5",
        covers_entries=412,
        edited=("headline", "in_progress"),
    )
    assert lines(recap, 100)[1] == (
        "6 days ago · written by claude-haiku-5-5, 412 entries · headline, in progress edited"
    )


def test_every_part_has_its_place_and_its_glyph() -> None:
    text = lines(FULL, notes="Ask Kim.")
    for line in (
        "Goal            Port it",
        "You noted       ✎ Ask Kim.",
        "Done            ✓ did 8",
        "In progress     ◐ doing 0",
        "Next            → coming 0",
        "Questions       ? asked 0",
        "Blockers        ✗ blocked 0",
        "Decisions       ◆ decided 4",
        "Files           ~ src/1.py",
        "Commands        ✗ pytest  2 failed",
    ):
        assert line in text


@pytest.mark.parametrize(("width", "height"), [(76, 17), (96, 21), (150, 41)])
def test_a_full_recap_fits_and_says_what_it_leaves_out(width: int, height: int) -> None:
    ways = (Way("enter", "Continue", "about 84k tokens"), Way("escape", "Only read"))
    changes = tuple(Change("files", f"{n}.py changed since.") for n in range(5))
    recap = replace(FULL, done=facts("did something that takes a few words", 9))
    text = lines(recap, width, height, ways=ways, changes=changes)
    assert len(text) <= height
    assert all(len(line) <= width for line in text)
    joined = "\n".join(text)
    for title in ("In progress", "Next", "Blockers", "Questions", "Done", "Since then"):
        assert title in joined
    assert "enter  Continue" in text[-2]
    assert "more changes" in joined
    assert "/9" in joined


@given(
    sizes=st.lists(st.integers(0, 12), min_size=6, max_size=6),
    words=st.integers(1, 60),
    width=st.integers(20, 140),
    height=st.integers(6, 60),
    changes=st.none() | st.integers(0, 6),
)
def test_whatever_it_holds_it_never_takes_more_lines_than_there_are(
    sizes: list[int], words: int, width: int, height: int, changes: int | None
) -> None:
    names = ("done", "in_progress", "next", "decisions", "questions", "blockers")
    lists = {name: facts("word " * words, n) for name, n in zip(names, sizes, strict=True)}
    found = None if changes is None else (Change("files", "x changed since."),) * changes
    rows = draw(standing(Recap("word " * words, **lists), changes=found), width, height)
    assert len(rows) <= height


def test_nothing_moves_when_what_changed_becomes_known() -> None:
    ways = (Way("enter", "Continue", None), Way("escape", "Only read"))
    for height in (17, 21, 40):
        before = lines(FULL, 76, height, changes=None, ways=ways)
        for count in range(6):
            changes = (Change("files", "a.py changed since."),) * count
            after = lines(FULL, 76, height, changes=changes, ways=ways)
            assert len(after) == len(before)
            start = next(n for n, line in enumerate(before) if line.startswith("Since then"))
            assert after[:start] == before[:start]


def test_a_long_change_has_the_line_that_is_kept_for_another() -> None:
    long = Change("model", "claude-sonnet-4-5 retires on 30 November 2026. " + "Its successor " * 3)
    alone = lines(FULL, 76, 17, changes=(long,))
    start = next(n for n, line in enumerate(alone) if line.startswith("Since then"))
    assert alone[start + 1].startswith(" " * 18 + "successor Its")
    both = lines(FULL, 76, 17, changes=(long, Change("files", "a.py changed since.")))
    assert both[start].endswith("…")
    assert both[start + 1] == " " * 16 + "! a.py changed since."


def test_figures_stand_close_to_the_ways_where_there_is_little_room() -> None:
    figures = "about 239 tokens, <$0.01, then <$0.01 cached"
    ways = (Way("enter", "Continue here", figures), Way("escape", "Only read", "all stays"))
    text = lines(Recap("x"), 76, 17, ways=ways)
    assert text[-2:] == [
        " enter  Continue here  " + figures,
        "   esc  Only read      all stays",
    ]


def test_lines_lead_to_the_entries_they_came_from() -> None:
    rows = draw(standing(FULL), 80)
    places = {row.content.plain[18:].strip(): row.seq for row in rows if row.seq}
    assert places["did 8"] == 9
    assert places["coming 0"] == 1
    assert places["pytest  2 failed"] == 9


def test_the_agent_that_worked_last_stands_first() -> None:
    recap = Recap("x", agents=(Fact("planner: a plan", (2,)), Fact("builder: built", (5, 9))))
    first, second = [row.seq for row in draw(standing(recap), 80) if row.seq]
    assert (first, second) == (9, 2)


def test_where_there_is_little_room_short_facts_share_a_line() -> None:
    recap = Recap("x", done=facts("did", 3), next=(Fact("word " * 11, (7,)), Fact("short", (8,))))
    (done,) = [row for row in draw(standing(recap), 76, 16) if "did" in row.content.plain]
    assert done.content.plain == "Done            ✓ did 2   ✓ did 1   ✓ did 0"
    assert done.seq == 3
    text = lines(recap, 76, 16)
    assert "Next            → " + "word " * 10 + "word" in text
    assert " " * 16 + "→ short" in text


# -- when it was worked on


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def sitting(days_ago: float, minutes: float, seq: int, *took: Any) -> Stretch:
    start = NOW - timedelta(days=days_ago, hours=1)
    return Stretch(start, start + timedelta(minutes=minutes), seq, seq + 9, *took)


SITTINGS = (
    sitting(8, 30, 1, 4, 90_000, 0.2),
    sitting(7, 5, 11, 1, 8_000, None),
    sitting(6, 61, 21, 12, 309_000, 0.324),
)


def worked(width: int, *stretches: Stretch) -> str:
    recap = Recap("x", stretches=stretches)
    (row,) = [row for row in draw(standing(recap), width, 30) if "Worked on" in row.content.plain]
    assert row.seq == stretches[-1].first_seq
    return row.content.plain[16:]


@pytest.mark.usefixtures("utc")
def test_a_line_says_when_it_was_worked_on_and_what_the_last_sitting_took() -> None:
    text = worked(140, *SITTINGS)
    assert text == (
        "▄▂█ 3 sittings since 15 Nov · last Tue 17 Nov 11:00–12:01: 12 turns, 309k tokens, $0.32"
    )
    for width in (40, 60, 76, 96):
        short = worked(width, *SITTINGS)
        assert len(short) <= width - 16
        assert text.startswith(short)
    assert worked(76, *SITTINGS).endswith("last Tue 17 Nov 11:00–12:01")
    assert worked(140, *SITTINGS[:2]).endswith("last Mon 16 Nov 11:00–11:05: 1 turn, 8k tokens")


@pytest.mark.usefixtures("utc")
def test_a_single_sitting_needs_no_bars_and_of_very_many_only_the_last_are_counted() -> None:
    assert worked(140, sitting(0, 25, 1, 3)) == "today 11:00–11:25, 25 min: 3 turns"
    assert worked(140, *SITTINGS[1:]).startswith("▂█ 2+ sittings")


@pytest.mark.usefixtures("utc")
def test_all_of_it_has_a_line_for_each_sitting_the_last_first() -> None:
    rows = draw(standing(Recap("x", stretches=SITTINGS)), 100)
    first, second, third = [
        (r.content.plain[16:], r.seq) for r in rows if "turn" in r.content.plain
    ]
    assert first == ("█ Tue 17 Nov  11:00–12:01  1 h 1 min  12 turns, 309k tokens, $0.32", 21)
    assert second == ("▂ Mon 16 Nov  11:00–11:05  5 min      1 turn, 8k tokens", 11)
    assert third == ("▄ Sun 15 Nov  11:00–11:30  30 min     4 turns, 90k tokens, $0.20", 1)


def test_a_recap_keeps_its_time_line() -> None:
    assert Recap.from_json(Recap("x", stretches=SITTINGS).to_json()).stretches == SITTINGS


def test_long_facts_hang_below_their_glyph() -> None:
    text = lines(Recap("x", next=(Fact("word " * 16),)), width=60)
    assert text[3].startswith("Next            → word")
    assert text[4].startswith(" " * 18 + "word")


def test_markup_and_escapes_are_text() -> None:
    text = lines(Recap("[/foo] \x1b[31mred", done=(Fact("a\nb"),)))
    assert text[0] == "[/foo] red"
    assert "Done            ✓ a b" in text


# -- the ways to go on


def estimate(tokens: int, warm: float | None, cold: float | None, is_warm: bool) -> Estimate:
    return Estimate(tokens, warm, cold, is_warm)


def test_a_way_says_what_it_costs_now_and_without_the_cache() -> None:
    cold = estimate(84_000, 0.03, 0.31, False)
    warm = estimate(84_000, 0.03, 0.31, True)
    unknown = estimate(84_000, None, None, False)
    ways = (Way("enter", "Continue", None), Way("escape", "Only read", "nothing is changed"))
    said = []
    for full in (cold, warm, unknown):
        costs = GoingOn("m", None, full, full, full)
        first, second = priced(ways, costs)
        said.append(first.figures)
        assert second.figures == "nothing is changed"
    assert said == [
        "about 84k tokens, $0.31, then $0.03 cached",
        "about 84k tokens, $0.03 cached, else $0.31",
        "about 84k tokens",
    ]
    assert priced(ways, None)[0].figures == ""


@pytest.mark.parametrize(
    ("recap", "proposed"),
    [
        (Recap("x"), ""),
        (Recap("x", next=(Fact("Phase 3: the tests"),)), "Ready for phase 3?"),
        (Recap("x", next=(Fact("write the tests"),)), "Next: write the tests"),
        (Recap("x", in_progress=(Fact("porting"),)), "Go on with: porting"),
        (Recap("x", questions=(Fact("Which?"),), next=(Fact("a"),)), ""),
    ],
)
def test_the_next_message_is_proposed_if_nothing_waits_for_the_user(
    recap: Recap, proposed: str
) -> None:
    assert proposal(recap) == proposed


def speaking(goal: str, *, doing: str = "", following: str = "") -> Recap:
    fact = (Fact(following),) if following else ()
    return Recap("x", Fact(goal), in_progress=(Fact(doing),) if doing else (), next=fact)


GERMAN = "Stelle die Rechnungen auf die neue Vorlage um"
SPANISH = "Pasa los informes a la nueva base y no borres el archivo"
FRENCH = "Refais la page des tarifs pour les clients et garde les liens"


@pytest.mark.parametrize(
    ("recap", "proposed"),
    [
        (speaking(GERMAN, following="Schritt 3: der Versand"), "Bereit für Schritt 3?"),
        (speaking(GERMAN, following="der Versand"), "Weiter mit: der Versand"),
        (speaking(FRENCH, following="Étape 2 : les liens"), "Prêt pour l’étape 2 ?"),
        (speaking(FRENCH, doing="les liens"), "On continue : les liens"),
        (speaking(SPANISH, following="Paso 2: el archivo"), "¿Seguimos con el paso 2?"),
        (speaking(SPANISH, following="Fase 2: el archivo"), "¿Seguimos con la fase 2?"),
        (speaking(SPANISH, doing="el archivo"), "Seguimos con: el archivo"),
        (speaking("一覧を速くしてください", doing="ジョブの登録"), "続けましょう：ジョブの登録"),
        (speaking("把报告改成中文", following="接下来是 build1"), "继续：接下来是 build1"),
        (speaking("Обнови отчёты", following="проверить суммы"), "проверить суммы"),
        (speaking("Обнови отчёты", following="Phase 3: тесты"), "Phase 3?"),
        (speaking("tests/test_money.py", following="Phase 3"), "Ready for phase 3?"),
    ],
)
def test_the_next_message_is_proposed_in_the_language_of_the_conversation(
    recap: Recap, proposed: str
) -> None:
    assert proposal(recap) == proposed
