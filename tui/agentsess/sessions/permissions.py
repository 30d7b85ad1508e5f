"""Saved permissions: what tools may do in a folder without a question, or may never do there.

They are kept in our own store, so that nothing in a folder can allow itself anything. Allowing
is narrow: reading tools as such, and shell commands by their exact text or by their first words,
if the whole command is plain words. Denying is wide: words count wherever they stand in it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import msgspec

from agentsess.config import Settings
from agentsess.errors import InvalidPermission, StoreError
from agentsess.model import JsonObject, utc_now
from agentsess.storage.store import SessionStore

KIND = "permissions"
READING = ("read", "glob", "grep")
"""Tools that change nothing and cannot leave the session's folder."""

_LONGEST_COMMAND = 4_000
_PLAIN = re.compile(r"""[A-Za-z0-9 _./,:=@%+'"-]+""")
"""What a command may hold to be taken for words: nothing that a shell acts on but quotes."""
_QUOTING = re.compile(r"""\\\n|[\\"']""")
_WORD = re.compile(r"""[^\s;&|<>()`$"'{}\\]+""")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_EXACT_ONLY = _set(
    "sh bash dash zsh fish ksh csh tcsh busybox eval exec source . builtin command trap coproc "
    "sudo doas su env xargs find parallel ssh scp rsync watch script expect awk gawk mawk sed ed "
    "vi vim nvim emacs nano gdb lldb nc ncat socat telnet curl wget rm rmdir mv cp dd ln tee "
    "install truncate shred chmod chown chgrp kill pkill killall at batch crontab tmux screen "
    "mkfs mount umount shutdown reboot systemctl alias export set shopt cd pushd popd time nohup "
    "nice timeout stdbuf setsid nix timeit pdb code cProfile profile trace runpy ionice chrt "
    "taskset setpriv prlimit numactl flock strace ltrace perf valgrind hyperfine entr watchexec "
    "chroot unshare nsenter runuser pkexec fakeroot xvfb-run systemd-run run-parts tclsh sqlite "
    "psql mysql sftp ftp rg fd fdfind man sort uniq split csplit tar cpio zip patch cmake gcc cc "
    "compgen complete enable hash printf read mapfile readarray declare typeset local readonly "
    "unset let getopts jobs fg bg fc history umask exit logout return unalias bind"
)  # fmt: skip
"""Programs that, with some arguments, run anything, undo nothing or change the shell in which
later commands run: no first words allow them."""
_LEADING = _set(
    "python pypy node deno bun ruby perl php lua java Rscript pwsh git gh docker podman kubectl "
    "helm npm npx pnpm yarn uv uvx pip pipx poetry pdm hatch conda cargo go dotnet mvn gradle "
    "make brew apt apt-get coverage"
)  # fmt: skip
"""Programs that say little by their name alone: one more word, no option, must follow."""
_RUNNERS = frozenset(
    [("uv", "run"), ("poetry", "run"), ("pdm", "run"), ("hatch", "run"), ("pipx", "run"),
     ("conda", "run"), ("npm", "exec"), ("pnpm", "exec"), ("pnpm", "dlx"), ("yarn", "dlx"),
     ("yarn", "exec"), ("python", "-m"), ("pypy", "-m")]
)  # fmt: skip
"""Beginnings that are followed by the program that counts."""
_RUN_ANYTHING = frozenset(
    [("docker", "run"), ("docker", "exec"), ("podman", "run"), ("podman", "exec"),
     ("kubectl", "exec"), ("kubectl", "run"), ("git", "config"), ("git", "submodule"),
     ("git", "bisect"), ("git", "rebase"), ("git", "grep"), ("git", "push"), ("git", "clean"),
     ("git", "reset"), ("git", "checkout"), ("git", "restore"), ("git", "switch"),
     ("git", "stash"), ("git", "rm"), ("git", "fetch"), ("git", "pull"), ("git", "clone"),
     ("git", "ls-remote"), ("git", "archive"), ("git", "difftool"), ("git", "mergetool"),
     ("git", "filter-branch"), ("git", "for-each-repo"), ("git", "worktree"), ("git", "remote"),
     ("docker", "compose"), ("docker", "container"), ("podman", "container"),
     ("kubectl", "debug"), ("kubectl", "delete"), ("gh", "api"), ("gh", "repo"), ("gh", "alias"),
     ("gh", "extension"), ("deno", "run"), ("deno", "eval"), ("bun", "x"), ("npm", "x"),
     ("npm", "explore"), ("npm", "config"), ("npm", "install"), ("npm", "i"), ("npm", "add"),
     ("pnpm", "add"), ("pnpm", "install"), ("yarn", "add"), ("yarn", "node"), ("bun", "add"),
     ("bun", "install"), ("cargo", "install"), ("go", "run"), ("go", "install"), ("go", "get"),
     ("go", "generate"), ("uv", "pip"), ("uv", "tool"), ("uv", "add"), ("poetry", "add"),
     ("conda", "install"), ("pipx", "install"), ("pip", "install"), ("apt", "install"),
     ("apt-get", "install"), ("brew", "install"), ("coverage", "run")]
)  # fmt: skip
_ACTS = re.compile(r"--?(output|exec|toolexec|vettool)(=.*)?|[A-Z_]+=.*")
"""Options and variables that make harmless commands write files or run programs."""

