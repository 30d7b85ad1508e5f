"""Text from anywhere as `Content` that is safe to show: never markup, never a terminal command."""

from __future__ import annotations

import re
import unicodedata

from textual.content import Content

# a span of `$text-muted` loses its transparency and comes out bright
MUTED = "$text 64%"
FAINT = "$text 46%"

LONGEST_LINE = 2_000
"""Characters of one line that are shown; agents do print a megabyte without a newline."""

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor movement
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # titles, links
    r"|\x1b[ -/]*[0-~]"
)
_INVISIBLE = (
    "\u061c\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
)
_UNSAFE = re.compile(f"[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u2028\u2029\ud800-\udfff{_INVISIBLE}]")
_BREAKS = frozenset("\r\x0b\x0c\x85\u2028\u2029")


def _visible(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if character in _BREAKS:
        return "\n"
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else ""


def clean(text: str, longest_line: int = LONGEST_LINE) -> str:
    """The text without anything a terminal would act on.

    Escape sequences, bidirectional overrides and invisible characters go, other control
    characters become visible pictures (``␀``), every line break becomes ``\\n``, and the
    rest of a line beyond `longest_line` becomes a note of how much it was.
    """
    if _UNSAFE.search(text):
        text = _ESCAPES.sub("", text).replace("\r\n", "\n")
        text = _UNSAFE.sub(_visible, text)
    if len(text) > longest_line:
        text = "\n".join(_shortened(line, longest_line) for line in text.split("\n"))
    return text


_NOT_PLAIN = re.compile(r"[^\n\t\x20-\x7e]")
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")


def reveal(text: str) -> str:
    """The text with all that hides, reorders or only looks like a space made visible.

    Control characters become pictures (``␛``), all others their number (``⟨U+202E⟩``): for text
    that is about to be agreed to, of which nothing may be left out.
    """
    return _NOT_PLAIN.sub(_revealed, text)


def _revealed(match: re.Match[str]) -> str:
    character = match[0]
    code, category = ord(character), unicodedata.category(character)
    if code < 0x20 or code == 0x7F:
        return chr(0x2400 + code) if code < 0x20 else "\u2421"
    if category[0] in "CZ" or character in _BLANK_LETTERS:
        return f"⟨U+{code:04X}⟩"
    return character


def plain(text: str, longest_line: int = LONGEST_LINE) -> Content:
    """The text as it is: cleaned, without any markup read from it."""
    return Content(clean(text, longest_line))


def one_line(text: str, width: int = LONGEST_LINE) -> str:
    """The text on one line of at most `width` characters, with an ellipsis where it was cut."""
    # looking at the whole of a huge text for one line of it would be waste
    line = " ".join(clean(text[: width * 8]).split())
    return line if len(line) <= width else line[: max(width - 1, 0)].rstrip() + "…"


def first_line(text: str) -> str:
    """The first line that is not blank, cleaned."""
    return next(
        (line for raw in text[: LONGEST_LINE * 4].splitlines() if (line := clean(raw).strip())), ""
    )


def last_line(text: str) -> str:
    """The last line that is not blank, cleaned."""
    tail = text[-LONGEST_LINE * 2 :].splitlines()
    return next((line for raw in reversed(tail) if (line := clean(raw).strip())), "")


def _shortened(line: str, limit: int) -> str:
    if len(line) <= limit:
        return line
    return f"{line[:limit]} … {len(line) - limit:,} more characters"
