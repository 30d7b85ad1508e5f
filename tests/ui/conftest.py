"""Tests of screens run in an event loop of anyio's pytest plugin."""

from __future__ import annotations

import pytest

from agentsess.ui.widgets.asking import Asking


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def answers_count_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions of runs take answers without the pause that protects a person."""
    monkeypatch.setattr(Asking, "ARMED_AFTER", 0.0)
