"""The search box's language: words, and ``field:value`` filters, any of them negated.

``python "two words" status:paused -tag:done project:billing older:30d larger:5mb has:notes``

``in:tools`` looks for the words in what tools were given and gave back.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from agentsess.errors import InvalidQuery
from agentsess.model import OWN_SOURCE, Session, Status, utc_now

_UNITS = {"h": 1 / 24, "d": 1.0, "w": 7.0, "m": 30.0, "mo": 30.0, "y": 365.0}
_SIZES = {"": 1, "b": 1, "k": 1024, "kb": 1024, "m": 1024**2, "mb": 1024**2, "g": 1024**3}
_SIZES["gb"] = _SIZES["g"]
_HAS: dict[str, Callable[[Session], bool]] = {
    "notes": lambda s: bool(s.notes),
    "tags": lambda s: bool(s.tags),
    "cost": lambda s: bool(s.cost_usd),
    "parent": lambda s: s.parent_id is not None,
    "damage": lambda s: s.damaged > 0,
}
_IN = ("chat", "tools")
_SOURCES = (OWN_SOURCE, "claude_code")
FIELDS = (
    "status", "project", "tag", "model", "source", "branch", "older", "newer", "larger",
    "smaller", "has", "in",
)  # fmt: skip


def parse_age(text: str) -> timedelta:
    """A span such as ``30d``, ``12h``, ``2w``, ``6mo`` or ``6m`` (months of 30 days) or ``1y``.

    Raises:
        InvalidQuery: It is none of these.
    """
    match = re.fullmatch(r"(\d{1,5}(?:\.\d+)?)\s*(h|d|w|mo?|y)", text.strip().lower())
    if not match:
        raise InvalidQuery(f"{text!r} is not a span of time. Write 12h, 30d, 2w, 6mo or 1y.")
    return timedelta(days=float(match[1]) * _UNITS[match[2]])


def parse_size(text: str) -> int:
    """A number of bytes such as ``500kb``, ``5mb`` or ``1gb``.

    Raises:
        InvalidQuery: It is not a size.
    """
    match = re.fullmatch(r"(\d{1,12}(?:\.\d+)?)\s*([kmg]?b?)", text.strip().lower())
    if not match:
        raise InvalidQuery(f"{text!r} is not a size. Write 500kb, 5mb or 1gb.")
    return int(float(match[1]) * _SIZES[match[2]])


@dataclass(frozen=True, slots=True)
class Term:
    """One condition; ``field`` is empty for a plain word."""

    field: str
    value: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. All of its terms must hold."""

    terms: tuple[Term, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Query:
        """Read what was typed. An unfinished quote or an unknown field is plain text.

        Raises:
            InvalidQuery: A known field with a value it cannot have.
        """
        terms = [_term(word) for word in _split(text)]
        query = cls(tuple(term for term in terms if term.value))
        for term in query.terms:
            _check(term)
        return query

    @property
    def words(self) -> tuple[str, ...]:
        """The plain words that must occur, in lower case."""
        return tuple(t.value.lower() for t in self.terms if not t.field and not t.negated)

    @property
    def unwanted(self) -> tuple[str, ...]:
        """The plain words that must not occur, in lower case."""
        return tuple(t.value.lower() for t in self.terms if not t.field and t.negated)

    @property
    def filters(self) -> Query:
        """The same query without the plain words."""
        return Query(tuple(t for t in self.terms if t.field))

    @property
    def in_tools(self) -> bool:
        """Whether the words are looked for in tools' input and output, not in what was said."""
        return any(t.field == "in" and "tools".startswith(t.value.lower()) for t in self.terms)

    def names(self, field: str) -> bool:
        """Whether a filter on this field is part of the query."""
        return any(term.field == field for term in self.terms)

    def matches(self, session: Session, now: datetime | None = None) -> bool:
        """Whether a session fits, by what its list row and details say."""
        if not self.terms:
            return True
        moment = now or utc_now()
        return all(_holds(term, session, moment) != term.negated for term in self.terms)


def facts_of(session: Session) -> list[str]:
    """What a session's row and details say."""
    parts = [session.title, session.notes, *session.tags, session.project, session.branch]
    parts += [str(v) for v in session.metadata.values() if isinstance(v, str | int | float)]
    return [*parts, str(session.status), session.id]


def haystack(session: Session) -> str:
    """The same as one text in lower case, for plain words."""
    return "\n".join(facts_of(session)).lower()


def _split(text: str) -> list[str]:
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
        lexer.whitespace_split, lexer.quotes, lexer.escape, lexer.commenters = True, '"', "", ""
        return list(lexer)
    except ValueError:
        return text.replace('"', " ").split()


def _term(word: str) -> Term:
    negated = len(word) > 1 and word.startswith("-")
    word = word[1:] if negated else word
    field, colon, value = word.partition(":")
    if colon and field.lower() in FIELDS:
        return Term(field.lower(), value, negated)
    return Term("", word, negated)


def _check(term: Term) -> None:
    if term.field in ("older", "newer"):
        parse_age(term.value)
    elif term.field in ("larger", "smaller"):
        parse_size(term.value)
    elif term.field == "status" and not any(s.startswith(term.value.lower()) for s in Status):
        raise InvalidQuery(f"There is no status {term.value!r}: {', '.join(Status)}.")
    elif term.field == "has" and term.value.lower() not in _HAS:
        raise InvalidQuery(f"has:{term.value} is unknown: {', '.join(_HAS)}.")
    elif term.field == "source" and not any(_source(term.value) in s for s in _SOURCES):
        raise InvalidQuery(f"There is no source {term.value!r}: {', '.join(_SOURCES)}.")
    elif term.field == "in" and (
        term.negated or not any(s.startswith(term.value.lower()) for s in _IN)
    ):
        raise InvalidQuery(
            f"in:{term.value} is unknown: in:chat and in:tools say where words are looked for. "
            "The trash is a list of its own (list --trash; T in the app)."
        )


def _source(value: str) -> str:
    """A source as it is kept, whichever way it was written."""
    return value.lower().replace("-", "_").replace(" ", "_")


def _holds(term: Term, session: Session, now: datetime) -> bool:
    value = term.value.lower()
    match term.field:
        case "":
            return value in haystack(session)
        case "tag":
            return any(value == tag.lower() for tag in session.tags)
        case "status":
            return session.status.startswith(value)
        case "older":
            return now - session.updated_at > parse_age(value)
        case "newer":
            return now - session.updated_at <= parse_age(value)
        case "larger":
            return session.size_bytes > parse_size(value)
        case "smaller":
            return session.size_bytes < parse_size(value)
        case "has":
            return _HAS[value](session)
        case "in":
            return True  # says where a search looks
        case "source":
            return _source(value) in session.source
        case field:
            return value in str(getattr(session, field)).lower()
