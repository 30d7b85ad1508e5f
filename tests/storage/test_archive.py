"""Bundles: to the byte, proven before the original goes, readable where they lie."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsess.errors import SessionLocked, StoreError, StoreTooNew
from agentsess.model import Draft, EntryKind
from agentsess.storage.archive import clear_folder, extract_bundle, verify_bundle, write_bundle
from agentsess.storage.journal import FORMAT, VERSION, seal
from agentsess.storage.store import FileStore

STEPS = ["written", "verified", "named", "packed", "cleared", "extracted", "unpacked", "removed"]

DO = """
import os, signal, sys
from pathlib import Path
from agentsess.storage import steps
from agentsess.storage.store import FileStore
def end(name):
    if name == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
steps.watch = end
getattr(FileStore(Path(sys.argv[1])), sys.argv[2])("a")
"""

NAMES = st.text(
    st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=12
).filter(lambda name: name not in (".", "..") and not name.startswith("lease"))
FILES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map(tuple),
    st.binary(max_size=3000) | st.integers(0, 3_000_000).map(lambda n: b"line\n" * (n // 5)),
    max_size=6,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FileStore]:
    opened = FileStore(tmp_path / "home")
    yield opened
    opened.close()


def say(store: FileStore, *texts: str, session_id: str = "a") -> None:
    with store.lease(session_id) as lease:
        store.append(session_id, [Draft(EntryKind.USER, text) for text in texts], lease)


def make(store: FileStore, *texts: str, session_id: str = "a") -> None:
    store.create("sessions", session_id, {"status": "archived", "size_bytes": 7})
    say(store, *texts, session_id=session_id)


def said(store: FileStore, session_id: str = "a") -> list[str]:
    return [entry.text for entry in store.entries(session_id)]


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every file's bytes, and None for every folder, by path; leases left out."""
    return {
        path.relative_to(folder).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
        if not path.name.startswith("lease")
    }


def is_packed(store: FileStore) -> bool:
    return bool(store.documents("sessions")["a"].get("packed"))


