"""The board of work: what is done, under way and to come, by the latest evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agentsess.sessions.recap.reading import PHASE_NAME, Phase, Reading, State
from agentsess.sessions.recap.sections import Section
from agentsess.sessions.recap.text import fold, plain

_STATUSES = {
    "completed": State.DONE,
    "complete": State.DONE,
    "done": State.DONE,
    "in_progress": State.DOING,
    "in-progress": State.DOING,
    "active": State.DOING,
    "pending": State.TODO,
    "open": State.TODO,
    "todo": State.TODO,
}
_ALL_DONE = re.compile(
    r"\ball (?:of the |the |\d{1,3} |remaining )?(?:steps|tasks|phases|items|to-?dos)"
    r"(?: on the list)? (?:are|have been) (?:now )?(?:done|completed?|finished)\b",
    re.IGNORECASE,
)
_REMEMBERED = 60
_MOST_IDLE = 2
_LONGEST_LIST = 400


@dataclass(slots=True)
class Item:
    """A piece of work and the entries that spoke of it."""

    text: str
    state: State
    seqs: tuple[int, ...]

    def move(self, state: State, seq: int) -> None:
        """Note its state as ``seq`` has it."""
        if state is not self.state:
            self.state = state
            self.seqs = (self.seqs[0], seq)


Items = dict[str, Item]


@dataclass(slots=True)
class Board:
    """All lists of work of a session. Later evidence replaces earlier."""

    todos: dict[str, Items] = field(default_factory=dict)
    """By author: the list that a to-do tool keeps."""
    tasks: Items = field(default_factory=dict)
    """By task id, of the tools that create and update single tasks."""
    checks: Items = field(default_factory=dict)
    """The latest list with boxes or marks in a reply or prompt."""
    phases: dict[int, Item] = field(default_factory=dict)
    phase_word: str = "phase"
    titles: dict[int, str] = field(default_factory=dict)
    steps: Items = field(default_factory=dict)
    """The numbered steps of a plan, of which nothing is known but that they were planned."""
    stated: dict[State, Items] = field(default_factory=dict)
    """What the latest reply listed under headings such as "Next steps"."""
    finished: Items = field(default_factory=dict)
    """Done items of lists that were replaced since."""
    phases_tracked: bool = False
    checks_seq: int = 0
    idle: int = 0
    """Turns of work that ended since one of the lists was touched."""

    def todo_tool(self, author: str, value: Mapping[str, Any], seq: int) -> None:
        """Take the whole list that a to-do tool was given."""
        rows = value.get("todos")
        if not isinstance(rows, list):
            return
        marks: list[tuple[str, State]] = []
        for row in rows[:_LONGEST_LIST]:
            if not isinstance(row, dict) or not isinstance(row.get("content"), str):
                continue
            state = _STATUSES.get(str(row.get("status")))
            text = plain(row["content"])
            if state and text:
                marks.append((text, state))
        if marks or not rows:
            self.idle = 0
            self.todos[author] = self._replaced(self.todos.get(author, {}), marks, seq)
            self.steps = {}

    def task_created(self, task_id: str, value: Mapping[str, Any], seq: int) -> None:
        """Take a task that a tool created."""
        subject = value.get("subject") or value.get("title") or value.get("description")
        if isinstance(subject, str) and (text := plain(subject)):
            self.tasks[task_id] = Item(text, State.TODO, (seq,))
            self.steps = {}
            self.idle = 0

    def task_updated(self, value: Mapping[str, Any], seq: int) -> None:
        """Take a change to one task."""
        task_id = str(value.get("taskId") or value.get("task_id") or value.get("id"))
        item = self.tasks.get(task_id)
        if item is None:
            return
        if isinstance(value.get("subject"), str):
            item.text = plain(value["subject"]) or item.text
        status = str(value.get("status"))
        if status in ("deleted", "cancelled"):
            del self.tasks[task_id]
        elif state := _STATUSES.get(status):
            item.move(state, seq)
            self.idle = 0

    def said(self, reading: Reading, seq: int, *, by_user: bool) -> None:
        """Take what a reply or prompt says of the work."""
        marks = [(m.text, m.state or State.TODO) for m in reading.checks[:_LONGEST_LIST]]
        if marks:
            self.checks = self._merged(marks, seq)
            self.checks_seq = seq
            self.steps = {}
            self.idle = 0
        if reading.phases:
            self._say_phases(reading.phases, seq, by_user=by_user)
        if len(plan := reading.sections.get(Section.PLAN, ())) >= 2:
            self.steps = {fold(text): Item(text, State.TODO, (seq,)) for text in plan}
        if not by_user and any("ll " in s and _ALL_DONE.search(s) for s in reading.sentences):
            for item in (*self._fine(), *self.phases.values()):
                item.move(State.DONE, seq)
        stated = {
            state: {fold(t): Item(t, state, (seq,)) for t in reading.sections.get(section, ())}
            for section, state in ((Section.NEXT, State.TODO), (Section.DOING, State.DOING))
        }
        if any(stated.values()) and not by_user:
            self.stated = stated

    def worked(self, since: int, ended: int = 0) -> None:
        """A turn that did work ended: what was announced before ``since`` may be done by now, and
        the one phase that was named before ``ended``, its last reply, is what it worked on."""
        self.idle += 1
        if self.idle > _MOST_IDLE and (self.todos or self.tasks or self.checks):
            self._abandon()
        if self.steps:
            self.steps = {k: i for k, i in self.steps.items() if i.seqs[-1] >= since}
        for items in self.stated.values():
            for key in [k for k, i in items.items() if i.seqs[-1] < since]:
                del items[key]
        if self.phases and not self.phases_tracked:
            since = max(since, ended) if len(self.phases) == 1 else since
            self.phases = {n: i for n, i in self.phases.items() if i.seqs[-1] >= since}

    def _abandon(self) -> None:
        """Nobody keeps the lists any more: what is open on them says nothing of today."""
        for item in self._fine():
            if item.state is State.DONE:
                self._finish(item)
        self.todos, self.tasks, self.checks = {}, {}, {}

    def _say_phases(self, phases: Sequence[Phase], seq: int, *, by_user: bool) -> None:
        word = self._word_for(phases)
        if self.steps and not self.phases and all(not p.listed for p in phases):
            self._number_steps(word, seq)
        listed = [p for p in phases if p.listed and p.word == word and p.title]
        if len(listed) >= 2 and not any(self._same_title(p) for p in listed):
            self._new_phases(word)
        if word != self.phase_word and not self.phases:
            self.phase_word = word
        for phase in phases:
            if phase.word == self.phase_word:
                self._say_phase(phase, seq, by_user=by_user)

    def _word_for(self, phases: Sequence[Phase]) -> str:
        words = [p.word for p in phases]
        return self.phase_word if self.phase_word in words else words[0]

    def _same_title(self, phase: Phase) -> bool:
        known = self.titles.get(phase.number)
        return phase.number in self.phases and (not known or fold(known) == fold(phase.title))

    def _number_steps(self, word: str, seq: int) -> None:
        """A sentence speaks of "step 2" of a plan whose steps had no names of their own."""
        self.phase_word = word
        for number, item in enumerate(self.steps.values(), start=1):
            self.titles[number] = item.text
            self.phases[number] = Item("", State.TODO, (*item.seqs[:1], seq))
        self.steps = {}

    def _new_phases(self, word: str) -> None:
        for number, item in self.phases.items():
            if item.state is State.DONE:
                self._finish(Item(self.phase_text(number), State.DONE, item.seqs))
        self.phases, self.titles, self.phase_word = {}, {}, word
        self.phases_tracked = False

    def _say_phase(self, phase: Phase, seq: int, *, by_user: bool) -> None:
        if phase.title and (phase.listed or phase.number not in self.titles):
            self.titles[phase.number] = phase.title
            if known := self.phases.get(phase.number):
                known.seqs = tuple(sorted({seq, known.seqs[-1]}))
        item = self.phases.get(phase.number)
        if item is None:
            if len(self.phases) < 50:
                self.phases[phase.number] = Item("", phase.state or State.TODO, (seq,))
            self.phases_tracked |= phase.state in (State.DONE, State.DOING)
            return
        if phase.state is State.TODO and item.state is State.DONE and not phase.listed:
            return
        # "Start phase 2" in a prompt asks; it does not take back that phase 2 was done.
        if by_user and phase.state is State.DOING and item.state is State.DONE:
            return
        if phase.state is not None:
            item.move(phase.state, seq)
            self.phases_tracked |= phase.state is not State.TODO

    def phase_text(self, number: int) -> str:
        """A phase as a line: its name, and its title if one is known."""
        title = self.titles.get(number, "")
        name = f"{self.phase_word.capitalize()} {number}"
        return f"{name}: {title}" if title else name

    def holds_phase(self, text: str) -> bool:
        """Whether a text is but the name of a phase that is on the board."""
        match = PHASE_NAME.fullmatch(text.strip(" .!"))
        return match is not None and int(match[1]) in self.phases

    def names_phase(self, text: str) -> bool:
        """Whether a text speaks of a phase that is on the board."""
        return any(int(match[1]) in self.phases for match in PHASE_NAME.finditer(text))

    def _replaced(self, old: Items, marks: Iterable[tuple[str, State]], seq: int) -> Items:
        new: Items = {}
        for text, state in marks:
            key = fold(text) or text
            item = old.get(key)
            if item is None:
                new[key] = Item(text, state, (seq,))
            else:
                item.move(state, seq)
                new[key] = item
        for key, item in old.items():
            if key not in new and item.state is State.DONE:
                self._finish(item)
        return new

    def _merged(self, marks: list[tuple[str, State]], seq: int) -> Items:
        """A list that repeats part of the last one updates it; any other replaces it."""
        keys = {fold(text) for text, _ in marks}
        old = self.checks
        if seq == self.checks_seq or (keys & old.keys() and keys <= old.keys()):
            missing = [(i.text, i.state) for k, i in old.items() if k not in keys]
            order = {k: n for n, k in enumerate(old)}
            together = [*marks, *missing]
            together.sort(key=lambda mark: order.get(fold(mark[0]), len(order)))
            return self._replaced(old, together, seq)
        return self._replaced(old, marks, seq)

    def _finish(self, item: Item) -> None:
        self.finished[fold(item.text) or item.text] = item
        while len(self.finished) > _REMEMBERED:
            del self.finished[next(iter(self.finished))]

    def _fine(self) -> list[Item]:
        lists = (*self.todos.values(), self.tasks, self.checks)
        return [item for items in lists for item in items.values()]

    def items(self) -> list[Item]:
        """Everything on the board, the broad strokes (phases) first, each list in its order."""
        phases = [
            Item(self.phase_text(number), item.state, item.seqs)
            for number, item in sorted(self.phases.items())
        ]
        stated = [
            item
            for items in self.stated.values()
            for item in items.values()
            if not self.holds_phase(item.text)
        ]
        return [*phases, *self._fine(), *self.steps.values(), *stated]

    def counted(self) -> list[Item]:
        """The list whose progress is worth a figure: the one that moved last."""
        todos = [item for items in self.todos.values() for item in items.values()]
        lists = (todos, list(self.tasks.values()), list(self.checks.values()))
        return max(
            (items for items in lists if items),
            key=lambda items: max(item.seqs[-1] for item in items),
            default=[],
        )
