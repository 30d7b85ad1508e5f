from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsess.agent.preview import Preview, _changed, preview

LINES = "".join(f"line {n}\n" for n in range(1, 101))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "work"
    path.mkdir()
    (path / "a.txt").write_text(LINES)
    return path


def edit(old: str, new: str, **more: object) -> dict[str, object]:
    return {"file_path": "a.txt", "old_string": old, "new_string": new, **more}


def test_an_edit_is_shown_where_it_stands_in_the_file(folder: Path) -> None:
    shown = preview(folder, "edit", edit("line 50\n", "line fifty\nand more\n"))
    assert shown == Preview(
        "line 47\nline 48\nline 49\nline 50\nline 51\nline 52\nline 53",
        "line 47\nline 48\nline 49\nline fifty\nand more\nline 51\nline 52\nline 53",
        47,
    )


def test_an_edit_in_several_places_shows_them_all(folder: Path) -> None:
    shown = preview(folder, "edit", edit("line 5", "row 5", replace_all=True))
    assert shown
    assert shown.note == "in 11 places"
    assert (shown.first_line, shown.after.count("row 5")) == (2, 11)


def test_an_edit_that_will_fail_says_so(folder: Path) -> None:
    missing = preview(folder, "edit", edit("nowhere", "x"))
    several = preview(folder, "edit", edit("line 5", "x"))
    assert missing
    assert several
    assert "not in the file" in missing.note
    assert "stands 11 times" in several.note


def test_writing_over_a_file_shows_what_changes_in_it(folder: Path) -> None:
    content = LINES.replace("line 2\n", "")
    shown = preview(folder, "write", {"file_path": "a.txt", "content": content})
    assert shown
    assert shown.note == "replaces the whole file"
    assert shown.before.splitlines()[:2] == ["line 1", "line 2"]
    assert "line 2" not in shown.after.splitlines()


def test_a_new_file_is_said_to_be_new(folder: Path) -> None:
    shown = preview(folder, "write", {"file_path": "b/c.txt", "content": "x"})
    assert shown == Preview("", "x", note="a new file")


def test_a_change_of_line_ends_alone_is_named(folder: Path) -> None:
    (folder / "a.txt").write_bytes(b"one\ntwo\n")
    shown = preview(folder, "edit", edit("one\n", "one\r\n"))
    assert shown
    assert "line ends" in shown.note


def test_nothing_outside_of_the_folder_is_read(folder: Path) -> None:
    outside = folder.parent / "secret.txt"
    outside.write_text("secret")
    (folder / "link.txt").symlink_to(outside)
    for path in ("../secret.txt", "../new.txt", str(outside), "link.txt"):
        values = {"file_path": path, "old_string": "secret", "new_string": "x", "content": "x"}
        assert preview(folder, "edit", values) is None
        assert preview(folder, "write", values) is None


def test_what_cannot_be_shown_is_not(folder: Path) -> None:
    (folder / "bytes").write_bytes(b"\xff\xfe")
    (folder / "dir").mkdir()
    for path in ("bytes", "dir", "", "a\0b", "x" * 5_000):
        assert preview(folder, "edit", edit("x", "y") | {"file_path": path}) is None
    os.mkfifo(folder / "pipe")
    assert preview(folder, "edit", edit("x", "y") | {"file_path": "pipe"}) is None
    assert preview(folder, "edit", {"file_path": 3, "new_string": "x"}) is None
    assert preview(folder, "bash", {"command": "ls"}) is None


lines = st.lists(st.sampled_from("abc"), max_size=12)


@given(lines, lines)
def test_the_shown_part_is_all_that_changes(old: list[str], new: list[str]) -> None:
    if old == new:
        return
    shown = _changed("\n".join(old), "\n".join(new))
    first, part = shown.first_line - 1, shown.before.splitlines()
    behind = old[first + len(part) :]
    assert old[:first] + part + behind == old
    assert old[:first] + shown.after.splitlines() + behind == new
