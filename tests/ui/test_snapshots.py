"""How the screens look. After a change that is meant: ``pytest --snapshot-update`` here.

The pictures of the demo's command are taken; see `agentsess.demo.screenshots`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from agentsess.demo.screenshots import PICTURES, Visit, demo_app, stage, take
from agentsess.ui.app import AgentsessApp
from agentsess.ui.screens.help import HelpScreen

SnapCompare = Callable[..., bool]
GO = {picture.name: picture.go for picture in PICTURES}


@pytest.fixture(autouse=True)
def local_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times of day are those of one place."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def home() -> Iterator[Path]:
    with stage() as folder:
        yield folder


def going(go: Callable[[Visit], Awaitable[None]], theme: str = "textual-dark") -> Any:
    """What to do in the app before it is looked at."""

    async def run_before(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, AgentsessApp)
        await pilot.pause()
        pilot.app.theme = theme
        await go(Visit(pilot.app, pilot))

    return run_before


@pytest.mark.parametrize(
    ("name", "size", "theme"),
    [
        pytest.param("main", (120, 36), "textual-dark", id="main"),
        pytest.param("main", (200, 50), "textual-light", id="large-light"),
        pytest.param("main", (80, 24), "textual-dark", id="narrow-list"),
        pytest.param("narrow", (80, 24), "textual-dark", id="narrow-chat"),
        pytest.param("resume", (120, 36), "textual-dark", id="resume"),
        pytest.param("tool", (120, 36), "textual-dark", id="tool"),
        pytest.param("prune", (120, 36), "textual-dark", id="prune"),
    ],
)
def test_the_screen_looks_as_it_did(
    name: str, size: tuple[int, int], theme: str, home: Path, snap_compare: SnapCompare
) -> None:
    before = going(GO[name], theme)
    assert snap_compare(demo_app(home), terminal_size=size, run_before=before)


def test_help_looks_as_it_did(home: Path, snap_compare: SnapCompare) -> None:
    async def go(visit: Visit) -> None:
        await GO["main"](visit)
        await visit.pilot.press("question_mark")
        await visit.until(lambda: isinstance(visit.app.screen, HelpScreen))

    assert snap_compare(demo_app(home), terminal_size=(120, 36), run_before=going(go))


def test_an_empty_store_looks_as_it_did(
    home: Path, monkeypatch: pytest.MonkeyPatch, snap_compare: SnapCompare
) -> None:
    async def go(visit: Visit) -> None:
        await visit.until(lambda: visit.main.list_empty.display)

    app = AgentsessApp(Path("empty"), folder="projects")
    assert snap_compare(app, terminal_size=(120, 36), run_before=going(go))


def test_pictures_fetch_nothing(home: Path) -> None:
    narrow = next(picture for picture in PICTURES if picture.name == "narrow")
    svg = asyncio.run(take(narrow, home))
    assert "font-face" not in svg
    assert "url(http" not in svg
