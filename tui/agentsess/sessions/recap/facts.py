"""Facts of a recap side by side: which of them say the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from agentsess.model import Fact
from agentsess.sessions.recap.text import alike, tokens

MOST = 12
"""Facts of one sort that a recap holds."""

_PHASE_NAME = re.compile(r"^[^\W\d]+ \d+: ")


def said_in(fact: Fact, facts: Iterable[Fact]) -> bool:
    """Whether one of the facts says about the same."""
    meaning = _meaning(fact.text)
    return any(alike(meaning, _meaning(other.text)) for other in facts)


@lru_cache(maxsize=2048)
def _meaning(text: str) -> frozenset[str]:
    """What a fact is compared by: a phase by its title, if it has one."""
    return tokens(_PHASE_NAME.sub("", text))


@lru_cache(maxsize=2048)
def _some_words(meaning: frozenset[str]) -> list[str]:
    """So many that whatever says about the same, and so shares most words, has one of them."""
    return sorted(meaning)[: len(meaning) * 3 // 10 + 1]


def distinct(facts: Iterable[Fact]) -> list[Fact]:
    """The facts without those that say an earlier one again."""
    kept: list[Fact] = []
    holding: dict[str, list[frozenset[str]]] = {}
    for fact in facts:
        meaning = _meaning(fact.text)
        alikes = (other for word in _some_words(meaning) for other in holding.get(word, ()))
        if not fact.text or any(alike(meaning, other) for other in alikes):
            continue
        kept.append(fact)
        for word in meaning:
            holding.setdefault(word, []).append(meaning)
    return kept


def latest(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The last of the distinct facts, as many as a recap holds."""
    return tuple(distinct(facts)[-MOST:])
