"""The conversation of one session: a window of entries over what has been loaded.

It shows what it is given and says what the user wants; it never loads anything itself.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer

from agentsess.model import Entry, Page
from agentsess.ui.render.text import MUTED, plain
from agentsess.ui.widgets.entry_view import TEXT_WIDTH, EntryView
from agentsess.ui.widgets.entry_window import WINDOW, EntryWindow
from agentsess.ui.widgets.stream_view import StreamView

FRAMES = 20
"""Most redraws of a growing reply in a second."""


class Transcript(EntryWindow):
    """Entries of a session, oldest first, anchored to the bottom while the user is there."""

    BINDING_GROUP_TITLE = "Conversation"
    HELP = "Read the conversation. A mark in the margin shows the entry that keys act on."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", "Scroll down", show=False, id="chat.down"),
        Binding("k,up", "scroll_up", "Scroll up", show=False, id="chat.up"),
        Binding("ctrl+d", "half_page(1)", "Half a page down", show=False, id="chat.half-down"),
        Binding("ctrl+u", "half_page(-1)", "Half a page up", show=False, id="chat.half-up"),
        Binding(
            "J,shift+down",
            "move_cursor(1)",
            "Next",
            show=False,
            id="chat.next",
            tooltip="Go to the next message",
        ),
        Binding(
            "K,shift+up",
            "move_cursor(-1)",
            "Previous",
            show=False,
            id="chat.previous",
            tooltip="Go to the message before",
        ),
        Binding(
            "space,enter",
            "unfold",
            "Unfold",
            id="chat.unfold",
            tooltip="Show or hide a tool call's input and result, or the thinking",
        ),
        Binding("g,home", "first", "First", show=False, id="chat.first", tooltip="To the top"),
        Binding(
            "G,end",
            "latest",
            "Latest",
            show=False,
            id="chat.latest",
            tooltip="To the end, and follow what comes",
        ),
        Binding("slash", "search", "Search", id="chat.search", tooltip="Search the conversation"),
        Binding("n", "find(1)", "Next match", show=False, id="chat.find-next"),
        Binding("N", "find(-1)", "Match before", show=False, id="chat.find-previous"),
        Binding(
            "y",
            "copy",
            "Copy",
            show=False,
            id="chat.copy",
            tooltip="Copy the marked message's text",
        ),
    ]

    DEFAULT_CSS = """
    Transcript {
        background: $background;
        padding: 0 0 1 1;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
        scrollbar-color: $foreground 20%;
        scrollbar-color-hover: $foreground 40%;
        scrollbar-color-active: $primary;

        .transcript--status {
            height: auto;
            margin-top: 1;
            padding: 0 2;
            color: $text-muted;
        }
        &:focus EntryView.-cursor { border-left: outer $primary; }
        &:focus EntryView.-cursor.-prompt { border-left: thick $primary; }
    }
    """

    @dataclass
    class Copied(Message):
        """The user copied a message's text."""

        text: str

    class SearchWanted(Message):
        """The user wants to type what to search for; `find` takes it."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._stream: StreamView | None = None
        self._timer: Timer | None = None
        self._due: tuple[str, float] | None = None
        """Why a request waits, and until when, on the monotonic clock."""

    @property
    def is_streaming(self) -> bool:
        """Whether a reply is being written."""
        return self._stream is not None

    def on_mount(self) -> None:
        self._timer = self.set_interval(1 / FRAMES, self._flush, pause=True)
        self.set_interval(0.5, self._tick)
        self._mount_end()

    # data in

    def show(self, page: Page, *, live: bool = False) -> None:
        """Show the end of a session's history in place of what was there.

        Args:
            page: The newest entries.
            live: Whether the session is at work, so that a status line is to be expected.
        """
        self._forget()
        self._end_stream()
        self.set_status("Working…" if live else "")
        self._take(page.entries)
        self._mount_end()

    def prepend(self, page: Page) -> None:
        """Add older entries above, leaving what the user reads where it is."""
        self._asked = False
        older = [e for e in page.entries if not self._first_seq or e.seq < self._first_seq]
        if not older:
            return
        added = self._take(older, front=True)
        self._low += added
        self._high += added
        if self._reach is not None:
            reach, self._reach = self._reach, None
            self.jump_to(reach)
        else:
            self._mount_older()

    def append(self, entries: Iterable[Entry]) -> None:
        """Add new entries below; a reply takes the place of its stream."""
        fresh = [e for e in entries if e.seq > self._last_seq or e.seq == 0]
        if any(entry.is_message for entry in fresh):
            self._end_stream()
        at_end = self._high == len(self._entries)
        self._take(fresh)
        if at_end:
            self._mount_newer(len(self._entries))
            if self._following:
                self._drop_older()
        called = {str(entry.meta.get("tool_use_id")) for entry in fresh}
        for view in self._views:
            if any(call.id in called for call in view.entry.tool_calls):
                view.redraw()

    def stream(self, text: str) -> None:
        """Show a fragment of the reply that is being written."""
        self._open_stream().feed(text)

    def stream_thinking(self, text: str) -> None:
        """Show a fragment of the model's thinking."""
        self._open_stream().feed_thinking(text)

    def set_status(self, text: str) -> None:
        """Show a line below the conversation, or none."""
        self._due = None
        self._show_status(text)

    def count_down(self, reason: str, seconds: float) -> None:
        """Show for how long a request waits until it goes out again, and why."""
        self._due = (reason, time.monotonic() + seconds)
        self._tick()

    @property
    def is_counting(self) -> bool:
        """Whether a request waits, or waited and is on its way."""
        return self._due is not None

    def _tick(self) -> None:
        if self._due is not None:
            reason, due = self._due
            left = math.ceil(due - time.monotonic())
            when = f" in {left} s" if left > 0 else ""
            self._show_status(f"{reason}: trying again{when}… esc stops")

    def _show_status(self, text: str) -> None:
        self._foot.update(Content.styled(plain(text).plain, MUTED))
        self._foot.display = bool(text)

    def clear(self) -> None:
        """Show nothing."""
        self.show(Page((), 0))

    def jump_to(self, seq: int) -> None:
        """Go to the entry with this number; asks for older entries if it is not here yet."""
        if seq < self._first_seq and self._first_seq > 1:
            self._reach = seq
            self._ask_older()
            return
        # a tool's result stands with its call, which comes before it
        index = max((i for i, e in enumerate(self._entries) if e.seq <= seq), default=0)
        if self._entries:
            self._go_to(index)

    def find(self, text: str, *, backwards: bool = False) -> bool:
        """Go to the next entry that holds a text, beginning anew at the end.

        An empty text takes the marks away. Returns whether the text was found.
        """
        self._needle = text
        for view in self._views:
            view.mark(text)
        if not text or not self._entries:
            return False
        return self._find(-1 if backwards else 1)

    # the reply that is being written

    def _open_stream(self) -> StreamView:
        if self._stream is None:
            if self._high < len(self._entries):
                self._mount_end()
            self._stream = StreamView(min(max(self.size.width - 6, 20), TEXT_WIDTH))
            self.mount(self._stream, before=self._foot)
        if self._timer is not None:
            self._timer.resume()
        return self._stream

    def _end_stream(self) -> None:
        if self._stream is not None:
            self._discard([self._stream])
            self._stream = None

    def _flush(self) -> None:
        if self._stream is None or not self._stream.is_fresh:
            if self._timer is not None:
                self._timer.pause()
            return
        # text that grows below what the user reads would only move the scroll bar
        if self._following and self._stream.is_mounted:
            self._stream.flush()

    # scrolling

    def action_half_page(self, direction: int) -> None:
        """Scroll by half of what is seen."""
        self.scroll_relative(y=direction * (self.size.height // 2), animate=False)

    def action_first(self) -> None:
        """To the first entry that is loaded."""
        if self._low:
            self._mount_window(0, min(WINDOW, len(self._entries)))
        self.scroll_home(animate=False)

    def action_latest(self) -> None:
        """To the end, and stay there."""
        if self._high < len(self._entries):
            self._mount_end()
        self._set_cursor(None)
        self._following = True
        if self.max_scroll_y > 0:
            self.anchor()

    # the entry that keys act on

    @property
    def cursor_entry(self) -> Entry | None:
        """The marked entry, if there is one."""
        return self._cursor.entry if self._cursor else None

    def action_move_cursor(self, step: int) -> None:
        """Mark the next or previous entry and bring it into view."""
        if not self._views:
            return
        if self._cursor is None:
            seen = [view for view in self._views if view.region.overlaps(self.region)]
            chosen = (seen or self._views)[0 if step > 0 else -1]
        else:
            index = self._views.index(self._cursor) + step
            if index < 0 and self._low:
                self._mount_older()
                index = self._views.index(self._cursor) + step
            elif index >= len(self._views):
                self._mount_newer(self._high + WINDOW)
            if index < 0:
                self._ask_older()
            chosen = self._views[max(0, min(index, len(self._views) - 1))]
        self._set_cursor(chosen)

    def action_unfold(self) -> None:
        """Unfold or fold the marked entry, or the last one that folds."""
        views = [self._cursor] if self._cursor else list(reversed(self._views))
        for view in views:
            if view.toggle():
                self._set_cursor(view)
                return

    def action_copy(self) -> None:
        """Copy the marked message, or the last one."""
        entries = [self._cursor.entry] if self._cursor else list(reversed(self._entries))
        text = next((e.text for e in entries if e.text.strip()), "")
        if text:
            self.post_message(self.Copied(text))

    def action_search(self) -> None:
        """Ask for a text to search for."""
        self.post_message(self.SearchWanted())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Until something is searched for, n is the screen's."""
        return action != "find" or bool(self._needle)

    def action_find(self, step: int) -> None:
        """Go to the next or previous match."""
        self._find(step)

    def on_entry_view_clicked(self, message: EntryView.Clicked) -> None:
        message.stop()
        self.focus(scroll_visible=False)
        self._set_cursor(message.view, scroll=False)
        if message.on_fold:
            message.view.toggle()

    def _find(self, step: int) -> bool:
        total = len(self._entries)
        at = self._entries.index(self._cursor.entry) if self._cursor else 0 if step < 0 else -1
        for offset in range(1, total + 1):
            index = (at + step * offset) % total
            entry = self._entries[index]
            probe = EntryView(entry, self._results, header=False, tight=False)
            found, hidden = probe.holds(self._needle)
            if found:
                self._go_to(index)
                if hidden and self._cursor is not None:
                    self._cursor.toggle(expanded=True)
                return True
        return False

    def _go_to(self, index: int) -> None:
        if not self._low <= index < self._high:
            low = max(index - WINDOW // 2, 0)
            self._mount_window(low, min(low + WINDOW, len(self._entries)))
        self.release_anchor()
        self._following = False
        self._set_cursor(self._views[index - self._low])

    def _set_cursor(self, view: EntryView | None, *, scroll: bool = True) -> None:
        if self._cursor is not None:
            self._cursor.remove_class("-cursor")
        self._cursor = view
        if view is None:
            return
        view.add_class("-cursor")
        if scroll:
            self.call_after_refresh(self._reveal, view)

    def _reveal(self, view: EntryView) -> None:
        if view.is_attached:
            self._held = None
            self.scroll_to_widget(view, animate=False, top=view.size.height > self.size.height)
