"""What a session's newest turn took: the prompt, and all that answered it so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from agentsess.model import Entry, EntryKind, Usage
from agentsess.sessions.pricing import entry_cost

_ENDINGS = ("interrupted", "error", "no_reply")
"""Events that say how a turn ended. Others are part of it only if its work goes on after them:
a compaction between two requests is, one that the user asks for an hour later is not."""


@dataclass(frozen=True, slots=True)
class TurnUse:
    """Tokens, money and time of a turn."""

    began: datetime | None = None
    """When the prompt was given; None if the turn began before what was read."""
    latest: datetime | None = None
    """When something was last said in it."""
    usage: Usage = field(default_factory=Usage)
    known_cost_usd: float = 0.0
    is_priced: bool = True
    """Whether that is all it cost."""
    context_tokens: int = 0
    """What its last request and reply fill of the context window."""
    since: tuple[Entry, ...] = ()
    """Events since, which may not be part of it."""

    @property
    def cost_usd(self) -> float | None:
        """What it cost; None when a model's price is not known."""
        return self.known_cost_usd if self.is_priced else None

    def after(self, entry: Entry) -> TurnUse:
        """With the next entry of the history."""
        if entry.kind is EntryKind.USER:
            return TurnUse(began=entry.at, latest=entry.at)
        if entry.kind is EntryKind.EVENT and entry.meta.get("event") not in _ENDINGS:
            return replace(self, since=(*self.since, entry))
        use = replace(self, since=())
        for each in (*self.since, entry):
            use = use._with(each)
        return use

    def _with(self, entry: Entry) -> TurnUse:
        now = replace(self, latest=entry.at)
        if "usage" not in entry.meta or "imported" in entry.meta:
            return now
        cost = entry_cost(entry)
        return replace(
            now,
            usage=self.usage + entry.usage,
            known_cost_usd=self.known_cost_usd + (cost or 0.0),
            is_priced=self.is_priced and cost is not None,
            context_tokens=(
                entry.usage.context if entry.kind is EntryKind.ASSISTANT else self.context_tokens
            ),
        )

    def told(self, usage: Usage, cost_usd: float | None, context_tokens: int) -> TurnUse:
        """With what a run tells of itself as a whole."""
        known = self.known_cost_usd if cost_usd is None else cost_usd
        return replace(
            self,
            usage=usage,
            known_cost_usd=known,
            is_priced=cost_usd is not None,
            context_tokens=context_tokens,
        )


def turn_use(entries: Iterable[Entry]) -> TurnUse:
    """What the last turn of some entries took, oldest first; the first time this takes a while."""
    use = TurnUse()
    for entry in entries:
        use = use.after(entry)
    return use
