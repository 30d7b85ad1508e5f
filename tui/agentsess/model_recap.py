"""What a recap says: plain data, part of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a recap, and the entries it was read from."""

    text: str
    seqs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FileTouched:
    """A file that the session created or changed."""

    path: str
    action: str
    """``created`` or ``edited``."""
    times: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class CommandRun:
    """A shell command of note (a test, build or commit) and how it ended."""

    command: str
    outcome: str
    """``passed``, ``failed`` or ``unknown``."""
    detail: str
    """The line of its output that says so, such as ``14 passed, 2 failed``."""
    seq: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which the session was worked on without an hour's break."""

    start: datetime
    end: datetime
    first_seq: int
    last_seq: int
    turns: int = 0
    """Prompts given."""
    tokens: int = 0
    """What its requests took, of every sort."""
    cost_usd: float | None = 0.0
    """None when a model's price is not known."""


@dataclass(frozen=True, slots=True)
class Recap:
    """Where a session stands. What is not known is absent, never invented."""

    headline: str
    goal: Fact | None = None
    done: tuple[Fact, ...] = ()
    in_progress: tuple[Fact, ...] = ()
    next: tuple[Fact, ...] = ()
    decisions: tuple[Fact, ...] = ()
    questions: tuple[Fact, ...] = ()
    blockers: tuple[Fact, ...] = ()
    files: tuple[FileTouched, ...] = ()
    commands: tuple[CommandRun, ...] = ()
    agents: tuple[Fact, ...] = ()
    """Of several agents: each with what it last reported; the tasks handed to helpers."""
    stretches: tuple[Stretch, ...] = ()
    """When it was worked on, the latest last."""
    generated_by: str = "history"
    """``history`` for one made without a model, else the model's name."""
    covers_entries: int = 0
    """Number of the last entry that was taken into account."""
    last_activity: datetime | None = None
    edited: tuple[str, ...] = ()
    """Names of the parts that the user put into words."""

    def to_json(self) -> JsonObject:
        """The public JSON form, as `recap --json` prints it."""
        lists = {
            "done": self.done,
            "in_progress": self.in_progress,
            "next": self.next,
            "decisions": self.decisions,
            "questions": self.questions,
            "blockers": self.blockers,
            "agents": self.agents,
        }
        evidence: dict[str, Any] = {
            name: [list(fact.seqs) for fact in facts] for name, facts in lists.items()
        }
        evidence["goal"] = list(self.goal.seqs) if self.goal else []
        return {
            "headline": self.headline,
            "goal": self.goal.text if self.goal else None,
            **{name: [fact.text for fact in facts] for name, facts in lists.items()},
            "files": [
                {"path": f.path, "action": f.action, "times": f.times, "entry": f.last_seq}
                for f in self.files
            ],
            "commands": [
                {"command": c.command, "outcome": c.outcome, "detail": c.detail, "entry": c.seq}
                for c in self.commands
            ],
            "stretches": [
                {
                    "start": stretch.start.isoformat(),
                    "end": stretch.end.isoformat(),
                    "entries": [stretch.first_seq, stretch.last_seq],
                    "turns": stretch.turns,
                    "tokens": stretch.tokens,
                    "cost_usd": stretch.cost_usd,
                }
                for stretch in self.stretches
            ],
            "evidence": evidence,
            "generated_by": self.generated_by,
            "covers_entries": self.covers_entries,
            "last_activity": self.last_activity.isoformat() if self.last_activity else None,
            "edited": list(self.edited),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Recap:
        """The reverse of `to_json`."""
        evidence: Mapping[str, Any] = value.get("evidence") or {}

        def facts(name: str) -> tuple[Fact, ...]:
            seqs: Sequence[Sequence[int]] = evidence.get(name) or []
            return tuple(
                Fact(str(text), tuple(seqs[i]) if i < len(seqs) else ())
                for i, text in enumerate(value.get(name) or [])
            )

        last = value.get("last_activity")
        goal = value.get("goal")
        return cls(
            headline=str(value.get("headline", "")),
            goal=Fact(str(goal), tuple(evidence.get("goal") or ())) if goal else None,
            done=facts("done"),
            in_progress=facts("in_progress"),
            next=facts("next"),
            decisions=facts("decisions"),
            questions=facts("questions"),
            blockers=facts("blockers"),
            files=tuple(
                FileTouched(f["path"], f["action"], f["times"], f["entry"])
                for f in value.get("files") or []
            ),
            commands=tuple(
                CommandRun(c["command"], c["outcome"], c["detail"], c["entry"])
                for c in value.get("commands") or []
            ),
            agents=facts("agents"),
            stretches=tuple(
                Stretch(
                    datetime.fromisoformat(s["start"]),
                    datetime.fromisoformat(s["end"]),
                    s["entries"][0],
                    s["entries"][1],
                    turns=int(s.get("turns", 0)),
                    tokens=int(s.get("tokens", 0)),
                    cost_usd=s.get("cost_usd"),
                )
                for s in value.get("stretches") or []
            ),
            generated_by=str(value.get("generated_by", "history")),
            covers_entries=int(value.get("covers_entries", 0)),
            last_activity=datetime.fromisoformat(last) if last else None,
            edited=tuple(value.get("edited") or ()),
        )
