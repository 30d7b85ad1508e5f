from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentsess.errors import SessionNotFound, StoreError
from agentsess.model import Draft, EntryKind
from agentsess.storage.ids import checked_id
from agentsess.storage.store import FileStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FileStore]:
    opened = FileStore(tmp_path / "home")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "bad", ["", ".", "..", "../x", "a/b", "a\\b", "a\0b", "-a", "a\n", "ä", "x" * 200, "a b", "~"]
)
def test_an_id_that_could_leave_the_store_is_refused(store: FileStore, bad: str) -> None:
    with pytest.raises(SessionNotFound):
        checked_id(bad)
    with pytest.raises(SessionNotFound):
        store.lease(bad)
    with pytest.raises(SessionNotFound):
        store.page(bad, last=1, before=None)
    with pytest.raises(SessionNotFound):
        store.create("sessions", bad, {})
    with pytest.raises(SessionNotFound):
        store.patch("overlays", {bad: {"title": "x"}})
    assert not list(store.home.rglob("history.jsonl"))


def test_a_patch_of_several_changes_all_or_none(store: FileStore) -> None:
    store.create("sessions", "a", {"n": 1})
    with pytest.raises(SessionNotFound):
        store.patch("sessions", {"a": {"n": 2}, "missing": {"n": 2}})
    assert store.documents("sessions") == {"a": {"n": 1}}


def test_a_field_patched_to_none_is_gone(store: FileStore) -> None:
    store.create("sessions", "a", {"n": 1, "m": 2})
    store.patch("sessions", {"a": {"n": None}})
    assert store.documents("sessions") == {"a": {"m": 2}}


def test_an_overlay_comes_into_being_with_its_first_patch(store: FileStore) -> None:
    store.patch("overlays", {"a": {"title": "x"}})
    assert store.documents("overlays") == {"a": {"title": "x"}}


def test_counting_adds_to_what_another_handle_counted(store: FileStore) -> None:
    other = FileStore(store.home)
    store.create("sessions", "a", {})
    for handle in (store, other, store):
        handle.count("a", {"messages": 2}, {})
    assert other.documents("sessions")["a"]["messages"] == 6
    other.close()


def test_counting_in_a_session_that_is_gone_says_so(store: FileStore) -> None:
    with pytest.raises(SessionNotFound):
        store.count("gone", {"messages": 1}, {})


def test_removing_a_session_removes_its_history(store: FileStore) -> None:
    store.create("sessions", "a", {})
    with store.lease("a") as lease:
        store.append("a", [Draft(EntryKind.USER, "secret words")], lease)
    store.remove("sessions", "a")
    assert store.documents("sessions") == {}
    assert not list(store.home.rglob("history.jsonl"))


def test_a_changed_document_is_a_new_object_and_the_others_are_not(store: FileStore) -> None:
    store.create("sessions", "a", {"n": 1})
    store.create("sessions", "b", {"n": 1})
    before = dict(store.documents("sessions"))
    store.patch("sessions", {"a": {"n": 2}})
    after = store.documents("sessions")
    assert after["a"] is not before["a"]
    assert after["b"] is before["b"]
    assert before["a"] == {"n": 1}


def test_another_handles_changes_are_told_once(store: FileStore) -> None:
    other = FileStore(store.home)
    store.documents("sessions")
    other.create("sessions", "a", {})
    assert store.changed()
    assert not store.changed()
    other.close()


def test_changes_are_told_though_reading_has_taken_them_in(store: FileStore) -> None:
    other = FileStore(store.home)
    store.changed()
    other.create("sessions", "a", {})
    assert store.documents("sessions")
    assert store.changed()
    other.close()


def test_reading_an_empty_store_makes_nothing(store: FileStore) -> None:
    assert store.documents("sessions") == {}
    assert store.page("a", last=5, before=None).total == 0
    assert store.owner("a") is None
    assert not store.home.exists()


def test_a_store_in_a_place_that_is_a_file_is_an_error_that_says_where(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    store = FileStore(tmp_path / "file" / "home")
    with pytest.raises(StoreError, match="file"):
        store.create("sessions", "a", {})
