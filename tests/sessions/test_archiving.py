"""Archiving through the service: what the user sees, undoes, and is told when it fails."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentsess.errors import IllegalTransition, SessionLocked, StoreError
from agentsess.model import Draft, EntryKind, Session, Status
from agentsess.sessions.service import SessionService

IN_AND_OUT = """
import sys
from pathlib import Path
from agentsess.sessions.service import SessionService
service = SessionService.open(Path(sys.argv[1]))
for _ in range(int(sys.argv[3])):
    service.archive(sys.argv[2])
    service.unarchive(sys.argv[2])
service.close()
"""

WRITE = """
import sys
from pathlib import Path
from agentsess.errors import IllegalTransition, SessionLocked
from agentsess.model import Draft, EntryKind
from agentsess.sessions.service import SessionService
service = SessionService.open(Path(sys.argv[1]))
kept = 0
while kept < int(sys.argv[3]):
    try:
        with service.writer(sys.argv[2], wait=1) as writer:
            writer.append(Draft(EntryKind.USER, f"{sys.argv[4]} {kept}"))
            kept += 1
    except (IllegalTransition, SessionLocked):
        pass
service.close()
"""

TOGGLE = """
import sys
from pathlib import Path
from agentsess.errors import AgentsessError
from agentsess.sessions.service import SessionService
service = SessionService.open(Path(sys.argv[1]))
sys.stdout.write("ready\\n")
sys.stdout.flush()
done = 0
while True:
    try:
        service.archive(sys.argv[2])
        done += 1
        service.unarchive(sys.argv[2])
    except AgentsessError:
        pass
    sys.stdout.write(f"{done}\\n")
    sys.stdout.flush()
"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SessionService]:
    opened = SessionService.open(tmp_path)
    yield opened
    opened.close()


def talk(service: SessionService, *texts: str) -> Session:
    session = service.create(title=texts[0])
    with service.writer(session.id) as writer:
        writer.append(*(Draft(EntryKind.USER, text) for text in texts))
    return service.get(session.id)


def said(service: SessionService, session: Session) -> list[str]:
    return [entry.text for entry in service.entries(session.id)]


def bundles(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "archive").glob("*"))


def test_an_archived_session_is_listed_searched_and_read(
    service: SessionService, tmp_path: Path
) -> None:
    session = talk(service, "About pelicans", "They nest here. " * 500)
    archived = service.archive(session.id)
    assert bundles(tmp_path) == [f"{session.id}.tar.zst"]
    assert not list(tmp_path.rglob("history.jsonl"))
    assert archived.size_bytes == (tmp_path / "archive" / f"{session.id}.tar.zst").stat().st_size
    assert archived.size_bytes < session.size_bytes / 5
    assert [s.id for s in service.list("status:archived")] == [session.id]
    assert [hit.session.id for hit in service.search("nest")] == [session.id]
    assert service.page(session.id, last=1).entries[0].seq == 2
    assert service.recap(session.id).headline
    service.unarchive(session.id)
    assert service.get(session.id) == session
    assert bundles(tmp_path) == []


def test_undo_and_redo_take_it_out_and_put_it_away_again(
    service: SessionService, tmp_path: Path
) -> None:
    one, two = talk(service, "one"), talk(service, "two")
    service.set_status([one.id, two.id], Status.ARCHIVED)
    for _ in range(2):
        assert len(bundles(tmp_path)) == 2
        service.undo()
        assert bundles(tmp_path) == []
        assert service.get(one.id) == one
        service.redo()
    service.unarchive(one.id)
    assert len(bundles(tmp_path)) == 1
    service.undo()
    assert len(bundles(tmp_path)) == 2
    assert said(service, one) == ["one"]


def test_what_is_in_use_is_not_archived_nor_those_beside_it(
    service: SessionService, tmp_path: Path
) -> None:
    busy, idle = talk(service, "busy"), talk(service, "idle")
    with service.writer(busy.id, agent="coder") as writer:
        with pytest.raises(SessionLocked, match="coder"):
            service.set_status([idle.id, busy.id], Status.ARCHIVED)
        writer.append(Draft(EntryKind.USER, "more"))
    assert {s.status for s in service.list()} == {Status.ACTIVE}
    assert bundles(tmp_path) == []
    assert service.undo() is None


