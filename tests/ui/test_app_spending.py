"""What sessions take and may take, in the app: the status line, the details, limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentsess.agent.retirement import sdk_names, successor
from agentsess.model import Session, Status
from agentsess.sources.claude_code import ClaudeCodeSource
from agentsess.ui.app import AgentsessApp
from agentsess.ui.widgets.offer import OfferPrompt
from support.claude_history import Transcript, usage
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
        await user.sees("The budget is reached", "$0.50 of $0.40", "Another $0.40", "asks you")
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


async def test_b_sets_what_a_session_may_spend_and_z_takes_it_back(
    home: Path, project: Path
) -> None:
    limited(home, project)
    async with using(AgentsessApp(home)) as user:
        await user.opens("Work")
        await user.press("b")
        await user.sees("Dollars, in all ($0.00 so far)")
        await user.types("$2.50", "tab")
        await user.types("much", "enter")
        await user.sees("Tokens: a number above 0")
        await user.fills("1.5M", "enter")
        await user.is_told("Limits are kept")
        kept = user.session("Work")
        assert (kept.budget_usd, kept.max_tokens_total) == (2.5, 1_500_000)
        await user.sees("of $2.50", "of 1.5M")
        await user.press("z")
        await user.until(lambda: user.session("Work").budget_usd is None, "no budget again")


async def test_a_budget_that_cannot_be_held_is_said_when_it_is_set(
    home: Path, project: Path
) -> None:
    write_sessions(home, ["Work"], cwd=str(project), model="qwen3:8b")
    async with using(AgentsessApp(home)) as user:
        await user.opens("Work")
        await user.press("b")
        await user.sees("Dollars, in all")
        await user.types("5", "enter")
        await user.is_told("The price of qwen3:8b is not known")


async def test_m_switches_the_model_and_the_next_prompt_goes_to_it(
    home: Path, project: Path, loopback: Loopback
) -> None:
    server = loopback([Reply("One."), Reply("Two.")], models=[{"id": "claude-opus-5-5"}])
    limited(home, project)
    async with using(AgentsessApp(home)) as user:
        await user.opens("Work")
        await user.sends("First")
        await user.sees("One.")
        await user.until(lambda: not user.app.runs.live(), "the end of the run")
        await user.press("escape", "m")
        await user.sees("claude-opus-5-5", "1M tokens", "$4 in, $20 out", "Listed by")
        await user.types("opus", "enter")
        await user.is_told("claude-opus-5-5 is asked from the next prompt on")
        await user.sends("Second")
        await user.sees("The model is now claude-opus-5-5; it was", "Two.")
    assert [body["model"] for body in server.bodies] == ["claude-sonnet-5-5", "claude-opus-5-5"]


async def test_any_name_may_be_typed_and_a_server_without_a_list_is_no_trouble(
    home: Path, project: Path, loopback: Loopback
) -> None:
    loopback()
    limited(home, project)
    async with using(AgentsessApp(home)) as user:
        await user.opens("Work")
        await user.press("m")
        await user.sees("does not list its models")
        await user.types("qwen3:8b")
        await user.sees("use “qwen3:8b”")
        await user.press("enter")
        await user.until(lambda: user.session("Work").model == "qwen3:8b", "the model")


async def test_a_name_that_the_server_does_not_list_is_said_and_the_nearest_is_offered(
    home: Path, project: Path, loopback: Loopback
) -> None:
    loopback(models=[{"id": "claude-opus-5-5"}, {"id": "claude-haiku-5-5"}])
    limited(home, project)
    async with using(AgentsessApp(home)) as user:
        await user.goes_to("Work")
        await user.press("m")
        await user.sees("claude-opus-5-5", "Listed by")
        await user.types("claude-opsu-5-5")
        await user.sees("use “claude-opsu-5-5” which 127.0.0.1", "does not list")
        await user.press("down", "enter")
        await user.until(lambda: user.session("Work").model == "claude-opus-5-5", "the nearest")
        await user.press("m")
        await user.sees("claude-opus-5-5", "Listed by")
        await user.types("my-own-opus", "enter")
        await user.until(lambda: user.session("Work").model == "my-own-opus", "what was typed")


async def test_a_new_session_asks_the_model_that_was_chosen_for_it(
    home: Path, project: Path, loopback: Loopback
) -> None:
    server = loopback([Reply("Yes.")])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await user.press("ctrl+n")
        await user.sees("New session")
        await user.press("ctrl+p")
        await user.types("Model")
        await user.press("enter")
        await user.sees("filter, or any name")
        await user.types("other-model", "enter")
        await user.sees("The new session will ask other-model.")
        await user.sends("Hello")
        await user.sees("Yes.")
    assert server.bodies[0]["model"] == "other-model"


async def test_a_session_whose_model_retires_says_so_and_offers_the_successor(
    home: Path, project: Path
) -> None:
    write_sessions(home, ["Work"], cwd=str(project), model="claude-opus-4-20250514")
    async with using(AgentsessApp(home)) as user:
        await user.opens("Work")
        await user.until(lambda: user.banner, "the notice")
        follows = successor("claude-opus-4-20250514", sdk_names())
        assert user.banner == (
            f"claude-opus-4-20250514 was retired on 15 June 2026. m switches to {follows}."
        )
        await user.press("m")
        await user.sees("Those that the SDK knows", "No API key is configured")
        await user.press("enter")
        await user.until(lambda: user.session("Work").model == follows, "the successor")
        assert user.banner == ""


async def test_the_last_turn_of_another_programs_session_is_priced(
    home: Path, tmp_path: Path
) -> None:
    session = Transcript(model="claude-sonnet-5-5").prompt("Work elsewhere")
    session.reply("Done.", usages=[usage(fresh=1_000_000, output=0, read=0, write=0)])
    session.write(tmp_path / "claude")
    app = AgentsessApp(home, sources=[ClaudeCodeSource(tmp_path / "claude")])
    async with using(app, empty=True) as user:
        await user.until(lambda: user.titles, "the found session")
        await user.opens("Work elsewhere")
        await user.until(lambda: user.main.chat.turn.cost_usd, "its price")
        assert user.main.chat.turn.cost_usd == pytest.approx(2.0)
        await user.sees("Last turn", "$2.00")
