"""The recap of long sessions: from nothing, and when the session went on."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from agentsess.model import Draft, Entry
from agentsess.sessions.recap.building import RecapBuilder, build_recap
from agentsess.sessions.service import SessionService
from bench.measure import Row, limit, medians
from recap_corpus.corpus import cases


def rows(folder: Path, *, quick: bool = False) -> Iterator[Row]:
    """All rows; the quick ones take a tenth of the entries."""
    share = 10 if quick else 1
    small, large = long_session(5_000 // share), long_session(50_000 // share)
    for entries, most in ((small, 0.2), (large, 0.5)):
        (taken,) = medians([lambda entries=entries: build_recap(entries)], 3)
        yield limit(f"recap of {len(entries):,} entries from nothing", taken, most)
    yield from_disk(folder, large)
    yield new_entries(large)


def long_session(size: int) -> list[Entry]:
    """The sessions of the corpus one after the other, over and over, as one: every fourth entry
    is a prompt or a reply to be read, more than in most long sessions."""
    told = itertools.cycle(entry for case in cases() for entry in case.entries)
    return [
        Entry(n, e.kind, e.text, e.at, e.author, e.content, e.meta)
        for n, e in zip(range(1, size + 1), told, strict=False)
    ]


def from_disk(folder: Path, entries: list[Entry]) -> Row:
    """What a user waits for in a process that never saw the session: reading included."""
    with closing(SessionService.open(folder)) as service:
        session_id = service.create(title="Long").id
        with service.writer(session_id) as writer:
            writer.append(*(_draft(entry) for entry in entries))

    def read() -> None:
        with closing(SessionService.open(folder)) as service:
            builder = RecapBuilder()
            last = service.page(session_id, last=1).total
            for entry in service.entries(session_id, 1):
                builder.add(entry, last)
            builder.build()

    (taken,) = medians([read], 3)
    return limit(f"the same, {len(entries):,} entries read from disk", taken, 0.5)


def _draft(entry: Entry) -> Draft:
    return Draft(entry.kind, entry.text, entry.content, entry.author, entry.meta, entry.at)


def new_entries(entries: list[Entry]) -> Row:
    """Ten entries more, and the recap made anew."""
    builder = RecapBuilder()
    for entry in entries[:-100]:
        builder.add(entry)
    builder.build()
    taken = []
    for first in range(len(entries) - 100, len(entries), 10):
        start = time.perf_counter()
        for entry in entries[first : first + 10]:
            builder.add(entry)
        builder.build()
        taken.append(time.perf_counter() - start)
    taken.sort()
    work = f"recap after 10 new entries on {len(entries):,}, median"
    return limit(work, taken[len(taken) // 2], 0.005)
