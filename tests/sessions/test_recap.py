"""What the recap says of hand-written sessions, and that nothing can crash it."""

from __future__ import annotations

import string
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsess.model import Entry, EntryKind, Fact, Recap, Status, Usage
from agentsess.sessions.pricing import cost_usd
from agentsess.sessions.recap.building import RecapBuilder, build_recap, recap_markdown
from support import transcripts
from support.transcripts import START, Transcript

pytestmark = pytest.mark.usefixtures("by_rules_alone")

WRITTEN = (
    transcripts.migration,
    transcripts.review,
    transcripts.debugging,
    transcripts.todo_list,
    transcripts.docs,
    transcripts.talk_only,
    transcripts.interrupted,
    transcripts.denied,
    transcripts.checkboxes,
    transcripts.german,
    transcripts.spanish,
    transcripts.several_agents,
    transcripts.task_tools,
    transcripts.incident,
    transcripts.messy,
    transcripts.only_asked,
    transcripts.compacted,
)


def recap_of(t: Transcript) -> Recap:
    return build_recap(t.entries, t.session)


def texts(facts: Sequence[Fact]) -> list[str]:
    return [fact.text for fact in facts]


def commands(recap: Recap) -> list[tuple[str, str, str]]:
    return [(run.command, run.outcome, run.detail) for run in recap.commands]


# -- whole sessions


def test_an_empty_session_says_that_nothing_has_happened() -> None:
    assert build_recap([]) == Recap("Nothing has happened yet.")


def test_a_migration_over_three_days_is_told_by_its_phases() -> None:
    recap = recap_of(transcripts.migration())
    assert recap.headline == (
        "Phases 1 and 2 are done; phase 3, the tests, is in progress: 4 of 11 files left."
    )
    assert recap.goal == Fact(
        "Our shop backend still runs on Python 2.7. "
        "Please migrate it to Python 3.12 without changing behaviour.",
        (1,),
    )
    assert recap.done == (
        Fact("Port the syntax to Python 3 (commit a1b2c3d)", (13,)),
        Fact("Phase 1: Syntax – print, except, dict methods", (4, 14)),
        Fact("Phase 2: Text and bytes – the payment gateway and CSV export", (4, 24)),
        Fact("The gateway signs bytes now.", (24,)),
    )
    assert texts(recap.in_progress) == ["Phase 3: The tests – port the 11 test files to pytest"]
    assert texts(recap.next) == [
        "Seven test files are ported, 4 of 11 files are left: refunds, invoices and two more."
    ]
    assert recap.decisions == (
        Fact("Drop six at once (Should I keep six for a while or drop it at once?)", (4, 5)),
        Fact("We decided to support Python 3.12 only.", (5,)),
        Fact("Let's go with UTF-8 for the CSV export, as the old files are.", (24,)),
    )
    assert recap.questions == (
        Fact("Shall I port the refunds next, or first make CI run on 3.12?", (30,)),
    )
    assert recap.blockers == ()
    assert [(f.path, f.action, f.times, f.last_seq) for f in recap.files] == [
        ("tests/test_cart.py", "created", 1, 27),
        ("shop/gateway.py", "edited", 2, 21),
        ("shop/cart.py", "edited", 2, 11),
        ("shop/orders.py", "edited", 1, 9),
    ]
    assert commands(recap) == [
        ("git commit", "passed", "a1b2c3d Port the syntax to Python 3"),
        ("pytest -q", "passed", "43 passed"),
        ("pytest tests/test_cart.py -q", "passed", "12 passed"),
    ]
    assert recap.covers_entries == 30


def test_a_review_leaves_its_open_questions_and_invents_no_work() -> None:
    recap = recap_of(transcripts.review())
    assert texts(recap.questions) == [
        "Is the limiter shared between processes?",
        "Which clock does the gateway use?",
    ]
    assert recap.headline == "The limiter has one real fault and two small ones."
    assert (recap.done, recap.in_progress, recap.next, recap.files) == ((), (), (), ())


def test_a_failure_that_was_mended_is_no_blocker() -> None:
    recap = recap_of(transcripts.debugging())
    assert recap.blockers == ()
    assert texts(recap.done) == ["I've fixed total() to round once, at the end."]
    assert commands(recap) == [
        ("pytest tests/test_checkout.py -x", "passed", "7 passed"),
        ("ruff check .", "passed", ""),
        ("mypy shop", "passed", "Success: no issues found in 31 source files"),
    ]
    assert [(f.path, f.action) for f in recap.files] == [("shop/totals.py", "edited")]


def test_a_todo_list_is_told_as_it_was_left() -> None:
    recap = recap_of(transcripts.todo_list())
    assert recap.headline == "3 of 5 steps done; now: Update the fixtures."
    assert texts(recap.done) == ["Read the schema", "Add the column", "Backfill"]
    assert texts(recap.in_progress) == ["Update the fixtures"]
    assert texts(recap.next) == ["Deploy"]


