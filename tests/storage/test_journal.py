from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsess.errors import StoreError, StoreTooNew
from agentsess.storage import journal as module
from agentsess.storage.journal import (
    FORMAT,
    Journal,
    check_version,
    lines_backward,
    lines_forward,
    read_forward,
    seal,
    unseal,
)

BODIES = st.dictionaries(st.text(max_size=5), st.text(max_size=60), max_size=4)


def write(path: Path, *bodies: dict[str, object]) -> None:
    journal = Journal(path)
    for body in bodies:
        journal.sync(journal.append([seal(body)]))
    journal.close()


def forward(path: Path) -> list[dict[str, object] | None]:
    """What a reader finds behind the header."""
    with path.open("rb") as file:
        return [record.body for record in read_forward(file.fileno(), 0)][1:]


def backward(path: Path) -> list[dict[str, object] | None]:
    with path.open("rb") as file:
        return [unseal(line) for line in lines_backward(file.fileno(), path.stat().st_size)]


def numbered(count: int) -> list[dict[str, object]]:
    return [{"n": n, "text": "x" * n} for n in range(count)]


def test_what_was_appended_is_read_in_order(tmp_path: Path) -> None:
    write(tmp_path / "j", *numbered(5))
    assert forward(tmp_path / "j") == numbered(5)


def test_a_record_is_a_line_of_plain_json(tmp_path: Path) -> None:
    import json

    write(tmp_path / "j", {"op": "put", "text": "ü\n\x1b"})
    lines = (tmp_path / "j").read_bytes().splitlines()
    assert json.loads(lines[1])["text"] == "ü\n\x1b"


def test_files_and_folders_are_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "j"
    write(path, {"n": 1})
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.parent.parent.stat().st_mode & 0o777 == 0o700


def test_a_last_record_cut_at_any_byte_costs_that_record_alone(tmp_path: Path) -> None:
    path = tmp_path / "j"
    write(path, *numbered(4))
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, len(whole) - 1) + 1
    for cut in range(start, len(whole)):
        path.write_bytes(whole[:cut])
        assert forward(path) == numbered(3), cut
        assert backward(path)[:3] == numbered(3)[::-1], cut


def test_an_append_behind_a_tail_cut_at_any_byte_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "j"
    write(path, *numbered(3))
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, len(whole) - 1) + 1
    for cut in range(start, len(whole)):
        path.write_bytes(whole[:cut])
        write(path, {"n": 99})
        found = forward(path)
        assert found[:2] == numbered(2), cut
        assert found[-1] == {"n": 99}, cut
        # Not even one that lost nothing but its newline comes back: its number is given anew.
        damaged = [body for body in found if body is None]
        assert len(damaged) == (1 if cut > start else 0), cut


def test_a_tail_torn_by_another_while_open_is_shut_off(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path)
    journal.append([seal({"n": 1})])
    with path.open("ab") as other:
        other.write(b'{"c":"00000000","n":')
    journal.append([seal({"n": 2})])
    journal.append([seal({"n": 3})])
    journal.close()
    assert forward(path) == [{"n": 1}, None, {"n": 2}, {"n": 3}]


@pytest.mark.parametrize("zeros", [1, 100, 4096, 70_000])
def test_a_tail_of_zeros_costs_nothing_else(tmp_path: Path, zeros: int) -> None:
    path = tmp_path / "j"
    write(path, *numbered(3))
    with path.open("ab") as file:
        file.write(bytes(zeros))
    assert forward(path) == numbered(3)
    write(path, {"n": 4})
    assert forward(path) == [*numbered(3), None, {"n": 4}]
    assert backward(path)[0] == {"n": 4}


