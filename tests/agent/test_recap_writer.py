"""Recaps that a model writes: what it is shown, what is kept of it, and what happens if not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsess import config
from agentsess.agent.connection import Connection
from agentsess.agent.recap_checking import checked
from agentsess.agent.recap_material import material
from agentsess.agent.recap_writer import RecapWriter
from agentsess.errors import (
    AgentError,
    ConnectionLost,
    InvalidSession,
    MissingApiKey,
    RequestRefused,
)
from agentsess.model import CommandRun, Entry, EntryKind, Fact, Recap, Session
from agentsess.sessions.service import SessionService
from support.loopback import CutStream, Hold, HttpError, LoopbackServer, Reply
from support.screens import write_session

Loopback = Callable[..., LoopbackServer]
PLAN = "I read `ledger/money.py`; 4 of 11 files are left.\n\n- [x] read\n- [ ] port the parser"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SessionService]:
    opened = SessionService.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def session(service: SessionService) -> Session:
    return write_session(service, "Port it", "Port the ledger.", PLAN)


def line(text: str, *entries: int) -> dict[str, Any]:
    return {"text": text, "entries": list(entries)}


def recap_json(**parts: Any) -> str:
    empty: dict[str, Any] = {
        name: [] for name in ("done", "in_progress", "next", "decisions", "questions", "blockers")
    }
    whole = {"headline": "The parser is next.", "goal": line("Port the ledger.", 1)}
    return json.dumps(whole | empty | parts)


def written(service: SessionService, tmp_path: Path, session: Session, **options: Any) -> Recap:
    return asyncio.run(RecapWriter(service, tmp_path).write(session.id, **options))


# -- writing


def test_what_the_model_wrote_becomes_the_recap_and_names_its_writer(
    service: SessionService, session: Session, tmp_path: Path, loopback: Loopback
) -> None:
    server = loopback([Reply(recap_json(done=[line("Read ledger/money.py", 2)]), model="small-1")])
    recap = written(service, tmp_path, session)
    assert recap.headline == "The parser is next."
    assert recap.done == (Fact("Read ledger/money.py", (2,)),)
    assert recap.generated_by == "small-1"
    assert service.recap(session.id) == recap
    (body,) = server.bodies
    assert body["model"] == config.RECAP_MODEL
    assert body["output_config"]["format"]["type"] == "json_schema"
    assert "#2 agent: I read `ledger/money.py`" in body["messages"][0]["content"]


def test_the_headline_is_told_as_it_comes(
    service: SessionService, session: Session, tmp_path: Path, loopback: Loopback
) -> None:
    loopback([Reply(recap_json(headline="The “parser” is next.", next=[line("Parser", 2)]))])
    told: list[str] = []
    written(service, tmp_path, session, on_headline=told.append)
    assert len(told) > 1
    assert told[-1] == "The “parser” is next."
    assert all(told[-1].startswith(part) for part in told)


def test_what_it_cost_counts_in_the_session_even_if_it_is_of_no_use(
    service: SessionService, session: Session, tmp_path: Path, loopback: Loopback
) -> None:
    loopback([Reply("I would rather not.", input_tokens=900, output_tokens=20)])
    with pytest.raises(AgentError, match="no recap"):
        written(service, tmp_path, session)
    now = service.get(session.id)
    assert (now.usage.input, now.usage.output) == (900, 20)
    assert service.recap(session.id).generated_by == "history"


@pytest.mark.parametrize("after", range(1, 28, 4))
def test_what_it_cost_counts_when_it_breaks_off(
    service: SessionService, session: Session, tmp_path: Path, loopback: Loopback, after: int
) -> None:
    loopback([CutStream(Reply(recap_json(), input_tokens=900), after_events=after)])
    with pytest.raises(ConnectionLost):
        written(service, tmp_path, session)
    now = service.get(session.id)
    assert (now.usage.input, now.usage.output) == (900, 1)
    assert now.known_cost_usd > 0


def test_what_it_cost_counts_when_it_is_given_up(
    service: SessionService, session: Session, tmp_path: Path, loopback: Loopback
) -> None:
    loopback([Hold(Reply(recap_json(), input_tokens=900), 8)])

    async def given_up() -> None:
        writer = RecapWriter(service, tmp_path)

        def give_up(headline: str) -> None:
            writing.cancel()

        writing = asyncio.create_task(writer.write(session.id, give_up))
        with pytest.raises(asyncio.CancelledError):
            await writing

    asyncio.run(given_up())
    assert service.get(session.id).usage.input == 900


def test_what_it_cost_counts_when_it_is_given_up_while_the_connection_closes(
    service: SessionService,
    session: Session,
    tmp_path: Path,
    loopback: Loopback,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loopback([Reply(recap_json(), input_tokens=900)])
    real = Connection.close

    async def given_up() -> None:
        async def close(self: Connection) -> None:
            writing.cancel()
            await real(self)
            await asyncio.sleep(0)

        monkeypatch.setattr(Connection, "close", close)
        writing = asyncio.create_task(RecapWriter(service, tmp_path).write(session.id))
        with pytest.raises(asyncio.CancelledError):
            await writing

    asyncio.run(given_up())
    assert service.get(session.id).usage.input == 900


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (HttpError(400, "no output_config here", "invalid_request_error"), RequestRefused),
        (Reply(recap_json(), stop_reason="max_tokens"), AgentError),
        (Reply("", stop_reason="refusal"), AgentError),
        (Reply(recap_json(headline="All 99 files are done.")), AgentError),
    ],
)
def test_whatever_fails_the_recap_from_the_history_stands(
    service: SessionService,
    session: Session,
    tmp_path: Path,
    loopback: Loopback,
    step: Any,
    error: type[Exception],
) -> None:
    loopback([step])
    before = service.recap(session.id)
    with pytest.raises(error):
        written(service, tmp_path, session)
    assert service.recap(session.id) == before


def test_without_a_key_nothing_is_sent(
    service: SessionService, session: Session, tmp_path: Path
) -> None:
    with pytest.raises(MissingApiKey):
        written(service, tmp_path, session)


def test_an_empty_session_has_nothing_to_be_written_about(
    service: SessionService, tmp_path: Path, loopback: Loopback
) -> None:
    loopback()
    with pytest.raises(InvalidSession):
        written(service, tmp_path, service.create(title="Empty"))


def test_the_plan_says_who_is_asked_and_what_it_takes_at_most(
    service: SessionService, session: Session, tmp_path: Path
) -> None:
    config.save_setting(tmp_path, "recap_model", "claude-sonnet-5-5")
    plan = RecapWriter(service, tmp_path).plan(session.id)
    assert plan.model == "claude-sonnet-5-5"
    assert 700 < plan.tokens < 2_000
    assert plan.most_usd


# -- what the model is shown


def entry(seq: int, text: str, kind: EntryKind = EntryKind.ASSISTANT) -> Entry:
    return Entry(seq, kind, text, datetime(2026, 11, 23, tzinfo=UTC))


def test_a_long_history_is_shown_from_its_end_within_the_budget() -> None:
    read: list[int] = []

    def newest() -> Iterator[Entry]:
        for seq in range(5_000, 0, -1):
            read.append(seq)
            yield entry(seq, f"entry number {seq} " + "word " * 100)

    shown = material(Recap("x"), newest(), tokens=3_000)
    assert shown.tokens <= 3_100
    assert 5_000 in shown.seqs
    assert min(read) > 4_900
    assert shown.text.rstrip().endswith("word")


# -- what is kept

HISTORY = [
    entry(1, "Port the ledger to 3.11.", EntryKind.USER),
    entry(2, "I ported `ledger/money.py`; 4 of 11 files are left. Run pytest -q --lf next."),
    entry(3, "test_lock failed, 1,204 lines changed."),
]
MADE = Recap(
    "Made from the history.",
    commands=(CommandRun("pytest -q", "failed", "1 failed", 3),),
    covers_entries=3,
)
SHOWN = material(MADE, reversed(HISTORY))


def kept(text: str, *entries: int) -> bool:
    found = checked(recap_json(done=[line(text, *entries), line("Ported", 2)]), "m", MADE, SHOWN)
    return found.recap.done[0].text == text


@pytest.mark.parametrize(
    "text",
    [
        "Ported ledger/money.py",
        "4 of 11 files are left",
        "Runs `pytest -q`, e.g. with --lf",
        "1204 lines changed; test_lock failed",
        "Make all tests pass",
    ],
)
def test_a_line_that_the_history_bears_out_is_kept(text: str) -> None:
    assert kept(text, 2)


@pytest.mark.parametrize(
    "text",
    [
        "Ported ledger/report.py",
        "5 of 11 files are left",
        "Ran `make test`",
        "Runs with --no-cache",
        "test_unlock failed",
        "All tests pass now",
    ],
)
def test_a_line_that_the_history_does_not_bear_out_is_dropped(text: str) -> None:
    assert not kept(text, 2)


def test_a_line_must_point_to_an_entry_that_there_is() -> None:
    assert not kept("Ported something", 99)
    found = checked(recap_json(done=[line("Ported", 99, 2, 2)]), "m", MADE, SHOWN)
    assert found.recap.done == (Fact("Ported", (2,)),)


def test_files_and_commands_stay_those_of_the_history() -> None:
    found = checked(recap_json(files=["x.py"], commands=["rm"]), "m", MADE, SHOWN)
    assert (found.recap.files, found.recap.commands) == (MADE.files, MADE.commands)


def test_a_headline_that_does_not_hold_gives_way_to_the_one_of_the_history() -> None:
    text = recap_json(headline="7 files are left.", done=[line("Ported", 2)])
    found = checked(text, "m", MADE, SHOWN)
    assert found.recap.headline == MADE.headline
    assert found.dropped == ("7 files are left.",)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["headline", "goal", "done", "next", "text", "entries"]), inner
    ),
))  # fmt: skip
def test_whatever_json_a_model_gives_is_a_recap_or_an_error(value: Any) -> None:
    try:
        found = checked(json.dumps(value), "m", MADE, SHOWN)
    except AgentError:
        return
    assert all(seq in SHOWN.seqs for fact in found.recap.done for seq in fact.seqs)
