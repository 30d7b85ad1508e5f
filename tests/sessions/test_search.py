"""Searching, with the index and without: the same is found, only sooner."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsess.model import Draft, EntryKind
from agentsess.sessions import indexing
from agentsess.sessions import search as search_module
from agentsess.sessions.query import Query, haystack
from agentsess.sessions.search import Hit
from agentsess.sessions.service import SessionService
from agentsess.sources.claude_code import ClaudeCodeSource
from agentsess.storage.words import fold
from support.claude_history import Transcript, write_history

ID = "7d1f0c52-1111-4222-8333-444455556666"


@pytest.fixture
def claude(tmp_path: Path) -> Path:
    return tmp_path / "claude"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def service(home: Path, claude: Path) -> Iterator[SessionService]:
    opened = SessionService.open(home, sources=[ClaudeCodeSource(claude)])
    yield opened
    opened.close()


@pytest.fixture(params=["indexed", "read"])
def either(
    request: pytest.FixtureRequest, service: SessionService, monkeypatch: pytest.MonkeyPatch
) -> SessionService:
    """A service that finds by its index, and one that has none and reads."""
    if request.param == "read":
        monkeypatch.setattr(search_module, "_FEW", 0)
    return service


def make(service: SessionService, *texts: str, title: str = "", **fields: object) -> str:
    session = service.create(title=title, **fields)  # type: ignore[arg-type]
    say(service, session.id, *texts)
    return session.id


def say(service: SessionService, session_id: str, *texts: str) -> None:
    with service.writer(session_id) as writer:
        writer.append(*(Draft(EntryKind.USER, text) for text in texts))


def ids(service: SessionService, text: str, limit: int = 50) -> list[str]:
    return [hit.session.id for hit in service.search(text, limit=limit)]


def one(service: SessionService, text: str) -> Hit:
    (hit,) = service.search(text)
    return hit


def shown(hit: Hit) -> list[str]:
    return [s.text[s.start : s.end] for s in hit.snippets]


# What is found


def test_words_may_stand_in_different_entries_and_in_the_facts(either: SessionService) -> None:
    session = make(either, "the quick fox", "and the dog", title="Basket", tags=["urgent"])
    make(either, "the quick cat", title="Other")
    for text in ("quick dog", "basket fox", "urgent dog", "ask fox", "QUI do"):
        assert ids(either, text) == [session]
    assert ids(either, "quick dog cat") == []


def test_a_phrase_stands_in_one_entry(either: SessionService) -> None:
    session = make(either, "a red lock on the door", "red", "lock")
    make(either, "it is red", "lock it")
    assert ids(either, '"red lock"') == [session]
    assert ids(either, '"Red, lock on"') == [session]


def test_a_word_that_must_not_occur(either: SessionService) -> None:
    session = make(either, "checkout fails", title="One")
    make(either, "checkout fails", "again flaky", title="Two")
    make(either, "checkout fails", title="Flaky thing")
    assert ids(either, "checkout -flaky") == [session]
    assert ids(either, "-flaky") == [session]
    assert ids(either, 'checkout -"fails again"') != []


def test_filters_narrow_what_is_found(either: SessionService) -> None:
    session = make(either, "needle", title="One", tags=["a"])
    make(either, "needle", title="Two", tags=["b"])
    assert ids(either, "needle tag:a") == [session]
    assert ids(either, "needle -tag:b") == [session]
    assert len(ids(either, "needle")) == 2
    assert len(ids(either, "needle", limit=1)) == 1


def test_only_what_was_said_is_searched_or_only_what_tools_did(
    either: SessionService, claude: Path
) -> None:
    transcript = Transcript(ID).prompt("Please look").attachment("file", content="needle")
    transcript.fact("api-request-blob", message="needle").user("needle", isMeta=True)
    transcript.fact("custom-title", customTitle="Title")
    transcript.tool("Bash", {"command": "grep -r zebra .", "nested": [{"x": "yak"}]}, "3 giraffes")
    transcript.write(claude)
    either.refresh()
    assert ids(either, "look") == [ID]
    for text in ("needle", "zebra", "giraffes", "in:tools look", "in:tools needle"):
        assert ids(either, text) == []
    for text in ("in:tools zebra", "in:tools giraffes zebra", "yak in:t", "bash in:tools"):
        assert ids(either, text) == [ID]
    assert shown(one(either, "in:tools giraf")) == ["giraf"]


def test_signs_alone_look_at_the_facts(either: SessionService) -> None:
    session = make(either, "a → b", title="From a → b")
    make(either, "a → b", title="Other")
    assert ids(either, "→") == [session]
    assert len(ids(either, "a → b")) == 2


def test_accents_and_scripts_without_spaces(either: SessionService) -> None:
    session = make(either, "Das Café heißt Übermut", "これは日本語のテストです")
    for text in ("cafe", "CAFÉ", "heisst", "ubermut", "日本", "テスト"):
        assert ids(either, text) == [session]
    assert shown(one(either, "heisst")) == ["heißt"]
    assert shown(one(either, "本語")) == ["本語"]


def test_the_trash_is_not_searched(either: SessionService) -> None:
    session = make(either, "needle")
    assert ids(either, "needle") == [session]
    either.trash([session])
    assert ids(either, "needle") == []
    either.restore([session])
    assert ids(either, "needle") == [session]


# What is shown


def test_each_word_is_shown_in_its_context(either: SessionService) -> None:
    session = make(either, *["alpha"] * 5, "x " * 200 + "Beta" + " y" * 200, title="One")
    hit = one(either, "alpha beta")
    assert hit.session.id == session
    assert shown(hit) == ["alpha", "alpha", "Beta"]
    assert [snippet.seq for snippet in hit.snippets] == [1, 2, 6]
    assert len(hit.snippets[2].text) < 200
    assert hit.snippets[2].text.startswith("…")


def test_a_match_in_the_facts_is_shown_if_nothing_else_is(either: SessionService) -> None:
    make(either, "hello", title="Mend the Basket", notes="mind the\ngap, please")
    assert one(either, "basket").snippets[0].text == "Mend the Basket"
    snippet = one(either, "gap").snippets[0]
    assert (snippet.seq, snippet.text) == (0, "mind the gap, please")


def test_a_snippet_is_one_line_without_control_characters(either: SessionService) -> None:
    make(either, "one\n\ttwo \x1b[31mneedle\x00 three\r\nfour")
    (snippet,) = one(either, "needle").snippets
    assert snippet.text.isprintable()
    assert snippet.text == "one two [31mneedle three four"
    assert snippet.text[snippet.start : snippet.end] == "needle"


# In which order


def test_the_best_come_first_then_the_newest(service: SessionService) -> None:
    now = datetime.now(UTC)
    for n in range(10):
        make(service, "nothing of interest", title=f"filler {n}")
    little = make(service, "a lease among many other words that are said in here, too", title="1")
    much = make(service, "lease lease lease", title="2")
    titled = make(service, "the lease", title="About the lease")
    assert ids(service, "lease") == [titled, much, little]
    old = service.create(title="3", created_at=now - timedelta(days=400)).id
    with service.writer(old) as writer:
        writer.append(Draft(EntryKind.USER, "basket", at=now - timedelta(days=300)))
    new = make(service, "basket", title="4")
    assert ids(service, "basket") == [new, old]


# Keeping up


def test_what_was_just_said_is_found_at_once(service: SessionService) -> None:
    session = make(service, "alpha")
    assert ids(service, "alpha") == [session]
    say(service, session, "beta")
    assert ids(service, "alpha beta") == [session]
    assert [snippet.seq for snippet in one(service, "beta").snippets] == [2]


def test_of_a_session_that_grew_only_the_rest_is_read(
    service: SessionService, claude: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transcript = Transcript(ID).prompt("alpha").reply("beta")
    transcript.write(claude)
    service.refresh()
    assert service.index()
    transcript.prompt("gamma").write(claude)
    service.refresh()

    def all_of_it(*_: object) -> Iterator[object]:
        raise AssertionError("read from the start")

    monkeypatch.setattr(SessionService, "entries", all_of_it)
    assert ids(service, "alpha gamma") == [ID]


def test_a_session_that_was_replaced_is_read_anew(service: SessionService, claude: Path) -> None:
    path = Transcript(ID).prompt("alpha").reply("beta").write(claude)
    service.refresh()
    assert ids(service, "alpha") == [ID]
    path.unlink()
    Transcript(ID).prompt("gamma").reply("delta").prompt("epsilon").write(claude)
    service.refresh()
    assert ids(service, "epsilon gamma") == [ID]
    assert ids(service, "alpha") == []


def test_what_is_no_longer_in_the_file_is_not_shown(service: SessionService, claude: Path) -> None:
    transcript = Transcript(ID).prompt("alpha and beta")
    path = transcript.fact("custom-title", customTitle="Title").write(claude)
    service.refresh()
    assert ids(service, "alpha") == [ID]
    content = path.read_bytes()
    path.write_bytes(content.replace(b"alpha and beta", b"gamma!"))
    assert ids(service, "alpha beta") == []
    path.unlink()
    assert ids(service, "beta") == []


def test_a_session_that_is_gone_is_gone_from_the_index(
    service: SessionService, claude: Path, home: Path
) -> None:
    path = Transcript(ID).prompt("alpha").write(claude)
    own = make(service, "alpha")
    service.refresh()
    assert service.index()
    path.unlink()
    service.refresh()
    service.trash([own])
    service.purge([own])
    assert ids(service, "alpha") == []
    assert service.index()
    assert b"alpha" not in texts_in(home)


def texts_in(home: Path) -> bytes:
    index = search_module.SearchIndex(home / "cache" / "search.sqlite")
    texts = [text for d in index.documents().values() for _, text in index.texts(d.number)]
    index.close()
    return "\n".join(texts).encode()


def test_a_file_that_cannot_be_read_is_tried_again(service: SessionService, claude: Path) -> None:
    path = Transcript(ID).prompt("alpha").write(claude)
    service.refresh()
    os.rename(path, path.with_suffix(".away"))
    service.index()
    os.rename(path.with_suffix(".away"), path)
    assert ids(service, "alpha") == [ID]


def test_indexing_goes_on_where_it_was_cancelled(
    service: SessionService, claude: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_history(claude, 12, bulk=0)
    service.refresh()
    monkeypatch.setattr(indexing, "_BATCH_CHARACTERS", 1)
    done: list[tuple[int, int]] = []
    assert not service.index(lambda *of: done.append(of), lambda: len(done) == 5)
    assert done == [(n, 12) for n in range(1, 6)]
    done.clear()
    assert service.index(lambda *of: done.append(of))
    assert done == [(n, 7) for n in range(1, 8)]


def test_the_newest_are_indexed_first_and_the_rest_is_found_meanwhile(
    service: SessionService, claude: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = write_history(claude, 12, bulk=0, empty=0.0)
    service.refresh()
    monkeypatch.setattr(indexing, "_BATCH_CHARACTERS", 1)
    seen: list[set[str]] = []
    while_at_it: list[set[str]] = []

    def progress(done: int, total: int) -> None:
        index = search_module.SearchIndex(service._search._index.path)
        seen.append(set(index.documents()))
        index.close()
        while_at_it.append(set(ids(service, "case")))

    service.index(progress)
    assert seen[0] == {written[-1].id}
    everything = {session.id for session in written}
    assert all(found == everything for found in while_at_it)


def test_a_second_process_searches_while_one_indexes(
    service: SessionService, home: Path, claude: Path
) -> None:
    session = make(service, "alpha")
    other = SessionService.open(home, sources=[ClaudeCodeSource(claude)])
    with service._search.indexer._index.alone():
        assert not other.index()
        assert ids(other, "alpha") == [session]
    assert other.index()
    assert ids(other, "alpha") == [session]
    other.close()


@pytest.mark.parametrize("damage", ["missing", "garbage", "folder"])
def test_without_an_index_everything_is_still_found(
    service: SessionService, home: Path, damage: str
) -> None:
    session = make(service, "alpha")
    assert ids(service, "alpha") == [session]
    path = home / "cache" / "search.sqlite"
    for file in path.parent.glob("search.sqlite*"):
        file.unlink()
    if damage == "garbage":
        path.write_bytes(b"garbage" * 1000)
    elif damage == "folder":
        path.mkdir()
    assert ids(service, "alpha") == [session]


def test_a_cancelled_search_ends(service: SessionService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "_FEW", 0)
    for _ in range(3):
        make(service, "alpha")
    found: list[Hit] = []
    for hit in service.search("alpha", cancelled=lambda: bool(found)):
        found.append(hit)
    assert len(found) == 1


def test_a_large_history_is_searched_soon_though_nothing_is_indexed(
    service: SessionService, claude: Path
) -> None:
    write_history(claude, 60, bulk=20_000, empty=0.0)
    service.refresh()
    start = time.perf_counter()
    next(service.search("case"))
    assert time.perf_counter() - start < 0.3


# The same as looking at all texts


ALPHABET = "ab é ß日x-\n"
TEXTS = st.lists(st.text(ALPHABET, max_size=12), max_size=3)
WORDS = st.text("abé日x", min_size=1, max_size=3)


def naive(corpus: dict[str, list[str]], query: Query, service: SessionService) -> set[str]:
    """What a search should find, told without an index and without patterns."""

    def holds(session_id: str, word: str) -> bool:
        if word in haystack(service.get(session_id)):
            return True
        sought = " " + " ".join(fold(word).split())
        return any(sought in " " + " ".join(fold(t).split()) for t in corpus[session_id])

    return {
        session_id
        for session_id in corpus
        if all(holds(session_id, word) for word in query.words)
        and not any(holds(session_id, word) for word in query.unwanted)
    }


@settings(max_examples=40, deadline=None)
@given(
    corpus=st.lists(TEXTS, min_size=1, max_size=5),
    queries=st.lists(
        st.tuples(st.lists(WORDS, min_size=1, max_size=2), st.lists(WORDS, max_size=1)),
        min_size=1,
        max_size=4,
    ),
    phrase=st.booleans(),
    added=TEXTS,
)
def test_a_search_finds_what_looking_at_all_finds(
    tmp_path_factory: pytest.TempPathFactory,
    corpus: list[list[str]],
    queries: list[tuple[list[str], list[str]]],
    phrase: bool,
    added: list[str],
) -> None:
    service = SessionService.open(tmp_path_factory.mktemp("home"))
    said = {make(service, *texts, title="T"): texts for texts in corpus}
    assert service.index()
    first = next(iter(said))
    say(service, first, *added)
    said[first] = said[first] + added
    for wanted, unwanted in queries:
        words = '"' + " ".join(wanted) + '"' if phrase else " ".join(wanted)
        text = " ".join([words, *(f"-{word}" for word in unwanted)])
        found = [hit.session.id for hit in service.search(text)]
        assert len(found) == len(set(found))
        assert set(found) == naive(said, Query.parse(text), service), text
    service.close()


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=20))
def test_whatever_was_said_is_found(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    service = SessionService.open(tmp_path_factory.mktemp("home"))
    said = "it says " + text.replace('"', " ") + " here"
    session = make(service, said, title="T")
    assert ids(service, f'"{said}"') == [session]
    service.close()


# Whether it is sound


def test_a_check_counts_what_is_indexed_and_names_what_disagrees(service: SessionService) -> None:
    right, wrong = make(service, "alpha"), make(service, "alpha")
    assert service.index()
    make(service, "beta")
    index = service._search.indexer._index
    with index.transaction():
        index.remove(wrong)
        mark = service._catalog.stamp(service.get(wrong))
        index.add(wrong, [(1, "something else")], mark=mark, last=1, note="")
    health = service.check().search
    assert (health.sessions, health.indexed, health.wrong) == (3, 2, (wrong,))
    assert health.path.exists()
    assert not health.problem
    assert right not in health.wrong


def test_a_check_says_why_there_is_no_index(service: SessionService, home: Path) -> None:
    make(service, "alpha")
    (home / "cache" / "search.sqlite").mkdir(parents=True)
    health = service.check()
    assert "search.sqlite" in health.search.problem
    assert health.ok


def test_what_was_deleted_for_good_leaves_no_text_in_the_index(tmp_path: Path) -> None:
    service = SessionService.open(tmp_path)
    session = service.create()
    with service.writer(session.id) as writer:
        writer.append(Draft(EntryKind.USER, "the zanzibarian password"))
    service.index()
    files = list((tmp_path / "cache").glob("search.sqlite*"))
    assert any(b"zanzibarian" in file.read_bytes() for file in files)
    service.purge([session.id])
    service.close()
    files = list((tmp_path / "cache").glob("search.sqlite*"))
    assert not any(b"password" in file.read_bytes() for file in files)
