from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agentsess.model import Session, Status, Usage
from agentsess.sessions.turn_use import TurnUse
from agentsess.ui.render.details import render_details
from agentsess.ui.render.format import cost
from agentsess.ui.render.use import hits, render_status

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SESSION = Session(
    id="s", title="Work", status=Status.ACTIVE, created_at=NOW, updated_at=NOW,
    model="claude-sonnet-5-5", usage=Usage(10_000, 34_000, 1_150_000, 40_000),
    cost_usd=1.234, known_cost_usd=1.234, context_tokens=430_000, duration_seconds=3_840,
)  # fmt: skip


def status(session: Session = SESSION, turn: TurnUse | None = None, width: int = 100) -> str:
    return render_status(
        session,
        turn or TurnUse(),
        working=turn is not None,
        now=NOW,
        width=width,
        window=1_000_000,
    ).plain


def details(session: Session, turn: TurnUse | None = None, window: int | None = None) -> list[str]:
    shown = render_details(session, now=NOW, width=40, context_window=window, turn=turn)
    return [" ".join(line.split()) for line in shown.plain.splitlines()]


def test_the_line_says_what_the_session_took() -> None:
    assert status() == ("sonnet-5-5 · 43% of 1M · 1.2M in 34k out · 96% cached · $1.23 · 1 h 4 min")


def test_what_does_not_fit_is_left_out_the_least_important_first() -> None:
    assert status(width=62) == "sonnet-5-5 · 1.2M in 34k out · 96% cached · $1.23 · 1 h 4 min"
    assert status(width=60) == "sonnet-5-5 · 1.2M in 34k out · 96% cached · $1.23"
    assert status(width=40) == "sonnet-5-5 · 1.2M in 34k out · $1.23"
    assert status(width=20) == "sonnet-5-5 · $1.23"
    assert status(width=3) == "$1.23"


def test_while_a_run_works_the_line_is_about_the_turn_and_stands_still() -> None:
    early = TurnUse(NOW - timedelta(seconds=2), NOW, Usage(900, 5), 0.01)
    late = TurnUse(NOW - timedelta(minutes=9), NOW, Usage(34_000, 9_900, 340_000), 12.5)
    lines = [status(turn=turn) for turn in (early, late)]
    assert lines[0].endswith(" ·  900 in    5 out ·   0% cached · turn  $0.01 ·    2 s")
    assert lines[1].endswith(" · 374k in 9.9k out ·  91% cached · turn $12.50 ·  9 min")
    assert len(lines[0]) == len(lines[1])


def test_an_unknown_price_is_said_and_the_known_part_too() -> None:
    assert [cost(1.5), cost(None, 1.2), cost(None, 0.001), cost(None)] == [
        "$1.50", "at least $1.20", "price unknown", "price unknown",
    ]  # fmt: skip
    unknown = replace(SESSION, cost_usd=None, known_cost_usd=0.5)
    assert "at least $0.50" in status(unknown)
    assert "cost at least $0.50" in details(unknown)


def test_the_share_of_the_cache_is_only_100_when_it_is_all() -> None:
    shares = [hits(Usage(fresh, 1, read)) for fresh, read in ((0, 0), (1, 999), (0, 7), (7, 0))]
    assert shares == ["0%", "99%", "100%", "0%"]


def test_the_details_say_what_the_turn_took_and_what_the_session_did() -> None:
    turn = TurnUse(NOW - timedelta(seconds=42), NOW, Usage(1_000, 200, 9_000), 0.05)
    lines = details(SESSION, turn)
    start = lines.index("Last turn")
    assert lines[start : start + 5] == [
        "Last turn", "tokens 10k in · 200 out", "cached 90%", "cost $0.05", "took 42 s",
    ]  # fmt: skip
    assert "tokens 1.2M in · 34k out" in lines[start + 5 :]


def test_limits_are_gauges() -> None:
    limited = replace(SESSION, budget_usd=2.0, max_tokens_total=10_000_000)
    lines = details(limited)
    assert "budget ━━━━━━━───── 62% of $2.00" in lines
    assert "limit ━─────────── 12% of 10M" in lines


@pytest.mark.parametrize(
    ("window", "shown"),
    [(1_000_000, "context ━━━━━─────── 43% of 1M"), (None, "context 430k (window unknown)")],
)
def test_the_context_is_shown_against_the_window_if_that_is_known(
    window: int | None, shown: str
) -> None:
    assert shown in details(SESSION, window=window)
