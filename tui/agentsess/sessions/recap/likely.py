"""What a sentence likely is, by the features of sentences that readers labelled: a linear
classifier behind the rules, for all that people say in ways no rule knows.

Its weights are learnt from the labelled sessions (`python tests/recap_corpus --train`). It only
chooses among sentences that were said; it makes none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from operator import add

from agentsess.model import Fact
from agentsess.sessions.recap.facts import said_in
from agentsess.sessions.recap.sayings import Saying, Sayings
from agentsess.sessions.recap.text import announces, fold

SORTS = ("in_progress", "next", "blockers")
"""Fields of a recap whose sentences are told apart."""
WEIGHTS = "weights.json"


@dataclass(frozen=True, slots=True)
class _Chances:
    """Probabilities from which on, chosen by what they reach on sessions not learnt from."""

    sure: float
    """A sentence is taken."""
    maybe: float
    """The likeliest one is taken where nothing else is known."""


_CHANCES = {
    "in_progress": _Chances(0.65, 0.55),
    "next": _Chances(0.65, 0.5),
    "blockers": _Chances(0.65, 0.65),
}


def with_likely(
    found: Mapping[str, Sequence[Fact]],
    told: Iterable[Fact],
    sayings: Sayings,
    changes: int,
    may_be: Callable[[str, Fact], bool] = lambda *_: True,
) -> dict[str, list[Fact]]:
    """What rules found of each of `SORTS`, and then what likely is of it, too.

    Args:
        found: By the rules.
        told: What else is told, and not to be told again as something else.
        sayings: What was said last.
        changes: How many changes to files the session has seen.
        may_be: Whether the rules leave it open that a sentence is of a sort.
    """
    added: dict[str, list[Fact]] = {sort: [] for sort in SORTS}
    known = [*told, *chain.from_iterable(found.values())]
    for chance, sort, saying in _ranked(sayings, changes):
        limits = _CHANCES[sort]
        least = limits.sure if found[sort] or added[sort] else limits.maybe
        fact = Fact(saying.text, (saying.seq,))
        if chance >= least and may_be(sort, fact) and not _is_told(fact, known):
            added[sort].append(fact)
            known.append(fact)
    return {
        sort: [*found[sort], *sorted(added[sort], key=lambda fact: fact.seqs)] for sort in SORTS
    }


def _ranked(sayings: Sayings, changes: int) -> list[tuple[float, str, Saying]]:
    """The likeliest sentences first, with what of."""
    judged = (
        (chance, sort, saying)
        for saying, chances in _judged(sayings, changes)
        for sort, chance in zip(SORTS, chances, strict=True)
        if chance >= _CHANCES[sort].maybe and not (sort == "next" and _is_no_plan(saying))
    )
    return sorted(judged, key=lambda each: -each[0])


def _is_told(fact: Fact, facts: Sequence[Fact]) -> bool:
    words = f" {fold(fact.text)} "
    others = (f" {fold(other.text)} " for other in facts)
    return any(words in other or other in words for other in others) or said_in(fact, facts)


def _is_no_plan(saying: Saying) -> bool:
    """What is said before tools are used is under way, not to come; what lists hold, and when an
    announcement is over, rules know."""
    return saying.goes_on or saying.in_list or announces(saying.text)


def _judged(sayings: Sayings, changes: int) -> Iterator[tuple[Saying, list[float]]]:
    """The sentences, with how likely they are of each sort."""
    weights = learnt()
    for said, features in sayings.standing(changes):
        of_message = weights.added(features, weights.bias)
        for saying in said:
            if saying.weight is None:
                saying.weight = weights.added(saying.features, [0.0] * len(SORTS))
            sums = map(add, of_message, saying.weight)
            yield saying, [1 / (1 + math.exp(-total)) for total in sums]


@dataclass(frozen=True, slots=True)
class Weights:
    """What features are worth."""

    bias: tuple[float, ...]
    """Of each of `SORTS`, what a sentence without features has."""
    of: Mapping[str, tuple[tuple[int, float], ...]]
    """By feature, for each sort that it tells something of: its place in `SORTS`, the weight."""

    @classmethod
    def read(cls, text: str) -> Weights:
        """The weights as they are stored, in hundredths."""
        stored = json.loads(text)
        return cls(
            tuple(value / 100 for value in stored["bias"]),
            {
                feature: tuple((sort, value / 100) for sort, value in enumerate(values) if value)
                for feature, values in stored["weights"].items()
            },
        )

    def added(self, features: Iterable[str], to: Iterable[float]) -> list[float]:
        """The sums to which features add."""
        sums = list(to)
        for feature in features:
            for sort, weight in self.of.get(feature, ()):
                sums[sort] += weight
        return sums


@cache
def learnt() -> Weights:
    """The weights that come with the program."""
    stored = files("agentsess.sessions.recap").joinpath(WEIGHTS)
    return Weights.read(stored.read_text(encoding="utf-8"))
