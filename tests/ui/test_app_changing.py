"""Changing sessions by key: on one and on several, taken back and made again."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from agentsess.model import Draft, EntryKind, Status
from agentsess.sessions.service import SessionService
from agentsess.ui.app import AgentsessApp
from agentsess.ui.screens.dialogs import AskNote, AskText, Confirm, Dialog
from agentsess.ui.screens.prune import PruneScreen
from support.screens import User, using, write_session, write_sessions

pytestmark = pytest.mark.anyio

TITLES = ["Alpha", "Beta", "Gamma"]


@pytest.fixture
def app(tmp_path: Path) -> AgentsessApp:
    write_sessions(tmp_path, TITLES)
    return AgentsessApp(tmp_path)


def statuses(user: User) -> list[str]:
    return [str(user.session(title).status) for title in TITLES]


async def become(user: User, *wanted: str) -> None:
    await user.until(lambda: statuses(user) == list(wanted), " ".join(wanted))


@pytest.mark.parametrize(
    ("key", "status", "said"),
    [("p", "paused", "Paused"), ("x", "completed", "Completed"), ("a", "archived", "Archived")],
)
async def test_a_key_gives_the_session_under_the_cursor_a_status_and_z_takes_it_back(
    app: AgentsessApp, key: str, status: str, said: str
) -> None:
    async with using(app) as user:
        await user.goes_to("Beta")
        await user.press(key)
        await become(user, "active", status, "active")
        await user.is_told(f"{said} “Beta”.")
        await user.is_told("z undoes it.")
        await user.press("z")
        await become(user, "active", "active", "active")
        await user.press("Z")
        await become(user, "active", status, "active")


@pytest.mark.parametrize(
    ("key", "status"), [("p", "paused"), ("x", "completed"), ("a", "archived")]
)
async def test_a_key_changes_all_marked_sessions_in_one_step(
    app: AgentsessApp, key: str, status: str
) -> None:
    async with using(app) as user:
        await user.marks("Alpha", "Gamma")
        await user.sees("2 marked")
        await user.press(key)
        await become(user, status, "active", status)
        await user.is_told("2 sessions")
        assert not user.main.sessions.marked_ids
        await user.press("u")
        await become(user, "active", "active", "active")


async def test_keys_act_on_the_open_session_from_the_chat(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.opens("Gamma")
        await user.press("p")
        await become(user, "active", "active", "paused")
        await user.sees("‖ Gamma", "Reply to resume it, or press c")


async def test_an_archived_session_leaves_the_list_and_a_brings_it_back(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.goes_to("Beta")
        await user.press("p")
        await become(user, "active", "paused", "active")
        await user.press("a")
        await user.until(lambda: user.titles == ["Alpha", "Gamma"], "the list without it")
        await user.sees("1 archived")
        await user.press("/")
        await user.types("status:archived", "enter")
        await user.until(lambda: user.titles == ["Beta"], "the archive")
        await user.press("a")
        await become(user, "active", "paused", "active")


async def test_an_archived_session_cannot_be_resumed_and_the_way_out_is_said(
    app: AgentsessApp,
) -> None:
    async with using(app) as user:
        await user.goes_to("Beta")
        await user.press("a")
        await become(user, "active", "archived", "active")
        await user.press("/")
        await user.types("status:archived", "enter")
        await user.until(lambda: user.titles == ["Beta"], "the archive")
        await user.press("c")
        await user.is_told("a unarchives it first")
        assert user.session("Beta").status is Status.ARCHIVED


async def test_what_a_status_does_not_allow_is_said(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.goes_to("Beta")
        await user.press("x")
        await become(user, "active", "completed", "active")
        await user.press("p")
        await user.is_told("is completed and cannot become paused")


async def test_d_moves_to_the_trash_and_z_brings_back(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.marks("Alpha", "Beta")
        await user.press("d")
        await user.until(lambda: user.titles == ["Gamma"], "the list without them")
        await user.is_told("Moved to the trash: 2 sessions. z undoes it.")
        await user.press("z")
        await user.until(lambda: user.titles == TITLES, "all of them")


async def test_the_trash_is_listed_and_restored_from(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.goes_to("Beta")
        await user.press("d")
        await user.until(lambda: "Beta" not in user.titles, "the list without it")
        await user.press("T")
        await user.until(lambda: user.titles == ["Beta"], "the trash")
        await user.sees("Trash", "1 in the trash")
        await user.press("U")
        await user.until(lambda: not user.titles, "an empty trash")
        await user.press("escape")
        await user.until(lambda: user.titles == TITLES, "all of them")


async def test_capital_d_asks_and_enter_does_not_delete(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.goes_to("Beta")
        await user.press("D")
        await user.sees("Delete for good", "“Beta”. This cannot be undone.")
        assert isinstance(user.app.screen, Confirm)
        await user.press("enter")
        await user.sees_no_more("This cannot be undone")
        assert user.session("Beta").trashed_at is None
        await user.press("D")
        await user.sees("This cannot be undone")
        await user.press("escape")
        await user.sees_no_more("This cannot be undone")
        assert user.titles == TITLES


async def test_deleting_for_good_names_how_many_and_takes_a_y(
    app: AgentsessApp, tmp_path: Path
) -> None:
    async with using(app) as user:
        ids = [user.session("Alpha").id, user.session("Gamma").id]
        await user.marks("Alpha", "Gamma")
        await user.press("D")
        await user.sees("Delete 2 sessions for good")
        await user.press("y")
        await user.until(lambda: user.titles == ["Beta"], "the list without them")
        await user.press("z")
        await user.is_told("Nothing to take back.")
    left = [path for path in tmp_path.rglob("*") for gone in ids if gone in path.name]
    assert not left


async def test_rename_asks_for_a_title_and_esc_leaves_it(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.goes_to("Beta")
        await user.press("r")
        await user.until(lambda: isinstance(user.app.screen, AskText), "the question")
        await user.types(" two", "escape")
        await user.until(lambda: user.app.screen is user.main, "the end of the question")
        assert user.titles == TITLES
        await user.press("r")
        await user.until(lambda: isinstance(user.app.screen, AskText), "the question")
        await user.fills("Beta, renamed", "enter")
        await user.until(lambda: "Beta, renamed" in user.titles, "the new title")
        await user.sees("▸ Beta, renamed")
        await user.press("z")
        await user.until(lambda: user.titles == TITLES, "the old title")


async def test_a_note_of_several_lines_is_kept_and_taken_back(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.opens("Beta")
        await user.press("1", "n")
        await user.until(lambda: isinstance(user.app.screen, AskNote), "the question")
        await user.types("ask Dana\nthen go on", "ctrl+s")
        await user.until(lambda: user.session("Beta").notes, "the note")
        assert user.session("Beta").notes == "ask Dana\nthen go on"
        await user.sees("Notes", "ask Dana", "then go on")
        await user.press("z")
        await user.until(lambda: not user.session("Beta").notes, "no note")


async def test_tags_are_added_and_taken_off_several_sessions(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.marks("Alpha", "Beta")
        await user.press("t")
        await user.sees("Tags to add")
        await user.types("#urgent, q4", "enter")
        await user.until(lambda: user.session("Beta").tags == ("urgent", "q4"), "the tags")
        assert [user.session(t).tags for t in TITLES] == [("urgent", "q4"), ("urgent", "q4"), ()]
        await user.sees("#urgent")
        await user.goes_to("Beta")
        await user.press("t")
        await user.sees("urgent, q4")
        await user.types("-urgent later", "enter")
        await user.until(lambda: user.session("Beta").tags == ("q4", "later"), "the tags")
        await user.press("z", "z")
        await user.until(lambda: not any(user.session(t).tags for t in TITLES), "no tags")


async def test_a_range_is_marked_with_v_and_with_shift(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.press("g", "space", "j", "v")
        await user.sees("3 marked")
        await user.press("escape")
        await user.until(lambda: not user.main.sessions.marked_ids, "no marks")
        await user.press("v", "k", "k", "v")
        await user.sees("3 marked")
        await user.press("escape", "g", "shift+down")
        await user.sees("2 marked")


async def test_undo_goes_back_step_by_step_and_redo_forth(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.goes_to("Alpha")
        await user.press("p")
        await become(user, "paused", "active", "active")
        await user.goes_to("Beta")
        await user.press("x")
        await become(user, "paused", "completed", "active")
        await user.press("z")
        await become(user, "paused", "active", "active")
        await user.press("z")
        await become(user, "active", "active", "active")
        await user.press("z")
        await user.is_told("Nothing to take back.")
        await user.press("Z", "Z")
        await become(user, "paused", "completed", "active")


async def test_undo_leaves_alone_what_another_process_changed_since(
    app: AgentsessApp, tmp_path: Path
) -> None:
    other = SessionService.open(tmp_path)
    async with using(app) as user:
        await user.goes_to("Beta")
        await user.press("p")
        await become(user, "active", "paused", "active")
        other.complete(user.session("Beta").id)
        await user.press("z")
        await user.is_told("Not taken back: 1 session paused (“Beta”). It was changed or deleted")
        assert user.session("Beta").status is Status.COMPLETED
    other.close()


async def test_export_writes_a_file_and_never_over_another(tmp_path: Path) -> None:
    write_sessions(tmp_path / "store", ["Alpha / one"])
    folder = tmp_path / "here"
    folder.mkdir()
    async with using(AgentsessApp(tmp_path / "store", folder=str(folder))) as user:
        await user.press("e")
        await user.is_told("Written to")
        await user.press("e")
        await user.until(lambda: len(list(folder.iterdir())) == 2, "a second file")
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["alpha-one-2.md", "alpha-one.md"]
    assert "It is begun." in (folder / "alpha-one.md").read_text()


async def test_export_asks_whether_to_black_out_what_looks_like_a_secret(tmp_path: Path) -> None:
    folder, store = tmp_path / "here", SessionService.open(tmp_path / "store")
    folder.mkdir()
    key = "AKIA" + "Q4WJ" * 4
    with store.writer(store.create(title="Keys", cwd=str(folder)).id) as writer:
        writer.append(Draft(EntryKind.USER, f"Use {key}"))
    store.close()
    async with using(AgentsessApp(tmp_path / "store", folder=str(folder))) as user:
        await user.sees("looks like a secret: AWS key")
        await user.press("e")
        await user.sees("Black it out")
        await user.press("b")
        await user.is_told("Written to")
        assert "Use [redacted: AWS key]" in (folder / "keys.md").read_text()
        await user.press("e")
        await user.sees("Black it out")
        await user.press("w")
        await user.until((folder / "keys-2.md").exists, "a second file")
    assert f"Use {key}" in (folder / "keys-2.md").read_text()


# -- pruning


@pytest.fixture
def old_work(tmp_path: Path) -> AgentsessApp:
    service = SessionService.open(tmp_path)
    days = {"Old done": 90, "Older done": 120, "Old and open": 90, "New done": 1}
    for title, ago in days.items():
        session = write_session(service, title, hours_ago=ago * 24)
        if title != "Old and open":
            service.complete(session.id)
    service.close()
    return AgentsessApp(tmp_path)


async def test_pruning_shows_what_would_go_before_anything_does(old_work: AgentsessApp) -> None:
    async with using(old_work) as user:
        total = sum(user.session(t).size_bytes for t in ("Old done", "Older done"))
        await user.press("P")
        await user.sees("2 sessions", f"{total} B would go to the trash", "Older done")
        await user.press("escape")
        await user.until(lambda: user.app.screen is user.main, "the list")
        assert len(user.service.list()) == 4


async def test_pruning_does_what_is_shown_and_z_brings_all_back(old_work: AgentsessApp) -> None:
    async with using(old_work) as user:
        await user.press("P")
        await user.sees("2 sessions", "would go to the trash")
        await user.press("ctrl+s")
        await user.until(lambda: user.titles == ["New done", "Old and open"], "the others")
        await user.is_told("2 sessions moved to the trash. z undoes it.")
        await user.press("z")
        await user.until(lambda: len(user.titles) == 4, "all of them")


async def test_the_rule_of_pruning_is_changed_as_it_is_typed(old_work: AgentsessApp) -> None:
    async with using(old_work) as user:
        await user.press("P")
        await user.sees("2 sessions", "would go to the trash")
        await user.fills('"')
        await user.sees("cannot hold a quotation mark")
        await user.fills("100d")
        await user.sees("1 session,")
        await user.press("tab")
        await user.fills("nonsense")
        await user.sees("There is no status 'nonsense'")
        await user.press("ctrl+s")
        assert isinstance(user.app.screen, PruneScreen)
        await user.fills("paused")
        await user.sees("Nothing fits the rule.")
        await user.press("ctrl+s")
        assert len(user.service.list()) == 4


async def test_a_rule_whose_effect_is_not_shown_yet_does_nothing(old_work: AgentsessApp) -> None:
    async with using(old_work) as user:
        await user.press("P")
        await user.sees("2 sessions", "would go to the trash")
        screen = user.app.screen
        assert isinstance(screen, PruneScreen)
        screen.query_one("#status", Input).value = "active"
        screen.action_prune()
        await user.sees("1 session,", "Old and open")
        assert len(user.service.list()) == 4


async def test_pruning_is_left_while_it_looks(old_work: AgentsessApp) -> None:
    async with using(old_work) as user:
        for text in ("10d", "20d", "30d"):
            await user.press("P")
            await user.until(lambda: isinstance(user.app.screen, PruneScreen), "the screen")
            user.app.screen.query_one("#older_than", Input).value = text
            await user.press("escape")
            await user.until(lambda: user.app.screen is user.main, "the list")


async def test_pruning_says_what_fits_and_stays_and_why(
    old_work: AgentsessApp, tmp_path: Path
) -> None:
    other = SessionService.open(tmp_path)
    async with using(old_work) as user:
        with other.writer(user.session("Old done").id, agent="nightly"):
            await user.press("P")
            await user.sees("1 session,", "Kept: 1 session (", "in use by nightly")
            await user.press("ctrl+s")
            await user.until(lambda: "Older done" not in user.titles, "the list without it")
            assert user.session("Old done").trashed_at is None
    other.close()


@pytest.mark.parametrize(("opens", "answers"), [("s", "a"), ("r", "enter"), ("t", "enter")])
async def test_a_second_key_that_comes_with_the_answering_one_is_left_alone(
    app: AgentsessApp, opens: str, answers: str
) -> None:
    async with using(app) as user:
        await user.press(opens)
        await user.until(lambda: isinstance(app.screen, Dialog), "the dialog")
        await user.press("x") if answers == "enter" else None
        for _ in range(3):
            app.post_message(events.Key(answers, answers if len(answers) == 1 else "\r"))
        await user.until(lambda: not isinstance(app.screen, Dialog), "its end")
        await user.sees("3 sessions")
