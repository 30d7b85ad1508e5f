"""A full-text index: texts in, the numbers of those that hold some words out.

A cache. It is made anew when it is missing, damaged or from another version, and knows
nothing of what its texts are: each belongs to a *document* (known by a key), has a
number in it, and is looked for with all others of the document.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from agentsess.errors import StoreError, StoreTooNew
from agentsess.storage.journal import make_directory
from agentsess.storage.words import Words, fold

VERSION = 1
"""Of the tables, and of how texts are folded. A file of another version is made anew."""

TELLING = 1_000
"""Found in more documents, words say little about any of them, and are not weighed."""
_CHUNK = 32_000
"""Characters of a document's texts that make a row: rows are what is found and weighed."""
_ROW_BITS = 20
_BORDER = " \ue000 "
"""Between texts, so that no phrase reaches from one into the next. Not a word: folding
leaves none of it in a text."""

# The words' options make the first indexing a third quicker.
_TABLES = f"""
CREATE TABLE document (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT UNIQUE NOT NULL, mark TEXT NOT NULL,
    last INTEGER NOT NULL, note TEXT NOT NULL, rows INTEGER NOT NULL);
CREATE TABLE chunk (id INTEGER PRIMARY KEY, texts BLOB NOT NULL);
CREATE VIRTUAL TABLE words USING fts5(
    body, content='', tokenize='ascii', prefix='1 2 3');
INSERT INTO words (words, rank) VALUES ('hashsize', 8000000);
INSERT INTO words (words, rank) VALUES ('automerge', 8);
PRAGMA user_version = {VERSION};
"""
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
"""SQLITE_ERROR too: a table is missing. What is asked for never depends on what is typed."""

Text = tuple[int, str]
"""A text and its number in the document."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Text]).decode


@dataclass(frozen=True, slots=True)
class Document:
    """How far a document is indexed."""

    number: int
    mark: str
    """What the caller said of the document's state."""
    last: int
    """The number of the last text that was looked at."""
    note: str
    """What the caller wants to know of that text."""


