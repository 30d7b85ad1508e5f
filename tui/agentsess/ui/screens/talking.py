"""Talking to the model: sending prompts, and showing what the runs do."""

from __future__ import annotations

from textual import on, work
from textual.widgets import Input

from agentsess.agent.events import (
    Compacting,
    PhaseStarted,
    PromptSaved,
    TextDelta,
    ThinkingDelta,
    UsageChanged,
)
from agentsess.agent.permissions import Decision
from agentsess.errors import AgentsessError, SessionFenced, SessionLocked
from agentsess.sessions.permissions import Permission
from agentsess.ui.runs import OpenOffer, Question, Runs
from agentsess.ui.screens.base import Panes
from agentsess.ui.screens.dialogs import Choice, Choose
from agentsess.ui.widgets.asking import Asking
from agentsess.ui.widgets.offer import OfferPrompt
from agentsess.ui.widgets.permission import PermissionPrompt
from agentsess.ui.widgets.prompt import Prompt

_LONG_WAIT = 24 * 3600.0
"""Seconds: as good as for ever; the user stops it."""


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
                session = await self.app.create_session(folder, self.draft_model)
            except AgentsessError as error:
                self.draft_folder = folder
                self.chat.say(str(error), error=True)
                self.chat.prompt.give_back(text)
                return
            await self.show_session(session.id)
            self.reload(session.id)
            # The prompt is this session's, whatever the user looks at by now.
            self.send_to(session.id, text)
            return
        shown = self.chat.session
        if shown is None or self.app.runs.is_working(shown.id):
            self.chat.prompt.give_back(text)
            self.chat.say("The model is still at work here: esc stops it." if shown else "")
            return
        self.chat.hide_recap()
        self.send_to(shown.id, text)

    def send_to(
        self, session_id: str, text: str, *, wait: bool = False, take: bool = False
    ) -> None:
        """Give the model a prompt in a session, in view or not."""
        seconds = _LONG_WAIT if wait else 0.0
        note = session_id in self.to_tell
        self.app.runs.start(session_id, text, wait=seconds, take_over=take, resume_note=note)
        if self._in_view(session_id):
            self.chat.say("")
            doing = "Waiting for the other run to end… esc stops waiting" if wait else "Asking…"
            self.chat.transcript.set_status(doing)
            self.chat.transcript.action_latest()
        self.show_live()

    def _in_view(self, session_id: str) -> bool:
        return self.chat.session is not None and self.chat.session.id == session_id

    def _offer_lock(self, session_id: str, text: str, locked: SessionLocked) -> None:
        """Another process works in the session: let the user read, wait or take it over."""
        choices = [
            Choice("r", "Only read", "your text stays in the prompt"),
            Choice("w", "Wait", "send it when the other run has ended"),
            Choice("t", "Take it over", "the other run is refused from then on"),
        ]
        self.app.push_screen(
            Choose("In use", str(locked), choices),
            lambda key: self._lock_answered(key, session_id, text),
        )

    def _lock_answered(self, key: str | None, session_id: str, text: str) -> None:
        is_shown = self.chat.session is not None and self.chat.session.id == session_id
        if key in ("w", "t") and is_shown:
            self.send_to(session_id, text, wait=key == "w", take=key == "t")
        else:
            self.chat.give_back(session_id, text)

    def show_live(self) -> None:
        """Show in the list what is going on in the sessions."""
        self.sessions.show_live(self.live())
        self.show_stop()

    @on(Runs.Happened)
    def _happened(self, message: Runs.Happened) -> None:
        if not self.app.is_open:
            return  # told late: its panes are gone
        event = message.event
        if isinstance(event, PromptSaved):
            self.to_tell.discard(message.session_id)
        if isinstance(event, PhaseStarted):
            self.go_on_in(event.session, event.prompt, show=self._in_view(message.session_id))
        elif self._in_view(message.session_id):
            entry = getattr(event, "entry", None)
            if entry is not None and entry.seq > self.chat.last_seq + 1:
                self.catch_up(message.session_id)  # one came while the session was being opened
            else:
                self.chat.take(event)
            if isinstance(event, UsageChanged):
                self.show_details()
        if not isinstance(event, TextDelta | ThinkingDelta | Compacting):
            self.reload()

    @on(Runs.Asked)
    def _asked(self, message: Runs.Asked) -> None:
        if not self.app.is_open:
            return
        question = message.question
        if self.chat.session and question.session_id == self.chat.session.id:
            self.ask(question)
        self.show_live()

    @on(PermissionPrompt.Answered)
    def _answered(self, event: PermissionPrompt.Answered) -> None:
        if event.saved is not None:
            self.save_permission(event.request_id, event.saved)
            return
        decision = Decision(event.choice != "deny", event.reason, "user")
        self.app.runs.answer(event.request_id, decision, for_session=event.choice == "session")
        self._question_answered(event.request_id)

    @work(group="permission")
    async def save_permission(self, request_id: str, permission: Permission) -> None:
        """Keep an answer for all sessions of a folder, then answer the call with it."""
        try:
            await self.app.aside(self.app.service.permissions.save, permission)
        except AgentsessError as error:
            self.tell(str(error), error=True)
            shown = self.chat.session
            if shown and (question := self.app.runs.question(shown.id)):
                self.ask(question)  # nothing was answered yet
            return
        allowed = permission.effect == "allow"
        self.app.runs.answer(request_id, Decision(allowed, "", "user", str(permission)))
        self.tell(f"Saved: {permission}. M lists and removes what is saved.")
        self._question_answered(request_id)

    @on(OfferPrompt.Chosen)
    def _offer_taken(self, event: OfferPrompt.Chosen) -> None:
        self.app.runs.choose(event.request_id, event.option)
        self._question_answered(event.request_id)

    def _question_answered(self, request_id: str) -> None:
        shown = self.chat.question
        if shown is not None and shown.request_id == request_id:
            self.chat.remove_question()
            self.chat.say("")
            self.chat.prompt.focus()
        self.show_live()

    def ask(self, question: Question | OpenOffer) -> None:
        """Put a run's question to the user.

        What the user is just writing must not become the answer.
        """
        prompt = self.chat.prompt
        # while another window is in front nothing has the focus: it comes back to the prompt
        in_prompt = prompt.has_focus or self.app.in_front is False
        is_writing = isinstance(self.focused, Input) or (in_prompt and bool(prompt.text))
        if isinstance(question, Question):
            what, about = "A tool call", "about a tool"
            asking: Asking = PermissionPrompt(
                question.id,
                question.tool,
                question.details,
                folder=question.folder,
                change=question.change,
                suggestions=question.suggestions,
                take_focus=not is_writing,
            )
        else:
            what, about = "The run", "at a limit"
            asking = OfferPrompt(question.id, question.offer, take_focus=not is_writing)
        self.chat.transcript.set_status(f"Waiting for your answer {about}")
        if is_writing:
            self.chat.say(f"{what} waits for your answer: esc goes to it.")
        self.chat.ask(asking)
        self.show_stop()

    @on(Runs.Ended)
    def _ended(self, message: Runs.Ended) -> None:
        if not self.app.is_open:
            return
        session = self.chat.session
        if session and message.session_id == session.id:
            self.chat.remove_question()
            self.chat.transcript.set_status("")
            self.catch_up(session.id)
            self.show_details()
            if isinstance(message.error, SessionLocked):
                self._offer_lock(session.id, message.task, message.error)
            elif message.error:
                self.chat.say(_said(message), error=True)
                self._give_back(message)
        elif message.error:
            self._give_back(message)
        self.reload()

    def _give_back(self, message: Runs.Ended) -> None:
        # Sent again unchanged it goes on where it failed, and is not said twice: unless another
        # run took the session meanwhile, and went on from it.
        overtaken = isinstance(message.error, SessionFenced)
        if message.task and not (overtaken and message.is_saved):
            self.chat.give_back(message.session_id, message.task)


def _said(message: Runs.Ended) -> str:
    """Why a run failed; of one that was overtaken, what became of its prompt too."""
    if not message.task or not isinstance(message.error, SessionFenced):
        return str(message.error)
    prompt = "kept" if message.is_saved else "back below: send it when the session is free"
    return f"{message.error} Your prompt is {prompt}."
