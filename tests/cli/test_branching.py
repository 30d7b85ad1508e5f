"""Commands on points in a session's history."""

from __future__ import annotations

from agentsess.model import Draft, EntryKind
from agentsess.sessions.service import SessionService
from support.commands import Run


def a_session(service: SessionService, *texts: str) -> str:
    session = service.create(title="Port it")
    with service.writer(session.id) as writer:
        writer.append(*(Draft(EntryKind.USER, text) for text in texts))
    return session.id


def test_a_snapshot_is_taken_listed_and_checked(run: Run, service: SessionService) -> None:
    session_id = a_session(service, "one", "two")
    taken = run("snapshot", session_id[:8], "before", "--json").json
    assert (taken["name"], taken["entry"]) == ("before", 2)
    listed = run("snapshots", session_id, "--json").json
    assert listed == [taken | {"intact": True}]
    assert "before" in run("snapshots", session_id).out


def test_two_points_are_compared(run: Run, service: SessionService) -> None:
    session_id = a_session(service, "one", "two", "three")
    run("snapshot", session_id, "now")
    compared = run("compare", session_id, "1", "now", "--json").json
    assert [entry["text"] for entry in compared["entries"]] == ["two", "three"]
    assert "three" in run("compare", session_id, "start").out


def test_a_fork_is_made_at_an_entry(run: Run, service: SessionService) -> None:
    session_id = a_session(service, "one", "two")
    fork_id = run("fork", session_id, "Another way", "--at", "1").out.strip()
    shown = run("show", fork_id, "--json").json
    assert [entry["text"] for entry in shown["entries"]] == ["one"]
    assert shown["session"]["title"] == "Another way"
    children = run("lineage", session_id, "--json").json["children"]
    assert [child["id"] for child in children] == [fork_id]


def test_rewinding_needs_a_yes_and_keeps_what_came_after(run: Run, service: SessionService) -> None:
    session_id = a_session(service, "one")
    run("snapshot", session_id, "first")
    with service.writer(session_id) as writer:
        writer.append(Draft(EntryKind.USER, "two"))
    assert run("rewind", session_id, "first").code == 2
    done = run("rewind", session_id, "first", "--yes", "--json").json
    assert [e["text"] for e in run("show", session_id, "--json").json["entries"]] == ["one"]
    branch = run("show", done["branch"]["id"], "--json").json
    assert [entry["text"] for entry in branch["entries"]] == ["one", "two"]


def test_an_unknown_point_is_refused(run: Run, service: SessionService) -> None:
    session_id = a_session(service, "one")
    for command in (("compare", session_id, "9"), ("fork", session_id, "--at", "nothing")):
        ran = run(*command)
        assert ran.code == 1
        assert "agentsess-tui: " in ran.err