Effect = Literal["allow", "deny"]


@dataclass(frozen=True, slots=True)
class Permission:
    """One saved answer, for one folder."""

    folder: str
    """The sessions' working folder, as its real path."""
    tool: str
    effect: Effect
    command: str = ""
    """Of ``bash``: the command or its first words; empty: the tool as such."""
    exact: bool = False
    """Whether ``command`` is all of it, to the letter."""
    at: datetime | None = None
    """When it was saved."""

    @property
    def id(self) -> str:
        """The same for an answer to the same question: the newer one takes its place."""
        question = "\0".join((self.folder, self.tool, self.command, str(self.exact)))
        return hashlib.sha256(question.encode("utf-8", "replace")).hexdigest()[:10]

    def __str__(self) -> str:
        if not self.command:
            return f"{self.effect} {self.tool}"
        if self.exact:
            return f"{self.effect} {self.tool}, exactly: {self.command}"
        return f"{self.effect} {self.tool}: {self.command} …"

    def checked(self) -> Permission:
        """The same.

        Raises:
            InvalidPermission: It would allow more than can be overseen, or cannot be understood.
        """
        if not (self.tool and self.tool.isprintable() and self.folder):
            raise InvalidPermission("A permission names a tool and a folder.")
        if self.command and self.tool != "bash":
            raise InvalidPermission(f"{self.tool} takes no command; only bash does.")
        if len(self.command) > _LONGEST_COMMAND:
            raise InvalidPermission("A command that long cannot be kept.")
        if self.effect == "deny":
            if self.command and not self.exact and not _WORD.findall(self.command):
                raise InvalidPermission("There are no words in the command to deny.")
        elif self.tool == "bash":
            self._check_allowed_command()
        elif self.tool not in READING:
            raise InvalidPermission(
                f"{self.tool} cannot be allowed beforehand, only denied. "
                f"These can be allowed: {', '.join(READING)}, and bash with a command."
            )
        return self

    def _check_allowed_command(self) -> None:
        if not self.command.strip():
            raise InvalidPermission("Not any command can be allowed: say which.")
        if not self.exact and first_words(words_of(self.command)) is None:
            raise InvalidPermission(
                f"“{self.command} …” could run anything. Allow the exact command instead."
            )

    def covers(self, tool: str, values: JsonObject) -> bool:
        """Whether the answer is one to this call."""
        if tool != self.tool:
            return False
        if not self.command:
            return self.effect == "deny" or tool in READING
        command = values.get("command")
        if not isinstance(command, str):
            return False
        if self.effect == "deny":
            if self.exact:
                return command == self.command
            wanted = _WORD.findall(self.command)
            return any(_holds(words, wanted) for words in _readings(command))
        if not values.keys() <= {"command", "timeout_ms"}:
            return False
        if self.exact:
            return command == self.command
        wanted, words = words_of(self.command), words_of(command)
        if not wanted or words[: len(wanted)] != wanted:
            return False
        return not any(map(_ACTS.fullmatch, words[len(wanted) :]))

    def to_json(self) -> JsonObject:
        """The public JSON form, as `permissions --json` prints it."""
        return {
            "id": self.id,
            "folder": self.folder,
            "tool": self.tool,
            "effect": self.effect,
            "command": self.command,
            "exact": self.exact,
            "at": self.at.isoformat() if self.at else None,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided beforehand."""

    allowed: bool
    by: Literal["rule", "setting"]
    rule: str
    """The permission or the setting, in words."""


def words_of(command: str) -> list[str]:
    """The words of a command as the shell sees them; none unless it is nothing but plain words.

    Whatever a shell acts on (``; & | < > $ ` ( ) { } [ ] * ? ~ # ! \\``, line ends) and all that
    is not ASCII make it a command that must be asked about.
    """
    if not _PLAIN.fullmatch(command):
        return []
    try:
        words = shlex.split(command)
    except ValueError:  # a quotation mark stands alone
        return []
    return words if words and "=" not in words[0] else []


def first_words(words: Sequence[str]) -> list[str] | None:
    """As many words of a command as say what it runs; None if only all of it says that."""
    start = 0
    while len(words) > start + 1 and (_program(words[start]), words[start + 1]) in _RUNNERS:
        start += 2
    rest = words[start:]
    if not rest or rest[0].startswith("-") or "=" in rest[0]:
        return None
    program = _program(rest[0])
    if program in _EXACT_ONLY or not program:
        return None
    if program not in _LEADING:
        return list(words[: start + 1])
    named = len(rest) > 1 and not rest[1].startswith("-")
    if not named or (program, rest[1]) in _RUN_ANYTHING or rest[1] in _EXACT_ONLY:
        return None
    return list(words[: start + 2])


def _program(word: str) -> str:
    """A program's name without its path and version: ``/usr/bin/python3.11`` is ``python``."""
    name = os.path.basename(word)
    return name.rstrip("0123456789.") or name


def judge(
    saved: Iterable[Permission], folder: str, tool: str, values: JsonObject
) -> Permission | None:
    """The saved answer to a call; a denial goes before all that allow. None: to be asked.

    Args:
        saved: The answers to choose from.
        folder: Where the call would run, as its real path.
        tool: The tool's name.
        values: Its whole input.
    """
    covering = [p for p in saved if p.folder == folder and p.covers(tool, values)]
    return min(covering, key=lambda p: p.effect == "allow", default=None)


def suggestions(folder: str, tool: str, values: JsonObject) -> tuple[Permission, ...]:
    """The answers worth saving after a call was asked about, the widest allowing one first."""
    folder = real_folder(folder)
    if not folder:
        return ()
    found: list[Permission] = []
    command = values.get("command")
    if tool in READING:
        found.append(Permission(folder, tool, "allow"))
    if tool != "bash":
        return (*found, Permission(folder, tool, "deny"))
    if not isinstance(command, str) or not command.strip() or len(command) > _LONGEST_COMMAND:
        return ()
    words = words_of(command)
    if first := first_words(words):
        widest = Permission(folder, tool, "allow", shlex.join(first))
        found += [widest] if widest.covers(tool, values) else []
    if values.keys() <= {"command", "timeout_ms"}:
        found.append(Permission(folder, tool, "allow", command, exact=True))
    denied = first or words[:1]
    if any(map(_WORD.search, denied)):
        found.append(Permission(folder, tool, "deny", shlex.join(denied)))
    return tuple(found)


def real_folder(folder: str) -> str:
    """A folder's path without links; empty stays empty."""
    return os.path.realpath(os.path.expanduser(folder)) if folder else ""


class Permissions:
    """The answers that the user saved.

    Args:
        store: Where they are kept.
        settings: What the user set, read anew each time.
    """

    def __init__(self, store: SessionStore, settings: Callable[[], Settings]) -> None:
        self._store = store
        self._settings = settings

    def all(self, folder: str = "") -> list[Permission]:
        """Every saved answer, or those of a folder, by folder and tool."""
        wanted = real_folder(folder)
        known = map(_permission, self._store.documents(KIND).values())
        found = [each for each in known if each and (not wanted or each.folder == wanted)]
        return sorted(found, key=lambda p: (p.folder, p.tool, p.effect, p.command, p.exact))

    def save(self, permission: Permission) -> Permission:
        """Keep an answer, durably, in place of an earlier one to the same question.

        Raises:
            InvalidPermission: See `Permission.checked`.
        """
        kept = replace(permission, folder=real_folder(permission.folder), at=utc_now()).checked()
        self._store.patch(KIND, {kept.id: kept.to_json()})
        return kept

    def remove(self, permission_id: str) -> Permission:
        """Forget an answer: such calls are asked about again.

        Args:
            permission_id: Its id, or the beginning of it if that fits one alone.

        Raises:
            InvalidPermission: There is none of this id, or several.
        """
        found = [each for each in self.all() if each.id.startswith(permission_id)]
        if len(found) != 1 or not permission_id:
            number = "several" if found and permission_id else "no"
            raise InvalidPermission(f"There are {number} saved permissions {permission_id!r}.")
        self._store.remove(KIND, found[0].id)
        return found[0]

    def verdict(self, folder: str, tool: str, values: JsonObject) -> Verdict | None:
        """What was decided beforehand about a call; None: it is to be asked about."""
        if not folder:
            return None
        folder = real_folder(folder)
        if found := judge(self.all(folder), folder, tool, values):
            return Verdict(found.effect == "allow", "rule", str(found))
        if tool in READING and self.reading_is_allowed:
            return Verdict(True, "setting", "allow_reading")
        return None

    @property
    def reading_is_allowed(self) -> bool:
        """Whether the user set that reading tools are not asked about."""
        try:
            return self._settings().allow_reading
        except StoreError:
            return False  # settings that cannot be read allow nothing


def _readings(command: str) -> Iterator[list[str]]:
    """The words of any command, in each way that a denial looks at them."""
    yield _WORD.findall(command)
    # quotation marks and backslashes inside of words must not hide them
    yield _WORD.findall(_QUOTING.sub("", command))
    # nor may an argument of several words between them, nor a mark that stands alone
    for text in (command, *command.replace("\\\n", "").splitlines()):
        for comments in ("", "#"):
            lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
            lexer.whitespace_split, lexer.commenters = True, comments
            words: list[str] = []
            with suppress(ValueError):
                words.extend(lexer)  # keeps those before the error
            yield words


def _holds(found: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether words stand in a row among others, a program's path left out.

    Options may stand between them, each with a word that may be its own, as in
    ``git -c a=b push``; a wanted option may stand anywhere behind the words before it.
    """
    places = {
        place + 1 for place, word in enumerate(found) if wanted[0] in (word, os.path.basename(word))
    }
    for word in wanted[1:]:
        places = _behind_options(found, places, everywhere=word.startswith("-"))
        places = {place + 1 for place in places if found[place : place + 1] == [word]}
    return bool(places)


def _behind_options(found: Sequence[str], places: set[int], *, everywhere: bool) -> set[int]:
    """Where the next word may stand."""
    reached, new = set(places), set(places)
    while new:
        options = {place for place in new if place < len(found)}
        if not everywhere:
            options = {place for place in options if found[place].startswith("-")}
        new = {place + step for place in options for step in (1, 2)} - reached
        reached |= new
    return reached


def _permission(document: JsonObject) -> Permission | None:
    """A stored answer; None if it is not one that may be, whoever wrote it."""
    fields = {name: document[name] for name in Permission.__dataclass_fields__ if name in document}
    try:
        return msgspec.convert(fields, Permission).checked()
    except (msgspec.ValidationError, InvalidPermission):
        return None
