"""What a model wrote as a recap, held against the history: what that does not bear out goes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from agentsess.agent.recap_material import Material
from agentsess.errors import AgentError
from agentsess.model import Fact, JsonObject, Recap
from agentsess.sessions.recap.editing import LISTS
from agentsess.sessions.records import one_line

_LONGEST = 400
_MOST = 12
_FENCE = re.compile(r"^```\w*\n(.*)\n```$", re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")
# paths, dotted names, names with underscores, options: what nobody writes by chance
_NAME = re.compile(r"(?<![\w`])(?:--?)?[\w@~.-]*\w(?:[/._]|::)[\w/.:@-]*\w|(?<!\w)--\w[\w-]+")
_NUMBER = re.compile(r"\d[\d,.]*")
_ABBREVIATION = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_PASSED = re.compile(
    r"\b(?:tests?|suite|build|everything|all)\b.{0,40}\b(?:pass(?:es|ed|ing)?|green|succeed\w*)\b",
    re.IGNORECASE,
)
_NOT_PASSED = re.compile(r"\b(?:not|until|once|when|make|get|fail\w*|before|should)\b", re.I)


@dataclass(frozen=True, slots=True)
class Checked:
    """What is left of it."""

    recap: Recap
    dropped: tuple[str, ...]
    """Lines that the history does not bear out."""


def checked(text: str, by: str, recap: Recap, shown: Material) -> Checked:
    """Read what a model wrote, and keep of it what the history bears out.

    A line must point to entries that the model was shown, and name no file, command, option
    or number that it was not shown. Files and commands stay those of the history.

    Args:
        text: The reply.
        by: The model's name.
        recap: Made from the history alone.
        shown: What the model was shown.

    Raises:
        AgentError: It is no recap, or nothing of it is left.
    """
    written = _parsed(text)
    holds = _Evidence(recap, shown)
    dropped: list[str] = []
    lists: dict[str, Any] = {}
    for name in LISTS:
        found = written.get(name)
        facts = [_fact(each) for each in (found if isinstance(found, list) else [])]
        kept = []
        for fact in facts:
            if pointed := holds.fact(fact):
                kept.append(pointed)
            elif fact.text:
                dropped.append(fact.text)
        lists[name] = tuple(kept[:_MOST])
    headline = _line(written.get("headline"))
    if not headline or not holds.text(headline):
        dropped += [headline] if headline else []
        headline = recap.headline
    goal = holds.fact(_fact(written.get("goal"))) or recap.goal
    if headline == recap.headline and not any(lists.values()):
        raise AgentError("Nothing of what the model wrote is borne out by the history.")
    made = replace(recap, headline=headline, goal=goal, generated_by=by, edited=(), **lists)
    return Checked(made, tuple(dropped))


def _parsed(text: str) -> JsonObject:
    text = text.strip()
    if fenced := _FENCE.match(text):
        text = fenced[1]
    try:
        return msgspec.json.decode(text, type=JsonObject)
    except (msgspec.DecodeError, msgspec.ValidationError):
        raise AgentError("What the model wrote is no recap: try another model.") from None


def _fact(value: Any) -> Fact:
    """A line as the model gives it; of another shape: an empty one."""
    if not isinstance(value, dict):
        return Fact("")
    entries = value.get("entries")
    numbers = entries if isinstance(entries, list) else []
    return Fact(_line(value.get("text")), tuple(n for n in numbers if type(n) is int))


def _line(value: object) -> str:
    return one_line(value)[:_LONGEST] if isinstance(value, str) else ""


class _Evidence:
    """What the history bears out."""

    def __init__(self, recap: Recap, shown: Material) -> None:
        self._text = shown.evidence
        self._seqs = shown.seqs
        self._numbers = {_plain(number) for number in _NUMBER.findall(shown.evidence)}
        self._fails = bool(recap.commands) and recap.commands[-1].outcome == "failed"

    def fact(self, fact: Fact) -> Fact | None:
        """The line with those of its entries that there are; None if it does not hold."""
        seqs = tuple(seq for seq in dict.fromkeys(fact.seqs) if seq in self._seqs)
        return Fact(fact.text, seqs) if fact.text and seqs and self.text(fact.text) else None

    def text(self, text: str) -> bool:
        """Whether all that a line names, counts and claims to have passed is there."""
        names = [*_CODE.findall(text), *_NAME.findall(_CODE.sub(" ", text))]
        named = [name for name in names if not _ABBREVIATION.fullmatch(name)]
        if not all(name in self._text for name in named if not _NUMBER.fullmatch(name)):
            return False
        if not all(_plain(number) in self._numbers for number in _NUMBER.findall(text)):
            return False
        claims_success = _PASSED.search(text) and not _NOT_PASSED.search(text)
        return not (claims_success and self._fails)


def _plain(number: str) -> str:
    return number.replace(",", "").strip(".")
