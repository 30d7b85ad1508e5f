"""Several processes doing all kinds of things to one store, and being killed at it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from agentsess.clock import clock_stopped, utc_now
from agentsess.sessions.service import SessionService

KILLS = int(os.environ.get("AGENTSESS_KILL_ROUNDS", "20")) // 4
"""How often one of them is killed; a few in every run, hundreds when asked for."""

WORK = """
import json, os, random, sys
from pathlib import Path
from agentsess.errors import AgentsessError
from agentsess.model import Draft, EntryKind, Status
from agentsess.sessions.service import SessionService
from agentsess.storage import journal_storage
journal_storage._COMPACT_ABOVE = 4000
name, chance = sys.argv[2], random.Random(sys.argv[2])
service = SessionService.open(Path(sys.argv[1]))

def kept(*what):
    os.write(1, (json.dumps(what) + chr(10)).encode())

def say(one, some):
    with service.writer(one.id, agent=name, wait=0.2) as writer:
        text = f"{name}:{number} " + "x" * chance.choice([1, 3000])
        writer.append(Draft(EntryKind.USER, text))
        kept("said", text)

def unarchive(one, some):
    archived = [i for i in some if service.get(i).status is Status.ARCHIVED]
    service.unarchive(*archived)

def rewind(one, some):
    if snapshots := service.branches.snapshots(one.id):
        service.branches.rewind(chance.choice(snapshots))

deeds = [
    say, say, say, say, unarchive, rewind,
    lambda one, some: kept("made", service.create(title=name).id),
    lambda one, some: kept("made", service.branches.fork(one.id).id),
    lambda one, some: kept("made", service.phases.start(one.id).id),
    lambda one, some: service.change_tags(some, [f"t{chance.randrange(9)}"]),
    lambda one, some: service.set_status(some, Status.ARCHIVED),
    lambda one, some: service.trash(some),
    lambda one, some: service.restore(some),
    lambda one, some: service.retention.apply(service.retention.plan("tag:t1")),
    lambda one, some: service.undo(),
    lambda one, some: service.redo(),
    lambda one, some: service.branches.snapshot(one.id),
    lambda one, some: service.tidy(),
]
for number in range(100_000):
    sessions = [*service.list(), *service.list(trashed=True)]
    one, some = chance.choice(sessions), [s.id for s in chance.sample(sessions, 3)]
    makes = slice(5, 9) if len(sessions) > 25 else slice(0)
    try:
        chance.choice([d for d in deeds if d not in deeds[makes]])(one, some)
    except AgentsessError:
        pass
    if number == 20:
        print("warm", file=sys.stderr, flush=True)
"""


def unreadable(service: SessionService) -> list[bytes]:
    """All lines of the index and of the histories that cannot be read."""
    store, health = service._store, service.check()
    lines = list(store._db.storage.damaged_lines())
    assert len(lines) == health.index_damage
    for damaged in health.damage:
        history = store._reader(damaged.id)
        with history._opened() as fd:
            found = [os.pread(fd, each.end - each.start, each.start) for each in history.damage()]
        assert len(found) == damaged.records
        lines += found
    return lines


def is_torn(line: bytes) -> bool:
    """Whether it is what a killed process had written of a line: its end is missing, or was
    marked by the next writer. Nothing of it was acknowledged."""
    return not line.endswith(b"\n") or line.endswith(b"!\n")


@pytest.mark.parametrize("seed", range(2))
def test_nothing_acknowledged_is_lost_whatever_several_do_and_whenever_they_are_killed(
    tmp_path: Path, seed: int
) -> None:
    home, chance = tmp_path / "home", random.Random(seed)
    with closing(SessionService.open(home)) as service:
        made = {service.create(title=f"Talk {n}").id for n in range(6)}
    logs: list[Path] = []

    def start() -> subprocess.Popen[bytes]:
        logs.append(tmp_path / f"{len(logs)}.log")
        command = [sys.executable, "-c", WORK, home, f"{seed}-{len(logs)}"]
        with logs[-1].open("wb") as log:
            return subprocess.Popen(command, stdout=log, stderr=subprocess.PIPE)

    def end(worker: subprocess.Popen[bytes]) -> None:
        """Kill it when it has done a few things."""
        assert worker.stderr is not None
        assert b"warm\n" in iter(worker.stderr.readline, b"")
        worker.kill()
        worker.communicate()

    workers = [start(), start()]
    for _ in range(KILLS):
        end(workers.pop(chance.randrange(2)))
        workers.append(start())
    for worker in workers:
        end(worker)
    said: set[str] = set()
    for log in logs:
        for line in log.read_bytes().splitlines():
            what, *value = json.loads(line)
            if what == "said":
                said.add(value[0])
            elif what == "made":
                made.add(value[0])
    assert said
    with closing(SessionService.open(home)) as service:
        with clock_stopped(utc_now() + timedelta(minutes=2)):
            assert service.tidy().problems == {}
        assert [line for line in unreadable(service) if not is_torn(line)] == []
        assert service.bring_back() == ()
        there = [*service.list(), *service.list(trashed=True)]
        assert made <= {session.id for session in there}
        histories = [[entry.text for entry in service.entries(s.id)] for s in there]
        assert said <= {text for history in histories for text in history}
        service.create(title="And on it goes")
    assert not list(home.rglob("*.new"))
    assert not list(home.glob("trash/*"))
