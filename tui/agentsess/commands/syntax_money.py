"""The syntax of the commands about money and models."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from agentsess.commands.arguments import Add, add_id, dollars, positive


def add_money(add: Add) -> None:
    """Add the commands to a command line."""
    command = add(
        "estimate",
        "money:estimate",
        "say what going on with a session would cost",
        "Before the model is asked: what the first request would carry and cost, without its\n"
        "reply. A provider keeps what was sent for some minutes, which makes it cheaper (warm)\n"
        "than when all is read anew (cold).\n\n"
        'JSON: {"model", "window", "full": …, "compacted": …, "new_phase": …}, each way on\n'
        'being {"tokens", "warm_usd", "cold_usd", "is_warm"}; prices are null if unknown.',
    )
    add_id(command)
    command.add_argument("--model", default="", metavar="NAME", help="another model")

    add(
        "models",
        "money:models",
        "list the models that can be asked, what they cost and which retire",
        "The API is asked if there is a key; else what it said last is listed, or the models that\n"
        "the SDK knows. Prices are dollars for a million tokens of a short request.\n\n"
        'JSON: {"server", "at", "models": [{"name", "title", "window", "usd_per_mtok": {"input",\n'
        '"output"}, "retires", "successor"}]}; null is what is not known, and server and at of\n'
        "models that the SDK knows.",
    )

    command = add(
        "set",
        "money:set_",
        "set a session's title, notes, tags or model, or what it may spend",
        "What is not named stays as it is; none takes a limit away.\n\nJSON: the session.",
    )
    add_id(command)
    command.add_argument("--title", metavar="TITLE", help="what it is called")
    command.add_argument("--notes", metavar="TEXT", help="in place of the notes there are")
    command.add_argument("--tag", action="append", default=[], metavar="TAG", help="repeatable")
    command.add_argument("--untag", action="append", default=[], metavar="TAG", help="repeatable")
    command.add_argument("--model", metavar="NAME", help="model to ask from the next run on")
    add_limits(command, or_none=True)


def add_limits(command: argparse.ArgumentParser, *, or_none: bool = False) -> None:
    """Add what a session may spend before a run in it asks, or stops.

    Args:
        command: Where to.
        or_none: Whether a limit may be taken away.
    """
    command.add_argument(
        "--budget-usd",
        type=_or_none(dollars) if or_none else dollars,
        metavar="N",
        help="dollars that the session may cost; then a run asks, or stops",
    )
    command.add_argument(
        "--max-tokens-total",
        type=_or_none(positive) if or_none else positive,
        metavar="N",
        help="tokens that the session may use; then a run asks, or stops",
    )


def _or_none(parse: Callable[[str], float]) -> Callable[[str], float | str]:
    return lambda text: text if text == "none" else parse(text)
