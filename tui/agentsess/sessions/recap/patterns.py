"""Wordings that are looked for in any case: which texts hold one is asked of every sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache

_CAPITAL = re.compile(r"(?<!\\)(?<!\(\?)[A-ZÀ-ÖØ-Þ]")
_NAMES = re.compile(r"\(\?-i:([^()]*)\)")
_GROUP = re.compile(r"(?<!\\)\((?!\?)|\(\?P<")
_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]", re.DOTALL)


class Wordings:
    """Alternatives in lower case that are found in any case; names, in ``(?-i:…)``, as they stand.

    Several times as fast as by the flag of `re`: by that one all alternatives are tried at each
    place. Here those that begin a word are tried only where a word begins. Matches are in lower
    case, unless there are names.

    Raises:
        ValueError: A capital stands elsewhere, and would never be found.
    """

    def __init__(self, *patterns: str) -> None:
        self._pattern = "|".join(patterns)
        self._has_names = bool(_NAMES.search(self._pattern))
        self._caseless = _NAMES.sub(
            lambda names: f"(?:{_CAPITAL.sub(lambda c: c[0].lower(), names[1])})", self._pattern
        )
        if _CAPITAL.search(self._caseless):
            raise ValueError(f"not in lower case: {self._pattern}")
        # The same sentence is looked at for several parts of a recap.
        self.search = lru_cache(maxsize=256)(self._search)

    def match(self, text: str) -> re.Match[str] | None:
        """As `re.Pattern.match`."""
        found = self._every.match(lowered(text))
        return self._exact.match(text) if found and self._has_names else found

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """As `re.Pattern.finditer`."""
        pattern, where = (self._exact, text) if self._has_names else (self._every, lowered(text))
        return pattern.finditer(where)

    def _search(self, text: str) -> re.Match[str] | None:
        found = self._every.search(lowered(text))
        # In lower case any word may be a name.
        return self._exact.search(text) if found and self._has_names else found

    # To compile it takes a while, and is seldom needed at the start.
    @cached_property
    def _every(self) -> re.Pattern[str]:
        return re.compile(_by_beginning(self._caseless))

    @cached_property
    def _exact(self) -> re.Pattern[str]:
        return re.compile(self._pattern, re.IGNORECASE)


def lowered(text: str) -> str:
    """In lower case, each character in its place."""
    return text.replace("İ", "i").lower()  # no other becomes two


def _alternatives(pattern: str) -> Iterator[str]:
    """What stands between the bars of a pattern that are in no group."""
    depth = start = 0
    for bar in _PARTS.finditer(pattern):
        depth += (bar[0] == "(") - (bar[0] == ")")
        if bar[0] == "|" and not depth:
            yield pattern[start : bar.start()]
            start = bar.end()
    yield pattern[start:]


def _by_beginning(pattern: str) -> str:
    """The same, with the alternatives that begin a word, or the text, as one."""
    if _GROUP.search(pattern):
        return pattern  # to keep their numbers
    first, words, others = [], [], []
    for each in _alternatives(pattern):
        if each.startswith("^"):
            first.append(each[1:])
        elif each.startswith(r"\b"):
            words.append(each[2:])
        else:
            others.append(each)
    if words:
        others.insert(0, rf"\b(?:{'|'.join(words)})")
    if first:
        others.insert(0, rf"^(?:{'|'.join(first)})")
    return "|".join(others)
