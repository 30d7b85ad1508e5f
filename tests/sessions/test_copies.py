"""Archiving another program's session: a copy to the byte, which outlives the original."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest

from agentsess.errors import InvalidSession, SessionLocked, SessionNotFound, StoreError
from agentsess.model import Session, Status
from agentsess.sessions import undo
from agentsess.sessions.health import Damaged
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
from agentsess.storage.archive import verify_bundle
from support.claude_history import Transcript
from support.disk import Disk
from support.power import watched

ID = "7d1f0c52-1111-4222-8333-444455556666"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def claude(tmp_path: Path) -> Path:
    return tmp_path / "claude"


@pytest.fixture
def service(home: Path, claude: Path) -> Iterator[SessionService]:
    with closing(opened(home, claude)) as service:
        yield service


@pytest.fixture
def found(claude: Path, service: SessionService) -> Session:
    """A session with a subagent, a tool's result and an empty file, and another beside it."""
    transcript = Transcript(ID)
    transcript.prompt("Fix the basket").reply("Fixed: the pelican was in it. " * 400)
    transcript.prompt("Thanks").reply("Gladly.")
    path = transcript.write(claude)
    side = path.with_suffix("")
    (side / "subagents").mkdir(parents=True)
    (side / "tool-results" / "none").mkdir(parents=True)
    (side / "subagents" / "agent-1.jsonl").write_bytes(path.read_bytes()[:2000])
    (side / "tool-results" / "one.txt").write_bytes(bytes(range(256)) * 5000)
    (side / "tool-results" / "empty.txt").touch()
    Transcript().prompt("Another").reply("One.").write(claude)
    service.refresh()
    return service.get(ID)


def opened(home: Path, claude: Path) -> SessionService:
    return SessionService.open(home, sources=[ClaudeCodeSource(claude)])


