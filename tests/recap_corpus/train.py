"""Learns from the sessions of the tuning half what sentences are: the weights of `likely`.

Needs scikit-learn (``pip install -e '.[train]'``). A sentence is of a sort if it says one of the
session's labels of that field.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import agentsess.sessions.recap
from agentsess.sessions.recap import likely
from agentsess.sessions.recap.course import Course
from agentsess.sessions.recap.likely import SORTS, WEIGHTS, Weights
from recap_corpus.corpus import Case
from recap_corpus.score import Score

RARE = 5
"""In how many sentences a feature must be seen."""
STRENGTH = 0.1
"""The inverse of how strongly weights are held small."""
_SMALL = 0.03
"""Weights that make no difference."""


@dataclass(frozen=True)
class Example:
    """A sentence of a session."""

    case: str
    features: dict[str, int]
    sorts: tuple[bool, ...]
    """Of each of `SORTS`, whether it is of it."""


def examples(cases: Sequence[Case]) -> Iterator[Example]:
    """The sentences of some sessions, as of their end."""
    for case in cases:
        course = Course()
        for entry in case.entries:
            course.take(entry)
        for said, features in course.sayings.standing(course.tools.changes):
            for saying in said:
                every = dict.fromkeys([*saying.features, *features], 1)
                yield Example(case.name, every, _sorts_of(saying.text, case))


def _sorts_of(text: str, case: Case) -> tuple[bool, ...]:
    return tuple(any(label.matches(text) for label in case.labelled(sort)) for sort in SORTS)


def learn(learnt_from: Sequence[Example]) -> tuple[dict[str, list[float]], list[float]]:
    """The weights by feature, and the bias, of each sort."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform([example.features for example in learnt_from])
    common = (matrix != 0).sum(axis=0).A1 >= RARE
    names = vectorizer.get_feature_names_out()[common]
    columns: list[Any] = []
    bias: list[float] = []
    for sort in range(len(SORTS)):
        model = LogisticRegression(C=STRENGTH, max_iter=1000)
        model.fit(matrix[:, common], [example.sorts[sort] for example in learnt_from])
        columns.append(model.coef_[0])
        bias.append(float(model.intercept_[0]))
    weights = {
        str(name): [float(column[place]) for column in columns] for place, name in enumerate(names)
    }
    return weights, bias


def train(cases: Sequence[Case]) -> None:
    """Learn from some sessions, and write the weights down."""
    path = Path(agentsess.sessions.recap.__path__[0]) / WEIGHTS
    path.write_text(as_text(*learn(list(examples(cases)))), encoding="utf-8")


def crossed(cases: Sequence[Case], folds: int = 10) -> Iterator[tuple[list[Case], Weights]]:
    """Some of the sessions each time, and weights learnt from the others."""
    known = list(examples(cases))
    for fold in range(folds):
        held = cases[fold::folds]
        names = {case.name for case in held}
        weights = learn([example for example in known if example.case not in names])
        yield list(held), Weights.read(as_text(*weights))


def as_text(weights: dict[str, list[float]], bias: list[float]) -> str:
    """The weights as they are stored: in hundredths, one feature a line."""
    lines = ",\n".join(
        f"{json.dumps(name, ensure_ascii=False)}:{json.dumps([round(v * 100) for v in values])}"
        for name, values in sorted(weights.items())
        if any(abs(value) >= _SMALL for value in values)
    )
    first = json.dumps([round(value * 100) for value in bias])
    return f'{{"bias": {first},\n"weights": {{\n{lines}\n}}}}\n'


def score_crossed(cases: Sequence[Case]) -> Score:
    """What recaps of some sessions reach with weights that were learnt from the others."""
    result = Score()
    for held, weights in crossed(cases):
        with patch.object(likely, "learnt", lambda given=weights: given):
            result.add(held)
    return result
