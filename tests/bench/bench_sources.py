"""Claude Code's sessions: listing them and reading a long one, against its own SDK.

Set ``SDK_PYTHON`` to a Python that has ``claude-agent-sdk``; without it, our figures stand
alone.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
from bench.measure import Row, limit, shown
from support.claude_history import Transcript, write_history

SDK_PYTHON = os.environ.get("SDK_PYTHON")
_LONG_ID = "abcdef00-2222-4333-8444-555555555555"
_LIST = """
import time, claude_agent_sdk as sdk
sdk.list_sessions(limit=1)
start = time.perf_counter()
found = sdk.list_sessions()
print(len(found), time.perf_counter() - start)
"""
_MESSAGES = f"""
import time, claude_agent_sdk as sdk
start = time.perf_counter()
found = sdk.get_session_messages("{_LONG_ID}", limit=50)
print(len(found), time.perf_counter() - start)
"""
_PAGE = """
import resource, sys, time
from pathlib import Path
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
service = SessionService.open(Path(sys.argv[1]), sources=[ClaudeCodeSource(Path(sys.argv[2]))])
service.list(limit=1)
idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
page = service.page(sys.argv[3], last=50)
taken = time.perf_counter() - start
print(len(page.entries), taken, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle) / 1024)
"""


def sdk(script: str, claude: Path) -> tuple[int, float]:
    """What the SDK found, and in how many seconds, in a process of its own."""
    assert SDK_PYTHON is not None
    env = os.environ | {"CLAUDE_CONFIG_DIR": str(claude)}
    out = subprocess.run(
        [SDK_PYTHON, "-c", script], env=env, capture_output=True, text=True, check=True
    ).stdout.split()
    return int(out[0]), float(out[1])


def rows(folder: Path, *, quick: bool = False) -> Iterator[Row]:
    """Both comparisons."""
    yield from list_rows(folder, 200 if quick else 2000)
    yield from page_rows(folder, 4_000 if quick else 35_500)


def list_rows(folder: Path, count: int) -> Iterator[Row]:
    """All sessions, once they were read before."""
    claude = folder / "claude"
    written = write_history(claude, count)
    size = sum(path.stat().st_size for path in claude.rglob("*.jsonl")) // 10**6
    home = folder / "home"
    name = f"list {count:,} sessions / {size} MB"
    start = time.perf_counter()
    service = SessionService.open(home, sources=[ClaudeCodeSource(claude)])
    service.refresh()
    yield Row(f"{name}, first time", shown(time.perf_counter() - start), "", "", "", None)
    service.close()
    times = []
    for _ in range(5):
        start = time.perf_counter()
        service = SessionService.open(home, sources=[ClaudeCodeSource(claude)])
        service.refresh()
        listed = service.list()
        times.append(time.perf_counter() - start)
        service.close()
    ours = statistics.median(times)
    assert {session.id for session in listed} == {each.id for each in written}
    against, ratio, held = "", "", None
    if SDK_PYTHON:
        found, theirs = sdk(_LIST, claude)
        against = f"claude_agent_sdk {shown(theirs)}, finds {found:,}"
        ratio, held = f"{ours / theirs:.3g}x", ours / theirs <= 0.1
    yield Row(f"{name}, warm", shown(ours), against, ratio, "at most 0.1x, none missing", held)


def page_rows(folder: Path, lines: int) -> Iterator[Row]:
    """The last page of a very long session."""
    claude = folder / "long"
    session = Transcript(_LONG_ID, cwd="/home/dev/long")
    for number in range(lines // 2):
        session.prompt(f"Prompt {number} " + "word " * 300)
        session.reply(f"Reply {number} " + "text " * 700)
        session.wait(5)
    path = session.write(claude)
    assert isinstance(path, Path)
    size, count = path.stat().st_size // 10**6, sum(1 for _ in path.open("rb"))
    home = folder / "long-home"
    service = SessionService.open(home, sources=[ClaudeCodeSource(claude)])
    service.refresh()
    service.close()
    argv = [sys.executable, "-c", _PAGE, str(home), str(claude), _LONG_ID]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    runs = [
        subprocess.run(argv, capture_output=True, text=True, check=True, env=env).stdout.split()
        for _ in range(5)
    ]
    ours = statistics.median(float(run[1]) for run in runs)
    memory = statistics.median(float(run[2]) for run in runs)
    name = f"last 50 of {count:,} lines / {size} MB"
    yield limit(name, ours, 0.1)
    yield Row(f"{name}, memory", f"{memory:.0f} MB", "", "", "under 60 MB", memory < 60)
    if SDK_PYTHON:
        found, theirs = sdk(_MESSAGES, claude)
        against = f"claude_agent_sdk {shown(theirs)}, gives {found}"
        yield Row(name, shown(ours), against, f"{ours / theirs:.3g}x", "", None)