def test_nobody_writes_to_what_is_archived(service: SessionService) -> None:
    session = talk(service, "one")
    service.archive(session.id)
    with pytest.raises(IllegalTransition, match="Unarchive it first"):
        service.writer(session.id)
    service.unarchive(session.id)
    with service.writer(session.id) as writer:
        writer.append(Draft(EntryKind.USER, "two"))
    assert said(service, session) == ["one", "two"]


def test_a_session_is_put_away_and_taken_out_in_the_trash_too(
    service: SessionService, tmp_path: Path
) -> None:
    session = talk(service, "one")
    service.archive(session.id)
    service.trash([session.id])
    assert said(service, session) == ["one"]
    service.restore([session.id])
    service.unarchive(session.id)
    assert said(service, session) == ["one"]


def test_when_one_of_several_cannot_be_archived_it_stays_as_it_was(
    service: SessionService, tmp_path: Path
) -> None:
    good, bad = talk(service, "good"), talk(service, "bad")
    (tmp_path / "s" / bad.id[-2:] / bad.id / "link").symlink_to("/etc")
    with pytest.raises(StoreError, match="neither a file nor a folder"):
        service.set_status([bad.id, good.id], Status.ARCHIVED)
    assert service.get(bad.id) == bad
    assert service.get(good.id).status is Status.ARCHIVED
    assert bundles(tmp_path) == [f"{good.id}.tar.zst"]
    service.undo()
    assert service.get(good.id) == good
    assert service.get(bad.id) == bad
    with pytest.raises(StoreError):
        service.archive(bad.id)
    assert service.get(bad.id) == bad


def test_a_full_disk_leaves_it_as_it_was_and_another_try_works(
    service: SessionService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = talk(service, "one")
    real = os.write

    def full(fd: int, data: Any) -> int:
        # The index may still be written; the bundle does not fit.
        if "archive" in os.readlink(f"/proc/self/fd/{fd}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(fd, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StoreError, match="No space left"):
        service.archive(session.id)
    monkeypatch.undo()
    assert service.get(session.id) == session
    assert bundles(tmp_path) == []
    assert service.undo() is None
    assert service.archive(session.id).status is Status.ARCHIVED


def test_readers_beside_a_process_that_archives_always_see_all_of_it(
    service: SessionService, tmp_path: Path
) -> None:
    session = talk(service, "one", "two", "three")
    process = subprocess.Popen([sys.executable, "-c", IN_AND_OUT, str(tmp_path), session.id, "25"])
    looks = 0
    while process.poll() is None:
        looks += 1
        assert service.page(session.id, last=2).total == 3
        assert said(service, session) == ["one", "two", "three"]
    assert process.returncode == 0
    assert looks > 20
    assert service.get(session.id) == session


def test_what_others_write_while_it_goes_in_and_out_is_never_lost(
    service: SessionService, tmp_path: Path
) -> None:
    session = talk(service, "first")
    toggle = subprocess.Popen(
        [sys.executable, "-c", TOGGLE, str(tmp_path), session.id], stdout=subprocess.PIPE, text=True
    )
    assert toggle.stdout is not None
    assert toggle.stdout.readline() == "ready\n"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path), session.id, "15", name])
        for name in ("a", "b")
    ]
    for writer in writers:
        assert writer.wait(timeout=120) == 0
    toggle.kill()
    rounds = int(toggle.stdout.read().split("\n")[-2] or 0)
    toggle.wait()
    toggle.stdout.close()
    assert rounds > 0
    service.tidy()
    expected = {"first"} | {f"{name} {n}" for name in ("a", "b") for n in range(15)}
    assert sorted(said(service, session)) == sorted(expected)
    if service.get(session.id).status is Status.ARCHIVED:
        service.unarchive(session.id)
    assert sorted(said(service, session)) == sorted(expected)
