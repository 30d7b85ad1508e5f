"""Choosing a model: a list to filter, with what each holds and costs, and any other name."""

from __future__ import annotations

from datetime import date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from agentsess.agent.models import KnownModel, ModelList
from agentsess.clock import utc_now
from agentsess.errors import AgentError
from agentsess.ui.render.format import long_age, tokens
from agentsess.ui.render.text import MUTED, one_line
from agentsess.ui.screens.dialogs import DIALOG_CSS, Dialog

if TYPE_CHECKING:
    from agentsess.ui.app import AgentsessApp

_NAME = 28


class ChooseModel(Dialog[str]):
    """Asks which model to use; answers its name, or None.

    What is known is listed at once, and what the API says as soon as it does.

    Args:
        current: The model that is used now.
        wished: The one to have the cursor on first; empty: the current one.
    """

    CSS = (
        DIALOG_CSS.format(name="ChooseModel")
        + """
    ChooseModel > Vertical { width: 84; }
    ChooseModel Input { border: none; height: 1; padding: 0 1; background: $boost; }
    ChooseModel OptionList { height: auto; max-height: 16; background: $surface; border: none; }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "cursor(1)", show=False, priority=True, id="model.down"),
        Binding("up", "cursor(-1)", show=False, priority=True, id="model.up"),
    ]
    if TYPE_CHECKING:
        app = getters.app(AgentsessApp)

    options = getters.query_one(OptionList)
    box = getters.query_one(Input)

    def __init__(self, current: str, wished: str = "") -> None:
        super().__init__()
        self._current, self._wished = current, wished or current
        self._listed = ModelList((), "")
        self._problem = ""
        self._asking = True

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content("Model")
            yield Input(placeholder="filter, or any name your server knows")
            yield OptionList()
            yield Static(Content(""))

    def on_mount(self) -> None:
        self.ask()

    @work(exclusive=True)
    async def ask(self) -> None:
        """List what is known, then what the API says."""
        self._listed = await self.app.aside(self.app.models.known)
        self._show(self._wished)
        try:
            self._listed = await self.app.models.fetch()
        except AgentError as error:
            self._problem = str(error)
        self._asking = False
        self._show()

    def _show(self, wished: str = "") -> None:
        """List what fits the filter; the cursor stays on its model."""
        if not wished and self.options.highlighted is not None:
            wished = self.options.get_option_at_index(self.options.highlighted).id or ""
        text = self.box.value.strip()
        fitting = [m for m in self._listed.models if text.lower() in f"{m.name} {m.title}".lower()]
        fits, is_listed = bool(fitting), any(m.name == text for m in self._listed.models)
        if text and not fitting:
            by_name = {model.name: model for model in self._listed.models}
            fitting = [by_name[name] for name in get_close_matches(text, by_name, 3)]
        today = utc_now().date()
        rows = [Option(model_row(m, self._current, today), id=m.name) for m in fitting]
        if text and not is_listed:
            if not fits:
                wished = text  # enter takes what was typed, not what is like it
            use = Content(f"use “{one_line(text, 40)}”")
            if self._listed.at:
                warning = f" which {one_line(self._listed.server, 30)} does not list"
                use += Content.styled(warning, "$text-warning")
            rows.insert(len(rows) if fits else 0, Option(use, id=text))
        self.options.clear_options()
        self.options.add_options(rows)
        names = [row.id for row in rows]
        self.options.highlighted = names.index(wished) if wished in names else 0 if rows else None
        self.query_one(Static).update(self._about())

    def _about(self) -> Content:
        parts = [_origin(self._listed, utc_now()), "Prices are for a million tokens."]
        if self._asking:
            parts.append("Asking the API…")
        elif self._problem:
            why = self._problem.partition(". ")[0].rstrip(".")  # what to do about it is not here
            parts.append(f"The API was not asked just now: {one_line(why, 160)}.")
        return Content.styled(" ".join(part for part in parts if part), MUTED)

    @on(Input.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        event.stop()
        self._show()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if self.options.highlighted is not None:
            self.dismiss(self.options.get_option_at_index(self.options.highlighted).id)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_cursor(self, by: int) -> None:
        """Move in the list, while typing too."""
        self.options.action_cursor_down() if by > 0 else self.options.action_cursor_up()


def model_row(model: KnownModel, current: str, today: date) -> Content:
    """A model in one line, and in a second one when it retires."""
    mark = "● " if model.name == current else "  "
    window = f"{tokens(model.window):>4} tokens" if model.window else "size unknown"
    price = "price unknown"
    if model.rates:
        price = f"${model.rates.input:g} in, ${model.rates.output:g} out"
    line = Content(f"{mark}{one_line(model.name, 60).ljust(_NAME)} ")
    line += Content.styled(f"{window:<12}  {price}", MUTED)
    if leaving := model.retirement:
        style = "$text-error" if leaving.is_over(today) else "$text-warning"
        when = leaving.text(today).removeprefix(model.name)
        line += Content.styled(f"\n {one_line(when, 60)} {leaving.way_out}", style)
    return line


def _origin(listed: ModelList, now: datetime) -> str:
    if listed.at:
        return f"Listed by {one_line(listed.server, 60)} {long_age(listed.at, now)}."
    return "Those that the SDK knows." if listed.models else ""
