"""How much of what a reader must learn a recap says, and how much of what it says is right.

*Recall* of a field: the share of its required labels that a line of that field says.
*Precision*: the share of its lines that say one of its labels, required or not.
The baseline is what one sees without a recap: the first prompt and the last reply, sentence by
sentence. It has no fields, so each label is looked for in all of it, by the same words; and
precision is compared over all fields: the share of lines that say any label of any field.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agentsess.model import EntryKind, Fact, Recap
from agentsess.sessions.recap.building import build_recap
from agentsess.sessions.recap.text import blocks, fold, plain, prose, sentences
from recap_corpus.corpus import FIELDS, Case, Label, said_by, words_of

FACTS = ("done", "in_progress", "next", "decisions", "questions", "blockers", "agents")
OWN_WORDS = frozenset(
    fold(
        "Phase phases milestones stages Schritte etapas fases pasos étapes "
        "steps to are is done in progress next now all of steps created edited "
        "passed failed fails unknown commit Permission refused The last turn was "
        "interrupted during Interrupted at before that and Not finished yet "
        "Only the first prompt so far"
    ).split()
)
"""What the recap's own phrases are made of; every other word must come from the session."""


def lines_of(recap: Recap) -> dict[str, list[str]]:
    """A recap's lines by field."""
    lines = {name: [fact.text for fact in getattr(recap, name, ())] for name in FACTS}
    lines["headline"] = [recap.headline]
    lines["goal"] = [recap.goal.text] if recap.goal else []
    lines["files"] = [f"{file.action} {file.path}" for file in recap.files]
    lines["commands"] = [f"{r.outcome} {r.command} {r.detail}" for r in recap.commands]
    return lines


def baseline_of(case: Case) -> list[str]:
    """The sentences of the first prompt and of the last reply."""
    prompts = [e.text for e in case.entries if e.kind is EntryKind.USER]
    replies = [e.text for e in case.entries if e.kind is EntryKind.ASSISTANT and e.text]
    texts = [*prompts[:1], *replies[-1:]]
    return [plain(s) for text in texts for b in blocks(prose(text)) for s in sentences(b.text)]


def says(label: Label, line: str) -> bool:
    """Whether a line of a recap says a label; files and commands with what became of them."""
    if label.field == "files":
        return label.text == line
    if label.field == "commands" and label.required:
        outcome, _, rest = line.partition(" ")
        return label.text.split(" ", 1)[0] == outcome and label.matches(rest)
    return label.matches(line)


@dataclass
class Tally:
    """Counts of one field."""

    wanted: int = 0
    found: int = 0
    lines: int = 0
    right: int = 0
    found_by_baseline: int = 0

    @property
    def recall(self) -> float:
        """Share of the required labels that were found."""
        return self.found / self.wanted if self.wanted else 1.0

    @property
    def precision(self) -> float:
        """Share of the lines that say a label."""
        return self.right / self.lines if self.lines else 1.0

    @property
    def baseline(self) -> float:
        """Share of the required labels that the baseline says."""
        return self.found_by_baseline / self.wanted if self.wanted else 1.0


@dataclass
class Score:
    """Counts over some sessions."""

    fields: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in FIELDS})
    ours: Tally = field(default_factory=Tally)
    """Of all fields together; here a line is right if it says any label of the session."""
    baseline: Tally = field(default_factory=Tally)
    invented: list[str] = field(default_factory=list, repr=False)
    missed: list[str] = field(default_factory=list, repr=False)
    wrong: list[str] = field(default_factory=list, repr=False)

    def add(self, cases: Iterable[Case]) -> None:
        """Count some sessions, too."""
        for case in cases:
            recap = build_recap(case.entries, case.session)
            lines, plain_lines = lines_of(recap), baseline_of(case)
            for name, tally in self.fields.items():
                _compare(self, case, name, tally, lines[name], plain_lines)
            for tally, told in (
                (self.ours, [(name, line) for name in FIELDS for line in lines[name]]),
                (self.baseline, [("", line) for line in plain_lines]),
            ):
                tally.lines += len(told)
                tally.right += sum(_right(case, name, line) for name, line in told)
            self.invented += [f"{case.name}: {what}" for what in invented(case, recap)]
        for tally, found in ((self.ours, "found"), (self.baseline, "found_by_baseline")):
            tally.wanted = sum(t.wanted for t in self.fields.values())
            tally.found = sum(getattr(t, found) for t in self.fields.values())


def score(cases: Iterable[Case]) -> Score:
    """Build the recap of each and compare it with its labels."""
    result = Score()
    result.add(cases)
    return result


def _compare(
    result: Score,
    case: Case,
    name: str,
    tally: Tally,
    lines: Sequence[str],
    plain_lines: Sequence[str],
) -> None:
    labels = case.labelled(name)
    for label in labels:
        if not label.required:
            continue
        tally.wanted += 1
        tally.found_by_baseline += any(label.matches(line) for line in plain_lines)
        if any(says(label, line) for line in lines):
            tally.found += 1
        else:
            result.missed.append(f"{case.name} {name}: {label.text} :: {label.keys}")
    for line in lines:
        tally.lines += 1
        if any(says(label, line) for label in labels):
            tally.right += 1
        else:
            result.wrong.append(f"{case.name} {name}: {line}")


def _right(case: Case, name: str, line: str) -> bool:
    return any(
        says(label, line) if label.field == name else label.matches(line) for label in case.labels
    )


def invented(case: Case, recap: Recap) -> list[str]:
    """The words of a recap, numbers and names among them, that the session does not hold, and
    the facts whose words do not stand in the entries that they point to."""
    said = words_of(case)
    found = [
        f"{name}: {word} ({line})"
        for name, lines in lines_of(recap).items()
        for line in lines
        for word in fold(line).split()
        if word not in OWN_WORDS and f" {word}" not in said and not _counted(name, word)
    ]
    by_seq = {entry.seq: entry for entry in case.entries}
    facts: list[Fact] = [fact for name in FACTS for fact in getattr(recap, name, ())]
    for fact in [*facts, *([recap.goal] if recap.goal else [])]:
        there = f" {fold(' '.join(said_by(by_seq[seq]) for seq in fact.seqs))} "
        strange = [
            w for w in fold(fact.text).split() if w not in OWN_WORDS and f" {w}" not in there
        ]
        if strange and fact.seqs:
            found.append(f"not where it points: {strange} ({fact.text})")
    return found


def _counted(name: str, word: str) -> bool:
    """The headline counts the steps of a list by itself; `Label` holds whether it counts right."""
    return name == "headline" and word.isdigit() and int(word) <= 60


def table(reporting: Score, tuning: Score) -> str:
    """Both halves as one Markdown table, the one that was only counted first."""
    rows = [
        ("Field", "labels", "recall", "precision", "baseline", "tuned: recall", "precision"),
        ("---", *["---:"] * 6),
        *(
            _row(name, reporting.fields[name], reporting.fields[name].baseline, tuning.fields[name])
            for name in FIELDS
        ),
        _row("all", _all(reporting), reporting.baseline.recall, _all(tuning)),
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _row(name: str, ours: Tally, baseline: float, tuned: Tally) -> tuple[str, ...]:
    figures = (ours.recall, ours.precision, baseline, tuned.recall, tuned.precision)
    shown = (f"{figure:.2f}" for figure in figures)
    return (name.replace("_", " "), str(ours.wanted), *shown)


def _all(result: Score) -> Tally:
    tallies = result.fields.values()
    names = ("wanted", "found", "lines", "right")
    return Tally(*(sum(getattr(tally, name) for tally in tallies) for name in names))
