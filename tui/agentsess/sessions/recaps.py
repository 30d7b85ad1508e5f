"""Recaps as they are kept: made from the history, written by a model, edited by the user.

What the user wrote stands over both; what a model wrote counts as long as the history has
not moved on; what is made from the history is kept so that it need not be made again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from agentsess.errors import AgentsessError, InvalidSession, StoreError
from agentsess.model import Fact, JsonObject, Recap, Session, Status, Usage, utc_now
from agentsess.sessions.catalog import OVERLAYS
from agentsess.sessions.recap.editing import LISTS, PARTS, parts_of
from agentsess.sessions.records import one_line
from agentsess.sessions.writer import broke_off
from agentsess.storage.store import SessionStore

if TYPE_CHECKING:
    from agentsess.sessions.catalog import Catalog
    from agentsess.sessions.recap.building import RecapBuilder
    from agentsess.sessions.service import SessionService
    from agentsess.sessions.staleness import Change

_BUILDERS_KEPT = 16
_AT_ONCE = 20
"""Sessions whose recaps are made ready when several are put away in one step."""
_LONGEST_LINE = 400
_MOST_LINES = 40
_BROKE_OFF = "The last run broke off."
_log = logging.getLogger(__name__)


class Recaps:
    """Where sessions stand, and what changed around them.

    Args:
        service: Reads the histories.
        store: Keeps the recaps.
        catalog: Finds what helpers did.
    """

    def __init__(self, service: SessionService, store: SessionStore, catalog: Catalog) -> None:
        self._service = service
        self._store = store
        self._catalog = catalog
        self._builders: dict[str, RecapBuilder] = {}

    def get(self, session_id: str) -> Recap:
        """Where a session stands, by all that is known. Costs no more than the new entries."""
        kept = self._kept(session_id)
        recap = _written(self._from_history(session_id, kept), kept)
        if self._broke_off(session_id):
            fact = Fact(_BROKE_OFF, (recap.covers_entries,))
            recap = replace(recap, blockers=(*recap.blockers, fact))
        return _edited(recap, kept.get("edits") or {})

    def _broke_off(self, session_id: str) -> bool:
        session = self._service.get(session_id)
        if not session.is_own or session.status is Status.COMPLETED:
            return False
        return self._store.owner(session_id) is None and broke_off(self._store, session_id)

    def from_history(self, session_id: str) -> Recap:
        """Where a session stands, from its history alone."""
        return self._from_history(session_id, self._kept(session_id))

    def _kept(self, session_id: str) -> JsonObject:
        try:
            return self._store.recaps(session_id)
        except StoreError as error:
            _log.warning("The kept recap of %s cannot be read: %s", session_id, error)
            return {}

    def _from_history(self, session_id: str, kept: JsonObject) -> Recap:
        recap, news = self._made(self._service.get(session_id), kept)
        try:
            if news:
                self._store.change_recaps(session_id, lambda now: now | news, durable=False)
        except (AgentsessError, OSError) as error:
            _log.warning("The recap of %s was not kept: %s", session_id, error)
        return recap

    def _made(self, session: Session, kept: JsonObject) -> tuple[Recap, JsonObject]:
        """What the history comes to, and what is to be kept of that, if it is new."""
        key = _key(session)
        if kept.get("key") == key and "history" in kept:
            recap = Recap.from_json(kept["history"])
            if recap.covers_entries == session.entry_count and self._service.follows(
                session.id, recap.covers_entries, recap.last_activity
            ):
                return recap, {}
        recap = self._build(session)
        return recap, {"key": key, "history": recap.to_json()}

    def _build(self, session: Session) -> Recap:
        from agentsess.sessions.recap.building import (
            RecapBuilder,  # its many patterns are slow to load
        )

        # Taken out while at work, so that two threads never feed the same one.
        builder = self._builders.pop(session.id, None) or RecapBuilder()
        if not self._service.follows(session.id, builder.last_seq, builder.last_at):
            builder = RecapBuilder()  # the session was rewound since
        last = self._service.page(session.id, last=1).total
        for entry in self._service.entries(session.id, builder.last_seq + 1):
            builder.add(entry, last)
        self._builders[session.id] = builder
        while len(self._builders) > _BUILDERS_KEPT:
            self._builders.pop(next(iter(self._builders)), None)
        return builder.build(session, partial(self._catalog.helpers, session))

    def make_ready(self, session_ids: Sequence[str]) -> None:
        """Make the recaps of sessions that are put away, so that they are there on return.

        A convenience beside other work: what hinders it is logged, not raised.
        """
        for session_id in session_ids[:_AT_ONCE]:
            try:
                self.get(session_id)
            except (AgentsessError, OSError) as error:
                _log.warning("No recap of %s was made: %s", session_id, error)

    # -- what changed since

    def settle(self, session_id: str) -> None:
        """Remember where a session stands and what is around it, at the end of a run.

        A convenience at the end of other work: what hinders it is logged, not raised.
        """
        from agentsess.sessions.staleness import look  # not needed to list sessions

        try:
            session = self._service.get(session_id)
            recap, news = self._made(session, self._kept(session_id))
            world = look(session.cwd, [file.path for file in recap.files], recap.covers_entries)
            news = news | {"world": world.to_json() if session.cwd else None}
            self._store.change_recaps(session_id, lambda now: now | news, durable=False)
        except (AgentsessError, OSError) as error:
            _log.warning("What is around %s was not kept: %s", session_id, error)

    def changes(self, session_id: str) -> tuple[Change, ...]:
        """What is not as it was at the last turn. Asks Git, so it may take seconds at worst."""
        from agentsess.sessions.staleness import World, changes_since

        session = self._service.get(session_id)
        kept = self._kept(session_id)
        recap = self._from_history(session_id, kept)
        world = World.from_json(kept["world"]) if kept.get("world") else None
        if world and world.seq != recap.covers_entries:
            world = None  # the run after it was killed before it could look
        return changes_since(session, recap, world, utc_now())

    # -- written and edited

    def keep_written(self, session_id: str, recap: Recap) -> None:
        """Keep what a model wrote.

        Raises:
            StoreError: It was not kept.
        """
        value = recap.to_json()
        self._store.change_recaps(session_id, lambda now: now | {"written": value})

    def count_cost(self, session_id: str, usage: Usage, cost_usd: float | None) -> None:
        """Count what a written recap cost in its session, another program's too.

        It stands apart from what the history says, which may be counted anew.

        Raises:
            SessionNotFound: There is no such session any more.
            StoreError: It was not counted.
        """
        kind = "sessions" if self._service.get(session_id).is_own else OVERLAYS

        def decide() -> Mapping[str, Mapping[str, JsonObject]]:
            before = self._store.documents(kind).get(session_id, {}).get("recaps") or {}
            total = Usage.from_json(before) + usage
            cost = before.get("cost_usd", 0.0) + (cost_usd or 0.0)
            unpriced = bool(before.get("unpriced")) or cost_usd is None
            spent = {**total.to_json(), "cost_usd": cost, "unpriced": unpriced}
            return {kind: {session_id: {"recaps": spent}}}

        self._store.transact(decide)

    def edit(self, session_id: str, values: Mapping[str, Any]) -> Recap:
        """Put the user's words in place of parts of a recap, until they are taken back.

        Args:
            session_id: Whose.
            values: Texts for ``headline`` and ``goal``, lists of lines for the others; None,
                or what the recap says without them, takes them back.

        Raises:
            InvalidSession: There is no such part, or it cannot be that.
            StoreError: Nothing was changed.
        """
        recap = _written(self.from_history(session_id), self._kept(session_id))
        edits = {name: _checked(name, value) for name, value in values.items()}
        without = parts_of(recap)
        new = {n: None if value == without[n] else value for n, value in edits.items()}

        def change(now: JsonObject) -> JsonObject:
            merged = (now.get("edits") or {}) | new
            return now | {"edits": {n: value for n, value in merged.items() if value is not None}}

        self._store.change_recaps(session_id, change)
        return self.get(session_id)


def _key(session: Session) -> list[Any]:
    """What a recap depends on besides the history."""
    return [_code(), session.cwd, session.metadata, session.notes, str(session.status)]


def _code() -> str:
    """Another one for another version of the modules that make recaps."""
    modules = sorted(Path(__file__).parent.glob("recap*.py"))
    stats = ((path.name, path.stat()) for path in modules)
    facts = [(name, found.st_size, found.st_mtime_ns) for name, found in stats]
    return f"{crc32(repr(facts).encode()):08x}"


def _written(recap: Recap, kept: JsonObject) -> Recap:
    """What a model wrote about the same entries, with the files and commands there were."""
    if "written" not in kept:
        return recap
    written = Recap.from_json(kept["written"])
    seen = (written.covers_entries, written.last_activity)
    if seen != (recap.covers_entries, recap.last_activity):
        return recap
    texts = {name: getattr(written, name) for name in (*PARTS, "generated_by")}
    return replace(recap, **texts)


def _edited(recap: Recap, edits: Mapping[str, Any]) -> Recap:
    if not edits:
        return recap
    values: dict[str, Any] = {}
    for name, value in edits.items():
        if name == "headline":
            values[name] = value
        elif name == "goal":
            values[name] = Fact(value, recap.goal.seqs if recap.goal else ()) if value else None
        else:
            values[name] = _with_evidence(value, getattr(recap, name))
    return replace(recap, **values, edited=tuple(n for n in PARTS if n in edits))


def _with_evidence(lines: Sequence[str], facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """The lines as facts; one that was there before still points to its entries."""
    known = {fact.text: fact.seqs for fact in facts}
    return tuple(Fact(line, known.get(line, ())) for line in lines)


def _checked(name: str, value: Any) -> Any:
    if name not in PARTS:
        raise InvalidSession(f"A recap has no {name!r}: {', '.join(PARTS)}.")
    if value is None:
        return None
    if name in LISTS:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise InvalidSession(f"{name} must be a list of lines.")
        lines = [_line(each, name) for each in value]
        return [line for line in lines if line][:_MOST_LINES]
    return _line(value, name)


def _line(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise InvalidSession(f"{name} must be text.")
    return one_line(value)[:_LONGEST_LINE]
