"""Words of a text as a search compares them: small letters without accents.

The index and the reading of texts fold in the same way, so both find the same.
"""

from __future__ import annotations

import re
import unicodedata

Words = tuple[str, ...]
"""Folded words, one after another; the last may be a beginning of a word."""

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Scripts that put no spaces between words: each of their signs is a word of its own."""


class _Folding(dict[int, str]):
    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


def _folded(sign: str) -> str:
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", sign).casefold())
    return "".join(map(_part, parts))


def _part(sign: str) -> str:
    if _UNSPACED.match(sign):
        return f" {sign} "
    if sign.isalnum():
        return sign
    return "" if unicodedata.combining(sign) else " "


_FOLDING = _Folding()


def fold(text: str) -> str:
    """The text's letters and digits as they are compared; all else is spaces."""
    return text.translate(_FOLDING)


def words_of(text: str) -> Words:
    """The words that a text consists of."""
    return tuple(fold(text).split())


def pattern_of(words: Words) -> re.Pattern[str]:
    """What finds the words, one right after another, by `locate`. The last may go on."""
    return re.compile(" " + " +".join(words))


def locate(pattern: re.Pattern[str], text: str, folded: str | None = None) -> tuple[int, int]:
    """Where a pattern occurs first in a text, as start and end; (-1, -1) if it does not.

    Args:
        pattern: What `pattern_of` made.
        text: As it is to be shown.
        folded: The same, folded, if that is at hand.
    """
    folded = fold(text) if folded is None else folded
    match = pattern.search(f" {folded} ")
    if match is None:
        return (-1, -1)
    start, end = match.start(), match.end() - 1
    if text.isascii():
        return (start, end)
    return (_origin(text, start), _origin(text, end - 1) + 1)


def _origin(text: str, offset: int) -> int:
    """Where in a text the sign is that became the folded text at an offset."""
    for position, sign in enumerate(text):
        offset -= len(_FOLDING[ord(sign)])
        if offset < 0:
            return position
    return len(text)
