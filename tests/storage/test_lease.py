from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from agentsess.errors import SessionLocked
from agentsess.storage.lease import Lease, owner_of

HOLD = """
import sys
from pathlib import Path
from agentsess.storage.lease import Lease
lease = Lease.acquire(Path(sys.argv[1]), "s", agent="coder")
print("held", flush=True)
sys.stdin.readline()
lease.release()
print("released", flush=True)
sys.stdin.readline()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_second_writer_is_refused_and_told_who_holds_the_lease(tmp_path: Path) -> None:
    path = tmp_path
    process = holder(path)
    try:
        with pytest.raises(SessionLocked, match=f"coder.*{process.pid}") as caught:
            Lease.acquire(path, "s")
        owner = caught.value.owner
        assert owner is not None
        assert (owner.pid, owner.agent, owner.host) == (process.pid, "coder", socket.gethostname())
        assert owner_of(path) == owner
    finally:
        end(process)


def test_two_leases_of_one_process_exclude_each_other_too(tmp_path: Path) -> None:
    with Lease.acquire(tmp_path, "s"), pytest.raises(SessionLocked):
        Lease.acquire(tmp_path, "s")


def test_a_killed_owners_lease_is_free_at_once(tmp_path: Path) -> None:
    path = tmp_path
    process = holder(path)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert owner_of(path) is None
    Lease.acquire(path, "s", wait=0).release()


def test_a_stopped_owner_keeps_its_lease(tmp_path: Path) -> None:
    path = tmp_path
    process = holder(path)
    try:
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(SessionLocked):
            Lease.acquire(path, "s")
    finally:
        os.kill(process.pid, signal.SIGCONT)
        end(process)


def test_a_waiting_writer_gets_the_lease_when_it_is_given_back(tmp_path: Path) -> None:
    path = tmp_path
    process = holder(path)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write("\n")
        process.stdin.flush()
        with Lease.acquire(path, "s", wait=10):
            assert owner_of(path) is not None
        assert process.stdout.readline() == "released\n"
    finally:
        end(process)


def test_a_child_that_outlives_its_parent_does_not_keep_the_lease(tmp_path: Path) -> None:
    path = tmp_path
    lease = Lease.acquire(path, "s")
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        lease.release()
        assert owner_of(path) is None
        Lease.acquire(path, "s").release()
    finally:
        child.kill()
        child.communicate()


def test_looking_at_a_lease_that_never_was_makes_no_file(tmp_path: Path) -> None:
    assert owner_of(tmp_path / "none" / "lease") is None
    assert list(tmp_path.iterdir()) == []


def test_an_owner_whose_name_cannot_be_read_is_still_an_owner(tmp_path: Path) -> None:
    path = tmp_path
    with Lease.acquire(path, "s") as lease:
        lease.path.write_bytes(b"\xff{")
        assert owner_of(path) is not None
        with pytest.raises(SessionLocked, match="in use by another process"):
            Lease.acquire(path, "s")


def test_releasing_twice_is_harmless(tmp_path: Path) -> None:
    lease = Lease.acquire(tmp_path, "s")
    lease.release()
    with Lease.acquire(tmp_path, "s"):
        lease.release()
        assert owner_of(tmp_path) is not None


def test_a_lease_that_cannot_be_written_down_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space"):
            Lease.acquire(tmp_path, "s")
    Lease.acquire(tmp_path, "s").release()
