from datetime import UTC, datetime, timedelta

import pytest
from textual.app import App, ComposeResult
from textual.content import Content

from agentsess.model import Fact, Recap
from agentsess.ui.widgets.recap_card import RecapCard
from support.screens import wait_until

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Shell(App[None]):
    def compose(self) -> ComposeResult:
        yield RecapCard()


async def test_it_is_as_high_as_its_text_and_scrolls_beyond_the_screen() -> None:
    app = Shell()
    async with app.run_test(size=(80, 24)) as pilot:
        card = app.query_one(RecapCard)
        recap = Recap("Half done", last_activity=NOW - timedelta(days=6))
        card.show(recap, now=NOW, keys=[("enter", "resume")])
        await pilot.pause()
        assert card.size.height < 12
        assert Content.from_markup(card.border_subtitle).plain == "enter resume"
        facts = tuple(Fact(f"[/foo] {i}") for i in range(6))
        card.show(Recap("x", next=facts, questions=facts, blockers=facts, decisions=facts), now=NOW)
        card.focus()
        await pilot.press("j", "j")
        await wait_until(pilot, lambda: card.scroll_y == 2, "two lines further down")
