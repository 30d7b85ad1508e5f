"""When a conversation has become long: less of it is sent, or the work goes on elsewhere."""

from __future__ import annotations

from textual import work

from agentsess.agent.compaction import can_clear, can_compact
from agentsess.agent.context import Conversation
from agentsess.model import Session
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
        self.offer_room(session)

    @work(exclusive=True, group="offer-room")
    @telling_errors
    async def offer_room(self, session: Session) -> None:
        """Find out what can be done about a conversation, and ask which of it is wanted."""
        choices, said = [], []
        if used := session.context_tokens:
            said.append(f"The model is sent about {tokens(used)} tokens with each request.")
        if session.is_own:
            compactable, clearable = await self.app.aside(self._what_can_go, session.id)
            if compactable:
                detail = "the model sums up the beginning; all stays here to read"
                choices.append(Choice("c", "Compact", detail))
            else:
                said.append("There is nothing to compact yet: the conversation is short.")
            if clearable:
                detail = "of tools, and images; the model is not asked"
                choices.append(Choice("l", "Leave out old results", detail))
            else:
                said.append("There are no old results of tools to leave out.")
        detail = "completes this session; a new one begins where it stands"
        choices.append(Choice("p", "New phase", detail))
        title = f"Make room: {one_line(session.title, 40)}"
        if self.app.screen is self:  # nothing else was asked meanwhile
            self.app.push_screen(
                Choose(title, "\n".join(said), choices),
                lambda key: self._make_room(key, session),
            )

    def _what_can_go(self, session_id: str) -> tuple[bool, bool]:
        """Whether a session can be compacted, and whether old results can be left out."""
        conversation = Conversation(self.app.service.entries(session_id))
        return can_compact(conversation), can_clear(conversation)

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
        phase = await self.at_length(lambda: self.app.service.phases.start(session.id))
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