def test_lists_under_headings_are_done_in_progress_and_next() -> None:
    recap = recap_of(transcripts.docs())
    assert texts(recap.done) == [
        "All 14 endpoints with parameters and errors",
        "Examples for POST /invoices",
    ]
    assert texts(recap.in_progress) == ["The webhooks chapter"]
    assert texts(recap.next) == ["Describe the retry rules", "Link the chapter from the index"]
    assert [(f.path, f.action, f.times) for f in recap.files] == [("docs/api.md", "created", 2)]


def test_talk_alone_leaves_decisions_and_skips_the_greeting_as_a_goal() -> None:
    recap = recap_of(transcripts.talk_only())
    assert recap.goal == Fact("Which queue should we take for the mail jobs?", (3,))
    assert texts(recap.decisions) == [
        "Postgres (Do you want Postgres or Redis?)",
        "Let's use a separate schema instead of public.",
        "the jobs table lives in the schema queue.",
    ]
    assert (recap.done, recap.questions, recap.blockers) == ((), (), ())


def test_an_interrupted_turn_is_in_progress_and_a_blocker() -> None:
    recap = recap_of(transcripts.interrupted())
    assert recap.headline == (
        "Interrupted at: Cache the wheels in a layer of their own; "
        "before that: The build takes 9 minutes, mostly for the wheels."
    )
    assert recap.in_progress == (Fact("Cache the wheels in a layer of their own", (5,)),)
    assert recap.blockers == (
        Fact("The last turn was interrupted during Bash: docker build -t shop .", (8, 9)),
    )


def test_a_refused_tool_is_a_blocker_and_touches_no_file() -> None:
    recap = recap_of(transcripts.denied())
    assert texts(recap.blockers) == [
        "Permission refused: Bash: git push origin main --tags",
        "Permission refused: Edit: CHANGELOG.md",
    ]
    assert recap.files == ()
    assert texts(recap.done) == ["Release 2.4 (commit 0badcafe)"]
    assert texts(recap.questions) == ["Should I open a pull request first?"]


def test_boxes_in_replies_are_ticked_by_the_later_list() -> None:
    recap = recap_of(transcripts.checkboxes())
    assert recap.headline == "2 of 3 steps done; next: Publish the image."
    assert recap.done == (
        Fact("Lint job", (2, 6)),
        Fact("Test job with Postgres", (2, 6)),
    )
    assert recap.next == (Fact("Publish the image", (2,)),)


def test_german_is_understood() -> None:
    recap = recap_of(transcripts.german())
    assert recap.goal == Fact("Bitte stelle den Import von CSV auf Parquet um.", (1,))
    assert texts(recap.done) == ["Ich habe den Leser auf Parquet umgestellt."]
    assert texts(recap.next) == ["Alte Dateien umwandeln", "Tests anpassen"]
    assert texts(recap.decisions) == ["Wir behalten sie, wir haben uns für ein Archiv entschieden."]
    assert recap.questions == ()


def test_spanish_is_understood() -> None:
    recap = recap_of(transcripts.spanish())
    assert texts(recap.done) == ["Fase 1: Extraer los textos"]
    assert texts(recap.next) == ["Fase 2: Traducirlos"]
    assert texts(recap.questions) == ["¿Quieres que use tú o usted?"]


def test_each_agent_keeps_its_own_todo_list() -> None:
    recap = recap_of(transcripts.several_agents())
    assert recap.headline == "3 of 4 steps done; next: Chart."
    assert texts(recap.done) == ["Query", "Table", "Endpoint"]
    assert texts(recap.next) == ["Chart"]


def test_tasks_are_followed_by_their_ids_and_deleted_ones_vanish() -> None:
    recap = recap_of(transcripts.task_tools())
    assert texts(recap.done) == ["Split the module"]
    assert texts(recap.in_progress) == ["Type it"]
    assert recap.next == ()


def test_failing_commands_obstacles_and_api_errors_are_blockers() -> None:
    recap = recap_of(transcripts.incident())
    assert texts(recap.blockers) == [
        "kubectl rollout status deploy/shop failed: error: deployment exceeded its deadline",
        "npm test -- checkout failed: Tests: 2 failed, 31 passed, 33 total",
        "Overloaded (529)",
    ]


def test_what_was_in_the_way_is_so_until_the_user_lifts_it() -> None:
    t = transcripts.incident()
    said = [entry for entry in t.entries if entry.text.startswith(("Checkout", "I'm"))]
    t.entries = [msgspec.structs.replace(entry, seq=seq) for seq, entry in enumerate(said, start=1)]
    obstacle = "I'm blocked by missing access to the gateway's logs."
    assert texts(recap_of(t).blockers) == [obstacle]
    t.user("You have access now.")
    assert recap_of(t).blockers == ()


