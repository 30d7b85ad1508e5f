"""When asking the model fails: a line that says why and what to do, and nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentsess.errors import StoreError
from agentsess.model import Draft, EntryKind
from agentsess.sessions.service import SessionService
from agentsess.storage.journal import FORMAT, VERSION, seal
from agentsess.storage.store import FileStore
from agentsess.ui.app import AgentsessApp
from support.agents import no_retries
from support.loopback import CutStream, HangUp, HttpError, LoopbackServer, Reply, Step
from support.screens import using, write_session, write_sessions

pytestmark = pytest.mark.anyio

Loopback = Callable[..., LoopbackServer]
REFUSED = HttpError(401, "invalid x-api-key", "authentication_error")
LIMITED = HttpError(429, "too many requests", "rate_limit_error")
BUSY = HttpError(529, "Overloaded", "overloaded_error")
CUT = CutStream(Reply("It begins and never ends."), after_events=5)
TROUBLES = [
    pytest.param([REFUSED], "Set ANTHROPIC_API_KEY to a key that is valid", id="401"),
    pytest.param([LIMITED], "Wait a little and send the prompt again", id="429"),
    pytest.param([BUSY], "send the prompt again in a while", id="529"),
    pytest.param([CUT], "send a prompt to go on", id="cut"),
    pytest.param([HangUp()], "Check the network", id="offline"),
]


@pytest.mark.parametrize(("script", "way_out"), TROUBLES)
async def test_trouble_is_said_with_the_way_out_and_the_prompt_comes_back(
    script: list[Step], way_out: str, tmp_path: Path, loopback: Loopback
) -> None:
    write_sessions(tmp_path, ["Work"], cwd=str(tmp_path))
    server = loopback([*script, Reply("Now it works.")])
    async with using(AgentsessApp(tmp_path, client=no_retries)) as user:
        await user.opens("Work")
        await user.sends("a prompt that fails")
        await user.until(lambda: way_out in user.banner, way_out)
        assert way_out.split()[0] in user.screen
        assert user.prompt == "a prompt that fails"
        assert user.app.runs.live() == {user.session("Work").id: "failed"}
        await user.press("enter")
        await user.sees("Now it works.")
        assert user.banner == ""
        assert user.prompt == ""
    # After a part of an answer the same prompt is another one.
    said = str(server.bodies[-1]["messages"]).count("a prompt that fails")
    assert said == (2 if script == [CUT] else 1)


async def test_without_a_key_the_way_out_is_said_and_the_rest_of_the_app_works(
    tmp_path: Path, loopback: Loopback
) -> None:
    write_sessions(tmp_path, ["Work"], cwd=str(tmp_path))
    async with using(AgentsessApp(tmp_path)) as user:
        await user.opens("Work")
        await user.sends("anyone there?")
        await user.until(lambda: "Set ANTHROPIC_API_KEY" in user.banner, "the way out")
        assert user.prompt == "anyone there?"
        await user.press("escape", "1", "p")
        await user.is_told("Paused")
        loopback([Reply("I am here.")])
        await user.press("ctrl+l", "enter")
        await user.sees("I am here.")


async def test_the_first_prompt_of_all_is_kept_without_a_key(tmp_path: Path) -> None:
    async with using(AgentsessApp(tmp_path, folder=str(tmp_path)), empty=True) as user:
        await user.press("ctrl+n")
        await user.types("the very first prompt", "enter")
        await user.sees("▸ the very first prompt", "No API key is configured")
        await user.until(lambda: user.titles == ["the very first prompt"], "the title in the list")
        await user.until(lambda: user.prompt == "the very first prompt", "the prompt, given back")


async def test_a_new_session_that_fails_keeps_its_prompt(
    tmp_path: Path, loopback: Loopback
) -> None:
    loopback([REFUSED, Reply("Now it works.")])
    async with using(AgentsessApp(tmp_path, folder=str(tmp_path)), empty=True) as user:
        await user.press("ctrl+n")
        await user.types("the very first prompt", "enter")
        await user.until(lambda: "ANTHROPIC_API_KEY" in user.banner, "the way out")
        assert user.prompt == "the very first prompt"
        await user.press("enter")
        await user.sees("Now it works.")
        assert [session.title for session in user.service.list()] == ["the very first prompt"]


async def test_what_was_said_before_the_cut_stays(tmp_path: Path, loopback: Loopback) -> None:
    write_sessions(tmp_path, ["Work"], cwd=str(tmp_path))
    loopback([CUT])
    async with using(AgentsessApp(tmp_path)) as user:
        await user.opens("Work")
        await user.sends("go")
        await user.sees("It begins", "The connection broke")


async def test_what_was_written_meanwhile_is_not_lost(tmp_path: Path, loopback: Loopback) -> None:
    write_sessions(tmp_path, ["Work"], cwd=str(tmp_path))
    held = loopback([lambda _: held_error(release)])
    release = held._released
    async with using(AgentsessApp(tmp_path)) as user:
        await user.opens("Work")
        await user.sends("the first")
        await user.types("the next")
        held.release()
        await user.until(lambda: user.banner, "the error")
        assert user.prompt == "the first\n\nthe next"


def held_error(release: object) -> HttpError:
    """The refusal, once the server is released."""
    release.wait(30)  # type: ignore[attr-defined]
    return REFUSED


async def test_trouble_in_a_session_that_is_not_in_view_is_told(
    tmp_path: Path, loopback: Loopback
) -> None:
    write_sessions(tmp_path, ["Work", "Other"], cwd=str(tmp_path))
    held = loopback([lambda _: held_error(release)])
    release = held._released
    async with using(AgentsessApp(tmp_path)) as user:
        await user.opens("Work")
        await user.sends("go")
        await user.opens("Other")
        held.release()
        await user.is_told("Set ANTHROPIC_API_KEY")
        await user.sees("✗")
        assert user.banner == ""


async def test_a_folder_that_is_gone_is_said(tmp_path: Path, loopback: Loopback) -> None:
    write_sessions(tmp_path, ["Work"], cwd=str(tmp_path / "gone"))
    loopback([Reply("never asked")])
    async with using(AgentsessApp(tmp_path)) as user:
        await user.opens("Work")
        await user.sends("go")
        await user.until(lambda: "is gone. Put it back first" in user.banner, "the reason")
        assert user.prompt == "go"


async def test_a_session_that_another_process_is_running_is_read_and_not_written(
    tmp_path: Path, loopback: Loopback
) -> None:
    write_sessions(tmp_path, ["Work"], cwd=str(tmp_path))
    loopback([Reply("Our turn.")])
    other = SessionService.open(tmp_path)
    async with using(AgentsessApp(tmp_path)) as user:
        with other.writer(user.session("Work").id, agent="nightly"):
            await user.goes_to("Work")
            await user.press("c")
            await user.sees("Where things stand")
            await user.press("enter")
            await user.until(lambda: "In use by nightly" in user.banner, "who uses it")
            await user.sends("go")
            await user.sees("is in use by nightly", "Only read")
            await user.press("r")
            await user.until(lambda: user.prompt == "go", "the text back in the prompt")
        await user.press("ctrl+l", "enter")
        await user.sees("Our turn.")
    other.close()


async def test_a_session_purged_by_another_process_takes_nothing_else_along(
    tmp_path: Path,
) -> None:
    service = SessionService.open(tmp_path)
    long = write_session(service, "Long", *(f"line {n}" for n in range(200)), hours_ago=9)
    write_session(service, "Other", hours_ago=20)
    async with using(AgentsessApp(tmp_path)) as user:
        await user.opens("Long")
        service.purge([long.id])
        await user.press("g", "K", "K", "K")
        await user.until(lambda: user.titles == ["Other"], "the list without it")
        await user.press("1", "p")
        await user.opens("Other")
    service.close()


async def test_a_store_that_cannot_be_written_gives_the_prompt_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("The disk is full. Make room, then try again.")

    async with using(AgentsessApp(tmp_path, folder=str(tmp_path)), empty=True) as user:
        monkeypatch.setattr(FileStore, "create", full)
        await user.press("ctrl+n")
        await user.types("a long thought", "enter")
        await user.until(lambda: "The disk is full" in user.banner, "the reason")
        assert user.prompt == "a long thought"


async def test_damage_in_a_history_is_counted_and_the_rest_is_shown(tmp_path: Path) -> None:
    service = SessionService.open(tmp_path)
    session = write_session(service, "Work", "First words.", "Second words.", "Third words.")
    service.close()
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    (history,) = [path for path, held in files.items() if b"Second words" in held]
    assert session.id in str(history)
    history.write_bytes(files[history].replace(b"Second words", b"Sec\x00nd words"))
    async with using(AgentsessApp(tmp_path)) as user:
        await user.opens("Work")
        await user.sees("First words.", "Third words.")


async def test_an_entry_of_no_known_shape_is_shown_all_the_same(tmp_path: Path) -> None:
    service = SessionService.open(tmp_path)
    session = write_session(service, "Work")
    odd = ({"type": "hologram", "data": 1}, {"type": "tool_use", "input": [1, 2]}, {})
    with service.writer(session.id) as writer:
        writer.append(Draft(EntryKind.ASSISTANT, "odd", odd))
    service.close()
    async with using(AgentsessApp(tmp_path)) as user:
        await user.opens("Work")
        await user.sees("[hologram]")


async def test_a_store_of_a_newer_version_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    write_sessions(tmp_path, ["Work"])
    journal = tmp_path / "index" / "sessions.jsonl"
    journal.write_bytes(seal({"fmt": FORMAT, "v": VERSION + 1}))
    kept = journal.read_bytes()
    async with using(AgentsessApp(tmp_path), empty=True) as user:
        why = user.main.list_empty
        await user.until(lambda: "newer agentsess. Upgrade" in str(why.content), "the reason")
        await user.until(lambda: why.region.height > 1, "all of it")
    assert journal.read_bytes() == kept
