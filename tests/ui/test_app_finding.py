"""The filter: as one types, over titles, projects, tags, fields and what was said."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentsess.sessions.service import SessionService
from agentsess.ui.app import AgentsessApp
from agentsess.ui.widgets.session_list import SessionList
from support.screens import User, using, write_session

pytestmark = pytest.mark.anyio


@pytest.fixture
def app(tmp_path: Path) -> AgentsessApp:
    service = SessionService.open(tmp_path)
    write_session(service, "Port the parser", metadata={"project": "ledger"}, hours_ago=1)
    write_session(service, "Fix the build", tags=["urgent"], hours_ago=2)
    spoken = write_session(
        service, "Small talk", "What is it?", "A **marsupial**, I think.", hours_ago=3
    )
    service.pause(spoken.id)
    service.close()
    return AgentsessApp(tmp_path)


ALL = ["Port the parser", "Fix the build", "Small talk"]


async def filtered(user: User, text: str, *titles: str) -> None:
    """Type a filter and wait until exactly these sessions are listed."""
    await user.press("/")
    await user.fills(text)
    await user.until(lambda: user.titles == list(titles), f"{text} → {titles}")


FOUND = {
    "PARSER": "Port the parser",
    "ledger": "Port the parser",
    "project:ledg": "Port the parser",
    "urgent": "Fix the build",
    "tag:urgent": "Fix the build",
    "status:paused": "Small talk",
    "status:active -ledger": "Fix the build",
    "build fix": "Fix the build",
    "marsupial": "Small talk",
    "marsupial small": "Small talk",
}


async def test_titles_projects_tags_fields_and_what_was_said_are_found(app: AgentsessApp) -> None:
    async with using(app) as user:
        for text, title in FOUND.items():
            await filtered(user, text, title)
            await user.sees("1 of 3 sessions")
            await user.press("escape")
            await user.until(lambda: user.titles == ALL, "everything")


async def test_the_list_follows_every_key_and_esc_clears(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.press("/", "t", "h", "e")
        await user.until(lambda: user.titles == ALL[:2], "the")
        await user.press(" ", "b", "u")
        await user.until(lambda: user.titles == ["Fix the build"], "the bu")
        await user.press("backspace", "backspace")
        await user.until(lambda: user.titles == ALL[:2], "the")
        await user.press("escape")
        await user.until(lambda: user.titles == ALL, "everything")
        assert isinstance(user.app.focused, SessionList)


async def test_enter_keeps_the_filter_and_esc_in_the_list_takes_it_off(app: AgentsessApp) -> None:
    async with using(app) as user:
        await filtered(user, "parser", "Port the parser")
        await user.press("enter")
        assert isinstance(user.app.focused, SessionList)
        assert user.titles == ["Port the parser"]
        await user.press("escape")
        await user.until(lambda: user.titles == ALL, "everything")


async def test_nothing_found_is_said_and_keys_do_no_harm(app: AgentsessApp) -> None:
    async with using(app) as user:
        await filtered(user, "zebra crossing")
        await user.sees("0 of 3 sessions")
        await user.press("enter", "j", "k", "space", "v", "p", "d", "D", "c", "r", "t", "enter")
        await user.press("escape", "escape", "1", "escape")
        await user.until(lambda: user.titles == ALL, "everything")


REASONS = {
    "status:bogus": "There is no status 'bogus'",
    "older:soon": "'soon' is not a span of time",
    "larger:big": "'big' is not a size",
    "has:wings": "has:wings is unknown",
}


async def test_a_value_that_cannot_be_is_explained_below_the_list(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.press("/")
        for text, reason in REASONS.items():
            await user.fills(text)
            await user.until(lambda: reason in str(user.main.list_status.render()), reason)  # noqa: B023
            assert user.titles == ALL


async def test_odd_text_is_only_text(app: AgentsessApp) -> None:
    async with using(app) as user:
        for text in ('"', "[/foo]", "status:", "-", "a:b:c", "\\", "(", "tag:[red]"):
            await user.press("/")
            await user.fills(text)
            await user.press("escape")
            await user.until(lambda: user.titles == ALL, "everything")


async def test_a_new_filter_ends_the_search_before_it(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.press("/")
        await user.fills("marsupial")
        await user.fills("parser")
        await user.until(lambda: user.titles == ["Port the parser"], "the second")
        await user.sees("1 of 3 sessions")


async def test_a_session_found_by_its_text_stays_listed_when_the_list_is_read_anew(
    app: AgentsessApp, tmp_path: Path
) -> None:
    other = SessionService.open(tmp_path)
    async with using(app) as user:
        await filtered(user, "marsupial", "Small talk")
        other.update(user.session("Small talk").id, notes="seen")
        await user.until(lambda: user.session("Small talk").notes == "seen", "the change")
        other.update(user.session("Fix the build").id, notes="a marsupial too")
        await user.until(lambda: user.titles == ["Fix the build", "Small talk"], "both")
    other.close()


async def test_the_conversation_is_searched_too(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.opens("Small talk")
        await user.press("/")
        await user.types("MARSUPIAL", "enter")
        await user.until(
            lambda: (
                user.main.chat.transcript.cursor_entry
                and "marsupial" in user.main.chat.transcript.cursor_entry.text
            ),
            "the match",
        )
        await user.press("/")
        await user.types("unicorn", "enter")
        await user.is_told("Not in the part that is loaded.")


async def test_the_list_is_sorted_by_what_the_user_chooses(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.press("s")
        await user.sees("Sort by")
        await user.press("t")
        await user.until(lambda: user.titles == sorted(ALL), "by title")
