"""Prose for the recap: Markdown and terminal noise in, plain lines, blocks and sentences out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

FACT_LENGTH = 200
_HALF = 12_000
"""Characters of a very long text's head, and of its tail, that are read."""

_LONGEST_SAYING = 80
"""Of a paragraph in quotation marks; a longer one is the draft of a letter, say."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)", re.DOTALL)
# Control characters, lone surrogates, and the invisible ones that reorder or hide text.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_SPACES = re.compile(r"\s+")
_CODE_SPAN = re.compile(r"(`{1,2})([^`]+)\1")
_LINK = re.compile(r"!?\[([^\]\n]{1,300})\]\((?:[^()\s]|\([^()\s]*\)){0,500}(?:\s+\"[^\"]*\")?\)")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_EMPHASIS = re.compile(r"(?<![\w/*.(])\*(?=[^\s*])([^*]+?)(?<=[^\s*])\*(?![\w/*.])")
_UNDERSCORED = re.compile(r"(?<![\w_])_(?=[^\s_])([^_]+?)(?<=[^\s_])_(?![\w_])")
_LEAD = re.compile(r"^\s*(?:#{1,6}\s+|>\s*|[-*+•]\s+)+")

_NOT_PLAIN = re.compile(r"[*_`~\[>]|^\s*[-+#]|\s\s")

_FENCE = re.compile(
    r"^[ \t]*(```+|~~~+)[^\n]*\n.*?(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
_ITEM = re.compile(r"^(\s*)(?:([-*+•])|(\d{1,3})[.)])\s+(\S.*)$")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(\S.*?)\s*#*$")
_BOLD_LINE = re.compile(r"^\s*(?:\d+[.)]\s+)?\*\*([^*]{2,80})\*\*\s*:?\s*$")
_TITLE_LINE = re.compile(r"^\s*(?:\d+[.)]\s+)?(\S[^.!?:]{1,60})[:：]\s*$")
# Lines such as "Phase 2 — the tests" belong to a list even without its marks.
_NUMBERED_LINE = re.compile(
    r"^\s*((?:\W{0,4})(?:phase|step|stage|milestone|schritt|fase|paso|étape) \d{1,3}\b"
    r"\W{0,4}(?:[:—–-]|\s\W).*)$",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"^\s*(?:[-*+•]\s+)?(?:\*\*([^*:]{2,40}):?\*\*\s*:?\s+|"
    r"([^\W\d][\w' ]{1,28})(?::\s+|：\s*))(\S.*)$"
)

_STOP = re.compile(r"[.!?…。！？][\"')\]*”»]?")
"""Only behind one of these a sentence may end."""
# No space follows in Chinese or Japanese; abbreviations end no sentence, nor does "9. Oktober".
_NO_MONTH = r"(?!(?:Januar|Februar|März|Juni|Juli|Oktober|November|Dezember)\b)"
_SENTENCE_END = re.compile(
    r"(?:(?<=[.!?…])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bz\.B\.)(?<!\bp\.ej\.)(?<!\b(?:Nr|Mr|Ms|Dr)\.)"
    r"(?<!\bvs\.)(?<!\bMrs\.)(?<!\bProf\.)"
    rf"|(?<=[.!?][\"')\]*”»]))\s+(?=[^a-z\s]){_NO_MONTH}|(?<=[。！？])|(?<=[?!])(?=[\u3040-\u9fff])"
    r"|(?<=[?!][?!])\s+"
    # Who types in lower case ends a sentence all the same.
    r"|(?<=[a-zà-ÿ0-9'’][a-zà-ÿ0-9][.!?])(?<!\b(?:etc|bzw|usw|vgl|Mrs)\.)(?<!\b(?:resp|[Pp]rof)\.)"
    rf"(?<!\b(?:no|nr|vs|ca|Mr|Ms|Dr)\.)\s+{_NO_MONTH}"
)


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a text: a heading, a list item or a paragraph."""

    sort: str
    """``heading``, ``item``, ``row`` or ``text``."""
    text: str
    """Still with its Markdown markers, without the list's own."""
    indent: int = 0
    number: int | None = None
    """The item's number in a numbered list."""
    title: str = ""
    """An item's words before the colon, if it begins with such."""


def clean(text: str) -> str:
    """Without terminal escapes, control characters and lone surrogates; lines stay."""
    if text.isascii() and text.isprintable():
        return text
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _INVISIBLE.sub("", text)


def plain(text: str, limit: int = FACT_LENGTH) -> str:
    """One plain line of at most ``limit`` characters, without Markdown's markers."""
    if len(text) <= limit and text.isascii() and text.isprintable() and not _NOT_PLAIN.search(text):
        return text.strip()
    text = _LEAD.sub("", clean(text[: limit * 8]))
    if "`" in text:
        parts = _CODE_SPAN.split(text)
        # split gives: outside, ticks, code, outside, …; code is left as it is
        text = "".join(_unmark(p) if i % 3 == 0 else p for i, p in enumerate(parts) if i % 3 != 1)
    else:
        text = _unmark(text)
    text = _SPACES.sub(" ", text)
    if not text.isprintable():  # characters that do not exist yet
        text = "".join(filter(str.isprintable, text))
    return shorten(text.strip(), limit)


def mentions(text: str, words: Iterable[str]) -> bool:
    """Whether one of the lower-case ``words`` stands in it: a cheap test before a pattern."""
    lowered = text.lower()
    for word in words:  # noqa: SIM110, any() takes twice as long
        if word in lowered:
            return True
    return False


