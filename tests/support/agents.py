"""Running agents in tests."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentsess.agent.agent import Agent
from agentsess.agent.events import AgentEvent, RunResult
from agentsess.agent.offers import Offer
from support.loopback import LoopbackServer
from support.validity import assert_acceptable

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic


def run(agent: Agent, task: str, **options: Any) -> RunResult:
    """Run to the end."""
    return asyncio.run(agent.run(task, **options))


def events_of(agent: Agent, task: str, **options: Any) -> list[AgentEvent]:
    """All that a run tells."""

    async def collect() -> list[AgentEvent]:
        async with aclosing(agent.stream(task, **options)) as events:
            return [event async for event in events]

    return asyncio.run(collect())


def no_retries() -> AsyncAnthropic:
    """A client that gives up at once."""
    from anthropic import AsyncAnthropic

    return AsyncAnthropic(max_retries=0)


def assert_requests_acceptable(server: LoopbackServer) -> None:
    """Fail unless the API would have taken all requests that the server saw."""
    assert server.bodies
    for body in server.bodies:
        assert_acceptable(body["messages"])


def is_alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int) -> None:
    """Return when a process has ended."""
    deadline = time.monotonic() + 20
    while is_alive(pid):
        assert time.monotonic() < deadline, f"{pid} is still there"
        time.sleep(0.01)


class Asked:
    """Answers offers in turn, and remembers them."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.offers: list[Offer] = []

    def __call__(self, offer: Offer) -> str:
        self.offers.append(offer)
        return self.answers.pop(0)

    @property
    def names(self) -> list[list[str]]:
        """The ways that each offer named."""
        return [[option.name for option in offer.options] for offer in self.offers]
