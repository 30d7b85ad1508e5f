"""Pruning by rule: what would go, how much it would free, and why something stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from agentsess.errors import InvalidQuery, Owner
from agentsess.model import JsonObject, Session
from agentsess.sessions.query import Query


@dataclass(frozen=True, slots=True)
class Kept:
    """A session that fits the rule and stays all the same."""

    session: Session
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rule would move to the trash. Making a plan changes nothing."""

    rule: str
    sessions: tuple[Session, ...]
    kept: tuple[Kept, ...]

    @property
    def bytes(self) -> int:
        """What the sessions' histories take on disk."""
        return sum(session.size_bytes for session in self.sessions)

    def to_json(self) -> JsonObject:
        """The public JSON form, as `prune --json` prints it."""
        return {
            "rule": self.rule,
            "sessions": [session.to_json() for session in self.sessions],
            "bytes": self.bytes,
            "kept": [{"id": kept.session.id, "reason": kept.reason} for kept in self.kept],
        }


def rule_of(
    *,
    older_than: str = "",
    status: str = "",
    larger_than: str = "",
    project: str = "",
    tag: str = "",
    words: str = "",
) -> str:
    """A rule as a query; conditions left empty do not count.

    Raises:
        InvalidQuery: A value holds a quotation mark, which a query cannot say.
    """
    fields = {
        "older": older_than,
        "status": status,
        "larger": larger_than,
        "project": project,
        "tag": tag,
    }
    quoted = [f"{name}:{_quoted(v)}" for name, value in fields.items() if (v := value.strip())]
    return " ".join([*quoted, words.strip()]).strip()


def _quoted(value: str) -> str:
    if '"' in value:
        raise InvalidQuery(f"A condition cannot hold a quotation mark: {value}")
    return value if value.isprintable() and " " not in value else f'"{value}"'


def make_plan(
    rule: str, sessions: Iterable[Session], owner: Callable[[Session], Owner | None]
) -> Plan:
    """Which of some sessions a rule would move to the trash.

    Args:
        rule: A query with at least one condition.
        sessions: Those to choose from.
        owner: Who is running in a session.

    Raises:
        InvalidQuery: The rule has no condition, or one that cannot be understood.
    """
    query = Query.parse(rule)
    if not query.terms:
        raise InvalidQuery("A rule needs a condition, such as older:30d or status:completed.")
    going: list[Session] = []
    kept: list[Kept] = []
    for session in sessions:
        if not query.matches(session):
            continue
        if not session.is_own:
            kept.append(Kept(session, f"its file belongs to {session.source}"))
        elif holder := owner(session):
            kept.append(Kept(session, f"in use by {holder}"))
        else:
            going.append(session)
    return Plan(rule, tuple(going), tuple(kept))
