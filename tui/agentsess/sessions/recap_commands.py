"""Shell commands of note: which they are, how they ended, which failures still stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from agentsess.model import CommandRun
from agentsess.sessions.recap_text import clean, plain, shorten

PASSED, FAILED, UNKNOWN = "passed", "failed", "unknown"
_EDGE = 3000
"""Characters looked at on either end of a command's output."""
_LAST_LINES = 40
_REMEMBERED = 40
_COMMAND_LENGTH = 120

# A command is looked at closer only if one of these words stands in it.
_HINT = re.compile(
    r"test|spec|unit|tox|nox|build|make|lint|check|mypy|ruff|flake8|black|isort|pyright|tsc|"
    r"clippy|fmt|"
    r"migrat|upgrade|alembic|dbt|commit|push|merge|rebase|terraform|kubectl|helm|deploy|mvn|"
    r"gradle|bazel|vet|pa11y|lighthouse|vale|spell|sqlx|analy|xcode|fastlane|publish|upload|"
    r"rollback|prettier|pre-commit|jest|cypress|playwright|2to3|futurize|bats|audit|assembl|"
    r"verif|valid|bench|compar|smoke|doctor|dry-run|ping"
)
_WRAPPERS = re.compile(
    r"^(?:(?:[A-Za-z_]\w*=(?:'[^']*'|\"[^\"]*\"|\S*)|sudo|time|nice|env|exec|command|xvfb-run|"
    r"timeout(?:\s+-\S+)*\s+\S+|(?:uv|poetry|pipenv|hatch|pdm|rye) run(?:\s+--?\S+)*|"
    r"npx(?:\s+-\S+)*|"
    r"bunx|pnpm exec|yarn exec|bundle exec|python[\d.]*\s+-m|py\s+-m|"
    r"docker(?:-| )compose (?:exec|run)(?:\s+-\S+)*\s+\S+|source\s+\S+|\.\s+\S+|do|then|"
    r"ssh(?:\s+-\S+)*\s+\S+|(?:php|node|ruby|perl|bash|sh)(?=\s+[\w.]))\s+)+"
)
_NOTABLE = re.compile(
    r"^(?:[\w./~-]*/)?(?:"
    r"pytest|py\.test|unittest|tox|nox|jest|vitest|mocha|rspec|phpunit|ctest|bats|karma|ava|"
    r"playwright test|cypress run|"
    r"(?:npm|pnpm|yarn|bun)\s+(?:(?:--filter|-F|-w|--workspace)[ =]\S+\s+)?(?:run\s+)?(?:test|"
    r"build|lint|check|type-?check|e2e|ci:\w+|audit|jest|vitest|mocha|eslint|tsc|prettier|"
    r"migrate)\S*|"
    r"go\s+(?:test|build|vet)|cargo\s+(?:test|build|check|clippy|fmt|nextest)|"
    r"(?:mvnw?|gradlew?)\s.*(?:test|build|assemble\w*|verify|package|install|check)|"
    r"dotnet\s+(?:test|build)|"
    r"mix\s+test|rake\s+\S+|rails\s+(?:test|db:\S+)|swift\s+(?:test|build)|bazel\s+(?:test|build)|"
    r"make|just\s+\S+|cmake\s+--build|ninja|meson\s+(?:test|compile)|"
    r"tsc|webpack|vite\s+build|next\s+build|rollup|esbuild|build|mkdocs\s+build|"
    r"sphinx-build|"
    r"docker\s+(?:build|compose\s+build|buildx\s+build)|"
    r"ruff|mypy|flake8|pylint|pyright|black|isort|bandit|eslint|prettier|stylelint|golangci-lint|"
    r"shellcheck|hadolint|pre-commit\s+run|rubocop|2to3|futurize|"
    r"alembic\s+(?:upgrade|downgrade|revision)|flask\s+db\s+\S+|prisma\s+(?:migrate|db)|"
    r"knex\s+migrate\S*|flyway\s+\w+|liquibase\s+\w+|dbt\s+(?:run|test|build)|"
    r"(?:python[\d.]*\s+)?(?:\./)?manage\.py\s+(?:test|migrate|makemigrations|check)|"
    r"python[\d.]*\s+(?:\S*/)?(?:tests?/\S+|test_\w+\.py|\w+_test\.py|setup\.py\s+(?:test|build))|"
    r"git\s+(?:-C\s+\S+\s+)?(?:commit|push|merge|rebase)|"
    r"terraform\s+(?:plan|apply|validate)|kubectl\s+(?:apply|rollout)|helm\s+(?:upgrade|install)|"
    r"ansible-playbook|(?:sqlx|diesel|goose|dbmate|sequelize|typeorm)\s+\S*migrat\S*|"
    r"sqlx\s+migrate|"
    r"pa11y|lighthouse|markdownlint|vale|codespell|yamllint|tflint|swiftlint|phpstan|"
    r"(?:sbt|stack|cabal|lein|deno|ng|nx|flutter|dart)\s+(?:test|build|analyze)|xcodebuild|"
    r"fastlane|"
    r"twine\s+upload|(?:npm|cargo|poetry)\s+publish|docker\s+push|helm\s+rollback|"
    r"(?:vercel|netlify|fly|serverless|firebase)\s+deploy"
    r")(?=\s|$)"
)
# Of home-made programs the name, or that of what they are told to do, says that they check.
_CHECKS = re.compile(
    r"(?:^|[/.:_-])(?:self|un|re|spell|link)?(?:tests?|check(?:s|er|ers|ing)?|verif\w+|validat\w+|"
    r"compar\w+|"
    r"bench\w*|smoke\w*|audit\w*|doctor|deploy\w*|build|\w*lint)(?=$|[/.:_-])|\wcheck(?=$|\.)|"
    r":ping$|^--(?:bench|check|verify|dry-run|selftest)$",
    re.IGNORECASE,
)
_NO_CHECK = re.compile(
    r"(?:ls|ll|cat|grep|rg|cd|rm|mv|cp|ln|mkdir|rmdir|find|vim?|nano|head|tail|less|sed|awk|git|gh|"
    r"echo|printf|systemctl|service|journalctl|pip\d?|apt|apt-get|brew|chmod|chown|touch|tar|curl|"
    r"wget|test|\[|diff|wc|sort|tree|"
    r"which|type|export|source|kill|pkill|ps|du|stat|scp|rsync|psql|mysql|sqlite3|npm|yarn|pnpm|"
    r"docker|kubectl|python[\d.]*)\b"
)
_SPLIT = re.compile(r"\s*(?:&&|\|\||;|\n)\s*")
_QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_HEREDOC = re.compile(r"<<-?\s*['\"]?(\w+)['\"]?.*?(?:^\s*\1\b|\Z)", re.DOTALL | re.MULTILINE)
_REDIRECT = re.compile(r"\s+(?:\d?>{1,2}\s*&?\S+|&>\s*\S+|2>&1)")
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


