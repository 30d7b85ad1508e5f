"""Which questions a recap holds to be open."""

from __future__ import annotations

import pytest

from agentsess.model import Recap
from agentsess.sessions.recap.building import build_recap
from support.transcripts import talk

pytestmark = pytest.mark.usefixtures("by_rules_alone")

QUESTION = "Should the export be weekly or monthly?"


def after(*said: str) -> Recap:
    """The recap of replies and prompts that take turns, after a first prompt."""
    t = talk("Plan the export of the invoices, please.", *said)
    return build_recap(t.entries, t.session)


def questions(*said: str) -> list[str]:
    return [fact.text for fact in after(*said).questions]


@pytest.mark.parametrize(
    "answer",
    [
        "not yet, the board will say",
        "good q",
        "no idea",
        "gotta ask Kim",
        "das frage ich Frau Lang",
        "depends on Ron, he'll know on Monday",
        "I'd have to look, it's in the other building",
        "das klär ich mit meiner Frau",
        "tengo que preguntar al jefe",
        "上司に確認します",
        "ask me again on friday",
        "he has to look in the cellar",
        "gotta run, dinner now",
        "ni idea, déjame mirar",
        "muss los, bis morgen",
    ],
)
def test_a_question_stays_open_when_its_answer_is_to_come(answer: str) -> None:
    recap = after(f"The draft is there. {QUESTION}", answer, "Fine. The rest is written meanwhile.")
    assert [fact.text for fact in recap.questions] == [QUESTION]
    assert not recap.decisions


def test_a_question_that_was_put_off_is_closed_when_it_is_answered_later() -> None:
    assert not questions(
        f"The draft is there. {QUESTION}",
        "I'll ask Kim about it.",
        "Fine. The rest is written meanwhile.",
        "Kim wants the export monthly.",
        "Monthly, then.",
    )


@pytest.mark.parametrize(
    ("question", "prompt"),
    [
        (QUESTION, "I wrote to the printer this morning. Please add the page numbers."),
        ("How many years go back into it?", "the logo is on the share now"),
        ("¿Cuántos años entran?", "el logo está en la carpeta"),
        ("Wie viele Jahre sollen hinein?", "das Logo liegt im Ordner"),
    ],
)
def test_a_question_that_the_user_passes_over_stays_open(question: str, prompt: str) -> None:
    assert questions(f"The draft is there. {question}", prompt, "That is in.") == [question]


@pytest.mark.parametrize(
    "prompt", ["both", "the latter", "no need for either", "whatever you like", "weekly"]
)
def test_a_question_of_two_ways_is_closed_by_a_pick(prompt: str) -> None:
    assert not questions(f"The draft is there. {QUESTION}", prompt, "All right.")


def test_a_question_amid_a_reply_is_one() -> None:
    told = "Who signs the letters? I could not find it in the folder.\n\nThe table is there."
    assert questions(told) == ["Who signs the letters?"]


def test_a_question_of_the_user_that_the_reply_leaves_out_stays_open() -> None:
    prompt = "Please add the totals. And should refunds count as negative sales?"
    assert questions("The draft is there.", prompt, "The totals are in row 40.") == [
        "And should refunds count as negative sales?"
    ]
    assert not questions("The draft is there.", prompt, "Totals are in; refunds count as sales.")


def test_a_question_that_its_own_reply_answers_is_none() -> None:
    assert not questions("What about the index? It helps, so I added it.")
