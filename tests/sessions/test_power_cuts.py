"""The power goes in any moment of an operation: all that was kept is there, before or after."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from agentsess.model import Draft, EntryKind, Status
from agentsess.sessions.service import SessionService
from agentsess.storage import journal_storage
from support.power import watched

CASES = 25
"""How often each moment is tried, each time with another part of what was written."""
TEXTS = ["Port the reader", "x" * 9000, "", "It is ported — ünïcode\n" * 400]

Operation = Callable[[SessionService, str], object]
Check = Callable[[SessionService, str, bool], None]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def session_id(home: Path) -> str:
    service = SessionService.open(home)
    session = service.create(title="Keep me", tags=["kept"])
    with service.writer(session.id) as writer:
        writer.append(*(Draft(EntryKind.USER, text) for text in TEXTS))
    service.branches.snapshot(session.id, "first")
    service.close()
    return session.id


def said(service: SessionService, session_id: str) -> list[str]:
    return [entry.text for entry in service.entries(session_id)]


def try_all(
    home: Path, session_id: str, monkeypatch: pytest.MonkeyPatch, operation: Operation, check: Check
) -> None:
    """Do something, and see what a cut in each moment of it leaves."""
    service = SessionService.open(home)
    with watched(home, monkeypatch) as cuts:
        operation(service, session_id)
    service.close()
    assert len(cuts) > 4
    for number, cut in enumerate(cuts):
        for seed in range(CASES):
            left = home.parent / "left"
            shutil.rmtree(left, ignore_errors=True)
            cut.leave(left, Random(seed))
            try:
                with closing(SessionService.open(left)) as after:
                    check(after, session_id, cut is cuts[-1])
                    assert after.tidy().problems == {}
                    check(after, session_id, cut is cuts[-1])
                    assert after.bring_back() == ()
            except Exception as error:
                error.add_note(f"moment {number} of {len(cuts)}, seed {seed}")
                raise


def keeps_all(after: SessionService, session_id: str) -> None:
    assert said(after, session_id) == TEXTS
    assert after.get(session_id).tags == ("kept",)
    assert not after.check().damage


def test_while_the_first_session_of_a_store_is_made(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()

    def check(after: SessionService, session_id: str, done: bool) -> None:
        assert [session.title for session in after.list()] in (
            [["First"]] if done else [[], ["First"]]
        )

    try_all(home, "", monkeypatch, lambda s, _: s.create(title="First"), check)


def test_while_a_session_is_archived(
    home: Path, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(after: SessionService, session_id: str, done: bool) -> None:
        keeps_all(after, session_id)
        assert not done or after.get(session_id).status is Status.ARCHIVED

    try_all(home, session_id, monkeypatch, SessionService.archive, check)


def test_while_a_session_is_taken_out_of_the_archive(
    home: Path, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(SessionService.open(home)) as service:
        service.archive(session_id)

    def check(after: SessionService, session_id: str, done: bool) -> None:
        keeps_all(after, session_id)
        assert not done or after.get(session_id).status is Status.ACTIVE

    try_all(home, session_id, monkeypatch, SessionService.unarchive, check)


def test_while_a_session_is_rewound(
    home: Path, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(SessionService.open(home)) as service, service.writer(session_id) as writer:
        writer.append(Draft(EntryKind.USER, "what came after"))
    now = [*TEXTS, "what came after"]

    def rewind(service: SessionService, session_id: str) -> None:
        service.branches.rewind(service.branches.find(session_id, "first"))

    def check(after: SessionService, session_id: str, done: bool) -> None:
        histories = [said(after, session.id) for session in after.list()]
        assert now in histories
        assert said(after, session_id) == TEXTS or (said(after, session_id) == now and not done)
        assert not after.check().damage

    try_all(home, session_id, monkeypatch, rewind, check)


def test_while_a_session_is_forked(
    home: Path, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(after: SessionService, session_id: str, done: bool) -> None:
        keeps_all(after, session_id)
        forks = [said(after, session.id) for session in after.list() if session.id != session_id]
        assert forks == [TEXTS] or (forks == [] and not done)

    try_all(home, session_id, monkeypatch, lambda s, i: s.branches.fork(i), check)


def test_while_a_new_phase_is_begun(
    home: Path, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(after: SessionService, session_id: str, done: bool) -> None:
        assert said(after, session_id)[:4] == TEXTS
        phases = [session for session in after.list() if session.id != session_id]
        assert len(phases) == 1 or (phases == [] and not done)
        for phase in phases:
            (first,) = said(after, phase.id)
            assert "goes on where “Keep me” ended" in first
            assert phase.title == "Keep me (part 2)"
            after.tidy()
            assert said(after, session_id)[4:] == ["The work goes on in “Keep me (part 2)”."]
            assert after.get(session_id).status is Status.COMPLETED

    try_all(home, session_id, monkeypatch, lambda s, i: s.phases.start(i), check)


def test_while_a_session_is_deleted_for_good(
    home: Path, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(SessionService.open(home)) as service:
        other = service.create(title="Another", session_id="another")
        service.trash([session_id])

    def check(after: SessionService, session_id: str, done: bool) -> None:
        assert [session.id for session in after.list()] == [other.id]
        if left := after.list(trashed=True):  # all of it, or nothing
            assert not done
            assert said(after, left[0].id) == TEXTS

    try_all(home, session_id, monkeypatch, lambda s, i: s.purge([i]), check)


def test_while_the_index_is_compacted(
    home: Path, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(SessionService.open(home)) as service:
        for number in range(20):
            service.update(session_id, notes=str(number))

    def change_twice(service: SessionService, session_id: str) -> None:
        before = (home / "index" / "sessions.jsonl").stat().st_size
        service.update(session_id, notes="20")
        assert (home / "index" / "sessions.jsonl").stat().st_size < before / 2
        service.update(session_id, notes="21")

    def check(after: SessionService, session_id: str, done: bool) -> None:
        keeps_all(after, session_id)
        assert after.get(session_id).notes in (["21"] if done else ["19", "20", "21"])
        assert [s.name for s in after.branches.snapshots(session_id)] == ["first"]

    monkeypatch.setattr(journal_storage, "_COMPACT_ABOVE", 1)
    try_all(home, session_id, monkeypatch, change_twice, check)
