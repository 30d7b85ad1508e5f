from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentsess.model import Draft, EntryKind, Usage
from agentsess.sessions.estimate import GoingOn, estimate
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
from support.claude_history import Transcript, usage

MODEL = "claude-sonnet-5-5"
ASKED = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
WARM, COLD = ASKED + timedelta(minutes=4), ASKED + timedelta(minutes=6)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SessionService]:
    opened = SessionService.open(tmp_path)
    yield opened
    opened.close()


def worked_in(service: SessionService, taken: Usage, after: str = "") -> str:
    """A session with two requests, the second as given, and something said after its reply."""
    session = service.create(title="Work")
    meta = {"model": MODEL, "cost_usd": 0.1}
    first, meta = {**meta, "usage": Usage(1_500, 9).to_json()}, {**meta, "usage": taken.to_json()}
    with service.writer(session.id) as writer:
        writer.append(
            Draft(EntryKind.USER, "Read it.", at=ASKED - timedelta(hours=2)),
            Draft(EntryKind.ASSISTANT, "Done.", meta=first, at=ASKED - timedelta(hours=2)),
            Draft(EntryKind.USER, "Port it.", at=ASKED),
            Draft(EntryKind.ASSISTANT, "Done.", meta=meta, at=ASKED + timedelta(seconds=30)),
        )
        if after:
            writer.append(Draft(EntryKind.USER, after, at=ASKED + timedelta(minutes=1)))
    return session.id


def at(service: SessionService, session_id: str, now: datetime, model: str = "") -> GoingOn:
    return estimate(service, session_id, model, now)


def test_what_was_sent_is_read_from_the_cache_while_that_lasts(service: SessionService) -> None:
    session_id = worked_in(service, Usage(0, 1_000, 99_000, 1_000))
    warm, cold = at(service, session_id, WARM).full, at(service, session_id, COLD).full
    assert (warm.tokens, warm.is_warm, cold.is_warm) == (101_000, True, False)
    # 100,000 read at $0.10, 1,000 written at $2.50 a million; or all written
    assert warm.usd == warm.warm_usd == pytest.approx(0.0125)
    assert cold.usd == cold.cold_usd == pytest.approx(0.2525)


def test_another_model_has_nothing_in_its_cache(service: SessionService) -> None:
    session_id = worked_in(service, Usage(0, 1_000, 99_000, 1_000))
    other = at(service, session_id, WARM, "claude-opus-5-5")
    assert (other.model, other.full.is_warm) == ("claude-opus-5-5", False)
    assert other.full.usd == pytest.approx(0.505)


def test_after_a_switch_the_cache_is_that_of_the_model_before(service: SessionService) -> None:
    session_id = worked_in(service, Usage(0, 1_000, 99_000, 1_000))
    service.update(session_id, model="claude-opus-5-5")
    assert not at(service, session_id, WARM).full.is_warm
    assert at(service, session_id, WARM, MODEL).full.is_warm


def test_what_was_said_since_is_carried_too(service: SessionService) -> None:
    session_id = worked_in(service, Usage(1_000), after="x" * 35_000)
    assert at(service, session_id, WARM).full.tokens == 11_000


def test_compacting_and_a_new_phase_carry_less(service: SessionService) -> None:
    session_id = worked_in(service, Usage(0, 1_000, 400_000, 1_000))
    going = at(service, session_id, COLD)
    assert going.new_phase.tokens < going.compacted.tokens < going.full.tokens / 20
    assert going.new_phase.cold_usd < going.compacted.cold_usd < going.full.cold_usd  # type: ignore[operator]


def test_a_short_conversation_gains_nothing_by_being_compacted(service: SessionService) -> None:
    going = at(service, worked_in(service, Usage(200, 10)), COLD)
    assert going.full.tokens == going.compacted.tokens == going.new_phase.tokens == 210


