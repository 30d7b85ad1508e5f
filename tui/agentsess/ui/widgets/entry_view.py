"""One entry of a transcript, and the line between two days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.selection import Selection
from textual.widget import Widget
from textual.widgets import Static

from agentsess.model import Entry, EntryKind, utc_now
from agentsess.ui.render.entries import has_words, is_foldable, render_entry
from agentsess.ui.render.format import day
from agentsess.ui.render.tools import FOLDED, UNFOLDED

TEXT_WIDTH = 100
"""Cells of a line of text; longer lines are hard to read."""


class EntryView(Widget):
    """An entry, drawn for the width it has; selectable, foldable, markable."""

    DEFAULT_CSS = """
    EntryView {
        width: 100%;
        max-width: 103;
        height: auto;
        margin-top: 1;
        padding-right: 1;
        padding-left: 1;
        border-left: blank;

        &.-tight { margin-top: 0; }
        &.-prompt {
            background: $surface;
            border-left: outer $accent;
        }
    }
    """

    @dataclass
    class Clicked(Message):
        """The user pressed on the entry; ``on_fold`` if it was a line that folds."""

        view: EntryView
        on_fold: bool

    def __init__(
        self, entry: Entry, results: Mapping[str, Entry], *, header: bool, tight: bool
    ) -> None:
        super().__init__()
        self.entry = entry
        """What is shown."""
        self.expanded = False
        """Whether tool calls, thinking and long prompts are shown whole."""
        self._results = results
        self._header = header
        self._needle = ""
        self._drawn: tuple[int, Content] = (-1, Content(""))
        self.set_class(entry.kind is EntryKind.USER, "-prompt")
        self.set_class(tight, "-tight")
        self._tight = tight

    def content_at(self, width: int) -> Content:
        """What is drawn at a width."""
        if self._drawn[0] != width:
            content = render_entry(
                self.entry,
                expanded=self.expanded,
                results=self._results,
                width=min(width, TEXT_WIDTH),
                header=self._header,
            )
            if self._needle:
                content = content.highlight_regex(
                    re.compile(re.escape(self._needle), re.IGNORECASE), style="reverse"
                )
            self._drawn = (width, content)
        return self._drawn[1]

    def redraw(self) -> None:
        """Draw anew: a result has come."""
        self._drawn = (-1, Content(""))
        self.refresh(layout=True)

    def toggle(self, expanded: bool | None = None) -> bool:
        """Expand or fold; False if there is nothing to unfold."""
        wanted = not self.expanded if expanded is None else expanded
        if not is_foldable(self.entry) or wanted == self.expanded:
            return False
        self.expanded = wanted
        self.set_class(self._tight and not wanted, "-tight")
        self.redraw()
        return True

    def mark(self, needle: str) -> None:
        """Mark where a text is found; an empty one takes the marks away."""
        if needle != self._needle:
            self._needle = needle
            self.redraw()

    def holds(self, needle: str) -> tuple[bool, bool]:
        """Whether a text is in the entry, and whether only unfolding shows it."""
        if _within(needle, self.entry.text):
            return True, not self.expanded and not _within(needle, self._plain)
        inner = [str(call.input) for call in self.entry.tool_calls]
        inner += [self._results[c.id].text for c in self.entry.tool_calls if c.id in self._results]
        found = any(_within(needle, text) for text in [*inner, self.entry.thinking])
        return found, found and not self.expanded

    @property
    def _plain(self) -> str:
        return self.content_at(self.content_size.width or TEXT_WIDTH).plain

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        # no rule of the style changes how text wraps here
        return self.content_at(width).get_height({}, width) if width else 0

    def get_content_width(self, container: Size, viewport: Size) -> int:
        # measuring the text would cost a walk over every line of it
        return container.width

    def render(self) -> Content:
        return self.content_at(self.content_size.width)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        if (found := super().get_selection(selection)) is None:
            return None
        text, ending = found
        # panels are filled up with blanks that nobody wants to paste
        return "\n".join(line.rstrip() for line in text.split("\n")), ending

    def on_click(self, event: events.Click) -> None:
        line = self.render_line(event.y).text if 0 <= event.y < self.size.height else ""
        folds = line.strip(" ▌█").startswith((FOLDED, UNFOLDED))
        self.post_message(self.Clicked(self, folds))


class DaySeparator(Static):
    """A line that says which day the entries below it are of."""

    DEFAULT_CSS = """
    DaySeparator {
        width: 100%;
        max-width: 103;
        height: 1;
        margin-top: 1;
        padding: 0 2;
        color: $text-disabled;
    }
    """

    def __init__(self, at: datetime) -> None:
        super().__init__(Content(f"── {day(at, utc_now())} ──"))
        self.day = at.astimezone().date()


def is_tight(entry: Entry, previous: Entry | None) -> bool:
    """Whether the entry stands close below the one before: tool calls in a row do."""
    return (
        previous is not None
        and entry.kind is EntryKind.ASSISTANT
        and previous.kind is EntryKind.ASSISTANT
        and bool(previous.tool_calls)
        and not has_words(entry)
        and entry.author == previous.author
    )


def has_header(entry: Entry, previous: Entry | None) -> bool:
    """Whether the entry says who speaks: not where the same one goes on within minutes."""
    if previous is None or previous.kind is not entry.kind or previous.author != entry.author:
        return True
    return (entry.at - previous.at).total_seconds() > 1800


def _within(needle: str, text: str) -> bool:
    return needle.casefold() in text.casefold()
