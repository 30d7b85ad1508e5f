"""All keys on one screen, made from the table of keys."""

from __future__ import annotations

from itertools import groupby
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from agentsess.ui.keys import KEYS, PANE_KEYS, shown_keys
from agentsess.ui.screens.dialogs import Dialog

_FILTERS = (
    ("migration api", "both words, in titles, tags, notes or the conversation"),
    ('"two words" in:tools', "a phrase; in what tools were given and gave back"),
    ("status:paused -tag:done", "a field, and what must not be"),
    ("project: tag: model: branch: source:", "other fields"),
    ("older:30d newer:2w larger:5mb has:notes", "age, size, what it has"),
)


_WIDTH = 68


class HelpScreen(Dialog[None]):
    """Lists every key and the filter's language."""

    CSS = """
    HelpScreen { align: center middle; }
    HelpScreen VerticalScroll {
        width: 76; max-width: 96%; height: auto; max-height: 92%;
        border: round $primary; border-title-style: bold;
        background: $surface; padding: 0 2; scrollbar-size-vertical: 1;
    }
    HelpScreen Static { width: 1fr; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,f1,question_mark", "dismiss", "Close", id="help.close"),
        Binding("j", "scroll('down')", show=False, id="help.down"),
        Binding("k", "scroll('up')", show=False, id="help.up"),
        Binding("g", "scroll('home')", show=False, id="help.first"),
        Binding("G", "scroll('end')", show=False, id="help.last"),
    ]

    def compose(self) -> ComposeResult:
        with VerticalScroll() as box:
            box.border_title = Content("Keys")
            box.border_subtitle = Content("esc closes")
            yield Static(help_text())

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    async def action_scroll(self, where: str) -> None:
        """Scroll as the arrow keys and home and end do."""
        await self.query_one(VerticalScroll).run_action(f"scroll_{where}")


def help_text() -> Content:
    """All keys, grouped."""
    parts: list[Content] = []
    for group, keys in groupby(KEYS, key=lambda key: key.group):
        parts += _part(group, [(shown_keys(key.keys), key.help) for key in keys])
    for title, rows in PANE_KEYS:
        parts += _part(title, rows)
    parts += _part("The filter", _FILTERS)
    return Content("\n").join(parts[:-1])


def _part(title: str, rows: object) -> list[Content]:
    assert isinstance(rows, list | tuple)
    lines = [Content.styled(title, "bold $text-accent")]
    for keys, what in rows:
        pad = max(20, len(keys) + 2)
        first, *others = Content(what).wrap(_WIDTH - pad - 2)
        lines.append(Content.styled(f"  {keys.ljust(pad)}", "bold") + first)
        lines += [Content(" " * (pad + 2)) + other for other in others]
    return [*lines, Content("")]
