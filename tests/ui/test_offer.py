from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Button, Static

from agentsess.agent.offers import Offer, Option
from agentsess.ui.widgets.asking import Asking
from agentsess.ui.widgets.offer import OfferPrompt, option_keys

pytestmark = pytest.mark.anyio

OPTIONS = (
    Option("stop", "stop here", "the session is paused"),
    Option("again", "another $5.00"),
    Option("unlimited", "no limit for this run"),
)


class Shell(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[tuple[str, str]] = []
        offer = Offer("s", "budget", "$5.02 of [/foo] are spent.", OPTIONS)
        self.question = OfferPrompt("r1", offer)

    def compose(self) -> ComposeResult:
        yield self.question

    def on_offer_prompt_chosen(self, message: OfferPrompt.Chosen) -> None:
        self.chosen.append((message.request_id, message.option))


@pytest.mark.parametrize(
    ("key", "option"),
    [("s", "stop"), ("a", "again"), ("u", "unlimited"), ("escape", "stop")],
)
async def test_each_key_chooses_its_option(key: str, option: str) -> None:
    app = Shell()
    async with app.run_test() as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert app.chosen == [("r1", option)]


async def test_an_offer_is_answered_once_and_by_no_other_key() -> None:
    app = Shell()
    async with app.run_test() as pilot:
        await pilot.press("enter", "space", "1", "s", "a", "u")
        await pilot.pause()
        assert app.chosen == [("r1", "stop")]


async def test_keys_meant_for_what_had_the_focus_choose_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Asking, "ARMED_AFTER", 3600.0)
    app = Shell()
    async with app.run_test() as pilot:
        await pilot.press("a", "u", "escape")
        await pilot.pause()
        assert app.chosen == []


@pytest.mark.parametrize("size", [(120, 30), (80, 24), (40, 24)])
async def test_every_option_can_be_clicked(size: tuple[int, int]) -> None:
    for number, option in enumerate(OPTIONS):
        app = Shell()
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await pilot.click(app.query(Button)[number])
            await pilot.pause()
            assert app.chosen == [("r1", option.name)]


async def test_what_an_option_means_is_said() -> None:
    app = Shell()
    async with app.run_test() as pilot:
        await pilot.pause()
        body = str(app.query_one(".asking--body Static", Static).render())
        assert body == "$5.02 of [/foo] are spent.\ns: the session is paused"


def test_options_that_begin_alike_have_different_keys_and_none_that_scroll() -> None:
    options = [Option(name, name) for name in ("compact", "continue", "keep", "jump", "1")]
    keys = option_keys(options)
    assert keys == ["c", "o", "e", "u", "a"]
