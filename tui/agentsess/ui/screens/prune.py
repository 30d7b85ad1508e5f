"""Pruning: a rule, what it would move to the trash, and how much that is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Label, OptionList, Select, Static
from textual.widgets.option_list import Option

from agentsess.errors import AgentsessError, InvalidQuery
from agentsess.model import utc_now
from agentsess.pace import Pace, paced
from agentsess.sessions.retention import Plan, rule_of
from agentsess.sessions.rules import Rule
from agentsess.ui.render.format import age, count, size
from agentsess.ui.render.text import one_line
from agentsess.ui.screens.dialogs import AskText, Dialog

if TYPE_CHECKING:
    from agentsess.ui.app import AgentsessApp

_FIELDS = (
    ("older_than", "Older than", "30d, 12h, 6mo"),
    ("status", "Status", "completed, paused …"),
    ("larger_than", "Larger than", "5mb, 500kb"),
    ("project", "Project", "part of its name"),
    ("tag", "Tag", "a whole tag"),
    ("keep_newest", "Keep newest", "so many of each project"),
    ("max_total", "Beyond", "2gb in all: the oldest go"),
)
_MOST_SHOWN = 500
_SLOW = 0.5
"""Seconds after which it is said that a rule is being looked at."""


class PruneScreen(Dialog[Plan]):
    """Answers with what is to be moved to the trash; None if it was left."""

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
    PruneScreen Select { width: 1fr; }
    PruneScreen #summary { height: auto; margin: 1 0; text-style: bold; }
    PruneScreen OptionList { height: 1fr; border: none; background: $surface; }
    PruneScreen #kept { height: auto; max-height: 3; color: $text-muted; }
    PruneScreen .buttons { height: 1; margin-top: 1; }
    PruneScreen .buttons > Button { margin-right: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "prune", "Prune", id="prune.go"),
        Binding("f2", "save", "Save", id="prune.save"),
        Binding("f3", "at_start", "At start", id="prune.at-start"),
    ]
    AUTO_FOCUS = "Input"

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
            with Horizontal(classes="field", id="saved-field"):
                yield Label(Content("Saved rule"))
                yield Select[str]([], prompt="none: as above", id="saved", compact=True)
            yield Static(Content(""), id="summary")
            yield OptionList(id="going")
            yield Static(Content(""), id="kept")
            with Horizontal(classes="buttons"):
                yield Button(Content(""), id="go", variant="warning", compact=True)
                yield Button(Content("f2  save as…"), id="save", compact=True)
                yield Button(Content(""), id="at-start", compact=True)
                yield Button(Content("esc  leave"), id="leave", compact=True)

    def on_mount(self) -> None:
        self.query_one("#older_than", Input).value = "30d"
        self.query_one("#status", Input).value = "completed"
        self._list_saved()

    def _list_saved(self, chosen: str = "") -> None:
        """Offer the saved rules; choose one of them if it is named."""
        rules = self.app.service.retention.rules.all()
        select = self._select
        # Not as markup: a name may have been written by another program.
        select.set_options([(Content(rule.name), rule.name) for rule in rules])
        self.query_one("#saved-field").display = bool(rules)
        if chosen:
            select.value = chosen

    @property
    def _select(self) -> Select[str]:
        return self.query_one("#saved", Select)

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self) -> None:
        saved = self._values["saved"]
        for name, *_ in _FIELDS:
            self.query_one(f"#{name}", Input).disabled = bool(saved)
        self.query_one("#save").display = not saved
        self.query_one("#at-start").display = bool(saved)
        self.preview()

    def _rule(self, values: dict[str, str]) -> Rule:
        """The saved rule that is chosen, else what the fields say; raises InvalidQuery."""
        if saved := values["saved"]:
            return self.app.service.retention.rules.get(saved)
        fields = {name: values[name].strip() for name, *_ in _FIELDS}
        keep, total = fields.pop("keep_newest"), fields.pop("max_total")
        if keep and not (keep.isdecimal() and len(keep) < 6):
            raise InvalidQuery(f"{keep!r} is not a number of sessions.")
        return Rule(rule_of(**fields), keep_newest=int(keep or 0), max_total=total)

    @work(exclusive=True, group="plan")
    async def preview(self) -> None:
        """Show what the rule would do; changes nothing."""
        values, pace = self._values, Pace()
        slow = self.set_timer(_SLOW, lambda: self._say("Looking what fits …"))
        try:
            rule = self._rule(values)
            button = self.query_one("#at-start", Button)
            button.label = Content(f"f3  at start: {'yes' if rule.at_start else 'no'}")
            button.refresh(layout=True)
            with paced(pace):
                plan = await self.app.aside(self.app.service.retention.plan, rule)
        except AgentsessError as error:
            self._show(None, str(error))
            return
        finally:
            slow.stop()
            pace.is_stopped = True  # it is done, or nobody waits for it any more
        self._planned = values
        self._show(plan)

    @property
    def _values(self) -> dict[str, str]:
        values = {name: self.query_one(f"#{name}", Input).value for name, *_ in _FIELDS}
        return values | {"saved": str(self._select.selection or "")}

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
        self._say(text)
        kept = plan.kept if plan else ()
        reasons = dict.fromkeys(one.reason for one in kept)
        note = f"Kept: {count(len(kept), 'session')} ({'; '.join(reasons)})" if kept else ""
        self.query_one("#kept", Static).update(Content(one_line(note, 300)))
        button = self.query_one("#go", Button)
        button.display = bool(sessions)
        button.label = Content(f"ctrl+s  move {total} to the trash")

    def _say(self, text: str) -> None:
        self.query_one("#summary", Static).update(Content(one_line(text, 200)))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "go":
                self.action_prune()
            case "save":
                self.action_save()
            case "at-start":
                self.action_at_start()
            case _:
                self.dismiss(None)

    def action_save(self) -> None:
        """Keep the rule of the fields under a name."""
        if self._values["saved"]:
            return
        try:
            rule = self._rule(self._values).checked()
        except AgentsessError as error:
            self._show(None, str(error))
            return
        self.app.push_screen(
            AskText("Name of the rule", hint="Letters, digits, - and _."),
            lambda name: self._named(rule, name),
        )

    def _named(self, rule: Rule, name: str | None) -> None:
        if name:
            self.save(replace(rule, name=name.strip()))

    def action_at_start(self) -> None:
        """Let the app apply the saved rule when it starts, or no more."""
        if not self._values["saved"]:
            return
        try:
            rule = self._rule(self._values)
        except AgentsessError as error:  # it was dropped meanwhile
            self._show(None, str(error))
            return
        self.save(replace(rule, at_start=not rule.at_start))

    @work(exclusive=True, group="save")
    async def save(self, rule: Rule) -> None:
        """Keep a rule and choose it."""
        try:
            await self.app.aside(self.app.service.retention.rules.save, rule)
        except AgentsessError as error:
            self._show(self._plan, str(error))
            return
        self._list_saved(rule.name)

    def action_prune(self) -> None:
        """Have what is shown done, unless the rule was changed since."""
        if self._plan and self._plan.sessions and self._planned == self._values:
            self.dismiss(self._plan)
