"""Shell commands of note: how they ended, which failures still stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from agentsess.model import CommandRun
from agentsess.sessions.recap.notable import QUOTED, doing, tells
from agentsess.sessions.recap.text import clean, plain

PASSED, FAILED, UNKNOWN = "passed", "failed", "unknown"
_EDGE = 3000
"""Characters looked at on either end of a command's output."""
_LAST_LINES = 40
_REMEMBERED = 40

_MASKED_EXIT = re.compile(r"\|\|\s*(?:true|:|echo\b)|;\s*(?:echo|true)\b")

_COUNT = re.compile(
    r"\b(\d[\d,]*)\s+(?:\w+\s+)?(failed|failing|failures?|errors?|errored|problems?|passed|passing|"
    # behind "240 ms errors 0" stands the count of the errors
    r"tests?|examples?|specs?|assertions?)\b(?!\s*[:=]\s*\d)(?!\s+\d+\s*(?:[,;|]|$))",
    re.IGNORECASE,
)
_NAMED_COUNT = re.compile(r"\b(failures?|errors?|failed)\s*[:=]\s*(\d+)", re.IGNORECASE)
_GOOD = re.compile(
    r"^(?:OK(?:\s*\(.*\))?|ok\s+\S+.*|All checks passed!?|Success: no issues.*|"
    r"BUILD SUCCESS\w*.*|PASS|"
    r"no issues found.*|.*\bSuccessfully built\b.*|All done!.*|Apply complete!.*|"
    r"test result: ok\..*)$"
)
_BAD = re.compile(
    r"^(?:FAILED.*|FAIL(?:\s.*|ED)?|FAILURES!|\[?(?:ERROR\]?\s+)?BUILD FAIL\w*.*|"
    r"make(?:\[\d+\])?: \*\*\*.*|"
    r"error: could not compile.*|test result: FAILED.*|error TS\d+.*|"
    r"npm ERR! (?!A complete log).*)$"
)
_DECORATION = re.compile(r"^[\s=─━*✖✔✓✗×|#-]+|[\s=─━|-]+$")
_DURATION = re.compile(r"\s+in\s+\d[\d.]*\s*m?s(?:econds)?\b.*$|\s*\(\d[\d.]*\s*m?s\)$")
_COMMIT = re.compile(r"^\[(\S+(?: \(root-commit\))?) ([0-9a-f]{6,40})\] (.+)$", re.MULTILINE)
_EXIT_LINE = re.compile(r"^(?:Exit code|exit status|Command exited with) \d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that git said it made."""

    sha: str
    message: str
    seq: int


def outcome_of(output: str, *, is_error: bool, exit_hidden: bool) -> tuple[str, str]:
    """How a command ended, and the line of its output that says so."""
    last = clean(output[-_EDGE:]).rstrip().rsplit("\n", _LAST_LINES)[-_LAST_LINES:]
    lines = [line for raw in last if (line := raw.strip())]
    verdict, detail = _verdict(lines)
    if is_error:
        if verdict != FAILED:
            detail = next((ln for ln in reversed(lines) if not _EXIT_LINE.match(ln)), "")
        return FAILED, _tidy(detail)
    if verdict:
        return verdict, _tidy(detail)
    return (UNKNOWN if exit_hidden else PASSED), ""


def failure(what: str, output: str) -> str:
    """A failure in a line: what failed, and the line of its output that says why."""
    _, detail = outcome_of(output, is_error=True, exit_hidden=False)
    return plain(f"{what} failed" + (f": {detail}" if detail else ""))


def _verdict(lines: list[str]) -> tuple[str, str]:
    """The last line that counts passes and failures; else one that is known to mean either."""
    plainly: tuple[str, str] = ("", "")
    for line in reversed(lines):
        if len(line) > 300:
            continue
        bad, good = _counts(line)
        if bad:
            return FAILED, line
        if good and plainly[0] != FAILED:
            return PASSED, line
        if not plainly[0] and _BAD.match(line):
            plainly = (FAILED, line)
        elif not plainly[0] and _GOOD.match(line):
            plainly = (PASSED, line)
    return plainly


def _counts(line: str) -> tuple[bool, bool]:
    """Whether a line counts failures, and whether it counts passes."""
    if not any(c.isdigit() for c in line):
        return False, False
    bad = good = False
    for match in _COUNT.finditer(line):
        number, word = int(match[1].replace(",", "")), match[2].lower()
        if word.startswith(("fail", "error", "problem")):
            bad = bad or number > 0
        elif word.startswith("pass"):
            good = good or number > 0
    for match in _NAMED_COUNT.finditer(line):
        bad = bad or int(match[2]) > 0
    return bad, good and not bad


def _tidy(line: str) -> str:
    line = _DURATION.sub("", _DECORATION.sub("", line))
    return plain(_DECORATION.sub("", line), 120)


def exit_hidden(command: str) -> bool:
    """Whether a pipe or an `|| true` hides how a command ended."""
    bare = QUOTED.sub("", command[:4000])
    return bool(re.search(r"(?<!\|)\|(?![|&])", bare) or _MASKED_EXIT.search(bare))


def commits_in(output: str, seq: int) -> Iterator[Commit]:
    """The commits that git reports in a command's output."""
    if "[" in output:
        for match in _COMMIT.finditer(output[:_EDGE] + output[_EDGE:][-_EDGE:]):
            yield Commit(match[2][:12], plain(match[3]), seq)


@dataclass(slots=True)
class CommandLog:
    """The latest run of each command of note, and the commits made."""

    runs: dict[str, CommandRun] = field(default_factory=dict)
    commits: list[Commit] = field(default_factory=list)
    called: dict[str, int] = field(default_factory=dict)
    """By command: the entry that called it last."""
    broken: dict[str, None] = field(default_factory=dict)
    """The latest other commands that do more than look and failed once."""

    def tried_out(self, command: str, output: str, *, is_error: bool) -> tuple[str, ...]:
        """The parts of a shell line that are of note by what they print, or for having failed."""
        parts = doing(command)
        if parts and tells(output):
            return parts[-1:]
        if is_error:
            self.broken.update(dict.fromkeys(parts))
            while len(self.broken) > _REMEMBERED:
                del self.broken[next(iter(self.broken))]
            return ()
        return tuple(part for part in parts if part in self.broken)

    def ended(
        self, call: tuple[str, int], parts: list[str], output: str, seq: int, *, is_error: bool
    ) -> None:
        """Take the end of a ``call``, its shell line and entry, whose notable parts these are."""
        command, called = call
        verdict, detail = outcome_of(output, is_error=is_error, exit_hidden=exit_hidden(command))
        if any(part == "git commit" for part in parts):
            self._committed(output, seq)
        if verdict == FAILED and len(parts) > 1:
            # One of several failed: a count of tests points at the tests, else the first is meant.
            tests = [p for p in parts if "test" in p and _counts(detail) != (False, False)]
            parts = tests[:1] or parts[:1]
        for part in parts:
            told = detail
            if part == "git commit":
                mine = [c for c in self.commits if c.seq == seq]
                told = f"{mine[-1].sha} {mine[-1].message}" if mine else detail
            elif verdict == PASSED and part != parts[-1]:
                told = ""
            self._keep(CommandRun(part, verdict, told, seq), called)

    def _keep(self, run: CommandRun, called: int) -> None:
        self.runs.pop(run.command, None)
        self.runs[run.command] = run
        self.called[run.command] = called
        if run.outcome == PASSED:
            for command, old in list(self.runs.items()):
                if old.outcome == FAILED and covers(run.command, command):
                    del self.runs[command]
        while len(self.runs) > _REMEMBERED:
            del self.runs[next(iter(self.runs))]
        if len(self.called) > 2 * _REMEMBERED:
            self.called = {command: self.called[command] for command in self.runs}

    def _committed(self, output: str, seq: int) -> None:
        self.commits.extend(commits_in(output, seq))
        del self.commits[:-_REMEMBERED]

    def failing(self) -> list[CommandRun]:
        """The commands whose latest run failed, oldest first."""
        return [run for run in self.runs.values() if run.outcome == FAILED]


def covers(later: str, earlier: str) -> bool:
    """Whether success of one command clears the failure of another: same program, same targets."""
    (program, targets), (old_program, old_targets) = _family(later), _family(earlier)
    if program != old_program:
        return False
    if not targets:
        return True
    return bool(old_targets) and all(
        any(old.startswith(new) or new.startswith(old) for new in targets) for old in old_targets
    )


def _family(command: str) -> tuple[str, frozenset[str]]:
    words = command.split()
    program = words[0].rsplit("/", 1)[-1] if words else ""
    rest = [w for w in words[1:] if not w.startswith("-")]
    if program in (
        "npm",
        "pnpm",
        "yarn",
        "bun",
        "go",
        "cargo",
        "git",
        "docker",
        "make",
        "ruff",
        "python3",
        "python",
        "rails",
        "manage.py",
        "alembic",
    ):
        rest = [w for w in rest if w != "run"]
        program = " ".join([program, *rest[:1]])
        rest = rest[1:]
    targets = frozenset(w.strip("'\"") for w in rest if re.search(r"[/.:]|^\w*[^\W\d]\w*$", w))
    return program, targets - {"."}
