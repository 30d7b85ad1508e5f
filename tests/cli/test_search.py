"""`search` with its index, and what `doctor` says of that."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentsess.commands import reading
from agentsess.model import Draft, EntryKind
from agentsess.sessions.service import SessionService
from support.claude_history import write_history
from support.commands import Run


def test_a_search_indexes_what_is_new_and_finds_it(
    run: Run, service: SessionService, home: Path
) -> None:
    session = service.create(title="Basket")
    with service.writer(session.id) as writer:
        writer.append(Draft(EntryKind.USER, "where is the needle?"))
    assert [hit["id"] for hit in run("search", "needl", "--json").json] == [session.id]
    assert run("doctor", "--json").json["search"]["indexed"] == 1
    assert (home / "cache" / "search.sqlite").exists()


def test_a_search_does_not_wait_for_a_long_indexing(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = write_history(tmp_path / "claude", 12, bulk=0, empty=0.0)
    monkeypatch.setattr(reading, "_INDEX_SECONDS", 0.0)
    assert {hit["id"] for hit in run("search", "case", "--json").json} == {s.id for s in written}
    assert run("doctor", "--json").json["search"]["indexed"] == 0


def test_doctor_tells_of_an_index_that_cannot_be_used(run: Run, home: Path) -> None:
    (home / "cache" / "search.sqlite").mkdir(parents=True)
    ran = run("doctor")
    assert ran.code == 0
    assert "delete" in ran.out
    assert "search.sqlite" in ran.out
