"""What users say that they or others will do, and what replies introduce as a list of work."""

from __future__ import annotations

import pytest

from agentsess.sessions.recap.promises import promises_in
from agentsess.sessions.recap.reading import read
from agentsess.sessions.recap.sections import Section

pytestmark = pytest.mark.usefixtures("by_rules_alone")


def promises(prompt: str) -> list[str]:
    return list(promises_in(read(prompt), recent=True, lately=True))


@pytest.mark.parametrize(
    "said",
    [
        "I shall phone the caterer about the desserts.",
        "I'm calling Piet thursday about the key.",
        "Ruth promised to send the photos.",
        "Jonas tests it in the afternoon.",
        "The api change after the release please.",
        "Ich ruf den Klempner an.",
        "Le logo, on le fera en janvier.",
        "Lo consulto con mi socio.",
        "業者に確認します",
        "我明天去问房东",
    ],
)
def test_what_somebody_will_do_is_a_promise(said: str) -> None:
    assert promises(said) == [said]


@pytest.mark.parametrize(
    "said",
    [
        "I call it a day.",
        "They will never know.",
        "I'll check",
        "She was on holiday after the launch.",
        "I text you this because it matters.",
        "Ich frage mich, ob das stimmt.",
    ],
)
def test_a_remark_is_no_promise(said: str) -> None:
    assert promises(said) == []


def test_a_promise_that_names_nobody_is_told_with_what_was_said_before() -> None:
    assert promises("Gudrun! She booked herself in there. I ask her") == [
        "Gudrun! She booked herself in there. I ask her"
    ]


@pytest.mark.parametrize(
    "lead",
    [
        "Still to come:",
        "À faire encore :",
        "Was noch fehlt:",
        "Queda por hacer:",
        "残っていること：",
    ],
)
def test_the_list_that_such_words_introduce_comes_next(lead: str) -> None:
    found = read(f"It is in.\n\n{lead}\n- the printer\n- the poster").sections
    assert found[Section.NEXT] == ["the printer", "the poster"]


def test_a_sentence_may_introduce_a_list_without_a_colon() -> None:
    found = read("できました。\n\nこのあとの作業です。\n- 見本を送る\n- 版を作る").sections
    assert found[Section.NEXT] == ["見本を送る", "版を作る"]


def test_a_question_in_such_a_list_is_no_work() -> None:
    found = read("Still to come:\n- the poster\n- shall it be red?").sections
    assert found[Section.NEXT] == ["the poster"]
