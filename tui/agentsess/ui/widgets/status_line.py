"""The line under the chat: model, tokens, cache hits, cost and time, live while a run works."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from agentsess.clock import utc_now
from agentsess.model import Session
from agentsess.sessions.turn_use import TurnUse
from agentsess.ui.render.use import render_status

_TICK = 1.0
"""Seconds between two looks at the clock while a run works."""


class StatusLine(Static):
    """Shows what a session, or its turn while it is at work, takes."""

    DEFAULT_CSS = """
    StatusLine { height: 1; padding: 0 1; color: $text-muted; text-align: right; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(Content(""), id=id)
        self._shown: tuple[Session, TurnUse, int | None] | None = None
        self._working = False

    def on_mount(self) -> None:
        self.set_interval(_TICK, self._tick)

    def show(self, session: Session, turn: TurnUse, *, window: int | None, working: bool) -> None:
        """Show what a session and its newest turn took."""
        self._shown, self._working = (session, turn, window), working
        self._draw()

    def clear(self) -> None:
        """Show nothing."""
        self._shown = None
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _tick(self) -> None:
        if self._working:
            self._draw()

    def _draw(self) -> None:
        content = Content("")
        if self._shown:
            session, turn, window = self._shown
            content = render_status(
                session,
                turn,
                working=self._working,
                now=utc_now(),
                width=self.content_region.width,
                window=window,
            )
        self.update(content)