def test_the_last_command_is_a_blocker_if_it_failed_whatever_it_was() -> None:
    t = Transcript()
    t.user("Render the map")
    t.bash("node render.js", "Error: ENOSPC: no space left on device", error=True)
    t.say("It did not fit.")
    blocker = "Bash: node render.js failed: Error: ENOSPC: no space left on device"
    assert recap_of(t).blockers == (Fact(blocker, (2, 3)),)
    t.user("Made room")
    t.bash("node render.js --again", "ok")
    assert recap_of(t).blockers == ()


def test_a_messy_session_yields_plain_text_and_what_is_sure() -> None:
    recap = recap_of(transcripts.messy())
    assert recap.goal == Fact("fix the login redirect, it loops", (2,))
    assert texts(recap.done) == ["I've fixed the redirect in app/__init__.py."]
    assert texts(recap.blockers) == ["pytest failed: 1 failed, 3 passed"]
    assert [f.path for f in recap.files] == ["app/auth.py"]
    assert (recap.questions, recap.next, recap.in_progress) == ((), (), ())


def test_a_session_with_its_first_prompt_alone_says_so() -> None:
    recap = recap_of(transcripts.only_asked())
    question = "Can you explain how the cache is invalidated?"
    assert recap.headline == f"Only the first prompt so far: {question}"
    assert texts(recap.questions) == [question]
    assert recap.in_progress == ()


def test_a_compaction_summary_fills_what_nothing_else_tells() -> None:
    recap = recap_of(transcripts.compacted())
    assert recap.goal == Fact("Move the reports to DuckDB.", (1,))
    assert texts(recap.next) == ["Port the monthly report", "Remove the old views"]


# -- single rules


def test_a_goal_in_the_metadata_goes_before_the_first_prompt() -> None:
    t = Transcript(metadata={"description": "Move billing to Stripe"})
    t.user("Start with the webhooks")
    assert recap_of(t).goal == Fact("Move billing to Stripe")


def test_a_goal_that_the_user_restates_replaces_the_first() -> None:
    t = Transcript()
    t.user("Make the list faster")
    t.say("It takes 3 seconds.")
    t.user("New goal: show the first page at once")
    assert recap_of(t).goal == Fact("show the first page at once", (3,))


def test_go_on_leaves_listed_questions_open_and_an_answer_closes_them() -> None:
    t = transcripts.review()
    t.user("continue")
    assert len(recap_of(t).questions) == 2
    t.user("It is shared, and the gateway uses UTC.")
    assert recap_of(t).questions == ()


def test_a_question_to_the_user_by_tool_is_open_until_answered() -> None:
    t = Transcript()
    t.user("Choose a logger")
    call = t.call("AskUserQuestion", {"questions": [{"question": "structlog or logging?"}]})
    assert texts(recap_of(t).questions) == ["structlog or logging?"]
    t.answer(call, 'User has answered your questions: "structlog or logging?"="structlog".')
    recap = recap_of(t)
    assert recap.questions == ()
    assert texts(recap.decisions) == ["structlog (structlog or logging?)"]


def test_a_later_decision_that_says_instead_of_what_removes_the_earlier() -> None:
    t = Transcript()
    t.user("We decided to use MySQL.")
    t.say("Fine.")
    t.user("Let's use Postgres instead of MySQL.")
    assert texts(recap_of(t).decisions) == ["Let's use Postgres instead of MySQL."]


@pytest.mark.parametrize(
    "said",
    [
        "If we decided to use MySQL, the tests would be slower.",
        "We haven't decided to drop it yet.",
        "Should I go with MySQL?",
        "Let's use grep to find the callers.",
    ],
)
def test_what_is_not_decided_is_no_decision(said: str) -> None:
    t = Transcript()
    t.user("Look into the database")
    t.say(said)
    assert recap_of(t).decisions == ()


@pytest.mark.parametrize(
    "said",
    [
        "Once phase 1 is done we can look at the rest.",
        "Phase 1 is almost done.",
        "Phase 1 will be done tomorrow.",
        "Is phase 1 done?",
        "Phase 1 is not done.",
    ],
)
def test_a_phase_that_is_not_said_to_be_done_is_not_done(said: str) -> None:
    t = Transcript()
    t.user("Plan the work")
    t.say(f"- Phase 1: Read\n- Phase 2: Write\n\n{said}")
    recap = recap_of(t)
    assert recap.done == ()
    assert texts(recap.next) == ["Phase 1: Read", "Phase 2: Write"]


