"""What the recap makes of replies that say all in one paragraph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from agentsess.model import Fact, Recap
from agentsess.sessions.recap.building import build_recap
from support.transcripts import Transcript

pytestmark = pytest.mark.usefixtures("by_rules_alone")


def told(reply: str, prompt: str = "Fix the login, please.") -> Recap:
    t = Transcript()
    t.user(prompt)
    t.say(reply)
    return build_recap(t.entries, t.session)


def texts(facts: Sequence[Fact]) -> list[str]:
    return [fact.text for fact in facts]


def test_labels_amid_a_paragraph_are_read_and_not_repeated() -> None:
    recap = told(
        "I will add retry with backoff to upload.py. Done: upload.py now retries 3 times. "
        "Next: write a test."
    )
    assert recap.headline == "upload.py now retries 3 times; next: write a test."
    assert texts(recap.done) == ["upload.py now retries 3 times."]
    assert texts(recap.next) == ["write a test."]
    assert (recap.decisions, recap.in_progress, recap.questions) == ((), (), ())


@pytest.mark.parametrize(
    "opening", ["Ok, I will", "Sure, I'll", "Agreed: let me", "Good. I'm going to"]
)
def test_an_announcement_is_no_decision_and_is_over_once_it_is_done(opening: str) -> None:
    recap = told(f"{opening} replace the cookie check. Done: the check reads the new cookie.")
    assert recap.headline == "The check reads the new cookie."
    assert texts(recap.done) == ["the check reads the new cookie."]
    assert (recap.decisions, recap.next) == ((), ())


def test_an_announcement_alone_is_still_told() -> None:
    recap = told("I will write the install page first. Next: the API page.")
    assert recap.headline == "I will write the install page first; next: the API page."


def test_what_is_open_and_what_is_in_the_way_is_found_behind_a_finding() -> None:
    recap = told(
        "The join was slow, so I replaced it with a lookup. Still open: the PDF export. "
        "Blocked: I have no access to the staging database."
    )
    assert recap.headline == (
        "The join was slow, so I replaced it with a lookup; next: the PDF export."
    )
    assert texts(recap.next) == ["the PDF export."]
    assert texts(recap.blockers) == ["I have no access to the staging database."]


def test_a_question_is_asked_once_and_without_what_follows_it() -> None:
    recap = told(
        "All styles are in one file. Question: should dark mode follow the system? "
        "Next: add the switch once that is clear."
    )
    assert texts(recap.questions) == ["should dark mode follow the system?"]
    assert texts(recap.next) == ["add the switch once that is clear."]


def test_labels_may_begin_lines_without_a_full_stop() -> None:
    recap = told(
        "Sure, I'll add a theme switch.\nDone: the switch works\n"
        "Next: the charts need dark colours\n"
        "Question: should the logo change too?"
    )
    assert recap.headline == "The switch works; next: the charts need dark colours."
    assert texts(recap.done) == ["the switch works"]
    assert texts(recap.next) == ["the charts need dark colours"]
    assert texts(recap.questions) == ["should the logo change too?"]


def test_labels_of_list_items_are_not_repeated_either() -> None:
    recap = told(
        "- Done: the redirect is fixed\n- Next: the logout page\n- Question: keep the cookie?"
    )
    assert recap.headline == "The redirect is fixed; next: the logout page."
    assert texts(recap.next) == ["the logout page"]


def test_bold_labels_and_nothing_behind_them() -> None:
    recap = told(
        "Okay, let me walk you through it. **Done:** 1,204 rows were merged. "
        "**Next:** fix the dates. **Blocked:** none. **Questions:** none."
    )
    assert recap.headline == "1,204 rows were merged; next: fix the dates."
    assert (recap.blockers, recap.questions) == ((), ())


def test_work_under_way_and_decisions_have_labels_too() -> None:
    recap = told(
        "I moved the posts and the links work. In progress: the tag pages. "
        "Left to do: the feed. Decision: we drop comments."
    )
    assert texts(recap.in_progress) == ["the tag pages."]
    assert texts(recap.next) == ["the feed."]
    assert texts(recap.decisions) == ["we drop comments."]


def test_lower_case_labels_and_those_of_other_languages_are_read() -> None:
    typed = told("i looked. done: no loop any more. next: log out everywhere. question: keep it?")
    assert texts(typed.done) == ["no loop any more."]
    assert texts(typed.next) == ["log out everywhere."]
    german = told("Ich werde es reparieren. Erledigt: der Login läuft. Offen: die Abmeldung.")
    assert german.headline == "Der Login läuft; next: die Abmeldung."


def test_a_colon_amid_a_sentence_is_no_label() -> None:
    recap = told("There was one thing left: the cookie. A note: the tests are slow.")
    assert recap.headline == "There was one thing left: the cookie."
    assert (recap.done, recap.next) == ((), ())


def test_the_headline_does_not_say_next_twice() -> None:
    recap = told("The redirect was the cause. Next I'll add a test.")
    assert recap.headline == "The redirect was the cause; next: I'll add a test."


def test_a_command_that_ran_and_failed_is_not_in_progress() -> None:
    t = Transcript()
    t.user("run the tests")
    t.bash("pytest -q", "2 failed, 5 passed", error=True)
    t.say("Two tests fail.")
    recap = build_recap(t.entries, t.session)
    assert recap.in_progress == ()
    assert texts(recap.blockers) == ["pytest -q failed: 2 failed, 5 passed"]


def test_a_task_whose_command_still_fails_is_in_progress() -> None:
    t = Transcript()
    t.user("Port the parser and run the tests.")
    t.bash("pytest -q", "2 failed, 5 passed", error=True)
    t.say("Two tests fail.")
    recap = build_recap(t.entries, t.session)
    assert texts(recap.in_progress) == ["Port the parser and run the tests (pytest -q)"]


@pytest.mark.parametrize("by_note", [True, False])
def test_a_phase_of_known_title_is_no_line_by_its_number_alone(by_note: bool) -> None:
    t = Transcript()
    t.user("Migrate the shop.")
    t.say("- Phase 1: the inventory (done)\n- Phase 2: the package\n- Phase 3: the tests")
    t.user("Good.")
    t.say("The list stands." if by_note else "All as planned so far. Still open: phase 3.")
    notes = "After the release: phase 3." if by_note else ""
    recap = build_recap(t.entries, replace(t.session, notes=notes))
    assert texts(recap.next) == ["Phase 2: the package", "Phase 3: the tests"]


def test_numbers_of_any_length_are_read() -> None:
    long = "1" * 5000
    assert told(f"Now I convert {long} of 3 items.").covers_entries == 2
    assert told(f"Now I convert 3 of {long} items.").covers_entries == 2


def test_a_command_with_odd_signs_is_read() -> None:
    t = Transcript()
    t.user("Fix the login.")
    t.bash("pytest 'a b' \x009\x00 -q", "1 passed")
    assert [run.outcome for run in build_recap(t.entries, t.session).commands] == ["passed"]


def test_a_report_ends_where_a_list_begins() -> None:
    t = Transcript()
    t.user("Fix the login.")
    t.bash("python fix.py", "ok")
    t.say("The login works again, all 12 tests pass.\n\n- [x] Find the cause\n- [ ] Tell Kim")
    done = texts(build_recap(t.entries, t.session).done)
    assert "The login works again, all 12 tests pass." in done


def test_a_count_of_no_errors_is_no_failure() -> None:
    t = Transcript()
    t.user("Measure it.")
    t.bash("make bench", "p95 171 ms p99 240 ms errors 0")
    t.bash("python load.py --checkout", "p95 171 ms")
    runs = build_recap(t.entries, t.session).commands
    assert [(run.command, run.outcome) for run in runs] == [("make bench", "passed")]


def test_praise_decides_nothing() -> None:
    t = Transcript()
    t.user("Why is it slow?")
    t.say("My theory: the cache is cold after each deploy.")
    t.user("Good theory. I have to ask the team.")
    t.say("Fine.")
    assert texts(build_recap(t.entries, t.session).decisions) == []


@pytest.mark.parametrize("guess", ["My theory: the key is stale.", "I suspect the key is stale."])
def test_what_is_only_supposed_is_no_work_done(guess: str) -> None:
    t = Transcript()
    t.user("Fix the login.")
    t.bash("python fix.py", "ok")
    t.say(guess)
    assert texts(build_recap(t.entries, t.session).done) == []
