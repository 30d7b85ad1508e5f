"""The question whether a tool may run: what it would do, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from agentsess.ui.render.text import FAINT, one_line
from agentsess.ui.render.tools import render_input, summary_of
from agentsess.ui.widgets.asking import Asking

Choice = Literal["once", "session", "deny"]

_HEADS = {
    "bash": "run a command",
    "edit": "change a file",
    "write": "write a file",
    "read": "read a file",
    "glob": "list files",
    "grep": "search in files",
}


class PermissionPrompt(Asking):
    """Shows exactly what would run."""

    BINDING_GROUP_TITLE = "Permission"
    HELP = "The agent waits for an answer. Nothing runs until you allow it."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer('once')", "Allow once", id="permission.once"),
        Binding("a", "answer('session')", "Allow for this session", id="permission.session"),
        Binding("n,escape", "answer('deny')", "Deny", id="permission.deny"),
        Binding("N", "explain", "Deny, saying why", id="permission.explain"),
    ]

    DEFAULT_CSS = """
    PermissionPrompt {
        .permission--reason {
            display: none;
            height: 1;
            margin-top: 1;
            padding: 0 1;
            border: none;
            background: $surface;
        }
        &.-explaining .permission--reason { display: block; }
        &.-explaining .asking--choices { display: none; }
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
        self._tool = one_line(tool, 40)
        self._input = dict(tool_input)
        who = one_line(agent, 40) or "The agent"
        title = f"{who} wants to {_HEADS.get(tool.lower(), f'use {self._tool}')}"
        super().__init__(request_id, title, take_focus=take_focus, id=id)

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield Input(
            placeholder="Why not? Enter denies with this reason, escape goes back",
            classes="permission--reason",
        )

    def choices(self) -> list[tuple[str, str, str]]:
        """Key, label and name of each answer."""
        short = self._tool if len(self._tool) <= 8 else "this tool"
        return [
            ("y", "allow once", "once"),
            ("a", f"allow {short} this session", "session"),
            ("n", "deny", "deny"),
            ("N", "deny and say why", "explain"),
        ]

    def on_resize(self) -> None:
        self.set_class(self.size.width < 78, "-narrow")
        width = max(min(self.size.width - 3, 100), 20)
        shown = [render_input(self._tool, self._input, width, most_lines=400)]
        about = summary_of(self._tool, self._input)
        if not isinstance(self._input.get("command"), str):
            shown.insert(0, Content.styled(about, "bold"))
        if not self._input:
            shown = [Content.styled("without any input", FAINT)]
        self.body.update(Content("\n").join(shown))

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

    def pressed(self, name: str) -> None:
        """Answer with the choice of that name."""
        match name:
            case "once" | "session" | "deny" as choice:
                self._answer(choice)
            case _:
                self.action_explain()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._answer("deny", event.value.strip())

    def _answer(self, choice: Choice, reason: str = "") -> None:
        self.answer_once(self.Answered(self.request_id, choice, reason))
