"""The demo's model writes recaps that hold."""

from __future__ import annotations

import asyncio
from pathlib import Path

from agentsess.agent.recap_writer import RecapWriter
from agentsess.clock import utc_now
from agentsess.demo import demo_clients
from agentsess.demo.run import furnish
from agentsess.sessions.service import SessionService


def test_a_recap_of_the_demo_can_be_written(tmp_path: Path) -> None:
    furnish(tmp_path / "store", utc_now())
    service = SessionService.open(tmp_path / "store")
    session = next(s for s in service.list() if s.title.startswith("Migrate"))
    writer = RecapWriter(service, tmp_path / "store", demo_clients(pace=0))
    recap = asyncio.run(writer.write(session.id))
    assert recap.headline == "Work goes on well. Next: Phase 3: the tests."
    assert recap.generated_by == "claude-haiku-5-5"
    assert recap.done == service.recaps.from_history(session.id).done
    service.close()
