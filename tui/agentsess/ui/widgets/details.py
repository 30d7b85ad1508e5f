"""The panel of a session's facts: metadata, notes, tags, tokens, cost, context."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from agentsess.model import Session
from agentsess.sessions.turn_use import TurnUse
from agentsess.ui.render.details import render_details


class Details(VerticalScroll):
    """Shows one session's facts."""

    DEFAULT_CSS = """
    Details {
        padding: 0 0 0 1;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        scrollbar-background: $background;
        scrollbar-color: $foreground 20%;
    }
    Details > Static { width: 1fr; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False, id="details.down"),
        Binding("k", "scroll_up", "Up", show=False, id="details.up"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[Session, datetime, int | None, TurnUse, str] | None = None

    def compose(self) -> ComposeResult:
        yield Static(Content(""))

    def show(
        self,
        session: Session | None,
        now: datetime,
        window: int | None = None,
        turn: TurnUse | None = None,
        parent: str = "",
    ) -> None:
        """Show a session's facts, or none; ``parent`` is the title of what it came from."""
        self._shown = (session, now, window, turn or TurnUse(), parent) if session else None
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        content = Content("")
        if self._shown:
            session, now, window, turn, parent = self._shown
            width = max(20, self.scrollable_content_region.width)
            content = render_details(
                session, now=now, width=width, context_window=window, turn=turn, parent=parent
            )
        self.query_one(Static).update(content)
