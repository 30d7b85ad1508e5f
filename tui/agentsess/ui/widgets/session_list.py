"""The list of sessions: draws only the lines in view, whatever their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from agentsess.model import Session, utc_now
from agentsess.sessions.search import Snippet
from agentsess.ui.render.format import age
from agentsess.ui.render.session_lines import Parts, facts_line, match_line, title_line
from agentsess.ui.render.sessions import Live, group_of


@dataclass(frozen=True, slots=True)
class _Row:
    """A heading (``session`` is None) or a session, at a line of the list."""

    line: int
    label: str
    session: Session | None = None

    @property
    def height(self) -> int:
        return 2 if self.session else 1


class SessionList(ScrollView, can_focus=True):
    """Sessions under headings by age, with a cursor and marks.

    It is given sessions to show and says what the user did; it changes none of them.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "session-list--heading", "session-list--title", "session-list--meta",
        "session-list--cursor", "session-list--cursor-blurred", "session-list--mark",
        "session-list--active", "session-list--paused", "session-list--completed",
        "session-list--archived", "session-list--working", "session-list--asking",
        "session-list--failed", "session-list--elsewhere", "session-list--match",
    }  # fmt: skip
    DEFAULT_CSS = """
    SessionList {
        height: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-color: $foreground 20%;
        overflow-x: hidden;
        & .session-list--heading { color: $text-muted; text-style: bold; }
        & .session-list--title { color: $foreground; }
        & .session-list--meta { color: $text-muted; }
        & .session-list--cursor { background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold; }
        & .session-list--cursor-blurred { background: $panel; text-style: bold; }
        & .session-list--mark { color: $text-accent; text-style: bold; }
        & .session-list--active { color: $text-primary; }
        & .session-list--paused { color: $text-warning; }
        & .session-list--completed { color: $text-success; }
        & .session-list--archived { color: $text-disabled; }
        & .session-list--working { color: $text-success; text-style: bold; }
        & .session-list--asking { color: $text-warning; text-style: bold; }
        & .session-list--failed { color: $text-error; text-style: bold; }
        & .session-list--elsewhere { color: $text-accent; }
        & .session-list--match { color: $text-warning; text-style: bold; }
    }
    """  # noqa: E501
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Next", show=False, id="list.down"),
        Binding("up,k", "move(-1)", "Previous", show=False, id="list.up"),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False, id="list.page-down"),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False, id="list.page-up"),
        Binding("home,g", "edge(0)", "First", show=False, id="list.first"),
        Binding("end,G", "edge(-1)", "Last", show=False, id="list.last"),
        Binding(
            "enter,l,right",
            "open",
            "Open",
            key_display="enter",
            id="list.open",
            tooltip="Read it; changes nothing",
        ),
        Binding("space", "mark", "Mark", show=False, id="list.mark", tooltip="Mark and move down"),
        Binding("v", "mark_range", "Mark range", show=False, id="list.mark-range"),
        Binding("shift+down", "extend(1)", "Mark down", show=False, id="list.extend-down"),
        Binding("shift+up", "extend(-1)", "Mark up", show=False, id="list.extend-up"),
    ]

    cursor: reactive[int] = reactive(0)
    """Position of the highlighted session among the sessions shown."""

    @dataclass
    class Highlighted(Message):
        """The cursor came to stand on a session, or on none."""

        session_id: str | None

    @dataclass
    class Opened(Message):
        """The user asked to open a session."""

        session_id: str

    @dataclass
    class Marked(Message):
        """The set of marked sessions changed."""

        session_ids: tuple[str, ...]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sessions: list[Session] = []
        self._rows: list[_Row] = []
        self._lines: list[_Row] = []
        self._row_of: list[_Row] = []
        self._live: Mapping[str, Live] = {}
        self._snippets: Mapping[str, Snippet] = {}
        self._marks: dict[str, None] = {}
        self._anchor: int | None = None
        """Where marking began; `v` marks from there."""
        self._extended_from: int | None = None
        """Where marking with shift began; moving without it ends that."""
        self._now = utc_now()
        self._told: str | None = None
        self._moved = False
        """Whether the user chose where the cursor is; until then it stays at the top."""

    # -- what it shows

    def show(
        self,
        sessions: Sequence[Session],
        live: Mapping[str, Live],
        now: datetime,
        grouped: bool,
        snippets: Mapping[str, Snippet] | None = None,
    ) -> None:
        """Replace what is listed; the cursor stays on its session if that is still there.

        Args:
            sessions: In the order to show; with ``grouped``, the newest first.
            live: What is going on in them.
            now: For their ages.
            grouped: Whether headings by age stand above them.
            snippets: What a search found in them, by session; shown as the second line.
        """
        current = self.highlighted
        self._sessions, self._live, self._now = list(sessions), live, now
        self._snippets = snippets or {}
        self._marks = {s.id: None for s in sessions if s.id in self._marks}
        self._rows, self._row_of, self._lines = [], [], []
        heading, earliest = "", None
        for session in sessions:
            # They come newest first, so a heading holds until one is too old for it.
            if grouped and (earliest is None or session.updated_at < earliest):
                group, earliest = group_of(session.updated_at, now)
                if group != heading:
                    heading = group
                    self._add(_Row(len(self._lines), group))
            row = _Row(len(self._lines), "", session)
            self._row_of.append(row)
            self._add(row)
        self.virtual_size = Size(self.size.width, len(self._lines))
        position = self.cursor if self._moved else 0
        if current is not None and self._moved:
            same = (i for i, s in enumerate(self._sessions) if s.id == current.id)
            position = next(same, min(self.cursor, len(sessions) - 1))
        self.set_reactive(SessionList.cursor, max(0, position))
        self.refresh()
        self._tell()

    def _add(self, row: _Row) -> None:
        self._rows.append(row)
        self._lines += [row] * row.height

    def show_live(self, live: Mapping[str, Live]) -> None:
        """Change only what is going on in the sessions."""
        self._live = live
        self.refresh()

    @property
    def highlighted(self) -> Session | None:
        """The session under the cursor."""
        return self._sessions[self.cursor] if self.cursor < len(self._sessions) else None

    @property
    def shown(self) -> list[Session]:
        """The sessions listed, in order."""
        return list(self._sessions)

    @property
    def length(self) -> int:
        """How many sessions are listed."""
        return len(self._sessions)

    @property
    def chosen(self) -> list[Session]:
        """What an action is for: the marked sessions, else the one under the cursor."""
        marked = [session for session in self._sessions if session.id in self._marks]
        if marked:
            return marked
        return [self.highlighted] if self.highlighted else []

    @property
    def marked_ids(self) -> tuple[str, ...]:
        """Ids of the marked sessions."""
        return tuple(self._marks)

    def highlight(self, session_id: str) -> None:
        """Move the cursor to a session, if it is listed."""
        for position, session in enumerate(self._sessions):
            if session.id == session_id:
                self._moved = True
                self.cursor = position
                return

    def clear_marks(self) -> bool:
        """Take all marks away; True if there were any."""
        had, self._marks = bool(self._marks), {}
        self._anchor = self._extended_from = None
        if had:
            self._tell_marks()
        return had

    # -- what the user does

    def watch_cursor(self) -> None:
        if not self._row_of:
            return
        row = self._row_of[min(self.cursor, len(self._row_of) - 1)]
        # The heading above the first session of a group comes into view with it.
        top = row.line - 1 if row.line and self._lines[row.line - 1].session is None else row.line
        region = Region(0, top, self.size.width, row.line + row.height - top)
        self.scroll_to_region(region, animate=False, force=True)
        self.refresh()
        self._tell()

    def _tell(self) -> None:
        session_id = self.highlighted.id if self.highlighted else None
        if session_id != self._told:
            self._told = session_id
            self.post_message(self.Highlighted(session_id))

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._extended_from = None
        self._move(by)

    def _move(self, by: int) -> None:
        self._moved = True
        if self._sessions:
            self.cursor = max(0, min(len(self._sessions) - 1, self.cursor + by))

    def action_page(self, by: int) -> None:
        """Move the cursor by what fits on the screen."""
        self._move(by * max(1, self.size.height // 2 - 1))

    def action_edge(self, position: int) -> None:
        """Move the cursor to the first (0) or last (-1) session."""
        self._moved = True
        if self._sessions:
            self.cursor = 0 if position == 0 else len(self._sessions) - 1
            if position == 0:
                self.scroll_home(animate=False)

    def action_open(self) -> None:
        """Open the session under the cursor."""
        if self.highlighted:
            self.post_message(self.Opened(self.highlighted.id))

    def action_mark(self) -> None:
        """Mark or unmark the session under the cursor and move down."""
        if session := self.highlighted:
            if session.id in self._marks:
                del self._marks[session.id]
            else:
                self._marks[session.id] = None
            self._anchor = self.cursor
            self._tell_marks()
            self._move(1)

    def action_mark_range(self) -> None:
        """Mark from where marking began to the cursor."""
        if self._anchor is None:
            self._anchor = self.cursor
        self._mark_from(self._anchor)

    def action_extend(self, by: int) -> None:
        """Mark the session under the cursor, move, and mark that one too."""
        if self._extended_from is None:
            self._extended_from = self.cursor
        self._move(by)
        self._mark_from(self._extended_from)

    def _mark_from(self, start: int) -> None:
        low, high = sorted((start, self.cursor))
        self._marks |= {session.id: None for session in self._sessions[low : high + 1]}
        self._tell_marks()

    def _tell_marks(self) -> None:
        self.refresh()
        self.post_message(self.Marked(tuple(self._marks)))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor and opens; with ctrl it marks."""
        row = self._row_at(event.y)
        if row is None or row.session is None:
            return
        self.highlight(row.session.id)
        if event.ctrl:
            self.action_mark()
        else:
            self.action_open()

    def _row_at(self, y: int) -> _Row | None:
        line = y + self.scroll_offset.y
        return self._lines[line] if 0 <= line < len(self._lines) else None

    # -- drawing

    def on_resize(self) -> None:
        self.virtual_size = Size(self.size.width, len(self._lines))

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the screen; Textual asks only for those in view."""
        width = self.size.width
        row = self._row_at(y)
        if row is None:
            return Strip.blank(width, self.rich_style)
        base = self.rich_style
        if row.session is None:
            style = base + self._ink("heading")
            return Strip([Segment(set_cell_size(f" {row.label}", width), style)], width)
        if self.highlighted is row.session:
            name = "cursor" if self.has_focus else "cursor-blurred"
            base = base + self.get_component_rich_style(f"session-list--{name}", partial=True)
        second = y + self.scroll_offset.y != row.line
        return self._strip(self._line_of(row.session, second, width), width, base)

    def _line_of(self, session: Session, second: bool, width: int) -> Parts:
        state = self._live.get(session.id) or str(session.status)
        if not second:
            marked = session.id in self._marks
            return title_line(session, state, marked, age(session.updated_at, self._now), width)
        if (snippet := self._snippets.get(session.id)) is not None:
            return match_line(snippet, width)
        return facts_line(session, state, width)

    def _ink(self, name: str) -> Style:
        """The colour and weight of a part, blended, without a background of its own."""
        style = self.get_component_rich_style(f"session-list--{name}")
        return Style(color=style.color, bold=style.bold or None)

    def _strip(self, parts: Parts, width: int, base: Style) -> Strip:
        on_cursor = base.bgcolor != self.rich_style.bgcolor and self.has_focus
        segments = []
        for text, name in parts:
            style = base
            # On the cursor's own background only its own colour is sure to be readable.
            if name and not on_cursor:
                style = base + self._ink(name)
            segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(width, base)