def notable(command: str) -> list[str]:
    """The parts of a shell line that are tests, builds, linters, migrations or commits, tidied."""
    if not _HINT.search(command[:4000]):
        return []
    line = _HEREDOC.sub(" ", command[:4000].replace("\x00", " "))
    hidden: list[str] = []

    def hide(match: re.Match[str]) -> str:
        hidden.append(match[0])
        return f"\x00{len(hidden) - 1}\x00"

    found = []
    for part in _SPLIT.split(_QUOTED.sub(hide, line)):
        segment = part.split("|")[0].strip().lstrip("(").rstrip(")& ")
        # An assignment's value may be hidden in a placeholder, which `\S*` passes over.
        segment = _REDIRECT.sub("", _WRAPPERS.sub("", segment + " ").strip())
        if segment and (_NOTABLE.match(segment) or _checks(segment)):
            whole = re.sub(r"\x00(\d+)\x00", lambda m: hidden[int(m[1])], segment)
            found.append(shorten(plain_command(whole), _COMMAND_LENGTH))
    return found


def makes_or_checks(command: str) -> bool:
    """Whether a command may do more than look and move about."""
    return not _NO_CHECK.match(_WRAPPERS.sub("", command + " "))


def _checks(segment: str) -> bool:
    """Whether a program that nobody knows checks something, by the names that were given."""
    words = segment.split()
    if re.match(r"python[\d.]*$", words[0]) and len(words) > 1 and words[1][-3:] == ".py":
        words = words[1:]
    if _NO_CHECK.match(words[0]):
        return False
    program = words[0].rsplit("/", 1)[-1]
    told = [w for w in words[1:3] if re.fullmatch(r"--[a-z-]+|[a-z][a-z:-]*", w)]
    return any(_CHECKS.search(word) for word in (program, *told))


def plain_command(command: str) -> str:
    """A command as one clean line; a commit's message is left to its output."""
    line = " ".join(clean(command).split())
    return "git commit" if line.startswith("git commit") else line


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
    bare = _QUOTED.sub("", command[:4000])
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
    targets = frozenset(w.strip("'\"") for w in rest if re.search(r"[/.:]|^\w+$", w))
    return program, targets - {"."}
