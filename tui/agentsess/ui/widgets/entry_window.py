"""A window of mounted entries over the entries that are loaded.

Everything that is mounted costs at every layout, so only what is near the reader is; the
window moves as the reader scrolls. It knows nothing of keys or of streaming replies.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from agentsess.model import Entry, EntryKind
from agentsess.ui.widgets.entry_view import (
    TEXT_WIDTH,
    DaySeparator,
    EntryView,
    has_header,
    is_tight,
)

WINDOW = 40
"""Entries that are mounted at once."""
MOST_MOUNTED = 120


class EntryWindow(VerticalScroll):
    """Holds entries, oldest first, and keeps those near the reader mounted."""

    @dataclass
    class OlderWanted(Message, namespace="transcript"):
        """Entries before `before` are wanted; back to `reach` if it is not None."""

        before: int
        reach: int | None = None

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._entries: list[Entry] = []
        self._results: dict[str, Entry] = {}
        self._first_seq = 0
        self._last_seq = 0
        self._views: list[EntryView] = []
        self._low = 0
        self._high = 0
        self._cursor: EntryView | None = None
        self._needle = ""
        self._asked = False
        self._reach: int | None = None
        self._following = True
        self._held: tuple[EntryView, float] | None = None
        self._foot = Static(Content(""), classes="transcript--status")

    def compose(self) -> ComposeResult:
        self._foot.display = False
        yield self._foot

    @property
    def is_streaming(self) -> bool:
        """Whether something grows below the last entry."""
        return False

    def _forget(self) -> None:
        self._entries, self._results, self._first_seq = [], {}, 0
        self._last_seq = 0
        self._reach = None

    def _take(self, entries: Iterable[Entry], *, front: bool = False) -> int:
        shown = []
        for entry in entries:
            if entry.seq:
                self._first_seq = min(self._first_seq or entry.seq, entry.seq)
                self._last_seq = max(self._last_seq, entry.seq)
            if entry.kind is EntryKind.TOOL_RESULT and entry.meta.get("tool_use_id"):
                self._results[str(entry.meta["tool_use_id"])] = entry
            else:
                shown.append(entry)
        if front:
            self._entries[:0] = shown
        else:
            self._entries += shown
        return len(shown)

    def _widgets(self, low: int, high: int) -> list[Widget]:
        widgets: list[Widget] = []
        for index in range(low, high):
            entry = self._entries[index]
            previous = self._entries[index - 1] if index else None
            if index == low or _day(entry) != _day(previous):
                widgets.append(DaySeparator(entry.at))
            view = EntryView(
                entry,
                self._results,
                header=has_header(entry, previous),
                tight=is_tight(entry, previous) and index > low,
            )
            if self._needle:
                view.mark(self._needle)
            widgets.append(view)
        return widgets

    def _mount_end(self) -> None:
        if not self._foot.is_attached:
            return  # shown before it was mounted: `on_mount` comes here again
        self._mount_window(max(len(self._entries) - WINDOW, 0), len(self._entries))
        self._following = True
        self.anchor(self._overflows())

    def _mount_window(self, low: int, high: int) -> None:
        self._discard(list(self._blocks()))
        self._low, self._high, self._cursor, self._asked = low, high, None, False
        self._held = None
        widgets = self._widgets(low, high)
        self._views = [widget for widget in widgets if isinstance(widget, EntryView)]
        if widgets:
            self.mount(*widgets, before=self._foot)
            self.call_after_refresh(self._at_edge)

    def _mount_older(self) -> None:
        low = max(self._low - WINDOW, 0)
        if not self._views:
            self._mount_end()
            return
        if low == self._low:
            self.call_after_refresh(self._at_edge)
            return
        top = self._views[0]
        offset = top.virtual_region.y - self.scroll_y
        blocks = list(self._blocks())
        if blocks and isinstance(blocks[0], DaySeparator):
            self._discard(blocks[:1])
        widgets = self._widgets(low, self._low)
        if _day(self._entries[self._low]) != _day(self._entries[self._low - 1]):
            widgets.append(DaySeparator(top.entry.at))
        self._low = low
        self._views[:0] = [widget for widget in widgets if isinstance(widget, EntryView)]
        self.mount(*widgets, before=top)
        self._drop_newer()
        if self._following:
            self.call_after_refresh(self._at_edge)
        else:
            self._hold(top, offset, widgets)

    def _mount_newer(self, high: int) -> None:
        low, high = self._high, min(high, len(self._entries))
        if low >= high:
            return
        widgets = self._widgets(low, high)
        # the first of them has its day told by the entry above it
        if low and _day(self._entries[low]) == _day(self._entries[low - 1]) and self._views:
            widgets.pop(0)
        self._high = high
        self._views += [widget for widget in widgets if isinstance(widget, EntryView)]
        self.mount(*widgets, before=self._foot)

    def _hold(self, view: EntryView, offset: float, above: Sequence[Widget]) -> None:
        """Keep a view where it is on the screen while others come above it."""
        width = view.content_size.width
        # laid out at the place it will have, so that no frame shows another one
        y = float(self._height_of(above, width) + view.styles.margin.top)
        self.set_reactive(Widget.scroll_y, y - offset)
        self.set_reactive(Widget.scroll_target_y, y - offset)
        self._held = (view, offset)
        self.call_after_refresh(self._settle)

    def _settle(self) -> None:
        held, self._held = self._held, None
        if held is not None and held[0].is_attached:
            view, offset = held
            self.scroll_to(y=view.virtual_region.y - offset, animate=False, immediate=True)
            self.vertical_scrollbar.position = self.scroll_y
        self.call_after_refresh(self._at_edge)

    def _height_of(self, widgets: Sequence[Widget], width: int) -> int:
        container, viewport = self.size, self.app.size
        return sum(
            widget.get_content_height(container, viewport, width) + widget.styles.margin.top
            for widget in widgets
        )

    def _overflows(self) -> bool:
        """Whether what was just mounted will be higher than the pane."""
        room = self.size.height
        bar = 0 if self.show_vertical_scrollbar else self.scrollbar_size_vertical
        width = max(min(self.size.width - 3 - bar, TEXT_WIDTH), 10)
        for view in reversed(self._views):
            room -= self._height_of([view], width)
            if room < 0:
                return True
        return False

    def _keep_anchor(self) -> None:
        """Anchor only what is higher than the pane: Textual pushes less to the bottom."""
        if self.virtual_size.height <= self.container_size.height:
            self.anchor(False)
            self.scroll_y = self.scroll_target_y = 0
            self._following = True
        elif self._following and not self.is_anchored:
            self.anchor()

    def watch_virtual_size(self) -> None:
        self._keep_anchor()

    def on_resize(self) -> None:
        self._keep_anchor()

    def _drop_newer(self) -> None:
        if len(self._views) > MOST_MOUNTED and not self.is_streaming:
            self._views, gone = self._views[:MOST_MOUNTED], self._views[MOST_MOUNTED:]
            self._high -= len(gone)
            blocks = list(self._blocks())
            self._discard(blocks[blocks.index(self._views[-1]) + 1 :])

    def _drop_older(self) -> None:
        if len(self._views) > MOST_MOUNTED:
            gone = len(self._views) - WINDOW
            self._views = self._views[gone:]
            self._low += gone
            blocks = list(self._blocks())
            self._discard(blocks[: blocks.index(self._views[0])])

    def _blocks(self) -> Iterable[Widget]:
        kept = (EntryView, DaySeparator)
        return (w for w in self.children if isinstance(w, kept) and w.display)

    def _discard(self, widgets: Sequence[Widget]) -> None:
        for widget in widgets:
            # removal ends later: until then nothing of it may be seen or counted
            widget.display = False
            if widget is self._cursor:
                self._cursor = None
        if widgets:
            self.remove_children(widgets)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._following = new_value >= self.max_scroll_y - 1
        if round(old_value) != round(new_value):
            self._at_edge()

    def _at_edge(self) -> None:
        """Bring more when the user comes near an end of what is mounted."""
        if not self._views or not self.size.height or self._held is not None:
            return
        if self.scroll_y <= 2:
            if self._low:
                self._mount_older()
            else:
                self._ask_older()
        elif self.scroll_y >= self.max_scroll_y - 2 and self._high < len(self._entries):
            self._mount_newer(self._high + WINDOW)

    def _ask_older(self) -> None:
        if self._first_seq > 1 and not self._asked:
            self._asked = True
            self.post_message(self.OlderWanted(self._first_seq, self._reach))


def _day(entry: Entry | None) -> object:
    return entry.at.astimezone().date() if entry else None
