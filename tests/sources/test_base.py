"""What is found can be kept in a cache."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agentsess.sources.base import FileStamp, Found
from agentsess.sources.claude_code import ClaudeCodeSource
from support.claude_history import write_history


def test_what_was_found_survives_json(tmp_path: Path) -> None:
    write_history(tmp_path, 5, bulk=2_000)
    source = ClaudeCodeSource(tmp_path)
    for session_id, stamp in source.stamps():
        found = source.scan(stamp.path, session_id)
        assert Found.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_file_name_that_is_no_text_survives_json() -> None:
    stamp = FileStamp(os.fsdecode(b"/tmp/caf\xe9.jsonl"), 1, 2, 3)
    text = json.dumps(stamp.to_json()).encode()
    assert FileStamp.from_json(json.loads(text)) == stamp


def test_an_object_of_another_version_is_refused() -> None:
    with pytest.raises(KeyError):
        Found.from_json({"id": "x"})


def test_a_stamp_changes_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one")
    before = FileStamp.of(str(path), path.stat())
    assert FileStamp.of(str(path), path.stat()) == before
    with path.open("ab") as file:
        file.write(b"two")
    assert FileStamp.of(str(path), path.stat()) != before
