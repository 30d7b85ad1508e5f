"""Long work that is stopped: what was done stays, in one step to undo; the rest is as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agentsess.errors import Stopped
from agentsess.model import Draft, EntryKind, Status
from agentsess.pace import Pace, paced
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
from agentsess.storage import steps
from support.claude_history import Transcript

IDS = [f"7d1f0c52-1111-4222-8333-44445555000{n}" for n in range(3)]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SessionService]:
    source = ClaudeCodeSource(tmp_path / "claude")
    with closing(SessionService.open(tmp_path / "home", sources=[source])) as service:
        yield service


@pytest.fixture
def stopped_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, int], Pace]]:
    """Have the work stopped when a step was taken so many times."""
    pace, taken = Pace(), list[str]()

    def at(name: str, times: int = 1) -> Pace:
        def watch(step: str) -> None:
            taken.append(step)
            if taken.count(name) == times:
                pace.is_stopped = True

        monkeypatch.setattr(steps, "watch", watch)
        return pace

    with paced(pace):
        yield at


def goes_on(pace: Pace) -> None:
    pace.is_stopped = False
    steps.watch = None


def talks(service: SessionService, count: int = 3) -> list[str]:
    sessions = []
    for number in range(count):
        session = service.create(title=f"Talk {number}")
        with service.writer(session.id) as writer:
            writer.append(Draft(EntryKind.USER, f"Say {number}"))
        sessions.append(session.id)
    return sessions


def states(service: SessionService, ids: list[str]) -> list[str]:
    return [str(service.get(session_id).status) for session_id in ids]


def find(service: SessionService, claude: Path) -> None:
    for session_id in IDS:
        Transcript(session_id).prompt("Fix it").reply("Fixed.").write(claude)
    service.refresh()


def test_what_was_archived_before_the_stop_is_one_step_and_the_rest_is_as_it_was(
    service: SessionService, stopped_at: Callable[..., Pace]
) -> None:
    ids = talks(service)
    pace = stopped_at("cleared", 2)
    with pytest.raises(Stopped, match="after 2 of 3 sessions"):
        service.set_status(ids, Status.ARCHIVED)
    assert (pace.done, pace.total) == (2, 3)
    assert states(service, ids) == ["archived", "archived", "active"]
    goes_on(pace)
    assert service.undo() == "2 of 3 sessions archived"
    assert states(service, ids) == ["active"] * 3
    assert service.undo() is None


def test_a_single_session_is_stopped_midway_and_nothing_of_it_is_left(
    service: SessionService, stopped_at: Callable[..., Pace], tmp_path: Path
) -> None:
    ids = talks(service, 1)
    pace = stopped_at("written")
    with pytest.raises(Stopped, match="Nothing was changed"):
        service.archive(ids[0])
    assert pace.bytes > 0
    assert states(service, ids) == ["active"]
    assert list((tmp_path / "home" / "archive").iterdir()) == []
    assert service.undo() is None
    goes_on(pace)
    service.archive(ids[0])
    assert [entry.text for entry in service.entries(ids[0])] == ["Say 0"]


def test_unarchiving_is_stopped_midway_too(
    service: SessionService, stopped_at: Callable[..., Pace]
) -> None:
    ids = talks(service)
    service.set_status(ids, Status.ARCHIVED)
    pace = stopped_at("extracted", 2)
    with pytest.raises(Stopped, match="after 1 of 3 sessions"):
        service.unarchive(*ids)
    assert states(service, ids) == ["active", "archived", "archived"]
    goes_on(pace)
    assert [e.text for i in ids for e in service.entries(i)] == ["Say 0", "Say 1", "Say 2"]
    assert service.undo() == "1 of 3 sessions unarchived"
    assert states(service, ids) == ["archived"] * 3


def test_other_programs_sessions_are_copied_until_the_stop(
    service: SessionService, stopped_at: Callable[..., Pace], tmp_path: Path
) -> None:
    find(service, tmp_path / "claude")
    pace = stopped_at("named", 2)
    with pytest.raises(Stopped, match="after 2 of 3 sessions"):
        service.set_status(IDS, Status.ARCHIVED)
    assert states(service, IDS) == ["archived", "archived", "active"]
    assert len(list((tmp_path / "home" / "archive").iterdir())) == 2
    goes_on(pace)
    assert service.undo() == "2 of 3 sessions archived"
    assert states(service, IDS) == ["active"] * 3


def test_taking_back_that_is_stopped_goes_on_with_the_next(
    service: SessionService, stopped_at: Callable[..., Pace]
) -> None:
    ids = talks(service)
    service.set_status(ids, Status.ARCHIVED)
    pace = stopped_at("removed")
    with pytest.raises(Stopped, match="after 1 of 3 sessions"):
        service.undo()
    assert states(service, ids) == ["active", "archived", "archived"]
    goes_on(pace)
    assert service.undo() == "3 sessions archived"
    assert states(service, ids) == ["active"] * 3
    service.redo()
    service.redo()
    assert states(service, ids) == ["archived"] * 3


def test_deleting_for_good_is_stopped_between_sessions_and_the_journal_tells_what_went(
    service: SessionService, stopped_at: Callable[..., Pace]
) -> None:
    ids = [service.create(title=f"Talk {n}").id for n in range(25)]
    pace = stopped_at("unlinked")
    removal = service.purge(ids)
    assert (pace.done, pace.total) == (20, 25)
    left = {session.id for session in service.list()}
    assert left == set(ids) - {gone.id for gone in removal.sessions}
    assert len(left) == 5
    (told,) = service.retention.history()
    assert told.sessions == removal.sessions
    goes_on(pace)
    assert len(service.purge(sorted(left)).sessions) == 5


class Stopping(Pace):
    """Stops by itself when so many sessions are done."""

    def __init__(self, after: int) -> None:
        self._after = after
        super().__init__()

    @property  # type: ignore[override]
    def is_stopped(self) -> bool:
        return self.done >= self._after

    @is_stopped.setter
    def is_stopped(self, _: bool) -> None: ...


def test_pruning_that_is_stopped_has_moved_what_it_came_to_in_one_step(
    service: SessionService,
) -> None:
    ids = talks(service, 5)
    plan = service.retention.plan("status:active")
    with paced(Stopping(after=3)):
        removal = service.retention.apply(plan)
    gone = {session.id for session in removal.sessions}
    assert [session.id for session in plan.sessions][:3] == [s.id for s in removal.sessions]
    assert {session.id for session in service.list(trashed=True)} == gone
    assert {session.id for session in service.list()} == set(ids) - gone
    (told,) = service.retention.history()
    assert told.sessions == removal.sessions
    assert service.undo() == "3 sessions pruned"
    assert {session.id for session in service.list()} == set(ids)
    assert service.undo() is None


def test_what_is_stopped_before_it_begins_changes_nothing(service: SessionService) -> None:
    talks(service, 1)
    plan = service.retention.plan("status:active")
    pace = Pace()
    pace.is_stopped = True
    with paced(pace):
        assert service.retention.apply(plan).sessions == ()
        with pytest.raises(Stopped):
            service.retention.plan("status:active")
    assert service.undo() is None
    assert service.retention.history() == []


def test_tidying_that_is_stopped_leaves_the_rest_for_the_next_time(
    service: SessionService, stopped_at: Callable[..., Pace]
) -> None:
    ids = talks(service, 4)
    document = {"status": "archived", "before_archive": "active"}
    service._store.patch("sessions", dict.fromkeys(ids, document))  # as one that was killed
    pace = stopped_at("cleared", 2)
    assert service.tidy().archived == ids[:2]
    assert (pace.done, pace.total) == (2, 4)
    goes_on(pace)
    assert service.tidy().archived == ids[2:]
