"""The command, run in this process: fast, and with its output at hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentsess.cli import main
from agentsess.sessions.service import SessionService
from support.commands import Ran, Run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of the test's own, and no Claude Code."""
    monkeypatch.setenv("AGENTSESS_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "claude"))
    return tmp_path / "store"


@pytest.fixture
def run(home: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `agentsess-tui` with arguments."""

    def call(*argv: str) -> Ran:
        capfd.readouterr()
        try:
            code = main(argv)
        except SystemExit as left:  # wrong usage, or help
            code = int(left.code or 0)
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return call


@pytest.fixture
def service(home: Path) -> Iterator[SessionService]:
    """The store that the commands see."""
    opened = SessionService.open(home)
    yield opened
    opened.close()
