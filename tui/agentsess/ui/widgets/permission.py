"""The question whether a tool may run: what it would do, and the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Static

from agentsess.agent.preview import Preview
from agentsess.sessions.permissions import Permission
from agentsess.sessions.records import map_texts
from agentsess.ui.render.diff import render_diff
from agentsess.ui.render.text import FAINT, MUTED, one_line, reveal
from agentsess.ui.render.tools import render_input, summary_of
from agentsess.ui.widgets.asking import Asking

Choice = Literal["once", "session", "saved", "deny"]

_MOST_LINES = 2_000
_PATHS = ("file_path", "path")
_LONGEST_LINE = 1_500
"""Longer lines are broken here: what is shown leaves nothing of them out."""
_FROM_NOW_ON = "From now on, in all sessions of this folder (esc goes back):"

_HEADS = {
    "bash": "run a command",
    "edit": "change a file",
    "write": "write a file",
    "read": "read a file",
    "glob": "list files",
    "grep": "search in files",
}


class PermissionPrompt(Asking):
    """Shows exactly what would run.

    Args:
        request_id: Given back with the answer.
        tool: The tool's name.
        tool_input: All of its input.
        folder: Where it would run.
        change: What it would change in a file, if that is known.
        suggestions: Answers that can be saved for the folder.
        agent: Who asks, if several agents share the session.
        take_focus: Whether keys come here at once.
    """

    BINDING_GROUP_TITLE = "Permission"
    HELP = "The agent waits for an answer. Nothing runs until you allow it."
    BINDINGS: ClassVar[list[BindingType]] = [
        # They stand in the question itself: the footer keeps its room.
        Binding("y", "answer('once')", "Allow once", show=False, id="permission.once"),
        Binding("a", "answer('session')", "This session", show=False, id="permission.session"),
        Binding("A", "always", "Always, never", show=False, id="permission.always"),
        Binding("n,escape", "answer('deny')", "Deny", show=False, id="permission.deny"),
        Binding("N", "explain", "Deny, saying why", show=False, id="permission.explain"),
    ]

    DEFAULT_CSS = """
    PermissionPrompt {
        border-subtitle-color: $text 64%;
        .permission--reason, .permission--always { display: none; margin-top: 1; }
        .permission--reason {
            height: 1;
            padding: 0 1;
            border: none;
            background: $surface;
            &:focus { border: none; }
        }
        .permission--always { height: auto; }
        .permission--always > Static { height: auto; }
        .permission--always > Button {
            height: auto; min-width: 0; width: 100%;
            padding: 0; border: none; color: $text; background: transparent; text-style: none;
            text-align: left; content-align: left top;
        }
        .permission--always > Button:hover { background: $primary 40%; }
        &.-explaining .permission--reason { display: block; }
        &.-choosing { max-height: 85%; }
        &.-choosing .permission--always { display: block; }
        &.-explaining .asking--choices, &.-choosing .asking--choices { display: none; }
    }
    """

    @dataclass
    class Answered(Message):
        """The user answered a request, once."""

        request_id: str
        choice: Choice
        reason: str = ""
        saved: Permission | None = None
        """The answer to save, of ``choice`` saved."""

    def __init__(
        self,
        request_id: str,
        tool: str,
        tool_input: Mapping[str, Any],
        *,
        folder: str = "",
        change: Preview | None = None,
        suggestions: Sequence[Permission] = (),
        agent: str = "",
        take_focus: bool = True,
        id: str | None = None,
    ) -> None:
        self._tool = one_line(reveal(tool), 40)
        self._input: dict[str, Any] = map_texts(dict(tool_input), _whole)
        self._folder = one_line(reveal(folder), 200)
        self._change = change
        self._suggestions = suggestions
        who = one_line(agent, 40) or "The agent"
        title = f"{who} wants to {_HEADS.get(tool.lower(), f'use {self._tool}')}"
        super().__init__(request_id, title, take_focus=take_focus, id=id)

    def compose(self) -> ComposeResult:
        yield from super().compose()
        with Vertical(classes="permission--always"):
            yield Static(Content.styled(_FROM_NOW_ON, MUTED))
            for number, label in enumerate(self._saved_labels()):
                button = Button(label, name=f"saved {number}")
                button.can_focus = False
                yield button
        yield Input(
            placeholder="Why? enter denies, esc goes back",
            classes="permission--reason",
        )

    def choices(self) -> list[tuple[str, str, str]]:
        """Key, label and name of each answer."""
        short = self._tool if len(self._tool) <= 8 else "this tool"
        always = [("A", "always…", "always")] if self._suggestions else []
        return [
            ("y", "allow once", "once"),
            ("a", f"{short} this session", "session"),
            *always,
            ("n", "deny", "deny"),
            ("N", "deny, why", "explain"),
        ]

    def _saved_labels(self) -> list[Content]:
        return [
            Content.assemble((str(number), "bold"), f" {_described(permission)}")
            for number, permission in enumerate(self._suggestions, start=1)
        ]

    def on_resize(self) -> None:
        room = sum(len(key) + len(label) + 4 for key, label, _ in self.choices())
        self.set_class(self.size.width < room, "-narrow")
        self.border_subtitle = Content(_tail(self._folder, max(self.size.width - 8, 10)))
        width = max(min(self.size.width - 3, 100), 20)
        self.body.update(Content("\n").join(self._shown(width)))

    def answer_lines(self) -> int:
        """How many lines the answers take."""
        if self.has_class("-choosing"):
            texts = [Content(_FROM_NOW_ON), *self._saved_labels()]
            return sum(len(text.wrap(max(self.content_size.width, 1))) for text in texts)
        return super().answer_lines()

    def share(self) -> float:
        """A list of answers may take more, for there each of them is told at length."""
        return 0.85 if self.has_class("-choosing") else super().share()

    def _shown(self, width: int) -> list[Content]:
        if not self._input:
            return [Content.styled("without any input", FAINT)]
        if isinstance(self._input.get("command"), str):
            return [render_input(self._tool, self._input, width, _MOST_LINES)]
        about = Content.styled(summary_of(self._tool, self._input), "bold")
        if (change := self._change) is None:
            path = {k: v for k, v in self._input.items() if k in _PATHS and v == about.plain}
            rest = {k: v for k, v in self._input.items() if k not in path}
            shown = [render_input(self._tool, rest, width, _MOST_LINES)] if rest else []
            return [about, *shown]
        if change.note:
            about += Content.styled(f"  {change.note}", MUTED)
        before, after = _whole(change.before), _whole(change.after)
        if before == after:
            return [about, render_input(self._tool, self._input, width, _MOST_LINES)]
        line = change.first_line
        return [about, render_diff(before, after, width, _MOST_LINES, first_line=line)]

    def action_answer(self, choice: Choice) -> None:
        """Answer the request; out of a reason or a list of answers, deny goes back."""
        if self.has_class("-explaining") or self.has_class("-choosing"):
            if choice == "deny":
                self.remove_class("-explaining", "-choosing")
                self.fit_body()
                self.focus()
        elif self.may_answer():
            self.answer_once(self.Answered(self.request_id, choice))

    def action_explain(self) -> None:
        """Ask for the reason of a denial."""
        if not self.has_class("-choosing") and self.may_answer():
            self.add_class("-explaining")
            self.query_one(Input).focus()

    def action_always(self) -> None:
        """Offer the answers that can be saved."""
        if self._suggestions and self.may_answer():
            self.add_class("-choosing")
            self.fit_body()

    def on_key(self, event: events.Key) -> None:
        number = event.character or ""
        if self.has_class("-choosing") and number.isdecimal():
            event.stop()  # below, numbers go to panes
            self.pressed(f"saved {int(number) - 1}")

    def pressed(self, name: str) -> None:
        """Answer with the choice of that name."""
        match name.split():
            case ["saved", number] if 0 <= int(number) < len(self._suggestions):
                chosen = self._suggestions[int(number)]
                self.answer_once(self.Answered(self.request_id, "saved", saved=chosen))
            case ["once" | "session" | "deny" as choice]:
                self.answer_once(self.Answered(self.request_id, choice))
            case ["always"]:
                self.action_always()
            case ["explain"]:
                self.action_explain()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.answer_once(self.Answered(self.request_id, "deny", event.value.strip()))


def _described(permission: Permission) -> str:
    """What saving an answer would mean."""
    verb = "allow" if permission.effect == "allow" else "deny"
    command = one_line(reveal(permission.command), 200)
    if not command:
        return f"{verb} {permission.tool}"
    if permission.exact:
        return f"{verb} exactly this command"
    if permission.effect == "deny":
        return f"{verb} every command with “{command}” in it"
    return f"{verb} “{command}” and plain words after it"


def _whole(text: str) -> str:
    """The text with all that hides in it made visible, and lines short enough to be shown."""
    lines = reveal(text).split("\n")
    if max(map(len, lines)) > _LONGEST_LINE:
        lines = [piece for line in lines for piece in _pieces(line)]
    return "\n".join(lines)


def _pieces(line: str) -> list[str]:
    pieces = [line[i : i + _LONGEST_LINE] for i in range(0, len(line), _LONGEST_LINE)]
    return [f"{piece} ↩" for piece in pieces[:-1]] + pieces[-1:] if pieces else [""]


def _tail(text: str, room: int) -> str:
    return text if len(text) <= room else f"…{text[-(room - 1) :]}"
