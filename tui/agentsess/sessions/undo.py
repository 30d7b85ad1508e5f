"""Undo and redo of what the user changed about sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentsess.model import JsonObject

_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the user's, over one or many sessions."""

    label: str
    """What was done, such as ``archived 3 sessions``."""
    before: Mapping[tuple[str, str], JsonObject]
    """Former values by collection and id; None stands for an absent field."""
    after: Mapping[tuple[str, str], JsonObject]


class UndoLog:
    """The steps that can be taken back, and those that were."""

    def __init__(self) -> None:
        self._done: list[Change] = []
        self._undone: list[Change] = []

    def record(self, change: Change) -> None:
        """Remember a step that was just taken."""
        self._done = [*self._done[-_DEPTH:], change]
        self._undone.clear()

    def undo(self) -> Change | None:
        """The step to take back; None if there is none."""
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1]

    def redo(self) -> Change | None:
        """The step to take again; None if there is none."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1]


def still_ours(now: JsonObject, wanted: JsonObject, expected: JsonObject) -> dict[str, Any]:
    """Of the values to put back, those whose field nobody changed since."""
    return {name: value for name, value in wanted.items() if now.get(name) == expected.get(name)}
