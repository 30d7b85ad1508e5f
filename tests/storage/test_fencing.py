"""An owner that was stopped and overtaken is refused, whatever it was doing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agentsess.errors import SessionFenced, SessionLocked, StoreError
from agentsess.model import Draft, EntryKind
from agentsess.storage import lease as leases
from agentsess.storage.filesystems import kind_in
from agentsess.storage.history import History
from agentsess.storage.lease import Lease

OWNER = """
import sys
from pathlib import Path
from agentsess.errors import SessionFenced
from agentsess.model import Draft, EntryKind
from agentsess.storage.history import History
from agentsess.storage.lease import Lease
folder = Path(sys.argv[1])
history = History(folder / "history.jsonl")
lease = Lease.acquire(folder, "s", agent="old")
n = 0
while True:
    n += 1
    try:
        history.append([Draft(EntryKind.USER, f"old {n}")], lease.check)
    except SessionFenced:
        print("fenced", flush=True)
        break
    print(n, flush=True)
"""


def said(history: History) -> list[str]:
    return [entry.text for entry in history.entries()]


def take_over(folder: Path, history: History, **options: float) -> Lease:
    return Lease.acquire(
        folder, "s", agent="new", wait=30, move=history.rewrite, hung_after=options["hung_after"]
    )


@pytest.mark.parametrize("delay_in_records", range(0, 200, 10))
def test_a_stopped_owner_is_overtaken_loses_nothing_and_is_refused_when_it_wakes(
    tmp_path: Path, delay_in_records: int
) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    acknowledged = 0
    try:
        while acknowledged <= delay_in_records:
            acknowledged = int(owner.stdout.readline())
        os.kill(owner.pid, signal.SIGSTOP)
        history = History(tmp_path / "history.jsonl")
        with take_over(tmp_path, history, hung_after=0.1) as lease:
            ours = [f"new {n}" for n in range(3)]
            for text in ours:
                history.append([Draft(EntryKind.USER, text)], lease.check)
            os.kill(owner.pid, signal.SIGCONT)
            lines = owner.stdout.read().split()
            owner.wait(timeout=30)
        acknowledged = max([acknowledged, *map(int, lines[:-1])])
        assert lines[-1] == "fenced"
    finally:
        owner.kill()
        owner.communicate()
    texts = said(history)
    assert texts[-3:] == ours
    old = texts[:-3]
    # At most the one entry that was under way when it was stopped may stand there too.
    assert len(old) in (acknowledged, acknowledged + 1)
    assert old == [f"old {n}" for n in range(1, len(old) + 1)]
    assert [entry.seq for entry in history.entries()] == list(range(1, len(texts) + 1))


def test_an_owner_whose_heart_beats_is_not_overtaken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.02)
    with Lease.acquire(tmp_path, "s") as lease, pytest.raises(SessionLocked):
        Lease.acquire(tmp_path, "s", wait=0.6, hung_after=0.3)
    lease.release()


def test_a_user_may_take_a_session_from_an_owner_that_is_well(tmp_path: Path) -> None:
    old, new = History(tmp_path / "history.jsonl"), History(tmp_path / "history.jsonl")
    first = Lease.acquire(tmp_path, "s", agent="first")
    old.append([Draft(EntryKind.USER, "one")], first.check)
    with Lease.acquire(tmp_path, "s", agent="second", take_over=True, move=new.rewrite) as second:
        with pytest.raises(SessionFenced, match="second"):
            old.append([Draft(EntryKind.USER, "lost")], first.check)
        new.append([Draft(EntryKind.USER, "two")], second.check)
    first.release()
    assert said(new) == ["one", "two"]


def test_what_an_overtaken_owner_writes_after_its_last_look_is_not_in_the_history(
    tmp_path: Path,
) -> None:
    old, new = History(tmp_path / "history.jsonl"), History(tmp_path / "history.jsonl")
    first = Lease.acquire(tmp_path, "s", agent="first")
    old.append([Draft(EntryKind.USER, "one")], first.check)
    looks = 0

    def overtaken_between_looks() -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            Lease.acquire(tmp_path, "s", take_over=True, move=new.rewrite).release()
        else:
            first.check()

    with pytest.raises(SessionFenced):
        old.append([Draft(EntryKind.USER, "late")], overtaken_between_looks)
    first.release()
    assert said(new) == ["one"]


def test_an_owner_overtaken_twice_is_refused_too(tmp_path: Path) -> None:
    first = Lease.acquire(tmp_path, "s")
    second = Lease.acquire(tmp_path, "s", take_over=True)
    third = Lease.acquire(tmp_path, "s", take_over=True)
    for overtaken in (first, second):
        with pytest.raises(SessionFenced):
            overtaken.check()
    third.check()
    for lease in (first, second, third):
        lease.release()
    assert [path.name for path in tmp_path.iterdir()] == ["lease-000003"]


def test_a_thief_that_died_before_it_moved_the_history_leaves_that_to_the_next(
    tmp_path: Path,
) -> None:
    first = Lease.acquire(tmp_path, "s")

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Lease.acquire(tmp_path, "s", take_over=True, move=die)
    moved: list[str] = []
    Lease.acquire(tmp_path, "s", move=lambda: moved.append("yes")).release()
    assert moved == ["yes"]
    Lease.acquire(tmp_path, "s", move=lambda: moved.append("again")).release()
    assert moved == ["yes"]
    first.release()


def test_a_lease_on_a_network_file_system_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "network_file_system", lambda folder: "nfs4")
    with pytest.raises(StoreError, match=r"network file system \(nfs4\).*AGENTSESS_HOME"):
        Lease.acquire(tmp_path, "s")


def test_network_file_systems_are_told_from_local_ones() -> None:
    mounts = (
        "36 35 98:0 / / rw,noatime master:1 - ext4 /dev/root rw\n"
        "40 36 0:45 / /home rw shared:2 - nfs4 server:/home rw\n"
    )
    assert kind_in(mounts, "98:0") == ""
    assert kind_in(mounts, "0:45") == "nfs4"
    assert kind_in(mounts, "1:1") == ""
