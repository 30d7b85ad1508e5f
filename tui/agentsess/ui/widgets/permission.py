"""The question whether a tool may run: what it would do, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from agentsess.ui.render.text import FAINT, one_line
from agentsess.ui.render.tools import render_input, summary_of

Choice = Literal["once", "session", "deny"]

_HEADS = {
    "bash": "run a command",
    "edit": "change a file",
    "write": "write a file",
    "read": "read a file",
    "glob": "list files",
    "grep": "search in files",
}


class PermissionPrompt(Widget, can_focus=True):
    """Shows exactly what would run. Enter does nothing here: it must not allow by accident."""

    ARMED_AFTER: ClassVar[float] = 0.6
    """Seconds in which keys do nothing and the choices do not show."""
    BINDING_GROUP_TITLE = "Permission"
    HELP = "The agent waits for an answer. Nothing runs until you allow it."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer('once')", "Allow once", id="permission.once"),
        Binding("a", "answer('session')", "Allow for this session", id="permission.session"),
        Binding("n,escape", "answer('deny')", "Deny", id="permission.deny"),
        Binding("N", "explain", "Deny, saying why", id="permission.explain"),
        Binding("j,down", "scroll_body(1)", "Scroll down", show=False, id="permission.down"),
        Binding("k,up", "scroll_body(-1)", "Scroll up", show=False, id="permission.up"),
    ]

    DEFAULT_CSS = """
    PermissionPrompt {
        height: auto;
        max-height: 60%;
        padding: 0 1;
        border: round $warning;
        border-title-color: $text-warning;
        border-title-style: bold;
        background: $background;

        &:focus-within { border: round $warning; }
        .permission--body {
            height: auto;
            max-height: 14;
            scrollbar-size-vertical: 1;
        }
        .permission--body > Static { height: auto; }
        .permission--choices { height: 1; margin-top: 1; visibility: hidden; }
        &.-armed .permission--choices { visibility: visible; }
        .permission--choices > Button {
            height: 1;
            min-width: 0;
            width: auto;
            margin-right: 1;
            padding: 0;
            border: none;
            color: $text;
            background: $surface;
            text-style: none;
        }
        .permission--choices > Button:hover { background: $primary 40%; }
        .permission--reason {
            display: none;
            height: 1;
            margin-top: 1;
            padding: 0 1;
            border: none;
            background: $surface;
        }
        &.-narrow .permission--choices { layout: vertical; height: auto; }
        &.-narrow .permission--choices > Button { background: transparent; }
        &.-explaining .permission--reason { display: block; }
        &.-explaining .permission--choices { display: none; }
    }
    """

    @dataclass
    class Answered(Message):
        """The user answered a request, once."""

        request_id: str
        choice: Choice
        reason: str = ""

    def __init__(
        self,
        request_id: str,
        tool: str,
        tool_input: Mapping[str, Any],
        *,
        agent: str = "",
        take_focus: bool = True,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.request_id = request_id
        """Given back with the answer."""
        self._tool = one_line(tool, 40)
        self._input = dict(tool_input)
        self._take_focus = take_focus
        self._answered = False
        who = one_line(agent, 40) or "The agent"
        self._title = f"{who} wants to {_HEADS.get(tool.lower(), f'use {self._tool}')}"
        self._body = Static(Content(""))

    def compose(self) -> ComposeResult:
        self.border_title = Content(self._title)
        short = self._tool if len(self._tool) <= 8 else "this tool"
        with VerticalScroll(classes="permission--body", can_focus=False):
            yield self._body
        with Horizontal(classes="permission--choices"):
            for key, label, name in (
                ("y", "allow once", "once"),
                ("a", f"allow {short} this session", "session"),
                ("n", "deny", "deny"),
                ("N", "deny and say why", "explain"),
            ):
                button = Button(Content.assemble((key, "bold"), f" {label}"), name=name)
                button.can_focus = False
                yield button
        yield Input(
            placeholder="Why not? Enter denies with this reason, escape goes back",
            classes="permission--reason",
        )

    def on_mount(self) -> None:
        if self._take_focus:
            self.focus(scroll_visible=False)
        if self.ARMED_AFTER > 0:
            self.set_timer(self.ARMED_AFTER, self._arm)
        else:
            self._arm()

    def _arm(self) -> None:
        self.add_class("-armed")

    @property
    def is_armed(self) -> bool:
        """Whether keys answer: not at once, for they may be meant for what had the focus."""
        return self.has_class("-armed")

    def on_resize(self) -> None:
        self.set_class(self.size.width < 78, "-narrow")
        width = max(min(self.size.width - 3, 100), 20)
        shown = [render_input(self._tool, self._input, width, most_lines=400)]
        about = summary_of(self._tool, self._input)
        if not isinstance(self._input.get("command"), str):
            shown.insert(0, Content.styled(about, "bold"))
        if not self._input:
            shown = [Content.styled("without any input", FAINT)]
        self._body.update(Content("\n").join(shown))

    def action_answer(self, choice: Choice) -> None:
        """Answer the request; while a reason is being written, deny goes back to the choices."""
        if self.has_class("-explaining"):
            self.remove_class("-explaining")
            self.focus()
        elif self.is_armed:
            self._answer(choice)

    def action_explain(self) -> None:
        """Ask for the reason of a denial."""
        if not self.is_armed:
            return
        self.add_class("-explaining")
        self.query_one(Input).focus()

    def action_scroll_body(self, step: int) -> None:
        """Scroll what would run."""
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if not self.is_armed:
            return
        match event.button.name:
            case "once" | "session" | "deny" as choice:
                self._answer(choice)
            case _:
                self.action_explain()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._answer("deny", event.value.strip())

    def _answer(self, choice: Choice, reason: str = "") -> None:
        # a second key must not answer the next request
        if not self._answered:
            self._answered = True
            self.post_message(self.Answered(self.request_id, choice, reason))
