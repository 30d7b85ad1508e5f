"""Agents with a store and a folder of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from agentsess.agent.agent import Agent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the agent works."""
    path = tmp_path / "work"
    path.mkdir()
    return path


@pytest.fixture
def make_agent(tmp_path: Path, folder: Path) -> Iterator[Callable[..., Agent]]:
    """Make agents that share one store."""
    with ExitStack() as stack:

        def make(**options: Any) -> Agent:
            return stack.enter_context(Agent(home=tmp_path / "store", cwd=folder, **options))

        yield make
