"""A disk that is full or fails, at every call that writes: a clear error, and nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from agentsess.errors import StoreError
from agentsess.model import Draft, EntryKind
from agentsess.sessions.service import SessionService
from support.disk import Disk

MOST_CALLS = 40
"""No operation here writes more often than this."""


def prepared(home: Path) -> tuple[SessionService, str]:
    service = SessionService.open(home)
    session = service.create(title="Keep me")
    with service.writer(session.id) as writer:
        writer.append(Draft(EntryKind.USER, "one"), Draft(EntryKind.USER, "two"))
    service.branches.snapshot(session.id, "first")
    with service.writer(session.id) as writer:
        writer.append(Draft(EntryKind.USER, "three"))
    return service, session.id


def append(service: SessionService, session_id: str) -> None:
    with service.writer(session_id) as writer:
        writer.append(Draft(EntryKind.USER, "four"))


def rename(service: SessionService, session_id: str) -> None:
    service.update(session_id, title="Renamed")


def create(service: SessionService, session_id: str) -> None:
    service.create(title="New")


def snapshot(service: SessionService, session_id: str) -> None:
    service.branches.snapshot(session_id, "second")


def fork(service: SessionService, session_id: str) -> None:
    service.branches.fork(session_id)


def rewind(service: SessionService, session_id: str) -> None:
    service.branches.rewind(service.branches.find(session_id, "first"))


def compact(service: SessionService, session_id: str) -> None:
    storage = service._store._db.storage  # type: ignore[attr-defined]
    with storage.exclusive():
        storage._compact()


def texts(service: SessionService, session_id: str) -> list[str]:
    return [entry.text for entry in service.entries(session_id)]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.mark.parametrize("work", [append, rename, create, snapshot, fork, rewind, compact])
def test_a_full_disk_at_any_call_is_a_clear_error_and_unharmful(
    tmp_path: Path, disk: Disk, work: Callable[[SessionService, str], None]
) -> None:
    for number in range(MOST_CALLS):
        home = tmp_path / str(number)
        service, session_id = prepared(home)
        disk.fail_at(number)
        with suppress(StoreError):
            work(service, session_id)
        disk.heal()
        reached = disk.failed
        service.close()

        after = SessionService.open(home)
        said = texts(after, session_id)
        allowed = [["one", "two", "three"]]
        if work is append:
            allowed.append(["one", "two", "three", "four"])
        if work is rewind:
            allowed.append(["one", "two"])
            # What is not in the session any more is in the branch.
            everything = {text for s in after.list() for text in texts(after, s.id)}
            assert everything == {"one", "two", "three"}
        assert said in allowed
        assert after.get(session_id).title in ("Keep me", "Renamed")
        # With space again all of it works.
        work(after, session_id)
        with after.writer(session_id) as writer:
            writer.append(Draft(EntryKind.USER, "and on"))
        assert texts(after, session_id)[-1] == "and on"
        after.close()
        if not reached:
            return
    raise AssertionError(f"{work.__name__} writes more than {MOST_CALLS} times")
