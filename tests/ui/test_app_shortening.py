"""Conversations that became long: compacted, sent without old results, or gone on elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentsess.model import Draft, EntryKind, Session, Status
from agentsess.sessions.service import SessionService
from agentsess.ui.app import AgentsessApp
from agentsess.ui.widgets.prompt import Prompt
from support.loopback import Hold, HttpError, LoopbackServer, Reply
from support.screens import User, using, write_session

pytestmark = pytest.mark.anyio

Loopback = Callable[..., LoopbackServer]
SUMMARY = Reply("## Goal\n\nThe basket is to be ported.")
TOO_LONG = HttpError(400, "prompt is too long: 9 tokens > 8 maximum", "invalid_request_error")


@pytest.fixture
def app(tmp_path: Path) -> AgentsessApp:
    home = tmp_path / "store"
    service = SessionService.open(home)
    said = [f"line {number} " + "x" * 350 for number in range(8)]
    write_session(service, "Basket", *said, cwd=str(tmp_path), model="claude-haiku-4-5")
    service.close()
    return AgentsessApp(home, folder=str(tmp_path))


def entries(user: User, session: Session | None = None) -> list[str]:
    session = session or user.session("Basket")
    return [str(e.meta.get("event") or e.kind) for e in user.service.entries(session.id)]


async def makes_room(user: User, key: str) -> None:
    await user.goes_to("Basket")
    await user.press("C")
    await user.sees("Make room: Basket", "Compact", "New phase")
    await user.press(key)


async def test_a_session_is_compacted_and_a_line_shows_where(
    app: AgentsessApp, loopback: Loopback
) -> None:
    loopback([SUMMARY])
    async with using(app) as user:
        await makes_room(user, "c")
        await user.sees("≡ compacted", "a summary stands for entries 1–6", "line 7")
        assert entries(user)[-1] == "compacted"
        assert "The basket is to be ported." not in user.screen
        await user.press("2", "G", "space")
        await user.sees("The basket is to be ported.")


async def test_esc_stops_a_compaction_and_nothing_has_changed(
    app: AgentsessApp, loopback: Loopback
) -> None:
    server = loopback([Hold(SUMMARY, 4)])
    async with using(app) as user:
        before = entries(user)
        await makes_room(user, "c")
        await user.sees("Writing a summary")
        await user.press("ctrl+c")
        await user.sees_no_more("Writing a summary")
        server.release()
        await user.until(lambda: not user.app.runs.live(), "the end of the run")
        # what was written until then was paid for: at most that is told
        assert [told for told in entries(user) if told != "no_summary"] == before


async def test_only_what_is_possible_is_offered_and_the_rest_is_explained(
    app: AgentsessApp,
) -> None:
    write_session(app.service, "Short", "Hello.", "Hello!")
    async with using(app) as user:
        await user.goes_to("Basket")
        await user.press("C")
        await user.sees("Make room: Basket", "c  Compact", "no old results of tools to leave out")
        assert "l  Leave out" not in user.screen
        await user.press("escape")
        await user.goes_to("Short")
        await user.press("C")
        await user.sees("Make room: Short", "nothing to compact yet: the conversation is short")
        await user.sees("New phase", "completes this session")
        assert "c  Compact" not in user.screen


async def test_old_results_that_can_be_left_out_are(app: AgentsessApp) -> None:
    session = write_session(app.service, "Tools", "Read it.")
    call = {"type": "tool_use", "id": "t1", "name": "read", "input": {"file_path": "a"}}
    with app.service.writer(session.id) as writer:
        writer.append(
            Draft(EntryKind.ASSISTANT, "", (call,)),
            Draft(EntryKind.TOOL_RESULT, "x" * 9_000, meta={"tool_use_id": "t1", "tool": "read"}),
            *(Draft(EntryKind.ASSISTANT, "y" * 900), Draft(EntryKind.USER, "z" * 900)) * 4,
        )
    async with using(app) as user:
        await user.goes_to("Tools")
        await user.press("C")
        await user.sees("Make room: Tools", "l  Leave out old results")
        await user.press("l")
        await user.sees("old results left out")


async def test_a_new_phase_is_opened_and_shows_what_was_carried_over(app: AgentsessApp) -> None:
    async with using(app) as user:
        await makes_room(user, "p")
        await user.until(lambda: user.opened and "part 2" in user.opened.title, "the phase")
        await user.sees("Goal: line 0")
        await user.until(lambda: isinstance(user.app.focused, Prompt), "the prompt")
        assert user.session("Basket").status is Status.COMPLETED
        await user.press("shift+tab")
        await user.press("z")
        await user.until(lambda: user.session("Basket").status is Status.ACTIVE, "undone")


async def test_a_conversation_that_no_longer_fits_is_compacted_and_goes_on(
    app: AgentsessApp, loopback: Loopback
) -> None:
    loopback([TOO_LONG, SUMMARY, Reply("Onwards.")])
    async with using(app) as user:
        await user.opens("Basket")
        await user.sends("Go on")
        await user.sees("no longer fits", "Compact", "New phase")
        await user.press("c")
        await user.sees("≡ compacted", "Onwards.")


async def test_who_stops_at_the_limit_keeps_the_prompt_and_is_told_what_to_do(
    app: AgentsessApp, loopback: Loopback
) -> None:
    loopback([TOO_LONG])
    async with using(app) as user:
        await user.opens("Basket")
        await user.sends("Go on")
        await user.sees("no longer fits", "Compact")
        await user.press("s")
        await user.sees("Make room, then send the prompt again")
        assert user.prompt == "Go on"


async def test_a_prompt_goes_on_in_the_new_phase_that_was_chosen(
    app: AgentsessApp, loopback: Loopback
) -> None:
    server = loopback([TOO_LONG, Reply("Here I am.")])
    async with using(app) as user:
        await user.opens("Basket")
        await user.sends("Port the rest")
        await user.sees("no longer fits", "New phase")
        await user.press("p")
        await user.until(lambda: user.opened and "part 2" in user.opened.title, "the phase")
        await user.sees("Here I am.")
        phase = user.opened
        assert phase
        assert entries(user, phase) == ["phase", "user", "assistant"]
        assert entries(user)[-1] == "continued"
    carried, prompt = (m["content"] for m in server.bodies[-1]["messages"])
    assert "line 7" in carried
    assert prompt == "Port the rest"


async def test_at_work_there_is_no_room_to_make(app: AgentsessApp, loopback: Loopback) -> None:
    loopback([Hold(Reply("Slow"), 3)])
    async with using(app) as user:
        await user.opens("Basket")
        await user.sends("Go on")
        await user.until(lambda: user.app.runs.live(), "the run")
        await user.goes_to("Basket")
        await user.press("C")
        await user.is_told("still at work")


async def test_o_goes_to_the_session_before_and_the_one_after(app: AgentsessApp) -> None:
    async with using(app) as user:
        await makes_room(user, "p")
        await user.until(lambda: user.opened and "part 2" in user.opened.title, "the phase")
        await user.press("shift+tab", "o")
        await user.sees("Related sessions", "before · completed")
        await user.press("a")
        await user.until(lambda: user.opened and user.opened.title == "Basket", "the one before")
        await user.sees("The work goes on in “Basket (part 2)”.")
        await user.press("o")
        await user.sees("Related sessions", "after · active")
        await user.press("enter")
        await user.until(lambda: user.opened and "part 2" in user.opened.title, "the one after")


async def test_a_session_without_relatives_says_so(app: AgentsessApp) -> None:
    async with using(app) as user:
        await user.goes_to("Basket")
        await user.press("o")
        await user.is_told("none goes on from it")
