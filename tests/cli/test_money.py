from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from agentsess.model import Draft, EntryKind, Usage, utc_now
from agentsess.sessions.service import SessionService
from support.commands import Run
from support.loopback import LoopbackServer, Reply


def worked_in(service: SessionService, model: str) -> str:
    session = service.create(title="Work")
    meta = {"model": model, "cost_usd": None}
    small, large = (
        {**meta, "usage": usage.to_json()}
        for usage in (Usage(1_500, 9), Usage(0, 1_000, 399_000, 0))
    )
    then = utc_now() - timedelta(days=6)
    with service.writer(session.id) as writer:
        writer.append(
            Draft(EntryKind.USER, "Port it.", at=then),
            Draft(EntryKind.ASSISTANT, "Done.", meta=small, at=then),
            Draft(EntryKind.USER, "Test it.", at=then),
            Draft(EntryKind.ASSISTANT, "Done.", meta=large, at=then),
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


class TestModels:
    def test_what_the_api_lists_is_printed_with_windows_prices_and_ends(
        self, run: Run, loopback: Callable[..., LoopbackServer]
    ) -> None:
        loopback(
            models=[
                {"id": "claude-sonnet-5-5", "type": "model"},
                {"id": "claude-sonnet-4-5", "retires_at": "2999-11-30T00:00:00Z"},
            ]
        )
        ran = run("models")
        first, second = ran.out.splitlines()
        assert " ".join(first.split()) == "claude-sonnet-5-5 1M tokens $2.00 in, $10.00 out"
        assert "retires on 30 November 2999" in second
        assert "Its successor is claude-sonnet-5-5." in second
        listed = run("models", "--json").json
        assert listed["models"][0]["usd_per_mtok"] == {"input": 2.0, "output": 10.0}
        assert listed["server"].startswith("127.0.0.1:")

    def test_without_a_key_those_that_the_sdk_knows_are_listed_and_that_is_said(
        self, run: Run
    ) -> None:
        ran = run("models")
        assert ran.code == 0
        assert "claude-sonnet-4-5-20250929" in ran.out
        assert "Not asked just now: No API key" in ran.err


class TestSet:
    def test_a_model_and_limits_are_set_and_taken_away(
        self, run: Run, service: SessionService
    ) -> None:
        session = service.create(title="Work", budget_usd=1.0)
        ran = run("set", session.id, "--model", "claude-opus-5-5", "--max-tokens-total", "5000")
        assert ran.out == "“Work” has a new model and a new limit of tokens.\n"
        assert run("set", session.id, "--budget-usd", "none", "--json").json["budget_usd"] is None
        after = service.get(session.id)
        assert (after.model, after.max_tokens_total) == ("claude-opus-5-5", 5_000)

    def test_a_budget_that_cannot_be_held_is_said_at_once(
        self, run: Run, service: SessionService
    ) -> None:
        session = service.create(model="qwen3:8b")
        ran = run("set", session.id, "--budget-usd", "5")
        assert ran.code == 0
        assert "The price of qwen3:8b is not known" in ran.err

    def test_title_notes_and_tags_are_set(self, run: Run, service: SessionService) -> None:
        session = service.create(title="Work", notes="old", tags=["a", "b"])
        ran = run("set", session.id, "--title", "none", "--notes", "", "--tag", "c", "--untag", "a")
        assert ran.out == "“none” has a new title and new notes and new tags.\n"
        after = service.get(session.id)
        assert (after.title, after.notes, after.tags) == ("none", "", ("b", "c"))
        assert run("set", session.id, "--untag", "c", "--json").json["tags"] == ["b"]

    def test_setting_nothing_is_wrong_usage(self, run: Run, service: SessionService) -> None:
        assert run("set", service.create().id).code == 2


class TestLimits:
    def test_a_new_session_has_the_limits_it_is_given(
        self, run: Run, service: SessionService
    ) -> None:
        made = run("new", "Work", "--budget-usd", "2.50", "--max-tokens-total", "9000", "--json")
        assert (made.json["budget_usd"], made.json["max_tokens_total"]) == (2.5, 9000)

    @pytest.mark.parametrize("amount", ["0", "-1", "nan", "inf", "much", ""])
    def test_what_is_no_amount_is_wrong_usage(self, run: Run, amount: str) -> None:
        assert run("new", "Work", f"--budget-usd={amount}").code == 2

    def test_a_run_stops_at_the_limit_it_is_given_and_says_so(
        self, run: Run, service: SessionService, loopback: Callable[..., LoopbackServer]
    ) -> None:
        server = loopback([Reply("Hello.", input_tokens=200_000)])
        session = service.create()
        assert run("run", session.id, "Hi", "--budget-usd", "0.3").code == 0
        ran = run("run", session.id, "More", "--json")
        assert ran.json["stop_reason"] == "budget"
        ran = run("run", session.id, "More", "--max-tokens-total", "900000")
        assert "Stopped: $0.40 of $0.30 are used. Raise the limit to go on." in ran.err
        assert len(server.bodies) == 1
        after = service.get(session.id)
        assert (after.budget_usd, after.max_tokens_total) == (0.3, 900_000)
