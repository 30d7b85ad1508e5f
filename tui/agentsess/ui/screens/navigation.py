"""Moving about the main screen: panes, layout, filter, help; nothing here changes a session."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual import on
from textual.app import SuspendNotSupported
from textual.content import Content
from textual.widgets import Input, Static

from agentsess.model import Session
from agentsess.ui.screens.base import Panes
from agentsess.ui.screens.dialogs import Choice, Choose
from agentsess.ui.screens.help import HelpScreen
from agentsess.ui.widgets.chat_pane import FindInput
from agentsess.ui.widgets.prompt import Prompt
from agentsess.ui.widgets.transcript import Transcript

SORTS: dict[str, Callable[[Session], Any]] = {
    "activity": lambda s: -s.updated_at.timestamp(),
    "start": lambda s: -s.created_at.timestamp(),
    "title": lambda s: s.title.casefold(),
    "size": lambda s: -s.size_bytes,
    "cost": lambda s: -(s.cost_usd or 0),
}
"""What the list may be ordered by, and the key of each order."""
_SORT_CHOICES = (
    Choice("a", "activity", "the most recently worked in first"),
    Choice("b", "start", "the newest first"),
    Choice("t", "title"),
    Choice("s", "size", "the largest first"),
    Choice("c", "cost", "the dearest first"),
)
_PANES = ("sessions", "chat", "details")


class Navigation(Panes):
    """Actions of the main screen that only change what is in view."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The filter's key is not offered where it is a character like others.

        Textual sees to that by itself for all keys whose names Unicode knows: not for /.
        """
        field = self.focused
        types = isinstance(field, Input) or (isinstance(field, Prompt) and not field.read_only)
        return not (action == "filter" and types)

    def at(self, pane: str) -> None:
        """Remember which pane the user is in; on a narrow screen only that one shows."""
        if self.has_class(f"-at-{pane}"):
            return
        # each class restyles all that is on the screen: once is enough
        for name in _PANES:
            self.set_class(name == pane, f"-at-{name}", update=False)
        self.update_node_styles()
        tabs = [
            Content.styled(f" {number} {name} ", "bold reverse" if name == pane else "")
            for number, name in enumerate(_PANES, start=1)
        ]
        if self.app.demo:
            tabs.append(Content.styled(" DEMO ", "bold $text-warning"))
        self.query_one("#tabs", Static).update(Content(" ").join(tabs))

    def name_list(self) -> None:
        """Say what is listed, and whether it is the demo's."""
        title = Content("Trash" if self.trashed else "Sessions")
        if self.app.demo:
            title += Content.styled(" · DEMO", "bold $text-warning")
        self.query_one("#sessions-pane").border_title = title

    @on(Transcript.SearchWanted)
    def _search_wanted(self) -> None:
        self.chat.find_input.add_class("-shown")
        self.chat.find_input.focus()

    @on(Input.Submitted, "FindInput")
    def _find(self, event: Input.Submitted) -> None:
        if event.value and not self.chat.transcript.find(event.value, backwards=True):
            self.notify("Not in the part that is loaded.", markup=False)
        self.chat.transcript.focus()

    @on(Input.Blurred, "FindInput")
    def _find_left(self, event: Input.Blurred) -> None:
        assert isinstance(event.input, FindInput)
        event.input.remove_class("-shown")

    @on(Transcript.Copied)
    def _copied(self, event: Transcript.Copied) -> None:
        self.app.copy_to_clipboard(event.text)
        self.notify(f"Copied {len(event.text):,} characters.", markup=False)

    def action_focus_pane(self, pane: str) -> None:
        """Go to a pane, showing it if it is hidden."""
        self.at(pane)
        if pane == "sessions":
            self.set_class(False, "-no-sessions")
            self.sessions.focus()
        elif pane == "chat":
            if self.chat.question is not None:
                self.chat.question.focus()
            elif self.chat.has_class("-empty"):
                self.chat.prompt.focus()
            elif self.chat.standing:
                self.chat.recap_card.focus()
            else:
                self.chat.transcript.focus()
        else:
            self.set_class(False, "-no-details")
            self.set_class(True, "-details")
            self.details.focus()

    def action_prompt(self) -> None:
        """Go to the prompt."""
        self.at("chat")
        self.chat.prompt.focus()

    def on_descendant_focus(self) -> None:
        """Follow the focus: tab and the mouse move it too."""
        for name in _PANES:
            pane = self.query_one(f"#{name}-pane")
            if self.focused is not None and pane in self.focused.ancestors_with_self:
                self.at(name)

    def action_step(self, by: int) -> None:
        """Open the session after or before the one in view."""
        self.sessions.action_move(by)

    def action_filter(self) -> None:
        """Go to the filter box."""
        self.set_class(False, "-no-sessions")
        self.at("sessions")
        self.filter_input.focus()

    def action_toggle_sidebar(self) -> None:
        """Show or hide the sessions."""
        self.toggle_class("-no-sessions")
        if self.has_class("-no-sessions"):
            self.action_focus_pane("chat")

    def action_toggle_details(self) -> None:
        """Show or hide the details."""
        self.toggle_class("-no-details" if self.has_class("-wide") else "-details")

    def action_zoom(self) -> None:
        """Give the whole screen to the pane in focus, or take it back."""
        self.toggle_class("-zoom")

    def action_sort(self) -> None:
        """Choose what the list is ordered by."""
        names = {choice.key: choice.text for choice in _SORT_CHOICES}
        self.app.push_screen(
            Choose("Sort by", "", _SORT_CHOICES), lambda key: self._sort_by(names.get(key or ""))
        )

    def _sort_by(self, name: str | None) -> None:
        if name:
            self.sort = name
            self.reload()

    def action_edit_prompt(self) -> None:
        """Write the prompt in the user's editor; what is saved there comes back here."""
        prompt = self.chat.prompt
        if prompt.read_only:
            return
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        with tempfile.NamedTemporaryFile("w+", suffix=".md", encoding="utf-8") as file:
            file.write(prompt.text)
            file.flush()
            try:
                with self.app.suspend():
                    subprocess.run([*shlex.split(editor), file.name], check=False)
                # Read by name: many editors replace the file.
                text = Path(file.name).read_text(encoding="utf-8", errors="replace")
            except SuspendNotSupported:
                self.tell("This terminal cannot be handed to an editor.", error=True)
                return
            except OSError as error:
                self.tell(f"{editor}: {error.strerror or error}", error=True)
                return
        prompt.load_text(text.rstrip("\n"))
        self.action_prompt()

    def action_show_trash(self) -> None:
        """List the trash, or leave it."""
        self.trashed = not self.trashed
        self.name_list()
        self.sessions.clear_marks()
        self.reload()

    def action_reload(self) -> None:
        """Look at the disk again."""
        self.scan_sources()
        self.reload()

    def action_help(self) -> None:
        """Show all keys."""
        self.app.push_screen(HelpScreen())

    def action_palette(self) -> None:
        """Open the command palette."""
        self.app.action_command_palette()

    def action_suspend(self) -> None:
        """Go to the shell; ``fg`` comes back."""
        self.app.action_suspend_process()

    def action_back(self) -> None:
        """Out of where the user is, one step at a time."""
        if self.stop_long_work():
            return
        if self.focused is self.filter_input:
            self.filter_input.value = ""
            self.sessions.focus()
        elif self.chat.hide_recap() or self.sessions.clear_marks():
            return
        elif self.has_class("-zoom"):
            self.set_class(False, "-zoom")
        elif self.draft_folder:
            self.leave_draft()
        elif self.query_text:
            self.filter_input.value = ""
        elif self.trashed:
            self.action_show_trash()
        else:
            self.action_focus_pane("sessions")

    def on_prompt_left(self, event: Prompt.Left) -> None:
        """Escape in the prompt goes to a question, else stops the run, else leaves."""
        event.stop()
        session = self.chat.session
        if self.chat.question is not None:
            self.chat.question.focus()
        elif session and self.app.runs.is_working(session.id):
            self.stop_run(session.id)
        elif not self.chat.hide_recap():
            if self.draft_folder:
                self.leave_draft()
            else:
                self.action_focus_pane("chat")

    def leave_draft(self) -> None:
        """Give up starting a new session; nothing was stored."""
        self.draft_folder = ""
        self.chat.show_nothing()
        if session := self.sessions.highlighted:
            self.open(session.id)
        self.action_focus_pane("sessions")
