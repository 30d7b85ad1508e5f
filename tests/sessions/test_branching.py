"""Snapshots, forks and rewinding, on real stores."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentsess.errors import (
    IllegalTransition,
    InvalidSession,
    NotUndoable,
    SessionLocked,
    StoreError,
)
from agentsess.model import Draft, EntryKind, Session, Status
from agentsess.sessions.service import SessionService


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SessionService]:
    service = SessionService.open(tmp_path)
    yield service
    service.close()


def say(service: SessionService, session: Session, *texts: str) -> None:
    with service.writer(session.id) as writer:
        for text in texts:
            writer.append(
                Draft(EntryKind.USER, text),
                Draft(
                    EntryKind.ASSISTANT,
                    content=({"type": "text", "text": f"re {text}"},),
                    meta={"usage": {"input": 10, "output": 1}, "cost_usd": 0.5, "model": "m"},
                ),
            )


def texts(service: SessionService, session_id: str) -> list[str]:
    return [entry.text for entry in service.entries(session_id)]


def test_a_snapshot_names_where_the_session_is_without_copying_it(
    service: SessionService, tmp_path: Path
) -> None:
    session = service.create(title="a")
    say(service, session, "one")
    before = sorted(path for path in (tmp_path / "s").rglob("*"))
    snapshot = service.branches.snapshot(session.id, "before the storm")
    assert sorted(path for path in (tmp_path / "s").rglob("*")) == before
    say(service, session, "two")
    assert service.branches.snapshots(session.id) == [snapshot]
    assert (snapshot.name, snapshot.seq, snapshot.reason) == ("before the storm", 2, "by hand")
    assert service.branches.is_intact(snapshot)
    assert service.branches.find(session.id, "before the storm") == snapshot
    assert service.branches.find(session.id, snapshot.id[:8]) == snapshot


def test_an_altered_history_is_told_from_the_one_the_snapshot_saw(
    service: SessionService, tmp_path: Path
) -> None:
    session = service.create()
    say(service, session, "one")
    snapshot = service.branches.snapshot(session.id)
    history = next(tmp_path.rglob("history.jsonl"))
    history.write_bytes(history.read_bytes().replace(b"one", b"0ne", 1))
    assert not service.branches.is_intact(snapshot)
    with pytest.raises(StoreError, match="damaged since the snapshot"):
        service.branches.rewind(snapshot)


def test_an_empty_session_has_no_point_to_name(service: SessionService) -> None:
    with pytest.raises(InvalidSession, match="nothing in this session"):
        service.branches.snapshot(service.create().id)


def test_there_is_nothing_to_fork_of_an_empty_session(service: SessionService) -> None:
    session = service.create(title="Bare")
    with pytest.raises(InvalidSession, match="nothing in “Bare” to fork yet"):
        service.branches.fork(session.id)
    assert service.list() == [session]


def test_a_fork_begins_with_the_entries_up_to_a_point_and_goes_its_own_way(
    service: SessionService,
) -> None:
    session = service.create(title="a", tags=["x"], metadata={"project": "p"})
    say(service, session, "one", "two")
    fork = service.branches.fork(session.id, at=2)
    say(service, fork, "other")
    assert texts(service, fork.id) == ["one", "re one", "other", "re other"]
    assert texts(service, session.id) == ["one", "re one", "two", "re two"]
    fork = service.get(fork.id)
    assert (fork.title, fork.tags, fork.project) == ("a (fork)", ("x",), "p")
    assert (fork.parent_id, fork.entry_count, fork.message_count) == (session.id, 4, 4)


def test_a_fork_counts_only_what_was_spent_in_it(service: SessionService) -> None:
    session = service.create()
    say(service, session, "one", "two")
    fork = service.branches.fork(session.id)
    assert (fork.usage.total, fork.cost_usd) == (0, 0.0)
    say(service, fork, "three")
    assert (service.get(fork.id).usage.total, service.get(fork.id).cost_usd) == (11, 0.5)
    assert service.get(session.id).cost_usd == 1.0


@pytest.mark.parametrize("at", [0, 5, -1])
def test_a_fork_at_an_entry_that_is_not_there_is_refused(service: SessionService, at: int) -> None:
    session = service.create()
    say(service, session, "one", "two")
    with pytest.raises(InvalidSession, match="the session has 4"):
        service.branches.fork(session.id, at=at)
    assert len(service.list()) == 1


def test_rewinding_keeps_what_came_after_in_a_branch(service: SessionService) -> None:
    session = service.create(title="a")
    say(service, session, "one")
    first = service.branches.snapshot(session.id, "first")
    say(service, session, "two")
    second = service.branches.snapshot(session.id, "second")
    branch = service.branches.rewind(first)
    assert texts(service, session.id) == ["one", "re one"]
    assert texts(service, branch.id) == ["one", "re one", "two", "re two"]
    assert [s.name for s in service.branches.snapshots(session.id)] == ["first"]
    kept = {s.name: s.id for s in service.branches.snapshots(branch.id)}
    assert kept.keys() == {"second", "before rewinding"}
    assert kept["second"] == second.id
    assert service.branches.is_intact(service.branches.find(branch.id, "second"))
    spent = [service.get(i).cost_usd for i in (session.id, branch.id)]
    assert spent == [0.5, 0.5]
    assert service.get(session.id).entry_count == 2


def test_undo_after_rewinding_touches_nothing_and_says_where_the_rest_is(
    service: SessionService,
) -> None:
    other = service.create(title="b")
    service.pause(other.id)
    session = service.create(title="a")
    say(service, session, "one")
    snapshot = service.branches.snapshot(session.id, "first")
    say(service, session, "two")
    branch = service.branches.rewind(snapshot)
    with pytest.raises(NotUndoable, match=re.escape(branch.title)):
        service.undo()
    assert service.get(other.id).status is Status.PAUSED
    assert service.undo() == "changed status (“b”)"


def test_a_rewound_session_goes_on_from_there_for_readers_who_knew_the_rest(
    service: SessionService,
) -> None:
    session = service.create()
    say(service, session, "one")
    snapshot = service.branches.snapshot(session.id)
    say(service, session, "two")
    assert service.recap(session.id).covers_entries == 4
    service.branches.rewind(snapshot)
    say(service, session, "zwei", "drei")
    recap = service.recap(session.id)
    assert recap.covers_entries == 6
    assert texts(service, session.id)[2:] == ["zwei", "re zwei", "drei", "re drei"]


def test_a_session_in_use_is_not_rewound(service: SessionService) -> None:
    session = service.create()
    say(service, session, "one")
    snapshot = service.branches.snapshot(session.id)
    with service.writer(session.id), pytest.raises(SessionLocked):
        service.branches.rewind(snapshot)
    assert len(service.list()) == 1


def test_an_archived_session_is_not_branched(service: SessionService) -> None:
    session = service.create()
    say(service, session, "one")
    service.archive(session.id)
    with pytest.raises(IllegalTransition):
        service.branches.fork(session.id)


def test_comparing_two_points_tells_what_was_said_and_changed(service: SessionService) -> None:
    session = service.create(cwd="/work")
    say(service, session, "one")
    with service.writer(session.id) as writer:
        call = {
            "type": "tool_use",
            "id": "t",
            "name": "write",
            "input": {"file_path": "/work/a.py"},
        }
        writer.append(
            Draft(EntryKind.ASSISTANT, content=(call,)),
            Draft(
                EntryKind.TOOL_RESULT,
                content=({"type": "tool_result", "tool_use_id": "t", "content": "wrote"},),
                meta={"tool_use_id": "t", "tool": "write"},
            ),
        )
    say(service, session, "three")
    compared = service.branches.compare(session.id, 4, 2)
    assert [entry.seq for entry in compared.entries] == [3, 4]
    assert [file.path for file in compared.files] == ["a.py"]


def test_a_session_gets_a_snapshot_by_itself_every_so_many_entries(
    service: SessionService, tmp_path: Path
) -> None:
    (tmp_path / "settings.toml").write_text("snapshot_every = 4\n")
    session = service.create()
    for text in "abcde":
        say(service, session, text)
    taken = [(s.seq, s.reason) for s in service.branches.snapshots(session.id)]
    assert taken == [(8, "every 4 entries"), (4, "every 4 entries")]


def test_the_lineage_names_parents_and_children(service: SessionService) -> None:
    session = service.create(title="a")
    say(service, session, "one")
    child = service.branches.fork(session.id)
    grandchild = service.branches.fork(child.id)
    ancestors, children = service.branches.lineage(child.id)
    assert [s.id for s in ancestors] == [session.id]
    assert [s.id for s in children] == [grandchild.id]
