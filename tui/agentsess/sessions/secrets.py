"""Text that looks like a secret: found, counted by kind, and blacked out. Pure, and never exact.

Known forms (a vendor's prefix, a key block) are told by their shape alone. A value behind a name
such as ``password`` counts only if it looks random: a few are missed rather than many made up.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec

from agentsess.model import Draft, Entry, JsonObject, Session

META = "secrets"
"""In an entry's ``meta``: how many distinct secrets it seems to hold, by kind; never the text."""

_PEM = r"PRIVATE KEY(?: BLOCK)?-----"


class Found(NamedTuple):
    """Where something that looks like a secret stands in a text."""

    kind: str
    start: int
    end: int


def _any(_: str) -> bool:
    return True


def _is_random(text: str) -> bool:
    """Whether a value looks made by a machine, not by a person, and not like code."""
    if _CODE.fullmatch(text) or _PLACEHOLDER.search(text):
        return False
    classes = sum(
        bool(re.search(each, text)) for each in ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]")
    )
    has_digit = any(c.isdigit() for c in text)
    wanted = 2.7 if has_digit else 3.6
    return classes >= 2 and (has_digit or len(text) >= 20) and _entropy(text) >= wanted


def _entropy(text: str) -> float:
    """Bits per character, as the text's own characters are distributed."""
    total = len(text)
    return -sum(n / total * math.log2(n / total) for n in Counter(text).values())


_CODE = re.compile(
    r"-?[\d.,_:/-]+%?"  # numbers, dates
    r"|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+"  # a.dotted.name
    r"|[a-z0-9]+(?:[_-][a-z0-9]+)+"  # snake_case, kebab-case
    r"|[A-Z0-9]+(?:_[A-Z0-9]+)+"  # A_CONSTANT
    r"|(?:\.{0,2}/)?[\w.-]+(?:/[\w.-]+)+"  # a path
    r"|\w+://.*"
)
_PLACEHOLDER = re.compile(r"(?i)x{4}|\*{3}|\.{3}|example|placeholder|changeme|redacted|your[-_]")


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    needles: tuple[str, ...]
    """One of these, in lower case, is in every text that holds the kind: a quick way out."""
    pattern: re.Pattern[str]
    """The secret is its last group, or all of it if it has none."""
    is_real: Callable[[str], bool] = _any


def _kind(name: str, needles: str, pattern: str, is_real: Callable[[str], bool] = _any) -> _Kind:
    return _Kind(name, tuple(needles.split()), re.compile(pattern), is_real)


_START, _END = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
_KINDS = (
    _kind(
        "private key", "private",
        rf"-----BEGIN (?:[A-Z0-9]+ ){{0,3}}{_PEM}"
        rf"(?:[\s\S]{{20,8000}}?-----END (?:[A-Z0-9]+ ){{0,3}}{_PEM}"
        r"|(?:\s|\\[rn])*[A-Za-z0-9+/=]{30}(?:[A-Za-z0-9+/=\s]|\\[rn])*)",
    ),
    _kind("AWS key", "akia asia", rf"{_START}(?:AKIA|ASIA)[A-Z0-9]{{16}}{_END}",
          lambda text: not text.endswith("EXAMPLE")),
    _kind("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
          rf"{_START}(?:gh[pousr]_[A-Za-z0-9]{{36,}}|github_pat_\w{{22,}})"),
    _kind("GitLab token", "glpat-", rf"{_START}glpat-[\w-]{{20,}}"),
    _kind("Slack token", "xox hooks.slack.com",
          rf"{_START}(?:xox[abceoprs]-[A-Za-z0-9-]{{10,}}"
          r"|https://hooks\.slack\.com/services/T\w+/B\w+/\w{16,})"),
    _kind("Anthropic key", "sk-ant-", rf"{_START}sk-ant-[\w-]{{20,}}"),
    _kind("OpenAI key", "sk-", rf"{_START}sk-(?!ant-)[\w-]{{20,}}", _is_random),
    _kind("Google key", "aiza", rf"{_START}AIza[\w-]{{35}}(?![\w-])"),
    _kind("Stripe key", "k_live_", rf"{_START}[sr]k_live_[A-Za-z0-9]{{16,}}"),
    _kind("npm token", "npm_", rf"{_START}npm_[A-Za-z0-9]{{36,}}"),
    _kind("PyPI token", "pypi-", rf"{_START}pypi-AgE[\w-]{{50,}}"),
    _kind("Hugging Face token", "hf_", rf"{_START}hf_[A-Za-z0-9]{{34,}}"),
    _kind("JWT", "eyj", rf"{_START}eyJ[\w-]{{8,}}\.eyJ[\w-]{{8,}}\.[\w-]{{10,}}"),
    _kind("password", "://", r"[A-Za-z]://[^\s/:@'\"<>$\[]{1,64}:([^\s/@'\"<>${}\[]{6,200})@",
          lambda text: not _PLACEHOLDER.search(text) and text.lower() != "password"),
    _kind("AWS secret", "aws_secret",
          rf"(?i)aws_secret_access_key\\?[\"']?\s{{0,4}}[:=]\s{{0,4}}\\?[\"']?([a-z0-9/+]{{40}}){_END}"),
)  # fmt: skip
_NEEDLES = [(needle, kind) for kind in _KINDS for needle in kind.needles]

