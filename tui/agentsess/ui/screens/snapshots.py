"""A session's snapshots: take one, go back to one, fork one, see what came after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from agentsess.model import Session, Snapshot, utc_now
from agentsess.ui.render.format import long_age
from agentsess.ui.render.text import MUTED, one_line
from agentsess.ui.screens.dialogs import DIALOG_CSS, Dialog

Action = Literal["take", "rewind", "fork", "compare"]
_BUTTONS: tuple[tuple[str, Action, str], ...] = (
    ("n", "take", "take one"),
    ("r", "rewind", "go back to it"),
    ("f", "fork", "fork it"),
    ("c", "compare", "what came after"),
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to do, and with which snapshot; None: with where the session is now."""

    action: Action
    snapshot: Snapshot | None = None


class SnapshotsScreen(Dialog[Chosen]):
    """Answers with what the user wants done."""

    CSS = (
        DIALOG_CSS.format(name="SnapshotsScreen")
        + "SnapshotsScreen > Vertical { width: 84; }"
        + "SnapshotsScreen OptionList { height: auto; max-height: 18; border: none; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "do('take')", "Take one", id="snapshots.take"),
        Binding("r", "do('rewind')", "Go back", id="snapshots.rewind"),
        Binding("f", "do('fork')", "Fork", id="snapshots.fork"),
        Binding("c", "do('compare')", "Compare", id="snapshots.compare"),
        Binding("j", "cursor(1)", show=False),
        Binding("k", "cursor(-1)", show=False),
    ]

    def __init__(self, session: Session, snapshots: Sequence[Snapshot]) -> None:
        super().__init__()
        self._session, self._snapshots = session, list(snapshots)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(f"Snapshots of {one_line(self._session.title, 50)}")
            if self._snapshots:
                yield OptionList(*(Option(self._line(each)) for each in self._snapshots))
            else:
                yield Static(Content("None yet."))
            with Horizontal(classes="buttons"):
                for key, action, label in _BUTTONS:
                    if action == "take" or self._snapshots:
                        yield Button(Content(f"{key}  {label}"), name=action, compact=True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        for _, action, _ in _BUTTONS:
            if action == event.button.name:
                self.action_do(action)

    def _line(self, snapshot: Snapshot) -> Content:
        since = self._session.entry_count - snapshot.seq
        about = f"  entry {snapshot.seq:,} · {since:,} since · {long_age(snapshot.at, utc_now())}"
        return Content(one_line(snapshot.name, 40)) + Content.styled(about, MUTED)

    def action_cursor(self, by: int) -> None:
        """Move among the snapshots."""
        for options in self.query(OptionList):
            options.action_cursor_down() if by > 0 else options.action_cursor_up()

    def action_do(self, action: Action) -> None:
        """Answer with an action on the snapshot under the cursor."""
        options = self.query(OptionList)
        position = options.first().highlighted if options else None
        snapshot = None if position is None else self._snapshots[position]
        if action == "take" or snapshot is not None:
            self.dismiss(Chosen(action, snapshot))


class ComparisonScreen(Dialog[None]):
    """A text to read: what was said and changed."""

    CSS = (
        DIALOG_CSS.format(name="ComparisonScreen")
        + "ComparisonScreen > Vertical { width: 100; overflow-y: auto; }"
    )

    def __init__(self, title: str, text: Content) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(self._title)
            yield Static(self._text)
