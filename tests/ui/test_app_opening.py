"""Browsing and opening: what is there is seen, and nothing changes by looking at it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentsess.demo import demo_clients, demo_home, demo_project
from agentsess.model import Draft, EntryKind, Status
from agentsess.sessions.service import SessionService
from agentsess.storage.store import FileStore
from agentsess.ui.app import AgentsessApp
from agentsess.ui.widgets.session_list import SessionList
from support.screens import files_of, using, write_session, write_sessions

pytestmark = pytest.mark.anyio


async def test_all_sessions_but_the_archived_are_listed_newest_first(tmp_path: Path) -> None:
    *_, old = write_sessions(tmp_path, ["Newest", "Middle", "Put away"])
    service = SessionService.open(tmp_path)
    service.archive(old.id)
    service.close()
    async with using(AgentsessApp(tmp_path)) as user:
        assert user.titles == ["Newest", "Middle"]
        await user.sees("2 sessions · 1 archived")


async def test_opening_shows_the_conversation_and_changes_no_byte(tmp_path: Path) -> None:
    service = SessionService.open(tmp_path)
    session = write_session(service, "Old work", "What is left?", "Two **tests** are left.")
    service.pause(session.id)
    write_session(service, "Other work", hours_ago=0.5)
    service.close()
    before = files_of(tmp_path)
    async with using(AgentsessApp(tmp_path)) as user:
        await user.opens("Old work")
        await user.sees("What is left?", "Two tests are left.")
        await user.press("j", "k", "G", "3", "1")
        assert user.session("Old work").status is Status.PAUSED
    assert files_of(tmp_path) == before


async def test_the_session_under_the_cursor_is_read_along(tmp_path: Path) -> None:
    service = SessionService.open(tmp_path)
    write_session(service, "First", "Say one.", "One.", hours_ago=1)
    write_session(service, "Second", "Say two.", "Two.", hours_ago=2)
    service.close()
    async with using(AgentsessApp(tmp_path)) as user:
        await user.sees("Say one.")
        await user.press("j")
        await user.sees("Say two.")
        assert isinstance(user.app.focused, SessionList)


async def test_brackets_step_through_the_sessions_from_the_chat(tmp_path: Path) -> None:
    write_sessions(tmp_path, ["First", "Second", "Third"])
    async with using(AgentsessApp(tmp_path)) as user:
        await user.opens("First")
        await user.press("]")
        await user.until(lambda: user.opened and user.opened.title == "Second", "Second")
        await user.press("]", "[", "[")
        await user.until(lambda: user.opened and user.opened.title == "First", "First")


async def test_the_details_tell_what_is_known(tmp_path: Path) -> None:
    service = SessionService.open(tmp_path)
    write_session(
        service,
        "Described",
        metadata={"project": "atlas", "priority": 2},
        tags=["urgent"],
        notes="Ask Dana first.",
        cwd="/srv/atlas",
    )
    service.close()
    async with using(AgentsessApp(tmp_path), size=(120, 40)) as user:
        await user.sees("#urgent", "Ask Dana first.", "priority: 2", "/srv/atlas", "messages 2")


async def test_an_empty_store_says_what_to_do_next(tmp_path: Path) -> None:
    async with using(AgentsessApp(tmp_path), empty=True) as user:
        await user.sees("No sessions yet.", "ctrl+n starts one here", "ctrl+n   starts a session")
        await user.press("enter", "c", "p", "a", "d", "space", "z", "r")
        await user.sees("No sessions yet")
        await user.press("T")
        await user.sees("The trash is empty.")


async def test_an_empty_store_says_what_to_do_next_on_80_columns(tmp_path: Path) -> None:
    async with using(AgentsessApp(tmp_path), empty=True, size=(80, 24)) as user:
        await user.sees("No sessions yet.", "ctrl+n starts one here")


async def test_a_filter_that_matches_nothing_says_how_to_clear_it(tmp_path: Path) -> None:
    write_sessions(tmp_path, ["One thing"])
    async with using(AgentsessApp(tmp_path)) as user:
        await user.press("slash", *"status:paused")
        await user.sees("Nothing matches.", "esc clears the filter")
        await user.press("escape", "escape")
        await user.sees_no_more("Nothing matches")


async def test_the_demo_says_that_it_is_one(tmp_path: Path) -> None:
    with demo_home() as home:
        app = AgentsessApp(home, folder=str(demo_project(home)), client=demo_clients(0), demo=True)
        async with using(app) as user:
            await user.sees("Sessions · DEMO", "13 sessions")
            await user.pilot.resize_terminal(80, 24)
            await user.sees("3 details", "DEMO")


async def test_on_80_columns_one_pane_shows_and_1_2_3_switch(tmp_path: Path) -> None:
    write_sessions(tmp_path, ["Narrow work"])
    async with using(AgentsessApp(tmp_path), size=(80, 24)) as user:
        shown = {
            name: user.main.query_one(f"#{name}-pane") for name in ("sessions", "chat", "details")
        }
        await user.until(lambda: user.opened, "the session under the cursor")
        for key, name in (("2", "chat"), ("3", "details"), ("1", "sessions")):
            await user.press(key)
            await user.until(lambda: shown[name].region.width == 80, name)  # noqa: B023
            assert [n for n, pane in shown.items() if pane.region.width] == [name]


async def test_on_80_by_24_the_chat_keeps_16_lines(tmp_path: Path) -> None:
    write_sessions(tmp_path, ["Narrow work"])
    async with using(AgentsessApp(tmp_path), size=(80, 24)) as user:
        await user.opens("Narrow work")
        await user.until(lambda: user.main.chat.transcript.size.height, "the chat")
        assert user.main.chat.transcript.size.height >= 16


async def test_zoom_gives_the_screen_to_one_pane_and_back(tmp_path: Path) -> None:
    write_sessions(tmp_path, ["Work"])
    async with using(AgentsessApp(tmp_path)) as user:
        await user.opens("Work")
        await user.press("+")
        await user.until(lambda: user.main.chat.region.width == 120, "the zoom")
        await user.press("escape")
        await user.until(lambda: user.main.chat.region.width < 120, "the panes")


async def test_panes_are_hidden_and_shown(tmp_path: Path) -> None:
    write_sessions(tmp_path, ["Work"])
    async with using(AgentsessApp(tmp_path)) as user:
        left, right = (user.main.query_one(f"#{n}-pane") for n in ("sessions", "details"))
        await user.press("ctrl+b", "f2")
        await user.until(lambda: not left.region.width and not right.region.width, "hidden")
        await user.press("ctrl+b", "f2")
        await user.until(lambda: left.region.width and right.region.width, "shown again")


async def test_what_another_process_does_appears(tmp_path: Path) -> None:
    write_sessions(tmp_path, ["Ours"])
    other = SessionService.open(tmp_path)
    async with using(AgentsessApp(tmp_path)) as user:
        await user.opens("Ours")
        write_session(other, "Theirs", hours_ago=0)
        await user.until(lambda: user.titles == ["Theirs", "Ours"], "the new session")
        ours = user.session("Ours")
        other.update(ours.id, title="Renamed there", notes="seen by the other")
        await user.sees("Renamed there", "seen by the other")
        other.trash([ours.id])
        await user.until(lambda: user.titles == ["Theirs"], "its end")
    other.close()


async def test_what_another_process_says_in_the_open_session_appears(tmp_path: Path) -> None:
    write_sessions(tmp_path, ["Shared"])
    other = SessionService.open(tmp_path)
    async with using(AgentsessApp(tmp_path)) as user:
        await user.opens("Shared")
        with other.writer(user.session("Shared").id) as writer:
            writer.append(Draft(EntryKind.USER, "said in another window"))
        await user.sees("said in another window")
    other.close()


async def test_the_theme_is_remembered(tmp_path: Path) -> None:
    write_sessions(tmp_path, ["Work"])
    settings = tmp_path / "settings.toml"
    async with using(AgentsessApp(tmp_path)) as user:
        user.app.theme = "nord"
        await user.until(settings.exists, "the settings")
    assert 'theme = "nord"' in settings.read_text()
    async with using(AgentsessApp(tmp_path)) as user:
        assert user.app.theme == "nord"


async def test_settings_that_cannot_be_read_are_told_and_the_app_opens(tmp_path: Path) -> None:
    write_sessions(tmp_path, ["Work"])
    (tmp_path / "settings.toml").write_text("theme = [/foo")
    async with using(AgentsessApp(tmp_path)) as user:
        await user.is_told("settings.toml")
        assert user.titles == ["Work"]


async def test_of_ten_thousand_sessions_only_the_lines_in_view_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    draw = SessionList.render_line
    monkeypatch.setattr(
        SessionList, "render_line", lambda self, y: (drawn.append(y), draw(self, y))[1]
    )
    write_many(tmp_path, 10_000)
    async with using(AgentsessApp(tmp_path)) as user:
        assert user.main.sessions.length == 10_000
        await user.sees("10,000 sessions")
        drawn.clear()
        await user.press("j")
        assert user.main.sessions.cursor == 1
        assert len(drawn) <= 4 * 36
        await user.press("G")
        assert user.main.sessions.highlighted
        assert user.main.sessions.highlighted.title == "Session 9999"
        assert len(drawn) <= 8 * 36


def write_many(home: Path, count: int) -> None:
    """Keep many sessions without a history, in one step."""
    store = FileStore(home)
    newest = datetime.now(UTC)
    changes = {}
    for number in range(count):
        moment = (newest - timedelta(minutes=number)).isoformat()
        changes[f"00000000-0000-4000-8000-{number:012}"] = {
            "title": f"Session {number}",
            "status": "active",
            "created_at": moment,
            "updated_at": moment,
        }
    storage = store._db.storage
    with storage.exclusive():
        storage.commit(storage.changes("sessions", changes), durable=False)
    store.close()


async def test_what_is_written_for_one_session_stays_with_it(tmp_path: Path) -> None:
    write_sessions(tmp_path, ["First", "Second"])
    async with using(AgentsessApp(tmp_path)) as user:
        await user.opens("First")
        await user.press("ctrl+l")
        await user.types("for the first alone")
        await user.opens("Second")
        await user.until(lambda: user.prompt == "", "an empty prompt")
        await user.press("ctrl+n")
        assert user.prompt == ""
        await user.sees("Write below what is to be done")
        await user.press("escape")
        await user.opens("First")
        await user.until(lambda: user.prompt == "for the first alone", "what was written")
