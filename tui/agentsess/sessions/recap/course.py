"""The course of a session: what its entries tell, taken one after the other."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agentsess.model import Entry, EntryKind, Fact, JsonObject, ToolCall
from agentsess.sessions.recap import answers, results, talk
from agentsess.sessions.recap.agents import HELPER_TOOLS, AgentLog
from agentsess.sessions.recap.ahead import Ahead
from agentsess.sessions.recap.board import Board
from agentsess.sessions.recap.lasting import lasts
from agentsess.sessions.recap.minutes import Minutes
from agentsess.sessions.recap.notable import plain_command
from agentsess.sessions.recap.own_choices import chosen_in
from agentsess.sessions.recap.questions import asked_by_user, matter
from agentsess.sessions.recap.reading import Reading, State, read
from agentsess.sessions.recap.sayings import Sayings
from agentsess.sessions.recap.sections import Section
from agentsess.sessions.recap.text import mentions, plain, shorten
from agentsess.sessions.recap.tools import (
    EDIT,
    EDITOR,
    SHELL,
    WRITE,
    Call,
    ToolLog,
    answered_questions,
    describe,
)
from agentsess.sessions.recap.underway import Underway
from agentsess.sessions.recap.wording import figure_in

# What a text between two tool calls must contain to be read closely.
_TELLING = (
    *("[ ]", "[x]", "✅", "☑", "✔", "🔄", "⬜", "phase", "step", "milestone", "schritt", "fase "),
    *("paso ", "étape ", "decid", "decision", "entschieden", "agreed"),
    *("go with", "stick with", "settled on"),
)
_CHOOSING = (
    *("instead of", "rather than", "in place of", " so that ", " because ", ", not ", "; i"),
    *(" statt ", " damit ", " en vez ", " para que ", " au lieu ", " pour que "),
    *("ではなく", "而不是"),
)
"""The same of one that is no longer ago."""
_SKIMMED = frozenset({"todowrite", "taskcreate", "taskupdate", *WRITE, *EDIT, *EDITOR})
_SHORTEST_TELLING = 12
_SHOWN_OF_COMMAND = 60
_CHOSEN = re.compile(r"\"=\"([^\"]{1,120})\"")
_TASK_NUMBER = re.compile(r"#(\w{1,20})|\bid[\"': ]+(\w{1,20})", re.IGNORECASE)
_STOPS = frozenset(
    {"max_tokens", "max_iterations", "refusal", "model_context_window_exceeded", "no_reply"}
)
"""Events that end a turn before its work is."""


@dataclass(slots=True)
class Turn:
    """The prompt that is being answered, and how far that is."""

    start: int = 0
    request: Fact = field(default_factory=lambda: Fact(""))
    """What it asks for: of a mere answer, what was announced before."""
    puts_task: bool = False
    """It is no mere answer, question or command to run."""
    begun: bool = False
    """It asks for work, or work on it has begun."""
    questions: list[str] = field(default_factory=list)
    asked_to_go_on: bool = False
    worked: bool = False
    changes: int = 0
    """Changes that the tools had made when this turn, or an agent's part of it, began."""
    told: int = 0
    """The same when its last text was written."""
    finished: bool = False
    stuck: bool = False
    """A command that failed in it still fails."""


