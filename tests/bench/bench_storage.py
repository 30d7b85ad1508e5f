"""The store against a bare write, SQLite and plain TinyDB."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import msgspec
from tinydb import TinyDB
from tinydb.table import Document

from agentsess.model import Draft, EntryKind, JsonObject
from agentsess.sessions.service import SessionService
from agentsess.storage.history import History
from agentsess.storage.store import FileStore
from bench.measure import Row, compared, limit, medians

TEXT = "x" * 2000
NOW = datetime(2026, 1, 1, tzinfo=UTC)
STATUSES = ("active", "paused", "completed", "completed", "completed")


def now() -> str:
    """The time as our entries have it."""
    return datetime.now(UTC).isoformat()


def sqlite(path: Path) -> sqlite3.Connection:
    """A database with the guarantees that ours gives."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=full")
    return db


def rows(folder: Path, *, quick: bool = False) -> Iterator[Row]:
    """All rows; the quick ones skip the largest sizes."""
    for size in (10, 1000, 5000 if quick else 50_000):
        yield from append_rows(folder, size)
    yield from tail_rows(folder, 5000 if quick else 50_000)
    for size in (1000, 10_000) if quick else (1000, 10_000, 100_000):
        yield from list_rows(folder, size)
    yield from process_rows(folder, 300 if quick else 1500)


def append_rows(folder: Path, size: int) -> Iterator[Row]:
    """A durable append of 2 KB to a session of some length."""
    history = History(folder / f"history-{size}.jsonl")
    history.append([Draft(EntryKind.USER, TEXT)] * size)
    db = sqlite(folder / f"append-{size}.db")
    db.execute("create table m (id integer primary key, doc text)")
    line = msgspec.json.encode({"kind": "user", "text": TEXT, "at": NOW.isoformat()}).decode()
    db.execute("begin")
    db.executemany("insert into m (doc) values (?)", [(line,)] * size)
    db.execute("commit")
    fd = os.open(folder / f"raw-{size}", os.O_CREAT | os.O_WRONLY | os.O_APPEND)

    def encoded() -> str:
        return msgspec.json.encode({"kind": "user", "text": TEXT, "at": now()}).decode()

    def raw() -> None:
        os.write(fd, line.encode())
        os.fdatasync(fd)

    ours, bare, lite = medians(
        [
            lambda: history.append([Draft(EntryKind.USER, TEXT)]),
            raw,
            lambda: db.execute("insert into m (doc) values (?)", (encoded(),)),
        ],
        rounds=300,
    )
    os.close(fd)
    name = f"append 2 KB durably, {size:,} before"
    yield from compared(name, ours, [("bare write", bare, 1.5), ("SQLite FULL", lite, 1.0)])
    plain = TinyDB(folder / f"plain-{size}.json")
    plain.insert_multiple({"text": TEXT} for _ in range(size))
    (theirs,) = medians([lambda: plain.insert({"text": TEXT})], rounds=3)
    yield from compared(name, ours, [("plain TinyDB", theirs, 0.001 if size >= 50_000 else None)])
    plain.close()


def tail_rows(folder: Path, size: int) -> Iterator[Row]:
    """The last 50 entries of a long session, with and without the files in memory."""
    ours_path, theirs_path = folder / f"history-{size}.jsonl", folder / f"append-{size}.db"

    def ours() -> None:
        assert len(History(ours_path).page(last=50).entries) == 50

    def theirs() -> None:
        db = sqlite3.connect(theirs_path)
        found = db.execute("select id, doc from m order by id desc limit 50").fetchall()
        assert len([msgspec.json.decode(doc) for _, doc in found]) == 50
        db.close()

    warm = medians([ours, theirs], rounds=30)
    name = f"last 50 of {size:,} entries, first read"
    yield from compared(f"{name}, warm", warm[0], [("SQLite", warm[1], 1.5)])
    cold: list[list[float]] = [[], []]
    for _ in range(15):
        for times, work, path in zip(cold, (ours, theirs), (ours_path, theirs_path), strict=True):
            evict(path)
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
    one, other = (sorted(times)[7] for times in cold)
    yield from compared(f"{name}, files evicted", one, [("SQLite", other, 0.5)])