def shorten(text: str, limit: int = FACT_LENGTH) -> str:
    """Cut at a word, with an ellipsis, if longer than ``limit``."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip(" ,;:") + "…"


def _unmark(text: str) -> str:
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    if "*" in text:
        text = _EMPHASIS.sub(r"\1", _BOLD.sub(r"\1", text)).replace("**", "")
    if "_" in text:
        text = _UNDERSCORED.sub(r"\1", text)
    if "~~" in text:
        text = text.replace("~~", "")
    return text


def prose(text: str, *, head: int = _HALF, tail: int = _HALF) -> str:
    """The text without fenced code. Of one that is longer than ``head`` and ``tail`` together, so
    many characters are read of its beginning and its end."""
    if len(text) > head + tail:
        text = f"{text[:head]}\n\n{text[-tail:]}"
    text = clean(text)
    if "```" in text or "~~~" in text:
        text = _FENCE.sub("\n", text)
    return text


def blocks(text: str) -> Iterator[Block]:
    """The blocks of some prose; quotations are left out."""
    paragraph: list[str] = []
    for line in text.split("\n"):
        stripped = line.strip()
        block = _single(line, stripped) if stripped else None
        if paragraph and (block or not stripped or _begins_anew(stripped)):
            yield from _paragraph(paragraph)
            paragraph = []
        if block:
            yield block
        elif stripped and stripped[0] != ">":
            paragraph.append(stripped)
    if paragraph:
        yield from _paragraph(paragraph)


def _single(line: str, stripped: str) -> Block | None:
    """The block that a line is by itself, if it is one."""
    first = stripped[0]
    if first == "#" and (match := _HEADING.match(line)):
        return Block("heading", match[1].rstrip(":"))
    if "**" in stripped and (match := _BOLD_LINE.match(line)):
        return Block("heading", match[1].strip().rstrip(":"))
    if stripped[-1] in ":：" and (match := _TITLE_LINE.match(line)):
        return Block("heading", match[1].strip(" *_-•"))
    if (first in "-*+•" or first.isdecimal()) and (match := _ITEM.match(line)):
        number = int(match[3]) if match[3] else None
        return Block("item", match[4].strip(), len(match[1].expandtabs(4)), number, lead_in(line))
    if first == "|":
        return Block("row", stripped)
    if match := _NUMBERED_LINE.match(line):
        return Block("item", match[1])
    return None


def _paragraph(lines: list[str]) -> Iterator[Block]:
    text = " ".join(lines)
    if not (len(text) > _LONGEST_SAYING and text[0] in '"“„«' and text[-1] in '"”“»'):
        yield Block("text", text)


def _begins_anew(line: str) -> bool:
    """Whether a line such as "Next: …" says something of its own amid a paragraph."""
    title = lead_in(line)
    return bool(title) and (title[0].isupper() or line[0] == "*")


def lead_in(line: str) -> str:
    """The words before the colon that an item or a sentence begins with; empty: none."""
    start = line[:50]
    match = _LEAD_IN.match(line) if ":" in start or "：" in start else None
    return (match[1] or match[2]).strip() if match else ""


def sentences(text: str) -> list[str]:
    """The sentences of one block."""
    parts: list[str] = []
    start = 0
    for stop in _STOP.finditer(text):  # to try the pattern everywhere takes four times as long
        for at in (stop.start() + 1, stop.end()):
            if at >= start and (found := _SENTENCE_END.match(text, at)):
                parts.append(text[start:at])
                start = found.end()
                break
    parts.append(text[start:])
    return [sentence for part in parts if (sentence := part.strip())]


def asks(sentence: str) -> bool:
    """Whether a sentence is a question."""
    return sentence.rstrip("\"')*_` »”").endswith(("?", "？", "か。", "吗。"))


_ANNOUNCING = re.compile(
    r"^(?:(?:ok(?:ay)?|sure|right|great|good|got it|al(?:l )?right|of course|yes|understood|noted|"
    r"agreed|now|first|so|and|then)\b[\s,.!:–—-]+)*"
    r"(?:i(?:['’]ll| will|['’]m going to| am going to)|we(?:['’]ll| will)|let me|ich werde|voy a|"
    r"je vais)\s+(?!(?:be|have|keep|leave|go with|use|take|drop|stick|stay)\b)\w",
    re.IGNORECASE,
)


def announces(sentence: str) -> bool:
    """Whether a sentence only says what its writer is about to do."""
    return bool(_ANNOUNCING.match(sentence))


_ASCII_WORDS = re.compile(r"[a-z0-9]+")


def fold(text: str) -> str:
    """For comparison: lower case, letters and digits only, single spaces."""
    if text.isascii():
        return " ".join(_ASCII_WORDS.findall(text.lower()))
    text = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in text).split())


_COMMON = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "to",
        "in",
        "on",
        "for",
        "and",
        "or",
        "with",
        "is",
        "are",
        "be",
        "by",
        "at",
        "from",
        "it",
        "its",
        "this",
        "that",
        "i",
        "we",
        "you",
        "der",
        "die",
        "das",
        "und",
        "oder",
        "mit",
        "in",
        "von",
        "zu",
        "für",
        "el",
        "la",
        "los",
        "las",
        "de",
        "y",
        "o",
        "con",
        "en",
        "para",
        "le",
        "les",
        "des",
        "et",
    ]
)


@lru_cache(maxsize=4096)
def tokens(text: str) -> frozenset[str]:
    """The words that carry meaning, folded."""
    return frozenset(fold(text).split()) - _COMMON


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two sets of `tokens` say about the same."""
    shared = len(one & other)
    return shared > 0 and shared >= 0.7 * (len(one) + len(other) - shared)
