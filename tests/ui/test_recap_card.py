"""The card as a widget: fits its room, leads to entries, and takes the keys of its ways."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot

from agentsess.model import Fact, Recap
from agentsess.ui.render.recap import Standing, Way
from agentsess.ui.widgets.recap_card import RecapCard
from support.screens import screen_text, wait_until

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FACTS = tuple(Fact(f"[/foo] {n}", (n + 1,)) for n in range(6))
RECAP = Recap("Half done", next=FACTS, questions=FACTS, blockers=FACTS, decisions=FACTS)
WAYS = (Way("enter", "Continue"), Way("h", "Continue here"), Way("escape", "Only read"))


class Shell(App[None]):
    CSS = "RecapCard { height: 1fr; padding: 0 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield RecapCard()

    def on_recap_card_way_taken(self, event: RecapCard.WayTaken) -> None:
        self.heard.append(event)

    def on_recap_card_jumped(self, event: RecapCard.Jumped) -> None:
        self.heard.append(event)


async def shown(app: Shell, pilot: Pilot[Any], standing: Standing) -> RecapCard:
    card = app.query_one(RecapCard)
    card.show(standing)
    card.focus()
    await wait_until(pilot, lambda: standing.recap.headline in screen_text(app))
    return card


async def test_it_fits_its_room_and_shows_all_on_demand() -> None:
    app = Shell()
    async with app.run_test(size=(80, 24)) as pilot:
        card = await shown(app, pilot, Standing(RECAP, NOW, ways=WAYS))
        assert card.max_scroll_y == 0
        assert "Only read" in screen_text(app)
        await pilot.press("a")
        await wait_until(pilot, lambda: card.max_scroll_y > 0, "more than fits")
        await pilot.press("a")
        await wait_until(pilot, lambda: card.max_scroll_y == 0, "what fits")


async def test_a_key_of_a_way_takes_it() -> None:
    app = Shell()
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(app, pilot, Standing(RECAP, NOW, ways=WAYS))
        await pilot.press("enter", "h", "x", "escape")
        await wait_until(pilot, lambda: len(app.heard) == 3)
        assert [way.key for way in app.heard if isinstance(way, RecapCard.WayTaken)] == [
            "enter", "h", "escape",
        ]  # fmt: skip


async def test_a_chosen_line_leads_to_its_entry_and_so_does_a_click() -> None:
    app = Shell()
    async with app.run_test(size=(80, 24)) as pilot:
        recap = Recap("Half done", next=(Fact("one", (4,)), Fact("two", (7,))))
        card = await shown(app, pilot, Standing(recap, NOW, ways=WAYS))
        await pilot.press("j", "j", "k", "enter", "j", "right")
        row = next(n for n, line in enumerate(screen_text(app).splitlines()) if "two" in line)
        await pilot.click(RecapCard, offset=(20, row))
        await wait_until(pilot, lambda: len(app.heard) == 3)
        assert [jump.seq for jump in app.heard if isinstance(jump, RecapCard.Jumped)] == [4, 7, 7]
        assert card.max_scroll_y == 0
