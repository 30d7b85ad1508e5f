"""A newcomer's first minute: the real agent, the seeded store, the scripted model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentsess.agent.agent import Agent
from agentsess.demo import demo_clients, demo_home, demo_project
from agentsess.model import EntryKind, Status
from agentsess.sessions.estimate import estimate
from agentsess.sessions.service import SessionService

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def home() -> Iterator[Path]:
    with demo_home(NOW) as folder:
        yield folder


def _agent(home: Path, allowed: Callable[[str], bool] = lambda action: True) -> Agent:
    return Agent(
        service=SessionService.open(home),
        cwd=demo_project(home),
        client=demo_clients(pace=0),
        permission_callback=lambda action, *_: allowed(action),
    )


def test_the_paused_migration_is_resumed_and_goes_on_with_its_tests(home: Path) -> None:
    agent = _agent(home)
    session = next(s for s in agent.service.list() if s.project_name == "ledger-tools")
    agent.service.resume(session.id)
    result = asyncio.run(agent.run("Ready for phase 3?", session_id=session.id))
    assert "- [x] `tests/test_parser.py`" in result.output
    edited = demo_project(home) / "tests" / "test_parser.py"
    assert "except ValueError as error:" in edited.read_text()
    after = agent.service.get(session.id)
    assert after.status is Status.ACTIVE
    assert after.usage.cache_read > session.usage.cache_read
    agent.service.pause(session.id)
    agent.service.close()


def test_the_first_request_takes_about_what_was_estimated(home: Path) -> None:
    agent = _agent(home)
    session = next(s for s in agent.service.list() if s.project_name == "ledger-tools")
    agent.service.resume(session.id)
    told = estimate(agent.service, session.id).full
    asyncio.run(agent.run("hello", session_id=session.id))
    after = agent.service.get(session.id)
    assert after.context_tokens == pytest.approx(told.tokens, rel=0.1)
    assert told.usd is not None
    assert after.cost_usd - session.cost_usd == pytest.approx(told.usd, abs=0.02)
    agent.service.close()


def test_a_denied_tool_is_part_of_the_history_and_the_answer(home: Path) -> None:
    agent = _agent(home, lambda action: False)
    session = agent.service.create(title="New", cwd=str(demo_project(home)))
    result = asyncio.run(agent.run("run the tests", session_id=session.id))
    assert "I will do without **bash**" in result.output
    denied = [e for e in agent.service.entries(session.id) if e.kind is EntryKind.TOOL_RESULT]
    assert [entry.meta["permission"] for entry in denied] == ["denied"]
    agent.service.close()


def test_after_a_denied_call_it_says_what_was_done_before(home: Path) -> None:
    agent = _agent(home, lambda action: action != "bash")
    session = next(s for s in agent.service.list() if s.project_name == "ledger-tools")
    agent.service.resume(session.id)
    result = asyncio.run(agent.run("Ready for phase 3?", session_id=session.id))
    assert "Nothing was run or changed" not in result.output
    assert "changed `tests/test_parser.py`; nothing since." in result.output
    edited = demo_project(home) / "tests" / "test_parser.py"
    assert "except ValueError as error:" in edited.read_text()
    agent.service.close()
