from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsess.errors import (
    AmbiguousId,
    ChangedElsewhere,
    IllegalTransition,
    InvalidMetadata,
    InvalidQuery,
    InvalidSession,
    SessionLocked,
    SessionNotFound,
)
from agentsess.model import ALLOWED_TRANSITIONS, Draft, EntryKind, Session, Status
from agentsess.sessions import catalog
from agentsess.sessions.health import Damaged
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
from support.claude_history import Transcript

KEYS = st.text(max_size=3)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def claude(tmp_path: Path) -> Path:
    return tmp_path / "claude"


@pytest.fixture
def service(home: Path, claude: Path) -> Iterator[SessionService]:
    opened = SessionService.open(home, sources=[ClaudeCodeSource(claude)])
    yield opened
    opened.close()


def say(service: SessionService, session_id: str, *texts: str) -> None:
    with service.writer(session_id) as writer:
        writer.append(*(Draft(EntryKind.USER, text) for text in texts))


def found(service: SessionService, claude: Path, *prompts: str) -> Session:
    transcript = Transcript("7d1f0c52-1111-4222-8333-444455556666")
    for prompt in prompts or ("Fix the basket",):
        transcript.prompt(prompt).reply("Fixed: " + prompt)
    transcript.write(claude)
    service.refresh()
    return service.get(transcript.id)


