"""What is under way and what lies ahead, as replies and prompts say it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agentsess.model import Fact, Recap
from agentsess.sessions.recap.building import build_recap
from support.transcripts import Transcript

pytestmark = pytest.mark.usefixtures("by_rules_alone")


def amid_work(said: str) -> Recap:
    """The recap of a session in which the user says that between two turns of work."""
    t = Transcript()
    t.user("Write the proposal for the sensors.")
    t.edit("plan.md")
    t.say("The plan is written.")
    t.user(said)
    t.edit("team.md")
    t.say("The team section is written.")
    return build_recap(t.entries)


def texts(facts: Sequence[Fact]) -> list[str]:
    return [fact.text for fact in facts]


@pytest.mark.parametrize(
    "said",
    [
        "I'm converting the last chapter.",
        "The big table is still copying.",
        "Failure modes is what I'm writing at the moment.",
        "Ich stelle gerade die Liste zusammen.",
        "J'en suis au milieu de l'atelier.",
        "Voy con facturas.",
    ],
)
def test_what_the_last_reply_says_is_in_work_is_in_progress(said: str) -> None:
    t = Transcript()
    t.user("Prepare the release of the book.")
    t.edit("a.md")
    t.say(f"Two chapters are ready. {said}")
    assert texts(build_recap(t.entries).in_progress) == [said]


@pytest.mark.parametrize(
    "said",
    ["I'm not going to change it.", "Is it still copying?", "Once it is still copying, stop."],
)
def test_what_is_denied_asked_or_supposed_is_not_in_progress(said: str) -> None:
    t = Transcript()
    t.user("Prepare the release of the book.")
    t.edit("a.md")
    t.say(f"Two chapters are ready. {said}")
    assert build_recap(t.entries).in_progress == ()


def test_what_was_in_work_before_more_work_is_so_no_more() -> None:
    t = Transcript()
    t.user("Prepare the release of the book.")
    t.edit("a.md")
    t.say("I'm converting the last chapter.")
    t.edit("b.md")
    t.say("All chapters are converted.")
    assert build_recap(t.entries).in_progress == ()


def test_what_the_user_promised_outlives_the_work_of_the_agent() -> None:
    t = Transcript()
    t.user("Write the proposal for the sensors.")
    t.edit("plan.md")
    t.say("The plan is written. Could the department pay in advance?")
    t.user("I will ask Jelle. Carry on with the team section.")
    t.edit("team.md")
    t.say("The team section is written.")
    assert texts(build_recap(t.entries).next) == ["I will ask Jelle."]


def test_a_promise_that_the_user_comes_back_to_is_kept() -> None:
    t = Transcript()
    t.user("Write the proposal for the sensors.")
    t.say("Could the department pay in advance?")
    t.user("I will ask Jelle.")
    t.say("Good.")
    t.user("Jelle says yes.")
    assert build_recap(t.entries).next == ()


def test_what_a_reply_proposes_to_do_lies_ahead_until_it_is_answered() -> None:
    t = Transcript()
    t.user("Find the leak.")
    t.edit("a.py")
    t.say("The leak is closed. I'd count the markers for a day.")
    assert texts(build_recap(t.entries).next) == ["I'd count the markers for a day."]
    t.user("No need.")
    t.say("Fine.")
    assert build_recap(t.entries).next == ()


@pytest.mark.parametrize(
    "said",
    [
        "deploy friday morning, Agathe's on duty then",
        "The board meets on the 12th, they'll say.",
        "Jonas does the interviews, starting next week.",
        "Den zweiten Teil macht Herr Kowalski am Montag.",
        "el reloj me llega el jueves con el resto del pedido",
        "Le second test, samedi au club avec les anciens.",
        "本番の切り替えは木曜の夜にしましょう。",
        "证书在财务小周那里，她明天给我。",
    ],
)
def test_what_the_user_says_happens_on_a_coming_day_lies_ahead(said: str) -> None:
    assert texts(amid_work(said).next) == [said]


@pytest.mark.parametrize(
    "said",
    [
        "Their clocks changed on Sunday.",
        "Our printer broke on Monday.",
        "Friday is fine.",
        "ok tonight",
        "The old system stays up till Friday, don't touch it.",
        "Does the board meet on Friday or Monday?",
        "Der Server war am Montag kurz weg.",
    ],
)
def test_a_day_of_the_past_an_absence_or_a_nod_is_nothing_ahead(said: str) -> None:
    assert amid_work(said).next == ()


@pytest.mark.parametrize(
    "said",
    [
        "The pages that have text are left alone on a restart.",
        "The hero must be Agda, her story is the best.",
        "The two records stay out until she has answered.",
        "You can reconstruct a Monday with some SQL.",
        "Hace falta que alguien de sistemas lo abra.",
    ],
)
def test_a_remark_with_a_word_of_the_future_is_nothing_ahead(said: str) -> None:
    t = Transcript()
    t.user("Prepare the release of the book.")
    t.edit("a.md")
    t.say(f"Two chapters are ready. {said}")
    assert build_recap(t.entries).next == ()


def test_the_step_that_a_turn_names_and_works_on_lies_ahead_no_more() -> None:
    t = Transcript()
    t.user("Next step.")
    t.tool(
        "Edit",
        {"file_path": "a.py", "old_string": "a", "new_string": "b"},
        text="Step 2: tracking and ads ask first.",
    )
    t.say("As planned; 214 tests pass.")
    assert build_recap(t.entries).next == ()


@pytest.mark.parametrize(
    "said",
    ["Quedan por traducir dos capítulos.", "Deux fiches restent à relire.", "还剩最后四页。"],
)
def test_what_a_reply_says_is_left_lies_ahead(said: str) -> None:
    t = Transcript()
    t.user("Prepare the release of the book.")
    t.edit("a.md")
    t.say(f"Two chapters are ready. {said}")
    assert texts(build_recap(t.entries).next) == [said]
