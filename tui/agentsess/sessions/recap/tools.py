"""What tool calls did: files made and changed, commands run, permissions refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from agentsess.model import CommandRun, FileTouched
from agentsess.sessions.recap.commands import (
    FAILED,
    UNKNOWN,
    CommandLog,
    covers,
    outcome_of,
)
from agentsess.sessions.recap.notable import doing, makes_or_checks, notable, plain_command
from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.text import clean, plain, shorten

WRITE = frozenset({"write", "create_file", "write_file"})
EDIT = frozenset({"edit", "multiedit", "notebookedit", "str_replace", "edit_file"})
SHELL = frozenset({"bash", "shell", "run_command", "powershell"})
EDITOR = frozenset({"str_replace_based_edit_tool", "str_replace_editor"})
# What programs say in place of a result when the user said no; a refusal by the operating
# system or a server ("permission denied", "access denied") is a failure like others.
_DENIED = re.compile(
    r"^\W*(?:the user (?:doesn['’]t want to proceed|declined|denied|rejected|refused)|"
    r"user (?:denied|rejected|declined)|permission to use .{1,200} denied|"
    r"(?:this|the) (?:action|tool (?:use|call)|call) was (?:denied|rejected|declined))|"
    r"tool use was rejected|(?:denied|declined|rejected) by the user",
    re.IGNORECASE,
)
_INTERRUPTED = re.compile(
    r"^\W*(?:request )?interrupted\b|interrupted by (?:the )?user", re.IGNORECASE
)
_CHANGES = re.compile(
    r"(?:^|[;&|'\"]\s*)(?:sudo )?(?:rm|mv|cp|ln|mkdir|sed -i|chmod|chown|patch|tar x|unzip|dd|"
    r"tee|touch|truncate|rsync|scp|kill|pkill|killall|reboot|(?:user|group)(?:add|mod|del)|adduser|"
    r"deluser|g?passwd|setfacl|u?mount|mkfs\S*|lvextend|resize2fs|ufw|iptables|sysctl -w|nsupdate|"
    r"certbot|ssh-(?:keygen|copy-id)|lpr?|lpadmin|s?mail|sbatch|scancel|qsub|at|"
    r"gh (?:issue|pr|run|workflow) (?:merge|close|comment|edit|review|reopen|rerun|run)|"
    r"systemctl (?:re)?(?:start|stop|enable|disable|load)|journalctl --vacuum|crontab|"
    r"git (?:rm|mv|tag|revert|reset|cherry-pick)|gh (?:issue|pr|release) create|"
    r"(?:apt(?:-get)?|pip|npm|brew|dnf) (?:-y )?(?:install|i|remove)|docker (?:run|compose up|"
    r"rm|prune)|kubectl (?:set|scale|delete|patch|cordon|drain)|helm rollback|pg_restore|createdb|"
    r"(?:python3?|node|ruby|bash|sh|perl|php|Rscript) [\w./-]+\.\w+|"
    r"(?:psql|mysql|sqlite3) .*(?:-f |< |insert|update|delete|create|alter|drop)|osm2pgsql|"
    r"aws s3 (?:cp|mv|rm|sync))\b",
    re.IGNORECASE | re.MULTILINE,
)
# What a program is told to do, or is called by, where it changes something.
_CHANGING = Wordings(
    r"(?:^|[\s/._-])(?:add|append|apply|assign|backfill|cancel|clean|clear|close|commit|convert|copy|"
    r"create|cut|delete|deploy(?!/)|disable|drop|edit|enable|encode|export|fill|fix|flash|flush|"
    r"generate|grant|import|init|insert|install|invite|issue|merge|migrate|move|open|"
    r"patch|post|promote|provision|prune|publish|purge|push|put|rebase|rebuild|redeploy|"
    r"reindex|release|reload|remove|rename|renew|replace|reset|restart|restore|resume|"
    r"retry|revert|revoke|rollback|rollout|rotate|schedule|send|set|ship|start|stop|submit|"
    r"swap|switch|sync|tag|transcode|transfer|translate|trigger|unlock|update|upgrade|upload|"
    r"upsert|wipe|write)(?=$|[\s/._-])"
)
_ONLY_LOOKS = re.compile(
    r"(?:sudo )?(?:\S*/)?(?:awk|cat|cut|curl(?!.* -X ?(?:POST|PUT|PATCH|DELETE))|dig|diff|du|echo|"
    r"file|find|grep|head|jq|journalctl|less|ls|ping|ps|rg|sort|stat|tail|tree|type|wc|which|"
    r"git (?:log|show|diff|status|blame|grep|branch))\b|"
    r".*--(?:dry-run|help|check|list|version|diff)\b|"
    r".*\b(?:test|spec|check|lint|verify|get|list|status|show|plan|diff)\b",
    re.IGNORECASE | re.DOTALL,
)
_LOOKING_TOOL = re.compile(r"get|list|search|read|fetch|query|find|view|show|check", re.IGNORECASE)
# These fail to say no.
_MAY_FAIL = re.compile(
    r"(?:sudo |! )?(?:grep|rg|ls|cat|diff|cmp|find|which|test|\[|type|command|pgrep|echo|"
    r"git (?:diff|grep|log|show)|"
    r"head|tail|stat|ping|curl -I)\b|.*\|\s*(?:grep|head|tail)\b"
)
_OVERWROTE = re.compile(r"\b(?:has been updated|updated|overwr(?:ote|itten))\b")
_PATH_LENGTH = 300
_PENDING = 200
_READ_OF_COMMAND = 600


class Call(msgspec.Struct, frozen=True):
    """A tool call that waits for its result: what the recap needs of it, no more."""

    sort: str
    """``write``, ``edit``, ``read``, ``shell`` or ``other``."""
    name: str
    target: str
    """The path, the command, or a short description."""
    parts: tuple[str, ...]
    """Of a shell call: its notable commands."""
    seq: int


class _File(msgspec.Struct, frozen=True):
    action: str
    times: int
    last_seq: int


@dataclass(slots=True)
class ToolLog:
    """Follows tool calls to their results."""

    pending: dict[str, Call] = field(default_factory=dict)
    files: dict[str, _File] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    """Files that were read, so that writing them is a change."""
    commands: CommandLog = field(default_factory=CommandLog)
    refused: dict[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    """Description of a call that permission was refused for, and where; by the call."""
    changes: int = 0
    """How many results told of a changed file or a command of note that did not fail."""

    failed: tuple[Call, str, int] | None = None
    """The last shell call, if it failed and is none of note, with its output and its entry."""
    attempt: Call | None = None
    """The last shell call that failed or was refused, if nothing was changed since."""
    last_change: int = 0
    """Where a file was changed last."""

    def called(self, call_id: str, name: str, value: dict[str, Any], seq: int) -> None:
        """Take a call."""
        self.pending[call_id] = _call(name, value, seq)
        if len(self.pending) > _PENDING:
            del self.pending[next(iter(self.pending))]

    def answered(
        self, call_id: str, text: str, seq: int, *, is_error: bool, denied: bool = False
    ) -> bool:
        """Take a result. Returns whether the call did work: changed a file or ran a command."""
        call = self.pending.pop(call_id, None)
        if call is None:
            return False
        key = f"{call.name} {call.target}"
        if denied or (is_error and _DENIED.search(text[:500])):
            self.refused[key] = (describe(call), (call.seq, seq))
            self.attempt = call if call.sort == "shell" else self.attempt
            return False
        if is_error and _INTERRUPTED.search(text[:200]):
            return False
        self.refused.pop(key, None)
        if call.sort == "shell":
            self.failed = None
            self._attempted(call, failed=is_error)
            if is_error and not call.parts and self.attempt is call:
                self.failed = (call, text, seq)
            parts = call.parts or self.commands.tried_out(call.target, text, is_error=is_error)
            if parts:
                self.failed = None
                line = (call.target, call.seq)
                self.commands.ended(line, list(parts), text, seq, is_error=is_error)
            if not is_error and _changes(call.target[:_READ_OF_COMMAND]):
                self._changed()
            return True
        if is_error:
            return False
        if call.sort == "read":
            self.seen.add(call.target)
        elif call.sort in ("write", "edit"):
            self._touched(call, text, seq)
            self._changed()
            self.last_change = seq
            return True
        if not _LOOKING_TOOL.search(call.name) and _CHANGING.search(call.name):
            self._changed()
            return True
        return False

    def _changed(self) -> None:
        self.changes += 1
        self.attempt = None

    def _attempted(self, call: Call, *, failed: bool) -> None:
        if failed and not _MAY_FAIL.match(call.target[:_READ_OF_COMMAND]):
            self.attempt = call
        elif self.attempt and not failed:
            tried = doing(self.attempt.target)
            if any(covers(ran, old) for ran in doing(call.target) for old in tried):
                self.attempt = None

    def refuse(self, call_id: str, words: str, seq: int) -> None:
        """Note that permission was refused, for a pending call or as the words say."""
        call = self.pending.get(call_id)
        key = f"{call.name} {call.target}" if call else words
        if key:
            where = (call.seq, seq) if call else (seq,)
            self.refused[key] = (describe(call) if call else words, where)

    def refused_since(self, seq: int) -> bool:
        """Whether permission for a call was refused since, and not given after."""
        return any(seqs[-1] >= seq for _, seqs in self.refused.values())

    def forget_refused(self, before: int) -> None:
        """Drop the refusals of earlier turns: the work has gone on since."""
        self.refused = {key: row for key, row in self.refused.items() if row[1][-1] >= before}

    def _touched(self, call: Call, result: str, seq: int) -> None:
        if not call.target:
            return
        if known := self.files.pop(call.target, None):
            self.files[call.target] = _File(known.action, known.times + 1, seq)
            return
        existed = call.target in self.seen or bool(_OVERWROTE.search(result[:300]))
        action = "created" if call.sort == "write" and not existed else "edited"
        self.files[call.target] = _File(action, 1, seq)

    def last_pending(self) -> Call | None:
        """The latest call without a result."""
        return next(reversed(self.pending.values()), None)

    def unlogged_runs(self) -> Iterator[CommandRun]:
        """Of the commands that are none of note, the one whose failure stands; and those of
        note that have not ended."""
        if self.failed and makes_or_checks(self.failed[0].target):
            call, output, seq = self.failed
            _, detail = outcome_of(output, is_error=True, exit_hidden=False)
            yield CommandRun(shorten(plain_command(call.target), 120), FAILED, detail, seq)
        for call in self.pending.values():
            for part in call.parts:
                yield CommandRun(part, UNKNOWN, "", call.seq)

    def touched(
        self, cwd: str, limit: int, others: Iterable[tuple[ToolLog, int]] = ()
    ) -> tuple[FileTouched, ...]:
        """The files, the last touched first; paths inside ``cwd`` are shown relative to it.

        Args:
            cwd: The working folder.
            limit: How many there may be.
            others: Logs of helpers, each with the entry that stands for all of it.
        """
        # The order is that of the last touch, and a path may stand here in two spellings.
        known = [(p, f.action, f.times, f.last_seq) for p, f in self._last_files(4 * limit)]
        for log, seq in others:
            known += [(path, f.action, f.times, seq) for path, f in log._last_files(4 * limit)]
        merged: dict[str, FileTouched] = {}
        for path, action, times, seq in sorted(known, key=lambda each: each[-1]):
            shown = relative(path, cwd)
            other = merged.get(shown)
            merged[shown] = FileTouched(
                shown,
                other.action if other else action,
                times + (other.times if other else 0),
                max(seq, other.last_seq if other else 0),
            )
        latest = sorted(merged.values(), key=lambda f: f.last_seq, reverse=True)
        return tuple(latest[:limit])

    def _last_files(self, most: int) -> list[tuple[str, _File]]:
        return list(self.files.items())[-most:]


def _call(name: str, value: dict[str, Any], seq: int) -> Call:
    word = name.lower()
    if word in SHELL:
        command = value.get("command")
        if isinstance(command, list):
            command = " ".join(str(part) for part in command[-1:])
        if not isinstance(command, str):
            return Call("other", name, "", (), seq)
        # A background command's result only says that it was started.
        parts = () if value.get("run_in_background") else notable(command)
        return Call("shell", name, command[:4000], parts, seq)
    path = _path(value)
    if word in EDITOR:
        does = {"create": "write", "view": "read"}.get(str(value.get("command")), "edit")
        return Call(does, name, path, (), seq)
    if word in WRITE:
        return Call("write", name, path, (), seq)
    if word in EDIT:
        return Call("edit", name, path, (), seq)
    return Call("read" if word == "read" else "other", name, path, (), seq)


def _changes(command: str) -> bool:
    """Whether a command does more than look and check."""
    if _CHANGES.search(command):
        return True
    return any(
        _CHANGING.search(" ".join(part.split()[:5])) and not _ONLY_LOOKS.match(part)
        for part in re.split(r"\s*(?:&&|\|\||[;|\n])\s*", command)
    )


def _path(value: dict[str, Any]) -> str:
    for key in ("file_path", "path", "notebook_path"):
        if isinstance(path := value.get(key), str) and path:
            return " ".join(clean(path[:_PATH_LENGTH]).split())
    return ""


def describe(call: Call) -> str:
    """A call in a few words."""
    target = shorten(" ".join(call.target.split()), 100)
    return plain(f"{call.name}: {target}" if target else call.name)


def relative(path: str, cwd: str) -> str:
    """A path relative to the working folder when it is inside, else unchanged."""
    path = path.removeprefix("./").removeprefix(".\\")
    base = cwd.rstrip("/\\")
    if base and path.startswith(base) and path[len(base) : len(base) + 1] in ("/", "\\"):
        return path[len(base) + 1 :]
    return path


def answered_questions(value: Any) -> Iterable[str]:
    """The questions that a question-asking tool was given."""
    rows = value.get("questions") if isinstance(value, dict) else None
    for row in rows[:10] if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("question"), str):
            yield plain(row["question"])
