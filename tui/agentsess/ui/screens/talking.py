"""Talking to the model: sending prompts, and showing what the runs do."""

from __future__ import annotations

from textual import on, work
from textual.widgets import Input

from agentsess.agent.permissions import Decision
from agentsess.errors import AgentsessError
from agentsess.ui.render.text import one_line
from agentsess.ui.runs import Question, Runs
from agentsess.ui.screens.base import Panes
from agentsess.ui.widgets.permission import PermissionPrompt
from agentsess.ui.widgets.prompt import Prompt


class Talking(Panes):
    """The part of the main screen that turns what runs tell into what is shown."""

    @on(Prompt.Submitted)
    def _submitted(self, event: Prompt.Submitted) -> None:
        self.send(event.text)

    @work(group="send")
    async def send(self, text: str) -> None:
        """Give the model a prompt, in the open session or a new one."""
        if self.draft_folder:
            folder, self.draft_folder = self.draft_folder, ""
            try:
                session = await self.app.create_session(folder)
            except AgentsessError as error:
                self.draft_folder = folder
                self.chat.say(str(error), error=True)
                self.chat.prompt.give_back(text)
                return
            await self.show_session(session.id)
            self.reload(session.id)
        shown = self.chat.session
        if shown is None or self.app.runs.is_working(shown.id):
            self.chat.prompt.give_back(text)
            self.chat.say("The model is still at work here: esc stops it." if shown else "")
            return
        self.chat.hide_recap()
        self.chat.say("")
        self.app.runs.start(shown.id, text)
        self.chat.transcript.set_status("Asking…")
        self.chat.transcript.action_latest()
        self.show_live()

    def show_live(self) -> None:
        """Show in the list what is going on in the sessions."""
        self.sessions.show_live(self.app.runs.live())

    @on(Runs.Happened)
    def _happened(self, message: Runs.Happened) -> None:
        if not self.app.is_open:
            return  # told late: its panes are gone
        if self.chat.session and message.session_id == self.chat.session.id:
            self.chat.take(message.event)
        if not hasattr(message.event, "text"):
            self.reload()

    @on(Runs.Asked)
    def _asked(self, message: Runs.Asked) -> None:
        if not self.app.is_open:
            return
        question = message.question
        if self.chat.session and question.session_id == self.chat.session.id:
            self.ask(question)
        else:
            self.app.bell()
            self.notify("A session waits for your answer about a tool.", markup=False)
        self.show_live()

    @on(PermissionPrompt.Answered)
    def _answered(self, event: PermissionPrompt.Answered) -> None:
        decision = Decision(event.choice != "deny", event.reason)
        self.app.runs.answer(event.request_id, decision, for_session=event.choice == "session")
        self.chat.remove_question()
        self.chat.say("")
        self.chat.prompt.focus()
        self.show_live()

    def ask(self, question: Question) -> None:
        """Put a run's question about a tool call to the user.

        What the user is just writing must not become the answer.
        """
        prompt = self.chat.prompt
        is_writing = isinstance(self.focused, Input) or (prompt.has_focus and bool(prompt.text))
        if is_writing:
            self.chat.say("A tool call waits for your answer: esc goes to it.")
        self.chat.ask(
            PermissionPrompt(
                question.session_id, question.tool, question.details, take_focus=not is_writing
            )
        )

    @on(Runs.Ended)
    def _ended(self, message: Runs.Ended) -> None:
        if not self.app.is_open:
            return
        session = self.chat.session
        if session and message.session_id == session.id:
            self.chat.remove_question()
            self.chat.transcript.set_status("")
            self.catch_up(session.id)
            if message.error:
                self.chat.say(str(message.error), error=True)
                # Sent again unchanged it goes on where it failed, and is not said twice.
                self.chat.prompt.give_back(message.task)
        elif message.error:
            self.notify(one_line(str(message.error), 200), severity="error", markup=False)
        self.reload()