class SearchIndex:
    """The index in a file. Safe to use from several threads and processes.

    All methods raise StoreError if the file can neither be used nor made anew.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._guard = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._inode = 0
        self._alone = False

    # -- looking up

    def version(self) -> tuple[int, int]:
        """Differs from an earlier one if anyone changed the index since."""
        with self._connected() as db:
            inode, changes = self._inode, db.total_changes
            return inode, changes + db.execute("PRAGMA data_version").fetchone()[0]

    def documents(self) -> dict[str, Document]:
        """All documents by key."""
        with self._connected() as db:
            rows = db.execute("SELECT key, number, mark, last, note FROM document").fetchall()
        return {row[0]: Document(*row[1:]) for row in rows}

    def find(self, words: Words) -> dict[int, float]:
        """The numbers of the documents that hold words, with their weight by BM25.

        Found in many documents, they weigh nothing: all weights are 0.
        """
        sought = f'"{" ".join(words)}" *'
        with self._connected() as db:
            rows = db.execute("SELECT rowid FROM words WHERE words MATCH ?", (sought,)).fetchall()
            numbers = dict.fromkeys([row >> _ROW_BITS for (row,) in rows], 0.0)
            if len(numbers) > TELLING:
                return numbers
            weighed = db.execute("SELECT rowid, -rank FROM words WHERE words MATCH ?", (sought,))
            for row, weight in weighed.fetchall():
                number = row >> _ROW_BITS
                numbers[number] = max(numbers.get(number, 0.0), weight)
        return numbers

    def texts(self, number: int) -> Iterator[Text]:
        """A document's texts in their order."""
        row = number << _ROW_BITS
        end = row + (1 << _ROW_BITS)
        while row < end:
            with self._connected() as db:
                found = db.execute(
                    "SELECT id, texts FROM chunk WHERE id >= ? AND id < ? ORDER BY id LIMIT 1",
                    (row, end),
                ).fetchone()
            if found is None:
                return
            yield from _decode(found[1])
            row = found[0] + 1

    def check(self) -> None:
        """Read the file through; raises StoreError if it is damaged, and then deletes it."""
        with self._connected() as db:
            said = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
            if said != "ok":
                self._discard()
                raise StoreError(f"The search index {self.path} is damaged: {said}.")
            db.execute("INSERT INTO words(words) VALUES ('integrity-check')")

    # -- keeping up

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """The right to change the index; False if another has it. Given back at the end."""
        lock = self.path.with_suffix(".lock")
        try:
            make_directory(lock.parent)
            fd = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(f"Cannot write {lock}: {error.strerror}.") from error
        try:
            with suppress(BlockingIOError):
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._alone = True
            yield self._alone
        finally:
            self._alone = False
            os.close(fd)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Changes made inside are kept together, or not at all."""
        with self._connected() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                db.rollback()
                raise
            db.commit()

    def add(self, key: str, texts: Sequence[Text], *, mark: str, last: int, note: str) -> None:
        """Add texts to a document, which may be new, and set what `Document` says of it.

        To be called in a `transaction`.
        """
        with self._connected() as db:
            known = db.execute("SELECT number, rows FROM document WHERE key = ?", (key,)).fetchone()
            if known is None:
                cursor = db.execute("INSERT INTO document VALUES (NULL, ?, '', 0, '', 0)", (key,))
                known = (cursor.lastrowid, 0)
            number, rows = known
            for chunk in _chunks(texts):
                row = (number << _ROW_BITS) + rows
                db.execute("INSERT INTO chunk VALUES (?, ?)", (row, _encode(chunk)))
                db.execute("INSERT INTO words (rowid, body) VALUES (?, ?)", (row, _body(chunk)))
                rows += 1
            db.execute(
                "UPDATE document SET mark = ?, last = ?, note = ?, rows = ? WHERE number = ?",
                (mark, last, note, rows, number),
            )

    def remove(self, key: str) -> None:
        """Forget a document, if there is one. To be called in a `transaction`."""
        with self._connected() as db:
            known = db.execute("SELECT number FROM document WHERE key = ?", (key,)).fetchone()
            if known is None:
                return
            first = known[0] << _ROW_BITS
            span = (first, first + (1 << _ROW_BITS))
            chunks = db.execute("SELECT id, texts FROM chunk WHERE id >= ? AND id < ?", span)
            for row, texts in chunks.fetchall():
                db.execute(
                    "INSERT INTO words (words, rowid, body) VALUES ('delete', ?, ?)",
                    (row, _body(_decode(texts))),
                )
            db.execute("DELETE FROM chunk WHERE id >= ? AND id < ?", span)
            db.execute("DELETE FROM document WHERE number = ?", known)

    def scrub(self) -> None:
        """Leave no trace of what was removed: rewrites the index, a second for 50 MB."""
        with self._connected() as db:
            db.execute("INSERT INTO words (words) VALUES ('optimize')")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let the file go."""
        with self._guard:
            if self._db is not None:
                self._db.close()
            self._db = None

    # -- the file

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with self._guard:
            try:
                yield self._db if self._db is not None and self._is_current() else self._open()
            except sqlite3.Error as error:
                if _is_damage(error):
                    self._discard()
                raise StoreError(f"The search index {self.path}: {error}.") from error

    def _is_current(self) -> bool:
        """Whether the open file is still the one with the name: another may have made it anew."""
        try:
            return os.stat(self.path).st_ino == self._inode
        except FileNotFoundError:
            return False

    def _open(self) -> sqlite3.Connection:
        self.close()
        for _ in range(2):
            try:
                make_directory(self.path.parent)
                fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
                self._inode = os.fstat(fd).st_ino
                os.close(fd)
            except OSError as error:
                raise StoreError(f"Cannot write {self.path}: {error.strerror}.") from error
            self._db = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False, timeout=10
            )
            try:
                if _prepare(self._db):
                    return self._db
            except sqlite3.Error as error:
                if not _is_damage(error):
                    self.close()
                    raise
            self._discard()
        raise StoreError(f"The search index {self.path} is being made anew.")

    def _discard(self) -> None:
        """Delete the file, unless another is at work on it, or has done so already."""
        with nullcontext(True) if self._alone else self.alone() as ours:
            if ours and self._is_current():
                for suffix in ("", "-wal", "-shm"):
                    self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self.close()


def _prepare(db: sqlite3.Connection) -> bool:
    """Make the tables of a new file; False if it is an older version's.

    Raises:
        StoreTooNew: It is a newer version's.
    """
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    # What was deleted for good must not be left in free pages.
    db.execute("PRAGMA secure_delete = ON")
    if _version(db) == 0:
        db.execute("BEGIN IMMEDIATE")
        if _version(db) == 0:  # still: another may have been faster
            for statement in _TABLES.split(";\n"):
                db.execute(statement)
        db.commit()
    if (version := _version(db)) > VERSION:
        raise StoreTooNew("A newer version of agentsess made the search index.")
    db.execute("SELECT number FROM document LIMIT 1")
    return version == VERSION


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _is_damage(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def _chunks(texts: Sequence[Text]) -> Iterator[list[Text]]:
    chunk: list[Text] = []
    size = 0
    for text in texts:
        if chunk and size + len(text[1]) > _CHUNK:
            yield chunk
            chunk, size = [], 0
        chunk.append(text)
        size += len(text[1])
    if chunk:
        yield chunk


def _body(chunk: Sequence[Text]) -> str:
    return _BORDER.join([fold(text) for _, text in chunk])
