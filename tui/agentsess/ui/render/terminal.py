"""What a terminal is sent to show a notification outside of the app. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from agentsess.ui.render.text import one_line

_LONGEST = 200
_KNOWS_777 = ("foot", "rxvt")


def notification(title: str, text: str, environment: Mapping[str, str]) -> str:
    """The control sequence for a desktop notification; terminals that know none ignore it.

    Args:
        title: What it is about.
        text: What happened.
        environment: The process's variables, which tell the terminal's kind.
    """
    title, text = _inert(title), _inert(text)
    term = environment.get("TERM", "")
    if term.startswith(_KNOWS_777) or environment.get("VTE_VERSION"):
        return f"\x1b]777;notify;{title};{text}\x1b\\"
    return f"\x1b]9;{title}: {text}\x1b\\"


def _inert(text: str) -> str:
    """Text that cannot end the sequence, nor begin another field of it."""
    line = one_line(text, _LONGEST).replace(";", ",")
    return "".join(c for c in line if c.isprintable())
