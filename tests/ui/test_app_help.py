"""Help, palette and leaving."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.widgets import OptionList

from agentsess.model import Status
from agentsess.ui.app import AgentsessApp
from agentsess.ui.keys import KEYS, PANE_KEYS, shown_keys
from agentsess.ui.screens.dialogs import Choose
from agentsess.ui.screens.help import HelpScreen, help_text
from support.loopback import Hold, LoopbackServer, Reply
from support.screens import using, write_sessions

pytestmark = pytest.mark.anyio

Loopback = Callable[..., LoopbackServer]


@pytest.fixture
def app(tmp_path: Path) -> AgentsessApp:
    write_sessions(tmp_path / "store", ["Alpha", "Beta"], cwd=str(tmp_path))
    return AgentsessApp(tmp_path / "store", folder=str(tmp_path))


@pytest.mark.parametrize("key", ["?", "f1"])
async def test_help_opens_and_closes_by_key(app: AgentsessApp, key: str) -> None:
    async with using(app) as user:
        await user.press(key)
        await user.until(lambda: isinstance(user.app.screen, HelpScreen), "help")
        await user.sees("Keys", "start a session in this folder")
        await user.press("G")
        await user.sees("The filter", "status:paused")
        await user.press("escape")
        await user.until(lambda: user.app.screen is user.main, "the list")


def test_help_names_every_key_and_what_it_does() -> None:
    text = " ".join(help_text().plain.split())
    rows = [(shown_keys(key.keys), key.help) for key in KEYS]
    rows += [row for _, group in PANE_KEYS for row in group]
    for keys, what in rows:
        assert f"{keys} {what}" in text, keys


def test_help_that_takes_two_lines_stays_in_its_column() -> None:
    lines = help_text().plain.splitlines()
    after_keys = {len(line) - len(line.lstrip()) for line in lines if line.startswith("   ")}
    assert after_keys
    assert min(after_keys) >= 22


def test_no_two_keys_of_the_main_screen_are_the_same() -> None:
    names = [name for key in KEYS for name in key.keys.split(",")]
    assert len(names) == len(set(names))


async def test_the_palette_offers_every_action(app: AgentsessApp) -> None:
    async with using(app) as user:
        offered = {command.title for command in user.app.get_system_commands(user.main)}
    wanted = {key.label for key in KEYS} - {"Back", "Palette", "Quit", "Help"}
    assert wanted <= offered


@pytest.mark.parametrize("key", ["ctrl+p", ":"])
async def test_an_action_is_done_from_the_palette(app: AgentsessApp, key: str) -> None:
    async with using(app) as user:
        await user.goes_to("Beta")
        await user.press(key)
        await user.until(lambda: isinstance(user.app.screen, CommandPalette), "the palette")
        await user.types("Complete")
        await user.until(lambda: user.app.screen.query_one(OptionList).option_count, "a choice")
        await user.sees("mark as completed")
        await user.press("enter")
        await user.until(lambda: user.session("Beta").status == "completed", "it is done")


async def test_the_footer_offers_no_filter_where_its_key_is_a_character(
    app: AgentsessApp,
) -> None:
    async with using(app) as user:
        await user.sees("/ Filter")
        await user.opens(user.titles[0])
        await user.press("ctrl+l")
        await user.sees("⏎ Send")
        await user.sees_no_more("/ Filter")
        await user.press("/")
        await user.until(lambda: user.prompt == "/", "a slash")
        await user.press("backspace", "shift+tab", "1")
        await user.sees("/ Filter")


async def test_the_footer_fits_on_80_columns_and_ends_with_help(app: AgentsessApp) -> None:
    async with using(app, size=(80, 24)) as user:
        await user.until(lambda: user.screen.rstrip().endswith("f1 Help"), "the list's footer")
        await user.opens("Alpha")
        await user.until(lambda: user.screen.rstrip().endswith("f1 Help"), "the chat's footer")


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_leaving_asks_nothing_when_no_run_is_under_way(app: AgentsessApp, key: str) -> None:
    async with using(app) as user:
        await user.press(key)
        await user.until(lambda: user.app._exit, "the end")
    assert app.return_code == 0


async def test_leaving_while_a_run_is_under_way_asks_and_stops_it(
    app: AgentsessApp, loopback: Loopback
) -> None:
    loopback([Hold(Reply("The first words, and then the others."), 5)])
    async with using(app) as user:
        await user.opens("Alpha")
        await user.sends("go")
        await user.sees("The first words")
        await user.press("ctrl+q")
        await user.until(lambda: isinstance(user.app.screen, Choose), "the question")
        await user.sees("“Alpha” is at work: leaving stops it.", "Stop and leave")
        await user.press("s")
        await user.until(lambda: user.app.screen is user.main, "staying")
        session = user.session("Alpha")
        assert user.app.runs.is_working(session.id)
        await user.press("ctrl+q")
        await user.until(lambda: isinstance(user.app.screen, Choose), "the question")
        await user.press("q")
        await user.until(lambda: user.app._exit, "the end")
        last = list(user.service.entries(session.id))[-2:]
        assert last[0].text.startswith("The first words")
        assert last[1].meta["event"] == "interrupted"


async def test_leaving_tells_what_was_not_paused_and_pauses_it_if_wanted(
    app: AgentsessApp, loopback: Loopback
) -> None:
    loopback([Reply("Done.")])
    async with using(app) as user:
        await user.opens("Alpha")
        await user.sends("go")
        await user.sees("Done.")
        await user.until(lambda: not user.app.runs.live(), "the end of the run")
        await user.press("escape", "q")
        await user.sees("“Alpha” stays active", "Pause all and leave")
        await user.press("p")
        await user.until(lambda: user.app._exit, "the end")
        assert user.session("Alpha").status is Status.PAUSED


async def test_ctrl_c_says_how_to_leave(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.press("ctrl+c")
        await user.is_told("q or ctrl+q leaves")


async def test_letters_are_text_in_the_prompt_and_not_keys(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.opens("Alpha")
        await user.press("ctrl+l", *"qdDzapx?/123 ")
        assert user.prompt == "qdDzapx?/123 "
        assert not user.app._exit
        assert len(user.titles) == 2
