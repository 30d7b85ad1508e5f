"""Coming back: from the key to the card on the screen, and what changed in a large repository."""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from agentsess.clock import utc_now
from agentsess.model import Draft, EntryKind
from agentsess.sessions.service import SessionService
from agentsess.sessions.standup import reports
from agentsess.ui.app import AgentsessApp
from bench.measure import Row, limit, medians
from support.screens import using, write_session

_CARD, _STALENESS, _STANDUP = 0.3, 0.2, 2.0
"""Most seconds that are wanted."""


def rows(folder: Path, *, quick: bool) -> Iterator[Row]:
    """The rows of this benchmark."""
    entries = 500 if quick else 5_000
    kept, first = asyncio.run(_cards(folder / "card", entries, rounds=3 if quick else 7))
    yield limit(f"from c to the card, {entries:,} entries, recap kept", kept, _CARD)
    yield limit("the same, recap made from the whole history", first, 2 * _CARD)
    files = 1_000 if quick else 10_000
    yield from _staleness(folder / "repo", files)
    yield from _standup(folder / "many", 300 if quick else 3_000)


async def _cards(home: Path, entries: int, rounds: int) -> tuple[float, float]:
    """Seconds from the key to the painted card: with the kept recap, and without."""
    service = SessionService.open(home)
    lines = [f"Step {n}: port module_{n}.py and run the tests." for n in range(entries)]
    session = write_session(service, "Long", *lines, hours_ago=entries / 60 + 150)
    service.pause(session.id)
    service.close()
    kept, first = [], []
    for _ in range(rounds):
        kept.append(await _card(home))
        for path in (home / "recaps").rglob("*.json"):
            path.unlink()
        first.append(await _card(home))
    return statistics.median(kept), statistics.median(first)


async def _card(home: Path) -> float:
    async with using(AgentsessApp(home), size=(100, 30)) as user:
        await user.until(lambda: user.opened, "the session")
        start = time.perf_counter()
        await user.press("c")
        await user.sees("Where things stand", "Only read")
        return time.perf_counter() - start


def _staleness(folder: Path, files: int) -> Iterator[Row]:
    """A session whose repository got commits, and files of which were changed and reverted."""
    work = folder / "work"
    for number in range(files):
        path = work / f"d{number % 100}" / f"f{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"x = {number}\n")
    _git(work, "init", "-q")
    _git(work, "add", "-A")
    _commit(work, "Begin")
    service = SessionService.open(folder / "store")
    session = write_session(service, "Work", cwd=str(work), hours_ago=150)
    touched = [f"d{n}/f{n}.py" for n in range(20)]
    with service.writer(session.id) as writer:
        for number, name in enumerate(touched):
            call = {"type": "tool_use", "id": f"t{number}", "name": "write",
                    "input": {"file_path": name}}  # fmt: skip
            result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": "ok"}
            about = {"tool_use_id": f"t{number}"}
            writer.append(
                Draft(EntryKind.ASSISTANT, content=(call,)),
                Draft(EntryKind.TOOL_RESULT, "ok", (result,), meta=about),
            )
    for name in touched[:10]:
        (work / name).write_text("by the session\n")
    service.recaps.settle(session.id)
    for name in touched[:5]:
        _git(work, "checkout", "-q", name)
    (work / touched[7]).write_text("by somebody else\n")
    for number in range(50):
        _commit(work, f"Later {number}")
    assert len(service.recaps.changes(session.id)) >= 3
    (look,) = medians([lambda: service.recaps.changes(session.id)], 9)
    yield limit(f"what changed since, a repository of {files:,} files", look, _STALENESS)
    (settle,) = medians([lambda: service.recaps.settle(session.id)], 9)
    yield limit("remembering what is around it, at the end of a run", settle, 0.02)
    service.close()


def _standup(home: Path, sessions: int) -> Iterator[Row]:
    """A report on the 20 sessions of many that were worked in since."""
    service = SessionService.open(home)
    for number in range(sessions):
        write_session(service, f"S{number}", hours_ago=2 if number < 20 else 200)
    since = utc_now() - timedelta(days=1)
    assert len(list(reports(service, since))) == 20
    service.close()

    def report() -> None:
        opened = SessionService.open(home)
        list(reports(opened, since))
        opened.close()

    (seconds,) = medians([report], 5)
    yield limit(f"stand-up report on 20 of {sessions:,} sessions", seconds, _STANDUP)


def _git(folder: Path, *arguments: str) -> None:
    identity = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")}  # fmt: skip
    subprocess.run(
        ["git", *arguments], cwd=folder, check=True, env=os.environ | identity, capture_output=True
    )


def _commit(folder: Path, subject: str) -> None:
    _git(folder, "commit", "-q", "--allow-empty", "-m", subject)
