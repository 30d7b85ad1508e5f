"""Saved rules of pruning: what they pick, and how they are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agentsess.errors import InvalidQuery
from agentsess.model import JsonObject
from agentsess.sessions.query import Query, parse_size
from agentsess.storage.store import SessionStore

_KIND = "rules"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Rule:
    """What may go. All of its conditions must hold; a rule needs at least one.

    Pinned, noted and running sessions, and those of other programs, never fit.
    """

    query: str = ""
    """Which sessions it is about, in the search box's language; empty: all."""
    name: str = ""
    keep_newest: int = 0
    """So many of each project stay, the most recently worked in; 0: this says nothing."""
    max_total: str = ""
    """A size such as ``2gb``: the oldest go until the rest fits; empty: this says nothing."""
    at_start: bool = False
    """Whether the app applies it when it starts."""

    def __str__(self) -> str:
        parts = [self.query] if self.query else []
        if self.keep_newest:
            parts.append(f"beyond the newest {self.keep_newest} of each project")
        if self.max_total:
            parts.append(f"beyond {self.max_total} in all")
        return ", ".join(parts)

    def checked(self) -> Rule:
        """The same rule.

        Raises:
            InvalidQuery: It has no condition, or one that cannot be understood.
        """
        has_terms = bool(Query.parse(self.query).terms)
        if self.max_total:
            parse_size(self.max_total)
        if self.keep_newest < 0:
            raise InvalidQuery("Fewer than none cannot stay.")
        if not (has_terms or self.keep_newest or self.max_total):
            raise InvalidQuery("A rule needs a condition, such as older:30d or status:completed.")
        return self

    def to_json(self) -> JsonObject:
        """The public JSON form, as `prune --rules --json` prints it; it is stored so, too."""
        return {
            "name": self.name,
            "query": self.query,
            "keep_newest": self.keep_newest,
            "max_total": self.max_total,
            "at_start": self.at_start,
        }


class Rules:
    """The rules that the user saved."""

    def __init__(self, store: SessionStore) -> None:
        self._store = store

    def all(self) -> list[Rule]:
        """Every rule, by name."""
        return [_rule(d) for _, d in sorted(self._store.documents(_KIND).items())]

    def get(self, name: str) -> Rule:
        """The rule of this name; raises InvalidQuery."""
        document = self._store.documents(_KIND).get(name)
        if document is None:
            known = ", ".join(rule.name for rule in self.all()) or "none"
            raise InvalidQuery(f"There is no rule {name!r}. Saved are: {known}.")
        return _rule(document)

    def save(self, rule: Rule) -> None:
        """Keep a rule, in place of one of the same name.

        Raises:
            InvalidQuery: The rule or its name cannot be so.
        """
        rule.checked()
        if not _NAME.fullmatch(rule.name):
            raise InvalidQuery("A rule's name is letters, digits, - and _, at most 40 of them.")
        self._store.patch(_KIND, {rule.name: rule.to_json()})

    def drop(self, name: str) -> None:
        """Forget a rule; raises InvalidQuery if there is none of this name."""
        self._store.remove(_KIND, self.get(name).name)


def _rule(document: Mapping[str, object]) -> Rule:
    known = {name: document[name] for name in Rule.__dataclass_fields__ if name in document}
    return Rule(**known)  # type: ignore[arg-type]
