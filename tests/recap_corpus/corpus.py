"""The labelled sessions under ``transcripts/``: hand-written, read into real entries.

A file holds a session and, below ``== facts``, what a reader of it must learn. A line that
begins with ``@`` says what comes: ``@you`` a prompt, ``@bot`` a reply, ``@$`` a shell command
and its output, ``@read``, ``@edit``, ``@write`` a file, ``@call`` any other tool with its input
as JSON, ``@todo`` a whole to-do list, ``@deny`` that the last call was refused, ``@pending``
that it was never answered, ``@later 3d`` a break, ``@event`` anything else. ``(name)`` behind
the word is the agent's name, ``!`` an error.

A fact is ``field: what is to be learnt :: key words``, see `Label`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from agentsess.model import Entry, EntryKind, JsonObject, Session, Status
from agentsess.sessions.recap.text import fold
from support.transcripts import START

FOLDER = Path(__file__).parent / "transcripts"
FIELDS = (
    *("headline", "goal", "done", "in_progress", "next", "decisions", "questions", "blockers"),
    *("files", "commands", "agents"),
)

_MARK = re.compile(
    r"^@(you|bot|\$|read|edit|write|call|todo|deny|pending|later|event)"
    r"(?:\((\w+)\))?(!)?(?: (.*))?$"
)
_LABEL = re.compile(r"^(\w+)(~)?:\s*(.*?)\s*(?:::\s*(.*))?$")
_BOXES = {"x": "completed", ">": "in_progress", ".": "pending"}
_BREAK = {"d": "days", "h": "hours", "m": "minutes"}
_REFUSED = (
    "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it "
    "was a file edit, the new_string was NOT written to the file). STOP what you are doing and "
    "wait for the user to tell you how to proceed."
)


@dataclass(frozen=True)
class Label:
    """A fact that a reader must learn, and how it is recognised in a line.

    ``keys`` are words that the line must hold, each as the beginning of one of its words (a
    number as a whole); ``a|b`` is either, ``a+b`` both in a row, ``-a`` must not be there. Of
    ``files`` the key is the path, of ``commands`` the first word of ``text`` says how it ended.
    """

    field: str
    text: str
    keys: str
    required: bool
    """A line that says what is not required (``field~:``) is right, but nobody misses it."""

    def matches(self, line: str) -> bool:
        """Whether the line says this."""
        said = f" {fold(line)} "
        for key in self.keys.split():
            wanted = not key.startswith("-")
            found = any(_holds(said, fold(word)) for word in key.removeprefix("-").split("|"))
            if found is not wanted:
                return False
        return True


def _holds(said: str, word: str) -> bool:
    if word > "\u3000":
        return word in said  # nothing stands between the words of Chinese and Japanese
    return f" {word} " in said if word[-1:].isdigit() else f" {word}" in said


@dataclass
class Case:
    """One session of the corpus."""

    name: str
    style: str = "own"
    """Whose habits it has: ``own``, or ``claude`` for Claude Code's."""
    cwd: str = ""
    session: Session | None = None
    entries: list[Entry] = field(default_factory=list, repr=False)
    labels: list[Label] = field(default_factory=list, repr=False)

    @property
    def tuning(self) -> bool:
        """Whether it is of the half that rules were tried on: those with an odd number."""
        return int(self.name.split("_")[0]) % 2 == 1

    def labelled(self, name: str) -> list[Label]:
        """The labels of one field."""
        return [label for label in self.labels if label.field == name]


@cache
def cases() -> tuple[Case, ...]:
    """All sessions, in the order of their names."""
    return tuple(_load(path) for path in sorted(FOLDER.glob("*.txt")))


def _load(path: Path) -> Case:
    told, _, facts = path.read_text(encoding="utf-8").partition("\n== facts\n")
    head, _, body = told.partition("\n@")
    facts_of = dict(line.split(": ", 1) for line in head.splitlines())
    case = Case(path.stem, facts_of.get("style", "own"), facts_of.get("cwd", ""))
    writer = _Writer(case)
    writer.write(_steps(f"@{body}"))
    case.session = Session(
        id=path.stem,
        title=path.stem[3:],
        status=Status(facts_of.get("status", "active")),
        created_at=START,
        updated_at=case.entries[-1].at,
        cwd=case.cwd,
        notes=facts_of.get("notes", ""),
        message_count=sum(entry.is_message for entry in case.entries),
        entry_count=len(case.entries),
    )
    case.labels = [_label(line) for line in facts.splitlines() if line]
    return case


def _label(line: str) -> Label:
    match = _LABEL.match(line)
    assert match, line
    assert match[1] in FIELDS, line
    keys = match[4] if match[4] is not None else match[3].split(" ", 1)[1]
    return Label(match[1], match[3], keys, match[2] is None)


@dataclass
class _Step:
    sort: str
    author: str
    error: bool
    rest: str
    lines: list[str]

    @property
    def text(self) -> str:
        """What stands behind the mark and in the lines below it."""
        return "\n".join([self.rest, *self.lines] if self.rest else self.lines).strip("\n")


