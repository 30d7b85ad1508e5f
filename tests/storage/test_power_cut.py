"""What a power cut may leave of a file, and what must be there all the same."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsess.model import Draft, EntryKind
from agentsess.storage.history import History
from agentsess.storage.store import FileStore
from support.power import after_the_cut


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


texts = st.lists(
    st.text(min_size=0, max_size=40) | st.integers(1, 9000).map("x".__mul__), max_size=6
)
pages = st.lists(st.booleans(), min_size=1, max_size=8)


@settings(max_examples=1000, deadline=None)
@given(acknowledged=texts, under_way=texts, size=st.integers(0, 60_000), kept=pages)
def test_a_history_keeps_what_was_acknowledged_and_goes_on(
    folder: Path, acknowledged: list[str], under_way: list[str], size: int, kept: list[bool]
) -> None:
    path = folder / "history.jsonl"
    path.unlink(missing_ok=True)
    history = History(path)
    for text in acknowledged:
        history.append([Draft(EntryKind.USER, text)])
    flushed = history.size_bytes
    for text in under_way:
        history.append([Draft(EntryKind.USER, text)])
    history.close()
    if not path.exists():
        return
    path.write_bytes(after_the_cut(path.read_bytes(), flushed, size, kept))

    after = History(path)
    found = [entry.text for entry in after.entries()]
    written = [*acknowledged, *under_way]
    assert found[: len(acknowledged)] == acknowledged
    # Of what was under way anything may be missing, but nothing is wrong or out of order.
    rest = iter(written[len(acknowledged) :])
    assert all(any(text == other for other in rest) for text in found[len(acknowledged) :])
    if not after.page(last=1).total and acknowledged:
        raise AssertionError("nothing was found from the end")
    after.append([Draft(EntryKind.USER, "and on")])
    assert [entry.text for entry in after.entries()] == [*found, "and on"]
    assert [entry.text for entry in after.page(last=3).entries] == [*found, "and on"][-3:]
    after.close()


values = st.dictionaries(st.sampled_from("abc"), st.integers(0, 5) | texts.map("".join), max_size=3)
changes = st.lists(st.tuples(st.sampled_from(["s1", "s2", "s3"]), values), max_size=6)


@settings(max_examples=1000, deadline=None)
@given(acknowledged=changes, under_way=changes, size=st.integers(0, 60_000), kept=pages)
def test_the_index_keeps_what_was_acknowledged_each_change_whole_or_not_at_all(
    folder: Path,
    acknowledged: list[tuple[str, dict[str, object]]],
    under_way: list[tuple[str, dict[str, object]]],
    size: int,
    kept: list[bool],
) -> None:
    home = folder / "store"
    shutil.rmtree(home, ignore_errors=True)
    store = FileStore(home)
    path = home / "index" / "sessions.jsonl"
    states = [dict(store.documents("overlays"))]
    for doc_id, fields in acknowledged:
        store.patch("overlays", {doc_id: fields})
        states.append(dict(store.documents("overlays")))
    flushed = path.stat().st_size if path.exists() else 0
    at_least = len(states) - 1
    for doc_id, fields in under_way:
        store.patch("overlays", {doc_id: fields})
        states.append(dict(store.documents("overlays")))
    store.close()
    if not path.exists():
        return
    path.write_bytes(after_the_cut(path.read_bytes(), flushed, size, kept))

    after = FileStore(home)
    now = dict(after.documents("overlays"))
    if all(kept):
        assert now in states[at_least:]
    for doc_id, document in states[at_least].items():
        touched = any(changed == doc_id for changed, _ in under_way)
        assert touched or now[doc_id] == document
    after.patch("overlays", {"s9": {"a": 1}})
    after.close()
    again = FileStore(home)
    assert dict(again.documents("overlays")) == now | {"s9": {"a": 1}}
    again.close()
