"""Arguments that several commands take, and what their values may be."""

from __future__ import annotations

import argparse
from collections.abc import Callable

Add = Callable[[str, str, str, str], argparse.ArgumentParser]
"""Adds a command: its name, the function that does it, what it does, and more about it."""


def add_id(command: argparse.ArgumentParser) -> None:
    """The session that a command is for."""
    command.add_argument("id", metavar="ID", help="the session's id or its beginning")


def add_ids(command: argparse.ArgumentParser) -> None:
    """The sessions that a command is for."""
    command.add_argument("ids", nargs="+", metavar="ID", help="ids or their beginnings")


def positive(text: str) -> int:
    """A whole number of 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def seconds(text: str) -> float:
    """A time to wait."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return number


def dollars(text: str) -> float:
    """An amount of money."""
    try:
        amount = float(text.removeprefix("$"))
    except ValueError:
        amount = 0.0
    if not 0 < amount < 1e12:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount above 0")
    return amount


def pair(text: str) -> tuple[str, str]:
    """A name and a value, of KEY=VALUE."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not key=value")
    return key.strip(), value


def filled(text: str) -> str:
    """Any text but an empty one."""
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty")
    return text


def tools(text: str) -> str:
    """Names of tools, with commas between them."""
    from agentsess.agent.tools import BUILT_IN

    unknown = [name for name in text.split(",") if name.strip() not in BUILT_IN]
    if unknown:
        raise argparse.ArgumentTypeError(f"no tool {unknown[0]!r}: {', '.join(BUILT_IN)}")
    return text
