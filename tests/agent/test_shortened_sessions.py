"""Sessions that are talked in and made shorter in any order, over the wire."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsess.agent.agent import Agent
from agentsess.agent.compaction import INSTRUCTION
from agentsess.errors import AgentError, InvalidSession
from support.agents import assert_requests_acceptable, run
from support.loopback import CutStream, HttpError, LoopbackServer, Reply, Step, ToolUse

REFUSED = HttpError(400, "prompt is too long: 9 tokens > 8 maximum", "invalid_request_error")
SUMMARY = Reply("## Goal\n\nPort the tools.")
SAID = Reply("I say " + "x" * 1_500)


def looked() -> Reply:
    return Reply("I look.", thinking="hm", tools=[ToolUse("read", {"file_path": "big.txt"})])


ACTIONS: dict[str, list[Any]] = {
    "talk": [SAID],
    "use tools": [looked, looked, SAID],
    "be cut off": [looked, CutStream(SAID, after_events=6)],
    "be refused and compacted": [REFUSED, SUMMARY, SAID],
    "be refused in mid-turn": [looked, REFUSED, SUMMARY, SAID],
    "fill the window": [
        looked,
        Reply("It br", stop_reason="model_context_window_exceeded"),
        SUMMARY,
        SAID,
    ],
    "compact": [SUMMARY],
    "compact without a model": [HttpError(401, "no", "authentication_error")],
    "compact a part": [REFUSED, SUMMARY],
    "leave out results": [],
}


def script_of(action: str) -> list[Step]:
    return [step() if callable(step) else step for step in ACTIONS[action]]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(sorted(ACTIONS)), min_size=2, max_size=7))
def test_whatever_is_done_the_api_takes_all_requests_and_the_cache_hits(
    actions: list[str],
) -> None:
    with tempfile.TemporaryDirectory() as folder, LoopbackServer() as server:
        (Path(folder) / "big.txt").write_text("z" * 3_000)
        session_id = ""
        for number, action in enumerate(["talk", *actions]):
            server.script = script_of(action)
            # each time as another process would
            with agent_in(Path(folder), server) as agent:
                session_id = session_id or agent.create_session().id
                with suppress(AgentError, InvalidSession):
                    if action.startswith(("compact", "leave")):
                        clear = action == "leave out results"
                        asyncio.run(agent.compact(session_id, clear_results=clear))
                    else:
                        run(agent, f"prompt {number}", session_id=session_id)
                entries = list(agent.service.entries(session_id))
        assert_requests_acceptable(server)
        events = [entry.meta.get("event") for entry in entries]
        assert_prefixes(server, events.count("compacted") + events.count("cleared"))
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        assert entries[0].text == "prompt 0"


def agent_in(folder: Path, server: LoopbackServer) -> Agent:
    from anthropic import AsyncAnthropic

    return Agent(
        home=folder / "store",
        cwd=folder,
        compact="auto",
        permission_callback=lambda *_: True,
        client=lambda: AsyncAnthropic(base_url=server.url, api_key="key", max_retries=0),
    )


def assert_prefixes(server: LoopbackServer, shortened: int) -> None:
    """Each request begins with the one before, but for as many as were made shorter."""
    sent = [b["messages"] for b in server.bodies if b["messages"][-1]["content"] != INSTRUCTION]
    breaks = sum(
        msgspec.json.encode(after[: len(before)]) != msgspec.json.encode(before)
        for before, after in pairwise(sent)
    )
    assert breaks <= shortened