def _steps(body: str) -> list[_Step]:
    steps: list[_Step] = []
    for line in body.splitlines():
        if match := _MARK.match(line):
            steps.append(_Step(match[1], match[2] or "", bool(match[3]), match[4] or "", []))
        else:
            assert steps, line
            steps[-1].lines.append(line)
    return steps


_CALLS = frozenset({"$", "read", "edit", "write", "call", "todo"})


class _Writer:
    """Writes the steps of a session as the entries that our own or Claude Code's history has."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.at = START
        self.calls = 0

    def write(self, steps: Sequence[_Step]) -> None:
        """Write them all."""
        said = ""
        for step, follows in zip(steps, [*steps[1:], None], strict=True):
            after = follows.sort if follows else ""
            if step.sort == "you":
                self._add(EntryKind.USER, step.text)
            elif step.sort == "bot":
                goes_on = after in _CALLS and follows is not None and follows.author == step.author
                said = self._reply(step, goes_on=goes_on)
            elif step.sort == "later":
                self.at += timedelta(**{_BREAK[step.rest[-1]]: int(step.rest[:-1])})
            elif step.sort == "event":
                name, _, text = step.text.partition(": ")
                self._add(EntryKind.EVENT, text, meta={"event": name})
            elif step.sort in _CALLS:
                self._call(step, said, after, follows)
                said = ""

    def _reply(self, step: _Step, *, goes_on: bool) -> str:
        if goes_on and self.case.style == "own":
            return step.text  # our own history keeps it in one entry with the call
        block = {"type": "text", "text": step.text}
        meta = {"stop_reason": "tool_use" if goes_on else "end_turn"}
        self._add(EntryKind.ASSISTANT, step.text, (block,), step.author, meta)
        return ""

    def _call(self, step: _Step, said: str, after: str, follows: _Step | None) -> None:
        self.calls += 1
        call_id = f"toolu_{self.calls:04}"
        name, value, output = self._tool(step)
        blocks: list[JsonObject] = [{"type": "text", "text": said}] if said else []
        blocks.append({"type": "tool_use", "id": call_id, "name": name, "input": value})
        meta: JsonObject = {"stop_reason": "tool_use"}
        self._add(EntryKind.ASSISTANT, said, tuple(blocks), step.author, meta)
        if after == "pending":
            return
        denied = after == "deny"
        own = self.case.style == "own"
        meta = {"tool_use_id": call_id, "is_error": step.error or denied}
        if denied:
            why = follows.rest if follows else ""
            output = f"Denied: {why or 'The user did not allow it.'}" if own else _REFUSED
        if own:
            meta |= {"tool": name, "permission": "denied" if denied else "allowed"}
        block: JsonObject = {"type": "tool_result", "tool_use_id": call_id, "content": output}
        if meta["is_error"]:
            block["is_error"] = True
        self._add(EntryKind.TOOL_RESULT, output, (block,), step.author, meta)

    def _tool(self, step: _Step) -> tuple[str, Any, str]:
        """The tool's name, its input, and its output unless it is refused."""
        own, output, path = self.case.style == "own", "\n".join(step.lines), step.rest
        if step.sort == "$":
            output = f"Exit code 1\n{output}" if step.error and not own else output
            return "bash" if own else "Bash", {"command": step.rest}, output
        if step.sort == "call":
            name, _, value = step.rest.partition(" ")
            return name, json.loads(value), output
        if step.sort == "todo":
            rows = [(line[2:], _BOXES[line[0]]) for line in step.lines]
            todos = [{"content": c, "status": s, "activeForm": c} for c, s in rows]
            return "TodoWrite", {"todos": todos}, "Todos have been modified successfully."
        name = step.sort if own else step.sort.capitalize()
        whole = path if own else f"{self.case.cwd}/{path}"
        value = {"file_path": whole}
        if step.sort == "read":
            return name, value, output
        if step.sort == "write":
            made = f"wrote 214 bytes to {path}" if own else f"File created successfully at: {whole}"
            return name, value | {"content": "…\n"}, output or made
        made = f"edited {path} (1 replacement(s))" if own else f"The file {whole} has been updated."
        return name, value | {"old_string": "a", "new_string": "b"}, output or made

    def _add(
        self,
        kind: EntryKind,
        text: str,
        content: tuple[JsonObject, ...] = (),
        author: str = "",
        meta: JsonObject | None = None,
    ) -> None:
        self.at += timedelta(seconds=25)
        seq = len(self.case.entries) + 1
        entry = Entry(seq, kind, text, self.at, author, content, meta or {})
        self.case.entries.append(entry)


def words_of(case: Case) -> str:
    """Everything that a session's entries and metadata hold, folded, for looking words up."""
    return f" {' '.join(fold(part) for part in _parts(case))} "


def _parts(case: Case) -> Iterator[str]:
    if case.session:
        yield from (case.session.notes, case.session.cwd)
    for entry in case.entries:
        yield said_by(entry)


def said_by(entry: Entry) -> str:
    """The text, content, author and meta of an entry."""
    content = json.dumps(entry.content, ensure_ascii=False)
    return f"{entry.author} {entry.text} {content} {json.dumps(entry.meta, ensure_ascii=False)}"