class Course:
    """Takes the entries in their order and keeps little: the board of work, the log of tool
    calls, and the minutes of what was said."""

    def __init__(self) -> None:
        self.board = Board()
        self.tools = ToolLog()
        self.agents = AgentLog()
        self.minutes = Minutes()
        self.underway = Underway()
        self.ahead = Ahead()
        self.sayings = Sayings()
        self.turn = Turn()
        self.goal: Fact | None = None
        self.error: Fact | None = None
        self.interrupted: Fact | None = None
        self.prompts = 0
        self.replied = False
        self.reply = ""
        """First sentence of the last reply."""
        self.figure = ""
        """Progress in figures, as the last reply has it."""
        self._attempted = Fact("")
        """What the last call that failed was for, and the call."""
        self._creating: dict[str, JsonObject] = {}
        self._old_prompt: Entry | None = None
        """The last prompt that was skimmed: the turn it began may go on in what is read."""
        self._skimmed_calls: set[str] = set()

    def take(self, entry: Entry) -> None:
        """Take the next entry."""
        if prompt := self._old_prompt:
            self._old_prompt = None
            if prompt.seq != self.turn.start:
                self._prompt(prompt)
        if entry.kind is EntryKind.TOOL_RESULT:
            self._result(entry)
        elif entry.kind is EntryKind.ASSISTANT:
            self._assistant(entry)
        elif entry.kind is EntryKind.USER:
            self._prompt(entry)
        else:
            self._event(entry)

    def skim(self, entry: Entry) -> None:
        """Take the next entry of long ago: changes to files, commits, lists of work, phases and
        plain decisions, not what was said besides. No entry is skimmed after one was taken."""
        kind, text = entry.kind, entry.text
        if kind is EntryKind.TOOL_RESULT:
            if self._skimmed_calls and (call_id := _call_id(entry)) in self._skimmed_calls:
                self._skimmed_calls.discard(call_id)
                self._result(entry)
            return
        if kind is EntryKind.ASSISTANT:
            self.replied = True
            self.agents.worked(entry.author, entry.seq)
            for block in entry.content:
                if block.get("type") == "tool_use" and _is_skimmed(block):
                    for call in entry.tool_calls:
                        self._skimmed_calls.add(call.id)
                        self._call(call, entry)
                    break
        elif kind is EntryKind.USER:
            if self.goal is None:
                self._prompt(entry)
            elif self._old_prompt:
                self.prompts += 1
                self.board.worked(self._old_prompt.seq)
            self._old_prompt = entry
        if len(text) >= _SHORTEST_TELLING and mentions(text, _TELLING) and lasts(text.lower()):
            reading = read(text)
            self.board.said(reading, entry.seq, by_user=kind is EntryKind.USER)
            self.minutes.decide(answers.decisions_in(reading), entry.seq)

    # -- prompts

    def _prompt(self, entry: Entry) -> None:
        text = talk.prompt_text(entry.text)
        if not text:
            if entry.text.lstrip().startswith("[Request interrupted"):
                self._interrupt(entry.seq)
            return
        self.prompts += 1
        self.interrupted = None
        self.sayings.said(text, entry.seq, by_user=True, changes=self.tools.changes)
        reading = read(text)
        goes_on = talk.just_go_on(text)
        request = talk.request_of(text)
        answers_only = self.minutes.prompted(
            reading, entry.seq, goes_on=goes_on, opens=self.goal is None
        )
        asked = Fact(talk.task_of(reading, request), (entry.seq,))
        begun = talk.asks_for_work(text)
        if answers_only and not begun and (announced := self._announced()):
            asked = Fact(announced.text, (announced.seqs[0], entry.seq))
        elif len(matter(request)) <= 1 and (proposed := self.underway.proposed()):
            asked = Fact(proposed.text, (*proposed.seqs, entry.seq))
        self.turn = Turn(
            entry.seq,
            asked,
            not (answers_only or request.endswith("?") or talk.just_runs(text)),
            False,
            asked_by_user(reading),
            goes_on,
            changes=self.tools.changes,
        )
        self.ahead.said(reading, entry.seq, by_user=True)
        if self.goal is None and request and not goes_on:
            self.goal = Fact(request, (entry.seq,))
        elif restated := talk.goal_restated(reading):
            self.goal = Fact(restated, (entry.seq,))
        self.board.said(reading, entry.seq, by_user=True)
        self.underway.said(reading, entry.seq)

    def _announced(self) -> Fact | None:
        """What was last said to come next."""
        if announced := self.ahead.last_announced():
            return announced
        stated = list(self.board.stated.get(State.TODO, {}).values())
        return Fact(stated[-1].text, stated[-1].seqs) if stated else None

    # -- replies

    def _assistant(self, entry: Entry) -> None:
        calls = entry.tool_calls if entry.content else ()
        text = entry.text
        if not calls and text.startswith("API Error"):
            self.error = Fact(plain(text), (entry.seq,))
            return
        self.error = self.interrupted = None
        self.replied = self.turn.begun = True
        self.agents.worked(entry.author, entry.seq)
        changes = self.tools.changes
        self.sayings.said(text, entry.seq, by_user=False, calls=bool(calls), changes=changes)
        for call in calls:
            self._call(call, entry)
        cut_off = entry.meta.get("interrupted") is True
        if calls or cut_off or entry.meta.get("stop_reason") in ("tool_use", "pause_turn"):
            self.turn.finished = False
            self.minutes.asked = []
            if text.strip():
                self.underway.said(text, entry.seq)
                if self._made_since_told():
                    self.minutes.amid(text, entry.seq)
                if self.minutes.prompt:
                    self.minutes.heeded(read(text[:400]), entry.seq, worked=self.turn.worked)
            if text and (mentions(text, _TELLING) or mentions(text, _CHOOSING)):
                reading = read(text)
                self.board.said(reading, entry.seq, by_user=False)
                self.minutes.decide(answers.decisions_in(reading), entry.seq)
                self.minutes.decide(chosen_in(reading), entry.seq)
        elif text.strip():
            self._final_reply(read(text), entry.seq, entry.author)

    def _final_reply(self, reading: Reading, seq: int, author: str) -> None:
        turn = self.turn
        turn.finished = True
        turn.stuck = self._stuck(turn.start)
        made = self.tools.changes > turn.changes
        changed = made and (not turn.stuck or results.tells_well(reading))
        turn.changes = turn.told = self.tools.changes
        self.board.said(reading, seq, by_user=False)
        self.underway.said(reading, seq)
        self.ahead.said(reading, seq, by_user=False)
        if turn.worked and not turn.stuck and not self.tools.refused_since(turn.start):
            self.board.worked(turn.start, seq)
            self.ahead.worked(seq)
            self.minutes.obstacles.overcome = turn.start
            self.tools.forget_refused(turn.start)
        self.minutes.heeded(reading, seq, worked=turn.worked)
        self.minutes.replied(reading, seq, made=made, changed=changed)
        self.reply = plain(reading.lead or "".join(reading.sentences[:1])) or self.reply
        self.agents.reported(author, self.reply, seq)
        self.figure = next(filter(None, map(figure_in, reading.sentences)), "")

    def _made_since_told(self) -> bool:
        before, self.turn.told = self.turn.told, self.tools.changes
        return self.turn.told > max(before, self.turn.changes)

    def _call(self, call: ToolCall, entry: Entry) -> None:
        name = call.name.lower()
        if name == "todowrite":
            self.board.todo_tool(entry.author, call.input, entry.seq)
        elif name == "taskcreate":
            self._creating[call.id] = call.input
        elif name == "taskupdate":
            self.board.task_updated(call.input, entry.seq)
        elif name == "askuserquestion":
            for question in answered_questions(call.input):
                self.minutes.by_tool[call.id] = Fact(question, (entry.seq,))
        elif name in HELPER_TOOLS:
            self.agents.sent(call.id, call.input, entry.seq)
        elif name == "exitplanmode" and isinstance(plan := call.input.get("plan"), str):
            self.board.said(read(f"# Plan\n{plan}"), entry.seq, by_user=False)
        else:
            self.tools.called(call.id, call.name, call.input, entry.seq)

    def _result(self, entry: Entry) -> None:
        meta = entry.meta
        block: JsonObject = entry.content[0] if entry.content else {}
        call_id = _call_id(entry)
        failed = bool(meta.get("is_error") or block.get("is_error"))
        self.sayings.used_tool(failed=failed)
        if call_id in self._creating:
            value = self._creating.pop(call_id)
            match = _TASK_NUMBER.search(entry.text[:300])
            number = (match[1] or match[2]) if match else str(len(self.board.tasks) + 1)
            if not failed:
                self.board.task_created(number, value, entry.seq)
        elif call_id in self.minutes.by_tool:
            if not failed:
                match = _CHOSEN.search(entry.text[:2000])
                self.minutes.answered_by_tool(call_id, match[1] if match else "", entry.seq)
        elif call_id in self.agents.helpers:
            self.agents.answered(call_id, entry.text, entry.seq)
        else:
            denied = meta.get("permission") == "denied"
            worked = self.tools.answered(
                call_id, entry.text, entry.seq, is_error=failed, denied=denied
            )
            if (call := self.tools.attempt) and call.seq > max(self._attempted.seqs, default=0):
                runs = talk.just_runs(self.turn.request.text)  # then it is done, and failed
                self._attempted = Fact("") if runs else _attempt(self.turn.request, call)
            self.turn.worked |= worked
            self.underway.worked |= worked

    def said_under_way(self) -> list[Fact]:
        """What is in work as the last texts say; nothing that a later request replaced."""
        said = self.underway.facts()
        if not said and self.tools.attempt:
            said = self.underway.in_part()
        replaced = self._works_on_request() and self.turn.puts_task
        return [fact for fact in said if fact.seqs[0] > self.turn.start] if replaced else said

    def unfinished(self) -> Fact | None:
        """What the last request asks for that work began on and did not bring to its end."""
        if self._works_on_request():
            return self.turn.request
        return self._attempted if self.tools.attempt and self._attempted.text else None

    def _works_on_request(self) -> bool:
        turn = self.turn
        begun = self.replied and turn.begun and not turn.asked_to_go_on
        return begun and not turn.finished and bool(turn.request.text)

    # -- events

    def _event(self, entry: Entry) -> None:
        name = str(entry.meta.get("event", "")).lower()
        self.sayings.ended()
        if "interrupt" in name or "cancel" in name:
            self._interrupt(entry.seq)
        elif "compact" in name or name == "phase":
            self._summary(entry)
        elif "error" in name or name in _STOPS:
            message = entry.text or str(entry.meta.get("message", "")) or name
            self.error = Fact(plain(message), (entry.seq,))
        elif _is_refusal(name, entry.meta):
            words = entry.text or " ".join(
                str(entry.meta[key]) for key in ("action", "resource") if entry.meta.get(key)
            )
            self.tools.refuse(str(entry.meta.get("tool_use_id") or ""), plain(words), entry.seq)

    def _interrupt(self, seq: int) -> None:
        call = self.tools.last_pending()
        if call and call.seq >= self.turn.start:
            text = plain(f"The last turn was interrupted during {describe(call)}")
            self.interrupted = Fact(text, (call.seq, seq))
        else:
            self.interrupted = Fact("The last turn was interrupted", (seq,))
        self.turn.finished = False

    def _summary(self, entry: Entry) -> None:
        """What was summed up counts only where the entries themselves say nothing."""
        reading = read(entry.text)
        goals = reading.sections.get(Section.GOAL)
        if self.goal is None and goals:
            self.goal = Fact(goals[0], (entry.seq,))
        if not self.board.items():
            self.board.said(reading, entry.seq, by_user=False)

    def _stuck(self, since: int) -> bool:
        """Whether a command failed since, and nothing was changed after it."""
        since = max(since, self.tools.last_change)
        failed = self.tools.failed
        if failed and failed[2] >= since:
            return True
        return any(run.seq >= since for run in self.tools.commands.failing())


def _attempt(request: Fact, call: Call) -> Fact:
    command = shorten(plain_command(call.target), _SHOWN_OF_COMMAND)
    return Fact(plain(f"{request.text.rstrip('.')} ({command})"), (*request.seqs, call.seq))


def _call_id(entry: Entry) -> str:
    if isinstance(call_id := entry.meta.get("tool_use_id"), str):
        return call_id
    block: JsonObject = entry.content[0] if entry.content else {}
    return str(block.get("tool_use_id") or "")


def _is_skimmed(block: JsonObject) -> bool:
    """Whether a call of long ago counts: it changes files or lists of work, or commits."""
    name = str(block.get("name")).lower()
    return name in _SKIMMED or (name in SHELL and "commit" in str(block.get("input")))


def _is_refusal(name: str, meta: JsonObject) -> bool:
    if "denied" in name or "refused" in name or "declined" in name:
        return True
    answer = meta.get("allowed", meta.get("decision", meta.get("granted")))
    return "permission" in name and (answer is False or str(answer).lower() in _REFUSALS)


_REFUSALS = frozenset({"deny", "denied", "no", "refused", "reject", "rejected"})
