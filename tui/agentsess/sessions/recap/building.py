"""Where a session stands, from its history alone: no model, one pass, nothing invented.

`RecapBuilder` takes the entries oldest first; `build` may be called at any time and further
entries added after. What the entries tell is kept by `course`; here the recap is made
of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from agentsess.model import CommandRun, Entry, Fact, Recap, Session, Status
from agentsess.sessions.recap.agents import Histories
from agentsess.sessions.recap.board import Item
from agentsess.sessions.recap.commands import failure
from agentsess.sessions.recap.course import Course
from agentsess.sessions.recap.facts import MOST, distinct, latest, said_in
from agentsess.sessions.recap.likely import weighed
from agentsess.sessions.recap.reading import Reading, State, read
from agentsess.sessions.recap.sections import Section
from agentsess.sessions.recap.text import plain
from agentsess.sessions.recap.time import TimeLine, with_helpers
from agentsess.sessions.recap.tools import describe
from agentsess.sessions.recap.wording import Story, headline, recap_markdown

__all__ = ["RecapBuilder", "build_recap", "recap_markdown"]

_MOST_FILES = 20
_MOST_COMMANDS = 10
_READ_CLOSELY = 1500
"""Entries before the last that are read sentence by sentence; older ones are skimmed."""
_GOAL_KEYS = ("goal", "description", "task")


class RecapBuilder:
    """Reads a history entry by entry; `build` says where it stands so far."""

    def __init__(self) -> None:
        self._course = Course()
        self._unread: deque[Entry] = deque()
        """Entries that wait for `build`: until then it is not known which are old."""
        self._time = TimeLine()

    @property
    def last_seq(self) -> int:
        """Number of the last entry taken."""
        return self._time.last_seq

    @property
    def last_at(self) -> datetime | None:
        """When that entry was written."""
        return self._time.last_at

    def add(self, entry: Entry, coming: int = 0) -> None:
        """Take the next entry. ``coming``: number of the last one that is known to follow."""
        self._time.add(entry)
        if entry.seq <= coming - _READ_CLOSELY and not self._unread:
            self._course.skim(entry)
            return
        self._unread.append(entry)
        if len(self._unread) > _READ_CLOSELY:
            self._course.skim(self._unread.popleft())

    def build(self, session: Session | None = None, histories: Histories | None = None) -> Recap:
        """The recap of the entries so far.

        Args:
            session: Gives the goal the user set and the working folder that paths are shown
                relative to.
            histories: Where to look what helpers did.
        """
        while self._unread:
            self._course.take(self._unread.popleft())
        agents = self._course.agents
        if histories:
            agents.look(histories)
        done, doing, coming = self._work()
        noted = _notes(session) if session else Reading()
        decisions = latest([*self._course.minutes.decisions, *_noted(noted, Section.DECISIONS)])
        questions = latest([*self._open_questions(), *_noted(noted, Section.QUESTIONS)])
        found: Mapping[str, Sequence[Fact]] = {
            "done": done,
            "in_progress": doing,
            "next": [*coming, *self._noted_next(noted)],
            "decisions": decisions,
            "questions": questions,
            "blockers": self._blockers(_noted(noted, Section.BLOCKERS)),
        }
        if session and session.status is Status.COMPLETED:  # by the user's own word
            found = {**found, "in_progress": (), "blockers": ()}
        else:
            changes = self._course.tools.changes
            found = weighed(found, self._course.sayings, changes, self._may_be)
        return Recap(
            headline=headline(self._story(doing, coming)),
            goal=_set_goal(session) or self._course.goal,
            done=_last(_as_said(found["done"])),
            in_progress=_last(found["in_progress"]),
            next=latest(found["next"]),
            decisions=_last(_as_said(found["decisions"])),
            questions=_last(_as_said(found["questions"])),
            blockers=_last(found["blockers"]),
            files=self._course.tools.touched(
                session.cwd if session else "", _MOST_FILES, agents.tools()
            ),
            commands=self._commands(),
            agents=agents.facts(),
            stretches=with_helpers(self._time.stretches(), agents.spent()),
            covers_entries=self.last_seq,
            last_activity=self.last_at,
        )

    def _work(self) -> tuple[tuple[Fact, ...], tuple[Fact, ...], tuple[Fact, ...]]:
        items = self._course.board.items()
        done = distinct(_facts(items, State.DONE))[-MOST:]
        commits = [
            Fact(f"{commit.message} (commit {commit.sha})", (commit.seq,))
            for commit in self._course.tools.commands.commits
        ]
        older = [_fact(item) for item in self._course.board.finished.values()]
        fresh = distinct([*older, *commits, *self._course.minutes.done()])
        fresh = sorted((f for f in fresh if not said_in(f, done)), key=lambda fact: fact.seqs[-1])
        room = MOST - len(done)
        done += fresh[-room:] if room else []
        known = list(done)
        doing = [f for f in distinct(_facts(items, State.DOING)) if not said_in(f, known)]
        if not doing or self._course.tools.pending:  # what a call that was cut off was for
            doing = distinct([*doing, *self._course.said_under_way()])
        if not doing and (unfinished := self._course.unfinished()):
            doing = [unfinished]
        if not doing:
            doing = self._course.underway.left_lying()
        known += doing
        ahead = [*_facts(items, State.TODO), *self._course.ahead.facts()]
        coming = [f for f in distinct(ahead) if not said_in(f, known)]
        return tuple(done), tuple(doing[:MOST]), tuple(coming[:MOST])

    def _may_be(self, sort: str, fact: Fact) -> bool:
        """Whether it is not known better: how far phases are, and what is in the way no more."""
        if sort == "blockers":
            return fact.seqs[0] >= self._course.minutes.obstacles.overcome
        return not self._course.board.names_phase(fact.text)

    def _noted_next(self, notes: Reading) -> list[Fact]:
        board = self._course.board
        return [f for f in _noted(notes, Section.NEXT) if not board.holds_phase(f.text)]

    def _open_questions(self) -> list[Fact]:
        found = self._course.minutes.questions()
        if not self._course.turn.finished:
            found += [
                Fact(text, (self._course.turn.start,)) for text in self._course.turn.questions
            ]
        return found

    def _blockers(self, noted: Sequence[Fact]) -> tuple[Fact, ...]:
        failing = [
            Fact(
                plain(f"{run.command} failed" + (f": {run.detail}" if run.detail else "")),
                (self._course.tools.commands.called.get(run.command, run.seq), run.seq),
            )
            for run in self._course.tools.commands.failing()
        ]
        if call_failed := self._course.tools.failed:
            call, output, seq = call_failed
            failing.append(Fact(failure(describe(call), output), (call.seq, seq)))
        refused = [
            Fact(plain(f"Permission refused: {what}"), seqs)
            for what, seqs in self._course.tools.refused.values()
        ]
        ending = [fact for fact in (self._course.error, self._course.interrupted) if fact]
        found = distinct([*failing, *refused, *self._course.minutes.obstacles.facts(), *ending])
        return latest([*sorted(found, key=lambda fact: fact.seqs[-1]), *noted])

    def _commands(self) -> tuple[CommandRun, ...]:
        known = {run.command: run for run in self._course.tools.unlogged_runs()}
        known |= self._course.tools.commands.runs
        runs = sorted(known.values(), key=lambda run: run.seq)
        return tuple(runs[-_MOST_COMMANDS:])

    def _story(self, doing: Sequence[Fact], coming: Sequence[Fact]) -> Story:
        return Story(
            board=self._course.board,
            prompts=self._course.prompts,
            replied=self._course.replied,
            finished=self._course.turn.finished or not self._course.turn.begun,
            request=self._course.turn.request.text,
            reply=self._course.reply,
            figure=self._course.figure,
            turn_start=self._course.turn.start,
            interrupted=self._course.interrupted is not None,
            failing=self._course.tools.commands.failing(),
            doing=doing,
            coming=coming,
        )


def build_recap(entries: Iterable[Entry], session: Session | None = None) -> Recap:
    """The recap of a whole history, oldest entry first."""
    builder = RecapBuilder()
    for entry in entries:
        builder.add(entry)
    return builder.build(session)


def _last(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    return tuple(facts[-MOST:])


def _as_said(facts: Iterable[Fact]) -> list[Fact]:
    """In the order of the entries, and then what the user noted."""
    return sorted(facts, key=lambda fact: (not fact.seqs, fact.seqs[-1:]))


def _set_goal(session: Session | None) -> Fact | None:
    """The goal that the user wrote into the metadata."""
    for key in _GOAL_KEYS if session else ():
        value = session.metadata.get(key) if session else None
        if isinstance(value, str) and (text := plain(value)):
            return Fact(text)
    return None


def _notes(session: Session) -> Reading:
    """What the user's notes say of the work, an open box among what comes next."""
    reading = read(session.notes)
    boxes = [mark.text for mark in reading.checks if mark.state is not State.DONE]
    reading.sections.setdefault(Section.NEXT, []).extend(boxes)
    return reading


def _noted(notes: Reading, section: Section) -> list[Fact]:
    return [Fact(text) for text in notes.sections.get(section, ())]


def _fact(item: Item) -> Fact:
    return Fact(item.text, item.seqs)


def _facts(items: Iterable[Item], state: State) -> list[Fact]:
    return [_fact(item) for item in items if item.state is state]