def test_a_range_of_phases_is_done_together() -> None:
    t = Transcript()
    t.user("Where are we?")
    t.say("Phases 1-3 are complete. Phase 4 (the release) is next.")
    recap = recap_of(t)
    assert texts(recap.done) == ["Phase 1", "Phase 2", "Phase 3"]
    assert recap.headline == "Phases 1 to 3 are done; phase 4, the release, is next."


def test_a_table_of_phases_is_read() -> None:
    t = Transcript()
    t.user("Status?")
    t.say("| Phase 1: Read | ✅ Done |\n|---|---|\n| Phase 2: Write | In progress |")
    recap = recap_of(t)
    assert texts(recap.done) == ["Phase 1: Read"]
    assert texts(recap.in_progress) == ["Phase 2: Write"]


def test_lines_that_begin_with_a_phase_are_a_list_without_its_marks() -> None:
    t = Transcript()
    t.user("Status?")
    t.say("Where we are:\nPhase 1 — Library ✅\nPhase 2 — Page (in progress)\nPhase 3 — Tests")
    recap = recap_of(t)
    assert texts(recap.done) == ["Phase 1: Library"]
    assert texts(recap.in_progress) == ["Phase 2: Page"]
    assert texts(recap.next) == ["Phase 3: Tests"]


def test_a_question_of_what_one_thinks_is_told_with_its_matter() -> None:
    t = Transcript()
    t.user("Look at the cookie")
    t.say("It lives for a year. We could keep it. What do you think?")
    assert texts(recap_of(t).questions) == ["We could keep it. What do you think?"]


def test_planned_steps_are_forgotten_once_work_went_on_without_them() -> None:
    t = Transcript()
    t.user("Make a plan")
    t.say("## Plan\n\n1. Read the parser\n2. Write the tests\n")
    assert texts(recap_of(t).next) == ["Read the parser", "Write the tests"]
    t.user("Go ahead")
    t.edit("parser.py")
    t.say("That went well, the parser is small.")
    assert recap_of(t).next == ()


def test_steps_of_a_plan_are_followed_by_their_numbers() -> None:
    t = Transcript()
    t.user("Make a plan")
    t.say("## Plan\n\n1. Read the parser\n2. Write the tests\n")
    t.user("Go ahead")
    t.edit("parser.py")
    t.say("Step 1 is done.")
    recap = recap_of(t)
    assert texts(recap.done) == ["Step 1: Read the parser"]
    assert texts(recap.next) == ["Step 2: Write the tests"]


def test_done_items_of_a_replaced_list_stay_done() -> None:
    t = Transcript()
    t.user("Work")
    t.todos(("Parse", "completed"), ("Dropped", "pending"))
    t.todos(("Print", "pending"))
    recap = recap_of(t)
    assert texts(recap.done) == ["Parse"]
    assert texts(recap.next) == ["Print"]


def test_a_narrower_success_does_not_clear_a_failing_suite() -> None:
    t = Transcript()
    t.user("Fix the tests")
    t.bash("pytest", "2 failed, 10 passed in 1s", error=True)
    t.bash("pytest tests/test_a.py", "4 passed in 1s")
    assert texts(recap_of(t).blockers) == ["pytest failed: 2 failed, 10 passed"]
    t.bash("pytest", "12 passed in 1s")
    assert recap_of(t).blockers == ()


def test_a_pipe_hides_how_a_command_ended() -> None:
    t = Transcript()
    t.user("Build")
    t.bash("make all | tee build.log", "cc -c a.c")
    assert commands(recap_of(t)) == [("make all", "unknown", "")]


@pytest.mark.parametrize(
    ("command", "output", "error", "expected"),
    [
        ("cd app && FOO=1 npm test", "Tests: 14 passed, 14 total", False, ("npm test", "passed")),
        ("uv run pytest -q", "1 failed", True, ("pytest -q", "failed")),
        ("go test ./...", "ok  \tshop/cart\t0.01s", False, ("go test ./...", "passed")),
        ("cargo test", "test result: ok. 3 passed; 0 failed", False, ("cargo test", "passed")),
        ("python -m unittest", "Ran 3 tests in 1s\n\nOK", False, ("unittest", "passed")),
        ("mvn -q verify", "[INFO] BUILD FAILURE", True, ("mvn -q verify", "failed")),
        ("tsc --noEmit", "a.ts(1,1): error TS2304: x", True, ("tsc --noEmit", "failed")),
        ("pytest | tail -3", "2 failed, 1 passed", False, ("pytest", "failed")),
    ],
)
def test_commands_of_note_are_recognised(
    command: str, output: str, error: bool, expected: tuple[str, str]
) -> None:
    t = Transcript()
    t.user("Run it")
    t.bash(command, output, error=error)
    assert [(run.command, run.outcome) for run in recap_of(t).commands] == [expected]


