"""Text from outside is shown as it is, wherever it is shown, and does nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets._toast import Toast

from agentsess.sessions.service import SessionService
from agentsess.ui.app import AgentsessApp
from support.loopback import HttpError, LoopbackServer, Reply, ToolUse
from support.screens import User, using, write_session

pytestmark = pytest.mark.anyio

Loopback = Callable[..., LoopbackServer]

MARKUP = "[/foo] [red]x[/red] [@click=app.exit]go[/]"
ESCAPES = "\x1b[31mred\x1b[0m \x1b]0;owned\x07 \x9b31m bell\x07 \u202eback \udcff".replace(
    "\udcff", "\ufffd"
)
TITLE = f"{MARKUP} {ESCAPES}"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    service = SessionService.open(tmp_path / "store")
    write_session(
        service,
        "[/foo] title",
        f"prompt {MARKUP} {ESCAPES}",
        f"reply {MARKUP} {ESCAPES}\n\n```[/foo]\n{MARKUP}\n```\n\n"
        f"| [/a] | {MARKUP} |\n|---|---|\n| x | y |",
        cwd=str(tmp_path),
        metadata={"project": "[proj]", "[/key]": MARKUP, "deep": [ESCAPES]},
        tags=["[/tag]"],
        notes=f"note {MARKUP} {ESCAPES}",
        model="[/model]",
    )
    service.close()
    return tmp_path / "store"


def safe(user: User) -> bool:
    """Whether nothing on the screen is a command to a terminal."""
    return not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in user.screen.replace("\n", ""))


async def test_list_chat_and_details_show_markup_as_text(home: Path) -> None:
    async with using(AgentsessApp(home), size=(160, 50)) as user:
        await user.sees("[/foo] title", "[proj]", "#[/tag]")
        await user.opens("[/foo] title")
        await user.sees(
            f"prompt {MARKUP}", "reply [/foo]", "note [/foo] [red]x[/red]", "[/key]:", "[/model]"
        )
        assert safe(user)


async def test_the_recap_shows_markup_as_text(home: Path) -> None:
    async with using(AgentsessApp(home), size=(160, 50)) as user:
        await user.press("w")
        await user.sees("Where things stand", "[/foo]")
        assert safe(user)


@pytest.mark.parametrize("key", ["r", "n", "t", "D", "P", "e", "y", "a", "p", "x", "s"])
async def test_no_dialog_reads_markup(home: Path, key: str) -> None:
    async with using(AgentsessApp(home, folder=str(home.parent)), size=(160, 50)) as user:
        await user.press(key)
        await user.sees("[/foo] title")
        assert safe(user)
        await user.press("escape", "z")
        await user.sees("[/foo] title")


async def test_pruning_shows_markup_as_text(home: Path) -> None:
    service = SessionService.open(home)
    write_session(service, "[/bar] title", metadata={"project": "[proj]"}, hours_ago=3)
    service.close()
    async with using(AgentsessApp(home), size=(160, 50)) as user:
        await user.press("P")
        await user.fills("")
        await user.press("tab")
        await user.fills("active")
        await user.sees("1 session,", "[/bar] title  active")
        await user.press("tab", "tab")
        await user.types("[proj]")
        await user.sees("1 session,")
        await user.types('"[/foo] \\')
        await user.press("ctrl+s", "escape")
        await user.until(lambda: user.app.screen is user.main, "the list")


async def test_the_palette_and_toasts_read_no_markup(home: Path) -> None:
    async with using(AgentsessApp(home), size=(160, 50)) as user:
        await user.press("ctrl+p")
        await user.types("[/foo]")
        await user.press("escape")
        await user.press("d")
        await user.is_told("Moved to the trash: “[/foo] title”")
        await user.sees("“[/foo] title”")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 50)])
async def test_toasts_keep_away_from_the_prompt_and_the_newest_messages(
    home: Path, size: tuple[int, int]
) -> None:
    async with using(AgentsessApp(home), size=size) as user:
        await user.press("d")
        await user.sees("Moved to the trash")
        toast = user.main.query_one(Toast).region
        assert toast.bottom < size[1] // 2
        assert toast.right <= size[0]
        assert toast.x >= size[0] // 2


async def test_what_the_user_types_is_not_read_as_markup(home: Path) -> None:
    async with using(AgentsessApp(home), size=(160, 50)) as user:
        await user.press("r")
        await user.fills(MARKUP, "enter")
        await user.until(lambda: user.titles == [MARKUP], "the title")
        await user.is_told("Renamed “[/foo] title”")
        await user.press("t")
        await user.types("[/x] [@click=app.exit]", "enter")
        await user.sees("#[/x]")
        await user.press("/")
        await user.fills(MARKUP)
        await user.sees("1 of 1 session")


async def test_a_reply_that_streams_and_calls_tools_reads_no_markup(
    home: Path, loopback: Loopback
) -> None:
    command = f"echo '{MARKUP}' \x1b[31m"
    loopback(
        [
            Reply(
                f"say {MARKUP} {ESCAPES}",
                thinking=MARKUP,
                tools=[ToolUse("bash", {"command": command})],
            ),
            Reply(f"end {MARKUP}"),
        ]
    )
    async with using(AgentsessApp(home), size=(160, 50)) as user:
        await user.opens("[/foo] title")
        await user.sends(MARKUP)
        await user.sees("wants to run a command", f"echo '{MARKUP}'")
        assert safe(user)
        await user.press("y")
        await user.sees("end [/foo]")
        await user.press("2", "space", "J", "space", "K", "space")
        assert safe(user)


async def test_a_tool_of_an_odd_name_reads_no_markup(home: Path, loopback: Loopback) -> None:
    loopback([Reply(tools=[ToolUse("[/tool]\x1b[2J", {"[/key]": MARKUP})]), Reply("the end")])
    async with using(AgentsessApp(home), size=(160, 50)) as user:
        await user.opens("[/foo] title")
        await user.sends("go")
        await user.sees("[/tool]")
        assert safe(user)
        await user.press("n")
        await user.sees("the end")


async def test_an_error_of_the_api_reads_no_markup(home: Path, loopback: Loopback) -> None:
    loopback([HttpError(400, f"bad {MARKUP} {ESCAPES}", "invalid_request_error")])
    async with using(AgentsessApp(home), size=(160, 50)) as user:
        await user.opens("[/foo] title")
        await user.sends("go")
        await user.sees("bad [/foo] [red]x[/red]")
        assert safe(user)


async def test_huge_lines_and_deep_markup_are_shown_in_part_and_soon(tmp_path: Path) -> None:
    service = SessionService.open(tmp_path)
    deep = "> " * 400 + "deep" + "\n" + "- " * 300 + "x\n" + "*" * 5_000 + "[" * 5_000
    write_session(service, "a" * 500, "x" * 300_000, deep, notes="n" * 20_000, tags=["t" * 50])
    service.close()
    async with using(AgentsessApp(tmp_path)) as user:
        await user.press("enter")
        await user.until(lambda: user.opened, "the session")
        await user.sees("more characters")
        await user.press("G", "g", "w")
        await user.sees("Where things stand")


async def test_a_project_folder_of_an_odd_name_is_shown_as_text(tmp_path: Path) -> None:
    folder = tmp_path / "[bold]odd[x]"
    folder.mkdir()
    async with using(AgentsessApp(tmp_path / "store", folder=str(folder)), empty=True) as user:
        await user.press("ctrl+n")
        await user.sees("What is to be done in", "odd[x]")
