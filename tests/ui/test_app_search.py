"""Searching as one types: the best first, with what was found shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentsess.model import Draft, EntryKind
from agentsess.sessions.service import SessionService
from agentsess.ui.app import AgentsessApp
from support.screens import User, using, write_session

pytestmark = pytest.mark.anyio


@pytest.fixture
def app(tmp_path: Path) -> AgentsessApp:
    service = SessionService.open(tmp_path)
    for n in range(6):
        write_session(service, f"Filler {n}", "nothing", "of interest", hours_ago=n + 1)
    write_session(service, "One", "a lease among many other words said here", hours_ago=10)
    write_session(service, "Two", "lease lease lease", hours_ago=20)
    write_session(service, "About the lease", "it runs out", hours_ago=40)
    service.close()
    return AgentsessApp(tmp_path)


async def searched(user: User, text: str, *titles: str) -> None:
    await user.press("/")
    await user.fills(text)
    await user.until(lambda: user.titles == list(titles), f"{text} → {titles}")


async def test_the_best_comes_first_with_what_was_found(app: AgentsessApp) -> None:
    async with using(app) as user:
        await searched(user, "lease", "About the lease", "Two", "One")
        await user.sees("a lease among many", "lease lease lease")
        await user.press("escape")
        await user.until(lambda: len(user.titles) == 9, "everything")
        await user.until(lambda: "a lease among many" not in user.screen, "no snippet")


async def test_another_order_holds_for_what_is_found_too(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.press("s")
        await user.sees("Sort by")
        await user.press("t")
        await user.until(lambda: user.titles[-1] == "Two", "by title")
        await searched(user, "lease", "About the lease", "One", "Two")


async def test_phrases_and_words_that_must_not_occur(app: AgentsessApp) -> None:
    async with using(app) as user:
        await searched(user, '"lease among"', "One")
        await searched(user, "lease -among", "About the lease", "Two")
        await searched(user, "-nothing", "One", "Two", "About the lease")


async def test_what_a_tool_gave_back_is_found_when_asked_for(
    app: AgentsessApp, tmp_path: Path
) -> None:
    service = SessionService.open(tmp_path)
    session = write_session(service, "With a tool")
    block = {"type": "tool_result", "tool_use_id": "x", "content": "three giraffes"}
    with service.writer(session.id) as writer:
        writer.append(Draft(EntryKind.TOOL_RESULT, content=(block,)))
    service.close()
    async with using(app) as user:
        await searched(user, "giraffes in:tools", "With a tool")
        await user.sees("three giraffes")
        await searched(user, "giraffes")


async def test_what_was_found_is_only_text(app: AgentsessApp, tmp_path: Path) -> None:
    service = SessionService.open(tmp_path)
    write_session(service, "Hostile", "x " * 60 + "[red]\x1b[31m\u202eneedle[/red] 日本語" * 3)
    service.close()
    async with using(app) as user:
        await searched(user, "needle", "Hostile")
        await user.sees("needle[/red]")
