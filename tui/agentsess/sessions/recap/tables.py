"""Tables of wordings of which it is only asked whether a text holds one: searched several times
as fast as one pattern with all of them side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_WORDLESS = re.compile(r"(?!.*(?:[a-zß-ÿ\d]|\\[wWSdD]))(?=.*[\u3000-\uffff])")
"""It can be found only in Chinese and Japanese."""


class Table:
    """Alternatives in lower case, for texts in lower case.

    Those that begin a word are tried where a word begins, those of the text's beginning there,
    and those that hold only Chinese or Japanese not at all in a text that has none.
    """

    def __init__(self, pattern: str) -> None:
        words, first, foreign, others = [], [], [], []
        for each in alternatives(pattern):
            if each.startswith(r"\b"):
                words.append(each[2:])
            elif _WORDLESS.match(each):
                foreign.append(each)
            elif each.startswith("^"):
                first.append(each)
            else:
                others.append(each)
        if words:
            others.append(rf"\b(?:{'|'.join(words)})")
        self._first, self._others, self._foreign = map(_compiled, (first, others, foreign))
        self.search = lru_cache(maxsize=256)(self._search)

    def match(self, lowered: str) -> bool:
        """Whether the text begins with one."""
        return any(
            part.match(lowered) for part in (self._first, self._others, self._foreign) if part
        )

    def _search(self, lowered: str) -> bool:
        return bool(
            (self._first and self._first.match(lowered))
            or (self._others and self._others.search(lowered))
            or (self._foreign and not lowered.isascii() and self._foreign.search(lowered))
        )


def _compiled(parts: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(parts)) if parts else None


def alternatives(pattern: str) -> Iterator[str]:
    """What stands between the bars of a pattern that are in no group."""
    depth = start = 0
    for bar in _PARTS.finditer(pattern):
        depth += (bar[0] == "(") - (bar[0] == ")")
        if bar[0] == "|" and not depth:
            yield pattern[start : bar.start()]
            start = bar.end()
    yield pattern[start:]


_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]", re.DOTALL)
