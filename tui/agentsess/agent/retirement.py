"""Which models retire, and what may follow them, as the SDK knows it.

The SDK's source is read for that: importing it takes over a second.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from agentsess.config import DEFAULT_MODEL

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DATE_IN_NAME = re.compile(r"-20\d{6}$")

# The SDK's table forgets a model some time after its end; sessions that used it stay.
# From DEPRECATED_MODELS of anthropic 2.12.
_GONE = {
    "claude-1.3": date(2024, 11, 6),
    "claude-1.3-100k": date(2024, 11, 6),
    "claude-instant-1.1": date(2024, 11, 6),
    "claude-instant-1.1-100k": date(2024, 11, 6),
    "claude-instant-1.2": date(2024, 11, 6),
    "claude-2.0": date(2025, 7, 21),
    "claude-2.1": date(2025, 7, 21),
    "claude-3-sonnet-20240229": date(2025, 7, 21),
    "claude-3-opus-20240229": date(2026, 1, 5),
    "claude-3-5-haiku-20241022": date(2026, 2, 19),
    "claude-3-5-haiku-latest": date(2026, 2, 19),
    "claude-3-7-sonnet-20250219": date(2026, 2, 19),
    "claude-3-7-sonnet-latest": date(2026, 2, 19),
    "claude-opus-4-0": date(2026, 6, 15),
    "claude-opus-4-20250514": date(2026, 6, 15),
    "claude-sonnet-4-0": date(2026, 6, 15),
    "claude-sonnet-4-20250514": date(2026, 6, 15),
}
# where the SDK has kept its table: 2.13 and on; before
_TABLES = (("_data", "deprecated_models.py"), ("resources", "messages", "messages.py"))


@dataclass(frozen=True, slots=True)
class Retirement:
    """The end of a model, and what may follow it."""

    model: str
    on: date
    """From this day on requests fail."""
    successor: str
    """The newest model of its family that stays; else the default."""

    def is_over(self, today: date) -> bool:
        """Whether the model is gone."""
        return self.on <= today

    def text(self, today: date) -> str:
        """In a sentence: when, and in how many days."""
        day = f"{self.on.day} {_MONTHS[self.on.month - 1]} {self.on.year}"
        if self.is_over(today):
            return f"{self.model} was retired on {day}."
        days = (self.on - today).days
        return f"{self.model} retires on {day}, in {days} day{'' if days == 1 else 's'}."

    @property
    def way_out(self) -> str:
        """In a sentence: what follows it."""
        return f"Its successor is {self.successor}."


def retirement(model: str) -> Retirement | None:
    """When a model retires, if the SDK knows that."""
    on = _retirements().get(model)
    return Retirement(model, on, successor(model, sdk_names())) if on else None


def successor(model: str, names: Iterable[str]) -> str:
    """The newest model of the same family that does not retire, by its version."""
    family = _family(model)
    staying = [n for n in names if _family(n) == family and n not in _retirements()]
    newest = max((n for n in staying if n != model), key=_version, default=DEFAULT_MODEL)
    return newest if family else DEFAULT_MODEL


def _family(model: str) -> str:
    words = re.findall(r"[a-z]{4,}", model.removeprefix("claude-"))
    return words[0] if words and model.startswith("claude-") else ""


def _version(model: str) -> tuple[list[int], bool]:
    """The numbers in a name; of two equal ones, that without a date is the greater."""
    name = _DATE_IN_NAME.sub("", model)
    return [int(number) for number in re.findall(r"\d+", name)], name == model


@cache
def sdk_names() -> tuple[str, ...]:
    """The names of models that the SDK knows, about the newest first."""
    tree = ast.parse(_sdk_source("types", "model.py"))
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    names = [name for name in constants if isinstance(name, str) and name.startswith("claude-")]
    return tuple(dict.fromkeys(names))


@cache
def _retirements() -> dict[str, date]:
    told = [_table_in(_sdk_source(*path)) for path in _TABLES]
    return _GONE | next((table for table in told if table), {})


def _table_in(source: str) -> dict[str, date]:
    table = re.search(r"^DEPRECATED_MODELS\b[^=]*=\s*(\{.*?^\})", source, re.DOTALL | re.MULTILINE)
    days = ast.literal_eval(table[1]) if table else {}
    return {name: on for name, day in days.items() if (on := _date(day))}


def _sdk_source(*path: str) -> str:
    spec = find_spec("anthropic")
    if spec is None or not spec.origin:
        return ""
    try:
        return Path(spec.origin).parent.joinpath(*path).read_text(encoding="utf-8")
    except OSError:
        return ""


def _date(text: str) -> date | None:
    """A day written like ``November 30th, 2026``."""
    parts = re.fullmatch(r"(\w+) (\d+)\w*, (\d{4})", text)
    if parts is None or parts[1] not in _MONTHS:
        return None
    return date(int(parts[3]), _MONTHS.index(parts[1]) + 1, int(parts[2]))
