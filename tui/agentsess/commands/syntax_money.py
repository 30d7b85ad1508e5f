"""The syntax of the commands about money and models."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def add_money(add: Callable[[str, str, str, str], argparse.ArgumentParser]) -> None:
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
    command.add_argument("id", metavar="ID", help="the session's id or its beginning")
    command.add_argument("--model", default="", metavar="NAME", help="another model")


def add_limits(command: argparse.ArgumentParser) -> None:
    """Add what a session may spend before a run in it asks, or stops."""
    command.add_argument(
        "--budget-usd",
        type=_dollars,
        metavar="N",
        help="dollars that the session may cost; then a run asks, or stops",
    )
    command.add_argument(
        "--max-tokens-total",
        type=_tokens,
        metavar="N",
        help="tokens that the session may use; then a run asks, or stops",
    )


def _dollars(text: str) -> float:
    try:
        amount = float(text.removeprefix("$"))
    except ValueError:
        amount = 0.0
    if not 0 < amount < 1e12:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount above 0")
    return amount


def _tokens(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)
