"""The public API: ``from agentsess import Agent, Session``.

Names are imported on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentsess.agent.agent import Agent as Agent
    from agentsess.agent.events import RunResult as RunResult
    from agentsess.agent.permissions import Decision as Decision
    from agentsess.errors import AgentsessError as AgentsessError
    from agentsess.model import Entry as Entry
    from agentsess.model import Recap as Recap
    from agentsess.model import Session as Session
    from agentsess.model import Status as Status

_HOMES = {
    "Agent": "agentsess.agent.agent",
    "RunResult": "agentsess.agent.events",
    "Decision": "agentsess.agent.permissions",
    "AgentsessError": "agentsess.errors",
    "Entry": "agentsess.model",
    "Recap": "agentsess.model",
    "Session": "agentsess.model",
    "Status": "agentsess.model",
}
__all__ = list(_HOMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    if home := _HOMES.get(name):
        return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
