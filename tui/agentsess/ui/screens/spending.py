"""What sessions take and may take: tokens, money, models."""

from __future__ import annotations

from collections.abc import Sequence

from textual import work

from agentsess.model import Entry, utc_now
from agentsess.sessions.turn_use import turn_use
from agentsess.ui.screens.base import Panes


class Spending(Panes):
    """The part of the main screen that shows and limits what the model costs."""

    def show_details(self) -> None:
        """Show the facts of the open session."""
        session, turn = self.chat.session, self.chat.turn
        window = self.app.context_window(session.model) if session else None
        self.details.show(session, utc_now(), window, turn)
        if session:
            working = self.app.runs.is_working(session.id)
            self.chat.status_line.show(session, turn, window=window, working=working)

    @work(exclusive=True, group="turn")
    async def price_turn(self, session_id: str, entries: Sequence[Entry]) -> None:
        """Find out what another program's last turn cost; the prices are slow to load."""
        turn = await self.app.aside(turn_use, entries)
        if self.chat.session and self.chat.session.id == session_id:
            self.chat.turn = turn
            self.show_details()
