"""Resuming a session: where it stands first, then the prompt, here or in its own program."""

from __future__ import annotations

import subprocess

from textual import work
from textual.app import SuspendNotSupported

from agentsess.errors import AgentsessError
from agentsess.model import Session, Status, utc_now
from agentsess.sources.base import ResumeCommand
from agentsess.ui.render.sessions import source_label
from agentsess.ui.render.text import one_line
from agentsess.ui.screens.base import Panes
from agentsess.ui.screens.dialogs import Choice, Choose


class Resuming(Panes):
    """The part of the main screen that brings the user back into a session."""

    def action_resume(self) -> None:
        """Show where a session stands, make it active, and go to the prompt."""
        if session := self.chosen_one():
            self.coming = session.id
            self.resume(session)

    @work(exclusive=True, group="open")
    async def resume(self, session: Session) -> None:
        """Resume a session of ours, or ask how to resume another program's."""
        service = self.app.service
        if session.status is Status.ARCHIVED:
            self.tell("It is archived: a unarchives it first.", error=True)
            return
        if session.trashed_at is not None:
            self.tell("It is in the trash: U takes it out first.", error=True)
            return
        if not await self.show_session(session.id):
            return
        await self._show_recap(session)
        if not session.is_own:
            await self._resume_elsewhere(session)
            return
        self.action_prompt()  # first: whoever sees that it is active again begins to type
        try:
            if session.status is not Status.ACTIVE:
                await self.app.aside(service.resume, session.id)
            if (owner := service.owner(session.id)) and not self.app.runs.is_working(session.id):
                self.chat.say(f"In use by {owner}: read it here; sending waits until it is done.")
        except AgentsessError as error:
            self.tell(str(error), error=True)
        self.reload()

    async def _show_recap(self, session: Session) -> None:
        try:
            recap = await self.app.aside(self.app.service.recap, session.id)
        except AgentsessError as error:
            self.tell(str(error), error=True)
            return
        self.chat.show_recap(recap, utc_now())

    async def _resume_elsewhere(self, session: Session) -> None:
        name = source_label(session.source)
        try:
            command = await self.app.aside(self.app.service.resume_command, session.id)
        except AgentsessError as error:
            self.tell(str(error), error=True)
            return
        choices = [
            Choice(
                "h",
                "Continue here",
                f"a new session with its conversation; {name}'s stays as it is",
            )
        ]
        if command and not command.problem:
            detail = f"{' '.join(command.argv)} in {command.cwd}"
            choices.insert(0, Choice("c", f"Hand over to {name}", one_line(detail, 80)))
        why = command.problem if command else f"Its own command is not installed ({name})."
        text = f"{why}\n" if why else ""
        # The worker must not wait here: another session may be opened meanwhile.
        self.app.push_screen(
            Choose("Resume", text, choices), lambda key: self._resumed(key, session, command)
        )

    def _resumed(self, key: str | None, session: Session, command: ResumeCommand | None) -> None:
        if key == "c" and command:
            self.hand_over(command)
        elif key == "h":
            self.continue_here(session.id)

    def hand_over(self, command: ResumeCommand) -> None:
        """Give the terminal to another program, and take it back when that ends."""
        try:
            with self.app.suspend():
                subprocess.run(command.argv, cwd=command.cwd, check=False)
        except SuspendNotSupported:
            self.tell("This terminal cannot be handed over.", error=True)
        except OSError as error:
            self.tell(f"{command.argv[0]}: {error.strerror or error}", error=True)
        self.action_reload()

    @work(group="change")
    async def continue_here(self, session_id: str) -> None:
        """Copy another program's conversation into a new session of ours and open it."""
        self.chat.say("Copying the conversation…")
        try:
            session = await self.app.aside(self.app.service.continue_here, session_id)
        except AgentsessError as error:
            self.chat.say(str(error), error=True)
            return
        await self.show_session(session.id)
        await self._show_recap(session)
        self.reload(session.id)
        self.action_prompt()

    def action_recap(self) -> None:
        """Show where a session stands, changing nothing."""
        if session := self.chosen_one():
            self.coming = session.id
            self.recap(session)

    @work(exclusive=True, group="open")
    async def recap(self, session: Session) -> None:
        """Show a session and where it stands."""
        if await self.show_session(session.id):
            await self._show_recap(session)
