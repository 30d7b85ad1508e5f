"""The runs of an app, without the app."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from agentsess.sessions.service import SessionService
from agentsess.ui.runs import Runs
from support.loopback import Hold, LoopbackServer, Reply

pytestmark = pytest.mark.anyio


class Together(Runs):
    """Runs of which none is stopped before the other is about to be."""

    barrier = asyncio.Barrier(2)

    async def stop(self, session_id: str) -> bool:
        await self.barrier.wait()
        return await super().stop(session_id)


async def test_all_runs_are_stopped_at_once(
    tmp_path: Path, loopback: Callable[..., LoopbackServer]
) -> None:
    server = loopback(default=Hold(Reply("one two three"), after_events=4))
    service = SessionService.open(tmp_path)
    runs = Together(service, lambda message: None)
    sessions = [service.create(cwd=str(tmp_path)) for _ in range(2)]
    for session in sessions:
        runs.start(session.id, "Count.")
    await asyncio.to_thread(server.wait_until_holding)
    await runs.stop_all()
    assert not any(runs.is_working(session.id) for session in sessions)
    service.close()
