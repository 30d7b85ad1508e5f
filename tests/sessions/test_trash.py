"""Emptying the trash: by an explicit act alone, told in the journal, and whole after any end."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agentsess.clock import clock_stopped, utc_now
from agentsess.errors import (
    ChangedElsewhere,
    InvalidSession,
    SessionLocked,
    SessionNotFound,
    StoreError,
)
from agentsess.model import Draft, EntryKind, Session
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
from support.claude_history import Transcript

MONTH = timedelta(days=30)
NO_TIME = timedelta(0)

EMPTY = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from agentsess.storage import steps
from agentsess.sessions.service import SessionService
def end(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
steps.watch = end
trash = SessionService.open(Path(sys.argv[1])).bin
trash.empty(trash.expired(timedelta(0)), who="cli", why="test")
"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SessionService]:
    opened = SessionService.open(tmp_path / "home", sources=[ClaudeCodeSource(tmp_path / "claude")])
    yield opened
    opened.close()


def trashed(service: SessionService, text: str, days: int = 40, archived: bool = False) -> Session:
    session = service.create(title=text)
    with service.writer(session.id) as writer:
        writer.append(Draft(EntryKind.USER, text))
    if archived:
        service.archive(session.id)
    with clock_stopped(utc_now() - timedelta(days=days)):
        service.trash([session.id])
    return service.get(session.id)


def empty(service: SessionService, older_than: timedelta = MONTH) -> list[str]:
    removal = service.bin.empty(service.bin.expired(older_than), who="user", why="test")
    return [gone.title for gone in removal.sessions]


def traces(home: Path, word: str) -> list[Path]:
    """Files whose text or name tells of a session, but for the index, which tells what went."""
    return [
        path
        for path in home.rglob("*")
        if path.is_file() and path.parent.name != "index" and word.encode() in path.read_bytes()
    ]


def test_only_what_was_in_the_trash_for_long_enough_goes(service: SessionService) -> None:
    trashed(service, "long ago", days=31)
    trashed(service, "lately", days=29)
    service.create(title="kept")
    assert empty(service) == ["long ago"]
    assert [s.title for s in service.list(trashed=True)] == ["lately"]
    assert [s.title for s in service.list()] == ["kept"]


def test_nothing_is_left_of_it_but_the_journals_line(
    service: SessionService, tmp_path: Path
) -> None:
    plain = trashed(service, "a secret")
    packed = trashed(service, "another secret", archived=True)
    service.page(packed.id)
    assert set(empty(service)) == {"a secret", "another secret"}
    for session in (plain, packed):
        with pytest.raises(SessionNotFound):
            service.get(session.id)
        assert not list((tmp_path / "home").rglob(f"{session.id}*"))
    assert not traces(tmp_path / "home", "secret")
    (told,) = service.retention.history()
    assert (told.what, told.who, told.why) == ("deleted", "user", "test")
    assert {gone.id for gone in told.sessions} == {plain.id, packed.id}
    assert told.bytes == plain.size_bytes + packed.size_bytes


def test_its_snapshots_go_along(service: SessionService) -> None:
    session = service.create()
    with service.writer(session.id) as writer:
        writer.append(Draft(EntryKind.USER, "one"))
    service.branches.snapshot(session.id, "named")
    service.purge([session.id])
    assert service.branches.snapshots(session.id) == []


def test_other_programs_sessions_are_never_touched(service: SessionService, tmp_path: Path) -> None:
    path = (
        Transcript("7d1f0c52-1111-4222-8333-444455556666")
        .prompt("Hello")
        .write(tmp_path / "claude")
    )
    service.refresh()
    (theirs,) = service.list()
    service.trash([theirs.id])
    assert empty(service, NO_TIME) == []
    with pytest.raises(InvalidSession):
        service.purge([theirs.id])
    assert path.exists()
    assert [s.id for s in service.list(trashed=True)] == [theirs.id]


def test_what_was_restored_meanwhile_stays(service: SessionService) -> None:
    session = trashed(service, "wanted")
    planned = service.bin.expired(MONTH)
    service.restore([session.id])
    assert service.bin.empty(planned, who="user", why="").sessions == ()
    service.trash([session.id])  # again, later than what was planned
    assert service.bin.empty(planned, who="user", why="").sessions == ()
    assert service.page(session.id).total == 1
    assert service.retention.history() == []


def test_what_is_in_use_stays_in_the_trash(service: SessionService) -> None:
    session = trashed(service, "busy")
    with service.writer(session.id):
        assert empty(service) == []
        with pytest.raises(SessionLocked):
            service.purge([session.id])
    assert empty(service) == ["busy"]


def test_undo_does_not_bring_back_and_says_so(service: SessionService) -> None:
    trashed(service, "gone")
    empty(service)
    with pytest.raises(ChangedElsewhere):
        service.undo()
    assert service.list() == []


@pytest.mark.parametrize("step", ["marked", "moved", "unlinked"])
@pytest.mark.parametrize("archived", [False, True])
def test_killed_at_any_step_it_is_gone_for_the_user_and_finished_later(
    service: SessionService, tmp_path: Path, step: str, archived: bool
) -> None:
    session = trashed(service, "secret", archived=archived)
    done = subprocess.run([sys.executable, "-c", EMPTY, str(tmp_path / "home"), step], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert service.list(trashed=True) == []
    assert service.list() == []
    with pytest.raises(SessionNotFound):
        service.get(session.id)
    with pytest.raises(SessionNotFound):
        service.restore([session.id])
    (told,) = service.retention.history()
    assert told.sessions[0].id == session.id
    if archived:
        assert service.tidy().removed == [session.id]
    else:
        assert empty(service) == []
    assert not list((tmp_path / "home").rglob(f"{session.id}*"))
    assert service._store.documents("sessions") == {}
    assert service.tidy().removed == []
    assert len(service.retention.history()) == 1


@pytest.mark.parametrize("call", ["write", "fsync", "fdatasync", "unlink", "rename", "rmdir"])
def test_an_error_anywhere_loses_no_other_session_and_is_finished_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    real, failures = getattr(os, call), 0
    for after in range(100):
        home = tmp_path / str(after)
        service = SessionService.open(home)
        other = trashed(service, "other", days=1)
        trashed(service, "going")
        calls = 0

        def failing(*args: object, limit: int = after, **options: object) -> object:
            nonlocal calls
            calls += 1
            if calls > limit:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return real(*args, **options)

        monkeypatch.setattr(os, call, failing)
        failed = False
        try:
            empty(service)
        except StoreError:
            failed = True
        monkeypatch.setattr(os, call, real)
        service.close()
        service = SessionService.open(home)
        assert service.page(other.id).entries[0].text == "other"
        empty(service)
        assert [s.id for s in service.list(trashed=True)] == [other.id]
        assert len(list(home.rglob("history.jsonl"))) == 1
        service.close()
        if calls <= after:
            break
        failures += failed
    assert failures
