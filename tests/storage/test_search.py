from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsess.errors import StoreError, StoreTooNew
from agentsess.storage import search
from agentsess.storage.search import SearchIndex
from agentsess.storage.words import words_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "search.sqlite"


@pytest.fixture
def index(path: Path) -> Iterator[SearchIndex]:
    opened = SearchIndex(path)
    yield opened
    opened.close()


def add(index: SearchIndex, key: str, *texts: str, first: int = 1) -> None:
    with index.transaction():
        numbered = list(enumerate(texts, first))
        index.add(key, numbered, mark="m", last=first + len(texts) - 1, note="n")


def found(index: SearchIndex, text: str) -> set[str]:
    keys = {document.number: key for key, document in index.documents().items()}
    return {keys[number] for number in index.find(words_of(text))}


def test_documents_are_found_by_words_beginnings_and_phrases(index: SearchIndex) -> None:
    add(index, "one", "The quick brown fox", "jumps over")
    add(index, "two", "A brown bear is quick")
    assert found(index, "quick") == {"one", "two"}
    assert found(index, "jum") == {"one"}
    assert found(index, "brown fox") == {"one"}
    assert found(index, "quick brown f") == {"one"}
    assert found(index, "rown") == set()


def test_a_phrase_does_not_reach_into_the_next_text(index: SearchIndex) -> None:
    add(index, "one", "ends with red", "lock begins")
    assert found(index, "red lock") == set()


def test_case_and_accents_do_not_count(index: SearchIndex) -> None:
    add(index, "one", "Ünïcödé in der Straße", "日本語")
    for text in ("unicode", "UNICODE", "ünïcödé", "strasse", "本語"):
        assert found(index, text) == {"one"}


def test_a_document_says_how_far_it_is_indexed_and_gives_its_texts_back(
    index: SearchIndex,
) -> None:
    add(index, "one", "first", "sécond")
    add(index, "one", "third", first=7)
    document = index.documents()["one"]
    assert (document.mark, document.last, document.note) == ("m", 7, "n")
    assert list(index.texts(document.number)) == [(1, "first"), (2, "sécond"), (7, "third")]


def test_long_texts_take_several_rows(index: SearchIndex) -> None:
    texts = [f"word{n} " + "filler " * 4000 for n in range(9)]
    add(index, "one", *texts)
    add(index, "two", "short")
    assert found(index, "word8") == {"one"}
    number = index.documents()["one"].number
    assert [text for _, text in index.texts(number)] == texts


def test_what_is_removed_is_not_found_and_its_number_not_used_again(index: SearchIndex) -> None:
    add(index, "one", "alpha", "Ünï")
    number = index.documents()["one"].number
    with index.transaction():
        index.remove("one")
        index.remove("unknown")
    assert index.find(words_of("alpha")) == {}
    assert index.find(words_of("uni")) == {}
    assert list(index.texts(number)) == []
    add(index, "one", "beta")
    assert index.documents()["one"].number != number
    index.check()


def test_a_document_that_says_it_more_weighs_more(index: SearchIndex) -> None:
    for n in range(20):
        add(index, f"other {n}", "nothing of interest here")
    add(index, "much", "lease lease lease")
    add(index, "little", "a lease among many other words that are said here, too")
    weights = index.find(words_of("lease"))
    documents = index.documents()
    assert weights[documents["much"].number] > weights[documents["little"].number] > 0


def test_words_of_very_many_documents_weigh_nothing(
    index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "TELLING", 2)
    for n in range(3):
        add(index, str(n), "common")
    assert set(index.find(words_of("common")).values()) == {0.0}


def test_a_failed_transaction_leaves_nothing(index: SearchIndex) -> None:
    def fail() -> None:
        with index.transaction():
            index.add("one", [(1, "alpha")], mark="", last=1, note="")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert index.documents() == {}
    assert index.find(("alpha",)) == {}


def test_the_version_changes_with_every_change_of_anyone(path: Path, index: SearchIndex) -> None:
    other = SearchIndex(path)
    seen = {index.version()}
    add(index, "one", "alpha")
    seen.add(index.version())
    add(other, "two", "beta")
    seen.add(index.version())
    assert len(seen) == 3
    assert index.version() in seen
    other.close()


# Damage, versions, other processes


