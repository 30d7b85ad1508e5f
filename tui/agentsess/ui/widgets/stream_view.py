"""A reply while it arrives: few, cheap redraws however fast the fragments come."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from agentsess.ui.render.markdown import render_markdown
from agentsess.ui.render.stream import render_light, split_settled
from agentsess.ui.render.text import FAINT, MUTED, last_line, one_line
from agentsess.ui.render.tools import FOLDED


class StreamView(Vertical):
    """The growing reply. Settled parts become Markdown once; only the tail is redrawn."""

    DEFAULT_CSS = """
    StreamView {
        width: 100%;
        max-width: 103;
        height: auto;
        margin-top: 1;
        padding: 0 1 0 2;

        Static { height: auto; }
        .settled { margin-bottom: 1; }
    }
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self._text_width = width
        self._head = Static(Content.styled("Agent", "bold $text-primary"))
        self._thought = Static(Content(""))
        self._tail = Static(Content(""))
        self._thinking = ""
        self._text = ""
        self._fresh_text: list[str] = []
        self._fresh_thinking: list[str] = []

    def compose(self) -> ComposeResult:
        self._thought.display = False
        yield self._head
        yield self._thought
        yield self._tail

    def feed(self, text: str) -> None:
        """Take a fragment of the reply; it is drawn at the next `flush`."""
        self._fresh_text.append(text)

    def feed_thinking(self, text: str) -> None:
        """Take a fragment of the thinking."""
        self._fresh_thinking.append(text)

    @property
    def is_fresh(self) -> bool:
        """Whether fragments wait to be drawn."""
        return bool(self._fresh_text or self._fresh_thinking)

    def flush(self) -> None:
        """Draw what has come."""
        if self._fresh_thinking:
            self._thinking = (self._thinking + "".join(self._fresh_thinking))[-4_000:]
            self._fresh_thinking.clear()
            self._thought.display = True
            line = one_line(last_line(self._thinking), max(self._text_width - 14, 20))
            self._thought.update(
                Content.assemble((f"{FOLDED} ", FAINT), ("thinking  ", MUTED), (line, FAINT))
            )
        if not self._fresh_text:
            return
        self._text += "".join(self._fresh_text)
        self._fresh_text.clear()
        settled, self._text = split_settled(self._text)
        if settled:
            view = Static(render_markdown(settled, self._text_width), classes="settled")
            self.mount(view, before=self._tail)
        self._tail.update(render_light(self._text))
