"""Where commands write: text for people, JSON for programs, and never a terminal escape
that came out of a session."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import termios
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from agentsess.model import Session, Status
from agentsess.sessions.recap.text import clean
from agentsess.sessions.records import one_line

SHORT_ID = 8
YES = ("y", "yes")
GLYPHS = {
    Status.ACTIVE: "▸",
    Status.PAUSED: "‖",
    Status.COMPLETED: "✓",
    Status.ARCHIVED: "▫",
}
_COLOURS = {
    Status.ACTIVE: "32",
    Status.PAUSED: "33",
    Status.COMPLETED: "36",
    Status.ARCHIVED: "2",
}
# What terminals may obey, or what hides or reorders text, though JSON allows it unescaped.
_UNSAFE_IN_JSON = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


class WrongUsage(Exception):
    """A command was called in a way that cannot work; the message says how it can."""


class Output:
    """Standard output and error of one command.

    Args:
        as_json: Whether the command was asked for JSON.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._out, self._err = sys.stdout, sys.stderr
        for stream in (self._out, self._err):
            if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
                reconfigure(encoding="utf-8", errors="backslashreplace")

    @property
    def asks(self) -> bool:
        """Whether a person can be asked: both sides of the conversation are a terminal."""
        return sys.stdin.isatty() and self._err.isatty()

    def line(self, text: str = "") -> None:
        """A line of our own words; text from sessions must have been cleaned."""
        self._out.write(f"{text}\n")

    def text(self, text: str) -> None:
        """Text from a session, as it is but for what a terminal would act on."""
        self._out.write(clean(text))

    def flush(self) -> None:
        """Let the reader have what was written so far."""
        self._out.flush()

    def json(self, value: Any) -> None:
        """One JSON value."""
        self._out.write(to_json(value) + "\n")

    def pieces(self, pieces: Iterable[str]) -> None:
        """Output in pieces as they come, made safe already."""
        self._out.writelines(pieces)

    def note(self, text: str) -> None:
        """A line beside the result: a hint, progress, a question."""
        self._out.flush()
        self._err.write(f"{clean(text)}\n")
        self._err.flush()

    def progress(self, done: int, total: int) -> None:
        """How far the reading of other programs' sessions is; only a person sees it."""
        if done % 20 == 0 or done == total:
            self.passing(f"Reading sessions: {done} of {total}" if done < total else "")

    def passing(self, text: str) -> None:
        """A line that the next one takes the place of; only a person sees it."""
        if self._err.isatty():
            self._err.write(f"\r{text}\x1b[K")
            self._err.flush()

    def confirm(self, question: str) -> bool:
        """Ask a person; anything but yes is no."""
        self.ask(f"{question} [y/N] ")
        return self.answer() in YES

    def ask(self, question: str) -> None:
        """Show a question whose answer is typed behind it."""
        self._out.flush()
        if sys.stdin.isatty():
            # What was typed before the question was shown is no answer to it.
            termios.tcflush(sys.stdin, termios.TCIFLUSH)
        self._err.write(clean(question))
        self._err.flush()

    def answer(self) -> str:
        """The line that is typed next, in lower case."""
        return sys.stdin.readline().strip().lower()

    def styled(self, text: str, style: str) -> str:
        """The text in a style, if it goes to a terminal that may show one."""
        if not self._out.isatty() or os.environ.get("NO_COLOR"):
            return text
        return f"\x1b[{style}m{text}\x1b[0m"

    def status(self, status: Status) -> str:
        """A status as glyph and word, in its colour, of equal width for all."""
        return self.styled(f"{GLYPHS[status]} {status:<9}", _COLOURS[status])

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Rows with aligned columns; the last column takes what the terminal leaves."""
        widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        room = shutil.get_terminal_size().columns if self._out.isatty() else 0
        for row in rows:
            cells = [cell + " " * (widths[i] - _width(cell)) for i, cell in enumerate(row[:-1])]
            last = row[-1]
            if room:
                last = _cut(last, max(room - sum(widths[:-1]) - 2 * len(cells) - 1, 10))
            self.line("  ".join([*cells, last]).rstrip())


def to_json(value: Any) -> str:
    """A value as JSON in one line that is safe to show in a terminal."""
    try:
        text = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        text = json.dumps(value, separators=(",", ":"))
    return _UNSAFE_IN_JSON.sub(lambda match: json.dumps(match[0])[1:-1], text)


def json_array(values: Iterable[Any], *, end: str = "") -> Iterator[str]:
    """The pieces of an array with one value to a line, and what comes behind it."""
    separator = "[\n"
    for value in values:
        yield separator + to_json(value)
        separator = ",\n"
    yield ("[]" if separator[0] == "[" else "\n]") + end + "\n"


def short_ids(sessions: Iterable[Session]) -> dict[str, str]:
    """Ids cut to what tells these sessions apart."""
    ids = [session.id for session in sessions]
    taken: dict[str, int] = {}
    for session_id in ids:
        taken[session_id[:SHORT_ID]] = taken.get(session_id[:SHORT_ID], 0) + 1
    return {i: i[:SHORT_ID] if taken[i[:SHORT_ID]] == 1 else i for i in ids}


def safe_line(text: str) -> str:
    """Text from anywhere on one line, without anything a terminal would act on."""
    return one_line(clean(text))


def named(session: Session) -> str:
    """A session's title, for a sentence of ours."""
    return f"“{safe_line(session.title)}”"


def print_made(session: Session, out: Output) -> None:
    """Say which session was made."""
    if out.as_json:
        out.json(session.to_json())
    else:
        out.line(session.id)


_STYLE = re.compile("\x1b\\[[0-9;]*m")


def _width(text: str) -> int:
    """Cells that a line takes in a terminal."""
    return sum(map(_cells, _STYLE.sub("", text)))


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cut(text: str, width: int) -> str:
    if _width(text) <= width:
        return text
    kept = 0
    for at, character in enumerate(text):
        kept += _cells(character)
        if kept > width - 1:
            return text[:at] + "…"
    return text
