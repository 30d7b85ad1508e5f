"""Emptying the trash, and what the app does at start if that is turned on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from textual.widgets import Input, Select

from agentsess.clock import clock_stopped, utc_now
from agentsess.model import Draft, EntryKind
from agentsess.sessions.rules import Rule
from agentsess.sessions.service import SessionService
from agentsess.storage import steps
from agentsess.storage.store import FileStore
from agentsess.ui.app import AgentsessApp
from agentsess.ui.screens.dialogs import Confirm
from agentsess.ui.screens.pacing import Pacing
from agentsess.ui.screens.prune import PruneScreen
from support.screens import using

pytestmark = pytest.mark.anyio


@pytest.fixture
def home(tmp_path: Path) -> Path:
    service = SessionService.open(tmp_path)
    with clock_stopped(utc_now() - timedelta(days=40)):
        service.trash([service.create(title="Thrown away long ago").id])
        service.create(title="Old draft", tags=["tmp"])
    service.trash([service.create(title="Thrown away lately").id])
    service.create(title="New work")
    service.close()
    return tmp_path


def titles(service: SessionService, *, trashed: bool = False) -> set[str]:
    return {session.title for session in service.list(trashed=trashed)}


async def test_emptying_asks_and_takes_only_what_is_old(home: Path) -> None:
    async with using(AgentsessApp(home)) as user:
        await user.sees("New work")
        await user.press("E")
        await user.sees("Empty the trash", "1 session", "30 days", "cannot be undone")
        await user.press("escape")
        await user.until(lambda: not isinstance(user.app.screen, Confirm), "the list")
        assert len(titles(user.service, trashed=True)) == 2
        await user.press("E")
        await user.until(lambda: isinstance(user.app.screen, Confirm), "the question")
        await user.press("y")
        await user.sees("Deleted for good: 1 session")
        assert titles(user.service, trashed=True) == {"Thrown away lately"}
        await user.press("E")
        await user.is_told("Nothing is in the trash for more than 30 days")


async def test_nothing_goes_at_start_unless_that_is_turned_on(home: Path) -> None:
    service = SessionService.open(home)
    service.retention.rules.save(Rule("tag:tmp", "drafts"))
    async with using(AgentsessApp(home)) as user:
        await user.sees("New work")
        await user.app.workers.wait_for_complete()
        assert titles(service) == {"Old draft", "New work"}
        assert len(titles(service, trashed=True)) == 2
    service.close()


async def test_a_rule_that_is_turned_on_is_applied_and_told_and_undone(home: Path) -> None:
    service = SessionService.open(home)
    service.retention.rules.save(Rule("tag:tmp", "drafts", at_start=True))
    async with using(AgentsessApp(home)) as user:
        await user.sees("Rule drafts: 1 session", "z undoes it")
        assert titles(service) == {"New work"}
        await user.press("z")
        await user.until(lambda: titles(service) == {"Old draft", "New work"}, "it is back")
        assert [removal.undone for removal in service.retention.history()] == [True]
    service.close()


async def test_the_trash_is_emptied_at_start_when_the_settings_say_so(home: Path) -> None:
    (home / "settings.toml").write_text("empty_trash = true\n")
    async with using(AgentsessApp(home)) as user:
        await user.sees("Deleted for good: 1 session")
        assert titles(user.service, trashed=True) == {"Thrown away lately"}
        assert user.service.retention.history()[0].who == "start"


async def test_archiving_keeps_the_conversation_readable(home: Path) -> None:
    service = SessionService.open(home)
    session = next(s for s in service.list() if s.title == "New work")
    async with using(AgentsessApp(home)) as user:
        await user.sees("New work")
        await user.press("a")
        await user.until(lambda: service.get(session.id).status == "archived", "archived")
        await user.press("z")
        await user.until(lambda: service.get(session.id).status == "active", "back")
    service.close()


async def test_a_rule_is_saved_and_turned_on_in_the_screen_of_pruning(home: Path) -> None:
    async with using(AgentsessApp(home)) as user:
        await user.sees("New work")
        await user.press("P")
        await user.until(lambda: isinstance(user.app.screen, PruneScreen), "the screen")
        screen = user.app.screen
        screen.query_one("#status", Input).value = ""
        screen.query_one("#tag", Input).value = "tmp"
        screen.query_one("#keep_newest", Input).value = "many"
        await user.sees("'many' is not a number of sessions")
        screen.query_one("#keep_newest", Input).value = ""
        await user.sees("1 session", "Old draft")
        await user.press("f2")
        await user.sees("Name of the rule")
        await user.types("not a name", "enter")
        await user.sees("letters, digits")
        assert user.service.retention.rules.all() == []
        await user.press("f2")
        await user.sees("Name of the rule")
        await user.types("drafts", "enter")
        await user.sees("Saved rule", "drafts", "at start: no", "1 session")
        await user.press("f3")
        await user.sees("at start: yes")
        (rule,) = user.service.retention.rules.all()
        assert rule == Rule("older:30d tag:tmp", "drafts", at_start=True)
        await user.press("ctrl+s")
        await user.until(lambda: titles(user.service) == {"New work"}, "it went")
        assert user.service.retention.history()[0].name == "drafts"


async def test_a_saved_rule_is_chosen_from_the_list(home: Path) -> None:
    service = SessionService.open(home)
    service.retention.rules.save(Rule("older:1y", "ancient"))
    service.retention.rules.save(Rule("tag:tmp", "drafts"))
    async with using(AgentsessApp(home)) as user:
        await user.sees("New work")
        await user.press("P")
        await user.sees("Saved rule", "none: as above")
        user.app.screen.query_one("#saved", Select).value = "drafts"
        await user.sees("1 session", "Old draft", "at start: no")
        user.app.screen.query_one("#saved", Select).value = "ancient"
        await user.sees("Nothing fits the rule.")
        service.retention.rules.drop("ancient")
        await user.press("f3")
        await user.sees("There is no rule 'ancient'")
    service.close()


async def test_archiving_that_takes_long_says_how_far_it_is_and_escape_stops_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_second, goes_on = threading.Event(), threading.Event()
    written: list[str] = []

    def watch(step: str) -> None:
        written.append(step)
        if written.count("written") == 2 and not goes_on.is_set():
            at_the_second.set()
            goes_on.wait()

    monkeypatch.setattr(Pacing, "SLOW_AFTER", 0.0)
    async with using(AgentsessApp(home)) as user:
        await user.sees("New work")
        await user.app.workers.wait_for_complete()  # the start tidies, too
        monkeypatch.setattr(steps, "watch", watch)
        for session in user.service.list():
            with user.service.writer(session.id) as writer:
                writer.append(Draft(EntryKind.USER, "Please begin."))
        await user.marks("New work", "Old draft")
        await user.press("a")
        try:
            await user.until(at_the_second.is_set, "the second is being packed")
            await user.sees("1 of 2", "esc stops")
            await user.press("escape")
            await user.sees("stopping")
        finally:
            goes_on.set()
        await user.is_told("Stopped after 1 of 2 sessions. The rest is as it was.")
        assert sorted(session.status for session in user.service.list()) == ["active", "archived"]
        await user.sees_no_more("stopping")
        await user.press("z")
        await user.is_told("Undone: 1 of 2 sessions archived")
        assert [session.status for session in user.service.list()] == ["active", "active"]


async def test_leaving_while_sessions_are_archived_stops_that_and_loses_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packing, goes_on = threading.Event(), threading.Event()

    def watch(step: str) -> None:
        if step == "written":
            packing.set()
            goes_on.wait()

    monkeypatch.setattr(Pacing, "SLOW_AFTER", 0.0)
    app = AgentsessApp(home)
    async with using(app) as user:
        await user.sees("New work")
        await user.app.workers.wait_for_complete()
        monkeypatch.setattr(steps, "watch", watch)
        session = user.session("New work")
        with user.service.writer(session.id) as writer:
            writer.append(Draft(EntryKind.USER, "Please begin."))
        await user.goes_to("New work")
        await user.press("a")
        try:
            await user.sees("esc stops")
            user.app.exit()
            await user.until(lambda: not user.app.is_running, "the end of the app")
        finally:
            goes_on.set()
    assert app._exception is None
    service = SessionService.open(home)
    service.tidy()
    assert [entry.text for entry in service.entries(session.id)] == ["Please begin."]
    service.close()


@pytest.fixture
def at_the_second(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, ...]]:
    """Holds pruning up at the second session: whether it is there, and what lets it go on."""
    is_there, goes_on = threading.Event(), threading.Event()
    real, calls = FileStore.checksum, list[str]()

    def checksum(self: FileStore, session_id: str, last_seq: int) -> str:
        calls.append(session_id)
        if len(calls) == 2:
            is_there.set()
            goes_on.wait()
        return real(self, session_id, last_seq)

    monkeypatch.setattr(FileStore, "checksum", checksum)
    monkeypatch.setattr(Pacing, "SLOW_AFTER", 0.0)
    yield is_there, goes_on
    goes_on.set()


def talks(home: Path, count: int = 3) -> None:
    with closing(SessionService.open(home)) as service:
        for number in range(count):
            session = service.create(title=f"Talk {number}", tags=["talk"])
            with service.writer(session.id) as writer:
                writer.append(Draft(EntryKind.USER, "Please begin."))


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
async def test_pruning_that_takes_long_says_how_far_it_is_and_is_stopped(
    home: Path, at_the_second: tuple[threading.Event, ...], key: str
) -> None:
    is_there, goes_on = at_the_second
    talks(home)
    async with using(AgentsessApp(home)) as user:
        await user.sees("Talk 2")
        await user.press("P")
        await user.until(lambda: isinstance(user.app.screen, PruneScreen), "the screen")
        screen = user.app.screen
        screen.query_one("#older_than", Input).value = ""
        screen.query_one("#status", Input).value = ""
        screen.query_one("#tag", Input).value = "talk"
        await user.sees("3 sessions", "would go to the trash")
        await user.press("ctrl+s")
        await user.until(is_there.is_set, "the second is looked at")
        await user.sees("1 of 3", "esc stops")
        await user.press(key)
        await user.sees("stopping")
        goes_on.set()
        await user.is_told("Stopped. What was not done yet stays as it was.")
        await user.is_told("1 of 3 sessions moved to the trash. z undoes it.")
        await user.until(lambda: len(titles(user.service)) == 4, "what was not come to")
        await user.press("z")
        await user.until(lambda: len(titles(user.service)) == 5, "all of them")


async def test_a_rule_at_start_is_stopped_and_then_nothing_else_is_done(
    home: Path, at_the_second: tuple[threading.Event, ...]
) -> None:
    is_there, goes_on = at_the_second
    talks(home)
    with closing(SessionService.open(home)) as service:
        service.retention.rules.save(Rule("tag:talk", "a-talks", at_start=True))
        service.retention.rules.save(Rule("tag:tmp", "b-drafts", at_start=True))
    (home / "settings.toml").write_text("empty_trash = true\n")
    async with using(AgentsessApp(home)) as user:
        await user.until(is_there.is_set, "the second is looked at")
        await user.sees("1 of 3", "esc stops")
        await user.press("escape")
        await user.sees("stopping")
        goes_on.set()
        await user.is_told("Stopped. What was not done yet stays as it was.")
        await user.is_told("Rule a-talks: 1 session")
        await user.app.workers.wait_for_complete()
        assert {"Old draft", "New work"} < titles(user.service)
        assert "Thrown away long ago" in titles(user.service, trashed=True)
        assert [told.name for told in user.service.retention.history()] == ["a-talks"]
