"""Sessions that begin with a history: killed at any step, none is half there, nothing is left."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from agentsess.clock import clock_stopped, utc_now
from agentsess.errors import StoreError
from agentsess.model import Draft, EntryKind, Session, Status
from agentsess.sessions.making import making
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
from agentsess.storage import steps
from support.claude_history import Transcript

THEIRS = "7d1f0c52-1111-4222-8333-444455550001"
SAID = ["Port the reader", "x" * 9000, "It is ported."]
DO = """
import os, signal, sys
from pathlib import Path
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
from agentsess.storage import steps
home, what, session_id, last = Path(sys.argv[1]), *sys.argv[2:]
def end(name):
    if name == last:
        os.kill(os.getpid(), signal.SIGKILL)
service = SessionService.open(home / "store", sources=[ClaudeCodeSource(home / "claude")])
steps.watch = end
fork, phase = service.branches.fork, service.phases.start
{"fork": fork, "phase": phase, "continue": service.continue_here}[what](session_id)
"""


def opened(home: Path) -> SessionService:
    service = SessionService.open(home / "store", sources=[ClaudeCodeSource(home / "claude")])
    service.refresh()
    return service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SessionService]:
    Transcript(THEIRS).prompt("Fix it").reply("Fixed.").write(tmp_path / "claude")
    with closing(opened(tmp_path)) as service:
        yield service


@pytest.fixture
def origin(service: SessionService) -> Session:
    session = service.create(title="The reader", tags=["kept"])
    with service.writer(session.id) as writer:
        writer.append(*(Draft(EntryKind.USER, text) for text in SAID))
    return service.get(session.id)


def killed(home: Path, what: str, session_id: str, step: str) -> None:
    done = subprocess.run([sys.executable, "-c", DO, home, what, session_id, step], timeout=60)
    assert done.returncode == -signal.SIGKILL


def said(service: SessionService, session_id: str) -> list[str]:
    return [entry.text for entry in service.entries(session_id)]


def files(home: Path) -> set[str]:
    """All that lies in the store's folders of sessions, archives and of what is deleted."""
    places = (home / "store" / place for place in ("s", "archive", "trash"))
    return {str(path.relative_to(home)) for place in places for path in place.rglob("*.*")}


def tidied_later(home: Path) -> None:
    with closing(opened(home)) as service, clock_stopped(utc_now() + timedelta(minutes=2)):
        assert service.tidy().problems == {}


@pytest.mark.parametrize("what", ["fork", "phase", "continue"])
@pytest.mark.parametrize("step", ["begun", "filled"])
def test_killed_before_it_is_whole_it_is_nowhere(
    service: SessionService, origin: Session, tmp_path: Path, what: str, step: str
) -> None:
    before, listed = files(tmp_path), [*service.list(), *service.list(trashed=True)]
    killed(tmp_path, what, THEIRS if what == "continue" else origin.id, step)
    with closing(opened(tmp_path)) as other:
        for seen in (service, other):
            assert [*seen.list(), *seen.list(trashed=True)] == listed
            assert not [hit for hit in seen.search("Fixed") if hit.session.id != THEIRS]
    assert service.bring_back() == ()
    assert said(service, origin.id) == SAID
    assert service.tidy().cleaned == []  # it might be in the making
    tidied_later(tmp_path)
    assert files(tmp_path) == before
    assert set(service._store.documents("sessions")) == {origin.id}
    assert [*service.list(), *service.list(trashed=True)] == listed


@pytest.mark.parametrize(("what", "steps"), [("fork", 1), ("continue", 1), ("phase", 3)])
def test_killed_when_it_is_there_it_is_whole(
    service: SessionService, origin: Session, tmp_path: Path, what: str, steps: int
) -> None:
    for step in ("made", "told", "ended")[:steps]:
        known = {session.id for session in service.list()}
        killed(tmp_path, what, THEIRS if what == "continue" else origin.id, step)
        (made,) = [session for session in service.list() if session.id not in known]
        assert made.entry_count == len(said(service, made.id)) > 0
        assert made.size_bytes > 0
        if what == "fork":
            assert said(service, made.id) == SAID
        if what != "phase":
            continue
        tidied_later(tmp_path)
        assert service.get(origin.id).status is Status.COMPLETED
        (*_, last) = service.entries(origin.id)
        assert last.meta == {"event": "continued", "session": made.id}
        tidied_later(tmp_path)
        service.resume(origin.id)
        tidied_later(tmp_path)
        assert service.get(origin.id).status is Status.ACTIVE


