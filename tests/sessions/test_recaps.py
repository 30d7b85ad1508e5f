"""Recaps that are kept: from the history, from a model, and from the user."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agentsess.errors import InvalidSession
from agentsess.model import Draft, EntryKind, Fact, Recap, Session, Usage
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
from agentsess.storage.beside import Beside
from agentsess.storage.store import FileStore
from support.claude_history import Transcript
from support.screens import write_session

PLAN = "Plan:\n- [x] read the code\n- [ ] port the parser"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SessionService]:
    opened = SessionService.open(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def session(service: SessionService, tmp_path: Path) -> Session:
    return write_session(service, "Port it", "Port the ledger.", PLAN, cwd=str(tmp_path))


def kept_in(tmp_path: Path, session: Session) -> Path:
    return tmp_path / "store" / "recaps" / session.id[-2:] / f"{session.id}.json"


def kept(tmp_path: Path, session: Session) -> dict[str, object]:
    return Beside(tmp_path / "store" / "recaps").read(session.id)


def say_more(service: SessionService, session: Session) -> None:
    with service.writer(session.id) as writer:
        writer.append(Draft(EntryKind.USER, "Go on."))


def written_about(service: SessionService, session: Session) -> Recap:
    return replace(
        service.recaps.from_history(session.id),
        headline="The parser is next.",
        next=(Fact("Port the parser", (2,)),),
        generated_by="claude-haiku-5-5",
    )


def test_a_paused_session_keeps_its_recap(
    service: SessionService, session: Session, tmp_path: Path
) -> None:
    service.pause(session.id)
    assert kept(tmp_path, session)["history"]


def test_a_kept_recap_is_read_and_not_made_again(
    service: SessionService, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = service.recap(session.id)
    other = SessionService.open(tmp_path / "store")
    monkeypatch.setattr(other, "entries", None)
    assert other.recap(session.id) == before
    other.close()


def test_a_kept_recap_is_made_anew_when_the_history_moved_on(
    service: SessionService, session: Session, tmp_path: Path
) -> None:
    service.recap(session.id)
    say_more(service, session)
    other = SessionService.open(tmp_path / "store")
    assert other.recap(session.id).covers_entries == 3
    other.close()


def test_a_recap_that_cannot_be_kept_is_still_given(
    service: SessionService, session: Session, tmp_path: Path
) -> None:
    (tmp_path / "store" / "recaps").write_text("in the way")
    assert service.recap(session.id).headline


def test_what_a_model_wrote_stands_until_the_history_moves_on(
    service: SessionService, session: Session
) -> None:
    service.recaps.keep_written(session.id, written_about(service, session))
    recap = service.recap(session.id)
    assert (recap.headline, recap.generated_by) == ("The parser is next.", "claude-haiku-5-5")
    say_more(service, session)
    assert service.recap(session.id).generated_by == "history"


def test_what_a_written_recap_cost_counts_in_the_session(
    service: SessionService, session: Session
) -> None:
    service.recaps.count_cost(session.id, Usage(9, 3), 0.01)
    now = service.get(session.id)
    assert (now.usage, now.cost_usd) == (Usage(9, 3), 0.01)


def test_what_a_written_recap_cost_stays_counted_when_the_history_is_counted_anew(
    service: SessionService, session: Session, tmp_path: Path
) -> None:
    service.recaps.count_cost(session.id, Usage(9, 3), 0.01)
    service.recaps.count_cost(session.id, Usage(1, 1), None)
    store = FileStore(tmp_path / "store")
    store.count(session.id, {"input": 99, "entry_count": 7}, {})  # as if the rest was lost
    store.close()
    say_more(service, session)
    now = service.get(session.id)
    assert now.usage == Usage(10, 4)
    assert (now.known_cost_usd, now.cost_usd) == (0.01, None)


def test_what_the_user_wrote_wins_over_both_and_is_marked(
    service: SessionService, session: Session
) -> None:
    service.recaps.edit(session.id, {"headline": "Ask Kim first.", "next": ["Call Kim"]})
    service.recaps.keep_written(session.id, written_about(service, session))
    recap = service.recap(session.id)
    assert recap.headline == "Ask Kim first."
    assert [fact.text for fact in recap.next] == ["Call Kim"]
    assert recap.edited == ("headline", "next")
    say_more(service, session)
    assert service.recap(session.id).headline == "Ask Kim first."


def test_a_line_that_was_left_as_it_is_still_points_to_its_entries(
    service: SessionService, session: Session
) -> None:
    done = [fact.text for fact in service.recap(session.id).done]
    recap = service.recaps.edit(session.id, {"done": [*done, "mine"]})
    assert [fact.seqs for fact in recap.done] == [(2,), ()]


def test_writing_what_the_recap_says_anyway_takes_an_edit_back(
    service: SessionService, session: Session
) -> None:
    before = service.recap(session.id)
    service.recaps.edit(session.id, {"headline": "Mine", "goal": "Mine"})
    after = service.recaps.edit(session.id, {"headline": before.headline, "goal": None})
    assert after == before


@pytest.mark.parametrize("values", [{"files": []}, {"next": "one"}, {"headline": 4}])
def test_what_cannot_be_edited_so_is_refused(
    service: SessionService, session: Session, values: dict[str, object]
) -> None:
    with pytest.raises(InvalidSession):
        service.recaps.edit(session.id, values)


def test_what_is_deleted_for_good_leaves_no_recap(
    service: SessionService, session: Session, tmp_path: Path
) -> None:
    service.recaps.edit(session.id, {"headline": "A secret"})
    service.purge([session.id])
    assert not kept(tmp_path, session)


def test_the_end_of_a_run_is_what_later_changes_are_told_from(
    service: SessionService, session: Session, tmp_path: Path
) -> None:
    (tmp_path / "uv.lock").write_text("one")
    service.recaps.settle(session.id)
    (tmp_path / "uv.lock").write_text("two")
    assert [c.text for c in service.recaps.changes(session.id)] == [
        "Dependencies changed: uv.lock."
    ]


def test_the_end_of_a_run_is_one_write(
    service: SessionService, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    replace_file = os.replace

    def replacing(source: str, target: str) -> None:
        written.append(str(target))
        replace_file(source, target)

    monkeypatch.setattr(os, "replace", replacing)
    service.recaps.settle(session.id)
    assert [path for path in written if session.id in path] == [str(kept_in(tmp_path, session))]
    assert {"key", "history", "world"} <= kept(tmp_path, session).keys()


def test_a_look_before_the_last_entries_counts_no_more(
    service: SessionService, session: Session, tmp_path: Path
) -> None:
    service.recaps.settle(session.id)
    (tmp_path / "uv.lock").write_text("made by the session itself")
    say_more(service, session)
    assert service.recaps.changes(session.id) == ()


def test_a_session_of_claude_code_has_kept_and_edited_recaps_too(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    transcript = Transcript("11111111-2222-4333-8444-555555555555", cwd=str(tmp_path / "shop"))
    transcript.prompt("Find the flaky test").reply("It is **test_lock**.")
    transcript.write(tmp_path / "claude")
    service = SessionService.open(
        tmp_path / "store", sources=[ClaudeCodeSource(tmp_path / "claude")]
    )
    service.refresh()
    (session,) = service.list()
    service.pause(session.id)
    assert kept(tmp_path, session)["history"]
    assert service.recaps.edit(session.id, {"goal": "No flakes"}).goal == Fact("No flakes", (1,))
    assert all(change.kind == "time" for change in service.recaps.changes(session.id))
    service.recaps.count_cost(session.id, Usage(9, 3), 0.01)
    service.refresh()
    now = service.get(session.id)
    assert now.usage == session.usage + Usage(9, 3)
    assert now.known_cost_usd == session.known_cost_usd + 0.01
    service.close()


# -- the files


def test_many_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def write(number: int) -> None:
        Beside(tmp_path).change("one", lambda now: now | {str(number): number}, durable=False)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(60)))
    assert len(Beside(tmp_path).read("one")) == 60


def test_a_torn_file_reads_as_nothing_and_can_be_written(tmp_path: Path) -> None:
    beside = Beside(tmp_path)
    beside.change("one", lambda now: {"a": 1})
    (path,) = tmp_path.rglob("one.json")
    path.write_bytes(b'{"a":')
    assert beside.read("one") == {}
    beside.change("one", lambda now: {"a": 2})
    assert beside.read("one") == {"a": 2}
