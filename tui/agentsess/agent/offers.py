"""What a run asks the user when it comes to a limit: to go on, and how."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Option:
    """A way to go on."""

    name: str
    """What the callback answers to choose it."""
    text: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A limit that a run has come to, and the ways on from there."""

    session_id: str
    kind: Literal["budget", "context"]
    text: str
    options: tuple[Option, ...]
    """The first is taken when nobody can be asked: it is the one that spends least."""


OfferCallback = Callable[[Offer], str | Awaitable[str]]
"""Answers an offer with the name of one of its options."""


async def choose(callback: OfferCallback | None, offer: Offer) -> str:
    """The name of the option to take; an answer that names none takes the first."""
    answer = callback(offer) if callback else ""
    if inspect.isawaitable(answer):
        answer = await answer
    names = [option.name for option in offer.options]
    return answer if answer in names else names[0]
