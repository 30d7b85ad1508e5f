"""The journal's TinyDB against the plain one, and what the plain one gets wrong."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tinydb import TinyDB, where
from tinydb.operations import increment
from tinydb.storages import MemoryStorage
from tinydb.table import Document

from agentsess.errors import StoreTooNew
from agentsess.storage import journal_storage
from agentsess.storage.journal import FORMAT, seal
from agentsess.storage.tinydb_journal import JournalDB, KeyedDB

SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(0, 2) | st.text(max_size=3)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)
NAMES = st.sampled_from(["a", "b", "c"])
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=3)
TABLES = st.sampled_from(["_default", "one", "two"])
CONDITIONS = st.one_of(
    st.builds(lambda name: where(name).exists(), NAMES),
    st.builds(lambda name, value: where(name) == value, NAMES, SCALARS),
)


class LikePlainTinyDB(RuleBasedStateMachine):
    """The same steps on both; afterwards both must hold the same documents.

    Ids are compared too, but are never given twice by ours where plain TinyDB starts
    over: so after a table was emptied they may differ, and documents are compared alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "db.jsonl"
        self.ours = JournalDB(self.path)
        self.other = JournalDB(self.path)
        self.plain = TinyDB(storage=MemoryStorage)
        self.same_ids = True

    def teardown(self) -> None:
        self.ours.close()
        self.other.close()
        self.folder.cleanup()

    @rule(table=TABLES, documents=st.lists(DOCUMENTS, max_size=3))
    def insert(self, table: str, documents: list[dict[str, Any]]) -> None:
        given = self.ours.table(table).insert_multiple(documents)
        plain = self.plain.table(table).insert_multiple(documents)
        assert len(given) == len(plain)
        assert given == plain or not self.same_ids

    @rule(table=TABLES, document=DOCUMENTS)
    def insert_through_the_other_handle(self, table: str, document: dict[str, Any]) -> None:
        self.other.table(table).insert(document)
        self.plain.table(table).insert(document)

    @rule(table=TABLES, fields=DOCUMENTS, condition=CONDITIONS)
    def update(self, table: str, fields: dict[str, Any], condition: Any) -> None:
        ours = self.ours.table(table).update(fields, condition)
        plain = self.plain.table(table).update(fields, condition)
        assert len(ours) == len(plain)

    @rule(table=TABLES, fields=DOCUMENTS, condition=CONDITIONS)
    def update_multiple(self, table: str, fields: dict[str, Any], condition: Any) -> None:
        ours = self.ours.table(table).update_multiple([(fields, condition)])
        assert len(ours) == len(self.plain.table(table).update_multiple([(fields, condition)]))

    @rule(table=TABLES, fields=DOCUMENTS, condition=CONDITIONS)
    def upsert(self, table: str, fields: dict[str, Any], condition: Any) -> None:
        self.ours.table(table).upsert(fields, condition)
        self.plain.table(table).upsert(fields, condition)

    @rule(table=TABLES, condition=CONDITIONS)
    def remove(self, table: str, condition: Any) -> None:
        ours = self.ours.table(table).remove(condition)
        assert len(ours) == len(self.plain.table(table).remove(condition))
        self.same_ids = False

    @rule(table=TABLES)
    def truncate(self, table: str) -> None:
        self.ours.table(table).truncate()
        self.plain.table(table).truncate()
        self.same_ids = False

    @rule(table=TABLES)
    def drop_table(self, table: str) -> None:
        self.ours.drop_table(table)
        self.plain.drop_table(table)
        self.same_ids = False

    @precondition(lambda self: self.same_ids)
    @rule(table=TABLES, doc_id=st.integers(1, 6))
    def get_by_id(self, table: str, doc_id: int) -> None:
        ours = self.ours.table(table)
        plain = self.plain.table(table)
        assert ours.get(doc_id=doc_id) == plain.get(doc_id=doc_id)
        assert ours.contains(doc_id=doc_id) == plain.contains(doc_id=doc_id)

    @rule(table=TABLES, condition=CONDITIONS)
    def search(self, table: str, condition: Any) -> None:
        ours, plain = self.ours.table(table), self.plain.table(table)
        assert ours.search(condition) == plain.search(condition)
        assert ours.get(condition) == plain.get(condition)
        assert ours.count(condition) == plain.count(condition)

    @rule()
    def open_anew(self) -> None:
        self.ours.close()
        self.ours = JournalDB(self.path)

    @rule()
    def compact(self) -> None:
        storage = self.ours.storage
        with storage.exclusive():
            if self.path.exists():
                storage._compact()
                self.same_ids = False

    @invariant()
    def both_hold_the_same(self) -> None:
        for name in ("_default", "one", "two"):
            plain = self.plain.table(name).all()
            for db in (self.ours, self.other):
                found = db.table(name).all()
                assert found == plain
                if self.same_ids:
                    assert [d.doc_id for d in found] == [d.doc_id for d in plain]
                assert len(db.table(name)) == len(plain)