@pytest.mark.parametrize(
    "command", ["ls tests", "grep -r pytest .", "cat test_a.py", "git log", "echo 'make test'"]
)
def test_other_commands_are_not_listed(command: str) -> None:
    t = Transcript()
    t.user("Look")
    t.bash(command, "3 failed", error=True)
    recap = recap_of(t)
    assert (recap.commands, recap.blockers) == ((), ())


def test_a_file_that_was_read_before_is_edited_not_created() -> None:
    t = Transcript()
    t.user("Rewrite it")
    t.tool("read", {"file_path": "a.py"}, "x")
    t.tool("write", {"file_path": "a.py", "content": "y"}, "wrote 1 bytes to a.py")
    t.tool("write", {"file_path": "b.py", "content": "y"}, "wrote 1 bytes to b.py")
    t.tool("edit", {"file_path": "c.py"}, "edit: old_string not found in c.py", error=True)
    assert [(f.path, f.action) for f in recap_of(t).files] == [
        ("b.py", "created"),
        ("a.py", "edited"),
    ]


def test_one_file_in_two_spellings_is_one() -> None:
    t = Transcript(cwd="/home/dev/shop")
    t.user("Edit")
    t.edit("/home/dev/shop/a.py")
    t.edit("./a.py")
    t.edit("/etc/hosts")
    assert [(f.path, f.times) for f in recap_of(t).files] == [("/etc/hosts", 1), ("a.py", 2)]


def test_an_error_that_was_overcome_is_no_blocker() -> None:
    t = Transcript()
    t.user("Go")
    t.event("error", "Overloaded (529)")
    t.say("Here is the answer.")
    assert recap_of(t).blockers == ()


def test_a_server_that_denies_access_is_a_failure_not_a_refusal() -> None:
    t = Transcript()
    t.user("Push")
    t.bash("git push origin main", "denied: requested access to the resource is denied", error=True)
    assert texts(recap_of(t).blockers) == [
        "git push origin main failed: denied: requested access to the resource is denied"
    ]


def test_a_refusal_that_only_the_meta_tells_is_understood() -> None:
    t = Transcript()
    t.user("Push")
    call = t.call("bash", {"command": "git push"})
    t.answer(call, "Denied: not on a Friday", error=True)
    t.entries[-1].meta["permission"] = "denied"
    assert texts(recap_of(t).blockers) == ["Permission refused: bash: git push"]
    assert recap_of(t).commands == ()


def test_a_reply_that_broke_off_leaves_its_prompt_in_progress() -> None:
    t = Transcript()
    t.user("Explain the parser")
    t.say("It reads tokens.")
    t.user("Rewrite it with a table")
    t.say("I've rewritten the")
    t.entries[-1].meta.update(interrupted=True, stop_reason=None)
    t.event("interrupted", "The run was interrupted.")
    recap = recap_of(t)
    assert texts(recap.in_progress) == ["Rewrite it with a table"]
    assert recap.done == ()


def test_a_refusal_is_forgotten_once_work_goes_on() -> None:
    t = transcripts.denied()
    t.user("No, tag it only.")
    t.bash("git tag v2.4", "")
    t.say("The tag is set.")
    assert recap_of(t).blockers == ()


def test_the_answer_to_a_question_is_a_decision_told_with_the_question() -> None:
    t = Transcript()
    t.user("Add an export")
    t.say("Which format shall it have, CSV or JSON?")
    t.user("csv, excel users want it")
    assert recap_of(t).decisions == (
        Fact("csv, excel users want it (Which format shall it have, CSV or JSON?)", (2, 3)),
    )
    assert recap_of(t).questions == ()


@pytest.mark.parametrize(
    "answer", ["yes", "go ahead please", "ok do it", "what is the difference?"]
)
def test_a_mere_yes_or_a_question_back_decides_nothing(answer: str) -> None:
    t = Transcript()
    t.user("Add an export")
    t.say("Shall I write CSV?")
    t.user(answer)
    assert recap_of(t).decisions == ()


def test_a_question_stays_open_while_the_user_asks_somebody_else() -> None:
    t = Transcript()
    t.user("Plan the API")
    t.say("Do you want to limit the rate per key or per hotel?")
    t.user("I must ask Petra")
    t.say("Fine, I leave that open.")
    question = "Do you want to limit the rate per key or per hotel?"
    assert texts(recap_of(t).questions) == [question]
    t.user("Petra says: per key")
    recap = recap_of(t)
    assert recap.questions == ()
    assert texts(recap.decisions) == [f"Petra says: per key ({question})"]


