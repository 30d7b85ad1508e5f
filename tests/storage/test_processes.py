"""Several processes on one store, some of them killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agentsess.storage.history import History
from agentsess.storage.store import FileStore

ROUNDS = int(os.environ.get("AGENTSESS_KILL_ROUNDS", "20"))
"""How often a writer is killed; a few in every run, hundreds when asked for."""

APPEND = """
import sys
from pathlib import Path
from agentsess.model import Draft, EntryKind
from agentsess.storage.history import History
history = History(Path(sys.argv[1]))
for n in range(100_000):
    text = f"{sys.argv[2]}:{n} " + "x" * (n * 37 % 3000)
    (entry,) = history.append([Draft(EntryKind.USER, text)])
    sys.stdout.write(f"{entry.seq} {sys.argv[2]}:{n}\\n")
    sys.stdout.flush()
"""

PATCH = """
import sys
from pathlib import Path
from agentsess.storage import journal_storage
from agentsess.storage.store import FileStore
journal_storage._COMPACT_ABOVE = int(sys.argv[3])
store = FileStore(Path(sys.argv[1]))
for n in range(100_000):
    store.create("sessions", f"{sys.argv[2]}-{n}", {"n": n})
    store.patch("sessions", {"shared": {sys.argv[2]: n}})
    sys.stdout.write(f"{n}\\n")
    sys.stdout.flush()
"""

COUNT = """
import sys
from pathlib import Path
from agentsess.storage import journal_storage
from agentsess.storage.store import FileStore
journal_storage._COMPACT_ABOVE = 3000
store = FileStore(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for n in range(200):
    store.count("shared", {"total": 1, sys.argv[2]: 1}, {})
    if n % 10 == 0:
        store.patch("sessions", {"shared": {"note": f"{sys.argv[2]} {n} " + "x" * 100}})
store.close()
"""


@contextmanager
def child(script: str, *args: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def killed_after(lines: int, script: str, *args: object) -> Sequence[str]:
    """What a child had acknowledged when it was killed, in mid-work, after some lines."""
    with child(script, *args) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        said += process.stdout.readlines()
    return [line.strip() for line in said if line.endswith("\n")]


def test_a_writer_killed_in_mid_append_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    acknowledged: dict[int, str] = {}
    for round_ in range(ROUNDS):
        for line in killed_after(random.Random(round_).randint(1, 40), APPEND, path, round_):
            seq, name = line.split()
            assert int(seq) not in acknowledged
            acknowledged[int(seq)] = name
    history = History(path)
    kept = {entry.seq: entry.text.split()[0] for entry in history.entries()}
    assert acknowledged.items() <= kept.items()
    # Of each round, at most the one entry that was under way came in beside.
    assert len(kept) - len(acknowledged) <= ROUNDS
    assert sorted(kept) == list(range(1, len(kept) + 1))


def test_a_writer_killed_while_it_compacts_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    FileStore(tmp_path).create("sessions", "shared", {})
    last: dict[str, int] = {}
    for round_ in range(ROUNDS // 2):
        said = killed_after(random.Random(round_).randint(1, 60), PATCH, tmp_path, round_, 500)
        last[str(round_)] = int(said[-1])
    documents = FileStore(tmp_path).documents("sessions")
    for round_name, n in last.items():
        assert documents["shared"][round_name] >= n
        for each in range(n + 1):
            assert documents[f"{round_name}-{each}"] == {"n": each}


def test_processes_that_count_at_once_lose_nothing_even_while_the_file_is_compacted(
    tmp_path: Path,
) -> None:
    store = FileStore(tmp_path)
    store.create("sessions", "shared", {})
    index = tmp_path / "index" / "sessions.jsonl"
    before = index.open("rb")  # kept open: else a later file may get the same inode
    with child(COUNT, tmp_path, "a") as one, child(COUNT, tmp_path, "b") as other:
        for process in (one, other):
            assert process.stdout is not None
            assert process.stdin is not None
            assert process.stdout.readline() == "ready\n"
        for process in (one, other):
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        for n in range(100):
            store.count("shared", {"total": 1, "c": 1}, {})
            assert store.documents("sessions")["shared"]["c"] == n + 1
        assert one.wait(60) == 0
        assert other.wait(60) == 0
    shared = store.documents("sessions")["shared"]
    assert (shared["a"], shared["b"], shared["c"], shared["total"]) == (200, 200, 100, 500)
    assert store.damaged_documents == 0
    assert not os.path.sameopenfile(before.fileno(), store._db.storage._read_fd), "not compacted"
    before.close()
    store.close()
