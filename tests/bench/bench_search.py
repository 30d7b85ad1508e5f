"""Searching as one types, and indexing from nothing, against fast-resume (`fr`, from PyPI).

Set ``FR`` to its command if it is not on the path; without it, our figures stand alone.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
from bench.measure import Row, shown
from support.claude_history import START, Transcript, write_history

FR = os.environ.get("FR") or shutil.which("fr")
TYPED = ("kalomi", "por tinsha", "lockgal neru", "checkout test", '"ka lo"')
"""What is typed; every beginning of it is a search."""
_SCREENFUL = 50
_SYLLABLES = [
    "ka", "lo", "mi", "ne", "ru", "ta", "ves", "por", "tin", "gal", "dro", "sha", "bre", "con",
    "ter", "ist", "ment", "able", "pre", "un",
]  # fmt: skip

_INDEX = """
import sys
from pathlib import Path
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
service = SessionService.open(Path(sys.argv[1]), sources=[ClaudeCodeSource(Path(sys.argv[2]))])
service.refresh()
assert service.index()
"""
_FIRST = """
import sys, threading, time
from pathlib import Path
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
start = time.perf_counter()
service = SessionService.open(Path(sys.argv[1]), sources=[ClaudeCodeSource(Path(sys.argv[2]))])
def work():
    service.refresh(lambda *_: stop.is_set() and sys.exit())
    service.index(cancelled=stop.is_set)
stop = threading.Event()
thread = threading.Thread(target=work)
thread.start()
while next(service.search("case"), None) is None:
    time.sleep(0.005)
print(time.perf_counter() - start)
stop.set()
thread.join()
"""


def rows(folder: Path, *, quick: bool = False) -> Iterator[Row]:
    """All rows; the quick ones take a tenth of the sessions."""
    share = 10 if quick else 1
    yield from typing_rows(folder / "varied", 10_000 // share)
    yield from index_rows(folder / "lifelike", 2_000 // share)


def typing_rows(home: Path, sessions: int) -> Iterator[Row]:
    """From a key to ranked results, over a history of many words."""
    write_varied(home / ".claude", sessions)
    size = sum(path.stat().st_size for path in home.rglob("*.jsonl"))
    work = f"search as you type, {sessions:,} sessions / {size / 1e6:,.0f} MB"
    service = SessionService.open(home / "own", sources=[ClaudeCodeSource(home / ".claude")])
    service.refresh()
    service.index()
    if FR:
        fr(home, "--rebuild", "--limit", "1", "x")
    list(service.search("warm"))
    ours, theirs = [], []
    for text in TYPED:
        for end in range(1, len(text) + 1):
            start = time.perf_counter()
            list(service.search(text[:end], limit=_SCREENFUL))
            ours.append(time.perf_counter() - start)
            if FR:
                theirs.append(fr(home, "--no-refresh", "--limit", str(_SCREENFUL), text[:end])[0])
    service.close()
    p95 = statistics.quantiles(ours, n=20)[-1]
    yield Row(f"{work}, p95", shown(p95), "", "", "under 50 ms", p95 < 0.05)
    yield against(f"{work}, median", statistics.median(ours), theirs, "`fr` process", 1.0)


def index_rows(home: Path, sessions: int) -> Iterator[Row]:
    """Indexing from nothing, its memory, and the first result meanwhile."""
    write_history(home / ".claude", sessions)
    size = sum(path.stat().st_size for path in home.rglob("*.jsonl"))
    work = f"index {sessions:,} sessions / {size / 1e6:,.0f} MB from nothing"
    claude, ours, theirs, first = str(home / ".claude"), [], [], []
    for turn in range(3):
        argv = [str(home / f"own-{turn}"), claude]
        ours.append(measured([sys.executable, "-c", _INDEX, *argv], dict(os.environ)))
        if FR:
            theirs.append(fr(home, "--rebuild", "--limit", "1", "x"))
        argv[0] += "-first"
        said = subprocess.run(
            [sys.executable, "-c", _FIRST, *argv], capture_output=True, text=True, check=True
        )
        first.append(float(said.stdout))
    seconds = statistics.median(taken for taken, _ in ours)
    yield against(work, seconds, [taken for taken, _ in theirs], "`fr --rebuild`", 3.0)
    memory = max(used for _, used in ours)
    if theirs:
        their_memory = max(used for _, used in theirs)
        ratio = memory / their_memory
        cells = (f"{memory:.0f} MB", f"`fr --rebuild` {their_memory:.0f} MB", f"{ratio:.2g}x")
        yield Row(f"{work}, memory", *cells, "at most 3x", ratio <= 3)
    soon = statistics.median(first)
    yield Row(f"{work}, first result", shown(soon), "", "", "under 300 ms", soon < 0.3)


def against(work: str, ours: float, theirs: list[float], name: str, most: float) -> Row:
    """A row against what `fr` took, if it is there."""
    if not theirs:
        return Row(work, shown(ours), f"{name} not installed", "", f"at most {most:g}x", None)
    median = statistics.median(theirs)
    ratio = ours / median
    cells = (shown(ours), f"{name} {shown(median)}", f"{ratio:.2g}x", f"at most {most:g}x")
    return Row(work, *cells, ratio <= most)


def fr(home: Path, *arguments: str) -> tuple[float, float]:
    """Run `fr` as a process, with ``home`` as the user's; its seconds and megabytes."""
    environment = os.environ | {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    return measured([FR or "fr", "--json", *arguments], environment)


def measured(argv: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds and most memory, in megabytes, of a process."""
    start, most = time.perf_counter(), 0.0
    process = subprocess.Popen(
        argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    # What wait4 says of memory is no less than what this process had when it forked.
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        if status.exists():
            lines = status.read_text().splitlines()
            peak = next((line.split()[1] for line in lines if line.startswith("VmHWM")), "0")
            most = max(most, int(peak) / 1024)
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.002)
    taken = time.perf_counter() - start
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, argv)
    return taken, most


def write_varied(root: Path, sessions: int) -> None:
    """Sessions of 1 to 8 turns whose 30,000 words are as unevenly common as a language's."""
    rng = random.Random(7)
    made = {"".join(rng.choices(_SYLLABLES, k=rng.randint(1, 4))): None for _ in range(40_000)}
    words = list(made)[:30_000]
    weights = list(itertools.accumulate(1 / (n + 1) for n in range(len(words))))

    def say(count: int) -> str:
        return " ".join(rng.choices(words, cum_weights=weights, k=count))

    for number in range(sessions):
        cwd = f"/home/dev/p{number % 37}"
        session = Transcript(start=START + timedelta(minutes=7 * number), rng=rng, cwd=cwd)
        turns = rng.randint(1, 8)
        for _ in range(turns):
            session.prompt(say(rng.randint(5, 60))).bulk(38_000 // turns)
            session.tool("Bash", {"command": say(3)}, say(120))
            session.reply(say(rng.randint(30, 250)))
        session.write(root)
