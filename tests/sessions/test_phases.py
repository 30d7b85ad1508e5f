from __future__ import annotations

from pathlib import Path

import pytest

from agentsess.errors import IllegalTransition, SessionLocked
from agentsess.model import EntryKind, Session, Status
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
from support.claude_history import Transcript
from support.screens import write_session


@pytest.fixture
def service(tmp_path: Path) -> SessionService:
    return SessionService.open(tmp_path / "store")


def written(service: SessionService) -> Session:
    session = write_session(
        service,
        "Port the tools",
        "Port the tools to Python 3.",
        "The parser is ported.\n\nNext:\n- port the writer\n\nShall I drop Python 2?",
        metadata={"project": "tools", "ticket": 7},
        tags=["port"],
        notes="Never touch the fixtures.",
        cwd="/srv/tools",
        model="model-a",
        budget_usd=5.0,
    )
    return service.get(session.id)


def test_a_phase_carries_what_belongs_to_the_work(service: SessionService) -> None:
    origin = written(service)
    phase = service.phases.start(origin.id)
    assert phase.title == "Port the tools (part 2)"
    for name in ("metadata", "tags", "notes", "cwd", "model", "budget_usd"):
        assert getattr(phase, name) == getattr(origin, name)
    assert phase.status is Status.ACTIVE
    assert phase.cost_usd == 0


def test_a_phase_begins_with_where_things_stood(service: SessionService) -> None:
    phase = service.phases.start(written(service).id)
    (entry,) = service.entries(phase.id)
    assert entry.kind is EntryKind.EVENT
    assert entry.meta["event"] == "phase"
    assert entry.text.startswith("This session goes on where “Port the tools” ended.\n\n")
    for carried in ("port the writer", "Shall I drop Python 2?", "Never touch the fixtures."):
        assert carried in entry.text


def test_each_of_the_two_names_the_other(service: SessionService) -> None:
    origin = written(service)
    phase = service.phases.start(origin.id, "The writer")
    *_, last = service.entries(origin.id)
    assert last.text == "The work goes on in “The writer”."
    assert last.meta == {"event": "continued", "session": phase.id}
    assert phase.parent_id == origin.id
    assert service.branches.lineage(origin.id)[1] == [phase]
    assert [s.id for s in service.branches.lineage(phase.id)[0]] == [origin.id]


def test_the_session_before_is_completed_until_that_is_undone(service: SessionService) -> None:
    origin = written(service)
    service.phases.start(origin.id)
    assert service.get(origin.id).status is Status.COMPLETED
    service.undo()
    assert service.get(origin.id).status is Status.ACTIVE


def test_phases_are_counted(service: SessionService) -> None:
    second = service.phases.start(written(service).id)
    third = service.phases.start(second.id)
    assert third.title == "Port the tools (part 3)"
    assert "Never touch the fixtures." in next(iter(service.entries(third.id))).text


def test_the_recap_of_a_phase_knows_what_was_carried_over(service: SessionService) -> None:
    phase = service.phases.start(written(service).id)
    recap = service.recap(phase.id)
    assert recap.goal
    assert "Port the tools to Python 3" in recap.goal.text
    assert any("port the writer" in fact.text for fact in recap.next)


def test_a_session_in_use_gets_no_phase(service: SessionService) -> None:
    origin = written(service)
    with service.writer(origin.id), pytest.raises(SessionLocked):
        service.phases.start(origin.id)
    assert [s.id for s in service.list()] == [origin.id]


def test_a_session_that_is_put_away_gets_no_phase(service: SessionService) -> None:
    origin = written(service)
    service.archive(origin.id)
    with pytest.raises(IllegalTransition, match="archived"):
        service.phases.start(origin.id)


def test_another_programs_session_gets_a_phase_here_and_its_file_is_left_alone(
    tmp_path: Path,
) -> None:
    claude = tmp_path / "claude"
    path = Transcript().prompt("Port the tools.").reply("The parser is ported.").write(claude)
    before = path.read_bytes()
    service = SessionService.open(tmp_path / "store", sources=[ClaudeCodeSource(claude)])
    service.refresh()
    (origin,) = service.list()
    phase = service.phases.start(origin.id)
    assert phase.is_own
    assert phase.parent_id == origin.id
    assert "The parser is ported." in next(iter(service.entries(phase.id))).text
    assert path.read_bytes() == before
