"""Where a session stands, from its history alone: no model, one pass, nothing invented.

`RecapBuilder` takes the entries oldest first and keeps little: the board of work
(`recap_board`), the log of tool calls (`recap_tools`), and what was said and is still
open (`recap_talk`). `build` may be called at any time and further entries added after.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agentsess.model import (
    CommandRun,
    Entry,
    EntryKind,
    Fact,
    JsonObject,
    Recap,
    Session,
    Stretch,
    ToolCall,
)
from agentsess.sessions import recap_answers as answers
from agentsess.sessions import recap_talk as talk
from agentsess.sessions.recap_agents import HELPER_TOOLS, AgentLog
from agentsess.sessions.recap_board import Board, Item
from agentsess.sessions.recap_facts import MOST, distinct, latest, said_in
from agentsess.sessions.recap_minutes import Minutes
from agentsess.sessions.recap_reading import Reading, Section, State, read
from agentsess.sessions.recap_text import mentions, plain
from agentsess.sessions.recap_tools import ToolLog, answered_questions, describe
from agentsess.sessions.recap_wording import Story, figure_in, headline, recap_markdown

__all__ = ["RecapBuilder", "build_recap", "recap_markdown"]

_MOST_FILES = 20
_MOST_COMMANDS = 10
_MOST_STRETCHES = 12
_REMEMBERED = 40
_BREAK = timedelta(hours=1)

# What a text between two tool calls must contain to be read closely.
_TELLING = (
    *("[ ]", "[x]", "✅", "☑", "✔", "🔄", "⬜", "phase", "step ", "steps ", "milestone"),
    *("schritt", "fase ", "paso ", "étape ", "decided", "decision", "decidi", "entschieden"),
    *("go with", "stick with", "agreed", "settled on"),
)
_CHOSEN = re.compile(r"\"=\"([^\"]{1,120})\"")
_TASK_NUMBER = re.compile(r"#(\w{1,20})|\bid[\"': ]+(\w{1,20})", re.IGNORECASE)
_STOPS = frozenset(
    {"max_tokens", "max_iterations", "refusal", "model_context_window_exceeded", "no_reply"}
)
"""Events that end a turn before its work is."""
_GOAL_KEYS = ("goal", "description", "task")


@dataclass(slots=True)
class _Turn:
    """The prompt that is being answered, and how far that is."""

    start: int = 0
    request: Fact = field(default_factory=lambda: Fact(""))
    """What it asks for: of a mere answer, what was announced before."""
    begun: bool = False
    """It asks for work, or work on it has begun."""
    questions: list[str] = field(default_factory=list)
    asked_to_go_on: bool = False
    worked: bool = False
    changes: int = 0
    """Changes that the tools had made when this turn, or an agent's part of it, began."""
    finished: bool = False
    stuck: bool = False
    """A command that failed in it still fails."""


