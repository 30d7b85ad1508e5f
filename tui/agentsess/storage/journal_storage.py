"""TinyDB's storage on a journal: reads what is new, appends what differs, compacts."""

from __future__ import annotations

import fcntl
import gc
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tinydb.storages import Storage

from agentsess.errors import StoreError
from agentsess.model import JsonObject
from agentsess.storage.journal import (
    FORMAT,
    VERSION,
    Journal,
    check_version,
    damaged_stretches,
    lines_backward,
    make_directory,
    read_forward,
    seal,
    sync_directory,
    unseal,
)
from agentsess.storage.tables import Documents, Mark, News, Tables

_log = logging.getLogger(__name__)

_COMPACT_ABOVE = 1024 * 1024
"""Bytes below which a file is never rewritten."""

_MUCH = 1024 * 1024
"""Bytes of news in which collecting garbage would cost more than it gives."""


@contextmanager
def uncollected() -> Iterator[None]:
    """For making ten thousands of objects that stay: garbage collection passes over them,
    until a storage is closed."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


class JournalStorage(Storage):
    """The state of all tables, read from the journal when first asked for.

    Args:
        path: The journal.
        shared: Whether other processes may write too, so that each change takes the
            lock file beside the journal. False where a lease already excludes them.
        durable: Whether changes wait for the disk; False for caches.
    """

    def __init__(self, path: Path, *, shared: bool = True, durable: bool = True) -> None:
        self.path = path
        self.journal = Journal(path, durable=durable)
        self.guard = threading.RLock()
        self.news = 0
        """How many times something was taken in that another handle wrote."""
        self._shared = shared
        self._tables = Tables()
        self._read_fd = -1
        self._offset = 0
        self._depth = 0
        self._compact_above = _COMPACT_ABOVE
        self._lock_fd = -1
        self._to_sync = 0
        self._is_damaged = False

    # -- reading

    def read(self) -> dict[str, dict[str, Any]] | None:
        """All tables, up to date; the caller must not change the documents."""
        with self.guard:
            self.catch_up()
            return dict(self._tables.all) or None

    def documents(self, table: str) -> Documents:
        """One table's documents by id, up to date; the caller must not change them.

        A changed document is always a new object, so identity tells what changed.
        """
        with self.guard:
            if self._depth == 0 or self._read_fd < 0:  # else nobody else can have written
                self.catch_up()
            return self._tables.all.get(table, {})

    def changes_since(self, marks: Mapping[str, Mark | None]) -> dict[str, News]:
        """Which documents changed since an earlier look.

        Args:
            marks: By table, what the earlier look gave; None for the first.

        Returns:
            By table, the mark for the next look, and the ids; None: any may have changed.
        """
        with self.guard:
            self.catch_up()
            return {table: self._tables.news(table, mark) for table, mark in marks.items()}

    def catch_up(self) -> bool:
        """Take in what others wrote; True if there was anything."""
        with self.guard:
            try:
                stat = os.stat(self.path)
                moved = self._read_fd < 0 or os.fstat(self._read_fd).st_ino != stat.st_ino
                if moved:
                    self._reopen()
            except FileNotFoundError:
                return False
            except StoreError:
                raise
            except OSError as error:
                raise StoreError(f"Cannot read {self.path}: {error.strerror}.") from error
            if not moved and stat.st_size <= self._offset:
                return False
            before = self._offset
            if stat.st_size - before > _MUCH:
                with uncollected():
                    self._take_in()
            else:
                self._take_in()
            self.news += self._offset > before
            return self._offset > before

    def _take_in(self) -> None:
        for record in read_forward(self._read_fd, self._offset):
            self._offset = record.end
            if record.body is not None:
                self._tables.apply(record.body)
            else:
                self._is_damaged = True

    def damaged_lines(self) -> list[bytes]:
        """What cannot be read of the file."""
        with self.guard:
            self.catch_up()
            fd = self._read_fd
            stretches = damaged_stretches(fd) if fd >= 0 else ()
            return [os.pread(fd, end - start, start) for start, end in stretches]

    def _reopen(self) -> None:
        """Start over with the file that now has the name: it was compacted, or is new."""
        check_version(self.path)
        fd = os.open(self.path, os.O_RDONLY)
        if not self.journal.writes_to(fd):  # else what was just written has to be flushed yet
            self.journal.close()
        self._close_reading()
        self._read_fd = fd
        self._tables.forget()
        self._offset = 0
        self._is_damaged = False

    def next_id(self, table: str) -> int:
        """The id after the last one, without reading the table if it was not read yet."""
        with self.guard:
            if self._read_fd < 0:
                return self._last_id_on_disk(table) + 1
            self.catch_up()
            return self._tables.next_id(table)

    def _last_id_on_disk(self, table: str) -> int:
        try:
            fd = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return 0
        try:
            for line in lines_backward(fd, os.fstat(fd).st_size):
                body = unseal(line) or {}
                if body.get("t") == table and body["op"] == "put":
                    return int(body["id"])
            return 0
        finally:
            os.close(fd)

    # -- writing

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Make the tables what is given, writing only the difference."""
        with self.exclusive():
            self.commit(self._tables.difference(data))

    def changes(self, table: str, documents: Mapping[str, JsonObject]) -> list[JsonObject]:
        """The operations that make some of a table's documents what is given."""
        return self._tables.changes(table, documents)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Sole right to write, among threads and processes; durable when left."""
        with self.guard:
            self._depth += 1
            try:
                if self._depth == 1:
                    self._lock()
                    if self._shared or self._read_fd >= 0:
                        self.catch_up()
                yield
                if self._depth == 1 and self._worth_compacting():
                    self._compact()
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._unlock()
            if self._depth > 0:
                return
            end, self._to_sync = self._to_sync, 0
        if end:
            self.journal.sync(end)

    def commit(self, operations: list[JsonObject], *, durable: bool = True) -> None:
        """Append operations as one record: all of them happen, or none.

        Args:
            operations: What `change_of` and `changes` give.
            durable: False for what can be told from elsewhere after a power cut.
        """
        if not operations:
            return
        body = operations[0] if len(operations) == 1 else {"op": "many", "ops": operations}
        self.commit_lines([seal(body)], durable=durable)

    def commit_lines(self, lines: list[bytes], *, durable: bool = True) -> None:
        """Append sealed records; the caller is inside `exclusive`."""
        start, end = self._offset, self.journal.append(lines)
        if durable:
            self._to_sync = end
        if self._read_fd >= 0 and start + sum(map(len, lines)) == end:
            for line in lines:  # as it will be read, but without reading it
                self._tables.apply(unseal(line[:-1]) or {})
            self._offset = end
            self.news += 1
        elif self._read_fd >= 0 or self._shared:
            self.catch_up()

    def _lock(self) -> None:
        if not self._shared:
            return
        is_first = self._lock_fd < 0
        if is_first:
            lock = self.path.with_suffix(".lock")
            try:
                make_directory(self.path.parent)
                self._lock_fd = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError as error:
                raise StoreError(f"Cannot write {lock}: {error.strerror}.") from error
        fcntl.flock(self._lock_fd, fcntl.LOCK_EX)
        if is_first:
            with suppress(OSError):  # of one who was killed while compacting
                self.path.with_suffix(".new").unlink()

    def _unlock(self) -> None:
        if self._lock_fd >= 0:
            fcntl.flock(self._lock_fd, fcntl.LOCK_UN)

    # -- compaction

    def _worth_compacting(self) -> bool:
        if self._offset < self._compact_above or not self._shared:
            return False
        return self._tables.records > 2 * self._tables.living

    def _compact(self) -> None:
        """Replace the file by one without dead records; all writers are locked out.

        What made it due is written already: that the disk has no room for this must not
        look as if that had failed.
        """
        temporary = self.path.with_suffix(".new")
        try:
            self._write_compacted(temporary)
        except OSError as error:
            _log.warning("%s was not compacted: %s", self.path, error)
            self._compact_above = self._offset * 2
            temporary.unlink(missing_ok=True)
            return
        # All that was written is in the new file and on the disk.
        self._to_sync = 0
        self.catch_up()

    def _write_compacted(self, temporary: Path) -> None:
        if self._is_damaged:  # may be worth something to somebody
            with self.path.with_suffix(".damaged").open("ab") as file:
                file.writelines(self.damaged_lines())
        lines = [seal({"fmt": FORMAT, "v": VERSION})]
        lines += map(seal, self._tables.operations())
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(fd, "wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(fd)
        os.replace(temporary, self.path)
        sync_directory(self.path.parent)

    def _close_reading(self) -> None:
        if self._read_fd >= 0:
            os.close(self._read_fd)
            self._read_fd = -1

    def close(self) -> None:
        """Let go of all files."""
        gc.unfreeze()
        with self.guard:
            self.journal.close()
            self._close_reading()
            if self._lock_fd >= 0:
                os.close(self._lock_fd)
                self._lock_fd = -1
