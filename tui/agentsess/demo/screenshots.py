"""`python -m agentsess.demo.screenshots [folder]`: pictures of the demo, the same each time.

SVG always, PNG too where cairosvg is installed (it is in the ``dev`` extra).
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from agentsess.clock import clock_stopped
from agentsess.demo.run import demo_clients, demo_project, furnish
from agentsess.ui.app import AgentsessApp
from agentsess.ui.runs import Question
from agentsess.ui.screens.main import MainScreen
from agentsess.ui.widgets.permission import PermissionPrompt

MOMENT = datetime(2026, 11, 23, 15, 42, tzinfo=UTC)
"""When the pictures are taken: a Monday afternoon."""
_PATIENCE = 60.0
_CELL = 12.2
"""Width of a character in Textual's pictures."""
_MIGRATION = "Migrate ledger-tools"
_INCIDENT = "Why did checkout"


class Visit:
    """The demo's app on a screen that nobody sees."""

    def __init__(self, app: AgentsessApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot
        main = app.screen
        assert isinstance(main, MainScreen)
        self.main = main
        for field in main.query(Input):
            field.cursor_blink = False
        for area in main.query(TextArea):
            area.cursor_blink = False

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait for something; raises TimeoutError if it never comes."""
        async with asyncio.timeout(_PATIENCE):
            while not holds():
                await self.pilot.pause()
                await asyncio.sleep(0.01)

    async def go_to(self, title: str) -> None:
        """Put the cursor on a session and wait until all about it is shown."""
        await self.until(lambda: self.main.sessions.length)
        wanted = next(s for s in self.main.sessions.shown if s.title.startswith(title))
        for _ in self.main.sessions.shown:
            if self.main.sessions.highlighted == wanted:
                break
            await self.pilot.press("j")
        chat = self.main.chat
        await self.until(lambda: chat.session and chat.session.id == wanted.id)
        await self.until(lambda: self.app.context_window(wanted.model))

    async def asked(self, tool: str) -> None:
        """Wait until a tool of that name waits to be allowed."""
        session = self.main.chat.session
        assert session
        runs = self.app.runs
        await self.until(
            lambda: (
                isinstance(question := runs.question(session.id), Question)
                and question.tool == tool
            )
        )
        await self.until(
            lambda: (
                isinstance(asks := self.app.focused, PermissionPrompt) and asks.has_class("-armed")
            )
        )


async def _main(visit: Visit) -> None:
    await visit.go_to(_INCIDENT)


async def _resume(visit: Visit) -> None:
    await visit.go_to(_MIGRATION)
    await visit.pilot.press("c")
    chat = visit.main.chat
    await visit.until(lambda: chat.standing and chat.standing.changes is not None)
    await visit.until(
        lambda: chat.standing and all(way.figures is not None for way in chat.standing.ways)
    )
    await visit.until(lambda: chat.recap_card.has_focus)


async def _tool(visit: Visit) -> None:
    await _resume(visit)
    await visit.pilot.press("enter")
    await visit.until(lambda: visit.main.chat.prompt.has_focus)
    visit.main.chat.prompt.write("ready for phase 3?")
    await visit.pilot.press("enter")
    await visit.asked("read")
    await visit.pilot.press("y")
    await visit.asked("edit")


async def _prune(visit: Visit) -> None:
    await visit.go_to(_INCIDENT)
    await visit.pilot.press("P")
    older = visit.app.screen.query_one("#older_than", Input)
    older.cursor_blink = False
    older.value = "1d"
    await visit.until(lambda: not visit.app.screen.query_one("#go").disabled)


async def _narrow(visit: Visit) -> None:
    await visit.go_to(_INCIDENT)
    await visit.pilot.press("enter")
    await visit.until(lambda: visit.main.chat.transcript.has_focus)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be seen, and on what screen."""

    name: str
    size: tuple[int, int]
    go: Callable[[Visit], Awaitable[None]]
    theme: str = "textual-dark"


PICTURES = (
    Picture("main", (140, 40), _main),
    Picture("resume", (120, 36), _resume),
    Picture("tool", (120, 36), _tool),
    Picture("prune", (120, 36), _prune),
    Picture("narrow", (80, 24), _narrow),
    Picture("light", (140, 40), _main, "textual-light"),
)


def demo_app(home: Path) -> AgentsessApp:
    """The demo's app over a furnished store, with a model that does not dawdle."""
    folder = str(demo_project(home))
    return AgentsessApp(home, folder=folder, client=demo_clients(pace=0), demo=True)


async def take(picture: Picture, home: Path) -> str:
    """A picture as SVG.

    Args:
        picture: What of.
        home: A store that was furnished as the demo's.
    """
    app = demo_app(home)
    async with app.run_test(size=picture.size) as pilot:
        visit = Visit(app, pilot)
        app.theme = picture.theme
        await picture.go(visit)
        await pilot.pause()
        svg = app.export_screenshot()
        await app.runs.stop_all()
    return _without_web_fonts(svg)


@contextmanager
def stage() -> Iterator[Path]:
    """A furnished store whose place has no name of its own, at a time that stands still."""
    with TemporaryDirectory() as folder, chdir(folder), clock_stopped(MOMENT):
        home = Path("store")
        furnish(home, MOMENT)
        yield home


def _without_web_fonts(svg: str) -> str:
    """Nothing of a picture is fetched from the network: any font of fixed width will do."""
    svg = re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)
    fonts = "Fira Code, DejaVu Sans Mono, Menlo, Consolas, monospace"
    return re.sub(r"font-family: Fira Code[^;]*;", f"font-family: {fonts};", svg)


def _write_png(svg: str, path: Path) -> bool:
    """Write the picture as pixels; False if what that takes is not installed."""
    try:
        cairosvg = import_module("cairosvg")
    except (ImportError, OSError):  # OSError: it is there, the cairo library is not
        return False
    # It tries one font only, and does not stretch text to the length that it is to have.
    svg = re.sub(r"font-family: [^;]*;", "font-family: DejaVu Sans Mono;", svg)
    svg = re.sub(r' x="([\d.]+)"( y="[\d.]+") textLength="[\d.]+"([^>]*)>([^<]*)', _placed, svg)
    cairosvg.svg2png(bytestring=svg.encode(), write_to=str(path))
    return True


def _placed(text: re.Match[str]) -> str:
    """The text with a place for each of its characters."""
    place, places = float(text[1]), []
    for character in unescape(text[4]):
        places.append(f"{place:.1f}")
        place += _CELL * cell_len(character)
    return f' x="{" ".join(places)}"{text[2]}{text[3]}>{text[4]}'


def main(arguments: list[str]) -> None:
    """Take all pictures into a folder."""
    folder = Path(arguments[0] if arguments else "screenshots").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["TZ"] = "UTC"
    time.tzset()
    has_png = True
    for picture in PICTURES:
        with stage() as home:
            svg = asyncio.run(take(picture, home))
        path = folder / f"{picture.name}.svg"
        path.write_text(svg, encoding="utf-8")
        has_png = _write_png(svg, path.with_suffix(".png"))
        print(path)
    if not has_png:
        print("No PNG: cairosvg is not installed. the dev extra brings it.")


if __name__ == "__main__":
    main(sys.argv[1:])
