"""The card that says where a session stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from agentsess.model import Recap, utc_now
from agentsess.ui.render.recap import render_recap
from agentsess.ui.render.text import clean

_WIDEST = 96


class _RecapText(Widget):
    """A recap, drawn for the width it has."""

    DEFAULT_CSS = "_RecapText { width: 100%; height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self.recap: Recap | None = None
        self.now = utc_now()

    def _content_at(self, width: int) -> Content:
        if self.recap is None:
            return Content("")
        return render_recap(self.recap, now=self.now, width=min(width, _WIDEST))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._content_at(width).get_height({}, width) if width else 0

    def render(self) -> Content:
        return self._content_at(self.content_size.width)


class RecapCard(VerticalScroll):
    """A recap in a frame, with the keys that lead on from it below."""

    BINDING_GROUP_TITLE = "Where things stand"
    HELP = "What was done, what is under way and what comes next, from the session's history."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", "Scroll down", show=False, id="recap.down"),
        Binding("k,up", "scroll_up", "Scroll up", show=False, id="recap.up"),
        Binding("g,home", "scroll_home", "To the top", show=False, id="recap.first"),
        Binding("G,end", "scroll_end", "To the end", show=False, id="recap.last"),
    ]

    DEFAULT_CSS = """
    RecapCard {
        height: auto;
        max-height: 100%;
        max-width: 104;
        padding: 1 2;
        border: round $foreground 30%;
        border-title-color: $text-accent;
        border-title-style: bold;
        border-subtitle-color: $text-muted;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-color: $foreground 20%;

        &:focus { border: round $primary; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.border_title = "Where things stand"
        self._text = _RecapText()

    def compose(self) -> ComposeResult:
        yield self._text

    def show(
        self,
        recap: Recap,
        *,
        now: datetime | None = None,
        keys: str | Sequence[tuple[str, str]] = (),
    ) -> None:
        """Show a recap.

        Args:
            recap: Where the session stands.
            now: What its age is reckoned from; the current time if None.
            keys: For the foot of the card: a text, or keys and what they do.
        """
        self._text.recap, self._text.now = recap, now or utc_now()
        self.border_subtitle = Content(clean(keys)) if isinstance(keys, str) else _foot(keys)
        self._text.refresh(layout=True)
        self.scroll_home(animate=False)


def _foot(keys: Sequence[tuple[str, str]]) -> Content:
    return Content(" · ").join(
        Content.assemble((clean(key), "bold $text-accent"), f" {clean(what)}") for key, what in keys
    )
