"""The sentences of a conversation's last messages, each with its features: who says it, where it
stands, what form it has and of which classes its words are. `likely` weighs them.

A feature is a short text that is the same each time; what it is worth is learnt from labelled
sessions.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from agentsess.sessions.recap.text import Block, asks, blocks, fold, plain, prose, sentences
from agentsess.sessions.recap.word_classes import word_classes

WINDOW = 60
"""Messages before the last whose sentences are looked at."""
_HEAD, _TAIL = 4_000, 6_000
"""Characters of a long message that are read."""
_SHORTEST = 4
_FAR = 6
"""From here on it makes no difference how many messages followed."""


@dataclass(slots=True)
class Saying:
    """A sentence that somebody said."""

    text: str
    seq: int
    words: str
    """Folded, with a space before and behind."""
    features: list[str]
    """Those that later entries do not change."""
    in_list: bool
    """Whether it stands in a list or table, or below a heading."""
    weight: list[float] | None = None
    """What they weigh, once it is known."""


@dataclass(slots=True)
class Message:
    """A message with words: a prompt, or a reply."""

    text: str
    seq: int
    by_user: bool
    calls: bool
    """Whether the model goes on to use tools."""
    behind: str
    """What stands before it in the history: ``calls``, ``tool``, ``failed``, ``event``, nothing."""
    is_first: bool
    changes: int
    """How many changes to files the session had seen."""
    sayings: list[Saying] | None = None
    ends_asking: bool = False

    @property
    def side(self) -> str:
        """Whose it is, for the features."""
        return "u" if self.by_user else "a"


@dataclass(slots=True)
class Sayings:
    """The last messages of a conversation."""

    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=WINDOW + 1))
    """One more than are looked at: it may ask what the next one answers."""
    behind: str = ""
    is_begun: bool = False

    def said(
        self, text: str, seq: int, *, by_user: bool, changes: int, calls: bool = False
    ) -> None:
        """Take a prompt or a reply; one without words is no message."""
        if text.strip():
            first, self.is_begun = not self.is_begun, True
            self.messages.append(Message(text, seq, by_user, calls, self.behind, first, changes))
            self.behind = ""
        if calls:
            self.behind = "calls"

    def used_tool(self, *, failed: bool) -> None:
        """Note that a tool answered."""
        self.behind = "failed" if failed else "tool"

    def ended(self) -> None:
        """Note an event, such as an interruption."""
        self.behind = "event"

    def standing(self, changes: int) -> Iterator[tuple[list[Saying], list[str]]]:
        """The sentences of each message of the window, with the features that all of them have
        by what came after.

        Args:
            changes: How many changes to files the session has seen by now.
        """
        messages = list(self.messages)
        last = {message.by_user: message.seq for message in messages}
        for index, message in enumerate(messages):
            if message.sayings is None:
                before = messages[index - 1] if index else None
                message.sayings = list(_sayings(message, before))
            if len(messages) - index > WINDOW:
                continue
            rank, side = min(len(messages) - 1 - index, _FAR), message.side
            features = [f"rank={rank}", f"{side}rank={rank}"]
            if message.seq == last[message.by_user]:
                features.append(f"{side}last")
            if rank == 0:
                features.append(f"{side}then={self.behind}")
            changed = changes > message.changes
            features.append(f"rank={min(rank, 3)},changed={changed}")
            yield message.sayings, features


def _sayings(message: Message, before: Message | None) -> Iterator[Saying]:
    lines, side = list(_lines(message.text)), message.side
    message.ends_asking = any(asks(line) for line, *_ in lines[-2:])
    answers = before is not None and before.ends_asking and before.by_user != message.by_user
    for number, (line, block, heading) in enumerate(lines):
        from_end = len(lines) - 1 - number
        folded = fold(line)
        length = len(folded.split())
        features = [
            side,
            f"{side}behind={message.behind}",
            f"{side}at={min(number, 4)}",
            f"{side}end={min(from_end, 4)}",
            f"{side}len={min(length // 6, 4)}",
            f"len={min(length // 4, 8)}",
            f"{side}answers={answers},{min(number, 2)}",
            f"{side}sort={block.sort},{bool(heading)},{bool(block.title)}",
        ]
        marks = {
            "calls": message.calls,
            "first": message.is_first,
            f"{side}alone": len(lines) == 1,
            "colon": line.endswith(":"),
            "digit": any(c.isdigit() for c in line),
            "quote": any(c in '"„“«「' for c in line),
        }
        features += [mark for mark, has in marks.items() if has]
        features += _form(line, side)
        if asks(line):
            features += ["?", f"?{side}", f"?end={min(from_end, 2)}"]
        for each in sorted(word_classes(folded)):
            features += [f"c={each}", f"{side}c={each}"]
        in_list = bool(heading) or block.sort != "text"
        yield Saying(line, message.seq, f" {folded} ", features, in_list)


def _form(line: str, side: str) -> list[str]:
    """What is seen of a sentence without reading it."""
    of_side = {
        "name": _NAME.search(line),
        "lower": line[0].islower(),
        "open": line[-1] not in ".!?。！？",
        "!": "!" in line,
        "colon inside": ":" in line[:-1],
        "comma": "," in line,
        "ing": _ING.search(line),
        "ed": _ED.search(line),
    }
    of_any = {
        "name": of_side["name"],
        "semicolon": ";" in line,
        "bracket": "(" in line,
        "path": _PATH.search(line),
        "first ing": _FIRST_ING.match(line),
        "first ed": _FIRST_ED.match(line),
    }
    return [
        *(f"{side}{form}" for form, has in of_side.items() if has),
        *(form for form, has in of_any.items() if has),
    ]


_NAME = re.compile(r"(?<=[^\W\d_] )[A-ZÀ-Þ]\w|(?<=[,;] )[A-ZÀ-Þ]\w")
_PATH = re.compile(r"[/_]|\.\w{1,4}\b")
_ING = re.compile(r"\b\w{3,}ing\b")
_ED = re.compile(r"\b\w{3,}ed\b")
_FIRST_ING = re.compile(r"\w{3,}ing\b")
_FIRST_ED = re.compile(r"\w{3,}ed\b")


def _lines(text: str) -> Iterator[tuple[str, Block, str]]:
    """The sentences of a text, each with its block and the heading above it."""
    heading = ""
    for block in blocks(prose(text, head=_HEAD, tail=_TAIL)):
        if block.sort == "heading":
            heading = block.text
        for sentence in sentences(block.text):
            line = plain(sentence)
            if len(line) >= _SHORTEST:
                yield line, block, heading
