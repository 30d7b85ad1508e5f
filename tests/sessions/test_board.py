from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentsess.errors import BoardConflict, InvalidMetadata, SessionNotFound
from agentsess.sessions.service import SessionService

COUNT = """
import sys
from pathlib import Path
from agentsess.errors import BoardConflict
from agentsess.sessions.service import SessionService

service = SessionService.open(Path(sys.argv[1]))
board = service.board(sys.argv[2], sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
conflicts = 0
for _ in range(100):
    while True:
        value, version = board.get("count")
        try:
            board.set("count", (value or 0) + 1, expect=version)
            break
        except BoardConflict as conflict:
            assert conflict.version > version
            conflicts += 1
print(conflicts, flush=True)
service.close()
"""

MERGE = """
import sys
from pathlib import Path
from agentsess.sessions.service import SessionService

service = SessionService.open(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for n in range(50):
    service.update(sys.argv[2], metadata={f"{sys.argv[3]}-{n}": n})
service.close()
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def service(home: Path) -> Iterator[SessionService]:
    opened = SessionService.open(home)
    yield opened
    opened.close()


def together(program: str, home: Path, session_id: str, names: list[str]) -> list[str]:
    """Run a program in several processes that begin at the same moment; what each printed last."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(home), session_id, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=100)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(names)
    return said


def test_what_is_posted_is_read_with_its_version(service: SessionService) -> None:
    session = service.create()
    board = service.board(session.id, "planner")
    assert board.get("plan") == (None, 0)
    assert board.set("plan", {"steps": [1, 2]}, expect=0) == 1
    assert board.get("plan") == ({"steps": [1, 2]}, 1)
    assert board.set("plan", "shorter") == 2
    posted = board.all()["plan"]
    assert (posted.value, posted.version, posted.by) == ("shorter", 2, "planner")
    assert service.get(session.id).to_json()["board"]["plan"]["value"] == "shorter"


def test_a_stale_version_is_refused_with_what_is_there_now(service: SessionService) -> None:
    board = service.board(service.create().id)
    board.set("plan", "a", expect=0)
    board.set("plan", "b", expect=1)
    with pytest.raises(BoardConflict) as refused:
        board.set("plan", "c", expect=1)
    assert (refused.value.value, refused.value.version) == ("b", 2)
    assert board.get("plan") == ("b", 2)


def test_a_value_that_was_taken_away_does_not_come_back_by_an_old_version(
    service: SessionService,
) -> None:
    board = service.board(service.create().id)
    board.set("plan", "a")
    board.set("plan", None)
    assert board.all() == {}
    assert board.get("plan") == (None, 2)
    for stale in (0, 1):
        with pytest.raises(BoardConflict):
            board.set("plan", "b", expect=stale)


def test_names_do_not_get_in_each_others_way(service: SessionService) -> None:
    board = service.board(service.create().id)
    board.set("a", 1, expect=0)
    assert board.set("b", 2, expect=0) == 1


@pytest.mark.parametrize("value", [object(), {1: 2}, float("nan"), "x" * 70_000])
def test_what_json_cannot_say_or_is_too_much_is_refused(
    service: SessionService, value: Any
) -> None:
    board = service.board(service.create().id)
    with pytest.raises(InvalidMetadata):
        board.set("plan", value)
    for name in ("", "n" * 300):
        with pytest.raises(InvalidMetadata):
            board.set(name, 1)
    assert board.all() == {}


def test_a_session_that_is_not_there_has_no_board(service: SessionService) -> None:
    board = service.board("nope")
    for use in (lambda: board.get("a"), board.all, lambda: board.set("a", 1)):
        with pytest.raises(SessionNotFound):
            use()


def test_a_board_outlives_the_process_and_goes_with_the_session(
    service: SessionService, home: Path
) -> None:
    session = service.create(title="Basket")
    service.board(session.id, "planner").set("plan", "written down")
    other = SessionService.open(home)
    assert other.board(session.id).get("plan") == ("written down", 1)
    other.trash([session.id])
    other.purge([session.id])
    other.close()
    with pytest.raises(SessionNotFound):
        service.board(session.id).get("plan")


def test_processes_count_together_without_a_lost_update(
    service: SessionService, home: Path
) -> None:
    session = service.create()
    together(COUNT, home, session.id, ["a", "b", "c"])
    assert service.board(session.id).get("count") == (300, 300)


def test_threads_count_together_without_a_lost_update(service: SessionService) -> None:
    board = service.board(service.create().id)

    def count() -> None:
        for _ in range(50):
            while True:
                value, version = board.get("count")
                try:
                    board.set("count", (value or 0) + 1, expect=version)
                    break
                except BoardConflict:
                    pass

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert board.get("count") == (200, 200)


def test_metadata_of_two_agents_are_merged_key_by_key(service: SessionService) -> None:
    session = service.create(metadata={"project": "shop", "old": 1})
    service.update(session.id, metadata={"planner": "done"})
    service.update(session.id, metadata={"reviewer": {"ok": True}, "old": None})
    assert service.get(session.id).metadata == {
        "project": "shop",
        "planner": "done",
        "reviewer": {"ok": True},
    }
    service.undo()
    assert service.get(session.id).metadata == {"project": "shop", "old": 1, "planner": "done"}


def test_processes_that_set_metadata_together_lose_no_key(
    service: SessionService, home: Path
) -> None:
    session = service.create(metadata={"project": "shop"})
    together(MERGE, home, session.id, ["a", "b"])
    wanted = {f"{name}-{n}": n for name in "ab" for n in range(50)}
    assert service.get(session.id).metadata == {"project": "shop"} | wanted


def test_metadata_that_would_grow_too_large_are_refused_and_nothing_is_changed(
    service: SessionService,
) -> None:
    session = service.create(metadata={"a": "x" * 40_000})
    with pytest.raises(InvalidMetadata):
        service.update(session.id, metadata={"b": "x" * 40_000}, title="New")
    assert service.get(session.id).title != "New"
    assert service.get(session.id).metadata.keys() == {"a"}
