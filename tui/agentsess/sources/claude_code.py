"""Claude Code's sessions, read from its own folder; nothing there is ever written."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from agentsess.errors import SessionNotFound, StoreError
from agentsess.model import Draft, Entry, Page
from agentsess.sources.base import FileStamp, Found, ResumeCommand
from agentsess.sources.claude_entries import TOOL_WINDOW, numbered
from agentsess.sources.claude_helpers import histories_of
from agentsess.sources.claude_records import drafts_of, message_of, parse_line
from agentsess.sources.claude_scan import lines, scan_file, unreadable

_BUFFER = 1 << 18
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class ClaudeCodeSource:
    """The sessions under one Claude Code folder, such as ``~/.claude``."""

    name = "claude_code"

    def __init__(self, home: Path, *, program: str = "claude") -> None:
        """``home`` is Claude Code's folder (it need not exist), ``program`` its command."""
        self._projects = home / "projects"
        self._program = program

    def stamps(self) -> list[tuple[str, FileStamp]]:
        """Ids and stamps of all session files.

        The id is the file's stem. Should several folders hold the same stem, the newest
        file keeps it, and the ids of the others end in ``@`` and a mark of their folder.
        """
        newest_first = sorted(
            self._files(), key=lambda stamp: (stamp.mtime_ns, stamp.path), reverse=True
        )
        taken: dict[str, FileStamp] = {}
        for stamp in newest_first:
            folder, name = os.path.split(stamp.path)
            session_id = _plain_id(os.path.splitext(name)[0])
            if session_id in taken:
                session_id = f"{session_id}@{_digest(folder)}"
            taken[session_id] = stamp
        return list(taken.items())

    def scan(self, path: str, session_id: str) -> Found:
        """Read the file through; see `Source.scan`."""
        try:
            stamp = FileStamp.of(path, os.stat(path))
        except OSError as error:
            raise _gone(session_id) from error
        try:
            with open(path, "rb", buffering=_BUFFER) as file:
                return scan_file(file, FileStamp.of(path, os.fstat(file.fileno())), session_id)
        except FileNotFoundError as error:
            raise _gone(session_id) from error
        except OSError:
            return unreadable(stamp, session_id)

    def page(self, found: Found, *, last: int, before: int | None = None) -> Page:
        """The newest entries below ``before``; see `Source.page`.

        Costs as much as the page and a little more, wherever it is in the file.
        """
        with _opened(found) as file:
            size = os.fstat(file.fileno()).st_size
            if _is_another(found, os.fstat(file.fileno())):
                found = self.scan(found.path, found.id)
            grown = sum(1 for _ in _drafts(file, found.scanned_to, size))
            total = found.entry_count + grown
            stop = total if before is None else min(total, before - 1)
            first = max(1, stop - last + 1)
            if stop < first:
                return Page((), total)
            seq, offset = _mark_before(found, first - TOOL_WINDOW)
            entries: list[Entry] = []
            drafts = _drafts(file, offset, size)
            for entry in numbered(drafts, seq + 1, found.created_at):
                if entry.seq > stop:
                    break
                if entry.seq >= first:
                    entries.append(entry)
        return Page(tuple(entries), total)

    def entries(self, found: Found) -> Iterator[Entry]:
        """All entries in file order, across compactions; see `Source.entries`."""
        with _opened(found) as file:
            yield from numbered(_drafts(file), 1, found.created_at)

    def helpers(
        self, found: Found, calls: Mapping[str, str]
    ) -> Iterator[tuple[str, Iterable[Entry]]]:
        """What subagents did; see `Source.helpers`."""
        for call_id, drafts in histories_of(Path(found.path), calls):
            yield call_id, numbered(drafts, 1, found.created_at)

    def files(self, found: Found) -> tuple[Path, tuple[str, ...]]:
        """The session's file, and the folder of its subagents and tool results."""
        path = Path(found.path)
        return path.parent, (path.name, path.stem)

    def resume_command(self, found: Found) -> ResumeCommand | None:
        """``claude --resume`` in the session's own folder; None without the command."""
        if shutil.which(self._program) is None:
            return None
        problem = ""
        if not found.cwd:
            problem = "The session does not say in which folder it was."
        elif not os.path.isdir(found.cwd):
            problem = f"Its folder {found.cwd} is gone."
        elif not os.path.exists(found.path):
            problem = "Its file is gone from Claude Code's folder."
        argv = (self._program, "--resume", Path(found.path).stem)
        return ResumeCommand(argv, found.cwd, problem)

    def _files(self) -> Iterator[FileStamp]:
        for folder in _listing(self._projects):
            for file in _listing(folder.path):
                # Older versions kept subagents' histories here, beside the sessions.
                if not file.name.endswith(".jsonl") or file.name.startswith("agent-"):
                    continue
                try:
                    if file.is_file():
                        yield FileStamp.of(file.path, file.stat())
                except OSError:
                    continue


@contextmanager
def _opened(found: Found) -> Iterator[BinaryIO]:
    try:
        with open(found.path, "rb", buffering=_BUFFER) as file:
            yield file
    except FileNotFoundError as error:
        raise _gone(found.id) from error
    except OSError as error:
        raise StoreError(f"{found.path} cannot be read: {error.strerror}.") from error


def _gone(session_id: str) -> SessionNotFound:
    return SessionNotFound(f"The file of session {session_id} is no longer on disk.")


def _listing(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _drafts(file: BinaryIO, start: int = 0, end: int | None = None) -> Iterator[Draft]:
    for _, line in lines(file, start, end):
        if record := parse_line(line):
            yield from drafts_of(record, message_of(record))


def _mark_before(found: Found, seq: int) -> tuple[int, int]:
    """The last mark with fewer than ``seq`` entries before it, or the file's start."""
    earlier = (mark for mark in reversed(found.marks) if mark[0] < seq)
    return next(earlier, (0, 0))


def _is_another(found: Found, now: os.stat_result) -> bool:
    """Whether the file was replaced or cut since the scan, and not just appended to."""
    return now.st_ino != found.stamp.inode or now.st_size < found.scanned_to


def _plain_id(stem: str) -> str:
    """The stem, if it can be an id as it is; file names are anyone's to choose."""
    if _PLAIN.fullmatch(stem):
        return stem
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", stem).lstrip("._-")[:64]
    return f"{plain or 'session'}@{_digest(stem)}"


def _digest(text: str) -> str:
    return hashlib.blake2s(os.fsencode(text), digest_size=4).hexdigest()
