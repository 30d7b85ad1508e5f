"""What a session may spend, and how far that is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agentsess.model import Session


@dataclass(frozen=True, slots=True)
class Limit:
    """One of a session's limits, and how far it is used."""

    field: str
    """The session's: ``budget_usd`` or ``max_tokens_total``."""
    used: float
    allowed: float

    @property
    def share(self) -> float:
        """How much of it is used; 1 is all."""
        return self.used / self.allowed

    def written(self, amount: float) -> str:
        """An amount of what is limited, with its unit."""
        if self.field == "max_tokens_total":
            return f"{amount:,.0f} tokens"
        return f"${amount:,.2f}" if amount >= 0.01 else f"${amount:.4f}"

    def __str__(self) -> str:
        return f"{self.written(self.used)} of {self.written(self.allowed)}"


def limits(session: Session) -> Iterator[Limit]:
    """The limits that a session has; of dollars, those count whose amount is known."""
    if session.budget_usd is not None:
        yield Limit("budget_usd", session.known_cost_usd, session.budget_usd)
    if session.max_tokens_total is not None:
        yield Limit("max_tokens_total", session.token_count, session.max_tokens_total)
