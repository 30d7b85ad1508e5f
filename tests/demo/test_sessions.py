"""The store that the demo fills."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentsess.demo import demo_home, demo_project, seed
from agentsess.demo.stories import STORIES
from agentsess.demo.story import tell
from agentsess.model import EntryKind, Session, Status
from agentsess.sessions.service import SessionService

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionService]:
    opened = SessionService.open(tmp_path_factory.mktemp("demo"))
    seed(opened, Path("/demo"), NOW)
    yield opened
    opened.close()


def _migration(service: SessionService) -> Session:
    return next(s for s in service.list() if s.project_name == "ledger-tools")


def test_every_status_is_there(service: SessionService) -> None:
    assert {session.status for session in service.list()} == set(Status)


def test_a_dozen_sessions_are_listed_and_one_is_in_the_trash(service: SessionService) -> None:
    assert len(service.list()) == 15
    assert [s.title for s in service.list(trashed=True)] == ["Scratch: try the new linter"]


def test_times_count_back_from_now(service: SessionService) -> None:
    newest = service.list()[0]
    assert newest.updated_at == NOW - timedelta(minutes=12)
    assert all(session.created_at < session.updated_at < NOW for session in service.list())


def test_the_migration_is_long_paused_and_goes_over_three_days(service: SessionService) -> None:
    session = _migration(service)
    assert session.status is Status.PAUSED
    assert session.entry_count > 40
    assert len({entry.at.date() for entry in service.entries(session.id)}) == 3


def test_the_recap_of_the_migration_knows_what_is_done_and_next(service: SessionService) -> None:
    recap = service.recap(_migration(service).id)
    assert any("test_money" in fact.text for fact in recap.done)
    assert any("test_parser" in fact.text for fact in (*recap.next, *recap.in_progress))
    assert "ledger/money.py" in {file.path for file in recap.files}


def test_sessions_have_tokens_duration_and_mostly_a_cost(service: SessionService) -> None:
    sessions = service.list()
    assert all(s.token_count and s.context_tokens and s.duration_seconds for s in sessions)
    assert [s.model for s in sessions if s.cost_usd is None] == ["qwen3-coder:30b"]


def test_every_tool_call_has_its_result(service: SessionService) -> None:
    for session in service.list():
        entries = list(service.entries(session.id))
        calls = [call.id for entry in entries for call in entry.tool_calls]
        results = [e.meta["tool_use_id"] for e in entries if e.kind is EntryKind.TOOL_RESULT]
        assert calls == results


def test_the_same_now_gives_the_same_entries() -> None:
    assert [tell(story, NOW) for story in STORIES] == [tell(story, NOW) for story in STORIES]


def test_the_home_holds_a_project_and_is_removed(tmp_path: Path) -> None:
    with demo_home(NOW) as home:
        assert (demo_project(home) / "tests" / "test_parser.py").is_file()
        opened = SessionService.open(home)
        sessions = opened.list()
        assert len(sessions) == 15
        assert all(Path(session.cwd).is_dir() for session in sessions)
        opened.close()
    assert not home.parent.exists()


def test_the_users_own_store_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTSESS_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with demo_home(NOW):
        pass
    assert list(tmp_path.iterdir()) == []
