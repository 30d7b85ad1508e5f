"""The command as a whole: help, exit codes, what is loaded, what becomes of a closed pipe."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agentsess.sessions.service import SessionService
from agentsess.storage.journal import FORMAT, seal
from support.commands import Run

COMMANDS = (
    "list", "show", "search", "recap", "new", "run", "archive", "unarchive", "delete", "restore",
    "prune", "export", "doctor", "pause", "complete", "continue",
)  # fmt: skip


def test_help_names_every_command_and_exit_code(run: Run) -> None:
    ran = run("--help")
    assert ran.code == 0
    for name in COMMANDS:
        assert re.search(rf"^    {name}\b", ran.out, re.MULTILINE), name
    assert "exit codes:" in ran.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_json_and_documents_it(run: Run, name: str) -> None:
    text = run(name, "--help").out
    assert "--json" in text
    assert "JSON" in text or "json" in text.split("--json", 2)[-1]


def test_the_version_is_told(run: Run) -> None:
    assert re.fullmatch(r"agentsess-tui \d+\.\d+\.\d+\n", run("--version").out)


@pytest.mark.parametrize("argv", [["fly"], ["list", "--limit", "0"], ["show"], ["--demo", "list"]])
def test_wrong_usage_is_exit_code_two(run: Run, argv: list[str]) -> None:
    ran = run(*argv)
    assert ran.code == 2
    assert "usage:" in ran.err


def test_an_option_must_be_written_out(run: Run) -> None:
    assert run("list", "--lim", "3").code == 2


def test_an_unknown_session_is_exit_code_three_in_words_and_in_json(run: Run) -> None:
    ran = run("show", "nonsense", "--json")
    assert ran.code == 3
    assert ran.json["error"]["type"] == "SessionNotFound"
    assert ran.json["error"]["message"] in ran.err
    assert ran.err.count("\n") == 1


def test_a_filter_that_cannot_be_understood_is_wrong_usage(run: Run) -> None:
    ran = run("list", "older:soon", "--json")
    assert ran.code == 2
    assert ran.json["error"]["type"] == "InvalidQuery"


def test_a_store_of_a_newer_version_is_refused_in_one_line(run: Run, home: Path) -> None:
    (home / "index").mkdir(parents=True)
    (home / "index" / "sessions.jsonl").write_bytes(seal({"fmt": FORMAT, "v": 9}))
    ran = run("list", "--json")
    assert ran.code == 1
    assert ran.json["error"]["type"] == "StoreTooNew"
    assert "Upgrade" in ran.err


def test_a_store_that_cannot_be_written_is_a_failure_in_one_line(run: Run, home: Path) -> None:
    home.write_text("a file where the store should be")
    ran = run("new")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err


def test_the_app_without_a_terminal_points_to_the_commands(run: Run) -> None:
    ran = run()
    assert ran.code == 2
    assert "--help" in ran.err


def test_a_title_given_in_bytes_that_are_no_unicode_does_not_crash(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agentsess", "new", b"caf\xe9", "--json"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout)["title"].startswith("caf")


def test_output_is_utf_8_wherever_it_goes(home: Path, service: SessionService) -> None:
    service.create(title="Grüße 日本")
    for argv in (["list"], ["list", "--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "agentsess", *argv],
            capture_output=True,
            check=True,
            timeout=60,
            env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
        )
        assert "Grüße 日本" in done.stdout.decode("utf-8")


def test_a_reader_that_goes_away_ends_it_quietly(home: Path, service: SessionService) -> None:
    for n in range(400):
        service.create(title=f"{n} " + "x" * 190)
    process = subprocess.Popen(
        [sys.executable, "-m", "agentsess", "list", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(30) == 0


@pytest.mark.parametrize(
    "argv",
    [["list"], ["new"], ["search", "x"], ["doctor"], ["prune", "--older-than", "1d", "--dry-run"]],
)
def test_no_command_loads_textual_or_the_sdk(home: Path, argv: list[str]) -> None:
    script = (
        "import sys; from agentsess.cli import main; code = main(sys.argv[1:]); "
        "print(sorted({m.split('.')[0] for m in sys.modules}), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *argv],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = done.stderr.splitlines()[-1]
    for name in ("textual", "rich", "anthropic", "httpx", "pydantic"):
        assert f"'{name}'" not in loaded


@pytest.mark.parametrize(("no_color", "styled"), [("", True), ("1", False)])
def test_colour_is_for_terminals_that_want_it(
    home: Path, service: SessionService, no_color: str, styled: bool
) -> None:
    import pty

    service.create(title="\x1b[5mblink")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "agentsess", "list"],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "NO_COLOR": no_color},
    )
    os.close(theirs)
    shown = b""
    while b"blink" not in shown:
        shown += os.read(ours, 1000)
    assert process.wait(30) == 0
    os.close(ours)
    assert (b"\x1b[32m" in shown) is styled
    assert b"\x1b[5m" not in shown


def test_without_a_home_folder_it_is_said_what_to_set(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def unknown(*_: object) -> None:
        raise KeyError("no such user")

    for name in ("AGENTSESS_HOME", "CLAUDE_CONFIG_DIR", "HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    ran = run("list")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "Set AGENTSESS_HOME" in ran.err
    monkeypatch.setenv("AGENTSESS_HOME", str(tmp_path / "store"))
    assert run("list", "--json").json == []


def test_in_a_folder_that_was_removed_it_is_said_what_is_wrong(home: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = (
        "import os, sys; os.chdir(sys.argv[1]); os.rmdir(sys.argv[1]);"
        "from agentsess.cli import main; sys.exit(main(sys.argv[2:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, gone, "new"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "The folder you are in was removed. Go to another one first." in done.stderr
    assert done.stderr.count("\n") == 1
