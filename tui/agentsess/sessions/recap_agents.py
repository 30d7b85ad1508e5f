"""Who did what: the agents that share a session, and the helpers that they sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agentsess.model import Fact
from agentsess.sessions.recap_facts import latest
from agentsess.sessions.recap_text import plain

HELPER_TOOLS = frozenset({"task", "agent"})
"""Tools by which an agent hands work to another, in lower case."""
_REMEMBERED = 40


@dataclass(slots=True)
class AgentLog:
    """Follows the authors of replies and the tasks handed out."""

    authors: dict[str, Fact] = field(default_factory=dict)
    """What each last reported."""
    helpers: dict[str, Fact] = field(default_factory=dict)
    """By the call: what a helper was sent for."""

    def worked(self, author: str, seq: int) -> None:
        """Note that an agent wrote an entry."""
        if author not in self.authors and len(self.authors) < _REMEMBERED:
            self.authors[author] = Fact(author, (seq,))

    def reported(self, author: str, said: str, seq: int) -> None:
        """Note the reply that ends an agent's turn."""
        if said and author in self.authors:
            self.authors[author] = Fact(plain(f"{author}: {said}"), (seq,))

    def sent(self, call_id: str, value: Mapping[str, Any], seq: int) -> None:
        """Note a task that was handed to a helper."""
        name, task = value.get("subagent_type"), value.get("description") or value.get("prompt")
        if isinstance(task, str) and task.strip():
            who = f"{name}: " if isinstance(name, str) and name else ""
            self.helpers[call_id] = Fact(plain(f"{who}{task}"), (seq,))
            if len(self.helpers) > _REMEMBERED:
                del self.helpers[next(iter(self.helpers))]

    def answered(self, call_id: str, seq: int) -> None:
        """Note that a helper came back."""
        if fact := self.helpers.get(call_id):
            self.helpers[call_id] = Fact(fact.text, (*fact.seqs[:1], seq))

    def facts(self) -> tuple[Fact, ...]:
        """Who did what. An agent that works alone needs no mention."""
        authors = [fact for name, fact in self.authors.items() if name]
        return latest([*(authors if len(self.authors) > 1 else ()), *self.helpers.values()])
