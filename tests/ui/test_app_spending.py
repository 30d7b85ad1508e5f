"""What sessions take and may take, in the app: the status line, the details, limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentsess.model import Session, Status
from agentsess.ui.app import AgentsessApp
from agentsess.ui.widgets.offer import OfferPrompt
from support.loopback import Hold, LoopbackServer, Reply, ToolUse
from support.screens import User, using, write_sessions

pytestmark = pytest.mark.anyio

Loopback = Callable[..., LoopbackServer]

# each costs half a dollar
READ = Reply(
    "Look.",
    tools=[ToolUse("read", {"file_path": "notes.txt"})],
    input_tokens=200_000,
    output_tokens=10_000,
)
END = Reply("It is done.", input_tokens=200_000, output_tokens=10_000)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "notes.txt").write_text("old line\n")
    return folder


def limited(home: Path, project: Path, **limits: object) -> Session:
    """A session with limits, and another one."""
    (work, _) = write_sessions(
        home, ["Work", "Quiet work"], cwd=str(project), model="claude-sonnet-5-5", **limits
    )
    return work


def status_of(user: User) -> str:
    return str(user.main.chat.status_line.render())


async def is_offered(user: User) -> None:
    await user.until(lambda: isinstance(user.app.focused, OfferPrompt), "the offer")


async def asks_and_reads(user: User) -> None:
    """Send a prompt in “Work”, and allow what the model wants to read."""
    await user.opens("Work")
    await user.sends("Go on")
    await user.sees("wants to read a file")
    await user.press("y")


async def test_a_run_at_its_budget_asks_and_is_stopped_by_escape(
    home: Path, project: Path, loopback: Loopback
) -> None:
    server = loopback([READ, END])
    limited(home, project, budget_usd=0.4)
    async with using(AgentsessApp(home)) as user:
        await asks_and_reads(user)
        await is_offered(user)
        await user.sees("The budget is reached", "$0.50 of $0.40", "another $0.40", "asks you")
        await user.press("escape")
        await user.sees("Stopped: $0.50 of $0.40 are used.")
        await user.until(lambda: user.session("Work").status is Status.PAUSED, "the pause")
    assert len(server.bodies) == 1


async def test_an_offer_waits_while_another_session_is_read(
    home: Path, project: Path, loopback: Loopback
) -> None:
    loopback([READ, END])
    limited(home, project, budget_usd=0.4)
    async with using(AgentsessApp(home)) as user:
        await asks_and_reads(user)
        await is_offered(user)
        await user.opens("Quiet work")
        await user.until(lambda: not user.main.query(OfferPrompt), "no offer here")
        await user.sees("asks you")
        await user.opens("Work")
        await user.press("2")
        await is_offered(user)
        await user.press("a")
        await user.sees("The limit was raised to $0.80.", "It is done.")
        assert user.session("Work").budget_usd == pytest.approx(0.8)


async def test_an_offer_in_a_session_that_is_not_in_view_is_told(
    home: Path, project: Path, loopback: Loopback
) -> None:
    server = loopback([Hold(END, 3), END])
    limited(home, project, budget_usd=0.4)
    async with using(AgentsessApp(home)) as user:
        await user.opens("Work")
        await user.sends("Go on")
        server.wait_until_holding()
        await user.opens("Quiet work")
        server.release()
        await user.until(lambda: user.session("Work").cost_usd, "the end of the run")
        user.app.runs.start(user.session("Work").id, "More")
        await user.is_told("waits for your answer at a limit")


async def test_what_a_turn_takes_is_seen_while_the_reply_arrives(
    home: Path, project: Path, loopback: Loopback
) -> None:
    server = loopback([Hold(Reply("Slow.", input_tokens=10_000, cache_read=90_000), 4)])
    limited(home, project)
    async with using(AgentsessApp(home), size=(160, 36)) as user:
        await user.opens("Work")
        await user.sends("Go on")
        server.wait_until_holding()
        await user.until(lambda: "100k in" in status_of(user), "the tokens that were sent")
        assert "100k in    1 out ·  90% cached · turn  $0.03 ·" in status_of(user)
        await user.sees("Last turn", "100k in · 1 out")
        server.release()
        await user.until(lambda: "turn" not in status_of(user), "the session's figures")
        assert "100k in 5 out · 90% cached · $0.03" in status_of(user)


async def test_the_last_turn_of_a_stored_session_is_told_too(
    home: Path, loopback: Loopback
) -> None:
    loopback([END, Reply("Again.", input_tokens=1_000)])
    async with using(AgentsessApp(home), empty=True, size=(160, 36)) as user:
        await user.press("ctrl+n")
        await user.types("One", "enter")
        await user.sees("It is done.")
        await user.until(lambda: not user.app.runs.live(), "the end of the run")
        await user.sends("Two")
        await user.sees("Again.")
        await user.until(lambda: not user.app.runs.live(), "the end of the run")
    async with using(AgentsessApp(home), size=(160, 36)) as user:
        await user.opens("One")
        await user.sees("1k in · 5 out", "201k in · 10k out")