def evict(path: Path) -> None:
    """Put a file out of the page cache."""
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


def documents(count: int) -> list[tuple[str, JsonObject]]:
    """Session documents as the store holds them."""
    made = []
    for i in range(count):
        at = (NOW - timedelta(minutes=i)).isoformat()
        document: JsonObject = {
            "title": f"Session {i} on a migration of something",
            "status": STATUSES[i % 5] if i % 1000 else "archived",
            "created_at": at,
            "updated_at": at,
            "cwd": f"/home/dev/project-{i % 40}",
            "tags": ["rare"] if i % 1000 == 500 else ["common"],
            "metadata": {"project": f"p{i % 40}", "description": "d" * 300},
            "message_count": 12,
        }
        made.append((f"{i:08x}-0000-4000-8000-000000000000", document))
    return made


def list_rows(folder: Path, count: int) -> Iterator[Row]:
    """Opening, listing, filtering and changing a store of many sessions."""
    home = folder / f"store-{count}"
    made = documents(count)
    store = FileStore(home)
    with store._db.storage.exclusive():
        for i, doc in made:  # a record each, as they come in life
            store._db.storage.commit([{"op": "put", "t": "sessions", "id": i, "d": doc}])
    store.close()
    lite_path = folder / f"list-{count}.db"
    db = sqlite(lite_path)
    db.execute("create table s (id text primary key, status text, tag text, at text, doc text)")
    db.execute("create index s_at on s (at)")
    db.execute("create index s_status on s (status, at)")
    db.execute("create index s_tag on s (tag, at)")
    db.execute("begin")
    db.executemany(
        "insert into s values (?,?,?,?,?)",
        [
            (i, d["status"], d["tags"][0], d["updated_at"], msgspec.json.encode(d).decode())
            for i, d in made
        ],
    )
    db.execute("commit")

    def cold() -> None:
        service = SessionService.open(home)
        assert len(service.list(limit=50)) == 50
        service.close()

    def lite_cold() -> None:
        other = sqlite3.connect(lite_path)
        select(other, "", ())
        other.close()

    name = f"open and list the newest 50 of {count:,}"
    ours, theirs = medians([cold, lite_cold], rounds=3 if count > 50_000 else 7)
    most = {10_000: 0.15, 100_000: 1.3}.get(count)
    if most:
        yield limit(name, ours, most)
    others: list[tuple[str, float, float | None]] = [("SQLite", theirs, None)]
    plain = TinyDB(folder / f"list-{count}.json")
    plain.insert_multiple(dict(doc) for _, doc in made)
    (slow,) = medians([lambda: sorted(plain.all(), key=updated)[-50:]], rounds=2)
    others.append(("plain TinyDB", slow, None))
    plain.close()
    yield from compared(name, ours, others)

    yield from change_rows(home, db, made)
    db.close()