class TestMaking:
    def test_a_new_session_is_there_for_every_other_process_at_once(
        self, service: SessionService, home: Path
    ) -> None:
        session = service.create(
            title="Port it", metadata={"project": "x"}, tags=["a b", "#c", "a b"], notes="n"
        )
        other = SessionService.open(home)
        assert other.get(session.id) == session
        assert session.tags == ("a-b", "c")
        assert session.project == "x"
        assert session.status is Status.ACTIVE
        other.close()

    def test_a_time_of_making_without_a_zone_is_local(self, service: SessionService) -> None:
        local = datetime(2026, 9, 1, 12)
        session = service.create(created_at=local)
        service.create()
        assert session.created_at == local.astimezone()
        assert [s.id for s in service.list()][1] == session.id

    def test_a_folder_whose_name_is_no_unicode_does_not_prevent_a_session(
        self, service: SessionService
    ) -> None:
        assert service.create(cwd="/tmp/\udcff").cwd == "/tmp/\ufffd"

    @pytest.mark.parametrize(
        "metadata",
        [
            {"at": datetime(2026, 1, 1, tzinfo=UTC)},
            {"n": float("nan")},
            {"n": float("inf")},
            {"n": 2**70},
            {1: "x"},
            {"deep": [[{"x": {1, 2}}]]},
            {"x": b"bytes"},
            {"x": "a\ud800"},
            {"x": "y" * 70_000},
            ["not", "an", "object"],
            "text",
        ],
    )
    def test_metadata_that_is_no_json_object_is_refused(
        self, service: SessionService, metadata: Any
    ) -> None:
        with pytest.raises(InvalidMetadata):
            service.create(metadata=metadata)
        assert service.list() == []

    def test_metadata_nested_without_end_is_refused(self, service: SessionService) -> None:
        endless: dict[str, Any] = {}
        endless["self"] = endless
        with pytest.raises(InvalidMetadata, match="deep"):
            service.create(metadata=endless)

    @given(
        metadata=st.dictionaries(
            st.text(max_size=5),
            st.recursive(
                st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
                lambda inner: (
                    st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
                ),
                max_leaves=6,
            ),
            max_size=3,
        )
    )
    @settings(max_examples=40, deadline=None)
    def test_metadata_comes_back_as_it_was(
        self, metadata: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        service = SessionService.open(tmp_path_factory.getbasetemp() / "metadata")
        try:
            session = service.create(metadata=metadata)
            assert service.get(session.id).metadata == metadata
        finally:
            service.close()

    def test_changing_metadata_that_was_read_changes_nothing_stored(
        self, service: SessionService
    ) -> None:
        given = {"list": [1]}
        session = service.create(metadata=given)
        given["list"].append(2)
        assert service.get(session.id).metadata == {"list": [1]}


class TestFinding:
    def test_sessions_are_listed_with_the_most_recently_worked_in_first(
        self, service: SessionService
    ) -> None:
        first, second, third = (service.create(title=t) for t in "abc")
        say(service, first.id, "again")
        assert [s.id for s in service.list()] == [first.id, third.id, second.id]
        assert [s.id for s in service.list(limit=1)] == [first.id]

    def test_renaming_does_not_move_a_session(self, service: SessionService) -> None:
        first, second = service.create(), service.create()
        service.update(first.id, title="New name", notes="n", tags=["t"])
        assert [s.id for s in service.list()] == [second.id, first.id]

    def test_an_id_may_be_abbreviated_while_it_fits_one(self, service: SessionService) -> None:
        session = service.create()
        assert service.resolve(session.id[:8]) == session.id
        assert service.resolve(session.id) == session.id
        for bad in ("", "zz", session.id + "x"):
            with pytest.raises(SessionNotFound):
                service.resolve(bad)

    def test_an_abbreviation_that_fits_several_is_refused(self, service: SessionService) -> None:
        for _ in range(17):
            service.create()
        firsts = [s.id[0] for s in service.list()]
        twice = next(c for c in firsts if firsts.count(c) > 1)
        with pytest.raises(AmbiguousId):
            service.resolve(twice)

    def test_an_unknown_id_is_not_found_wherever_it_is_used(self, service: SessionService) -> None:
        for act in (
            service.get,
            service.page,
            service.recap,
            service.pause,
            service.writer,
            service.unarchive,
            service.owner,
            lambda i: service.trash([i]),
            lambda i: service.purge([i]),
            lambda i: service.restore([i]),
            lambda i: service.update(i, title="x"),
        ):
            with pytest.raises(SessionNotFound):
                act("no-such-session")

    def test_a_filter_that_cannot_be_understood_is_refused(self, service: SessionService) -> None:
        with pytest.raises(InvalidQuery):
            service.list("older:soon")

    def test_a_search_needs_every_word_somewhere(self, service: SessionService) -> None:
        session = service.create(title="Basket")
        say(service, session.id, "the quick fox", "and the dog")
        assert [h.session.id for h in service.search("quick dog")] == [session.id]
        assert [h.session.id for h in service.search("basket fox")] == [session.id]
        assert list(service.search("quick cat")) == []
        assert list(service.search("fox dog cat")) == []

    def test_a_search_shows_where_the_words_are(self, service: SessionService) -> None:
        session = service.create()
        say(service, session.id, "nothing", "x " * 200 + "NEEDLE" + " y" * 200)
        (hit,) = service.search("needle")
        (snippet,) = hit.snippets
        assert snippet.seq == 2
        assert snippet.text[snippet.start : snippet.end] == "NEEDLE"
        assert len(snippet.text) < 200

    def test_a_search_takes_filters_too(self, service: SessionService) -> None:
        one, other = service.create(tags=["a"]), service.create(tags=["b"])
        for session in (one, other):
            say(service, session.id, "needle")
        assert [h.session.id for h in service.search("needle tag:a")] == [one.id]
        assert len(list(service.search("needle", limit=1))) == 1


class TestStatus:
    @pytest.mark.parametrize("before", Status)
    @pytest.mark.parametrize("after", Status)
    def test_only_the_drawn_transitions_are_possible(
        self, service: SessionService, before: Status, after: Status
    ) -> None:
        session = service.create(status=before)
        if after is before or after in ALLOWED_TRANSITIONS[before]:
            assert service.update(session.id, status=after).status is after
        else:
            with pytest.raises(IllegalTransition):
                service.update(session.id, status=after)
            assert service.get(session.id) == session

    @pytest.mark.parametrize("before", [Status.ACTIVE, Status.PAUSED, Status.COMPLETED])
    def test_unarchiving_gives_the_former_status_back(
        self, service: SessionService, before: Status
    ) -> None:
        session = service.create(status=before)
        service.archive(session.id)
        service.archive(session.id)
        service.unarchive(session.id)
        assert service.get(session.id).status is before

    def test_what_is_not_archived_cannot_be_unarchived_nor_those_beside_it(
        self, service: SessionService
    ) -> None:
        archived, active = service.create(status=Status.ARCHIVED), service.create()
        with pytest.raises(IllegalTransition):
            service.unarchive(archived.id, active.id)
        assert service.get(archived.id).status is Status.ARCHIVED

    def test_several_get_a_status_together_or_not_at_all(self, service: SessionService) -> None:
        one, other = service.create(), service.create(status=Status.ARCHIVED)
        with pytest.raises(IllegalTransition):
            service.set_status([one.id, other.id], Status.PAUSED)
        assert service.get(one.id).status is Status.ACTIVE

    def test_a_session_in_the_trash_gets_no_new_status(self, service: SessionService) -> None:
        session = service.create()
        service.trash([session.id])
        with pytest.raises(IllegalTransition, match="Restore"):
            service.complete(session.id)

    @pytest.mark.parametrize(
        "fields",
        [
            {"status": "gone"},
            {"title": 5},
            {"tags": "one two"},
            {"tags": [1]},
            {"notes": None},
            {"metadata": []},
            {"id": "x"},
            {"created_at": "now"},
        ],
    )
    def test_a_field_that_cannot_be_so_is_refused_with_nothing_changed(
        self, service: SessionService, fields: dict[str, Any]
    ) -> None:
        session = service.create(title="Before")
        with pytest.raises(InvalidSession):
            service.update(session.id, **{"title": "After", **fields})
        assert service.get(session.id) == session


class TestTrash:
    def test_the_trash_hides_and_gives_back(self, service: SessionService) -> None:
        session = service.create()
        say(service, session.id, "keep me")
        service.trash([session.id])
        assert service.list() == []
        assert [s.id for s in service.list(trashed=True)] == [session.id]
        service.restore([session.id])
        assert [s.id for s in service.list()] == [session.id]
        assert service.page(session.id).total == 1

    def test_a_running_session_is_not_thrown_away(self, service: SessionService) -> None:
        idle, running = service.create(), service.create()
        with service.writer(running.id, agent="coder"):
            with pytest.raises(SessionLocked):
                service.trash([idle.id, running.id])
            with pytest.raises(SessionLocked):
                service.purge([running.id])
        assert len(service.list()) == 2

    def test_purging_leaves_nothing_on_disk(self, service: SessionService, home: Path) -> None:
        session = service.create()
        say(service, session.id, "secret")
        service.purge([session.id])
        with pytest.raises(SessionNotFound):
            service.get(session.id)
        assert not list(home.rglob("history.jsonl"))

    def test_pruning_moves_what_was_planned_and_can_be_undone(
        self, service: SessionService
    ) -> None:
        old = datetime.now(UTC) - timedelta(days=60)
        gone = service.create(status=Status.COMPLETED, created_at=old)
        kept = service.create(status=Status.COMPLETED)
        plan = service.retention.plan("older:30d status:completed")
        assert [s.id for s in plan.sessions] == [gone.id]
        assert len(service.list()) == 2
        service.retention.apply(plan)
        assert [s.id for s in service.list()] == [kept.id]
        assert service.undo() == "1 session pruned (“Untitled session”)"
        assert len(service.list()) == 2


ACTIONS = st.sampled_from(
    ["title", "tags", "notes", "metadata", "pause", "complete", "archive", "unarchive", "trash",
     "restore", "tag all"]
)  # fmt: skip


def act(service: SessionService, action: str, session_id: str, value: str) -> None:
    match action:
        case "title" | "notes":
            service.update(session_id, **{action: value})
        case "tags":
            service.update(session_id, tags=[value])
        case "metadata":
            service.update(session_id, metadata={value: value})
        case "tag all":
            service.change_tags([s.id for s in service.list()], [value], ["y"])
        case "trash" | "restore":
            getattr(service, action)([session_id])
        case _:
            getattr(service, action)(session_id)


class TestUndo:
    @settings(max_examples=40, deadline=None)
    @given(
        steps=st.lists(
            st.tuples(ACTIONS, st.integers(0, 2), st.sampled_from(["", "x", "y"])), max_size=12
        )
    )
    def test_undoing_all_gives_the_beginning_and_redoing_all_the_end(
        self, steps: list[tuple[str, int, str]], tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        home = tmp_path_factory.getbasetemp() / "undo"
        shutil.rmtree(home, ignore_errors=True)
        service = SessionService.open(home)
        ids = [service.create(title=str(n)).id for n in range(3)]

        def state() -> dict[str, Session]:
            # An archive of the same files may differ in size: it says when it was made.
            return {i: replace(service.get(i), size_bytes=0) for i in ids}

        states, labels = [state()], []
        for action, index, value in steps:
            if action == "tag all" and not service.list():
                continue
            try:
                act(service, action, ids[index], value)
            except IllegalTransition:
                continue
            states.append(state())
        for expected in reversed(states[:-1]):
            labels.append(service.undo())
            assert state() == expected
        assert service.undo() is None
        for expected in states[1:]:
            assert service.redo() == labels.pop()
            assert state() == expected
        assert service.redo() is None
        service.close()

    def test_a_new_change_forgets_what_was_undone(self, service: SessionService) -> None:
        session = service.create(title="a")
        service.update(session.id, title="b")
        service.undo()
        service.update(session.id, notes="n")
        assert service.redo() is None
        assert service.get(session.id).title == "a"

    def test_what_another_process_changed_since_is_left_alone(
        self, service: SessionService, home: Path
    ) -> None:
        session = service.create(title="a")
        service.update(session.id, title="b", notes="mine")
        other = SessionService.open(home)
        other.update(session.id, title="theirs")
        told = service.undo()
        assert told == "changed title, notes (“a”), except what was changed elsewhere since"
        after = service.get(session.id)
        assert (after.title, after.notes) == ("theirs", "")
        other.close()

    def test_what_is_wholly_changed_elsewhere_is_not_said_to_be_undone(
        self, service: SessionService, home: Path
    ) -> None:
        session = service.create(title="a")
        service.update(session.id, notes="first")
        service.update(session.id, title="b")
        other = SessionService.open(home)
        other.update(session.id, title="theirs")
        with pytest.raises(ChangedElsewhere, match="Not taken back: changed title"):
            service.undo()
        assert service.redo() is None
        assert service.undo() == "changed notes (“a”)"
        assert service.get(session.id).title == "theirs"
        other.close()

    def test_what_was_undone_and_then_changed_elsewhere_is_not_made_again(
        self, service: SessionService, home: Path
    ) -> None:
        session = service.create(title="a")
        service.update(session.id, title="b")
        service.undo()
        other = SessionService.open(home)
        other.update(session.id, title="theirs")
        with pytest.raises(ChangedElsewhere):
            service.redo()
        assert service.get(session.id).title == "theirs"
        other.close()

    def test_a_change_of_nothing_is_not_remembered(self, service: SessionService) -> None:
        service.change_tags([], ["x"])
        assert service.undo() is None

    def test_tags_that_several_set_at_once_are_all_kept(
        self, service: SessionService, home: Path
    ) -> None:
        session = service.create(title="a")

        def add_tags(name: str) -> None:
            other = SessionService.open(home)
            for n in range(30):
                other.change_tags([session.id], [f"{name}-{n}"])
            other.close()

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(add_tags, "abc"))
        expected = {f"{name}-{n}" for name in "abc" for n in range(30)}
        assert set(service.get(session.id).tags) == expected

    def test_undo_does_not_bring_back_what_was_purged(self, service: SessionService) -> None:
        session = service.create(title="a")
        service.update(session.id, title="b")
        service.purge([session.id])
        with pytest.raises(ChangedElsewhere):
            service.undo()
        assert service.list() == []

    def test_undo_leaves_the_conversation_alone(self, service: SessionService) -> None:
        session = service.create()
        service.update(session.id, title="b")
        say(service, session.id, "said meanwhile")
        service.undo()
        assert service.page(session.id).total == 1
        assert service.get(session.id).message_count == 1


class TestOtherPrograms:
    def test_their_sessions_stand_in_the_same_list(
        self, service: SessionService, claude: Path
    ) -> None:
        own = service.create()
        theirs = found(service, claude)
        assert {s.id for s in service.list()} == {own.id, theirs.id}
        assert theirs.source == "claude_code"
        assert [e.text for e in service.entries(theirs.id)] == [
            "Fix the basket",
            "Fixed: Fix the basket",
        ]
        assert [h.session.id for h in service.search("basket")] == [theirs.id]

    def test_what_the_user_adds_is_kept_beside_and_their_file_untouched(
        self, service: SessionService, claude: Path, home: Path
    ) -> None:
        session = found(service, claude)
        file = next(claude.rglob("*.jsonl"))
        before = (file.read_bytes(), file.stat().st_mtime_ns)
        service.update(
            session.id, title="My name", tags=["t"], notes="n", metadata={"project": "p"}
        )
        service.archive(session.id)
        service.trash([session.id])
        service.restore([session.id])
        other = SessionService.open(home, sources=[ClaudeCodeSource(claude)])
        after = other.get(session.id)
        other.close()
        assert (after.title, after.tags, after.notes) == ("My name", ("t",), "n")
        assert (after.project, after.status) == ("p", Status.ARCHIVED)
        assert (file.read_bytes(), file.stat().st_mtime_ns) == before

    def test_their_history_is_neither_written_nor_deleted(
        self, service: SessionService, claude: Path
    ) -> None:
        session = found(service, claude)
        with pytest.raises(InvalidSession):
            service.writer(session.id)
        with pytest.raises(InvalidSession):
            service.purge([session.id])
        assert service.get(session.id)

    def test_continuing_here_carries_the_conversation_into_a_session_of_ours(
        self, service: SessionService, claude: Path
    ) -> None:
        origin = found(service, claude, "One", "Two")
        session = service.continue_here(origin.id)
        assert session.is_own
        assert session.parent_id == origin.id
        assert session.title == origin.title
        assert session.message_count == origin.message_count
        texts = [e.text for e in service.entries(session.id)]
        assert texts == [e.text for e in service.entries(origin.id)]
        assert all(e.meta["imported"] == "claude_code" for e in service.entries(session.id))
        assert session.cost_usd == 0.0

    def test_a_session_whose_file_is_gone_leaves_the_list_and_keeps_its_notes(
        self, service: SessionService, claude: Path
    ) -> None:
        session = found(service, claude)
        service.update(session.id, notes="mine")
        file = next(claude.rglob("*.jsonl"))
        content = file.read_bytes()
        file.unlink()
        assert service.refresh()
        assert service.list() == []
        file.write_bytes(content)
        service.refresh()
        assert service.get(session.id).notes == "mine"

    def test_a_refresh_with_nothing_new_reads_nothing(
        self, service: SessionService, claude: Path, home: Path
    ) -> None:
        found(service, claude)
        other = SessionService.open(home, sources=[ClaudeCodeSource(claude)])
        read: list[int] = []
        assert not other.refresh(lambda done, total: read.append(done))
        assert read == []
        assert len(other.list()) == 1
        other.close()

    def test_a_cache_that_another_version_wrote_is_read_anew(
        self, service: SessionService, claude: Path, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session = found(service, claude)
        monkeypatch.setattr(catalog, "_SHAPE", "another")
        newer = SessionService.open(home, sources=[ClaudeCodeSource(claude)])
        assert newer.list() == []
        assert newer.refresh()
        assert newer.list() == [session]
        newer.close()

    def test_two_that_notice_a_missing_file_at_once_do_not_stumble(
        self, service: SessionService, claude: Path, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found(service, claude)
        source = ClaudeCodeSource(claude)
        other = SessionService.open(home, sources=[source])
        next(claude.rglob("*.jsonl")).unlink()
        listed = source.stamps

        def list_while_another_removes() -> Any:
            stamps = listed()
            service.refresh()
            return stamps

        monkeypatch.setattr(source, "stamps", list_while_another_removes)
        other.list()
        other.refresh()
        assert other.list() == []
        other.close()


class TestHealth:
    def test_a_sound_store_is_ok(self, service: SessionService, claude: Path) -> None:
        found(service, claude)
        session, thrown = service.create(), service.create()
        say(service, session.id, "hello")
        say(service, thrown.id, "bye")
        service.trash([thrown.id])
        health = service.check()
        assert health.ok
        assert (health.own, health.found, health.trashed) == (1, 1, 1)
        assert health.trash_bytes == service.get(thrown.id).size_bytes

    def test_damage_is_told_by_session(self, service: SessionService, home: Path) -> None:
        sound, damaged = service.create(), service.create()
        for session in (sound, damaged):
            say(service, session.id, "hello there", "again")
        history = next(path for path in home.rglob("history.jsonl") if damaged.id in str(path))
        history.write_bytes(history.read_bytes().replace(b"hello", b"jello"))
        health = service.check()
        assert not health.ok
        assert health.damage == (Damaged(damaged.id, "hello there", 1, 1),)
        assert [e.text for e in service.entries(damaged.id)] == ["again"]


def test_steps_taken_back_at_once_from_two_threads_are_each_taken_back(tmp_path: Path) -> None:
    service = SessionService.open(tmp_path)
    first, second = service.create(title="a"), service.create(title="b")
    for _ in range(20):
        service.trash([first.id])
        service.trash([second.id])
        threads = [threading.Thread(target=service.undo) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not service.list(trashed=True)
    service.close()
