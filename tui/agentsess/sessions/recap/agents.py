"""Who did what: the agents that share a session, and the helpers that they sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from agentsess.model import Entry, EntryKind, Fact
from agentsess.sessions.recap.commands import UNKNOWN
from agentsess.sessions.recap.facts import latest
from agentsess.sessions.recap.reading import read
from agentsess.sessions.recap.text import FACT_LENGTH, plain, shorten
from agentsess.sessions.recap.time import Spent
from agentsess.sessions.recap.tools import ToolLog

HELPER_TOOLS = frozenset({"task", "agent"})
"""Tools by which an agent hands work to another, in lower case."""
_REMEMBERED = 40
_DEEPEST = 3
"""How often helpers' helpers are looked for."""
_NAMED_FILES = 2
_LONGEST_TASK = 80
_READ = 4_000
"""Characters of what a helper said."""
# What stands in place of a report while the helper is still at work.
_NO_REPORT = re.compile(r"async agent launched|agent (?:was )?launched|spawned success", re.I)

Histories = Callable[[Mapping[str, str]], Iterable[tuple[str, Iterable[Entry]]]]
"""Finds what helpers did; see `Source.helpers`."""


@dataclass(slots=True)
class Work:
    """What a helper did, by its own history."""

    said: str = ""
    """The beginning of its last words."""
    ended: bool = False
    tools: ToolLog = field(default_factory=ToolLog)
    spent: Spent = field(default_factory=Spent)
    sent: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """The helpers that it sent itself, by call."""


def work_of(entries: Iterable[Entry]) -> Work:
    """What a helper's history tells."""
    work = Work()
    said = ""
    for entry in entries:
        if entry.kind is EntryKind.ASSISTANT:
            work.spent.add(entry)
            calls = entry.tool_calls
            for call in calls:
                if call.name.lower() in HELPER_TOOLS:
                    work.sent[call.id] = call.input
                else:
                    work.tools.called(call.id, call.name, call.input, entry.seq)
            if entry.text.strip():
                said = entry.text
            work.ended = not calls and bool(entry.text.strip())
        elif entry.kind is EntryKind.TOOL_RESULT:
            work.ended = False
            failed = bool(entry.meta.get("is_error"))
            call_id = str(entry.meta.get("tool_use_id") or "")
            work.tools.answered(call_id, entry.text, entry.seq, is_error=failed)
    work.said = _beginning(said)
    return work


def _beginning(text: str) -> str:
    reading = read(text[:_READ])
    return plain(reading.lead or "".join(reading.sentences[:1]))


@dataclass(slots=True)
class Helper:
    """A helper, as its call and what came back tell of it."""

    task: str
    prompt: str
    seqs: tuple[int, ...]
    report: str = ""
    """The beginning of what came back."""
    answered: bool = False
    in_background: bool = False
    """Whether the answer says only that it works."""
    looked: bool = False
    """Whether its history was looked for since it was answered."""
    work: Work | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nothing more can become known of it."""
        at_work = self.in_background and self.work is not None and not self.work.ended
        return self.looked and not at_work

    def fact(self) -> Fact:
        """What it was sent for, what it said, and what it did."""
        said = self.work.said if self.work and self.work.said else self.report
        did = f" ({'; '.join(found)})" if (found := self._did()) else ""
        task = shorten(self.task, _LONGEST_TASK) if said or did else self.task
        room = FACT_LENGTH - len(task) - len(did) - 3
        return Fact(f"{task} → {shorten(said, room)}{did}" if said else task + did, self.seqs)

    def _did(self) -> list[str]:
        if self.work is None:
            return []
        told = []
        if files := [PurePath(path).name for path in self.work.tools.files]:
            few = len(files) <= _NAMED_FILES
            told.append(plain(", ".join(files), 60) if few else f"{len(files)} files changed")
        runs = self.work.tools.commands.runs.values()
        ended = [
            f"{shorten(run.command, 40)} {run.outcome}" for run in runs if run.outcome != UNKNOWN
        ]
        return told + ended[-1:]


@dataclass(slots=True)
class AgentLog:
    """Follows the authors of replies and the tasks handed out."""

    authors: dict[str, Fact] = field(default_factory=dict)
    """What each last reported."""
    helpers: dict[str, Helper] = field(default_factory=dict)
    """By the call that sent them."""

    def worked(self, author: str, seq: int) -> None:
        """Note that an agent wrote an entry."""
        if author not in self.authors and len(self.authors) < _REMEMBERED:
            self.authors[author] = Fact(author, (seq,))

    def reported(self, author: str, said: str, seq: int) -> None:
        """Note the reply that ends an agent's turn."""
        if said and author in self.authors:
            self.authors[author] = Fact(plain(f"{author}: {said}"), (seq,))

    def sent(
        self, call_id: str, value: Mapping[str, Any], seq: int, *, ended: bool = False
    ) -> None:
        """Note a task that was handed to a helper; ``ended``: who sent it is done."""
        prompt = value.get("prompt")
        name, task = value.get("subagent_type"), value.get("description") or prompt
        if isinstance(task, str) and task.strip():
            who = f"{name}: " if isinstance(name, str) and name else ""
            asked = prompt if isinstance(prompt, str) else ""
            self.helpers[call_id] = Helper(plain(f"{who}{task}"), asked, (seq,), answered=ended)
            if len(self.helpers) > _REMEMBERED:
                del self.helpers[next(iter(self.helpers))]

    def answered(self, call_id: str, text: str, seq: int) -> None:
        """Note what a helper came back with."""
        if helper := self.helpers.get(call_id):
            helper.seqs = (*helper.seqs[:1], seq)
            helper.answered, helper.looked = True, False
            helper.in_background = bool(_NO_REPORT.search(text[:200]))
            helper.report = "" if helper.in_background else _beginning(text)

    def look(self, histories: Histories) -> None:
        """Take what the helpers' own histories tell, and those of helpers that they sent."""
        asked: set[str] = set()
        for _ in range(_DEEPEST):
            open_calls = {i: h for i, h in self.helpers.items() if not h.is_settled}
            new = {i: h.prompt for i, h in open_calls.items() if i not in asked}
            if not new:
                return
            for call_id, entries in histories(new):
                helper = open_calls[call_id]
                helper.work = work_of(entries)
                for inner, value in helper.work.sent.items():
                    if inner not in self.helpers:
                        self.sent(inner, value, helper.seqs[0], ended=helper.work.ended)
            for call_id in new:
                open_calls[call_id].looked = open_calls[call_id].answered
            asked.update(new)

    def tools(self) -> list[tuple[ToolLog, int]]:
        """What helpers did with tools, each with the entry of the call that sent it."""
        return [(h.work.tools, h.seqs[0]) for h in self.helpers.values() if h.work]

    def spent(self) -> list[tuple[int, Spent]]:
        """What helpers' requests took, each with the entry of the call that sent it."""
        return [(h.seqs[0], h.work.spent) for h in self.helpers.values() if h.work]

    def facts(self) -> tuple[Fact, ...]:
        """Who did what. An agent that works alone needs no mention."""
        authors = [fact for name, fact in self.authors.items() if name]
        helpers = [helper.fact() for helper in self.helpers.values()]
        return latest([*(authors if len(self.authors) > 1 else ()), *helpers])
