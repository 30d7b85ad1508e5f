"""Several sessions at once: which works, which waits, which failed, and how the user is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events

from agentsess.model import Session
from agentsess.sessions.service import SessionService
from agentsess.ui.app import AgentsessApp
from agentsess.ui.render.terminal import notification
from support.loopback import Hold, HttpError, Json, LoopbackServer, Reply, Step, ToolUse
from support.screens import User, using, write_sessions

pytestmark = pytest.mark.anyio

Loopback = Callable[..., LoopbackServer]


@pytest.fixture
def sessions(home: Path, tmp_path: Path) -> dict[str, Session]:
    titles = ["Works", "Asks", "Fails", "Quiet"]
    return {s.title: s for s in write_sessions(home, titles, cwd=str(tmp_path))}


@pytest.fixture
def server(loopback: Callable[..., LoopbackServer]) -> LoopbackServer:
    """Gives each session the answer that its last prompt asks for."""
    return loopback(default=by_prompt)


@asynccontextmanager
async def reading(home: Path, title: str) -> AsyncIterator[User]:
    """The user, with the app open and a session in view."""
    async with using(AgentsessApp(home)) as user:
        await user.opens(title)
        yield user


def by_prompt(body: Json) -> Step:
    last = body["messages"][-1]["content"]
    if isinstance(last, list):
        return Reply("It is done.")
    match last:
        case "work":
            return Hold(Reply("The first words, and then the others."), 5)
        case "ask":
            return Reply(tools=[ToolUse("bash", {"command": "ls"})])
        case _:
            return HttpError(400, "this cannot be", "invalid_request_error")


def sent(monkeypatch: pytest.MonkeyPatch, user: User) -> list[str]:
    """What the app writes to the terminal beside its screen."""
    written: list[str] = []
    driver = user.app._driver
    assert driver is not None
    monkeypatch.setattr(driver, "write", written.append)
    return written


async def goes_to_another_window(user: User) -> None:
    user.app.post_message(events.AppBlur())
    await user.until(lambda: user.app.in_front is False, "the blur")


async def comes_back(user: User) -> None:
    user.app.post_message(events.AppFocus())
    await user.until(lambda: user.app.in_front, "the focus")


async def start_all(user: User, sessions: dict[str, Session]) -> None:
    runs = user.app.runs
    for title, prompt in (("Works", "work"), ("Asks", "ask"), ("Fails", "fail")):
        runs.start(sessions[title].id, prompt)
    wanted = {"Works": "working", "Asks": "asking", "Fails": "failed"}
    states = {sessions[title].id: state for title, state in wanted.items()}
    await user.until(lambda: runs.live() == states, "all three")


async def test_three_sessions_run_at_once_and_the_list_says_how_each_is(
    home: Path, sessions: dict[str, Session], server: LoopbackServer
) -> None:
    async with reading(home, "Quiet") as user:
        await start_all(user, sessions)
        await user.sees("● Works", "◐ Asks", "asks you", "✗ Fails")
        await user.is_told("“Asks” waits for your answer about a tool. ctrl+g goes there.")
        await user.is_told("“Fails” The API refused the request (400: this cannot be)")
        assert user.opened
        assert user.opened.title == "Quiet"
        server.release()
        await user.is_told("“Works” has answered.")
        live = user.app.runs.live()
        assert sessions["Works"].id not in live


@pytest.mark.usefixtures("server")
async def test_ctrl_g_goes_to_who_waits_then_to_who_failed(
    home: Path, sessions: dict[str, Session]
) -> None:
    async with using(AgentsessApp(home)) as user:
        await user.press("ctrl+g")
        await user.is_told("No session waits for you.")
        await user.opens("Quiet")
        await start_all(user, sessions)
        for title in ("Asks", "Fails", "Asks"):
            await user.press("ctrl+g")
            await user.until(lambda t=title: user.opened and user.opened.title == t, title)
        await user.sees("wants to run a command")
        assert user.is_in_chat


@pytest.mark.usefixtures("server")
async def test_answering_one_session_leaves_the_others_as_they_are(
    home: Path, sessions: dict[str, Session]
) -> None:
    async with reading(home, "Quiet") as user:
        await start_all(user, sessions)
        await user.press("ctrl+g")
        await user.sees("wants to run a command")
        await user.press("y")
        await user.sees("It is done.")
        live = user.app.runs.live()
        assert live == {sessions["Works"].id: "working", sessions["Fails"].id: "failed"}


@pytest.mark.usefixtures("server")
async def test_the_terminal_notifies_while_another_window_is_in_front(
    home: Path,
    sessions: dict[str, Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with reading(home, "Asks") as user:
        written = sent(monkeypatch, user)
        await goes_to_another_window(user)
        user.app.runs.start(sessions["Asks"].id, "ask")
        await user.until(lambda: any("\x1b]9;" in w for w in written), "a notification")
        assert "\a\x1b]9;“Asks”: waits for your answer about a tool\x1b\\" in written


@pytest.mark.usefixtures("server")
async def test_the_terminal_stays_silent_while_the_session_is_looked_at(
    home: Path,
    sessions: dict[str, Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with reading(home, "Asks") as user:
        written = sent(monkeypatch, user)
        await comes_back(user)
        user.app.runs.start(sessions["Asks"].id, "ask")
        await user.sees("wants to run a command")
        user.app.runs.start(sessions["Fails"].id, "fail")
        await user.is_told("“Fails” The API refused")
        assert not any("\x1b]" in w for w in written)


@pytest.mark.usefixtures("server")
async def test_notifications_can_be_turned_off(
    home: Path,
    sessions: dict[str, Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (home / "settings.toml").write_text("notify = false\n")
    async with reading(home, "Quiet") as user:
        written = sent(monkeypatch, user)
        await goes_to_another_window(user)
        user.app.runs.start(sessions["Asks"].id, "ask")
        await user.is_told("waits for your answer")
        assert written == []


@pytest.mark.usefixtures("server")
async def test_a_run_that_the_user_stopped_is_not_told(
    home: Path, sessions: dict[str, Session]
) -> None:
    async with reading(home, "Quiet") as user:
        user.app.runs.start(sessions["Works"].id, "work")
        await user.until(lambda: user.app.runs.unsaved(sessions["Works"].id)[1], "words")
        await user.app.runs.stop(sessions["Works"].id)
        await user.until(lambda: not user.app.runs.is_working(sessions["Works"].id), "the end")
        await user.pilot.pause()
        assert not any("Works" in message for message in user.told)


def test_what_a_session_is_called_cannot_command_the_terminal() -> None:
    title = "a\x1b]0;evil\x07b;c\x9c\u202ed\n" + "x" * 500
    for environment in ({}, {"TERM": "foot"}, {"VTE_VERSION": "7000"}):
        text = notification(title, title, environment)
        inside = text.removeprefix("\x1b]").removesuffix("\x1b\\")
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in inside)
        assert "\u202e" not in inside
        assert inside.count(";") == (3 if environment else 1)
        assert len(inside) < 450


def echo(body: Json) -> Step:
    """Says again what it was told last."""
    return Reply(f"You said {body['messages'][-1]['content']}")


async def test_sessions_at_work_in_one_app_never_hear_of_each_other(
    home: Path, sessions: dict[str, Session], loopback: Loopback
) -> None:
    server = loopback(default=echo)
    canaries = {title: f"canary-of-{title.lower()}" for title in sessions}
    async with reading(home, "Quiet") as user:
        for _ in range(3):
            for title, session in sessions.items():
                user.app.runs.start(session.id, canaries[title])
            await user.until(lambda: not user.app.runs.live(), "the end of all")
        await user.sees("You said canary-of-quiet")
        assert not any(canaries[t] in user.screen for t in canaries if t != "Quiet")
    assert len(server.bodies) == 3 * len(sessions)
    for request in server.requests:
        assert sum(canary in request.body.decode() for canary in canaries.values()) == 1


async def test_what_agents_posted_on_the_board_is_seen_and_followed(
    home: Path, sessions: dict[str, Session]
) -> None:
    other = SessionService.open(home)
    other.board(sessions["Quiet"].id, "planner").set("plan", "first the [basket]")
    async with reading(home, "Quiet") as user:
        await user.sees("Board", "plan: first the [basket]", "planner")
        other.board(sessions["Quiet"].id, "reviewer").set("plan", "then the till")
        await user.sees("plan: then the till", "reviewer")
    other.close()


@pytest.mark.usefixtures("server")
async def test_a_question_that_came_meanwhile_has_the_focus_when_the_user_comes_back(
    home: Path, sessions: dict[str, Session]
) -> None:
    async with reading(home, "Asks") as user:
        await goes_to_another_window(user)
        user.app.runs.start(sessions["Asks"].id, "ask")
        await user.sees("wants to run a command")
        await comes_back(user)
        await user.press("n")
        await user.sees("It is done.")


@pytest.mark.usefixtures("server")
async def test_who_left_while_writing_goes_on_writing(
    home: Path, sessions: dict[str, Session]
) -> None:
    async with reading(home, "Asks") as user:
        await user.press("ctrl+l")
        await user.types("then I would like to sa")
        await goes_to_another_window(user)
        user.app.runs.start(sessions["Asks"].id, "ask")
        await user.sees("wants to run a command")
        await comes_back(user)
        await user.press("y")
        assert user.prompt == "then I would like to say"
        assert user.app.runs.question(sessions["Asks"].id)