def test_a_session_that_was_worked_in_since_is_not_ended_by_a_phase_that_was_cut_off(
    service: SessionService, origin: Session, tmp_path: Path
) -> None:
    killed(tmp_path, "phase", origin.id, "made")
    with service.writer(origin.id) as writer:
        writer.append(Draft(EntryKind.USER, "I go on here."))
    tidied_later(tmp_path)
    assert service.get(origin.id).status is Status.ACTIVE
    assert said(service, origin.id) == [*SAID, "I go on here."]


def test_a_phase_whose_origin_is_gone_is_a_session_like_any_other(
    service: SessionService, origin: Session, tmp_path: Path
) -> None:
    killed(tmp_path, "phase", origin.id, "made")
    service.purge([origin.id])
    tidied_later(tmp_path)
    (phase,) = [session for session in service.list() if session.is_own]
    assert "untold" not in service._store.documents("sessions")[phase.id]


def test_what_fails_midway_leaves_nothing(
    service: SessionService, origin: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(tmp_path)

    def fail(name: str) -> None:
        if name == "filled":
            raise StoreError("No space left.")

    monkeypatch.setattr(steps, "watch", fail)
    with pytest.raises(StoreError, match="No space"):
        service.branches.fork(origin.id)
    with pytest.raises(StoreError, match="No space"):
        service.phases.start(origin.id)
    with pytest.raises(StoreError, match="No space"):
        service.continue_here(THEIRS)
    assert {session.id for session in service.list()} == {origin.id, THEIRS}
    assert files(tmp_path) == before
    assert set(service._store.documents("sessions")) == {origin.id}


def test_tidying_leaves_what_is_being_made_alone_however_long_that_takes(
    service: SessionService, tmp_path: Path
) -> None:
    document = {"status": "active", "created_at": "2026-01-01T00:00:00+00:00"}
    with making(service._store, "slow", document | {"updated_at": document["created_at"]}) as lease:
        tidied_later(tmp_path)
        service._store.append("slow", [Draft(EntryKind.USER, "done at last")], lease)
    assert said(service, "slow") == ["done at last"]


def test_a_file_that_is_none_of_ours_does_not_keep_tidying_from_the_rest(
    service: SessionService, origin: Session, tmp_path: Path
) -> None:
    service.archive(origin.id)
    archive = tmp_path / "store" / "archive"
    (archive / "my notes.new").write_text("mine")
    (archive / f"{THEIRS}.new").write_text("the copy that was cut off")
    assert service.tidy().problems == {}
    assert {path.name for path in archive.iterdir()} == {f"{origin.id}.tar.zst", "my notes.new"}


def test_a_history_that_was_half_rewritten_leaves_no_file(
    service: SessionService, origin: Session, tmp_path: Path
) -> None:
    (history,) = (tmp_path / "store" / "s").rglob("history.jsonl")
    history.with_suffix(".new").write_text("half")
    with service.writer(origin.id):
        pass
    assert [path.name for path in history.parent.iterdir() if "lease" not in path.name] == [
        "history.jsonl"
    ]


def test_another_programs_session_that_went_on_since_is_not_ended_by_a_phase_that_was_cut_off(
    service: SessionService, tmp_path: Path
) -> None:
    killed(tmp_path, "phase", THEIRS, "made")
    later = Transcript(THEIRS).prompt("Fix it").reply("Fixed.").wait(10 * 365 * 86_400)
    later.prompt("I go on there.").write(tmp_path / "claude")
    tidied_later(tmp_path)
    assert service.get(THEIRS).status is Status.ACTIVE


def test_a_folder_that_cannot_be_read_is_said_and_does_not_stop_the_tidying(
    service: SessionService, origin: Session, tmp_path: Path
) -> None:
    service.archive(origin.id)
    folder = service._store.folder(origin.id)
    shutil.rmtree(folder, ignore_errors=True)
    folder.symlink_to(folder)  # what leads to itself cannot be listed, not even by root
    assert list(service.tidy().problems) == [origin.id]
