"""Files of an earlier format: `version_0` holds some, as a version before the first wrote them."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from pathlib import Path

import pytest

from agentsess.errors import StoreError
from agentsess.model import Draft, EntryKind, JsonObject
from agentsess.storage import migration
from agentsess.storage.archive import write_bundle
from agentsess.storage.history import History
from agentsess.storage.journal import unseal
from agentsess.storage.store import FileStore

KEPT = Path(__file__).parent / "version_0"
TEXTS = ["How did it begin?", "With a first version.", "And then?"]


@pytest.fixture(autouse=True)
def upgrade(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this version would do if there had been a version 0."""

    def of(body: JsonObject) -> JsonObject:
        assert body["do"] == "write"
        return {"op": "put", "t": body["in"], "id": body["key"], "d": body["what"]}

    monkeypatch.setitem(migration.UPGRADES, 0, of)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "s" / "st" / "first"
    folder.mkdir(parents=True)
    (tmp_path / "index").mkdir()
    shutil.copy(KEPT / "history.jsonl", folder)
    shutil.copy(KEPT / "sessions.jsonl", tmp_path / "index")
    return tmp_path


def version(path: Path) -> int:
    header = unseal(path.read_bytes().partition(b"\n")[0])
    assert header is not None
    return int(header["v"])


def said(store: FileStore) -> list[str]:
    return [entry.text for entry in store.entries("first")]


def test_an_earlier_store_opens_as_this_versions_with_a_backup_beside(home: Path) -> None:
    store = FileStore(home)
    assert store.documents("sessions")["first"]["title"] == "From the beginning"
    assert said(store) == TEXTS
    assert store.page("first", last=1, before=None).total == 4
    for name, folder in (("sessions.jsonl", "index"), ("history.jsonl", "s/st/first")):
        assert version(home / folder / name) == 1
        backup = home / folder / f"{name}.v0"
        assert backup.read_bytes() == (KEPT / name).read_bytes()
    store.close()


def test_it_can_be_written_to_from_then_on(home: Path) -> None:
    store = FileStore(home)
    store.patch("sessions", {"first": {"status": "active"}})
    with store.lease("first") as lease:
        (entry,) = store.append("first", [Draft(EntryKind.USER, "Now this.")], lease)
    assert entry.seq == 5
    other = FileStore(home)
    assert said(other) == [*TEXTS, "Now this."]
    assert other.documents("sessions")["first"]["status"] == "active"
    store.close()
    other.close()


def test_what_was_damaged_is_still_counted(home: Path) -> None:
    store = FileStore(home)
    assert len(store.damage("first")) == 1
    store.close()


def test_many_who_open_it_at_once_lose_nothing(home: Path) -> None:
    path = home / "s" / "st" / "first" / "history.jsonl"
    start, failures = threading.Barrier(8), []

    def open_it() -> None:
        history = History(path)
        start.wait()
        if [entry.text for entry in history.entries()] != TEXTS:
            failures.append("lost")
        history.close()

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(p.name for p in path.parent.iterdir()) == ["history.jsonl", "history.jsonl.v0"]


def test_a_migration_that_fails_changes_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home / "s" / "st" / "first" / "history.jsonl"

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="No space left"):
            History(path).page(last=1)
    assert path.read_bytes() == (KEPT / "history.jsonl").read_bytes()
    assert [p.name for p in path.parent.iterdir()] == ["history.jsonl"]
    assert History(path).page(last=1).total == 4


def test_a_version_that_nobody_knows_any_more_is_said_and_left_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(migration.UPGRADES, 0)
    path = home / "s" / "st" / "first" / "history.jsonl"
    with pytest.raises(StoreError, match="version 0"):
        History(path).page(last=1)
    assert path.read_bytes() == (KEPT / "history.jsonl").read_bytes()


def test_an_archive_of_an_earlier_version_is_read_as_it_is(home: Path) -> None:
    store = FileStore(home)
    bundle = store.archive.path("first")
    write_bundle(store.folder("first"), bundle, "first")
    before = bundle.read_bytes()
    store.patch("sessions", {"first": {"status": "archived", "packed": True}})
    assert said(store) == TEXTS
    assert len(store.damage("first")) == 1
    assert bundle.read_bytes() == before
    store.unpack("first")
    assert said(store) == TEXTS
    store.close()
