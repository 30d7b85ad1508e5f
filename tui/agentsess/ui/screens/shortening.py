"""When a conversation has become long: less of it is sent, or the work goes on elsewhere."""

from __future__ import annotations

from textual import work

from agentsess.model import Session
from agentsess.sessions.phases import start_phase
from agentsess.ui.render.format import tokens
from agentsess.ui.render.text import one_line
from agentsess.ui.screens.base import Panes, telling_errors
from agentsess.ui.screens.dialogs import Choice, Choose


class Shortening(Panes):
    """The part of the main screen that makes room in a long conversation."""

    def action_make_room(self) -> None:
        """Ask how to make room in a session."""
        session = self.chosen_one()
        if session is None:
            return
        if self._is_at_work(session):
            return
        choices = [Choice("p", "New phase", "a new session that begins with where this one stands")]
        if session.is_own:
            results = "of tools, and images; the model is not asked"
            choices = [
                Choice("c", "Compact", "the model sums up the beginning; all stays here to read"),
                Choice("l", "Leave out old results", results),
                *choices,
            ]
        used = session.context_tokens
        text = f"The model is sent about {tokens(used)} tokens with each request." if used else ""
        title = f"Make room: {one_line(session.title, 40)}"
        self.app.push_screen(
            Choose(title, text, choices), lambda key: self._make_room(key, session)
        )

    def _is_at_work(self, session: Session) -> bool:
        """Whether a run is under way there, which is said."""
        is_working = self.app.runs.is_working(session.id)
        if is_working:
            self.tell("The model is still at work there: esc stops it.", error=True)
        return is_working

    def _make_room(self, key: str | None, session: Session) -> None:
        if key == "p":
            self.start_phase(session)
        elif key:
            self.shorten(session, clear_results=key == "l")

    @work(group="change")
    async def shorten(self, session: Session, *, clear_results: bool) -> None:
        """Show a session and have less of it sent from now on."""
        if not await self.show_session(session.id) or self._is_at_work(session):
            return
        self.chat.hide_recap()
        self.chat.say("")
        self.app.runs.shorten(session.id, clear_results=clear_results)
        self.show_live()

    @work(group="change")
    @telling_errors
    async def start_phase(self, session: Session) -> None:
        """Begin a new phase of a session and go there."""
        phase = await self.app.aside(start_phase, self.app.service, session.id)
        await self.show_session(phase.id)
        self.reload(phase.id)
        self.action_prompt()
        self.tell(f"“{one_line(session.title, 60)}” is completed and goes on here.")

    @work(group="change")
    async def go_on_in(self, phase: Session, prompt: str, *, show: bool) -> None:
        """Send a prompt in the new phase that its session's run has begun."""
        if show:
            await self.show_session(phase.id)
        self.reload(phase.id if show else "")
        self.send_to(phase.id, prompt)