def test_an_unknown_price_is_not_guessed(service: SessionService) -> None:
    going = at(service, worked_in(service, Usage(1_000)), COLD, "qwen3:8b")
    assert (going.full.usd, going.compacted.usd, going.window) == (None, None, None)
    assert going.full.tokens == 1_000


def test_a_new_session_carries_only_what_all_requests_do(service: SessionService) -> None:
    going = at(service, service.create(title="New").id, COLD)
    assert going.model == MODEL
    assert 0 < going.full.tokens < 5_000


def test_a_session_of_another_program_is_estimated_from_its_own_figures(tmp_path: Path) -> None:
    session = Transcript(model=MODEL, start=ASKED).prompt("Go")
    taken = usage(fresh=0, output=1_000, read=99_000, write=1_000)
    taken["cache_creation"] = {"ephemeral_1h_input_tokens": 1_000, "ephemeral_5m_input_tokens": 0}
    session.reply("Done", usages=[taken]).write(tmp_path / "claude")
    service = SessionService.open(
        tmp_path / "store", sources=[ClaudeCodeSource(tmp_path / "claude")]
    )
    service.refresh()
    assert at(service, session.id, COLD).full.usd == pytest.approx(0.0125)
    assert at(service, session.id, ASKED + timedelta(hours=2)).full.usd == pytest.approx(0.2525)
    service.close()


def test_what_was_compacted_since_is_not_in_the_cache_yet(service: SessionService) -> None:
    session_id = worked_in(service, Usage(0, 1_000, 99_000, 1_000))
    meta = {"event": "compacted", "kept_from": 3, "context_tokens": 4_000}
    meta |= {"usage": Usage(200, 500, 100_000).to_json(), "cost_usd": 0.1}
    with service.writer(session_id) as writer:
        writer.append(Draft(EntryKind.EVENT, "Shorter.", meta=meta, at=ASKED))
    full = at(service, session_id, WARM).full
    assert (full.tokens, full.is_warm) == (4_000, False)
    assert full.warm_usd == full.cold_usd


def test_a_new_phase_carries_what_it_begins_with(service: SessionService) -> None:
    session = service.create(title="Work (phase 2)")
    with service.writer(session.id) as writer:
        writer.append(Draft(EntryKind.EVENT, "x" * 7_000, meta={"event": "phase"}))
    assert estimate(service, session.id).full.tokens > 2_000


def begun(service: SessionService, prompt: Draft, taken: Usage) -> GoingOn:
    """What going on takes after that prompt and a long conversation."""
    session = service.create(title="Work")
    meta = {"model": MODEL, "cost_usd": 0.1}
    long = Usage(400_000, 1_000).to_json()
    with service.writer(session.id) as writer:
        writer.append(
            prompt,
            Draft(EntryKind.ASSISTANT, "Done.", meta={**meta, "usage": taken.to_json()}),
            Draft(EntryKind.USER, "Go on."),
            Draft(EntryKind.ASSISTANT, "Done.", meta={**meta, "usage": long}),
        )
    return estimate(service, session.id)


def test_what_every_request_carries_is_what_the_first_one_did(service: SessionService) -> None:
    prompt = Draft(EntryKind.USER, "x" * 3_500)
    going = begun(service, prompt, Usage(1_000, 50, 0, 14_000))
    assert 14_000 < going.new_phase.tokens < 14_500
    assert going.compacted.tokens > 14_000


def test_a_first_request_that_is_mostly_its_own_text_measures_nothing(
    service: SessionService,
) -> None:
    usual = estimate(service, service.create(title="New").id).full.tokens
    long = begun(service, Draft(EntryKind.USER, "x" * 350_000), Usage(108_000))
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": ""}}
    picture = begun(service, Draft(EntryKind.USER, "See", content=(image,)), Usage(9_000))
    copied = begun(service, Draft(EntryKind.USER, "Go", meta={"imported": "x"}), Usage(30_000))
    for going in (long, picture, copied):
        assert usual <= going.new_phase.tokens < usual + 400
