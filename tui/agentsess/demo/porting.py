"""Python 2 lines that the scripted model knows how to bring to Python 3."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RULES: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(r"from StringIO import StringIO"),
        "from io import StringIO",
        "`StringIO` lives in `io` now",
    ),
    (
        re.compile(r"except (\w+), (\w+):"),
        r"except \1 as \2:",
        "an exception is bound with `as`",
    ),
    (
        re.compile(r"\.iteritems\(\)"),
        ".items()",
        "`items()` is lazy now and `iteritems()` is gone",
    ),
    (
        re.compile(r"(?m)^(\s*)print (?![(=])(.+)$"),
        r"\1print(\2)",
        "`print` is a function",
    ),
)


@dataclass(frozen=True, slots=True)
class Fix:
    """A line to replace, and why."""

    old: str
    new: str
    reason: str
    line: int


def first_fix(text: str) -> Fix | None:
    """The first line of ``text`` that only Python 2 understands, brought to Python 3."""
    for number, line in enumerate(text.splitlines(), start=1):
        for pattern, replacement, reason in _RULES:
            changed = pattern.sub(replacement, line)
            if changed != line and text.count(line) == 1:
                return Fix(line, changed, reason, number)
    return None