TestLikePlainTinyDB = LikePlainTinyDB.TestCase
TestLikePlainTinyDB.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@pytest.fixture
def db(tmp_path: Path) -> Any:
    with JournalDB(tmp_path / "db.jsonl") as opened:
        yield opened


def test_a_change_appends_only_what_differs(db: JournalDB, tmp_path: Path) -> None:
    path = tmp_path / "db.jsonl"
    db.insert_multiple({"n": n, "text": "x" * 100} for n in range(1000))
    before = path.stat().st_size
    db.update({"n": -1}, where("n") == 500)
    assert path.stat().st_size - before < 100


def test_a_change_that_changes_nothing_writes_nothing(db: JournalDB, tmp_path: Path) -> None:
    db.insert({"n": 1})
    before = (tmp_path / "db.jsonl").stat().st_size
    db.update({"n": 1})
    assert (tmp_path / "db.jsonl").stat().st_size == before


def test_one_true_and_one_point_zero_are_told_apart(db: JournalDB, tmp_path: Path) -> None:
    db.insert({"v": 1, "w": [0]})
    db.update({"v": True, "w": [False]})
    with JournalDB(tmp_path / "db.jsonl") as anew:
        document = anew.all()[0]
    assert document["v"] is True
    assert document["w"][0] is False


def test_a_query_with_flags_is_not_answered_from_one_without(db: JournalDB) -> None:
    db.insert({"name": "John"})
    assert db.search(where("name").search("john", flags=re.IGNORECASE))
    assert not db.search(where("name").search("john"))


def test_changing_a_result_changes_nothing_stored(db: JournalDB) -> None:
    db.insert({"inner": {"list": [1]}})
    db.all()[0]["inner"]["list"].append(2)
    db.get(doc_id=1)["inner"]["list"].append(3)
    db.get(where("inner").exists())["inner"]["list"].append(4)
    db.search(where("inner").exists())[0]["inner"]["list"].append(5)
    next(iter(db))["inner"]["list"].append(6)
    assert db.all() == [{"inner": {"list": [1]}}]


def test_changing_what_was_inserted_changes_nothing_stored(db: JournalDB) -> None:
    document = {"list": [1]}
    db.insert(document)
    document["list"].append(2)
    assert db.all() == [{"list": [1]}]


def test_ids_do_not_collide_between_handles(db: JournalDB, tmp_path: Path) -> None:
    with JournalDB(tmp_path / "db.jsonl") as other:
        ids = [handle.insert({"n": n}) for n in range(10) for handle in (db, other)]
    assert ids == list(range(1, 21))


def test_an_update_that_raises_half_way_leaves_nothing_behind(
    db: JournalDB, tmp_path: Path
) -> None:
    db.insert_multiple([{"n": 1, "l": []}, {"n": 2, "l": []}, {"l": []}])
    before = (tmp_path / "db.jsonl").read_bytes()

    def touch_then_count(document: Any) -> None:
        document["l"].append("touched")
        increment("n")(document)

    with pytest.raises(KeyError):
        db.update(touch_then_count)
    assert db.all() == [{"n": 1, "l": []}, {"n": 2, "l": []}, {"l": []}]
    assert (tmp_path / "db.jsonl").read_bytes() == before