class TestBundles:
    @settings(max_examples=60, deadline=None)
    @given(files=FILES)
    def test_any_folder_comes_back_to_the_byte(
        self, tmp_path_factory: pytest.TempPathFactory, files: dict[tuple[str, ...], bytes]
    ) -> None:
        root = tmp_path_factory.mktemp("bundle")
        folder, bundle = root / "folder", root / "archive" / "x.tar.zst"
        folder.mkdir()
        for parts, data in files.items():
            path = folder.joinpath(*parts)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            except OSError:  # a file stands where the folder would be, or the name is too long
                continue
        (folder / "empty").mkdir(exist_ok=True)
        before = contents(folder)
        write_bundle(folder, bundle, "x")
        assert contents(folder) == before
        extract_bundle(bundle, root / "back")
        assert contents(root / "back") == before
        assert clear_folder(folder)
        assert contents(folder) == {}
        shutil.rmtree(root)

    def test_a_name_that_is_no_unicode_comes_back(self, tmp_path: Path) -> None:
        folder = tmp_path / "folder"
        folder.mkdir()
        (folder / os.fsdecode(b"\xff\xfe")).write_bytes(b"x")
        write_bundle(folder, tmp_path / "x.tar.zst", "x")
        extract_bundle(tmp_path / "x.tar.zst", tmp_path / "back")
        assert contents(tmp_path / "back") == contents(folder)

    @pytest.mark.skipif(not shutil.which("zstd"), reason="tar needs the zstd program")
    def test_tar_reads_it_and_the_manifest_comes_first(self, tmp_path: Path) -> None:
        folder, bundle = tmp_path / "folder", tmp_path / "x.tar.zst"
        folder.mkdir()
        (folder / "history.jsonl").write_bytes(b"word\n" * 700_000)
        write_bundle(folder, bundle, "x")
        listed = subprocess.run(
            ["tar", "--zstd", "-tf", bundle], capture_output=True, text=True, check=True
        )
        assert listed.stdout.split() == ["manifest.json", "x/history.jsonl"]
        subprocess.run(["tar", "--zstd", "-xf", bundle, "-C", tmp_path], check=True)
        assert contents(tmp_path / "x") == contents(folder)
        manifest = json.loads((tmp_path / "manifest.json").read_text())
        assert manifest["version"] == 1
        assert manifest["session"] == "x"
        assert manifest["files"][0]["size"] == 3_500_000
        assert bundle.stat().st_mode & 0o777 == 0o600

    def test_what_is_neither_file_nor_folder_is_refused(self, tmp_path: Path) -> None:
        folder = tmp_path / "folder"
        folder.mkdir()
        (folder / "link").symlink_to("/etc")
        with pytest.raises(StoreError, match="link"):
            write_bundle(folder, tmp_path / "archive" / "x.tar.zst", "x")
        assert not list((tmp_path / "archive").iterdir())

    def test_a_manifest_that_leads_out_of_the_folder_is_refused(self, tmp_path: Path) -> None:
        folder = tmp_path / "folder"
        folder.mkdir()
        (folder / "x").write_bytes(b"")
        from agentsess.storage import archive

        bad = archive.Manifest("x", "", (), (archive.Member("../x", 0, ""),))
        with pytest.raises(ValueError, match="leads out"):
            archive.Manifest.from_bytes(bad.to_bytes())

    def test_one_flipped_bit_anywhere_is_noticed(self, tmp_path: Path) -> None:
        folder, bundle = tmp_path / "folder", tmp_path / "x.tar.zst"
        folder.mkdir()
        (folder / "history.jsonl").write_bytes(os.urandom(300))
        write_bundle(folder, bundle, "x")
        whole = bundle.read_bytes()
        for at in range(len(whole)):
            bundle.write_bytes(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :])
            try:
                manifest = verify_bundle(bundle)
            except StoreError:
                continue
            # Nothing but the frame's own unused bits may go unnoticed.
            assert manifest.files[0].size == 300
            extract_bundle(bundle, tmp_path / "back")
            assert contents(tmp_path / "back") == contents(folder)

    def test_a_bundle_cut_anywhere_is_noticed(self, tmp_path: Path) -> None:
        folder, bundle = tmp_path / "folder", tmp_path / "x.tar.zst"
        folder.mkdir()
        (folder / "history.jsonl").write_bytes(os.urandom(100))
        write_bundle(folder, bundle, "x")
        whole = bundle.read_bytes()
        for end in range(0, len(whole) - 1, 7):
            bundle.write_bytes(whole[:end])
            with pytest.raises(StoreError, match="damaged"):
                verify_bundle(bundle)


