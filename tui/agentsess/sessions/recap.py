"""Where a session stands, from its history alone: no model, one pass, nothing invented.

`RecapBuilder` takes the entries oldest first and keeps little: the board of work
(`recap_board`), the log of tool calls (`recap_tools`), and what was said and is still
open (`recap_talk`). `build` may be called at any time and further entries added after.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agentsess.model import CommandRun, Entry, EntryKind, Fact, JsonObject, Recap, Session, ToolCall
from agentsess.sessions import recap_talk as talk
from agentsess.sessions.recap_board import Board, Item
from agentsess.sessions.recap_facts import MOST, distinct, latest, said_in
from agentsess.sessions.recap_reading import Reading, Section, State, read
from agentsess.sessions.recap_text import alike, fold, mentions, plain, tokens
from agentsess.sessions.recap_tools import ToolLog, answered_questions, describe
from agentsess.sessions.recap_wording import Story, figure_in, headline, recap_markdown

__all__ = ["RecapBuilder", "build_recap", "recap_markdown"]

_MOST_FILES = 20
_MOST_COMMANDS = 10
_REMEMBERED = 40

# What a text between two tool calls must contain to be read closely.
_TELLING = (
    *("[ ]", "[x]", "✅", "☑", "✔", "🔄", "⬜", "phase", "step ", "steps ", "milestone"),
    *("schritt", "fase ", "paso ", "étape ", "decided", "decision", "decidi", "entschieden"),
    *("go with", "stick with", "agreed", "settled on"),
)
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
    request: str = ""
    questions: list[str] = field(default_factory=list)
    asked_to_go_on: bool = False
    worked: bool = False
    finished: bool = False


class RecapBuilder:
    """Reads a history entry by entry; `build` says where it stands so far."""

    def __init__(self) -> None:
        self._board = Board()
        self._tools = ToolLog()
        self._turn = _Turn()
        self._goal: Fact | None = None
        self._decisions: list[Fact] = []
        self._claims: list[Fact] = []
        self._obstacles: list[Fact] = []
        self._listed_questions: list[Fact] = []
        self._asked: list[Fact] = []
        self._asking: dict[str, Fact] = {}
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
            decisions=latest(self._decisions),
            questions=self._open_questions(),
            blockers=self._blockers(),
            files=self._tools.touched(session.cwd if session else "", _MOST_FILES),
            commands=self._commands(),
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
        self._answer_questions(reading, entry.seq, goes_on=goes_on)
        self._turn = _Turn(entry.seq, request, talk.user_questions(reading), goes_on)
        if self._goal is None and request and not goes_on:
            self._goal = Fact(request, (entry.seq,))
        elif restated := talk.goal_restated(reading):
            self._goal = Fact(restated, (entry.seq,))
        self._board.said(reading, entry.seq, by_user=True)
        self._decide(talk.decisions_in(reading, by_user=True), entry.seq)

    def _answer_questions(self, reading: Reading, seq: int, *, goes_on: bool) -> None:
        """A prompt answers what was asked; "go on" leaves a list of questions open."""
        open_questions = [*self._asked, *self._listed_questions]
        if chosen := talk.choice_in(reading, [fact.text for fact in open_questions]):
            answer, question = chosen
            asked = next(fact for fact in open_questions if fact.text == question)
            self._remember_decision(plain(f"{answer} ({question})"), (*asked.seqs, seq))
        self._asked = []
        if not goes_on:
            self._listed_questions = []

    # -- replies

    def _assistant(self, entry: Entry) -> None:
        calls = entry.tool_calls if entry.content else ()
        text = entry.text
        if not calls and text.startswith("API Error"):
            self._error = Fact(plain(text), (entry.seq,))
            return
        self._error = self._interrupted = None
        self._replied = True
        for call in calls:
            self._call(call, entry)
        cut_off = entry.meta.get("interrupted") is True
        if calls or cut_off or entry.meta.get("stop_reason") in ("tool_use", "pause_turn"):
            self._turn.finished = False
            self._asked = []
            if text and mentions(text, _TELLING):
                reading = read(text)
                self._board.said(reading, entry.seq, by_user=False)
                self._decide(talk.decisions_in(reading, by_user=False), entry.seq)
        elif text.strip():
            self._final_reply(read(text), entry.seq)

    def _final_reply(self, reading: Reading, seq: int) -> None:
        self._turn.finished = True
        self._board.said(reading, seq, by_user=False)
        self._decide(talk.decisions_in(reading, by_user=False), seq)
        for text in talk.claims_in(reading):
            self._claim(text, seq)
        if self._turn.worked:
            start = self._turn.start
            self._board.worked(start)
            self._obstacles = [fact for fact in self._obstacles if fact.seqs[-1] >= start]
            self._tools.forget_refused(start)
        self._obstacles += [Fact(text, (seq,)) for text in talk.obstacles_in(reading)]
        listed, asked = talk.questions_in(reading)
        if listed:
            self._listed_questions = [Fact(text, (seq,)) for text in listed]
        self._asked += [Fact(text, (seq,)) for text in asked]
        self._reply = plain(reading.lead or "".join(reading.sentences[:1]))
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
                self._asking[call.id] = Fact(question, (entry.seq,))
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
        elif call_id in self._asking:
            question = self._asking[call_id]
            if not failed:
                del self._asking[call_id]
                self._note_answer(question, entry)
        else:
            denied = meta.get("permission") == "denied"
            self._turn.worked |= self._tools.answered(
                call_id, entry.text, entry.seq, is_error=failed, denied=denied
            )

    def _note_answer(self, question: Fact, entry: Entry) -> None:
        match = re.search(r"\"=\"([^\"]{1,120})\"", entry.text[:2000])
        if match:
            self._remember_decision(
                plain(f"{plain(match[1], 90)} ({question.text})"), (*question.seqs, entry.seq)
            )

    # -- events

    def _event(self, entry: Entry) -> None:
        name = str(entry.meta.get("event", "")).lower()
        if "interrupt" in name or "cancel" in name:
            self._interrupt(entry.seq)
        elif "compact" in name:
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
        """A compaction's summary counts only where the entries themselves say nothing."""
        reading = read(entry.text)
        goals = reading.sections.get(Section.GOAL)
        if self._goal is None and goals:
            self._goal = Fact(goals[0], (entry.seq,))
        if not self._board.items():
            self._board.said(reading, entry.seq, by_user=False)

    # -- what is remembered

    def _decide(self, texts: Iterable[str], seq: int) -> None:
        for text in texts:
            self._remember_decision(text, (seq,))

    def _remember_decision(self, text: str, seqs: tuple[int, ...]) -> None:
        gone = talk.replaced_words(text)
        meaning = tokens(text)
        self._decisions = [
            fact
            for fact in self._decisions
            if not alike(meaning, tokens(fact.text))
            and not (gone and gone <= set(fold(fact.text).split()))
        ]
        self._decisions.append(Fact(text, seqs))
        del self._decisions[:-_REMEMBERED]

    def _claim(self, text: str, seq: int) -> None:
        meaning = tokens(text)
        self._claims = [fact for fact in self._claims if not alike(meaning, tokens(fact.text))]
        self._claims.append(Fact(text, (seq,)))
        del self._claims[:-_REMEMBERED]

    # -- what is built

    def _work(self) -> tuple[tuple[Fact, ...], tuple[Fact, ...], tuple[Fact, ...]]:
        items = self._board.items()
        planned = [_fact(item) for item in items if item.state is State.DONE]
        commits = [
            Fact(f"{commit.message} (commit {commit.sha})", (commit.seq,))
            for commit in self._tools.commands.commits
        ]
        done = distinct(planned)[-MOST:]
        for more in (commits, self._claims):
            room = MOST - len(done)
            fresh = [fact for fact in distinct(more) if not said_in(fact, done)]
            done += fresh[-room:] if room else []
        known = list(done)
        doing = [f for f in distinct(_facts(items, State.DOING)) if not said_in(f, known)]
        turn = self._turn
        unfinished = not turn.finished and self._replied and not turn.asked_to_go_on
        if unfinished and turn.request and all(fact.seqs[-1] < turn.start for fact in doing):
            doing.append(Fact(turn.request, (turn.start,)))
        known += doing
        coming = [f for f in distinct(_facts(items, State.TODO)) if not said_in(f, known)]
        return tuple(done), tuple(doing[:MOST]), tuple(coming[:MOST])

    def _open_questions(self) -> tuple[Fact, ...]:
        found = [*self._listed_questions, *self._asked, *self._asking.values()]
        if not self._turn.finished:
            found += [Fact(text, (self._turn.start,)) for text in self._turn.questions]
        return latest(found)

    def _blockers(self) -> tuple[Fact, ...]:
        failing = [
            Fact(
                plain(f"{run.command} failed" + (f": {run.detail}" if run.detail else "")),
                (run.seq,),
            )
            for run in self._tools.commands.failing()
        ]
        refused = [
            Fact(plain(f"Permission refused: {what}"), (seq,))
            for what, seq in self._tools.refused.values()
        ]
        ending = [fact for fact in (self._error, self._interrupted) if fact]
        found = distinct([*failing, *refused, *self._obstacles, *ending])
        return latest(sorted(found, key=lambda fact: fact.seqs[-1]))

    def _commands(self) -> tuple[CommandRun, ...]:
        runs = sorted(self._tools.commands.runs.values(), key=lambda run: run.seq)
        return tuple(runs[-_MOST_COMMANDS:])

    def _story(self, coming: Sequence[Fact]) -> Story:
        return Story(
            board=self._board,
            prompts=self._prompts,
            replied=self._replied,
            finished=self._turn.finished,
            request=self._turn.request,
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
