"""Several processes on one store, some of them killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from agentsess.storage.history import History
from agentsess.storage.store import FileStore

NOW = "2026-11-24T12:00:00+00:00"
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

WORK = """
import random, sys
from pathlib import Path
from agentsess.errors import SessionLocked
from agentsess.model import Draft, EntryKind
from agentsess.sessions.service import SessionService
from agentsess.storage import journal_storage
journal_storage._COMPACT_ABOVE = 3000
name, sessions = sys.argv[2], sys.argv[3:]
service = SessionService.open(Path(sys.argv[1]))
chance = random.Random(name)
print("ready", flush=True)
sys.stdin.readline()
for n in range(30):
    session = chance.choice(sessions)
    drafts = [Draft(EntryKind.USER, f"{name}:{n}:{k}") for k in range(chance.randint(1, 3))]
    try:
        with service.writer(session, agent=name, wait=chance.choice([0, 0.3])) as writer:
            for entry in writer.append(*drafts):
                print(session, entry.seq, entry.text)
    except SessionLocked as error:
        assert error.owner.agent != name
        print(session, "locked")
    service.change_tags(["shared"], [f"{name}-{n}"])
    service._store.count("shared", {"total": 1, name: 1}, {})
    service.update("shared", notes=f"{name} {n}")
service.close()
"""

COMPACT = """
import os, random, signal, sys, time
from pathlib import Path
from agentsess.storage import journal_storage
from agentsess.storage.store import FileStore
journal_storage._COMPACT_ABOVE = 500
home = Path(sys.argv[1])
for round_ in range(int(sys.argv[2])):
    pid = os.fork()
    if pid == 0:
        store = FileStore(home)
        for n in range(100_000):
            store.patch("sessions", {"shared": {f"c{round_}": n}})
            os.write(1, f"{round_} {n}\\n".encode())
    time.sleep(random.Random(round_).uniform(0.005, 0.04))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    if (home / "index" / "sessions.new").exists():
        os.write(1, b"within\\n")
"""

WRITE = """
import sys
from pathlib import Path
from agentsess.storage.store import FileStore
home, stop = Path(sys.argv[1]), Path(sys.argv[2])
store, n = FileStore(home), 0
print("ready", flush=True)
while not stop.exists():
    n += 1
    store.patch("sessions", {"shared": {"written": n}})
    store.count("shared", {"counted": 1}, {})
    shared = store.documents("sessions")["shared"]
    assert (shared["written"], shared["counted"]) == (n, n)
print(n)
"""

READ = """
import statistics, sys, time
from pathlib import Path
from agentsess.storage.store import FileStore
home, stop = Path(sys.argv[1]), Path(sys.argv[2])
store, last, took = FileStore(home), 0, []
print("ready", flush=True)
while not stop.exists():
    began = time.perf_counter()
    written = store.documents("sessions")["shared"].get("written", 0)
    took.append(time.perf_counter() - began)
    assert written >= last
    last = written
    time.sleep(0.0005)
    if len(took) % 50 == 0:
        fresh = FileStore(home)
        assert fresh.documents("sessions")["shared"].get("written", 0) >= last
        fresh.close()
print(len(took), 1000 * statistics.quantiles(took, n=100)[98], 1000 * max(took))
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


def all_said(processes: Sequence[subprocess.Popen[str]]) -> list[str]:
    """Let processes begin together, and what each said until it ended by itself."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    with ThreadPoolExecutor(len(processes)) as pool:
        return list(pool.map(lambda process: process.communicate(timeout=120)[0], processes))


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


def test_eight_processes_append_count_and_compact_at_once_and_lose_nothing(tmp_path: Path) -> None:
    names, sessions = "abcdefgh", ["one", "two", "three"]
    store = FileStore(tmp_path)
    for session_id in ("shared", *sessions):
        store.create("sessions", session_id, dict.fromkeys(("created_at", "updated_at"), NOW))
    index = tmp_path / "index" / "sessions.jsonl"
    before = index.open("rb")  # kept open: else a later file may get the same inode
    with ExitStack() as stack:
        workers = [stack.enter_context(child(WORK, tmp_path, n, *sessions)) for n in names]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        said = "".join(all_said(workers))
    assert all(worker.returncode == 0 for worker in workers)

    acknowledged: dict[str, dict[int, str]] = {session_id: {} for session_id in sessions}
    for session_id, seq, *text in map(str.split, said.splitlines()):
        if text:
            assert int(seq) not in acknowledged[session_id], "two had the lease at once"
            acknowledged[session_id][int(seq)] = text[0]
    documents = store.documents("sessions")
    for session_id in sessions:
        kept = {entry.seq: entry.text for entry in store.entries(session_id)}
        assert kept == acknowledged[session_id]
        assert sorted(kept) == list(range(1, len(kept) + 1))
        assert documents[session_id].get("message_count", 0) == len(kept)
    shared = documents["shared"]
    assert shared["total"] == 30 * len(names)
    assert {shared[name] for name in names} == {30}
    assert set(shared["tags"]) == {f"{name}-{n}" for name in names for n in range(30)}
    assert store.damaged_documents() == []
    assert not os.path.sameopenfile(before.fileno(), store._db.storage._read_fd), "not compacted"
    before.close()
    store.close()


def test_a_compactor_killed_beside_a_writer_and_a_reader_harms_neither(tmp_path: Path) -> None:
    home, stop = tmp_path / "home", tmp_path / "stop"
    store = FileStore(home)
    store.create("sessions", "shared", {})
    with child(WRITE, home, stop) as writer, child(READ, home, stop) as reader:
        for process in (writer, reader):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        compactor = subprocess.run(
            [sys.executable, "-c", COMPACT, home, str(ROUNDS * 5)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        stop.touch()
        written, reads = all_said([writer, reader])
    assert (writer.returncode, reader.returncode) == (0, 0)

    said = compactor.stdout.split("\n")
    last = dict(line.split() for line in said if line and line != "within")
    for shared in (
        store.documents("sessions")["shared"],
        FileStore(home).documents("sessions")["shared"],
    ):
        assert (shared["written"], shared["counted"]) == (int(written), int(written))
        assert all(shared[f"c{round_}"] >= int(n) for round_, n in last.items())
    assert said.count("within") > 0, "none was killed while it wrote the new file"
    count, slow, slowest = reads.split()
    print(f"{ROUNDS * 5} kills, {said.count('within')} of them within a compaction;")
    print(f"{int(written)} writes; {count} reads, 99 % of them within {float(slow):.2f} ms,")
    print(f"the slowest took {float(slowest):.1f} ms")
    store.close()


def test_a_reader_does_not_wait_for_a_writer_that_hangs_with_the_lock(tmp_path: Path) -> None:
    store, reader = FileStore(tmp_path), FileStore(tmp_path)
    store.create("sessions", "a", {"n": 1})
    with store._db.storage.exclusive():
        assert reader.documents("sessions")["a"] == {"n": 1}
        assert FileStore(tmp_path).documents("sessions")["a"] == {"n": 1}
