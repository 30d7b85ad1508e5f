"""Which questions a recap holds to be open."""

from __future__ import annotations

import pytest

from agentsess.model import Recap
from agentsess.sessions.recap import build_recap
from support.transcripts import talk

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