def test_what_a_reply_to_finished_work_reports_is_done() -> None:
    t = Transcript()
    t.user("Make the list faster")
    t.edit("list.py")
    t.say("The list reads pages of 50 rows now. It takes 80 ms.")
    assert texts(recap_of(t).done) == ["The list reads pages of 50 rows now. It takes 80 ms."]


def test_a_turn_that_ends_with_a_failing_test_is_still_in_progress() -> None:
    t = Transcript()
    t.user("Make the list faster")
    t.edit("list.py")
    t.bash("pytest -q", "1 failed, 3 passed", error=True)
    t.say("The order of the rows is another one now.")
    recap = recap_of(t)
    assert recap.done == ()
    assert texts(recap.in_progress) == ["Make the list faster (pytest -q)"]


def test_what_is_announced_comes_next_until_work_went_on() -> None:
    t = Transcript()
    t.user("Make the list faster")
    t.edit("list.py")
    t.say("It is. What remains is the sort order.")
    assert texts(recap_of(t).next) == ["What remains is the sort order."]
    t.user("do that")
    t.edit("list.py")
    t.say("The sort order is stable.")
    assert recap_of(t).next == ()


def test_a_list_that_nobody_keeps_any_more_says_nothing_of_today() -> None:
    t = Transcript()
    t.user("Speed it up")
    t.todos(("Profile", "completed"), ("Add an index", "in_progress"))
    t.say("Profiled.")
    for number in range(3):
        t.user(f"Something else: fix report {number}")
        t.edit(f"report{number}.py")
        t.say(f"Report {number} adds up again.")
    recap = recap_of(t)
    assert (recap.in_progress, recap.next) == ((), ())
    assert "Profile" in texts(recap.done)
    assert recap.headline == "Report 2 adds up again."


def test_agents_are_told_with_what_they_last_reported() -> None:
    recap = recap_of(transcripts.several_agents())
    assert recap.agents == (
        Fact("api: The endpoint answers with the totals per month.", (8,)),
        Fact("page", (4,)),
    )


def test_an_agent_alone_needs_no_mention_but_its_helpers_do() -> None:
    t = Transcript()
    t.user("Find the callers")
    value = {"subagent_type": "Explore", "description": "Find callers", "prompt": "…"}
    t.answer(t.call("Task", value, author="main"), "212 call sites")
    t.say("There are 212.", author="main")
    assert recap_of(t).agents == (Fact("Explore: Find callers → 212 call sites", (2, 3)),)


def test_the_time_line_has_a_stretch_for_each_time_of_work() -> None:
    t = transcripts.migration()
    first, second, third = recap_of(t).stretches
    assert (first.first_seq, first.last_seq) == (1, 14)
    assert (second.first_seq, second.last_seq) == (15, 24)
    assert (third.first_seq, third.last_seq) == (25, 30)
    assert first.start == t.entries[0].at
    assert third.end == t.entries[-1].at


def test_the_time_line_says_what_each_time_of_work_took() -> None:
    spent = {"model": "claude-sonnet-5-5", "usage": Usage(input=1_000, output=100).to_json()}
    t = Transcript()
    t.user("Read the parser")
    t.say("It is small.")
    t.entries[-1] = msgspec.structs.replace(t.entries[-1], meta={**spent, "cost_usd": 0.25})
    t.later(days=1)
    t.user("Change it")
    for _ in range(2):
        t.say("Changed.")
        t.entries[-1] = msgspec.structs.replace(t.entries[-1], meta=spent)
    t.user("And now?")
    first, second = recap_of(t).stretches
    assert (first.turns, first.tokens, first.cost_usd) == (1, 1_100, 0.25)
    price = cost_usd("claude-sonnet-5-5", Usage(input=1_000, output=100), t.entries[-1].at)
    assert price
    assert (second.turns, second.tokens) == (2, 2_200)
    assert second.cost_usd == pytest.approx(2 * price)
    said = recap_markdown(recap_of(t), t.session, t.entries[-1].at)
    assert ": 1 turn, 1,100 tokens, $0.25\n" in said


def test_what_a_sitting_with_an_unknown_model_cost_is_not_known() -> None:
    t = Transcript()
    t.user("Read the parser")
    t.say("It is small.")
    meta = {"model": "mystery-1", "usage": Usage(input=7).to_json()}
    t.entries[-1] = msgspec.structs.replace(t.entries[-1], meta=meta)
    (only,) = recap_of(t).stretches
    assert (only.tokens, only.cost_usd) == (7, None)


def test_notes_of_the_user_are_part_of_the_recap() -> None:
    t = Transcript()
    t.user("Read the parser")
    t.say("It is small.")
    notes = "Remember: tell Ana.\n\n- [ ] Order a key\n- [x] Ask Tom\n\nDecided:\n- No Redis"
    recap = build_recap(t.entries, replace(t.session, notes=notes))
    assert texts(recap.next) == ["tell Ana.", "Order a key"]
    assert recap.decisions == (Fact("No Redis"),)


