"""Resuming a session: where it stands and what changed, then on, here or in its own program."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from dataclasses import replace

from textual import on, work
from textual.app import SuspendNotSupported

from agentsess.agent.retirement import retirement
from agentsess.errors import AgentsessError, Stopped
from agentsess.model import Session, Status, utc_now
from agentsess.sessions.estimate import estimate
from agentsess.sessions.recap.editing import editable, read_edited
from agentsess.sessions.staleness import Change
from agentsess.sources.base import ResumeCommand
from agentsess.ui.render.format import dollars, tokens
from agentsess.ui.render.going_on import (
    COMPACT,
    CONTINUE,
    HERE,
    NEW_PHASE,
    READ,
    priced,
    proposal,
)
from agentsess.ui.render.recap import Standing, Way
from agentsess.ui.render.sessions import source_label
from agentsess.ui.screens.base import Panes, telling_errors
from agentsess.ui.screens.dialogs import AskNote, Choice, Choose
from agentsess.ui.widgets.recap_card import RecapCard


class Resuming(Panes):
    """The part of the main screen that brings the user back into a session."""

    def __init__(self) -> None:
        super().__init__()
        self._command: ResumeCommand | None = None
        """How the session on the card goes on in its own program."""

    # -- the card

    def action_resume(self) -> None:
        """Show where a session stands, and the ways to go on with it."""
        session = self.chosen_one()
        if session is None:
            return
        if session.status is Status.ARCHIVED:
            self.tell("It is archived: a unarchives it first.", error=True)
        elif session.trashed_at is not None:
            self.tell("It is in the trash: U takes it out first.", error=True)
        else:
            self.coming = session.id
            self.resume(session)

    def action_recap(self) -> None:
        """Show where a session stands, to read it."""
        if session := self.chosen_one():
            self.coming = session.id
            self.recap(session)

    @work(exclusive=True, group="open")
    @telling_errors
    async def resume(self, session: Session) -> None:
        """Show where a session stands and how to go on; nothing is changed yet."""
        if self._in_view(session.id) or await self.show_session(session.id):
            await self._show_standing(session, await self._ways(session))

    @work(exclusive=True, group="open")
    @telling_errors
    async def recap(self, session: Session) -> None:
        """Show a session and where it stands."""
        if self._in_view(session.id) or await self.show_session(session.id):
            await self._show_standing(session, ())

    async def _ways(self, session: Session) -> tuple[Way, ...]:
        only_read = Way(READ, "Only read", "everything stays as it is")
        new_phase = Way(NEW_PHASE, "New phase", None)
        if session.is_own:
            compact = (Way(COMPACT, "Compact first", None),) if session.context_tokens else ()
            return (Way(CONTINUE, "Continue", None), *compact, new_phase, only_read)
        name = source_label(session.source)
        command = None
        with suppress(AgentsessError):
            command = await self.app.aside(self.app.service.resume_command, session.id)
        self._command = command if command and not command.problem else None
        if self._command:
            hand_over = Way(CONTINUE, f"Hand over to {name}", None)
            return (hand_over, Way(HERE, "Continue here", None), new_phase, only_read)
        why = command.problem if command else f"its own command is not installed ({name})"
        only_read = replace(only_read, figures=why)
        return (Way(CONTINUE, "Continue here", None), new_phase, only_read)

    async def _show_standing(self, session: Session, ways: tuple[Way, ...]) -> None:
        recap = await self.app.aside(self.app.service.recap, session.id)
        self.chat.say("")  # what it may say of keys is not so on the card
        self.chat.show_standing(Standing(recap, utc_now(), session.notes, None, ways))
        self.action_focus_pane("chat")
        self.look_around(session)
        if recap.generated_by == "history" and recap.covers_entries and self.app.writes_recaps():
            self.write_recap(session)
        if ways:
            self.price_ways(session)

    @work(exclusive=True, group="look-around")
    @telling_errors
    async def look_around(self, session: Session) -> None:
        """Find out what changed since, and show it; until then nothing waits for it."""
        changes = await self.app.aside(self.app.service.recaps.changes, session.id)
        if changes and session.is_own:
            self.to_tell.add(session.id)
        if leaving := await self.app.aside(retirement, session.model):
            text = f"{leaving.text(utc_now().date())} {leaving.way_out}"
            changes = (Change("model", text), *changes)
        self._fill_in(session, changes=changes)

    @work(exclusive=True, group="price-ways")
    async def price_ways(self, session: Session) -> None:
        """Find out what the ways to go on would cost, and show it."""
        costs = None
        with suppress(AgentsessError):  # they are shown without figures
            costs = await self.app.aside(estimate, self.app.service, session.id)
        if standing := self.chat.standing:
            self._fill_in(session, ways=priced(standing.ways, costs))

    def _fill_in(self, session: Session, **known: object) -> None:
        """Show what has become known, if its session's card is still there."""
        standing = self.chat.standing
        if standing and self._in_view(session.id):
            standing = replace(standing, **known)  # type: ignore[arg-type]
            tells = session.id in self.to_tell if session.is_own and standing.changes else None
            self.chat.recap_card.update(standing, tells)

    # -- what is done on it

    @on(RecapCard.WayTaken)
    def _way_taken(self, event: RecapCard.WayTaken) -> None:
        session = self.chat.session
        if session is None:
            return
        if event.key == READ:
            self.chat.hide_recap()
            self.tell_retirement(session)
        elif event.key == NEW_PHASE:
            self.start_phase(session)
        elif session.is_own:
            self.go_on(session)
            if event.key == COMPACT:
                self.shorten(session, clear_results=False)
        elif event.key == CONTINUE and self._command:
            self.hand_over(self._command)
        else:
            self.continue_here(session.id)

    @on(RecapCard.Jumped)
    def _jumped(self, event: RecapCard.Jumped) -> None:
        self.chat.hide_recap()
        self.action_focus_pane("chat")
        self.chat.transcript.jump_to(event.seq)

    @on(RecapCard.TellToggled)
    def _tell_toggled(self) -> None:
        session = self.chat.session
        if session and session.is_own:
            self.to_tell ^= {session.id}
            self._fill_in(session)

    @on(RecapCard.EditWanted)
    def _edit_wanted(self) -> None:
        if (session := self.chat.session) and (standing := self.chat.standing):
            self.app.push_screen(
                AskNote("The recap in your words", editable(standing.recap), tall=True),
                lambda text: self._edited(session, text),
            )

    def _edited(self, session: Session, text: str | None) -> None:
        if text is not None:
            self.edit_recap(session, text)

    @work(group="change")
    @telling_errors
    async def edit_recap(self, session: Session, text: str) -> None:
        """Keep the user's words."""
        edit = self.app.service.recaps.edit
        recap = await self.app.aside(edit, session.id, read_edited(text))
        self._fill_in(session, recap=recap)

    @on(RecapCard.WritingWanted)
    def _writing_wanted(self) -> None:
        if session := self.chat.session:
            self.plan_recap(session)

    @work(exclusive=True, group="plan-recap")
    @telling_errors
    async def plan_recap(self, session: Session) -> None:
        """Say what having the recap written takes, and ask whether that is wanted."""
        plan = await self.app.aside(self.app.recap_writer.plan, session.id)
        cost = f", for at most {dollars(max(plan.most_usd, 0.01))}" if plan.most_usd else ""
        text = (
            f"{plan.model} is shown about {tokens(plan.tokens)} tokens{cost}. What it says and "
            "the history does not bear out is left out."
        )
        choices = [Choice("w", "Write it"), Choice("l", "Leave it as it is")]
        self.app.push_screen(
            Choose("Have the recap written", text, choices),
            lambda key: self._writing_answered(key, session),
        )

    def _writing_answered(self, key: str | None, session: Session) -> None:
        if key == "w":
            self.write_recap(session)

    @work(group="write-recap")
    async def write_recap(self, session: Session) -> None:
        """Have the recap written, and show it as it comes; if that fails, say why."""
        writer = self.app.recap_writer
        self._fill_in(session, news="a model is writing…")
        try:
            recap = await writer.write(
                session.id, lambda headline: self._fill_in(session, news=f"✎ {headline}")
            )
        except AgentsessError as error:
            if self.chat.standing and self._in_view(session.id):
                self._fill_in(session, news=f"Not written by a model: {error}")
            else:
                self.tell(f"The recap was not written by a model: {error}", error=True)
        else:
            self._fill_in(session, recap=recap, news="")
            self.reload()

    # -- going on

    @work(group="go-on")
    @telling_errors
    async def go_on(self, session: Session) -> None:
        """Make a session of ours active and go to the prompt; the card stays while one writes."""
        service = self.app.service
        self._to_the_prompt()  # first: whoever sees that it is active again begins to type
        try:
            if session.status is not Status.ACTIVE:
                await self.app.aside(service.resume, session.id)
            if (owner := service.owner(session.id)) and not self.app.runs.is_working(session.id):
                self.chat.say(f"In use by {owner}: read it here; sending waits until it is done.")
        finally:
            self.reload()

    def _to_the_prompt(self) -> None:
        self.action_prompt()
        if (session := self.chat.session) and (standing := self.chat.standing):
            self._fill_in(session, ways=(), taken=True)
            self.chat.prompt.propose(proposal(standing.recap))

    def hand_over(self, command: ResumeCommand) -> None:
        """Give the terminal to another program, and take it back when that ends."""
        self.chat.hide_recap()
        try:
            with self.app.suspend():
                subprocess.run(command.argv, cwd=command.cwd, check=False)
        except SuspendNotSupported:
            self.tell("This terminal cannot be handed over.", error=True)
        except OSError as error:
            self.tell(f"{command.argv[0]}: {error.strerror or error}", error=True)
        self.action_reload()

    @work(group="change")
    @telling_errors
    async def continue_here(self, session_id: str) -> None:
        """Copy another program's conversation into a new session of ours and open it."""
        self.chat.say("Copying the conversation…")
        try:
            session = await self.at_length(lambda: self.app.service.continue_here(session_id))
        except AgentsessError as error:
            self.chat.say(str(error), error=not isinstance(error, Stopped))
            return
        await self.show_session(session.id)
        await self._show_standing(session, ())
        self.reload(session.id)
        self._to_the_prompt()