def test_inserting_a_batch_with_a_bad_document_inserts_none(db: JournalDB) -> None:
    with pytest.raises(ValueError, match="Mapping"):
        db.insert_multiple([{"n": 1}, "not a document"])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="exists"):
        db.insert_multiple([Document({"n": 1}, 7), Document({"n": 2}, 7)])
    assert db.all() == []


def test_what_is_no_json_is_refused_with_nothing_written(db: JournalDB) -> None:
    db.insert({"n": 1})
    with pytest.raises(TypeError):
        db.insert({"n": object()})
    assert db.all() == [{"n": 1}]


def test_another_handles_compaction_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "db.jsonl"
    with KeyedDB(path) as one, KeyedDB(path) as other:
        table = one.table("t")
        table.insert(Document({"n": 0, "text": "x" * 2000}, "k"))  # type: ignore[arg-type]
        assert other.table("t").all()[0]["n"] == 0
        for n in range(1, 800):
            table.update({"n": n, "text": "y" * (1500 + n)})
        assert path.stat().st_size < 1_100_000
        assert other.table("t").all()[0]["n"] == 799
        other.table("t").update({"n": 1000})
        assert table.all()[0]["n"] == 1000


def test_compaction_keeps_documents_names_and_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_storage, "_COMPACT_ABOVE", 500)
    path = tmp_path / "db.jsonl"
    with JournalDB(path) as db:
        db.insert_multiple({"n": n} for n in range(5))
        for n in range(200):
            db.update({"n": n}, doc_ids=[3])
        size = path.stat().st_size
        expected = db.all()
    with JournalDB(path) as anew:
        assert anew.all() == expected
        assert [d.doc_id for d in anew.all()] == [1, 2, 3, 4, 5]
        assert anew.insert({}) == 6
    assert size < 1500


def test_a_compaction_that_was_killed_leaves_the_old_file_in_charge(tmp_path: Path) -> None:
    path = tmp_path / "db.jsonl"
    with JournalDB(path) as db:
        db.insert({"n": 1})
    (tmp_path / "db.new").write_bytes(b"half a compacted fi")
    with JournalDB(path) as db:
        assert db.all() == [{"n": 1}]
        with db.storage.exclusive():
            db.storage._compact()
        assert db.all() == [{"n": 1}]
    assert not (tmp_path / "db.new").exists()


def test_a_damaged_record_is_counted_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "db.jsonl"
    with JournalDB(path) as db:
        for n in range(3):
            db.insert({"n": n})
    path.write_bytes(path.read_bytes().replace(b'"n":1', b'"n":7'))
    with JournalDB(path) as db:
        assert [d["n"] for d in db.all()] == [0, 2]
        assert [b'"n":7' in line for line in db.storage.damaged_lines()] == [True]


def test_a_damaged_record_is_put_aside_when_the_file_is_compacted(tmp_path: Path) -> None:
    path = tmp_path / "db.jsonl"
    with JournalDB(path) as db:
        for n in range(3):
            db.insert({"n": n})
    path.write_bytes(path.read_bytes().replace(b'"n":1', b'"n":7'))
    with JournalDB(path) as db:
        with db.storage.exclusive():
            db.storage._compact()
        assert [d["n"] for d in db.all()] == [0, 2]
        assert db.storage.damaged_lines() == []
    assert b'"n":7' in (tmp_path / "db.damaged").read_bytes()


def test_a_database_of_a_newer_version_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "db.jsonl"
    path.write_bytes(seal({"fmt": FORMAT, "v": 99}))
    before = path.read_bytes()
    with JournalDB(path) as db:
        with pytest.raises(StoreTooNew):
            db.all()
        with pytest.raises(StoreTooNew):
            db.insert({"n": 1})
    assert path.read_bytes() == before


def test_opening_makes_no_file(tmp_path: Path) -> None:
    with JournalDB(tmp_path / "home" / "db.jsonl") as db:
        assert db.all() == []
    assert not (tmp_path / "home").exists()
