"""Snapshots, forks, going back, and sessions that another process holds."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agentsess.model import Draft, EntryKind
from agentsess.sessions.service import SessionService
from agentsess.storage import steps
from agentsess.ui.app import AgentsessApp
from agentsess.ui.screens.pacing import Pacing
from support.loopback import Hold, LoopbackServer, Reply
from support.screens import using, write_session

pytestmark = pytest.mark.anyio

Loopback = Callable[..., LoopbackServer]

HOLD = """
import sys
from pathlib import Path
from agentsess.model import Draft, EntryKind
from agentsess.sessions.service import SessionService
service = SessionService.open(Path(sys.argv[1]))
writer = service.writer(sys.argv[2], agent="nightly")
print("held", flush=True)
sys.stdin.readline()
writer.close()
sys.stdin.readline()
"""


@pytest.fixture
def service(home: Path) -> Iterator[SessionService]:
    service = SessionService.open(home)
    yield service
    service.close()


@contextmanager
def held_elsewhere(home: Path, session_id: str) -> Iterator[Callable[[], None]]:
    """Another process works in the session inside, until it is told to let go."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home), session_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin = process.stdin

    def let_go() -> None:
        stdin.write("\n")
        stdin.flush()

    try:
        assert process.stdout.readline() == "held\n"
        yield let_go
    finally:
        process.kill()
        process.communicate()


async def test_a_point_is_named_and_gone_back_to_and_the_rest_stays_in_a_branch(
    home: Path, service: SessionService
) -> None:
    session = write_session(service, "Port it", "one", "first answer")
    async with using(AgentsessApp(home)) as user:
        await user.press("S")
        await user.sees("None yet.")
        await user.press("n")
        await user.sees("A name for this point")
        await user.types("before", "enter")
        await user.is_told("Snapshot “before” at entry 2")
        with service.writer(session.id) as writer:
            writer.append(Draft(EntryKind.USER, "a wrong turn"))
        await user.sees("a wrong turn")
        await user.press("S")
        await user.sees("before", "1 since")
        await user.press("c")
        await user.sees("You: a wrong turn")
        await user.press("escape", "S")
        await user.sees("go back to it")
        await user.press("r")
        await user.is_told("Back at entry 2")
        assert [e.text for e in user.service.entries(session.id)] == ["one", "first answer"]
        branch = user.session("Port it (before rewinding)")
        assert [e.text for e in user.service.entries(branch.id)][2:] == ["a wrong turn"]


async def test_a_fork_at_the_message_under_the_cursor_is_opened(
    home: Path, service: SessionService
) -> None:
    write_session(service, "Port it", "one", "first answer", "two", "second answer")
    async with using(AgentsessApp(home)) as user:
        await user.opens("Port it")
        await user.sees("second answer")
        await user.press("K", "K", "K")
        entry = user.main.chat.transcript.cursor_entry
        assert entry is not None
        await user.press("f")
        await user.until(lambda: user.opened and "(fork)" in user.opened.title, "the fork")
        assert user.opened is not None
        assert user.opened.entry_count == entry.seq < 4


async def test_a_session_held_elsewhere_says_by_whom_and_may_be_waited_for(
    home: Path, service: SessionService, loopback: Loopback
) -> None:
    session = write_session(service, "Port it", "one", "first answer", cwd=str(home.parent))
    loopback([Reply("Done then.")])
    with held_elsewhere(home, session.id) as let_go:
        async with using(AgentsessApp(home)) as user:
            await user.sees("running elsewhere")
            await user.opens("Port it")
            await user.sends("go on")
            await user.sees("nightly", "Take it over")
            await user.press("w")
            await user.sees("Waiting for the other run")
            let_go()
            await user.sees("Done then.")


async def test_a_session_that_is_taken_and_given_back_elsewhere_is_seen_so_at_once(
    home: Path, service: SessionService
) -> None:
    session = write_session(service, "Port it", "one", "first answer")
    async with using(AgentsessApp(home)) as user:
        await user.opens("Port it")
        await user.sees_no_more("running elsewhere")
        with held_elsewhere(home, session.id) as let_go:
            await user.sees("running elsewhere")
            let_go()
            await user.sees_no_more("running elsewhere")


async def test_a_run_that_was_overtaken_does_not_give_back_a_prompt_that_is_kept(
    home: Path, service: SessionService, loopback: Loopback
) -> None:
    session = write_session(service, "Port it", "one", "first answer", cwd=str(home.parent))
    server = loopback([Hold(Reply("Too late, this one."), after_events=5)])
    async with using(AgentsessApp(home)) as user:
        await user.opens("Port it")
        await user.sends("go on")
        await user.sees("Too late")
        with service.writer(session.id, take_over=True):
            server.release()
            await user.until(lambda: user.banner, "why it ended")
            assert user.banner.startswith("The session was taken over by ")
            assert user.banner.endswith(
                "Nothing that came after that was kept. Your prompt is kept."
            )
            assert user.prompt == ""
    texts = [entry.text for entry in service.entries(session.id)]
    assert texts.count("go on") == 1


async def test_a_session_held_elsewhere_may_be_taken_over_or_only_read(
    home: Path, service: SessionService, loopback: Loopback
) -> None:
    session = write_session(service, "Port it", "one", "first answer", cwd=str(home.parent))
    loopback([Reply("Mine now.")])
    with held_elsewhere(home, session.id):
        async with using(AgentsessApp(home)) as user:
            await user.opens("Port it")
            await user.sends("go on")
            await user.sees("Only read")
            await user.press("r")
            await user.until(lambda: user.prompt == "go on", "the text back in the prompt")
            await user.press("ctrl+l", "enter")
            await user.sees("Take it over")
            await user.press("t")
            await user.sees("Mine now.")


async def test_the_details_name_what_a_session_came_from_and_o_goes_there(
    home: Path, service: SessionService
) -> None:
    session = write_session(service, "Port it", "one", "first answer")
    service.branches.fork(session.id, title="Another way")
    async with using(AgentsessApp(home), size=(140, 40)) as user:
        await user.opens("Another way")
        await user.sees("from     Port it", "o goes there")
        await user.press("o", "a")
        await user.until(lambda: user.opened and user.opened.id == session.id, "the other one")
        await user.sees_no_more("o goes there")


async def test_the_details_name_the_id_of_a_session_that_is_gone(
    home: Path, service: SessionService
) -> None:
    session = write_session(service, "Port it", "one", "first answer")
    service.branches.fork(session.id, title="Another way")
    service.purge([session.id])
    async with using(AgentsessApp(home), size=(140, 40)) as user:
        await user.opens("Another way")
        await user.sees(f"from     {session.id[:12]}")
        assert "o goes there" not in user.screen


async def test_a_fork_that_takes_long_is_told_of_and_escape_stops_it(
    home: Path, service: SessionService, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_session(service, "Port it", "one", "first answer")
    known = service.list()
    begun, goes_on = threading.Event(), threading.Event()

    def watch(step: str) -> None:
        if step == "begun":
            begun.set()
            goes_on.wait()

    monkeypatch.setattr(Pacing, "SLOW_AFTER", 0.0)
    monkeypatch.setattr(steps, "watch", watch)
    async with using(AgentsessApp(home)) as user:
        await user.goes_to("Port it")
        await user.press("f")
        try:
            await user.until(begun.is_set, "its beginning")
            await user.sees("working", "esc stops")
            await user.press("escape")
            await user.sees("stopping")
        finally:
            goes_on.set()
        await user.is_told("Stopped. Nothing was changed.")
        assert service.list() == known
        assert len(list(home.rglob("history.jsonl"))) == len(known)
