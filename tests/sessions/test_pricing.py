from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agentsess.model import Usage
from agentsess.sessions.pricing import context_window, cost_usd

AT = datetime(2026, 11, 2, tzinfo=UTC)


def test_each_sort_of_token_has_its_price() -> None:
    per_million = {
        Usage(input=1_000_000): 2.0,
        Usage(output=1_000_000): 10.0,
        Usage(cache_read=1_000_000): 0.1,
        Usage(cache_write=1_000_000): 2.5,
        Usage(1_000_000, 1_000_000, 1_000_000, 1_000_000): 14.6,
    }
    for usage, price in per_million.items():
        assert cost_usd("claude-sonnet-5-5", usage, AT) == pytest.approx(price)


def test_a_dated_model_has_its_price_too() -> None:
    assert cost_usd("claude-haiku-4-5-20251001", Usage(1_000), AT) == pytest.approx(0.001)


@pytest.mark.parametrize("model", ["", "qwen3:8b", "claude-of-tomorrow", "\x00"])
def test_what_is_not_known_is_not_guessed(model: str) -> None:
    assert cost_usd(model, Usage(1_000), AT) is None
    assert context_window(model) is None


def test_the_context_window_of_a_model_is_known() -> None:
    assert context_window("claude-sonnet-5-5") == 1_000_000
    assert context_window("claude-haiku-4-5-20251001") == 200_000
