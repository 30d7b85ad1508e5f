"""Telling the user which session needs them, and going there."""

from __future__ import annotations

from textual import on, work

from agentsess.errors import AgentsessError
from agentsess.ui.render.text import one_line
from agentsess.ui.runs import OpenOffer, Runs
from agentsess.ui.screens.base import Panes


class Attention(Panes):
    """The part of the main screen that watches over the runs that are not in view."""

    @on(Runs.Asked)
    def _tell_asked(self, message: Runs.Asked) -> None:
        question = message.question
        about = "at a limit" if isinstance(question, OpenOffer) else "about a tool"
        self.call_for_user(question.session_id, f"waits for your answer {about}")

    @on(Runs.Ended)
    def _tell_ended(self, message: Runs.Ended) -> None:
        if message.error:
            self.call_for_user(message.session_id, str(message.error), failed=True)
        elif not message.stopped:
            self.call_for_user(message.session_id, "has answered", quietly=True)

    @work(group="attention")
    async def call_for_user(
        self, session_id: str, what: str, *, failed: bool = False, quietly: bool = False
    ) -> None:
        """Tell of a session that is not looked at: here, and by the terminal if need be.

        Args:
            session_id: Which.
            what: What it does, behind its title.
            failed: Whether it is bad news.
            quietly: Whether the bell stays silent if the app is known to be in front.
        """
        in_view = self.chat.session is not None and self.chat.session.id == session_id
        in_front = self.app.in_front
        if in_view and in_front is not False:
            return
        try:
            session = await self.app.aside(self.app.service.get, session_id)
        except AgentsessError:
            return  # it was deleted meanwhile
        title = f"“{one_line(session.title, 60)}”"
        if not in_view:
            hint = "" if quietly else " ctrl+g goes there."
            self.tell(f"{title} {one_line(what, 160).rstrip('.')}.{hint}", error=failed)
        if not in_front:
            self.app.tell_terminal(title, what)
        elif not quietly:
            self.app.bell()

    def action_attention(self) -> None:
        """Open the next session that waits for an answer, else the next that failed."""
        live = self.app.runs.live()
        waiting = [i for i, state in live.items() if state == "asking"]
        waiting += [i for i, state in live.items() if state == "failed"]
        shown = self.chat.session.id if self.chat.session else ""
        at = waiting.index(shown) + 1 if shown in waiting else 0
        coming = [i for i in waiting[at:] + waiting[:at] if i != shown]
        if coming:
            self.draft_folder, self.coming = "", coming[0]
            self.open(coming[0], go_there=True)
        else:
            self.tell("No other session waits for you." if waiting else "No session waits for you.")
