from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsess.model import Usage
from agentsess.sessions.pricing import Rates, context_window, cost_usd, rates
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
from support.claude_history import Transcript, usage

AT = datetime(2026, 11, 2, tzinfo=UTC)


def test_each_sort_of_token_has_its_price() -> None:
    per_million = {
        Usage(input=1_000_000): 2.0,
        Usage(output=1_000_000): 10.0,
        Usage(cache_read=1_000_000): 0.1,
        Usage(cache_write=1_000_000): 2.5,
        Usage(1_000_000, 1_000_000, 1_000_000, 1_000_000): 14.6,
    }
    for taken, price in per_million.items():
        assert cost_usd("claude-sonnet-5-5", taken, AT) == pytest.approx(price)


def test_what_is_cached_for_an_hour_costs_more_than_for_five_minutes() -> None:
    short, mixed = Usage(cache_write=2_000), Usage(cache_write=2_000, cache_write_1h=1_000)
    assert cost_usd("claude-sonnet-5-5", short, AT) == pytest.approx(0.005)
    assert cost_usd("claude-sonnet-5-5", mixed, AT) == pytest.approx(0.0065)


def test_a_long_prompt_makes_all_tokens_dearer() -> None:
    assert cost_usd("claude-haiku-5-5", Usage(100_000, 1_000), AT) == pytest.approx(0.0105)
    assert cost_usd("claude-haiku-5-5", Usage(100_001, 1_000), AT) == pytest.approx(0.0525005)
    assert cost_usd("claude-haiku-5-5", Usage(1, 0, 100_000), AT) == pytest.approx(0.0050005)


def test_requests_added_up_are_no_long_prompt() -> None:
    two = Usage(120_000, 2_000)
    assert cost_usd("claude-haiku-5-5", two, AT, prompt=60_000) == pytest.approx(0.013)


def test_a_request_has_the_price_of_its_day() -> None:
    for day, price in ((12, 3.0), (13, 1.5)):
        at = datetime(2026, 3, day, tzinfo=UTC)
        assert cost_usd("claude-opus-4-6", Usage(300_000), at) == pytest.approx(price)


def test_searches_of_the_server_are_paid_for() -> None:
    assert cost_usd("claude-sonnet-5-5", Usage(web_searches=3), AT) == pytest.approx(0.03)


def test_the_fast_mode_has_its_price_where_that_is_known() -> None:
    usage = Usage(1_000, 1_000)
    assert cost_usd("claude-opus-5-5", usage, AT, speed="standard") == pytest.approx(0.024)
    assert cost_usd("claude-opus-5-5", usage, AT, speed="fast") == pytest.approx(0.048)
    assert cost_usd("claude-sonnet-5-5", usage, AT, speed="fast") is None


def test_rates_are_those_of_a_prompt_of_that_length() -> None:
    assert rates("claude-haiku-5-5", 50_000, AT) == Rates(0.1, 0.5, 0.01, 0.125)
    assert rates("claude-haiku-5-5", 150_000, AT) == Rates(0.5, 2.5, 0.05, 0.625)
    assert rates("qwen3:8b", 1, AT) is None


def test_what_the_api_reports_is_taken_in_whatever_it_is() -> None:
    reported = {
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": 4,
        "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 3},
        "server_tool_use": {"web_search_requests": 5},
    }
    assert Usage.from_api(reported) == Usage(1, 2, 3, 4, 3, 5)
    assert Usage.from_api(reported).total == 10
    for absurd in (None, "?", {"input_tokens": -1, "cache_creation": [], "output_tokens": "7"}):
        assert Usage.from_api(absurd) == Usage()


@given(st.builds(Usage, *[st.integers(0, 10**9)] * 6))
def test_a_usage_comes_back_from_its_json(usage: Usage) -> None:
    assert Usage.from_json(usage.to_json()) == usage


def test_a_found_session_costs_what_its_requests_cost_one_by_one(tmp_path: Path) -> None:
    session = Transcript(model="claude-haiku-5-5").prompt("Go")
    for _ in range(2):
        session.reply("Done", usages=[usage(fresh=60_000, output=1_000, read=0, write=0)])
    assert found_cost(tmp_path, session) == (pytest.approx(0.013), pytest.approx(0.013))


def test_of_a_found_session_the_known_part_of_the_cost_is_kept(tmp_path: Path) -> None:
    session = Transcript(model="claude-sonnet-5-5").prompt("Go")
    session.reply("One", usages=[usage(fresh=1_000, output=0, read=0, write=0)])
    session.reply("Two", model="qwen3:8b")
    assert found_cost(tmp_path, session) == (None, pytest.approx(0.002))


def found_cost(tmp_path: Path, transcript: Transcript) -> tuple[float | None, float]:
    transcript.write(tmp_path / "claude")
    source = ClaudeCodeSource(tmp_path / "claude")
    service = SessionService.open(tmp_path / "store", sources=[source])
    service.refresh()
    (session,) = service.list()
    service.close()
    return session.cost_usd, session.known_cost_usd


def test_a_dated_model_has_its_price_too() -> None:
    assert cost_usd("claude-haiku-4-5-20251001", Usage(1_000), AT) == pytest.approx(0.001)


@pytest.mark.parametrize("model", ["", "qwen3:8b", "claude-of-tomorrow", "\x00"])
def test_what_is_not_known_is_not_guessed(model: str) -> None:
    assert cost_usd(model, Usage(1_000), AT) is None
    assert context_window(model) is None


def test_the_context_window_of_a_model_is_known() -> None:
    assert context_window("claude-sonnet-5-5") == 1_000_000
    assert context_window("claude-haiku-4-5-20251001") == 200_000
