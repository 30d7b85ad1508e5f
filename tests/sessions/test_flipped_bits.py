"""One flipped bit anywhere: the store opens, shows nothing wrong, and doctor says what is left."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest

from agentsess.errors import IllegalTransition, StoreError
from agentsess.model import Draft, EntryKind, Session, Status
from agentsess.sessions.service import SessionService

CASES = 60
"""How many bits are flipped in each kind of file."""
TEXTS = {
    "Port the reader": [f"entry {n} {'x' * (n * 37 % 400)}" for n in range(30)],
    "Put away": [f"packed {n} {'y' * (n * 91 % 700)}" for n in range(30)],
    "Taken out": ["one", "two"],
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three sessions, one of them archived; nobody has touched it for an hour."""
    home = tmp_path_factory.mktemp("bits") / "home"
    with closing(SessionService.open(home)) as service:
        for title, texts in TEXTS.items():
            session = service.create(title=title, tags=[title[:3]])
            with service.writer(session.id) as writer:
                writer.append(*(Draft(EntryKind.USER, text) for text in texts))
            service.update(session.id, notes=f"about {title}")
            if title != "Port the reader":
                service.archive(session.id)
            if title == "Taken out":
                service.unarchive(session.id)
    for path in home.rglob("*"):
        os.utime(path, (time.time() - 3600,) * 2)
    return home


def flipped(whole: Path, to: Path, pattern: str) -> Iterator[Path]:
    """The store with one bit flipped in a file, again and again, each time another bit."""
    chance = Random(pattern)
    for _ in range(CASES):
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(whole, to)
        path = chance.choice(sorted(to.glob(pattern)))
        at, data = path.stat(), bytearray(path.read_bytes())
        bit = chance.randrange(len(data) * 8)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        os.utime(path, ns=(at.st_atime_ns, at.st_mtime_ns))
        yield path


def said(service: SessionService, session: Session) -> list[str]:
    return [entry.text for entry in service.entries(session.id)]


def listed(service: SessionService) -> dict[str, Session]:
    return {s.id: s for s in (*service.list(), *service.list("status:archived"))}


def is_part_of(some: list[str], texts: list[str]) -> bool:
    rest = iter(texts)
    return all(any(text == other for other in rest) for text in some)


def test_in_a_history(whole: Path, tmp_path: Path) -> None:
    for path in flipped(whole, tmp_path / "home", "s/*/*/history.jsonl"):
        with closing(SessionService.open(tmp_path / "home")) as service:
            health = service.check()
            damaged = service.get(path.parent.name)
            (told,) = health.damage
            assert (told.id, told.title, told.records in (1, 2)) == (
                damaged.id,
                damaged.title,
                True,
            )
            assert told.entries >= len(TEXTS[damaged.title]) - 2
            for session in service.list("status:active"):
                texts = TEXTS[session.title]
                left = said(service, session)
                assert is_part_of(left, texts)
                assert len(left) == (told.entries if session.id == damaged.id else len(texts))


def test_in_the_index(whole: Path, tmp_path: Path) -> None:
    with closing(SessionService.open(whole)) as service:
        before = listed(service)
    assert len(before) == len(TEXTS)
    lost = 0
    for _ in flipped(whole, tmp_path / "home", "index/sessions.jsonl"):
        with closing(SessionService.open(tmp_path / "home")) as service:
            assert service.tidy().problems == {}
            health = service.check()
            assert health.index_damage in (1, 2)
            back = service.bring_back()
            lost += len(back)
            now = listed(service)
            assert now.keys() == before.keys()
            assert {s.id for s in health.about} <= before.keys()
            for session in now.values():
                assert said(service, session) == TEXTS[before[session.id].title]
                if session.id not in {s.id for s in back}:
                    assert session.title == before[session.id].title
                    assert session.notes in ("", before[session.id].notes)
            assert service.bring_back() == ()
    assert lost


def test_in_an_archive(whole: Path, tmp_path: Path) -> None:
    for _ in flipped(whole, tmp_path / "home", "archive/*"):
        with closing(SessionService.open(tmp_path / "home")) as service:
            (session,) = service.list("status:archived")
            left = said(service, session)
            assert is_part_of(left, TEXTS["Put away"])
            if left != TEXTS["Put away"] or service.check().damage:
                (told,) = service.check().damage
                assert (told.title, told.entries) == ("Put away", len(left))
            assert session.status is Status.ARCHIVED


@pytest.mark.parametrize("record", [b'"status":"archived"', b'"packed":true'])
def test_a_lost_record_of_archiving_costs_nothing(
    whole: Path, tmp_path: Path, record: bytes
) -> None:
    home = shutil.copytree(whole, tmp_path / "home")
    index = home / "index" / "sessions.jsonl"
    lines = index.read_bytes().splitlines(keepends=True)
    index.write_bytes(b"".join(line.replace(record, b"!") for line in lines))
    with closing(SessionService.open(home)) as service:
        (session,) = (s for s in listed(service).values() if s.title == "Put away")
        with suppress(StoreError, IllegalTransition), service.writer(session.id) as writer:
            writer.append(Draft(EntryKind.USER, "more"))
            raise AssertionError("written beside the archive")
        assert service.tidy().problems == {}
        assert said(service, session) == TEXTS["Put away"]
        assert service.check().damage == ()


def test_a_missing_archive_is_told_and_stops_nothing(whole: Path, tmp_path: Path) -> None:
    home = shutil.copytree(whole, tmp_path / "home")
    next((home / "archive").iterdir()).unlink()
    with closing(SessionService.open(home)) as service:
        (damaged,) = service.check().damage
        assert (damaged.title, damaged.entries) == ("Put away", 0)