def test_a_session_marked_completed_has_nothing_under_way_or_in_the_way() -> None:
    t = transcripts.interrupted()
    recap = build_recap(t.entries, replace(t.session, status=Status.COMPLETED))
    assert (recap.in_progress, recap.blockers) == ((), ())


def test_of_a_very_long_session_the_beginning_is_skimmed() -> None:
    t = Transcript()
    t.user("Move the shop to Python 3")
    t.say("## Plan\n\n- Phase 1: Syntax\n- Phase 2: Tests\n")
    t.user("We decided to drop Windows. Go.")
    t.edit("shop/first.py")
    t.bash("git commit -qm x", "[main a1b2c3d] Port the first module")
    t.say("Phase 1 is done.")
    for number in range(600):
        t.user(f"Fix module {number}")
        t.edit(f"shop/m{number % 7}.py")
        t.say(f"Module {number} works.")
    recap = recap_of(t)
    assert recap.goal == Fact("Move the shop to Python 3", (1,))
    assert texts(recap.done)[:2] == ["Phase 1: Syntax", "Module 589 works."]
    assert texts(recap.next) == ["Phase 2: Tests"]
    assert texts(recap.decisions) == ["We decided to drop Windows."]
    assert sum(file.times for file in recap.files) == 601
    assert "shop/first.py" in {file.path for file in recap.files}
    knowing = RecapBuilder()
    for entry in t.entries:
        knowing.add(entry, coming=len(t.entries))  # the same, when the end is known beforehand
    assert knowing.build(t.session) == recap_of(t)


def test_nothing_that_is_half_done_is_not_under_way() -> None:
    t = Transcript()
    t.user("Port the shop")
    t.edit("shop/cart.py")
    t.say("The cart is ported. Nothing is half done: it runs on both.")
    assert recap_of(t).in_progress == ()


def test_characters_that_do_not_exist_are_left_out() -> None:
    t = Transcript()
    t.user("Run it")
    t.bash("run \ud7fc.sh", "", error=True)
    assert texts(recap_of(t).blockers) == ["Bash: run .sh failed"]


# -- properties of every recap


@pytest.mark.parametrize("write", WRITTEN)
def test_every_fact_names_entries_that_exist_and_is_one_plain_line(write: Any) -> None:
    t = write()
    check_facts(recap_of(t), len(t.entries))


@pytest.mark.parametrize("write", WRITTEN)
def test_a_builder_can_be_asked_midway_and_fed_further(write: Any) -> None:
    t = write()
    builder = RecapBuilder()
    for entry in t.entries:
        builder.add(entry)
        check_facts(builder.build(t.session), entry.seq)
    assert builder.build(t.session) == recap_of(t)


@pytest.mark.parametrize("write", WRITTEN)
def test_a_recap_survives_its_json_form(write: Any) -> None:
    recap = recap_of(write())
    assert Recap.from_json(recap.to_json()) == recap


def check_facts(recap: Recap, entries: int) -> None:
    lists = (recap.done, recap.in_progress, recap.next, recap.decisions)
    facts = [fact for found in (*lists, recap.questions, recap.blockers) for fact in found]
    facts += [recap.goal] if recap.goal else []
    for fact in facts:
        assert fact.text.isprintable()
        assert 0 < len(fact.text) <= 200
        assert all(1 <= seq <= entries for seq in fact.seqs)
    assert all(len(found) <= 12 for found in (*lists, recap.questions, recap.blockers))
    assert all(1 <= file.last_seq <= entries for file in recap.files)
    assert all(1 <= run.seq <= entries for run in recap.commands)
    assert recap.headline.isprintable()
    assert 0 < len(recap.headline) <= 230


KEYS = (
    *("todos", "content", "status", "taskId", "subject", "command", "file_path", "path"),
    *("questions", "question", "plan"),
)
NAMES = (
    *("TodoWrite", "TaskCreate", "TaskUpdate", "AskUserQuestion", "ExitPlanMode", "Bash"),
    *("Write", "edit", "NotebookEdit", "str_replace_based_edit_tool", "read", ""),
)
PIECES = (
    *("Phase 1: a", "phases 1-9 are done", "- [x] b", "- [ ] c", "## Next steps\n", "1. d\n"),
    *("\n\n", "```", "|a|✅|", "Should I? ", "We decided to e. ", "**", "`", "\x1b[31m", "\ud800"),
    *("\u202e", "Done: ", "pytest\n", "1 failed, 2 passed", "[main abc1234] f", "Exit code 1\n"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
TEXT = st.lists(st.sampled_from(PIECES) | st.text(string.printable, max_size=12), max_size=12).map(
    "".join
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES), JSON, TEXT, st.booleans(), TEXT), max_size=8))
def test_no_input_can_crash_a_recap(rows: list[tuple[str, Any, str, bool, str]]) -> None:
    t = Transcript()
    for name, value, output, error, said in rows:
        t.user(said)
        t.tool(name, value, output, error=error, text=said)
        t.event(said, output, decision=value)
        t.say(output + said)
    check_facts(recap_of(t), len(t.entries))
    assert recap_markdown(recap_of(t), t.session, START)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES), JSON, TEXT, st.booleans()), max_size=6))
