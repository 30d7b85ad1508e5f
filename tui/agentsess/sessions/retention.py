"""Pruning by rule: what would go, how much it would free, and why something stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from agentsess.errors import InvalidQuery, Owner, Stopped
from agentsess.model import JsonObject, Session, utc_now
from agentsess.pace import go_on
from agentsess.sessions.catalog import Catalog
from agentsess.sessions.fields import counted
from agentsess.sessions.query import Query, parse_size
from agentsess.sessions.removals import PRUNED, Removal, removal_of, removals
from agentsess.sessions.rules import Rule, Rules
from agentsess.sessions.undo import Changes
from agentsess.storage.store import SessionStore

_PINNED = "pinned"


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
    name: str = ""
    """The saved rule's name; empty if there is none."""

    @property
    def bytes(self) -> int:
        """What the sessions' histories take on disk."""
        return sum(session.size_bytes for session in self.sessions)

    def to_json(self) -> JsonObject:
        """The public JSON form, as `prune --json` prints it."""
        return {
            "rule": self.rule,
            "name": self.name,
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
    rule: Rule | str, sessions: Iterable[Session], owner: Callable[[Session], Owner | None]
) -> Plan:
    """Which of some sessions a rule would move to the trash.

    Args:
        rule: What may go: a rule, or a query alone.
        sessions: Those to choose from.
        owner: Who is running in a session.

    Raises:
        InvalidQuery: The rule has no condition, or one that cannot be understood.
        Stopped: It is not wanted any more.
    """
    rule = Rule(rule) if isinstance(rule, str) else rule
    query = Query.parse(rule.checked().query)
    fitting = sorted(filter(query.matches, sessions), key=_last_worked_in, reverse=True)
    own = [session for session in fitting if session.is_own]
    ranks: Counter[str] = Counter()
    surplus = sum(s.size_bytes for s in own) - parse_size(rule.max_total) if rule.max_total else 0
    going: list[Session] = []
    kept: list[Kept] = []
    reasons: dict[str, str] = {}
    for session in fitting:
        go_on()
        ranks[session.project] += session.is_own
        if session.is_own and ranks[session.project] <= rule.keep_newest:
            reasons[session.id] = f"among the newest {rule.keep_newest} of its project"
        if reason := protection(session, owner):
            reasons[session.id] = reason
    for session in reversed(fitting):  # the oldest first
        if not (reason := reasons.get(session.id, "")) and rule.max_total and surplus <= 0:
            reason = f"the rest fits into {rule.max_total}"
        if reason:
            kept.append(Kept(session, reason))
        else:
            surplus -= session.size_bytes
            going.append(session)
    return Plan(str(rule), tuple(reversed(going)), tuple(reversed(kept)), rule.name)


def protection(session: Session, owner: Callable[[Session], Owner | None]) -> str:
    """Why no rule may move a session to the trash; empty if one may."""
    if not session.is_own:
        return f"its file belongs to {session.source}"
    if _PINNED in map(str.lower, session.tags) or session.metadata.get(_PINNED) is True:
        return "pinned"
    if session.notes:
        return "with a note"
    if holder := owner(session):
        return f"in use by {holder}"
    return ""


def _last_worked_in(session: Session) -> tuple[object, str]:
    return session.updated_at, session.id


class Retention:
    """Plans and applies rules; never does anything by itself.

    Args:
        store: Our own store.
        catalog: All sessions.
        changes: Where what is done can be undone.
        prepare: Called with the ids of what goes before it goes; gives those it came to.
    """

    def __init__(
        self,
        store: SessionStore,
        catalog: Catalog,
        changes: Changes,
        prepare: Callable[[Sequence[str]], list[str]],
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._changes = changes
        self._prepare = prepare
        self.rules = Rules(store)

    def plan(self, rule: Rule | str) -> Plan:
        """What a rule would move to the trash now; changes nothing. Raises InvalidQuery."""
        listed = [s for s in self._catalog.sessions().values() if s.trashed_at is None]
        return make_plan(rule, listed, self._owner)

    def apply(self, plan: Plan, *, who: str = "user") -> Removal:
        """Move what a plan names to the trash, in one step that can be undone.

        What changed since the plan was made (worked in, noted, pinned, in use) stays, and
        what was not come to before the work was stopped.
        """
        reached = set(self._prepare([session.id for session in plan.sessions]))
        now = self._catalog.sessions()
        going = [
            session
            for session in plan.sessions
            if session.id in reached
            and (current := now.get(session.id))
            and current.trashed_at is None
            and current.updated_at == session.updated_at
            and not protection(current, self._owner)
        ]
        removal = removal_of(going, what=PRUNED, who=who, why=plan.rule, name=plan.name)
        if going:
            moment = utc_now().isoformat()
            self._changes.make(
                f"{counted(going)} pruned",
                {session.id: {"trashed_at": moment} for session in going},
                removal.to_json(),
            )
        return removal

    def apply_at_start(self) -> list[Removal]:
        """Apply the rules for which the user turned that on; what went, by rule."""
        removals: list[Removal] = []
        with suppress(Stopped):
            for rule in [rule for rule in self.rules.all() if rule.at_start]:
                removals.append(self.apply(self.plan(rule), who="start"))
        return [removal for removal in removals if removal.sessions]

    def history(self) -> list[Removal]:
        """What was pruned and deleted for good, when and why; the latest first."""
        return removals(self._store)

    def _owner(self, session: Session) -> Owner | None:
        return self._store.owner(session.id)
