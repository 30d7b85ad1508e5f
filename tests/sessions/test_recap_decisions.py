"""What a recap holds to be decided, and what it holds to be in the way, in words of many kinds."""

from __future__ import annotations

import pytest

from agentsess.model import Recap
from agentsess.sessions.recap import build_recap
from support.transcripts import talk

PROPOSAL = "I'd keep it in the process and expire entries after an hour."


def after(*said: str) -> Recap:
    """The recap of replies and prompts that take turns, after a first prompt."""
    t = talk("Help me with the cache of our shop, please.", *said)
    return build_recap(t.entries, t.session)


@pytest.mark.parametrize(
    "answer", ["do it", "yes", "like it", "genau so", "sounds like a plan", "works for me", "deal"]
)
def test_a_proposal_that_the_user_agrees_to_is_decided(answer: str) -> None:
    recap = after(f"A Redis in front of it costs money. {PROPOSAL}", answer, "Fine.")
    assert [(fact.text, fact.seqs) for fact in recap.decisions] == [(PROPOSAL, (2, 3))]


@pytest.mark.parametrize("answer", ["good. what is in the logs?", "nice", "thanks, that helps"])
def test_praise_of_a_report_decides_nothing(answer: str) -> None:
    assert not after("The tests are green, the report is in out/r.html.", answer).decisions


@pytest.mark.parametrize(
    ("prompt", "reply"),
    [
        ("an hour is plenty", "An hour, then."),
        ("redis is out, my boss hates it", "No Redis."),
        ("i think two replicas", "Two replicas it is."),
        ("con una hora basta", "Una hora, entonces."),
    ],
)
def test_what_the_reply_repeats_in_short_is_decided(prompt: str, reply: str) -> None:
    recap = after("There are several ways to set it up.", prompt, reply)
    assert [(fact.text, fact.seqs) for fact in recap.decisions] == [(prompt, (3,))]


@pytest.mark.parametrize(
    ("prompt", "reply"),
    [
        ("my colleague is Jan", "Hello Jan!"),
        ("users complain about slow search", "Slow search usually means a missing index."),
        ("the boss wants it on friday", "Friday is tight."),
    ],
)
def test_a_remark_on_what_the_user_told_decides_nothing(prompt: str, reply: str) -> None:
    assert not after("There are several ways to set it up.", prompt, reply).decisions


def test_an_answer_about_others_decides_nothing() -> None:
    assert not after("Would marketing accept a slower page?", "they won't").decisions


@pytest.mark.parametrize(
    "said",
    [
        "The keys come as soon as Mara answers.",
        "Nothing moves until legal has signed.",
        "Only you can open that port.",
        "The landlord decides on Friday.",
        "Our admin is on leave till May.",
        "It needs a maintenance window.",
        "I'm not allowed to write there.",
        "Je continue dès qu'elle répond.",
    ],
)
def test_somebody_who_is_waited_for_is_in_the_way(said: str) -> None:
    assert [f.text for f in after("I looked at it.", "and the port?", said).blockers] == [said]


@pytest.mark.parametrize(
    "said",
    [
        "The loop returns 3 rows.",
        "Once it is built, the server starts faster.",
        "Users are not allowed to delete notes now.",
        "No certificate is needed.",
        "The method decides by date which price counts.",
    ],
)
def test_how_a_program_works_is_not_in_the_way(said: str) -> None:
    assert not after("I looked at it.", "and the port?", said).blockers
