"""What recaps reach on the labelled corpus, and that they invent nothing there."""

from __future__ import annotations

import pytest

from agentsess.sessions.recap.building import RecapBuilder, build_recap
from recap_corpus.corpus import FIELDS, Case, cases
from recap_corpus.score import Score, invented, score

TUNED = {
    "headline": (0.93, 0.94),
    "goal": (0.95, 0.95),
    "done": (0.83, 0.9),
    "in_progress": (0.69, 0.82),
    "next": (0.74, 0.87),
    "decisions": (0.79, 0.83),
    "questions": (0.86, 0.9),
    "blockers": (0.75, 0.87),
    "files": (0.95, 0.95),
    "commands": (0.95, 0.95),
    "agents": (0.95, 0.95),
}
"""By field: the recall and the precision that the half reaches on which rules were tried."""
REPORTED = {
    "headline": (0.9, 0.93),
    "goal": (0.95, 0.95),
    "done": (0.83, 0.88),
    "in_progress": (0.65, 0.66),
    "next": (0.78, 0.79),
    "decisions": (0.8, 0.71),
    "questions": (0.76, 0.78),
    "blockers": (0.78, 0.78),
    "files": (0.95, 0.95),
    "commands": (0.88, 0.87),
    "agents": (0.95, 0.95),
}
"""The same of the half that was only counted. What it misses is not shown: it is not to be read."""


@pytest.fixture(scope="module")
def tuned() -> Score:
    return score(case for case in cases() if case.tuning)


@pytest.fixture(scope="module")
def reported() -> Score:
    return score(case for case in cases() if not case.tuning)


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_is_found_and_right_as_often_as_it_was(
    name: str, tuned: Score, reported: Score
) -> None:
    for half, least in ((tuned, TUNED), (reported, REPORTED)):
        recall, precision = half.fields[name].recall, half.fields[name].precision
        assert recall >= least[name][0]
        assert precision >= least[name][1]


def test_recaps_say_more_than_the_first_prompt_and_the_last_reply(
    tuned: Score, reported: Score
) -> None:
    for half in (tuned, reported):
        assert half.ours.recall > 1.5 * half.baseline.recall
        assert half.ours.precision > half.baseline.precision


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_nothing_is_said_that_does_not_stand_where_it_points(case: Case) -> None:
    assert invented(case, build_recap(case.entries, case.session)) == []


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_recap_made_bit_by_bit_is_the_recap_made_at_once(case: Case) -> None:
    builder = RecapBuilder()
    for entry in case.entries:
        builder.add(entry)
        assert builder.build(case.session) == build_recap(
            case.entries[: entry.seq], case.session
        ), entry.seq


def test_the_corpus_is_large_and_varied() -> None:
    assert len(cases()) >= 60
    assert sum(len(case.entries) > 100 for case in cases()) >= 1
    assert {case.style for case in cases()} == {"own", "claude"}
    assert all(case.labels for case in cases())