def change_rows(
    home: Path, db: sqlite3.Connection, made: list[tuple[str, JsonObject]]
) -> Iterator[Row]:
    """Changing one session, and filtering, in an open store."""
    count = len(made)
    service = SessionService.open(home)
    service.list(limit=50)
    target = made[count // 2][0]
    ours_next, theirs_next = cycle(("paused", "active")), cycle(("paused", "active"))

    store = FileStore(home)
    store.documents("sessions")

    def change() -> None:
        store.patch("sessions", {target: {"status": next(ours_next)}})

    def lite_change() -> None:
        status = next(theirs_next)
        db.execute(
            "update s set status = ?, doc = json_set(doc, '$.status', ?) where id = ?",
            (status, status, target),
        )

    if count >= 10_000:
        ours, theirs = medians([change, lite_change], rounds=100)
        yield from compared(
            f"change the status of one session of {count:,}, durably",
            ours,
            [("SQLite FULL", theirs, 0.8)],
        )
        for query, where, value in (
            ("status:completed", "where status = ?", "completed"),
            ("tag:rare", "where tag = ?", "rare"),
        ):
            ours, theirs = medians(
                [
                    lambda q=query: service.list(q, limit=50),  # type: ignore[misc]
                    lambda w=where, v=value: select(db, w, (v,)),  # type: ignore[misc]
                ],
                rounds=30,
            )
            yield from compared(
                f"newest 50 of {count:,}, {query}", ours, [("SQLite, indexed", theirs, 3.0)]
            )
    service.close()


def updated(document: Document) -> str:
    """When a document's session was last worked in."""
    return str(document["updated_at"])


def select(db: sqlite3.Connection, where: str, values: tuple[str, ...]) -> list[object]:
    """The newest 50 rows, decoded."""
    found = db.execute(f"select id, doc from s {where} order by at desc limit 50", values)
    return [msgspec.json.decode(doc) for _, doc in found]


WORKER = """
import sys, time, sqlite3
from pathlib import Path
path, count, kind = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
if kind == "ours":
    from agentsess.storage.store import FileStore
    store = FileStore(path)
    def step(i):
        store.create("sessions", f"{sys.argv[4]}-{i}", {"n": i, "text": "x" * 500})
        store.count("shared", {"n": 1}, {})
        store.patch("sessions", {"shared": {"last": i}})
else:
    db = sqlite3.connect(path, isolation_level=None, timeout=60)
    db.execute("pragma journal_mode=wal"); db.execute("pragma synchronous=full")
    def step(i):
        db.execute("begin immediate")
        db.execute("insert into s values (?, ?)", (f"{sys.argv[4]}-{i}", "x" * 500))
        db.execute("update c set n = n + 1")
        db.execute("commit")
        db.execute("update c set last = ?", (i,))
sys.stdin.readline()
for i in range(count):
    step(i)
print("done", flush=True)
"""


def process_rows(folder: Path, count: int) -> Iterator[Row]:
    """Two processes inserting and counting, and a reader beside them."""
    home = folder / "shared"
    store = FileStore(home)
    store.create("sessions", "shared", {"n": 0})
    lite = folder / "shared.db"
    db = sqlite(lite)
    db.execute("create table s (id text primary key, doc text)")
    db.execute("create table c (n integer, last integer)")
    db.execute("insert into c values (0, 0)")
    reads: list[float] = []

    def race(path: Path, kind: str) -> float:
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, str(path), str(count), kind, str(n)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            for n in range(2)
        ]
        time.sleep(1.0)  # both have imported what they need and wait
        start = time.perf_counter()
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write(b"\n")
            worker.stdin.flush()
        while any(worker.poll() is None for worker in workers):
            if kind == "ours":
                begun = time.perf_counter()
                assert store.documents("sessions")["shared"]["n"] >= 0
                reads.append(time.perf_counter() - begun)
            time.sleep(0.002)
        taken = time.perf_counter() - start
        assert all(worker.returncode == 0 for worker in workers)
        return taken

    ours, theirs = race(home, "ours"), race(lite, "sqlite")
    counted = store.documents("sessions")["shared"]["n"]
    assert counted == 2 * count, f"{counted} of {2 * count} were counted"
    per_second = f"{2 * count / ours:,.0f}/s", f"{2 * count / theirs:,.0f}/s"
    rate = theirs / ours
    name = "two processes inserting and counting"
    yield Row(
        name, per_second[0], f"SQLite FULL {per_second[1]}", f"{rate:.3g}x", "at least 0.9x",
        rate >= 0.9,
    )  # fmt: skip
    yield limit("a reader meanwhile, p99", sorted(reads)[int(len(reads) * 0.99)], 0.005)


def main() -> None:
    """Print the rows alone."""
    from bench.measure import table

    with tempfile.TemporaryDirectory() as folder:
        print(table(list(rows(Path(folder), quick="--quick" in sys.argv))))


if __name__ == "__main__":
    main()
