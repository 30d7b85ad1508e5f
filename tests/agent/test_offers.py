from __future__ import annotations

import asyncio

import pytest

from agentsess.agent.offers import Offer, OfferCallback, Option, choose

OFFER = Offer("s", "budget", "The budget is used up.", (Option("stop", "Stop"), Option("on", "On")))


async def _later(offer: Offer) -> str:
    return offer.options[1].name


@pytest.mark.parametrize(
    ("callback", "chosen"),
    [
        (lambda offer: "on", "on"),
        (_later, "on"),
        (lambda offer: "something else", "stop"),
        (None, "stop"),
    ],
)
def test_an_offer_is_answered_by_the_name_of_an_option(
    callback: OfferCallback | None, chosen: str
) -> None:
    assert asyncio.run(choose(callback, OFFER)) == chosen
