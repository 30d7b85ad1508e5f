"""Sentences that recaps take because of what they likely are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agentsess.model import Fact
from agentsess.sessions.recap import likely
from agentsess.sessions.recap.building import RecapBuilder, build_recap
from agentsess.sessions.recap.course import Course
from agentsess.sessions.recap.likely import SORTS, Weights, learnt, weighed
from agentsess.sessions.recap.sayings import WINDOW
from agentsess.sessions.recap.word_classes import word_classes
from support.transcripts import Transcript, talk

NEXT, BLOCKERS = SORTS.index("next"), SORTS.index("blockers")


def completed(sort: str, transcript: Transcript, *known: Fact) -> list[Fact]:
    """What is of a sort, given what rules found of it."""
    course = Course()
    for entry in transcript.entries:
        course.take(entry)
    found: dict[str, Sequence[Fact]] = {**dict.fromkeys(SORTS, ()), sort: known}
    return weighed(found, course.sayings, course.tools.changes)[sort]


def blockers(transcript: Transcript, *known: Fact) -> list[Fact]:
    return completed("blockers", transcript, *known)


def texts(facts: list[Fact]) -> list[str]:
    return [fact.text for fact in facts]


@pytest.fixture
def only_snags(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence with a quotation is surely a blocker, one with a digit may come next."""
    bias = [-9.0] * len(SORTS)
    weights = Weights(tuple(bias), {"quote": ((BLOCKERS, 15.0),), "digit": ((NEXT, 9.3),)})
    monkeypatch.setattr(likely, "learnt", lambda: weights)


@pytest.mark.usefixtures("only_snags")
def test_a_likely_sentence_is_taken_with_where_it_was_said() -> None:
    said = talk("Please move the office.", "It is half done. The „lift“ is out. Until then, bye.")
    assert blockers(said) == [Fact("The „lift“ is out.", (2,))]


@pytest.mark.usefixtures("only_snags")
def test_what_may_be_one_is_taken_only_where_nothing_else_is_known() -> None:
    said = talk("Please move the office.", "Lift 2 is out of order.")
    assert texts(completed("next", said)) == ["Lift 2 is out of order."]
    known = Fact("The van comes", (1,))
    assert completed("next", said, known) == [known]


@pytest.mark.usefixtures("only_snags")
def test_what_is_told_already_is_not_told_twice() -> None:
    said = talk("Please move the office.", "The „lift“ is out.")
    for text in ("I found this: the „lift“ is out", "lift“ is out"):
        told = Fact(text, (2,))
        assert blockers(said, told) == [told]


@pytest.mark.usefixtures("only_snags")
def test_what_is_likely_stands_behind_what_is_sure_in_the_order_it_was_said() -> None:
    said = talk("First the „lift“.", "I see.", "Go on.", "Then the „van“.")
    assert [f.seqs for f in blockers(said, Fact("The key is lost", (3,)))] == [(3,), (1,), (4,)]


@pytest.mark.usefixtures("only_snags")
def test_what_rules_found_goes_if_it_hardly_is_that() -> None:
    said = talk("Please move the office.", "The lift is out. The „van“ is out.")
    lift, van = Fact("The lift is out.", (2,)), Fact("The „van“ is out.", (2,))
    assert blockers(said, lift, van) == [van]


@pytest.mark.usefixtures("only_snags")
def test_what_rules_know_from_no_sentence_stands() -> None:
    said = talk("Please move the office.", "The lift is out.")
    failed = Fact("pytest failed", (7,))
    assert blockers(said, failed) == [failed]


def test_decisions_stand_in_the_order_they_were_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = Weights((0.0,) * len(SORTS), {"quote": ((SORTS.index("decisions"), 9.0),)})
    monkeypatch.setattr(likely, "learnt", lambda: weights)
    said = talk("Port the „lift“ first.", "Fine.", "We use Postgres, not MySQL.", "Fine.")
    decided = build_recap(said.entries).decisions
    assert [fact.seqs[0] for fact in decided] == [1, 3]


@pytest.mark.usefixtures("only_snags")
def test_only_the_last_messages_are_looked_at() -> None:
    long_ago = talk("The „lift“ is out.", *["Go on."] * WINDOW)
    assert blockers(long_ago) == []
    lately = talk("The „lift“ is out.", *["Go on."] * (WINDOW - 1))
    assert texts(blockers(lately)) == ["The „lift“ is out."]


def test_a_long_talk_recapped_bit_by_bit_is_recapped_as_at_once() -> None:
    said = [
        f"Part {n}: the {thing} is not there yet, I wait for {who}. Shall I begin with {n + 1}?"
        for n, (thing, who) in enumerate(zip(["key", "van", "lift"] * 30, "abc" * 30, strict=True))
    ]
    entries = talk(*said).entries
    builder = RecapBuilder()
    for number, entry in enumerate(entries, start=1):
        builder.add(entry)
        if number % 7 == 0 or number == len(entries):
            assert builder.build() == build_recap(entries[:number]), number


def test_what_comes_next_is_told_in_words_that_no_rule_knows() -> None:
    said = talk(
        "Please cut the fonts down.",
        "Latin and Cyrillic are cut down. Greek would be my candidate for Thursday, after the "
        "foundry has written to you.",
    )
    (coming,) = build_recap(said.entries).next
    assert coming.text.startswith("Greek would be my candidate")


def test_the_weights_are_of_features_that_sentences_have() -> None:
    weights = learnt()
    assert len(weights.bias) == len(SORTS)
    assert all(0 <= sort < len(SORTS) for pairs in weights.of.values() for sort, _ in pairs)
    course = Course()
    for entry in talk("Can you wait for the van?", "I will, until noon. Then I go.").entries:
        course.take(entry)
    seen = {
        feature
        for said, features in course.sayings.standing(changes=0)
        for saying in said
        for feature in [*saying.features, *features]
    }
    assert len(seen & weights.of.keys()) > 20


@pytest.mark.parametrize(
    ("folded", "classes"),
    [
        ("the van waits for bo", {"wait"}),
        ("noch nicht freigegeben", {"lack", "rest"}),
        ("权限还没有", {"forbid", "lack"}),
        ("as soon as it is here", {"wait"}),
        ("awaiting", {"wait"}),
        ("lovely", set()),
    ],
)
def test_words_are_of_a_class_by_how_they_begin(folded: str, classes: set[str]) -> None:
    assert classes <= set(word_classes(folded))
    assert classes or not word_classes(folded)
