"""`recap --since`: what was done in all sessions since a moment."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentsess.cli import NOT_ASKED, NOT_FOUND, WRONG_USAGE
from agentsess.clock import clock_stopped
from agentsess.errors import InvalidQuery
from agentsess.model import Draft, EntryKind
from agentsess.sessions.service import SessionService
from agentsess.sessions.standup import parse_since
from support.claude_history import Transcript
from support.commands import Run
from support.loopback import LoopbackServer, Reply
from support.screens import write_session

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
FIRST = "Plan:\n- [x] read the code\n- [ ] port the parser"
SECOND = "Plan:\n- [x] read the code\n- [x] port the parser\n- [ ] write the tests"


def work_in_two_days(service: SessionService) -> None:
    session = write_session(
        service, "Port it", "Port the ledger.", FIRST, hours_ago=40, now=NOW, cwd="/work/ledger"
    )
    with service.writer(session.id) as writer:
        at = NOW - timedelta(hours=2)
        usage = {"usage": {"input": 5, "output": 5}, "cost_usd": 0.25, "model": "m"}
        writer.append(
            Draft(EntryKind.USER, "Go on.", at=at),
            Draft(EntryKind.ASSISTANT, SECOND, meta=usage, at=at),
        )


def test_the_report_says_what_was_done_since_and_what_comes_next(
    run: Run, service: SessionService
) -> None:
    work_in_two_days(service)
    write_session(service, "Old", hours_ago=99, now=NOW)
    with clock_stopped(NOW):
        (report,) = run("recap", "--since", "12h", "--json").json
    assert report["title"] == "Port it"
    assert report["done"] == ["port the parser"]
    assert report["next"] == ["write the tests"]
    assert (report["messages"], report["cost_usd"]) == (2, 0.25)


def test_it_reads_well_in_a_terminal_and_as_markdown(run: Run, service: SessionService) -> None:
    work_in_two_days(service)
    write_session(service, "Review *it*", hours_ago=3, now=NOW, cwd="/work/api")
    with clock_stopped(NOW):
        text = run("recap", "--since", "today").out
        markdown = run("recap", "--since", "2026-11-23T00:00+00:00", "--markdown").out
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "ledger"
    assert "✓ port the parser" in lines
    assert "→ write the tests" in lines
    assert lines.index("api") > lines.index("ledger")
    assert "## ledger" in markdown
    assert "- **Next:** write the tests" in markdown
    assert r"### Review \*it\*" in markdown


def test_a_project_can_be_asked_for(run: Run, service: SessionService) -> None:
    work_in_two_days(service)
    write_session(service, "Review", hours_ago=3, now=NOW, cwd="/work/api")
    with clock_stopped(NOW):
        found = run("recap", "--since", "7d", "--project", "LEDGER", "--json").json
    assert [report["title"] for report in found] == ["Port it"]


def test_sessions_of_claude_code_are_reported_too(run: Run, tmp_path: Path) -> None:
    transcript = Transcript("11111111-2222-4333-8444-555555555555", cwd=str(tmp_path / "shop"))
    transcript.prompt("Find the flaky test").reply("It is **test_lock**.")
    transcript.write(tmp_path / "claude")
    (report,) = run("recap", "--since", "20y", "--json").json
    assert report["project"].endswith("shop")
    assert report["headline"]


def test_nothing_done_is_said_and_is_no_failure(run: Run) -> None:
    done = run("recap", "--since", "yesterday")
    assert (done.code, done.out) == (0, "")
    assert "Nothing was done since then." in done.err
    assert run("recap", "--since", "yesterday", "--json").json == []


@pytest.mark.parametrize(
    "arguments",
    [(), ("abc", "--since", "today"), ("--since", "soon"), ("abc", "--project", "x"),
     ("--since", "2026-99-99")],
)  # fmt: skip
def test_what_cannot_be_meant_is_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("recap", *arguments).code == WRONG_USAGE


def test_an_unknown_session_is_not_found(run: Run) -> None:
    assert run("recap", "abc").code == NOT_FOUND


def test_words_spans_and_dates_are_moments() -> None:
    local = NOW.astimezone()
    midnight = local.replace(hour=0, minute=0)
    assert parse_since("today", NOW) == midnight
    assert parse_since("Yesterday", NOW).date() == (local - timedelta(days=1)).date()
    assert parse_since("12h", NOW) == NOW - timedelta(hours=12)
    assert parse_since("2026-11-20", NOW).date().isoformat() == "2026-11-20"
    with pytest.raises(InvalidQuery, match="yesterday"):
        parse_since("soon", NOW)


def test_a_model_writes_it_when_asked_to(
    run: Run, service: SessionService, loopback: Callable[..., LoopbackServer]
) -> None:
    session = write_session(service, "Port it", "Port the ledger.", FIRST)
    parts = ("done", "in_progress", "next", "decisions", "questions", "blockers")
    line = {"text": "Port the parser", "entries": [2]}
    value = {"headline": "The parser is next.", "goal": line, **{name: [line] for name in parts}}
    loopback([Reply(json.dumps(value), model="small-1")])
    done = run("recap", session.id, "--write", "--json")
    assert (done.code, done.json["generated_by"]) == (0, "small-1")
    assert "is shown about" in done.err


def test_what_could_not_be_written_is_said_and_the_recap_printed(
    run: Run, service: SessionService
) -> None:
    session = write_session(service, "Port it", "Port the ledger.", FIRST)
    done = run("recap", session.id, "--write")
    assert done.code == NOT_ASKED
    assert "Not written by a model: " in done.err
    assert "port the parser" in done.out
