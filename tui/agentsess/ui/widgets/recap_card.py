"""The card that says where a session stands, and how to go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.widget import Widget

from agentsess.ui.render.recap import Row, Standing, draw, joined
from agentsess.ui.render.text import clean

AGAIN = "c"
"""The key that brought the card: pressed again, it takes the first way."""
_WIDEST = 120


_TAKEN = (
    Content("type to go on · ")
    .append(Content.styled("esc", "bold $text-accent"))
    .append(" hides this")
)


class _Lines(Widget):
    """The lines, drawn for the room that the card has."""

    DEFAULT_CSS = "_Lines { width: 100%; height: auto; }"

    @dataclass
    class Clicked(Message):
        """The user pressed on a line."""

        row: Row

    def __init__(self) -> None:
        super().__init__()
        self.standing: Standing | None = None
        self.room = 0
        """Lines that the card can show; 0: not known yet."""
        self.whole = False
        """Whether all is shown, however long that is."""
        self.chosen = -1

    def rows(self, width: int) -> list[Row]:
        """What is drawn at a width."""
        if self.standing is None or not self.room or not width:
            return []
        return draw(self.standing, min(width, _WIDEST), None if self.whole else self.room)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.rows(width))

    def render(self) -> Content:
        return joined(self.rows(self.content_size.width), self.chosen)

    def on_click(self, event: events.Click) -> None:
        rows = self.rows(self.content_size.width)
        if 0 <= event.y < len(rows):
            self.post_message(self.Clicked(rows[event.y]))


class RecapCard(VerticalScroll):
    """Where a session stands, in a frame; the keys that lead on from it below."""

    BINDING_GROUP_TITLE = "Where things stand"
    HELP = "What was done, what is under way, what changed since, and the ways to go on."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Next line", show=False, id="recap.down"),
        Binding("k,up", "move(-1)", "Line before", show=False, id="recap.up"),
        Binding("right,l", "jump", "To its entry", show=False, id="recap.jump"),
        Binding("a", "toggle_whole", "All of it", show=False, id="recap.all"),
        Binding("e", "edit", "Edit", show=False, id="recap.edit"),
        Binding("W", "have_written", "Have it written", show=False, id="recap.write"),
        Binding("t", "toggle_tell", "Tell the model", show=False, id="recap.tell"),
    ]

    DEFAULT_CSS = """
    RecapCard {
        height: auto;
        max-height: 100%;
        max-width: 124;
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

    @dataclass
    class WayTaken(Message):
        """The user chose how to go on; ``key`` is the way's."""

        key: str

    @dataclass
    class Jumped(Message):
        """The user wants to see an entry."""

        seq: int

    class EditWanted(Message):
        """The user wants to put the recap into other words."""

    class WritingWanted(Message):
        """The user wants a model to write the recap."""

    class TellToggled(Message):
        """The user wants the model to be told what changed, or not to be."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.border_title = "Where things stand"
        self._lines = _Lines()

    def compose(self) -> ComposeResult:
        yield self._lines

    @property
    def standing(self) -> Standing | None:
        """What is shown."""
        return self._lines.standing

    def show(self, standing: Standing) -> None:
        """Show where a session stands, from the top."""
        self._lines.chosen, self._lines.whole = -1, False
        self.scroll_home(animate=False)
        self.update(standing)

    def update(self, standing: Standing, tells: bool | None = None) -> None:
        """Fill in what has become known.

        Args:
            standing: All that is known by now.
            tells: Whether the model will be told of it; None: that is not offered.
        """
        self._lines.standing = standing
        self.border_subtitle = _TAKEN if standing.taken else _foot(tells)
        self._lines.refresh(layout=True)

    def on_resize(self) -> None:
        self._lines.room = self.content_size.height
        self._lines.refresh(layout=True)

    def on_key(self, event: events.Key) -> None:
        """A key of one of the ways takes it; enter on a line goes to its entry."""
        keys = [way.key for way in self.standing.ways] if self.standing else []
        key = event.character if event.character in keys else event.key
        if key == AGAIN and keys:
            key = keys[0]
        if key == "enter" and self._lines.chosen >= 0:
            self.action_jump()
        elif key in keys:
            self.post_message(self.WayTaken(key))
        else:
            return
        event.stop()
        event.prevent_default()

    def action_move(self, by: int) -> None:
        """Choose the next line that leads somewhere, or the one before."""
        rows = self._lines.rows(self._lines.content_size.width)
        places = [number for number, row in enumerate(rows) if row.seq]
        here = self._lines.chosen
        if by > 0:
            further = [number for number in places if number > here]
        else:
            further = [number for number in reversed(places) if here < 0 or number < here]
        if further:
            self._lines.chosen = further[0]
            self._lines.refresh()
            self.scroll_to_region(Region(0, further[0], 1, 1), animate=False)

    def action_jump(self) -> None:
        """Go to the entry of the chosen line."""
        rows = self._lines.rows(self._lines.content_size.width)
        if 0 <= self._lines.chosen < len(rows):
            self._jump_to(rows[self._lines.chosen])

    def on__lines_clicked(self, event: _Lines.Clicked) -> None:
        event.stop()
        self._jump_to(event.row)

    def _jump_to(self, row: Row) -> None:
        if row.seq:
            self.post_message(self.Jumped(row.seq))

    def action_toggle_whole(self) -> None:
        """Show all there is, or what fits."""
        self._lines.whole = not self._lines.whole
        self._lines.chosen = -1
        self._lines.refresh(layout=True)
        self.scroll_home(animate=False)

    def action_edit(self) -> None:
        """Put it into other words."""
        self.post_message(self.EditWanted())

    def action_have_written(self) -> None:
        """Have a model write it."""
        self.post_message(self.WritingWanted())

    def action_toggle_tell(self) -> None:
        """Tell the model what changed, or do not."""
        self.post_message(self.TellToggled())


def _foot(tells: bool | None) -> Content:
    keys = [("↑↓", "to entries"), ("a", "all"), ("e", "edit"), ("W", "write")]
    if tells is not None:
        keys.insert(0, ("t", f"tells the model: {'yes' if tells else 'no'}"))
    return Content(" · ").join(
        Content.assemble((clean(key), "bold $text-accent"), f" {clean(what)}") for key, what in keys
    )