class TestPacking:
    def test_a_packed_session_is_read_as_before_and_comes_back_to_the_byte(
        self, store: FileStore
    ) -> None:
        make(store, *(f"entry {n}" for n in range(200)))
        (store.folder("a") / "more").mkdir()
        (store.folder("a") / "more" / "notes").write_text("kept too")
        before, page = contents(store.folder("a")), store.page("a", last=5, before=150)
        store.pack("a")
        assert contents(store.folder("a")) == {}
        document = store.documents("sessions")["a"]
        assert document["size_bytes"] == store.archive.path("a").stat().st_size
        assert document["unpacked_bytes"] == 7
        assert store.page("a", last=5, before=150) == page
        assert said(store) == [f"entry {n}" for n in range(200)]
        assert store.checksum("a", 200)
        store.unpack("a")
        assert contents(store.folder("a")) == before
        assert not store.archive.path("a").exists()
        assert store.documents("sessions")["a"] == {"status": "archived", "size_bytes": 7}

    def test_reading_writes_nothing_to_the_disk(self, store: FileStore) -> None:
        make(store, "secret words")
        store.pack("a")
        before = sorted(store.home.rglob("*"))
        assert said(store) == ["secret words"]
        assert sorted(store.home.rglob("*")) == before

    def test_a_session_without_a_word_can_be_packed(self, store: FileStore) -> None:
        store.create("sessions", "a", {"status": "archived"})
        store.pack("a")
        assert store.page("a", last=1, before=None).total == 0
        store.unpack("a")
        assert store.page("a", last=1, before=None).total == 0

    def test_only_what_is_archived_is_packed(self, store: FileStore) -> None:
        store.create("sessions", "a", {"status": "active"})
        store.pack("a")
        assert not is_packed(store)

    def test_a_session_in_use_is_neither_packed_nor_unpacked(self, store: FileStore) -> None:
        make(store, "one")
        with store.lease("a", agent="coder"), pytest.raises(SessionLocked, match="coder"):
            store.pack("a")
        store.pack("a")
        with store.lease("a", agent="coder"), pytest.raises(SessionLocked, match="coder"):
            store.unpack("a")
        assert said(store) == ["one"]

    def test_who_had_it_open_writes_to_what_came_back(self, store: FileStore) -> None:
        make(store, "one")
        other = FileStore(store.home)
        other.pack("a")
        other.unpack("a")
        say(store, "two")
        assert said(other) == ["one", "two"]
        other.close()

    def test_more_are_read_than_are_kept_open(self, store: FileStore) -> None:
        for n in range(9):
            make(store, f"text of {n}", session_id=f"s{n}")
            store.pack(f"s{n}")
        held = [store.entries(f"s{n}") for n in range(9)]
        for n in (*range(9), *range(9)):
            assert said(store, f"s{n}") == [f"text of {n}"]
        assert [next(entries).text for entries in held] == [f"text of {n}" for n in range(9)]
        files = len(os.listdir("/dev/fd"))
        for n in range(9):
            said(store, f"s{n}")
        assert len(os.listdir("/dev/fd")) <= files

    def test_a_bundle_that_is_gone_is_said(self, store: FileStore) -> None:
        make(store, "one")
        store.pack("a")
        store.archive.path("a").unlink()
        with pytest.raises(StoreError, match="missing"):
            store.page("a", last=1, before=None)

    def test_damage_costs_what_is_in_it_and_is_told(self, store: FileStore) -> None:
        texts = [f"{n} " + os.urandom(20_000).hex() for n in range(100)]  # about 4 MB
        make(store, *texts)
        store.pack("a")
        assert store.damage("a") == []
        bundle = store.archive.path("a")
        data = bytearray(bundle.read_bytes())
        data[len(data) // 2] ^= 1
        bundle.write_bytes(data)
        found = said(store)
        assert set(found) < set(texts)
        assert len(found) >= 70
        assert store.damage("a")
        with pytest.raises(StoreError, match="damaged"):
            store.unpack("a")
        assert bundle.exists()
        assert said(store) == found


def test_an_archived_history_of_a_newer_version_is_refused_by_its_bundles_name(
    store: FileStore,
) -> None:
    make(store, "one")
    (store.folder("a") / "history.jsonl").write_bytes(seal({"fmt": FORMAT, "v": VERSION + 1}))
    store.pack("a")
    with pytest.raises(StoreTooNew, match=re.escape(str(store.archive.path("a")))):
        said(store)


def killed(store: FileStore, what: str, step: str) -> bool:
    """Whether a process that was to do something with session a was killed at a step."""
    done = subprocess.run([sys.executable, "-c", DO, str(store.home), what, step], timeout=60)
    assert done.returncode in (0, -signal.SIGKILL)
    return done.returncode != 0


class TestKills:
    @pytest.mark.parametrize("step", STEPS[:5])
    def test_killed_while_packing_all_is_there_and_tidied(
        self, store: FileStore, step: str
    ) -> None:
        make(store, "one", "two")
        before = contents(store.folder("a"))
        assert killed(store, "pack", step)
        assert said(store) == ["one", "two"]
        if is_packed(store):
            assert verify_bundle(store.archive.path("a")).files
        else:
            assert contents(store.folder("a")) == before
        assert store.tidy().problems == {}
        assert is_packed(store)
        assert contents(store.folder("a")) == {}
        assert os.listdir(store.archive.folder) == ["a.tar.zst"]
        store.unpack("a")
        assert contents(store.folder("a")) == before

    @pytest.mark.parametrize("step", STEPS[5:])
    def test_killed_while_unpacking_all_is_there_and_tidied(
        self, store: FileStore, step: str
    ) -> None:
        make(store, "one", "two")
        before = contents(store.folder("a"))
        store.pack("a")
        assert killed(store, "unpack", step)
        assert said(store) == ["one", "two"]
        if is_packed(store):
            verify_bundle(store.archive.path("a"))
        else:
            assert contents(store.folder("a")) == before
        store.unpack("a")
        store.patch("sessions", {"a": {"status": "active"}})
        assert store.tidy().problems == {}
        assert contents(store.folder("a")) == before
        assert os.listdir(store.archive.folder) == []

    @pytest.mark.parametrize("step", STEPS[:5])
    def test_a_session_taken_out_after_a_kill_is_whole(self, store: FileStore, step: str) -> None:
        make(store, "one")
        assert killed(store, "pack", step)
        store.unpack("a")
        store.patch("sessions", {"a": {"status": "active"}})
        say(store, "two")
        store.tidy()
        assert said(store) == ["one", "two"]
        assert os.listdir(store.archive.folder) == []

    def test_a_bundle_whose_original_is_gone_is_never_removed(self, store: FileStore) -> None:
        make(store, "one")
        store.pack("a")
        # as if the index had been put back from an older copy
        store.patch("sessions", {"a": {"status": "active", "packed": None}})
        assert "both stay" in store.tidy().problems["a"]
        assert store.archive.path("a").exists()

    def test_originals_are_kept_beside_a_bundle_that_is_damaged(self, store: FileStore) -> None:
        make(store, "one")
        before = contents(store.folder("a"))
        assert killed(store, "pack", "packed")
        store.archive.path("a").write_bytes(b"")
        assert store.tidy().problems
        assert contents(store.folder("a")) == before

    def test_tidying_leaves_those_in_use_alone(self, store: FileStore) -> None:
        make(store, "one")
        with store.lease("a"):
            assert store.tidy().archived == []
        assert store.tidy().archived == ["a"]


class Failing:
    """Lets a system call fail from its n-th call on, for as long as there are n calls."""

    def __init__(self, real: Callable[..., Any], code: int, after: int) -> None:
        self.real, self.code, self.after = real, code, after
        self.calls = 0

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        if self.calls > self.after:
            raise OSError(self.code, os.strerror(self.code))
        return self.real(*args)


@pytest.mark.parametrize("call", ["write", "fsync", "fdatasync"])
@pytest.mark.parametrize("what", ["pack", "unpack"])
def test_an_error_at_any_write_or_sync_harms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, what: str
) -> None:
    real, failures = getattr(os, call), 0
    for after in range(100):
        home = tmp_path / str(after)
        store = FileStore(home)
        make(store, "one", "two")
        if what == "unpack":
            store.pack("a")
        failing = Failing(real, errno.ENOSPC, after)
        monkeypatch.setattr(os, call, failing)
        problem = ""
        try:
            getattr(store, what)("a")
        except StoreError as error:
            problem = str(error)
        monkeypatch.setattr(os, call, real)
        assert not problem or "No space left" in problem
        store.close()
        store = FileStore(home)  # as after a restart, with space again
        assert said(store) == ["one", "two"]
        getattr(store, what)("a")
        assert is_packed(store) == (what == "pack")
        assert said(store) == ["one", "two"]
        assert store.tidy().problems == {}
        store.close()
        if failing.calls <= after:
            break
        failures += bool(problem)
    assert failures