def files(claude: Path) -> dict[str, str]:
    """The sums of all that is in Claude Code's folder."""
    return {
        str(path.relative_to(claude)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(claude.rglob("*"))
        if path.is_file()
    }


def deletes(claude: Path) -> None:
    """Claude Code deletes the session, as it does after 30 days."""
    for path in [*claude.rglob(ID), *claude.rglob(f"{ID}.jsonl")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def said(service: SessionService) -> list[str]:
    return [entry.text for entry in service.entries(ID)]


def bundle(home: Path) -> Path:
    return home / "archive" / f"{ID}.tar.zst"


def test_its_files_are_copied_to_the_byte_and_left_as_they_are(
    service: SessionService, found: Session, home: Path, claude: Path
) -> None:
    before = files(claude)
    stats = {path: path.stat().st_mtime_ns for path in claude.rglob("*")}
    service.archive(ID)
    assert files(claude) == before
    assert {path: path.stat().st_mtime_ns for path in claude.rglob("*")} == stats
    copied = {file.name: file.sha256 for file in verify_bundle(bundle(home)).files}
    assert copied == {name.split("/", 2)[2]: s for name, s in before.items() if ID in name}
    assert len(copied) == 4


def test_it_outlives_the_original_listed_searched_and_read(
    service: SessionService, found: Session, home: Path, claude: Path
) -> None:
    service.change_tags([ID], ["mine"])
    entries, page = list(service.entries(ID)), service.page(ID, last=2)
    service.archive(ID)
    deletes(claude)
    shutil.rmtree(home / "cache")
    with closing(opened(home, claude)) as later:
        later.refresh()
        (listed,) = later.list("status:archived tag:mine")
        assert (listed.title, listed.usage, listed.cost_usd) == (
            found.title,
            found.usage,
            found.cost_usd,
        )
        assert list(later.entries(ID)) == entries
        assert later.page(ID, last=2) == page
        assert later.page(ID, last=1, before=2).entries == (entries[0],)
        assert [hit.session.id for hit in later.search("pelican")] == [ID]
        later.index()
        assert [hit.session.id for hit in later.search("pelican")] == [ID]
        assert later.recap(ID).headline
        later.unarchive(ID)
        assert later.get(ID).status is Status.ACTIVE
        assert list(later.entries(ID)) == entries
        command = later.resume_command(ID)
        assert command is None or "gone" in command.problem
        assert later.continue_here(ID).entry_count == len(entries)
    assert not list(claude.rglob(f"{ID}*"))


def test_taken_out_while_the_original_is_there_the_copy_goes(
    service: SessionService, found: Session, home: Path, claude: Path
) -> None:
    service.archive(ID)
    path = next(claude.rglob(f"{ID}.jsonl"))
    with path.open("ab") as file:  # it was worked in since
        file.write(b"".join(Transcript(ID).prompt("And on").lines))
    before = files(claude)
    service.unarchive(ID)
    assert not bundle(home).exists()
    assert files(claude) == before
    service.undo()
    assert service.get(ID).status is Status.ARCHIVED
    assert bundle(home).exists()
    deletes(claude)
    service.refresh()
    assert said(service)[-1] == "And on"


def test_the_files_are_written_back_when_that_is_asked_for(
    service: SessionService, found: Session, home: Path, claude: Path
) -> None:
    before = files(claude)
    service.archive(ID)
    deletes(claude)
    service.refresh()
    service.unarchive(ID, restore_files=True)
    assert files(claude) == before
    assert service.get(ID) == found
    assert not bundle(home).exists()
    assert {path.stat().st_mode & 0o77 for path in claude.rglob(f"{ID}/**/*.jsonl")} == {0}


def test_only_what_is_gone_is_written_back(
    service: SessionService, found: Session, claude: Path
) -> None:
    service.archive(ID)
    before = files(claude)
    grown = next(claude.rglob(f"{ID}.jsonl"))
    with grown.open("ab") as file:
        file.write(b'{"type":"mode"}\n')
    expected = before | {
        str(grown.relative_to(claude)): files(claude)[str(grown.relative_to(claude))]
    }
    next(claude.rglob("one.txt")).unlink()
    service.unarchive(ID, restore_files=True)
    assert files(claude) == expected


def test_nothing_is_written_over_a_file_that_is_another(
    service: SessionService, found: Session, home: Path, claude: Path
) -> None:
    service.archive(ID)
    next(claude.rglob("one.txt")).unlink()
    path = next(claude.rglob(f"{ID}.jsonl"))
    path.write_bytes(b"".join(Transcript(ID).prompt("Begun anew").lines))
    before = files(claude)
    with pytest.raises(StoreError, match="not what was archived"):
        service.unarchive(ID, restore_files=True)
    assert files(claude) == before
    assert service.get(ID).status is Status.ARCHIVED
    service.unarchive(ID)
    assert bundle(home).exists(), "what it holds is nowhere else"
    with pytest.raises(StoreError, match="another version"):
        service.archive(ID)
    path.unlink()
    service.refresh()
    assert said(service)[0] == "Fix the basket"


def test_a_session_without_a_copy_has_no_files_to_write_back(
    service: SessionService, found: Session
) -> None:
    own = service.create(title="Ours")
    service.archive(own.id)
    with pytest.raises(InvalidSession, match="“Ours”"):
        service.unarchive(own.id, restore_files=True)
    assert service.get(own.id).status is Status.ARCHIVED


def test_what_cannot_be_copied_is_not_archived(
    service: SessionService, found: Session, claude: Path, home: Path
) -> None:
    (next(claude.rglob("tool-results")) / "link").symlink_to("/etc/passwd")
    with pytest.raises(StoreError, match="neither a file nor a folder"):
        service.archive(ID)
    assert service.get(ID).status is Status.ACTIVE
    assert list((home / "archive").iterdir()) == []
    assert service.undo() is None


def test_what_was_deleted_since_it_was_listed_is_not_archived(
    service: SessionService, found: Session, claude: Path, home: Path
) -> None:
    deletes(claude)
    with pytest.raises(SessionNotFound, match="gone"):
        service.archive(ID)
    assert not bundle(home).exists()
    assert service.get(ID).status is Status.ACTIVE


def test_two_that_archive_it_at_once_do_not_meet(
    service: SessionService, found: Session, home: Path, claude: Path
) -> None:
    with service._store.lease(ID, agent="archiving"), closing(opened(home, claude)) as other:
        other.refresh()
        with pytest.raises(SessionLocked):
            other.archive(ID)
    assert service.archive(ID).status is Status.ARCHIVED


def test_of_a_damaged_copy_the_rest_is_read_and_doctor_names_it(
    service: SessionService, found: Session, home: Path, claude: Path
) -> None:
    transcript = Transcript(ID)
    rng = Random(7)
    for number in range(300):
        transcript.prompt(f"Prompt {number}: {rng.randbytes(8000).hex()}")
    transcript.write(claude)
    service.refresh()
    whole = said(service)
    service.archive(ID)
    data = bytearray(bundle(home).read_bytes())
    data[len(data) // 2] ^= 1
    bundle(home).write_bytes(data)
    deletes(claude)
    service.refresh()
    left = said(service)
    assert 100 < len(left) < 300
    assert set(left) <= set(whole)
    assert [entry.text for entry in service.page(ID, last=5).entries] == left[-5:]
    assert service.check().damage == (Damaged(ID, service.get(ID).title, 1, len(left)),)


def test_the_power_goes_while_it_is_archived_or_taken_out(
    service: SessionService,
    found: Session,
    home: Path,
    claude: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = said(service)
    with watched(home, monkeypatch) as archiving:
        service.archive(ID)
    with watched(home, monkeypatch) as leaving:
        service.unarchive(ID)
    for cuts, status in ((archiving, Status.ARCHIVED), (leaving, Status.ACTIVE)):
        for cut in cuts:
            for seed in range(10):
                left = tmp_path / "left"
                shutil.rmtree(left, ignore_errors=True)
                cut.leave(left, Random(seed))
                with closing(opened(left, claude)) as after:
                    after.refresh()
                    assert said(after) == expected
                    assert after.tidy().problems == {}
                    done = after.get(ID).status is status
                    assert done or cut is not cuts[-1]
                    if after.get(ID).status is Status.ARCHIVED:
                        moved = claude.rename(tmp_path / "moved")
                        after.refresh()
                        assert said(after) == expected
                        moved.rename(claude)


@pytest.mark.parametrize("work", ["archive", "unarchive"])
def test_a_full_disk_at_any_call_loses_no_file_and_no_copy(
    service: SessionService,
    found: Session,
    home: Path,
    claude: Path,
    monkeypatch: pytest.MonkeyPatch,
    work: str,
) -> None:
    before, entries = files(claude), said(service)
    disk, number = Disk(monkeypatch), 0
    while number == 0 or disk.failed:
        if work == "unarchive":
            service.archive(ID)
            deletes(claude)
            service.refresh()
        disk.fail_at(number)
        with suppress(StoreError):
            if work == "archive":
                service.archive(ID)
            else:
                service.unarchive(ID, restore_files=True)
        disk.heal()
        number += 1
        service.close()
        service = opened(home, claude)  # whose flush failed must begin anew
        service.refresh()
        assert said(service) == entries
        if service.get(ID).status is Status.ARCHIVED:
            service.unarchive(ID, restore_files=True)
        elif work == "unarchive":
            assert files(claude) == before
        assert files(claude) == before
        assert service.get(ID).status is Status.ACTIVE
    service.close()
    assert number > 5


def test_only_a_copy_whose_original_is_gone_is_deleted_for_good(
    service: SessionService, found: Session, home: Path, claude: Path
) -> None:
    service.archive(ID)
    with pytest.raises(InvalidSession, match="not ours to delete"):
        service.purge([ID])
    deletes(claude)
    service.refresh()
    removal = service.purge([ID])
    assert [gone.id for gone in removal.sessions] == [ID]
    with pytest.raises(SessionNotFound):
        service.get(ID)
    assert not [path for path in home.rglob(f"*{ID}*") if "cache" not in path.parts]
    assert service.retention.history() == [removal]


def test_deleting_a_copy_that_was_cut_off_is_finished_later(
    service: SessionService, found: Session, home: Path, claude: Path
) -> None:
    service.archive(ID)
    deletes(claude)
    service.refresh()
    service._store.patch("overlays", {ID: {"purging": "2026-11-24T12:00:00+00:00"}})
    assert ID not in [session.id for session in service.list("status:archived")]
    service.bin.finish()
    assert not bundle(home).exists()
    assert service._store.documents("overlays") == {}


def test_unreadable_files_are_not_archived(
    service: SessionService, found: Session, claude: Path
) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    next(claude.rglob("one.txt")).chmod(0)
    with pytest.raises(StoreError, match="Permission denied"):
        service.archive(ID)


def cut_off_between_copy_and_mark(
    service: SessionService, home: Path, days_ago: float = 2.0
) -> Path:
    """Archiving that was killed once the copy was there; what it left, as old as that."""

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(undo, "apply_changes", cut)
        service.archive(ID)
    left = bundle(home)
    then = time.time() - days_ago * 86_400
    os.utime(left, (then, then))
    return left


def test_a_copy_that_nothing_tells_of_is_tidied_away(
    service: SessionService, found: Session, home: Path
) -> None:
    left = cut_off_between_copy_and_mark(service, home)
    assert left.exists()
    assert service.get(ID).status is Status.ACTIVE
    assert service.tidy().cleaned == [ID]
    assert not left.exists()


def test_a_copy_that_nothing_tells_of_stays_if_it_is_new_or_the_last(
    service: SessionService, found: Session, home: Path, claude: Path
) -> None:
    left = cut_off_between_copy_and_mark(service, home, days_ago=0.5)
    assert service.tidy().cleaned == []  # another process may be about to tell of it
    cut_off_between_copy_and_mark(service, home)
    deletes(claude)
    assert service.tidy().cleaned == []
    service.refresh()
    assert service.tidy().cleaned == []
    assert left.exists()


def test_a_copy_that_holds_more_than_the_files_stays(
    service: SessionService, found: Session, home: Path, claude: Path
) -> None:
    left = cut_off_between_copy_and_mark(service, home)
    (path,) = claude.rglob("one.txt")
    path.write_bytes(b"another one")
    assert service.tidy().cleaned == []
    assert left.exists()


def test_the_copy_of_an_archived_session_is_never_tidied_away(
    service: SessionService, found: Session, home: Path
) -> None:
    service.archive(ID)
    os.utime(bundle(home), (0, 0))
    assert service.tidy().cleaned == []
    assert bundle(home).exists()