def test_asking_in_between_changes_nothing(rows: list[tuple[str, Any, str, bool]]) -> None:
    t = Transcript()
    for name, value, said, error in rows:
        t.user(said)
        t.tool(name, value, said, error=error, text=said)
        t.say(said)
    builder = RecapBuilder()
    for entry in t.entries:
        builder.add(entry)
        builder.build(t.session)
    assert builder.build(t.session) == recap_of(t)


@settings(max_examples=50, deadline=None)
@given(JSON, JSON, st.sampled_from(list(EntryKind)))
def test_malformed_blocks_and_meta_do_no_harm(block: Any, value: Any, kind: EntryKind) -> None:
    rows = {"type": "tool_use", "id": block, "name": value, "input": block}
    meta = {"tool_use_id": value, "is_error": block, "event": value, "stop_reason": block}
    entries = [Entry(n, kind, "x", START, content=(rows,), meta=meta) for n in (1, 2)]
    check_facts(build_recap(entries), 2)


def test_time_grows_with_the_length_and_no_faster() -> None:
    def seconds(turns: int) -> float:
        t = Transcript()
        for turn in range(turns):
            t.user(f"Port module {turn} and keep its interface")
            t.edit(f"m{turn}.py")
            t.bash("pytest -q", "x\n" * 500 + f"{turn} passed in 1s")
            t.say(f"I've ported module {turn}.\n\n- [x] port {turn}\n- [ ] check {turn}")
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            recap_of(t)
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(400) < 12 * seconds(100)


def test_a_huge_output_costs_little_more_than_a_small_one() -> None:
    def seconds(size: int) -> float:
        t = Transcript()
        t.user("Test")
        for _ in range(50):
            t.bash("pytest -q", "line of output\n" * size + "1 failed in 1s", error=True)
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            recap_of(t)
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(50_000) < 10 * seconds(300)


@pytest.mark.parametrize("piece", ["`", "**", "[a](", "phase 1, ", "- ", "? ", "```\n", "|a", " "])
def test_a_text_made_to_be_slow_is_read_in_no_time(piece: str) -> None:
    t = Transcript()
    text = piece * 20_000 + "x"
    t.user(text)
    t.bash(f"make {text}", text, error=True)
    t.todos((text, "pending"))
    t.say(text)
    start = time.process_time()
    recap_of(t)
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    "piece",
    [
        "but ",
        "ok but ",
        "and then ",
        "no x, ",
        "tomorrow i'll ",
        "psql ",
        "kann ich a ",
        "a or ",
        "？",
    ],
)
@pytest.mark.parametrize("length", [190, 20_000])
def test_talk_made_to_be_slow_is_read_in_no_time(piece: str, length: int) -> None:
    t = Transcript()
    text = piece * (length // len(piece)) + "x"
    t.user("Add an export")
    t.edit("a.py")
    t.bash(text, text, error=True)
    t.say(f"Which one, a or b?\n\n{text}")
    t.user(f"{text}. {text}")
    t.say(text)
    start = time.process_time()
    recap_of(t)
    assert time.process_time() - start < 1


# -- Markdown


def test_the_markdown_form_holds_every_part() -> None:
    t = transcripts.migration()
    recap = recap_of(t)
    assert recap.last_activity
    text = recap_markdown(recap, t.session, recap.last_activity + timedelta(days=6))
    assert text.startswith("# A session\n\nPhases 1 and 2 are done; phase 3, the tests,")
    assert f"\n\nshop · last activity 6 days ago · {t.session.message_count} messages\n\n" in text
    assert "## Done\n\n- Port the syntax to Python 3 (commit a1b2c3d)\n- Phase 1: Syntax" in text
    assert "- `shop/gateway.py` edited (2 times)" in text
    assert "- `pytest -q` passed: 43 passed" in text


def test_markup_in_facts_is_shown_as_it_stands() -> None:
    t = Transcript()
    session = replace(t.session, title="<b>*x*")
    text = recap_markdown(Recap("[a](b) <script> snake_case"), session, START)
    assert text.startswith("# \\<b\\>\\*x\\*\n\n\\[a\\](b) \\<script\\> snake_case\n")
