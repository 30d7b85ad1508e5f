"""What tools may do without a question: the saved answers, and taking them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from agentsess.errors import AgentsessError
from agentsess.sessions.permissions import Permission
from agentsess.ui.render.text import MUTED, one_line, reveal
from agentsess.ui.screens.dialogs import DIALOG_CSS, Dialog

if TYPE_CHECKING:
    from agentsess.ui.app import AgentsessApp

_NONE = "None are saved: every call is asked about. A, when a tool asks, saves an answer."


class PermissionsScreen(Dialog[None]):
    """Lists all saved answers, those of every folder."""

    if TYPE_CHECKING:
        app = getters.app(AgentsessApp)

    CSS = (
        DIALOG_CSS.format(name="PermissionsScreen")
        + "PermissionsScreen > Vertical { width: 96; }"
        + "PermissionsScreen OptionList { height: auto; max-height: 20; border: none; }"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,delete", "remove", "Remove", id="permissions.remove"),
        Binding("z,u", "undo", "Undo", id="permissions.undo"),
        Binding("j", "cursor(1)", show=False),
        Binding("k", "cursor(-1)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._saved: list[Permission] = []
        self._removed: list[Permission] = []

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content("What tools may do without a question")
            yield OptionList()
            yield Static(Content(""), id="hint")
            with Horizontal(classes="buttons"):
                yield Button(Content("d  remove"), name="remove", compact=True)
                yield Button(Content("z  undo"), name="undo", compact=True)
                yield Button(Content("esc  leave"), name="leave", compact=True)

    def on_mount(self) -> None:
        self.change(lambda: None)

    @work(exclusive=True)
    async def change(self, what: Callable[[], object]) -> None:
        """Make a change in the background, then list anew."""
        try:
            await self.app.aside(what)
            self._saved = await self.app.aside(self.app.service.permissions.all)
        except AgentsessError as error:
            self.query_one("#hint", Static).update(Content(one_line(str(error), 200)))
            return
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        options.clear_options()
        options.add_options([Option(_line(each)) for each in self._saved])
        options.highlighted = min(at, len(self._saved) - 1) if self._saved else None
        options.display = bool(self._saved)
        options.focus()
        hint = "" if self._saved else _NONE
        if self._removed:
            hint = f"Removed: {one_line(reveal(str(self._removed[-1])), 70)}. z puts it back."
        self.query_one("#hint", Static).update(Content(hint))

    def action_remove(self) -> None:
        """Forget the answer under the cursor: such calls are asked about again."""
        at = self.query_one(OptionList).highlighted
        if at is not None and at < len(self._saved):
            removed = self._saved[at]
            self._removed.append(removed)
            self.change(lambda: self.app.service.permissions.remove(removed.id))

    def action_undo(self) -> None:
        """Put back what was removed last."""
        if self._removed:
            removed = self._removed.pop()
            self.change(lambda: self.app.service.permissions.save(removed))

    def action_cursor(self, by: int) -> None:
        """Move among the answers."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if by > 0 else options.action_cursor_up()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        match event.button.name:
            case "remove":
                self.action_remove()
            case "undo":
                self.action_undo()
            case _:
                self.dismiss(None)


def _line(permission: Permission) -> Content:
    style = "$text-success" if permission.effect == "allow" else "$text-error"
    what = one_line(reveal(str(permission).removeprefix(permission.effect)), 200)
    return Content.assemble(
        (permission.effect.ljust(6), style),
        what,
        (f"\n      {one_line(reveal(permission.folder), 200)}", MUTED),
    )
