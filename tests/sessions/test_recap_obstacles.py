"""What stands in the way, as prompts and replies say it, and how long it does."""

from __future__ import annotations

import pytest

from agentsess.sessions.recap.building import build_recap
from support.transcripts import Transcript

pytestmark = pytest.mark.usefixtures("by_rules_alone")


def blockers(*prompts: str) -> list[str]:
    t = Transcript()
    t.user("Prepare the release of the book.")
    t.edit("a.md")
    t.say("Two chapters are ready.")
    for number, prompt in enumerate(prompts):
        t.user(prompt)
        t.edit(f"b{number}.md")
        t.say("Good, the list is shorter.")
    return [fact.text for fact in build_recap(t.entries).blockers]


@pytest.mark.parametrize(
    "said",
    [
        "Still waiting for the printer's quote.",
        "Only Magda may file it.",
        "That's Bashir's call.",
        "I haven't got the sender domain from IT.",
        "The contract is with the manager.",
        "Nora is on parental leave.",
        "Die Freigabe steht noch aus.",
        "Eso lo decide mi jefa, vuelve el jueves.",
        "Le devis n'est pas encore arrivé, Karim n'a toujours pas répondu.",
        "老周出差了，周五回来。",
        "森さんの返事待ちです。",
        "The van's at the garage till fri.",
        "Lab results on tuesday.",
        "Waiting on the printer's quote.",
        "No plates yet, waiting for two of them.",
        "Me lo manda Pilar mañana.",
    ],
)
def test_whoever_is_waited_for_is_so_through_work_on_other_things(said: str) -> None:
    assert blockers(said, "Do the index in between.") == [said]


@pytest.mark.parametrize(
    "said",
    [
        "Is Magda on leave until Monday?",
        "The debug flag is off now.",
        "Wait, use the other table.",
        "The docs are in English only.",
        "Use the token from the environment.",
    ],
)
def test_a_remark_or_a_question_is_no_obstacle(said: str) -> None:
    assert blockers(said) == []


def test_whoever_was_waited_for_and_answered_is_in_the_way_no_more() -> None:
    assert blockers("Still waiting for Magda's signature.", "Magda signed this morning.") == []


def test_what_the_first_prompt_lacks_is_the_task_and_not_in_its_way() -> None:
    t = Transcript()
    t.user("The shop needs a banner before the sale starts. Write me one.")
    t.write("banner.html")
    t.say("The banner is in banner.html.")
    assert build_recap(t.entries).blockers == ()