@pytest.mark.parametrize(
    "content", [b"", b"no database at all", b"SQLite format 3\0" + bytes(4000)]
)
def test_a_file_that_is_no_index_is_made_anew(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    index = SearchIndex(path)
    add(index, "one", "alpha")
    assert found(index, "alpha") == {"one"}
    index.close()


@pytest.mark.parametrize("first", [2, 40])
def test_damage_inside_ends_in_an_index_that_works(path: Path, first: int) -> None:
    index = SearchIndex(path)
    for n in range(300):
        add(index, str(n), f"alpha {n} " + "beta " * 50)
    index.close()
    data = bytearray(path.read_bytes())
    for page in range(first, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(data)
    with suppress(StoreError):
        index.check()
    assert index.documents() == {}
    add(index, "one", "alpha")
    assert found(index, "alpha") == {"one"}
    index.close()


def test_damage_is_told(path: Path) -> None:
    index = SearchIndex(path)
    add(index, "one", *("text " * 1000 for _ in range(90)))
    index.close()
    data = bytearray(path.read_bytes())
    data[-4096:-4032] = b"\xff" * 64
    path.write_bytes(data)
    with pytest.raises(StoreError, match="search index"):
        index.check()
    index.close()


def test_missing_tables_are_made_anew(path: Path, index: SearchIndex) -> None:
    add(index, "one", "alpha")
    index.close()
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE words")
    db.close()
    with pytest.raises(StoreError):
        index.find(("alpha",))
    assert index.find(("alpha",)) == {}


def test_an_older_index_is_made_anew(
    path: Path, index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(index, "one", "alpha")
    index.close()
    monkeypatch.setattr(search, "VERSION", search.VERSION + 1)
    monkeypatch.setattr(search, "_TABLES", search._TABLES.replace("version = 1", "version = 2"))
    newer = SearchIndex(path)
    assert newer.documents() == {}
    newer.close()


def test_a_newer_index_is_left_alone(path: Path, index: SearchIndex) -> None:
    add(index, "one", "alpha")
    index.close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {search.VERSION + 1}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew):
        index.documents()
    index.close()
    assert path.read_bytes() == before


def test_a_deleted_file_comes_back_in_every_handle(path: Path, index: SearchIndex) -> None:
    other = SearchIndex(path)
    add(index, "one", "alpha")
    assert other.documents()
    for file in path.parent.iterdir():
        file.unlink()
    assert other.documents() == {}
    add(index, "two", "beta")
    assert found(other, "beta") == {"two"}
    other.close()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    index = SearchIndex(tmp_path / "cache" / "search.sqlite")
    with pytest.raises(StoreError):
        index.documents()
    with pytest.raises(StoreError), index.alone():
        pass


def test_one_may_write_at_a_time(path: Path, index: SearchIndex) -> None:
    other = SearchIndex(path)
    with index.alone() as ours, other.alone() as theirs:
        assert (ours, theirs) == (True, False)
    with other.alone() as theirs:
        assert theirs
    other.close()


_WRITER = """
import sys
from pathlib import Path
from agentsess.storage.search import SearchIndex
index = SearchIndex(Path(sys.argv[1]))
for n in range(150):
    with index.transaction():
        texts = [(1, f"common {sys.argv[2]} text")]
        index.add(f"{sys.argv[2]} {n}", texts, mark="", last=1, note="")
"""


def test_processes_write_and_read_the_same_file(path: Path, index: SearchIndex) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(path), name])
        for name in ("alpha", "beta")
    ]
    most = 0
    while any(writer.poll() is None for writer in writers):
        now = len(index.find(("common",)))
        assert now >= most
        most = now
    assert [writer.wait() for writer in writers] == [0, 0]
    assert len(index.find(("common",))) == 300
    assert len(index.find(("alpha",))) == 150
    index.check()


# What is typed never reaches the index's own language


@pytest.mark.parametrize(
    "typed",
    [
        '"', '""', "'", "a AND b", "a OR b", "NOT a", "NEAR(a b, 2)", "body:a", "^a", "a*", "*",
        "(a", "a)", "{body}: a", "a + b", "-a", "%", "_", "\\", ";", "a'; DROP TABLE words; --",
        "\x00a", "\ud800a", "\ue000", "a" * 100_000, "a " * 1000,
    ],
)  # fmt: skip
def test_hostile_words_are_only_words(index: SearchIndex, typed: str) -> None:
    add(index, "one", typed.encode("utf-8", "replace").decode())
    add(index, "two", "something else")
    if words := words_of(typed):
        assert "one" in found(index, typed) or len(words[-1]) > 32_000
    assert set(index.documents()) == {"one", "two"}


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(max_size=40), max_size=4), typed=st.text(max_size=12))
def test_any_text_and_any_words_are_understood(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], typed: str
) -> None:
    index = SearchIndex(tmp_path_factory.mktemp("index") / "search.sqlite")
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    add(index, "one", *texts)
    for text in [typed, *texts]:
        if words := words_of(text):
            index.find(words)
            if text in texts:
                assert found(index, text) == {"one"}
    with index.transaction():
        index.remove("one")
    index.check()
    index.close()
