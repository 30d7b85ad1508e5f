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
from agentsess.sessions.recap.text import fold

SORTS = ("done", "in_progress", "next", "decisions", "questions", "blockers")
"""Fields of a recap whose sentences are told apart."""
WEIGHTS = "weights.json"


@dataclass(frozen=True, slots=True)
class _Chances:
    """Probabilities from which on, chosen by what they reach on sessions not learnt from."""

    least: float
    """What rules found stands."""
    sure: float
    """A sentence that no rule found is taken."""
    maybe: float
    """The likeliest one is taken where nothing else is known."""


_CHANCES = {
    "done": _Chances(0.3, 0.75, 0.5),
    "in_progress": _Chances(0.15, 1.0, 0.45),
    "next": _Chances(0.3, 0.7, 0.55),
    "decisions": _Chances(0.25, 0.75, 0.5),
    "questions": _Chances(0.15, 0.7, 0.45),
    "blockers": _Chances(0.2, 0.75, 0.55),
}


def weighed(
    found: Mapping[str, Sequence[Fact]],
    sayings: Sayings,
    changes: int,
    may_be: Callable[[str, Fact], bool] = lambda *_: True,
) -> dict[str, list[Fact]]:
    """What rules found of each of `SORTS`, without what it hardly is, and then what likely is of
    it, too.

    Args:
        found: By the rules.
        sayings: What was said last.
        changes: How many changes to files the session has seen.
        may_be: Whether the rules leave it open that a sentence is of a sort.
    """
    judged = list(_judged(sayings, changes))
    by_seq: dict[int, list[tuple[Saying, list[float]]]] = {}
    for each in judged:
        by_seq.setdefault(each[0].seq, []).append(each)
    told = _Told(chain.from_iterable(found.values()))
    result: dict[str, list[Fact]] = {}
    for place, sort in enumerate(SORTS):
        limits = _CHANCES[sort]
        kept = [fact for fact in found[sort] if _chance_of(fact, by_seq, place) >= limits.least]
        added, told_of_sort = list[Fact](), _Told(())
        for chance, saying in _likeliest(judged, place, min(limits.sure, limits.maybe)):
            if chance < (limits.sure if kept or added else limits.maybe):
                break
            fact = Fact(saying.text, (saying.seq,))
            is_new = not (told.says(fact, saying.words) or told_of_sort.says(fact, saying.words))
            if is_new and may_be(sort, fact):
                added.append(fact)
                told_of_sort.add(fact, saying.words)
        result[sort] = [*kept, *sorted(added, key=lambda fact: fact.seqs)]
    return result


def _likeliest(
    judged: Iterable[tuple[Saying, list[float]]], place: int, least: float
) -> list[tuple[float, Saying]]:
    """The sentences that are so likely of a sort, the likeliest first; rows of tables are none."""
    likely = [
        (chances[place], saying)
        for saying, chances in judged
        if chances[place] >= least and not saying.text.startswith("|")
    ]
    return sorted(likely, key=lambda each: -each[0])


def _chance_of(
    fact: Fact, by_seq: Mapping[int, Sequence[tuple[Saying, list[float]]]], place: int
) -> float:
    """That of the likeliest sentence it quotes; what lists hold, or no sentence says, is sure."""
    words = ""
    chance = -1.0
    for saying, chances in chain.from_iterable(by_seq.get(seq, ()) for seq in fact.seqs):
        words = words or f" {fold(fact.text)} "
        if saying.words in words or words in saying.words:
            if saying.in_list:
                return 1.0
            chance = max(chance, chances[place])
    return 1.0 if chance < 0 else chance


class _Told:
    """What is told, and not to be told again."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts = list(facts)
        self._words = [f" {fold(fact.text)} " for fact in self._facts]

    def add(self, fact: Fact, words: str) -> None:
        """Tell one more."""
        self._facts.append(fact)
        self._words.append(words)

    def says(self, fact: Fact, words: str) -> bool:
        """Whether it is told, in its words or in much the same."""
        if any(words in other or other in words for other in self._words):
            return True
        return said_in(fact, self._facts)


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
