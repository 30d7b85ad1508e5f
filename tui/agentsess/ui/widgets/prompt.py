"""Where the user writes to the agent: grows with the text, remembers what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import TextArea

from agentsess.ui.render.text import clean

_MOST = 1_000_000
"""Characters of a pasted prompt; more freezes any text field."""


class Prompt(TextArea):
    """A text field of one to eight lines in which enter sends."""

    BINDING_GROUP_TITLE = "Prompt"
    HELP = "Write to the agent. Enter sends, ctrl+j begins a new line, up and down recall."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Send", id="prompt.send", tooltip="Send the prompt"),
        # most terminals cannot tell shift+enter from enter: ctrl+j works in all of them
        Binding(
            "ctrl+j,shift+enter,alt+enter",
            "newline",
            "New line",
            key_display="^j",
            id="prompt.newline",
            tooltip="Begin a new line",
        ),
        Binding("escape", "stop", "Stop", id="prompt.stop", tooltip="Stop the run"),
        Binding(
            "shift+tab",
            "step_out",
            "Leave",
            key_display="shift+tab",
            id="prompt.step-out",
            tooltip="Leave the prompt; the run goes on",
        ),
        Binding("escape", "leave", "Back", show=False, id="prompt.leave"),
        Binding("up", "up", "Up, or earlier prompt", show=False, id="prompt.up"),
        Binding("down", "down", "Down, or later prompt", show=False, id="prompt.down"),
    ]

    DEFAULT_CSS = """
    Prompt {
        height: auto;
        min-height: 3;
        max-height: 10;
        padding: 0 1;
        border: round $foreground 30%;
        background: $background;
        scrollbar-size-vertical: 1;

        &:focus { border: round $primary; }
        &.-read-only { border: round $foreground 15%; }
        .text-area--cursor-line { background: $background; }
        .text-area--placeholder { color: $text-muted; }
    }
    """

    can_stop: reactive[bool] = reactive(False, bindings=True)
    """Whether escape stops a run, which the footer says then."""

    @dataclass
    class Submitted(Message):
        """The user sent this text."""

        text: str

    class Left(Message):
        """The user wants out of the prompt."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes, soft_wrap=True, tab_behavior="focus")
        self._history: list[str] = []
        self._place = 0
        self._draft = ""
        self._hint = ""
        self._proposal = ""
        self._reason = ""

    def set_history(self, prompts: Sequence[str]) -> None:
        """Give the prompts that up and down recall, oldest first."""
        self._history = [prompt for prompt in prompts if prompt.strip()]
        self._place = len(self._history)

    def set_hint(self, hint: str) -> None:
        """Show a hint while the prompt is empty."""
        self._hint = hint
        self._show_hint()

    def propose(self, text: str) -> None:
        """Propose what to send while the prompt is empty: tab takes it; empty: nothing is."""
        self._proposal = clean(text)
        self._show_hint()

    def set_disabled_reason(self, reason: str) -> None:
        """Refuse writing and say why, or allow it again with an empty reason."""
        self._reason = reason
        self.read_only = bool(reason)
        self._show_hint()

    def give_back(self, text: str) -> None:
        """Put a text back that could not be sent, above what was written meanwhile."""
        meanwhile = self.text
        if text.strip() == meanwhile.strip():
            return
        self.write(f"{text}\n\n{meanwhile}" if meanwhile.strip() else text)

    def _show_hint(self) -> None:
        proposal = f"{self._proposal}   (tab takes this)" if self._proposal else ""
        self.placeholder = Content(clean(self._reason or proposal or self._hint))

    def write(self, text: str) -> None:
        """Put a text in place of what stands there."""
        # a text field hands control characters on to the terminal
        self.load_text(clean(text, longest_line=_MOST))
        self.move_cursor(self.document.end)

    async def _on_key(self, event: events.Key) -> None:
        # Here and not by a binding: one that comes before the field's own enter would also
        # come before letters that were typed before it and are still on their way.
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.action_submit()
        elif event.key == "tab" and self._proposal and not self.text and not self.read_only:
            event.stop()
            event.prevent_default()
            self.write(self._proposal)

    async def _on_paste(self, event: events.Paste) -> None:
        if not self.read_only:
            text = clean(event.text[:_MOST], longest_line=_MOST)
            if result := self._replace_via_keyboard(text, *self.selection):
                self.move_cursor(result.end_location)
        event.stop()
        event.prevent_default()

    def action_submit(self) -> None:
        """Send what was written."""
        text = self.text.strip()
        if self.read_only or not text:
            return
        if not self._history or self._history[-1] != text:
            self._history.append(text)
        self._place = len(self._history)
        self._draft = ""
        self.propose("")
        self.load_text("")
        self.post_message(self.Submitted(text))

    def action_newline(self) -> None:
        """Begin a new line."""
        if not self.read_only:
            self._replace_via_keyboard("\n", *self.selection)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.can_stop if action in ("stop", "step_out") else True

    def action_stop(self) -> None:
        """Stop the run."""
        self.post_message(self.Left())

    def action_step_out(self) -> None:
        """Go out of the prompt, stopping nothing."""
        self.screen.focus_previous()

    def action_leave(self) -> None:
        """Go out of the prompt, keeping what was written."""
        self.post_message(self.Left())

    def action_up(self) -> None:
        """A line up; from the first line, to the prompt sent before."""
        if self._on_first_row():
            self._recall(-1)
        else:
            self.action_cursor_up()

    def action_down(self) -> None:
        """A line down; from the last line, to the prompt sent after."""
        if self._on_last_row():
            self._recall(1)
        else:
            self.action_cursor_down()

    def _on_first_row(self) -> bool:
        return self.wrapped_document.location_to_offset(self.cursor_location).y == 0

    def _on_last_row(self) -> bool:
        row = self.wrapped_document.location_to_offset(self.cursor_location).y
        return row == self.wrapped_document.height - 1

    def _recall(self, step: int) -> None:
        place = self._place + step
        if self.read_only or not 0 <= place <= len(self._history):
            return
        if self._place == len(self._history):
            self._draft = self.text
        self._place = place
        self.write(self._draft if place == len(self._history) else self._history[place])
