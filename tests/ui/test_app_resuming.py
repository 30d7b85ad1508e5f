"""Coming back to a session: the card, what changed, and the ways to go on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from agentsess.model import Session, Status
from agentsess.sessions.recaps import Recaps
from agentsess.sessions.service import SessionService
from agentsess.ui.app import AgentsessApp
from agentsess.ui.screens.dialogs import AskNote
from agentsess.ui.widgets.prompt import Prompt
from agentsess.ui.widgets.recap_card import RecapCard
from support.loopback import LoopbackServer, Reply
from support.screens import User, using, write_session

pytestmark = pytest.mark.anyio

Loopback = Callable[..., LoopbackServer]
PLAN = "Plan:\n- [x] read the code\n- [ ] port the parser\n- [ ] write the tests"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "ledger"
    path.mkdir()
    (path / "uv.lock").write_text("one")
    return path


@pytest.fixture
def paused(tmp_path: Path, folder: Path) -> Session:
    """A session worked in six days ago and paused."""
    service = SessionService.open(tmp_path / "store")
    talk = ("Port the ledger.", PLAN) * 40
    session = write_session(service, "Port it", *talk, hours_ago=150, cwd=str(folder))
    service.recaps.settle(session.id)
    service.pause(session.id)
    service.close()
    return session


@pytest.fixture
def app(tmp_path: Path, paused: Session) -> AgentsessApp:
    return AgentsessApp(tmp_path / "store", folder=str(tmp_path))


async def comes_back(user: User) -> None:
    await user.press("c")
    await user.until(lambda: isinstance(user.app.focused, RecapCard), "the card")
    await user.until(lambda: (s := user.main.chat.standing) and s.changes is not None, "changes")


async def goes_on(user: User) -> None:
    await user.press("enter")
    await user.until(lambda: isinstance(user.app.focused, Prompt), "the prompt")


async def test_the_card_says_what_changed_and_nothing_is_done_yet(
    app: AgentsessApp, folder: Path
) -> None:
    (folder / "uv.lock").write_text("two")
    async with using(app, size=(100, 30)) as user:
        await comes_back(user)
        await user.sees("1 of 3 steps done", "6 days ago", "Dependencies changed: uv.lock.")
        await user.sees("Continue", "Only read", "tells the model: yes")
        assert user.main.chat.recap_card.max_scroll_y == 0
        await user.press("escape")
        await user.sees_no_more("Where things stand")
        assert user.session("Port it").status is Status.PAUSED


async def test_the_card_shows_that_a_way_was_taken(app: AgentsessApp) -> None:
    async with using(app) as user:
        await comes_back(user)
        await user.sees("Continue", "Only read")
        await goes_on(user)
        await user.sees("Where things stand", "type to go on · esc hides this")
        assert "Continue" not in user.screen
        assert "Only read" not in user.screen
        await user.press("escape")
        await user.sees_no_more("Where things stand")


async def test_the_proposed_message_is_taken_by_tab(app: AgentsessApp, loopback: Loopback) -> None:
    server = loopback([Reply("On it.")])
    async with using(app) as user:
        await comes_back(user)
        await goes_on(user)
        await user.press("tab", "enter")
        await user.sees("On it.")
    assert server.bodies[0]["messages"][-1]["content"] == "Next: port the parser"


async def test_the_first_prompt_tells_the_model_what_changed_and_the_next_does_not(
    app: AgentsessApp, folder: Path, loopback: Loopback
) -> None:
    server = loopback([Reply("On it."), Reply("Still on it.")])
    (folder / "uv.lock").write_text("two")
    async with using(app) as user:
        await comes_back(user)
        await goes_on(user)
        await user.types("Go on", "enter")
        await user.sees("This session is resumed", "On it.")
        await user.sends("More")
        await user.sees("Still on it.")
    said = [m["content"] for m in server.bodies[1]["messages"] if isinstance(m["content"], str)]
    assert sum("Dependencies changed: uv.lock." in text for text in said) == 1


async def test_t_keeps_it_from_the_model(
    app: AgentsessApp, folder: Path, loopback: Loopback
) -> None:
    server = loopback([Reply("On it.")])
    (folder / "uv.lock").write_text("two")
    async with using(app) as user:
        await comes_back(user)
        await user.press("t")
        await user.sees("tells the model: no")
        await goes_on(user)
        await user.types("Go on", "enter")
        await user.sees("On it.")
    assert "uv.lock" not in str(server.bodies[0]["messages"])


async def test_a_line_leads_to_the_entry_it_came_from(app: AgentsessApp) -> None:
    async with using(app) as user:
        await comes_back(user)
        await user.press("j", "enter")
        await user.sees_no_more("Where things stand")
        transcript = user.main.chat.transcript
        await user.until(lambda: transcript.cursor_entry is not None, "an entry")
        assert transcript.cursor_entry
        assert transcript.cursor_entry.seq == 1


async def test_what_the_user_writes_into_the_recap_stays(app: AgentsessApp) -> None:
    async with using(app) as user:
        await comes_back(user)
        await user.press("e")
        await user.until(lambda: isinstance(user.app.screen, AskNote), "the editor")
        await user.fills("# Headline\nAsk Kim first.\n# Next\n- call Kim\n", "ctrl+s")
        await user.sees("Ask Kim first.", "call Kim", "headline, next edited")
        assert user.service.recap(user.session("Port it").id).headline == "Ask Kim first."


async def test_a_note_typed_after_pausing_is_on_the_card(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.press("p")
        await user.is_told("n notes what to remember")
        await user.press("n")
        await user.until(lambda: isinstance(user.app.screen, AskNote), "the note")
        await user.types("Kim knows the format.", "ctrl+s")
        await user.until(lambda: user.session("Port it").notes, "the note kept")
        await comes_back(user)
        await user.sees("You noted", "Kim knows the format.")


async def test_after_pausing_on_the_card_n_notes_and_begins_nothing(app: AgentsessApp) -> None:
    async with using(app) as user:
        await comes_back(user)
        await user.press("p")
        await user.is_told("n notes what to remember")
        await user.press("n")
        await user.until(lambda: isinstance(user.app.screen, AskNote), "the note")
        assert user.titles == ["Port it"]


async def test_after_pausing_in_a_searched_conversation_n_notes_too(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.opens("Port it")
        await user.press("/")
        await user.types("parser", "enter")
        await user.until(lambda: user.app.focused is user.main.chat.transcript, "a match")
        await user.press("p", "n")
        await user.until(lambda: isinstance(user.app.screen, AskNote), "the note")


async def test_after_pausing_several_no_note_is_offered(app: AgentsessApp) -> None:
    write_session(app.service, "Another")
    async with using(app) as user:
        await user.marks("Port it", "Another")
        await user.press("p")
        await user.is_told("Paused 2 sessions. z undoes it.")


async def test_a_slow_look_around_keeps_nobody_waiting(
    app: AgentsessApp, monkeypatch: pytest.MonkeyPatch, loopback: Loopback
) -> None:
    loopback([Reply("On it.")])
    may_answer = threading.Event()

    def slow(self: Recaps, session_id: str) -> tuple[()]:
        assert may_answer.wait(60)
        return ()

    monkeypatch.setattr(Recaps, "changes", slow)
    async with using(app) as user:
        try:
            await user.press("c")
            await user.sees("Where things stand", "looking…", "Continue")
            await goes_on(user)
            await user.types("Go on", "enter")
            await user.sees("On it.")
        finally:
            may_answer.set()


async def test_w_shows_the_card_without_ways(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.press("w")
        await user.sees("Where things stand", "port the parser")
        assert "Only read" not in user.screen


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 50)])
async def test_a_session_with_nothing_in_it_and_no_folder_can_be_resumed(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    service = SessionService.open(tmp_path / "store")
    service.create(title="Empty")
    service.close()
    async with using(AgentsessApp(tmp_path / "store"), size=size) as user:
        await comes_back(user)
        await user.sees("Nothing has happened yet.", "Continue", "Only read")
        await goes_on(user)


async def test_a_model_that_retires_is_among_what_changed(tmp_path: Path) -> None:
    service = SessionService.open(tmp_path / "store")
    write_session(service, "Old", model="claude-sonnet-4-20250514")
    service.close()
    async with using(AgentsessApp(tmp_path / "store")) as user:
        await comes_back(user)
        await user.sees("! claude-sonnet-4-20250514 ")
        assert user.main.to_tell == set()


async def test_no_line_beside_the_card_names_a_key_that_does_something_else_on_it(
    tmp_path: Path,
) -> None:
    service = SessionService.open(tmp_path / "store")
    write_session(service, "Old", model="claude-sonnet-4-20250514")
    service.close()
    async with using(AgentsessApp(tmp_path / "store")) as user:
        await user.opens("Old")
        await user.until(lambda: "m switches to" in user.banner, "the notice")
        await comes_back(user)
        assert user.banner == ""
        await user.press("escape")
        await user.until(lambda: "m switches to" in user.banner, "the notice again")


async def test_on_a_small_screen_the_prompt_leaves_its_frame_to_what_is_above(
    app: AgentsessApp,
) -> None:
    async with using(app, size=(80, 24)) as user:
        await comes_back(user)
        assert user.main.chat.prompt.outer_size.height == 1
        assert user.main.chat.recap_card.max_scroll_y == 0
        await user.sees("Worked on", "Next")


# -- recaps that a model writes


def recap_reply(headline: str) -> Reply:
    parts = ("done", "in_progress", "next", "decisions", "questions", "blockers")
    line = {"text": "Port the parser", "entries": [2]}
    value = {"headline": headline, "goal": line, **{name: [] for name in parts}} | {"next": [line]}
    return Reply(json.dumps(value), model="small-1")


async def test_a_model_writes_the_recap_after_saying_what_that_takes(
    app: AgentsessApp, loopback: Loopback
) -> None:
    loopback([recap_reply("The parser waits to be ported.")])
    async with using(app) as user:
        await comes_back(user)
        await user.press("W")
        await user.sees("claude-haiku-5-5 is shown about 2.1k tokens", "$0.01")
        await user.press("w")
        await user.sees("The parser waits to be ported.", "written by small-1")


async def test_if_it_cannot_be_written_the_card_stands_and_says_why(app: AgentsessApp) -> None:
    async with using(app) as user:
        await comes_back(user)
        await user.press("W")
        await user.sees("is shown about")
        await user.press("w")
        await user.sees("1 of 3 steps done", "Not written by a model: ")


async def test_recaps_are_written_unasked_if_that_is_set(
    app: AgentsessApp, tmp_path: Path, loopback: Loopback
) -> None:
    server = loopback([recap_reply("The parser waits to be ported.")])
    (tmp_path / "store" / "settings.toml").write_text("written_recaps = true\n")
    async with using(app) as user:
        await user.press("p")
        await user.until(lambda: server.bodies, "the request")
        await user.until(
            lambda: user.service.recap(user.session("Port it").id).generated_by == "small-1",
            "the recap kept",
        )
        await user.press("c")
        await user.sees("The parser waits to be ported.", "written by small-1")
    assert len(server.bodies) == 1
