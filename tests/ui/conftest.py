"""Tests of screens run in an event loop of anyio's pytest plugin."""

from __future__ import annotations

import pytest

from agentsess.ui.widgets.permission import PermissionPrompt


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def answers_count_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions about tools take answers without the pause that protects a person."""
    monkeypatch.setattr(PermissionPrompt, "ARMED_AFTER", 0.0)
