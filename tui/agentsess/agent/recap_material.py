"""What a model is shown to write a recap from: the facts, and as much history as fits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from agentsess.model import Entry, EntryKind, Recap
from agentsess.model_usage import CHARS_PER_TOKEN

BUDGET_TOKENS = 12_000
"""About how much of the history a model is shown."""
_LONGEST = {EntryKind.USER: 2_000, EntryKind.ASSISTANT: 1_600, EntryKind.TOOL_RESULT: 300}
_LONGEST_EVENT = 2_000
_FACTS_ABOUT = "What a program found in the history, as JSON:"
_HISTORY_ABOUT = "The history, oldest entry first; parts of it are left out:"


@dataclass(frozen=True, slots=True)
class Material:
    """What a model is shown."""

    text: str
    evidence: str
    """All that it was shown but for the entries' numbers: what it may repeat."""
    seqs: frozenset[int]
    """Entries that it may point to."""

    @property
    def tokens(self) -> int:
        """About how many tokens that is."""
        return round(len(self.text) / CHARS_PER_TOKEN)


def material(recap: Recap, newest: Iterable[Entry], tokens: int = BUDGET_TOKENS) -> Material:
    """The facts of a recap, and the history as far back as it fits.

    Args:
        recap: Made from the history alone.
        newest: The history, its newest entry first; only what is used is read.
        tokens: About how much of it is shown.
    """
    facts = msgspec.json.encode(_facts(recap)).decode()
    room = tokens * CHARS_PER_TOKEN - len(facts)
    lines: list[str] = []
    texts: list[str] = []
    seqs: set[int] = set()
    for entry in newest:
        text = _excerpt(entry)
        if not text:
            continue
        line = f"#{entry.seq} {_speaker(entry)}: {text}"
        room -= len(line)
        if room < 0:
            break
        lines.append(line)
        texts.append(text)
        seqs.add(entry.seq)
    whole = "\n\n".join([_FACTS_ABOUT, facts, _HISTORY_ABOUT, *reversed(lines)])
    said = [*texts, *_said(recap)]
    pointed = {seq for numbers in recap.to_json()["evidence"].values() for seq in _flat(numbers)}
    return Material(whole, "\n".join(said), frozenset(seqs | pointed))


def _facts(recap: Recap) -> dict[str, object]:
    value = recap.to_json()
    left_out = ("generated_by", "covers_entries", "edited", "last_activity")
    return {name: each for name, each in value.items() if each and name not in left_out}


def _said(recap: Recap) -> list[str]:
    """The recap's own words."""
    facts = [
        *recap.done, *recap.in_progress, *recap.next, *recap.decisions, *recap.questions,
        *recap.blockers, *([recap.goal] if recap.goal else []),
    ]  # fmt: skip
    files = [file.path for file in recap.files]
    runs = [f"{run.command} {run.detail}" for run in recap.commands]
    return [recap.headline, *(fact.text for fact in facts), *files, *runs]


def _flat(numbers: object) -> list[int]:
    if isinstance(numbers, int):
        return [numbers]
    return [n for each in numbers for n in _flat(each)] if isinstance(numbers, list) else []


def _excerpt(entry: Entry) -> str:
    text = entry.text.strip()
    calls = [
        f"[{call.name} {msgspec.json.encode(call.input).decode()[:300]}]"
        for call in entry.tool_calls
    ]
    text = "\n".join([text, *calls]) if text else "\n".join(calls)
    limit = _LONGEST.get(entry.kind, _LONGEST_EVENT)
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 3
    return f"{text[:head]} […] {text[-tail:]}"


def _speaker(entry: Entry) -> str:
    match entry.kind:
        case EntryKind.USER:
            return "user"
        case EntryKind.ASSISTANT:
            return entry.author or "agent"
        case EntryKind.TOOL_RESULT:
            return f"result of {entry.meta.get('tool') or 'a tool'}"
        case _:
            return str(entry.meta.get("event") or "event")