class RecapBuilder:
    """Reads a history entry by entry; `build` says where it stands so far."""

    def __init__(self) -> None:
        self._board = Board()
        self._tools = ToolLog()
        self._agents = AgentLog()
        self._stretches: list[Stretch] = []
        self._turn = _Turn()
        self._goal: Fact | None = None
        self._minutes = Minutes()
        self._creating: dict[str, JsonObject] = {}
        self._error: Fact | None = None
        self._interrupted: Fact | None = None
        self._prompts = 0
        self._replied = False
        self._reply = ""
        self._figure = ""
        self.last_seq = 0
        """Number of the last entry taken."""
        self.last_at: datetime | None = None
        """When that entry was written."""

    def add(self, entry: Entry) -> None:
        """Take the next entry."""
        self._stretch(entry)
        self.last_seq, self.last_at = entry.seq, entry.at
        if entry.kind is EntryKind.TOOL_RESULT:
            self._result(entry)
        elif entry.kind is EntryKind.ASSISTANT:
            self._assistant(entry)
        elif entry.kind is EntryKind.USER:
            self._prompt(entry)
        else:
            self._event(entry)

    def build(self, session: Session | None = None) -> Recap:
        """The recap of the entries so far. ``session`` gives the goal the user set and the
        working folder that paths are shown relative to."""
        done, doing, coming = self._work()
        return Recap(
            headline=headline(self._story(coming)),
            goal=_set_goal(session) or self._goal,
            done=done,
            in_progress=doing,
            next=coming,
            decisions=latest(self._minutes.decisions),
            questions=self._open_questions(),
            blockers=self._blockers(),
            files=self._tools.touched(session.cwd if session else "", _MOST_FILES),
            commands=self._commands(),
            agents=self._agents.facts(),
            stretches=tuple(self._stretches),
            covers_entries=self.last_seq,
            last_activity=self.last_at,
        )

    # -- prompts

    def _prompt(self, entry: Entry) -> None:
        text = talk.prompt_text(entry.text)
        if not text:
            if entry.text.lstrip().startswith("[Request interrupted"):
                self._interrupt(entry.seq)
            return
        self._prompts += 1
        self._interrupted = None
        reading = read(text)
        goes_on = talk.just_go_on(text)
        request = talk.request_of(text)
        answers_only = self._minutes.prompted(
            reading, entry.seq, goes_on=goes_on, opens=self._goal is None
        )
        asked = Fact(request, (entry.seq,))
        begun = talk.asks_for_work(text)
        if answers_only and not begun and (announced := self._board.announced()):
            asked = Fact(announced.text, (*announced.seqs[:1], entry.seq))
        self._turn = _Turn(
            entry.seq,
            asked,
            begun,
            talk.user_questions(reading),
            goes_on,
            changes=self._tools.changes,
        )
        self._board.announce(talk.promised(reading), entry.seq)
        if self._goal is None and request and not goes_on:
            self._goal = Fact(request, (entry.seq,))
        elif restated := talk.goal_restated(reading):
            self._goal = Fact(restated, (entry.seq,))
        self._board.said(reading, entry.seq, by_user=True)

    # -- replies

    def _assistant(self, entry: Entry) -> None:
        calls = entry.tool_calls if entry.content else ()
        text = entry.text
        if not calls and text.startswith("API Error"):
            self._error = Fact(plain(text), (entry.seq,))
            return
        self._error = self._interrupted = None
        self._replied = self._turn.begun = True
        self._agents.worked(entry.author, entry.seq)
        for call in calls:
            self._call(call, entry)
        cut_off = entry.meta.get("interrupted") is True
        if calls or cut_off or entry.meta.get("stop_reason") in ("tool_use", "pause_turn"):
            self._turn.finished = False
            self._minutes.asked = []
            if text and mentions(text, _TELLING):
                reading = read(text)
                self._board.said(reading, entry.seq, by_user=False)
                self._minutes.decide(answers.decisions_in(reading), entry.seq)
        elif text.strip():
            self._final_reply(read(text), entry.seq, entry.author)

    def _final_reply(self, reading: Reading, seq: int, author: str) -> None:
        turn = self._turn
        turn.finished = True
        turn.stuck = self._stuck(turn.start)
        changed = self._tools.changes > turn.changes and not turn.stuck
        turn.changes = self._tools.changes
        self._board.said(reading, seq, by_user=False)
        if turn.worked and not turn.stuck and not self._tools.refused_since(turn.start):
            self._board.worked(turn.start)
            self._minutes.overcome(turn.start)
            self._tools.forget_refused(turn.start)
        self._board.announce(talk.coming_in(reading), seq)
        self._minutes.replied(reading, seq, turn.start, changed=changed)
        self._reply = plain(reading.lead or "".join(reading.sentences[:1]))
        self._agents.reported(author, self._reply, seq)
        self._figure = next(filter(None, map(figure_in, reading.sentences)), "")

    def _call(self, call: ToolCall, entry: Entry) -> None:
        name = call.name.lower()
        if name == "todowrite":
            self._board.todo_tool(entry.author, call.input, entry.seq)
        elif name == "taskcreate":
            self._creating[call.id] = call.input
        elif name == "taskupdate":
            self._board.task_updated(call.input, entry.seq)
        elif name == "askuserquestion":
            for question in answered_questions(call.input):
                self._minutes.by_tool[call.id] = Fact(question, (entry.seq,))
        elif name in HELPER_TOOLS:
            self._agents.sent(call.id, call.input, entry.seq)
        elif name == "exitplanmode" and isinstance(plan := call.input.get("plan"), str):
            self._board.said(read(f"# Plan\n{plan}"), entry.seq, by_user=False)
        else:
            self._tools.called(call.id, call.name, call.input, entry.seq)

    def _result(self, entry: Entry) -> None:
        meta = entry.meta
        block: JsonObject = entry.content[0] if entry.content else {}
        call_id = str(meta.get("tool_use_id") or block.get("tool_use_id") or "")
        failed = bool(meta.get("is_error") or block.get("is_error"))
        if call_id in self._creating:
            value = self._creating.pop(call_id)
            match = _TASK_NUMBER.search(entry.text[:300])
            number = (match[1] or match[2]) if match else str(len(self._board.tasks) + 1)
            if not failed:
                self._board.task_created(number, value, entry.seq)
        elif call_id in self._minutes.by_tool:
            if not failed:
                match = _CHOSEN.search(entry.text[:2000])
                self._minutes.answered_by_tool(call_id, match[1] if match else "", entry.seq)
        elif call_id in self._agents.helpers:
            self._agents.answered(call_id, entry.seq)
        else:
            denied = meta.get("permission") == "denied"
            self._turn.worked |= self._tools.answered(
                call_id, entry.text, entry.seq, is_error=failed, denied=denied
            )

    # -- events

    def _event(self, entry: Entry) -> None:
        name = str(entry.meta.get("event", "")).lower()
        if "interrupt" in name or "cancel" in name:
            self._interrupt(entry.seq)
        elif "compact" in name or name == "phase":
            self._summary(entry)
        elif "error" in name or name in _STOPS:
            message = entry.text or str(entry.meta.get("message", "")) or name
            self._error = Fact(plain(message), (entry.seq,))
        elif _is_refusal(name, entry.meta):
            words = entry.text or " ".join(
                str(entry.meta[key]) for key in ("action", "resource") if entry.meta.get(key)
            )
            self._tools.refuse(str(entry.meta.get("tool_use_id") or ""), plain(words), entry.seq)

    def _interrupt(self, seq: int) -> None:
        call = self._tools.last_pending()
        during = f" during {describe(call)}" if call and call.seq >= self._turn.start else ""
        self._interrupted = Fact(plain(f"The last turn was interrupted{during}"), (seq,))
        self._turn.finished = False

    def _summary(self, entry: Entry) -> None:
        """What was summed up counts only where the entries themselves say nothing."""
        reading = read(entry.text)
        goals = reading.sections.get(Section.GOAL)
        if self._goal is None and goals:
            self._goal = Fact(goals[0], (entry.seq,))
        if not self._board.items():
            self._board.said(reading, entry.seq, by_user=False)

    def _stretch(self, entry: Entry) -> None:
        if self._stretches and entry.at - self._stretches[-1].end < _BREAK:
            last = self._stretches.pop()
            entered = Stretch(last.start, max(last.end, entry.at), last.first_seq, entry.seq)
        else:
            entered = Stretch(entry.at, entry.at, entry.seq, entry.seq)
        self._stretches.append(entered)
        del self._stretches[:-_MOST_STRETCHES]

    def _stuck(self, since: int) -> bool:
        """Whether a command failed since, and nothing was changed after it."""
        since = max(since, self._tools.last_change)
        return any(run.seq >= since for run in self._tools.commands.failing())

    # -- what is built

    def _work(self) -> tuple[tuple[Fact, ...], tuple[Fact, ...], tuple[Fact, ...]]:
        items = self._board.items()
        done = distinct(_facts(items, State.DONE))[-MOST:]
        commits = [
            Fact(f"{commit.message} (commit {commit.sha})", (commit.seq,))
            for commit in self._tools.commands.commits
        ]
        older = [_fact(item) for item in self._board.finished.values()]
        fresh = distinct([*older, *commits, *self._minutes.claims])
        fresh = sorted((f for f in fresh if not said_in(f, done)), key=lambda fact: fact.seqs[-1])
        room = MOST - len(done)
        done += fresh[-room:] if room else []
        known = list(done)
        doing = [f for f in distinct(_facts(items, State.DOING)) if not said_in(f, known)]
        turn = self._turn
        unfinished = (turn.stuck or not turn.finished) and self._replied and not turn.asked_to_go_on
        if unfinished and turn.begun and turn.request.text and not doing:
            doing.append(turn.request)
        known += doing
        coming = [f for f in distinct(_facts(items, State.TODO)) if not said_in(f, known)]
        return tuple(done), tuple(doing[:MOST]), tuple(coming[:MOST])

    def _open_questions(self) -> tuple[Fact, ...]:
        found = self._minutes.questions()
        if not self._turn.finished:
            found += [Fact(text, (self._turn.start,)) for text in self._turn.questions]
        return latest(found)

    def _blockers(self) -> tuple[Fact, ...]:
        failing = [
            Fact(
                plain(f"{run.command} failed" + (f": {run.detail}" if run.detail else "")),
                (self._tools.commands.called.get(run.command, run.seq), run.seq),
            )
            for run in self._tools.commands.failing()
        ]
        refused = [
            Fact(plain(f"Permission refused: {what}"), seqs)
            for what, seqs in self._tools.refused.values()
        ]
        ending = [fact for fact in (self._error, self._interrupted) if fact]
        found = distinct([*failing, *refused, *self._minutes.obstacles, *ending])
        return latest(sorted(found, key=lambda fact: fact.seqs[-1]))

    def _commands(self) -> tuple[CommandRun, ...]:
        runs = sorted(self._tools.commands.runs.values(), key=lambda run: run.seq)
        return tuple(runs[-_MOST_COMMANDS:])

    def _story(self, coming: Sequence[Fact]) -> Story:
        return Story(
            board=self._board,
            prompts=self._prompts,
            replied=self._replied,
            finished=self._turn.finished or not self._turn.begun,
            request=self._turn.request.text,
            reply=self._reply,
            figure=self._figure,
            turn_start=self._turn.start,
            interrupted=self._interrupted is not None,
            failing=self._tools.commands.failing(),
            coming=coming,
        )


def build_recap(entries: Iterable[Entry], session: Session | None = None) -> Recap:
    """The recap of a whole history, oldest entry first."""
    builder = RecapBuilder()
    for entry in entries:
        builder.add(entry)
    return builder.build(session)


def _set_goal(session: Session | None) -> Fact | None:
    """The goal that the user wrote into the metadata."""
    for key in _GOAL_KEYS if session else ():
        value = session.metadata.get(key) if session else None
        if isinstance(value, str) and (text := plain(value)):
            return Fact(text)
    return None


def _is_refusal(name: str, meta: JsonObject) -> bool:
    if "denied" in name or "refused" in name or "declined" in name:
        return True
    answer = meta.get("allowed", meta.get("decision", meta.get("granted")))
    return "permission" in name and (answer is False or str(answer).lower() in _REFUSALS)


_REFUSALS = frozenset({"deny", "denied", "no", "refused", "reject", "rejected"})


def _fact(item: Item) -> Fact:
    return Fact(item.text, item.seqs)


def _facts(items: Iterable[Item], state: State) -> list[Fact]:
    return [_fact(item) for item in items if item.state is state]
