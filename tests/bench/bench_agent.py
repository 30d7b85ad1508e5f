"""What a turn takes beyond the SDK's own stream, and how smooth the app stays while text comes.

The model is a server in another process, so that its work is not counted as ours.
"""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agentsess.agent.agent import Agent
from agentsess.agent.context import Conversation
from agentsess.agent.events import Done
from agentsess.agent.tools import Toolbox
from agentsess.model import Draft, EntryKind
from agentsess.sessions.service import SessionService
from agentsess.ui.app import AgentsessApp
from bench.measure import Row, shown
from support.screens import using

MODEL = "claude-sonnet-5-5"
FRAGMENTS = 500
"""How many come while the app is watched, 100 in a second."""
_SERVER = """
import sys
from support.loopback import LoopbackServer, Reply, Slow
reply = Reply("word " * 20)
default = Slow(Reply("lorem ip" * int(sys.argv[1])), 0.01) if sys.argv[1] != "0" else reply
with LoopbackServer(default=default) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


def rows(folder: Path, *, quick: bool = False) -> Iterator[Row]:
    """All rows; the quick ones take fewer turns and a shorter history."""
    os.environ["ANTHROPIC_API_KEY"] = "sk-loopback"
    with server(0):
        for messages in (10, 500 if quick else 5000):
            for tools in (False, True):
                yield asyncio.run(turn_row(folder, messages, 10 if quick else 40, tools=tools))
    with server(FRAGMENTS):
        yield asyncio.run(lag_row(folder, 200 if quick else 2000))


async def turn_row(folder: Path, messages: int, turns: int, *, tools: bool) -> Row:
    """A turn of ours and the same request by hand, in turn."""
    from anthropic import AsyncAnthropic

    callback = (lambda *_: True) if tools else None
    name = f"{messages}-{tools}"
    agent = Agent(MODEL, home=folder / name, cwd=folder, permission_callback=callback)
    session_id = written(agent.service, messages).id
    client = AsyncAnthropic()
    request: dict[str, Any] = {
        "model": MODEL,
        "max_tokens": 32_000,
        "system": "You are an agent.",
        "cache_control": {"type": "ephemeral"},
    }
    if definitions := Toolbox(folder, session_id, callback).definitions():
        request["tools"] = definitions

    async def ours() -> float:
        """Seconds until the reply is there, saved and told."""
        start, done = time.perf_counter(), 0.0
        async for event in agent.stream("And then?", session_id=session_id):
            if isinstance(event, Done):
                done = time.perf_counter()
        return done - start

    messages_by_hand: list[Any] = Conversation(agent.service.entries(session_id)).messages()

    async def bare() -> float:
        """Seconds of the same turn as one would write it with the SDK alone."""
        start = time.perf_counter()
        messages_by_hand.append({"role": "user", "content": "And then?"})
        async with client.messages.stream(**request, messages=messages_by_hand) as stream:
            async for _ in stream:
                pass
            text = await stream.get_final_text()
        content = [{"type": "text", "text": text}]
        messages_by_hand.append({"role": "assistant", "content": content})
        return time.perf_counter() - start

    differences, theirs = [], []
    for turn in range(turns + 3):
        if turn == 3:
            # what was imported is looked through while one or the other is at work
            gc.freeze()
        # whoever comes second finds warmer caches
        if turn % 2:
            ours_took, bare_took = await ours(), await bare()
        else:
            bare_took, ours_took = await bare(), await ours()
        if turn >= 3:  # the first ones import and connect
            differences.append(ours_took - bare_took)
            theirs.append(bare_took)
    await client.close()
    agent.close()
    more = statistics.median(differences)
    total = statistics.median(theirs)
    with_tools = "with tools" if tools else "without tools"
    work = f"a turn over the bare SDK, {messages:,} messages before, {with_tools}"
    against = f"the bare SDK takes {shown(total)}"
    return Row(work, shown(more), against, "", "at most 5 ms", more <= 0.005)


async def lag_row(folder: Path, messages: int) -> Row:
    """How late the event loop is while the app shows text as it comes."""
    app = AgentsessApp(folder / "app", folder=str(folder))
    service = SessionService.open(folder / "app")
    session = written(service, messages)
    service.close()
    late: list[float] = []

    async def watch() -> None:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(0.005)
            late.append(time.perf_counter() - start - 0.005)

    async with using(app) as user:
        await user.opens(session.title)
        app.runs.start(session.id, "Tell me a story.")
        await user.until(lambda: user.main.chat.transcript.is_streaming, "the first words")
        watching = asyncio.create_task(watch())
        while app.runs.is_working(session.id):
            await asyncio.sleep(0.05)
        watching.cancel()
    p95 = statistics.quantiles(late, n=20)[-1]
    work = f"event loop's lag at 100 fragments/s into {messages:,} messages, p95"
    return Row(work, shown(p95), f"worst {shown(max(late))}", "", "under 50 ms", p95 < 0.05)


def written(service: SessionService, messages: int) -> Any:
    """A session with that many messages."""
    session = service.create(title="A long one", cwd=str(Path.cwd()))
    text = "Some *words* that are said, with `code` in them. " * 8
    drafts = [
        Draft(EntryKind.ASSISTANT if n % 2 else EntryKind.USER, f"{n} {text}")
        for n in range(messages)
    ]
    with service.writer(session.id) as writer:
        for start in range(0, messages, 500):
            writer.append(*drafts[start : start + 500])
    return session


@contextmanager
def server(fragments: int) -> Iterator[None]:
    """A model in another process: quick, or one that says so many fragments slowly."""
    command = [sys.executable, "-c", _SERVER, str(fragments)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        os.environ["ANTHROPIC_BASE_URL"] = process.stdout.readline().strip()
        try:
            yield
        finally:
            process.communicate()
