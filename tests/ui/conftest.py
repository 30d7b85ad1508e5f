"""Tests of screens run in an event loop of anyio's pytest plugin."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentsess.ui.widgets.asking import Asking


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def answers_count_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions of runs take answers without the pause that protects a person."""
    monkeypatch.setattr(Asking, "ARMED_AFTER", 0.0)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the store is, or will be."""
    return tmp_path / "store"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder to work in, with a file."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "notes.txt").write_text("old line\n")
    return folder
