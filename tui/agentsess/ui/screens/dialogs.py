"""Small questions on top of the screen: a text, a choice, a confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from agentsess.ui.render.text import MUTED, clean, one_line

T = TypeVar("T")

_LONGEST = 1_000_000
"""Characters of a line in a note; a text field would not show more in time."""

DIALOG_CSS = """
{name} {{ align: center middle; }}
{name} > Vertical {{
    width: 64; max-width: 92%; height: auto; max-height: 90%;
    border: round $primary; background: $surface; padding: 0 1;
    border-title-style: bold;
}}
{name} Static {{ width: 1fr; height: auto; }}
{name} .buttons {{ height: 1; margin-top: 1; }}
{name} .buttons > Button {{ margin-right: 2; }}
"""


class Dialog(ModalScreen[T | None]):
    """A question over the screen; escape, and a click beside it, leave it unanswered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Leave it", id="dialog.leave")
    ]
    _is_answered = False

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Answer, once: a key that came together with the answering one is left alone."""
        if self._is_answered:
            return AwaitComplete()
        self._is_answered = True
        return super().dismiss(result)

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)


def buttons(keep: str) -> Horizontal:
    """What the keys do, for the mouse."""
    return Horizontal(
        Button(Content(f"{keep}  keep"), id="keep", compact=True, variant="primary"),
        Button(Content("esc  leave"), id="leave", compact=True),
        classes="buttons",
    )


class AskText(Dialog[str]):
    """Asks for a line of text; escape answers None."""

    CSS = DIALOG_CSS.format(name="AskText")

    def __init__(self, title: str, value: str = "", *, hint: str = "") -> None:
        super().__init__()
        self._title, self._value, self._hint = title, value, hint

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(self._title)
            yield Input(one_line(self._value), select_on_focus=False)
            if self._hint:
                yield Static(Content(self._hint))
            yield buttons("enter")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(self.query_one(Input).value if event.button.id == "keep" else None)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


class AskNote(Dialog[str]):
    """Asks for a text of several lines; escape answers None."""

    CSS = DIALOG_CSS.format(name="AskNote") + (
        "AskNote TextArea { height: 10; }"
        "AskNote.-tall > Vertical { width: 100; } AskNote.-tall TextArea { height: 1fr; }"
        "AskNote.-tall > Vertical { height: 90%; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "keep", "Keep", id="dialog.keep"),
    ]

    def __init__(self, title: str, value: str = "", *, tall: bool = False) -> None:
        super().__init__(classes="-tall" if tall else None)
        self._title, self._value = title, value

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(self._title)
            yield TextArea(clean(self._value, _LONGEST))
            yield buttons("ctrl+s")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(self.query_one(TextArea).text if event.button.id == "keep" else None)

    def action_keep(self) -> None:
        """Answer with the text."""
        self.dismiss(self.query_one(TextArea).text)


class Confirm(Dialog[bool]):
    """Asks before what cannot be undone; the safe answer is the default."""

    CSS = DIALOG_CSS.format(name="Confirm") + "Confirm > Vertical { border: round $error; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Yes", id="dialog.yes"),
        Binding("n", "dismiss(False)", "No", id="dialog.no"),
    ]

    def __init__(self, title: str, text: str, yes: str, no: str = "Leave it") -> None:
        super().__init__()
        self._title, self._text, self._yes, self._no = title, text, yes, no

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(self._title)
            yield Static(Content(self._text))
            with Horizontal(classes="buttons"):
                yield Button(Content(f"n  {self._no}"), id="no", compact=True)
                yield Button(Content(f"y  {self._yes}"), id="yes", compact=True, variant="error")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several ways to go on."""

    key: str
    """What `Choose` answers, and a single letter to press."""
    text: str
    detail: str = ""


class Choose(Dialog[str]):
    """Asks to pick one of a few; escape answers None."""

    CSS = (
        DIALOG_CSS.format(name="Choose")
        + "Choose OptionList { height: auto; max-height: 20; background: $surface; border: none; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor(1)", show=False),
        Binding("k", "cursor(-1)", show=False),
    ]

    def __init__(self, title: str, text: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title, self._text, self._choices = title, text, choices

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(self._title)
            if self._text:
                yield Static(Content(self._text))
            yield OptionList(*(Option(_choice(c), id=c.key) for c in self._choices))

    def action_cursor(self, by: int) -> None:
        """Move among the choices."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if by > 0 else options.action_cursor_up()

    def on_key(self, event: events.Key) -> None:
        if any(choice.key == event.character for choice in self._choices):
            event.stop()  # below, the same key may do something else
            self.dismiss(event.character)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)


def _choice(choice: Choice) -> Content:
    line = Content.styled(f" {choice.key}  ", "bold $text-accent") + Content(choice.text)
    if choice.detail:
        line += Content.styled(f"\n    {choice.detail}", MUTED)
    return line
