from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agentsess.model import Entry, EntryKind, JsonObject, Usage
from agentsess.sessions.turn_use import TurnUse, turn_use

NINE = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def entry(minute: int, kind: EntryKind, **meta: object) -> Entry:
    facts: JsonObject = {name: value for name, value in meta.items() if value is not None}
    return Entry(minute, kind, "text", NINE + timedelta(minutes=minute), meta=facts)


def reply(minute: int, usage: Usage, **meta: object) -> Entry:
    return entry(minute, EntryKind.ASSISTANT, usage=usage.to_json(), **meta)


def test_a_turn_is_a_prompt_and_all_requests_that_answer_it() -> None:
    use = turn_use(
        [
            entry(1, EntryKind.USER),
            reply(2, Usage(100, 10), cost_usd=9.0),
            entry(3, EntryKind.USER),
            reply(4, Usage(200, 10, 50), cost_usd=0.25),
            entry(5, EntryKind.TOOL_RESULT),
            reply(6, Usage(10, 10, 250), cost_usd=0.5),
        ]
    )
    assert use == TurnUse(
        began=NINE + timedelta(minutes=3),
        latest=NINE + timedelta(minutes=6),
        usage=Usage(210, 20, 300),
        known_cost_usd=0.75,
        context_tokens=270,
    )
    assert use.cost_usd == 0.75


@pytest.mark.parametrize(
    "event", ["compacted", "cleared", "phase", "continued", "model", "resumed"]
)
def test_what_happens_after_a_turn_is_no_part_of_it(event: str) -> None:
    turn = [entry(1, EntryKind.USER), entry(2, EntryKind.EVENT, event="interrupted")]
    later = entry(9, EntryKind.EVENT, event=event, usage=Usage(100).to_json(), cost_usd=1.0)
    use = turn_use([*turn, later])
    assert (use.latest, use.usage, use.cost_usd) == (NINE + timedelta(minutes=2), Usage(), 0.0)


def test_what_a_summary_read_is_not_what_the_context_holds() -> None:
    use = turn_use(
        [
            entry(1, EntryKind.USER),
            reply(2, Usage(200, 10), cost_usd=0.5),
            entry(5, EntryKind.EVENT, event="compacted", usage=Usage(900).to_json(), cost_usd=1.0),
            entry(6, EntryKind.TOOL_RESULT),
        ]
    )
    assert (use.context_tokens, use.usage) == (210, Usage(1_100, 10))


def test_a_compaction_between_two_requests_is_part_of_the_turn() -> None:
    use = turn_use(
        [
            entry(1, EntryKind.USER),
            entry(5, EntryKind.EVENT, event="compacted", usage=Usage(100).to_json(), cost_usd=1.0),
            reply(6, Usage(10, 10), cost_usd=0.5),
            entry(9, EntryKind.EVENT, event="continued"),
        ]
    )
    assert (use.latest, use.usage) == (NINE + timedelta(minutes=6), Usage(110, 10))
    assert use.cost_usd == 1.5


@pytest.mark.parametrize("event", ["interrupted", "error", "no_reply"])
def test_a_turn_ends_with_what_says_how_it_ended(event: str) -> None:
    use = turn_use([entry(1, EntryKind.USER), entry(2, EntryKind.EVENT, event=event)])
    assert use.latest == NINE + timedelta(minutes=2)


def test_a_turn_whose_beginning_was_not_read_says_so() -> None:
    use = turn_use([reply(4, Usage(200, 10), cost_usd=0.25)])
    assert (use.began, use.cost_usd) == (None, 0.25)


def test_what_has_no_price_leaves_the_known_part() -> None:
    use = turn_use(
        [
            entry(1, EntryKind.USER),
            reply(2, Usage(100), cost_usd=0.25),
            entry(3, EntryKind.ASSISTANT, usage=Usage(100).to_json(), model="qwen3:8b"),
        ]
    )
    assert (use.cost_usd, use.known_cost_usd) == (None, 0.25)


def test_a_reply_of_another_program_is_priced_and_one_that_was_carried_over_is_not_paid_again() -> (
    None
):
    usage = Usage(1_000_000)
    found = reply(2, usage, model="claude-sonnet-5-5")
    assert turn_use([found]).cost_usd == pytest.approx(2.0)
    carried = reply(2, usage, model="claude-sonnet-5-5", imported="claude_code")
    assert turn_use([carried]).usage == Usage()


def test_what_a_run_tells_stands_for_the_turn_so_far() -> None:
    use = turn_use([entry(1, EntryKind.USER)]).told(Usage(100, 5), 0.5, 105)
    assert (use.usage, use.cost_usd, use.context_tokens) == (Usage(100, 5), 0.5, 105)
    unknown = use.told(Usage(200, 5), None, 205)
    assert (unknown.cost_usd, unknown.known_cost_usd) == (None, 0.5)
