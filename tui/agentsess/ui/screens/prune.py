"""Pruning: a rule, what it would move to the trash and how much that is, then doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from agentsess.errors import AgentsessError
from agentsess.model import utc_now
from agentsess.sessions.retention import Plan, rule_of
from agentsess.ui.render.format import age, count, size
from agentsess.ui.render.text import one_line
from agentsess.ui.screens.dialogs import Dialog

if TYPE_CHECKING:
    from agentsess.ui.app import AgentsessApp

_FIELDS = (
    ("older_than", "Older than", "30d, 12h, 6m"),
    ("status", "Status", "completed, paused …"),
    ("larger_than", "Larger than", "5mb, 500kb"),
    ("project", "Project", "part of its name"),
    ("tag", "Tag", "a whole tag"),
)
_MOST_SHOWN = 500


class PruneScreen(Dialog[int]):
    """Answers with the number of sessions moved to the trash; None if it was left."""

    CSS = """
    PruneScreen { align: center middle; }
    PruneScreen > Vertical {
        width: 90; max-width: 98%; height: 90%; max-height: 40;
        border: round $primary; border-title-style: bold;
        background: $surface; padding: 0 1;
    }
    PruneScreen .field { height: 1; }
    PruneScreen Label { width: 14; color: $text-muted; }
    PruneScreen Input { border: none; height: 1; width: 1fr; background: $boost; padding: 0 1; }
    PruneScreen Input:focus { background: $primary 30%; }
    PruneScreen #summary { height: auto; margin: 1 0; text-style: bold; }
    PruneScreen OptionList { height: 1fr; border: none; background: $surface; }
    PruneScreen #kept { height: auto; max-height: 3; color: $text-muted; }
    PruneScreen .buttons { height: 1; margin-top: 1; }
    PruneScreen .buttons > Button { margin-right: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "prune", "Prune", id="prune.go", priority=True),
    ]

    if TYPE_CHECKING:
        app = getters.app(AgentsessApp)

    def __init__(self) -> None:
        super().__init__()
        self._plan: Plan | None = None
        self._planned: dict[str, str] = {}
        """What the fields held when the plan was made."""

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content("Prune")
            for name, label, example in _FIELDS:
                with Horizontal(classes="field"):
                    yield Label(Content(label))
                    yield Input(placeholder=example, id=name)
            yield Static(Content(""), id="summary")
            yield OptionList(id="going")
            yield Static(Content(""), id="kept")
            with Horizontal(classes="buttons"):
                yield Button(Content(""), id="go", variant="warning", compact=True)
                yield Button(Content("esc  leave"), id="leave", compact=True)

    def on_mount(self) -> None:
        self.query_one("#older_than", Input).value = "30d"
        self.query_one("#status", Input).value = "completed"

    @on(Input.Changed)
    def _changed(self) -> None:
        self.preview()

    @work(exclusive=True, group="plan")
    async def preview(self) -> None:
        """Show what the rule would do; changes nothing."""
        values = self._values
        try:
            rule = rule_of(**values)
            plan = await self.app.aside(self.app.service.plan_prune, rule)
        except AgentsessError as error:
            self._show(None, str(error))
            return
        self._planned = values
        self._show(plan)

    @property
    def _values(self) -> dict[str, str]:
        return {name: self.query_one(f"#{name}", Input).value for name, *_ in _FIELDS}

    def _show(self, plan: Plan | None, problem: str = "") -> None:
        if not self.is_current:
            return  # it was left meanwhile
        self._plan = plan
        sessions = plan.sessions if plan else ()
        going = self.query_one("#going", OptionList)
        going.clear_options()
        now = utc_now()
        options = []
        for session in sessions[:_MOST_SHOWN]:
            facts = (
                f"{session.status} · {size(session.size_bytes)} · {age(session.updated_at, now)}"
            )
            line = Content(one_line(session.title, 56)) + Content.styled(
                f"  {facts}", "$text-muted"
            )
            options.append(Option(line))
        going.add_options(options)
        total = f"{count(len(sessions), 'session')}, {size(plan.bytes if plan else 0)}"
        text = problem or (
            f"{total} would go to the trash" if sessions else "Nothing fits the rule."
        )
        self.query_one("#summary", Static).update(Content(one_line(text, 200)))
        kept = plan.kept if plan else ()
        reasons = dict.fromkeys(one.reason for one in kept)
        note = f"Kept: {count(len(kept), 'session')} ({'; '.join(reasons)})" if kept else ""
        self.query_one("#kept", Static).update(Content(one_line(note, 300)))
        button = self.query_one("#go", Button)
        button.display = bool(sessions)
        button.label = Content(f"ctrl+s  move {total} to the trash")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "go":
            self.action_prune()
        else:
            self.dismiss(None)

    def action_prune(self) -> None:
        """Do what is shown, unless the rule was changed since."""
        if self._plan and self._plan.sessions and self._planned == self._values:
            self.prune(self._plan)

    @work(exclusive=True, group="prune")
    async def prune(self, plan: Plan) -> None:
        """Move the sessions of the plan that is shown, no others."""
        try:
            await self.app.aside(self.app.service.prune, plan)
        except AgentsessError as error:
            self._show(self._plan, str(error))
            return
        self.dismiss(len(plan.sessions))