_NAMES = (
    "password", "passwd", "pwd", "secret", "token", "api_key", "apikey", "api-key", "access_key",
    "accesskey", "credential",
)  # fmt: skip
_SAYS = r"""[\w-]{0,40}+\\?["'`]?\s{0,4}+(?::=|=>|[:=])\s{0,4}+"""
_QUOTED = re.compile(rf"""{_SAYS}\\?["'`]([^\s"'`\\]{{8,}}+)["'`\\]""")
_BARE = re.compile(rf"""{_SAYS}(?i:bearer\ )?([^\s"'`,;<>()\[\]{{}}\\$&|]{{8,}}+)(?![(\[{{])""")


def find(text: str) -> list[Found]:
    """What looks like a secret in a text, in order, none overlapping another."""
    lowered = _lowered(text)
    found: list[Found] = []
    for kind in dict.fromkeys([kind for needle, kind in _NEEDLES if needle in lowered]):
        for match in kind.pattern.finditer(text):
            group = match.re.groups  # the last one, or 0 for all of it
            if kind.is_real(match[group]):
                found.append(Found(kind.name, *match.span(group)))
    found += _named_values(text, lowered)
    found.sort(key=lambda each: (each.start, -each.end))
    apart: list[Found] = []
    for each in found:
        if not apart or each.start >= apart[-1].end:
            apart.append(each)
    return apart


def _named_values(text: str, lowered: str) -> Iterator[Found]:
    """Random-looking values behind a name such as ``password``."""
    for name in _NAMES:
        at = lowered.find(name)
        while at >= 0:
            at += len(name)
            quoted = _QUOTED.match(text, at)
            if match := quoted or _BARE.match(text, at):
                # without quotes, a long name without digits is rather one of the code's
                is_value = quoted or any(c.isdigit() for c in match[1])
                if is_value and _is_random(match[1]):
                    yield Found("password", *match.span(1))
                at = match.end(1)  # names inside the value would have it read again and again
            at = lowered.find(name, at)


def _lowered(text: str) -> str:
    """In lower case, each character where it was: a few become two when they are lowered."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(c.lower() if c.isascii() else c for c in text)


def redact(text: str) -> str:
    """The text with each secret replaced by its kind; what holds none is returned as it is."""
    while found := find(text):
        parts, last = [], 0
        for kind, start, end in found:
            parts += [text[last:start], f"[redacted: {kind}]"]
            last = end
        text = "".join([*parts, text[last:]])  # another may show where one was cut out
    return text


def count_secrets(draft: Draft | Entry) -> dict[str, int]:
    """How many distinct secrets an entry seems to hold, by kind."""
    texts = _strings(list(draft.content)) if draft.content else iter((draft.text,))
    seen = {(kind, text[start:end]) for text in texts for kind, start, end in find(text)}
    return dict(sorted(Counter(kind for kind, _ in seen).items()))


def flagged(draft: Draft) -> Draft:
    """The draft, marked in its ``meta`` if it seems to hold secrets."""
    counts = count_secrets(draft)
    if not counts:
        return draft
    return msgspec.structs.replace(draft, meta={**draft.meta, META: counts})


def flags_of(entry: Entry) -> dict[str, int]:
    """How many secrets of which kind were counted when the entry was written."""
    counts = entry.meta.get(META)
    pairs = counts.items() if isinstance(counts, dict) else ()
    return {kind: n for kind, n in pairs if isinstance(n, int)}


def redacted(session: Session, entries: Iterable[Entry]) -> tuple[Session, Iterator[Entry]]:
    """A session and its history, with what people, agents and tools wrote redacted."""
    known = replace(
        session,
        title=redact(session.title),
        notes=redact(session.notes),
        metadata=_mapped(session.metadata),
        board={
            redact(name): replace(posted, value=_mapped_field(name, posted.value))
            for name, posted in session.board.items()
        },
    )
    return known, map(_redacted_entry, entries)


def _redacted_entry(entry: Entry) -> Entry:
    content: tuple[JsonObject, ...] = tuple(_mapped(block) for block in entry.content)
    return msgspec.structs.replace(
        entry, text=redact(entry.text), content=content, meta=_mapped(entry.meta)
    )


def _strings(value: Any) -> Iterator[str]:
    """All texts in a JSON value, except the bytes of pictures and documents."""
    waiting = [value]  # a list, not recursion: a model may nest its input without end
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            if not _is_bytes(value):
                waiting += (_named(key, inner) for key, inner in value.items())
        elif isinstance(value, list | tuple):
            waiting += value


def _named(name: str, value: Any) -> Any:
    """A text behind the name that makes it a secret, as in ``{"password": "…"}``."""
    return f"{name}={value}" if isinstance(value, str) and _is_name(name) else value


def _is_name(name: str) -> bool:
    lowered = name.lower()
    return any(each in lowered for each in _NAMES)


def _is_bytes(value: JsonObject) -> bool:
    return value.get("type") == "base64" and "data" in value


def _mapped(value: Any) -> Any:
    """The JSON value with its texts redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_mapped(inner) for inner in value]
    if isinstance(value, dict) and not _is_bytes(value):
        return {redact(name): _mapped_field(name, inner) for name, inner in value.items()}
    return value


def _mapped_field(name: str, value: Any) -> Any:
    named = _named(name, value)
    return _mapped(value) if named is value else redact(named)[len(name) + 1 :]
