"""The chat: the conversation, the recap card, the questions of a run, and the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from agentsess.agent import events as happened
from agentsess.model import Entry, EntryKind, Page, Session, Status
from agentsess.sessions.turn_use import TurnUse, turn_use
from agentsess.ui.render.recap import Standing
from agentsess.ui.render.sessions import GLYPHS, source_label
from agentsess.ui.render.text import clean, one_line
from agentsess.ui.widgets.asking import Asking
from agentsess.ui.widgets.prompt import Prompt
from agentsess.ui.widgets.recap_card import RecapCard
from agentsess.ui.widgets.status_line import StatusLine
from agentsess.ui.widgets.transcript import Transcript

WELCOME = """
No session is open.

  ctrl+n   starts a session
  enter    reads the one under the cursor
  c        resumes it, after a recap
  ?        shows all keys
"""

NEW_SESSION = """
A new session in
{folder}

Write below what is to be done, and press enter.
Nothing is stored until then; esc leaves.
"""
_NEW = "new"
_WORKING = "Working… esc stops"


class FindInput(Input):
    """A line at the foot of the conversation: what to search for in it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.focus_pane('chat')", "Leave", show=False)
    ]


class ChatPane(Vertical):
    """Shows one session's conversation, and what happens in it."""

    DEFAULT_CSS = """
    ChatPane Transcript { height: 1fr; }
    ChatPane RecapCard { height: 1fr; padding: 0 1; display: none; }
    ChatPane RecapCard.-shown { display: block; }
    ChatPane.-recap Transcript { display: none; }
    ChatPane FindInput { border: none; height: 1; display: none; background: $surface; }
    ChatPane FindInput.-shown { display: block; }
    ChatPane #welcome { height: 1fr; color: $text-muted; padding: 1 2; display: none; }
    ChatPane.-empty #welcome { display: block; }
    ChatPane.-empty Transcript { display: none; }
    """

    transcript = getters.query_one(Transcript)
    prompt = getters.query_one(Prompt)
    recap_card = getters.query_one(RecapCard)
    banner = getters.query_one("#banner", Static)
    find_input = getters.query_one(FindInput)
    status_line = getters.query_one(StatusLine)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.session: Session | None = None
        self.question: Asking | None = None
        """What the run asks; a question that is on its way out does not count."""
        self.turn = TurnUse()
        """What the newest turn took."""
        self._last_seq = 0
        self._drafts: dict[str, str] = {}
        """What stands unsent in the prompts of sessions that are not in view."""
        self._written_for = ""

    def compose(self) -> ComposeResult:
        yield Static(Content(WELCOME.strip("\n")), id="welcome")
        yield Transcript()
        yield FindInput(placeholder="search this conversation")
        yield RecapCard()
        yield Static(Content(""), id="banner")
        yield Prompt()
        yield StatusLine()

    def on_mount(self) -> None:
        self.show_nothing()

    # -- which session

    def show_nothing(self, draft_folder: str = "") -> None:
        """Show no session: a welcome, or a prompt that will start a new one in a folder."""
        self.session = None
        self.prompt.can_stop = False
        self._last_seq = 0
        self._turn_prompt_to(_NEW if draft_folder else "")
        self.remove_question()
        self.transcript.clear()
        self.hide_recap()
        self.say("")
        self.set_class(True, "-empty")
        self.border_title = Content("New session" if draft_folder else "Chat")
        self.border_subtitle = Content(one_line(draft_folder))
        self.status_line.clear()
        folder = one_line(draft_folder, 200)
        welcome = NEW_SESSION.format(folder=folder) if draft_folder else WELCOME
        self.query_one("#welcome", Static).update(Content(welcome.strip("\n")))
        if draft_folder:
            name = one_line(PurePath(draft_folder).name, 24)
            self.prompt.set_hint(f"What is to be done in {name}?")
            self.prompt.set_disabled_reason("")
        else:
            self.prompt.set_disabled_reason("Open a session, or press ctrl+n for a new one")

    def show(self, session: Session, page: Page, *, live: bool) -> None:
        """Show a session's newest entries."""
        another = self.session is None or self.session.id != session.id
        self.set_class(False, "-empty")
        self._turn_prompt_to(session.id)
        if another:
            self.hide_recap()
            self.say("")
            self.remove_question()
        self._last_seq = page.total
        self.turn = turn_use(page.entries if session.is_own else ())
        self.transcript.show(page, live=live)
        self.describe(session)
        prompts = [e.text for e in page.entries if e.kind is EntryKind.USER and e.text]
        self.prompt.set_history(prompts)

    def _turn_prompt_to(self, session_id: str) -> None:
        """Put away what was written for one session, and bring what was for another."""
        if session_id != self._written_for:
            self._drafts[self._written_for] = self.prompt.text
            self.prompt.propose("")
            self._written_for = session_id
            self.prompt.write(self._drafts.pop(session_id, ""))

    def give_back(self, session_id: str, text: str) -> None:
        """Return a text that could not be sent to its session's prompt, in view or not."""
        if session_id == self._written_for:
            self.prompt.give_back(text)
        else:
            meanwhile = self._drafts.get(session_id, "")
            self._drafts[session_id] = f"{text}\n\n{meanwhile}" if meanwhile else text

    def describe(self, session: Session) -> None:
        """Show what a session is called and what it took so far."""
        self.session = session
        title = Content(f"{GLYPHS[session.status]} {one_line(session.title, 60)}")
        self.border_title = title
        state = str(session.status)
        if not session.is_own:
            state = f"{state} · {source_label(session.source)}"
        self.border_subtitle = Content(state)
        self._allow_prompt(session)

    def _allow_prompt(self, session: Session) -> None:
        if session.trashed_at is not None:
            self.prompt.set_disabled_reason("In the trash: z or U takes it out")
        elif not session.is_own:
            name = source_label(session.source)
            self.prompt.set_disabled_reason(f"A session of {name}, read-only: c resumes it")
        elif session.status is Status.ARCHIVED:
            self.prompt.set_disabled_reason("Archived: a unarchives it")
        else:
            self.prompt.set_disabled_reason("")
            hint = "Reply…" if session.status is Status.ACTIVE else "Reply to resume it, or press c"
            self.prompt.set_hint(hint)

    # -- what happens

    def catch_up(self, page: Page) -> None:
        """Add the entries of a page that are not shown yet."""
        new = [entry for entry in page.entries if entry.seq > self._last_seq]
        if new:
            self._add(new)

    def _add(self, entries: Sequence[Entry]) -> None:
        self.transcript.append(entries)
        self._last_seq = entries[-1].seq
        for entry in entries:
            self.turn = self.turn.after(entry)

    @property
    def last_seq(self) -> int:
        """Number of the newest entry shown."""
        return self._last_seq

    def take(self, event: happened.AgentEvent) -> None:
        """Show what happened in this session's run."""
        speaks = isinstance(event, happened.TextDelta | happened.ThinkingDelta)
        if speaks and self.transcript.is_counting:
            self.transcript.set_status(_WORKING)
        match event:
            case happened.TextDelta(text):
                self.transcript.stream(text)
            case happened.ThinkingDelta(text):
                self.transcript.stream_thinking(text)
            case happened.Retrying(seconds, reason):
                self.transcript.count_down(reason, seconds)
            case happened.ToolStarted(call):
                self.transcript.set_status(f"Running {one_line(call.name, 40)}… esc stops")
            case happened.Done() | happened.Failed():
                self.transcript.set_status("")
            case happened.Compacting(characters):
                written = f", {characters:,} characters so far" if characters else ""
                self.transcript.set_status(f"Writing a summary{written}… esc stops")
            case happened.UsageChanged(usage, cost_usd, context_tokens):
                self.turn = self.turn.told(usage, cost_usd, context_tokens)
            case happened.ToolRequested() | happened.PhaseStarted() | happened.ModelRetires():
                pass
            case _:
                if event.entry.seq > self._last_seq:
                    self._add([event.entry])
                self.transcript.set_status(_WORKING)

    def say(self, text: str, *, error: bool = False) -> None:
        """Show a line above the prompt; an empty one takes it away."""
        self.banner.update(Content(clean(text)))
        self.banner.set_class(bool(text), "-shown")
        self.banner.set_class(error, "-error")

    def show_standing(self, standing: Standing) -> None:
        """Show where the session stands."""
        self.recap_card.show(standing)
        self._give_recap_room(True)

    @property
    def standing(self) -> Standing | None:
        """Where the session stands, if that is shown."""
        return self.recap_card.standing if self.has_class("-recap") else None

    def hide_recap(self) -> bool:
        """Take the recap away; True if it was shown."""
        was_shown = self.has_class("-recap")
        had_focus = self.recap_card.has_focus
        self._give_recap_room(False)
        if had_focus:
            self.transcript.focus()
        return was_shown

    def _give_recap_room(self, shown: bool) -> None:
        if shown == self.has_class("-recap"):
            return
        # the screen's class restyles all that is on it: once is enough
        self.recap_card.set_class(shown, "-shown", update=False)
        self.set_class(shown, "-recap", update=False)
        self.screen.set_class(shown, "-recap")

    def ask(self, question: Asking) -> None:
        """Put a run's question above the prompt."""
        self.remove_question()
        self.question = question
        self.mount(question, before=self.banner)

    def remove_question(self) -> None:
        """Take the question away."""
        if self.question is not None:
            self.question.remove()
            self.question = None
