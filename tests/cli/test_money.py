from __future__ import annotations

from datetime import timedelta

from agentsess.model import Draft, EntryKind, Usage, utc_now
from agentsess.sessions.service import SessionService
from support.commands import Run


def worked_in(service: SessionService, model: str) -> str:
    session = service.create(title="Work")
    usage = Usage(0, 1_000, 399_000, 0).to_json()
    meta = {"usage": usage, "model": model, "cost_usd": None}
    then = utc_now() - timedelta(days=6)
    with service.writer(session.id) as writer:
        writer.append(
            Draft(EntryKind.USER, "Port it.", at=then),
            Draft(EntryKind.ASSISTANT, "Done.", meta=meta, at=then),
        )
    return session.id


class TestEstimate:
    def test_it_says_what_each_way_on_costs(self, run: Run, service: SessionService) -> None:
        ran = run("estimate", worked_in(service, "claude-sonnet-5-5")[:8])
        assert "claude-sonnet-5-5 (context window: 1M tokens)" in ran.out
        assert "As it is     about 400k tokens, $1.00 (not cached)" in ran.out
        assert "New phase    about 1.5k tokens, <$0.01 (not cached)" in ran.out

    def test_json_gives_the_same_and_null_for_unknown_prices(
        self, run: Run, service: SessionService
    ) -> None:
        session_id = worked_in(service, "claude-sonnet-5-5")
        value = run("estimate", session_id, "--json").json
        assert value["full"] == {
            "tokens": 400_000, "warm_usd": 0.0424, "cold_usd": 1.0, "is_warm": False,
        }  # fmt: skip
        unknown = run("estimate", session_id, "--model", "qwen3:8b", "--json").json
        assert (unknown["window"], unknown["full"]["cold_usd"]) == (None, None)
        assert "price unknown" in run("estimate", session_id, "--model", "qwen3:8b").out
