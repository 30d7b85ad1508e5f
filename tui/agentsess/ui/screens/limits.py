"""Setting what a session may spend."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Input, Label, Static

from agentsess.model import Session
from agentsess.ui.render.format import cost, tokens
from agentsess.ui.render.text import MUTED
from agentsess.ui.screens.dialogs import DIALOG_CSS, Dialog, buttons

_UNITS = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a session may spend; None: no limit."""

    budget_usd: float | None
    max_tokens_total: int | None


class SetLimits(Dialog[Limits]):
    """Asks for a session's limits; escape answers None."""

    CSS = (
        DIALOG_CSS.format(name="SetLimits")
        + """
    SetLimits Input { border: none; height: 1; padding: 0 1; background: $boost; }
    SetLimits Label { margin-top: 1; color: $text-muted; }
    SetLimits #problem { color: $text-error; }
    """
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        session = self._session
        dollars = f"{session.budget_usd:g}" if session.budget_usd else ""
        most = str(session.max_tokens_total or "")
        spent = cost(session.cost_usd, session.known_cost_usd)
        with Vertical() as box:
            box.border_title = Content("Limits")
            yield Static(Content.styled("A run that reaches one asks before it goes on.", MUTED))
            yield Label(Content(f"Dollars, in all ({spent} so far)"))
            yield Input(dollars, placeholder="no limit", id="dollars", select_on_focus=False)
            yield Label(Content(f"Tokens, in all ({tokens(session.token_count)} so far)"))
            yield Input(most, placeholder="no limit; 500k, 2M", id="most", select_on_focus=False)
            yield Static(Content(""), id="problem")
            yield buttons("enter")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self._keep() if event.button.id == "keep" else self.dismiss(None)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._keep()

    def _keep(self) -> None:
        try:
            dollars = read_dollars(self.query_one("#dollars", Input).value)
            most = read_tokens(self.query_one("#most", Input).value)
        except ValueError as error:
            self.query_one("#problem", Static).update(Content(str(error)))
            return
        self.dismiss(Limits(dollars, most))


def read_dollars(text: str) -> float | None:
    """An amount as people write it, such as ``5`` or ``$2.50``; None for no limit.

    Raises:
        ValueError: It is none.
    """
    text = text.strip().removeprefix("$").replace(",", "")
    if text in ("", "none"):
        return None
    if not re.fullmatch(r"\d{0,9}(\.\d*)?", text) or not float(text.strip(".") or 0):
        raise ValueError("Dollars: an amount above 0, such as 5 or 2.50, or nothing.")
    return float(text)


def read_tokens(text: str) -> int | None:
    """A number of tokens as people write it, such as ``500k`` or ``2M``; None for no limit.

    Raises:
        ValueError: It is none.
    """
    text = text.strip().lower().replace(",", "").replace("_", "")
    if text in ("", "none"):
        return None
    parts = re.fullmatch(r"(\d{1,12}(?:\.\d+)?) ?([kmg]?)", text)
    number = round(float(parts[1]) * _UNITS[parts[2]]) if parts else 0
    if number < 1:
        raise ValueError("Tokens: a number above 0, such as 500k or 2M, or nothing.")
    return number
