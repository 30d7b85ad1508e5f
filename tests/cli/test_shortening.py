from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentsess.model import Session, Status
from agentsess.sessions.service import SessionService
from support.commands import Run, asking
from support.loopback import HttpError, LoopbackServer, Reply
from support.screens import write_session

Loopback = Callable[..., LoopbackServer]


@pytest.fixture
def session(service: SessionService, tmp_path: Path) -> Session:
    said = [f"line {number} " + "x" * 400 for number in range(8)]
    return write_session(service, "Basket", *said, cwd=str(tmp_path), notes="Mind the tax.")


def test_compact_says_what_stands_for_what(
    run: Run, loopback: Loopback, session: Session, service: SessionService
) -> None:
    loopback([Reply("## Goal\n\nThe basket.")])
    ran = run("compact", session.id[:8])
    assert ran.code == 0
    assert ran.out.startswith("From here on a summary stands for entries 1–6: about ")
    assert ran.out.endswith("By claude-sonnet-5-5.\n")
    assert "writes a summary" in ran.err
    *_, entry = service.entries(session.id)
    assert "The basket." in entry.text
    assert "Mind the tax." in entry.text


def test_compact_as_json_is_an_entry(run: Run, loopback: Loopback, session: Session) -> None:
    loopback([Reply("The basket.")])
    value = run("compact", session.id, "--json").json
    assert value["kind"] == "event"
    assert value["meta"]["by"] == "claude-sonnet-5-5"
    assert value["meta"]["kept_from"] == 7


def test_compact_works_without_a_key(run: Run, session: Session) -> None:
    ran = run("compact", session.id)
    assert ran.code == 0
    assert "Made from the history: No API key is configured." in ran.out


def test_what_cannot_be_made_shorter_is_said(run: Run, session: Session) -> None:
    ran = run("compact", session.id, "--clear-results")
    assert ran.code == 1
    assert "no old results" in ran.err


def test_phase_prints_the_new_sessions_id(
    run: Run, session: Session, service: SessionService
) -> None:
    ran = run("phase", session.id, "Checkout")
    phase = service.get(ran.out.strip())
    assert (phase.title, phase.parent_id) == ("Checkout", session.id)
    assert service.get(session.id).status is Status.COMPLETED
    assert "Checkout" in run("lineage", session.id).out
    assert run("phase", phase.id, "--json").json["parent_id"] == phase.id


def test_what_was_carried_over_is_shown_and_exported(run: Run, session: Session) -> None:
    phase_id = run("phase", session.id).out.strip()
    for command in ("show", "export"):
        out = run(command, phase_id).out
        assert "This session goes on where “Basket” ended." in out
        assert "Mind the tax." in out
    assert "The work goes on in “Basket (part 2)”." in run("show", session.id).out


def test_on_a_terminal_a_run_that_no_longer_fits_asks_how_to_go_on(
    home: Path, loopback: Loopback, session: Session, service: SessionService
) -> None:
    refused = HttpError(400, "prompt is too long: 9 > 8", "invalid_request_error")
    server = loopback([refused, Reply("Onwards.")])
    with asking(session.id, "Go on", server.environment) as run:
        run.answers(b"Which? [1] ", b"3\n")
        assert run.output() == b"Onwards.\n"
    assert b"2  Compact" in run.shown
    assert [child.title for child in service.branches.lineage(session.id)[1]] == ["Basket (part 2)"]