def test_a_file_of_nothing_but_zeros_can_be_used_again(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(bytes(5000))
    write(path, {"n": 1})
    assert forward(path) == [{"n": 1}]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_flipped_bits_never_give_a_wrong_record(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "flipped"
    path.unlink(missing_ok=True)
    written = numbered(6)
    write(path, *written)
    content = bytearray(path.read_bytes())
    flips = data.draw(st.lists(st.integers(0, len(content) * 8 - 1), min_size=1, max_size=3))
    for bit in flips:
        content[bit // 8] ^= 1 << (bit % 8)
    path.write_bytes(content)
    with path.open("rb") as file:
        found = [record.body for record in read_forward(file.fileno(), 0)]
        back = [unseal(line) for line in lines_backward(file.fileno(), len(content))]
    readable = [body for body in found if body is not None and "fmt" not in body]
    assert all(body in written for body in readable)
    assert len(readable) >= len(written) - 2 * len(flips)
    assert readable == [b for b in reversed(back) if b is not None and "fmt" not in b]


@settings(max_examples=100, deadline=None)
@given(
    bodies=st.lists(BODIES, max_size=12),
    block=st.integers(8, 64),
    junk=st.binary(max_size=30),
)
def test_reading_backward_gives_the_same_lines_whatever_the_block(
    bodies: list[dict[str, str]],
    block: int,
    junk: bytes,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.getbasetemp() / "backward"
    lines = [seal(dict(body)) for body in bodies]
    path.write_bytes(b"".join(lines[:3]) + junk + b"\n\n" + b"".join(lines[3:]) + junk)
    with pytest.MonkeyPatch.context() as patch, path.open("rb") as file:
        patch.setattr(module, "_BLOCK", block)
        ahead = list(lines_forward(file.fileno(), 0))
        back = list(lines_backward(file.fileno(), path.stat().st_size))
        records = list(read_forward(file.fileno(), 0))
    assert ahead == back[::-1]
    assert [unseal(line) for line in ahead if line] == [record.body for record in records]
    content = path.read_bytes()
    for record in records:
        assert unseal(content[record.start : record.end - 1]) == record.body


def test_a_record_larger_than_any_block_is_read_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "j"
    large: dict[str, object] = {"text": "ß" * 2_000_000}
    write(path, {"n": 1}, large, {"n": 2})
    assert forward(path) == [{"n": 1}, large, {"n": 2}]
    assert backward(path)[:3] == [{"n": 2}, large, {"n": 1}]


@given(line=st.binary(max_size=80))
def test_unsealing_bytes_from_anywhere_never_raises(line: bytes) -> None:
    assert unseal(line) is None


@given(body=BODIES)
def test_a_sealed_record_unseals_to_itself(body: dict[str, str]) -> None:
    line = seal(dict(body))
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert unseal(line[:-1]) == body


def test_a_text_that_is_no_unicode_is_kept_with_replacements() -> None:
    line = seal({"text": "a\udcffb", "list": [{"k\ud800": "\udfff"}]})
    assert unseal(line[:-1]) == {"text": "a\ufffdb", "list": [{"k\ufffd": "\ufffd"}]}


def test_a_journal_of_a_newer_version_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(seal({"fmt": FORMAT, "v": 2}) + seal({"n": 1}))
    before = path.read_bytes()
    with pytest.raises(StoreTooNew, match="newer"):
        Journal(path).append([seal({"n": 2})])
    assert path.read_bytes() == before


def test_a_file_of_another_format_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(seal({"fmt": "something.else", "v": 1}))
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a journal"):
        check_version(path)
    with pytest.raises(StoreError, match="not a journal"):
        Journal(path).append([seal({"n": 2})])
    assert path.read_bytes() == before


def test_a_write_the_disk_has_no_room_for_is_taken_back_and_the_next_one_works(
    tmp_path: Path,
) -> None:
    script = """
import resource, signal, sys
from pathlib import Path
from agentsess.errors import StoreError
from agentsess.storage.journal import Journal, seal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
journal = Journal(path)
journal.sync(journal.append([seal({"n": 1})]))
size = path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 500, resource.RLIM_INFINITY))
try:
    journal.append([seal({"n": 2, "text": "x" * 5000})])
except StoreError as error:
    assert "File too large" in str(error), error
else:
    raise SystemExit("nothing was raised")
assert path.stat().st_size == size, "partial bytes were left"
journal.sync(journal.append([seal({"n": 3})]))
"""
    path = tmp_path / "j"
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, timeout=60)
    assert forward(path) == [{"n": 1}, {"n": 3}]


def test_a_disk_that_failed_once_is_not_trusted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(fd: int) -> None:
        raise OSError(5, "Input/output error")

    journal = Journal(tmp_path / "j")
    end = journal.append([seal({"n": 1})])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", failing)
        with pytest.raises(StoreError, match="failed to keep"):
            journal.sync(end)
    with pytest.raises(StoreError, match="restart"):
        journal.sync(end)
    with pytest.raises(StoreError, match="restart"):
        journal.append([seal({"n": 2})])


def test_threads_that_wait_at_once_share_flushes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "j")
    journal.append([seal({"n": 0})])
    flushed: list[int] = []
    held = threading.Event()
    real = os.fdatasync

    def slow(fd: int) -> None:
        flushed.append(fd)
        held.wait(10)
        real(fd)

    monkeypatch.setattr(os, "fdatasync", slow)
    first = threading.Thread(target=journal.sync, args=(journal.append([seal({"n": 1})]),))
    first.start()
    others = []
    for n in range(2, 10):
        end = journal.append([seal({"n": n})])
        others.append(threading.Thread(target=journal.sync, args=(end,)))
        others[-1].start()
    held.set()
    for thread in [first, *others]:
        thread.join(10)
    journal.close()
    assert 1 <= len(flushed) <= 3
    assert len(forward(tmp_path / "j")) == 10
