from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agentsess.errors import InvalidPermission
from agentsess.sessions.permissions import (
    READING,
    Permission,
    first_words,
    judge,
    suggestions,
    words_of,
)
from agentsess.sessions.service import SessionService

FOLDER = "/work"


def allow(command: str, *, exact: bool = False) -> Permission:
    return Permission(FOLDER, "bash", "allow", command, exact).checked()


def deny(command: str) -> Permission:
    return Permission(FOLDER, "bash", "deny", command).checked()


def decided(saved: list[Permission], command: str, **more: Any) -> str:
    found = judge(saved, FOLDER, "bash", {"command": command, **more})
    return found.effect if found else "ask"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SessionService]:
    opened = SessionService.open(tmp_path / "home")
    yield opened
    opened.close()


HOSTILE = [
    "pytest && rm -rf /",
    "pytest; rm -rf /",
    "pytest & rm -rf /",
    "pytest | sh",
    "pytest || rm -rf /",
    "pytest\nrm -rf /",
    "pytest\r\nrm -rf /",
    "pytest $(rm -rf /)",
    "pytest `rm -rf /`",
    'pytest "$(rm -rf /)"',
    "pytest <(rm -rf /)",
    "pytest > ~/.bashrc",
    "pytest 2>/etc/passwd",
    "pytest < /etc/shadow",
    "pytest <<< x",
    "pytest $HOME",
    "pytest ${IFS}x",
    "pytest {a,b}",
    "pytest *",
    "pytest ?",
    "pytest [a-z]",
    "pytest ~root",
    "pytest \\; rm",
    "pytest !!",
    "pytest #",
    "pytest\trm",
    "pytest\x00rm",
    "pytest\x1b[2K",
    "pytest\u2028rm -rf /",
    "pytest\u00a0rm",
    "pytest 'unclosed",
    'pytest "unclosed',
    "(pytest)",
    "{ pytest; }",
    "! pytest",
    "time pytest",
    "FOO=1 pytest",
    "LD_PRELOAD=./evil.so pytest",
    "PATH=. pytest",
    "env pytest",
    "pytestx",
    "./pytest",
    "/tmp/pytest",
    "'pytest --version'",
    "pytest() { rm -rf /; }",
    "coproc pytest",
    "eval pytest",
    "sudo pytest",
    "",
    " ",
]


@pytest.mark.parametrize("command", HOSTILE)
def test_a_command_that_is_more_than_its_first_words_is_asked_about(command: str) -> None:
    assert decided([allow("pytest")], command) == "ask"


@pytest.mark.parametrize(
    "command", ["pytest", "pytest -q", "  pytest  -q ", "'pytest' -k 'a or b'", "pytest a=b x@y"]
)
def test_plain_words_behind_the_allowed_ones_are_allowed(command: str) -> None:
    assert decided([allow("pytest")], command) == "allow"


def test_first_words_must_all_be_there_in_order() -> None:
    saved = [allow("git log")]
    assert decided(saved, "git log -3") == "allow"
    for other in ("git push", "git", "git -C .. log", "log git", "git logs"):
        assert decided(saved, other) == "ask"


def test_an_exact_command_is_allowed_to_the_letter() -> None:
    saved = [allow("make test && git diff", exact=True)]
    assert decided(saved, "make test && git diff") == "allow"
    for other in ("make test  && git diff", "make test && git diff ", "make test"):
        assert decided(saved, other) == "ask"


def test_input_that_is_not_known_is_asked_about() -> None:
    saved = [allow("pytest")]
    assert decided(saved, "pytest", timeout_ms=1000) == "allow"
    assert decided(saved, "pytest", restart=True) == "ask"
    assert decided(saved, "pytest", cwd="/") == "ask"
    assert judge(saved, FOLDER, "bash", {"command": ["pytest"]}) is None
    assert judge(saved, FOLDER, "bash", {}) is None
    assert judge(saved, FOLDER, "other", {"command": "pytest"}) is None


def test_what_is_allowed_in_one_folder_is_asked_about_in_another() -> None:
    saved = [allow("pytest"), Permission(FOLDER, "read", "allow")]
    for folder in ("/work/sub", "/", "/work2", ""):
        assert judge(saved, folder, "bash", {"command": "pytest"}) is None
        assert judge(saved, folder, "read", {"file_path": "x"}) is None


def test_a_denial_goes_before_what_allows() -> None:
    saved = [allow("git log"), Permission(FOLDER, "bash", "deny")]
    assert decided(saved, "git log") == "deny"
    assert decided(list(reversed(saved)), "git log") == "deny"


@pytest.mark.parametrize(
    "command",
    [
        "rm x",
        "cd a && rm -rf b",
        "true;rm x",
        "echo $(rm x)",
        "/bin/rm x",
        "ls | xargs rm",
        "'rm' x",
        "sudo rm",
        "r''m x; true",
        "r\\m x",
        "r\\\nm x",
        "true && \\rm x",
    ],
)
def test_denied_words_count_wherever_they_stand(command: str) -> None:
    assert decided([deny("rm"), allow(command, exact=True)], command) == "deny"


def test_quotation_marks_do_not_hide_denied_words_from_a_denial() -> None:
    saved = [allow("cargo build"), deny("cargo build --release")]
    for command in ("cargo bui''ld --rel\"\"ease", "cargo 'build' \"--release\""):
        assert decided(saved, command) == "deny"
    assert decided(saved, "cargo build -v") == "allow"


@pytest.mark.parametrize(
    "command",
    [
        "git -c a=b push",
        "git -C .. push origin",
        "git --no-pager -c core.editor=true push",
        "git -c 'user.name=A B' push",
        "cd a && /usr/bin/git --git-dir=x push; ls",
    ],
)
def test_options_do_not_hide_denied_words(command: str) -> None:
    assert decided([deny("git push"), allow(command, exact=True)], command) == "deny"


@pytest.mark.parametrize(
    "command",
    [
        "git -c 'a b' push # don't",
        "git -c 'a b' push\n# it's done",
        "# don't\ngit -c 'a b' push",
        "# don't\ngit -c 'a b' \\\n push",
        "# don't\ngit -c 'a\nb' push",
        "cat <<E\nit's\nE\ngit -c 'a b' push",
        'cat <<E\n"\nE\ngit -c "a b" push',
    ],
)
def test_a_quotation_mark_that_stands_alone_hides_no_denied_words(command: str) -> None:
    assert decided([deny("git push")], command) == "deny"


def test_a_denied_option_counts_wherever_it_stands() -> None:
    assert decided([deny("git push --force")], "git push origin main --force") == "deny"
    assert decided([deny("git push --force")], "git push origin main") == "ask"
    assert decided([deny("git push")], "git commit -m 'do not push'") == "ask"


def test_denied_words_are_whole_words() -> None:
    assert decided([deny("rm")], "npm run rmdir --farm") == "ask"
    assert decided([deny("git push")], "git stash push") == "ask"
    assert decided([deny("git push")], "git fetch && git push -f") == "deny"


@pytest.mark.parametrize(
    "command",
    [
        "bash", "sh", "env", "sudo", "eval", "xargs", "find", "python", "python3.11", "python -c",
        "python3 -m", "node -e", "git", "git -C", "docker run", "uv run", "uv run python", "npx",
        "timeout 5", "nice make", "rm", "/bin/rm", "curl", "cd", "npm exec bash", "make", ". x",
        "FOO=1", "FOO=1 pytest", "pytest && ls", "ls *", "", "  ", "'", "-x",
        "printf", "declare", "hash", "enable", "read", "git checkout", "git pull", "git stash",
        "npm x", "npm install", "npx env", "deno run", "docker compose", "uv pip", "cargo install",
        "python -m cProfile", "flock x", "setpriv", "strace", "rg", "sqlite3", "kubectl delete",
    ],
)  # fmt: skip
def test_first_words_that_could_run_anything_cannot_be_allowed(command: str) -> None:
    with pytest.raises(InvalidPermission):
        allow(command)


@pytest.mark.parametrize(
    "command",
    [
        "compgen -C 'touch made'",
        "split '--filter=touch made' a",
        "tar cf a.tar a --checkpoint=1 '--checkpoint-action=exec=touch made'",
        "sort -S 1k -T . '--compress-program=./made.sh' a",
        "flock a touch made",
        "jobs -x touch made",
        "git fetch '--upload-pack=touch made' .",
        "git log --output=made",
        "git diff --no-index --output made a a.sh",
        "make all 'CC=touch made'",
        "uniq a made",
    ],
)
def test_what_plain_words_make_a_program_do_is_not_allowed_by_its_first_words(
    command: str, tmp_path: Path
) -> None:
    for name, text in (
        ("a", "b\n" * 50_000 + "a\n"),
        ("a.sh", ""),
        ("made.sh", "#!/bin/sh\ntouch made\ncat"),
        ("Makefile", "all:\n\t$(CC)\n"),
    ):
        (tmp_path / name).write_text(text)
    (tmp_path / "made.sh").chmod(0o700)
    who = "-c user.name=a -c user.email=a@b -c commit.gpgsign=false"
    prepare = f"git init -q && git add a && git {who} commit -qm x"
    subprocess.run(["/bin/bash", "-c", prepare], cwd=tmp_path, check=True)
    subprocess.run(["/bin/bash", "-c", command], cwd=tmp_path, capture_output=True)
    if not (tmp_path / "made").exists():
        pytest.skip("this program does not do it here")
    assert words_of(command)
    found = suggestions(FOLDER, "bash", {"command": command})
    assert all(each.exact for each in found if each.effect == "allow")
    program, second = words_of(command)[:2]
    for first in (program, f"{program} {second}"):
        try:
            saved = allow(first)
        except InvalidPermission:
            continue
        assert decided([saved], command) == "ask"


def test_no_permission_is_a_blanket_one() -> None:
    for tool in ("bash", "write", "edit", "some_tool", ""):
        with pytest.raises(InvalidPermission):
            Permission(FOLDER, tool, "allow").checked()
    for tool in READING:
        Permission(FOLDER, tool, "allow").checked()
    with pytest.raises(InvalidPermission):
        Permission("", "read", "allow").checked()


@pytest.mark.parametrize(
    ("command", "first"),
    [
        ("pytest -q tests", "pytest"),
        ("git status --short", "git status"),
        ("uv run pytest -q", "uv run pytest"),
        ("python -m pytest x", "python -m pytest"),
        ("/usr/bin/python3.11 -m ruff check", "/usr/bin/python3.11 -m ruff"),
        ("npm run build", "npm run"),
        ("rm -rf build", None),
        ("pytest | tail", None),
        ("python -c 1", None),
    ],
)
def test_what_is_suggested_are_the_words_that_name_the_program(
    command: str, first: str | None
) -> None:
    found = suggestions(FOLDER, "bash", {"command": command})
    texts = [p.command for p in found if p.effect == "allow" and not p.exact]
    assert texts == ([first] if first else [])
    assert [p.command for p in found if p.exact] == [command]


def test_for_reading_the_tool_is_suggested_and_for_writing_only_its_denial() -> None:
    assert [str(p) for p in suggestions(FOLDER, "grep", {})] == ["allow grep", "deny grep"]
    assert [str(p) for p in suggestions(FOLDER, "edit", {})] == ["deny edit"]
    assert suggestions("", "grep", {}) == ()


commands = st.text(
    st.sampled_from("abcpytestrm01 _-./,:=@%+'\"") | st.characters(exclude_categories=("Cs",)),
    max_size=20,
)
pieces = st.sampled_from(
    ["pytest", "rm", "git", "log", " ", "  ", "'", '"', ";", "&&", "|", "$(", ")", "`", "\n", "=",
     "-q", "\\", "{", "}", "*", "~", "#", "!", "<", ">", "a", "\t", "$x"]
)  # fmt: skip
shell_texts = commands | st.lists(pieces, max_size=8).map("".join)


@given(shell_texts)
@settings(deadline=None, max_examples=300)
def test_the_shell_sees_the_same_words_and_nothing_else(command: str) -> None:
    if not (words := words_of(command)):
        return
    script = f"set -f; f() {{ printf '%s\\0' \"$@\"; }}; f {command}"
    done = subprocess.run(
        ["/bin/bash", "--noprofile", "--norc", "-c", script], capture_output=True, check=True
    )
    assert done.stderr == b""
    assert done.stdout.decode().split("\0")[:-1] == words


@given(shell_texts)
def test_whatever_is_allowed_by_first_words_is_those_words_and_plain_ones(command: str) -> None:
    for saved in (allow("pytest"), allow("git log")):
        if decided([saved], command) == "allow":
            assert not set(command) & set(";&|<>$`(){}[]*?~#!\\\n\r\t\0")
            assert shlex.split(command)[: len(saved.command.split())] == saved.command.split()


SYNTAX = [
    ";", "&&", "||", "|", "|&", "&", "\n", "$(", "`", "<(", ">", ">>", "2>", "<", "<<<", "\r\n"
]  # fmt: skip
arguments = st.lists(st.sampled_from(["-q", "a", "'b c'", "x=y", "--", "tests/a.py"]), max_size=3)


@given(
    st.sampled_from(["pytest", "git log", "cargo build"]),
    arguments,
    st.sampled_from(SYNTAX),
    st.sampled_from(["rm -rf /", "pytest", "git log", "touch made", "x"]),
    st.sampled_from(["", " ", "  "]),
)
def test_allowed_words_allow_nothing_that_is_joined_to_them(
    allowed: str, words: list[str], syntax: str, more: str, space: str
) -> None:
    saved = [allow("pytest"), allow("git log"), allow("cargo build")]
    begun = " ".join([allowed, *words])
    assert decided(saved, begun) == "allow"
    assert decided(saved, f"{begun}{space}{syntax}{space}{more}") == "ask"
    assert decided(saved, f"{more}{space}{syntax}{space}{begun}") == "ask"


options = st.lists(
    st.sampled_from(["-v", "-c a=b", "-C ..", "--git-dir=x", "-c 'a b=c d'"]), max_size=4
)


@given(options, st.sampled_from(["", "cd a && ", "true; ", "sudo "]))
def test_a_denial_holds_whatever_options_stand_between_its_words(
    between: list[str], before: str
) -> None:
    command = f"{before}{' '.join(['git', *between, 'push'])} origin"
    assert decided([deny("git push"), allow(command, exact=True)], command) == "deny"


@given(shell_texts)
@example("''")
def test_what_is_suggested_can_be_saved_and_decides_the_very_call(command: str) -> None:
    for suggested in suggestions(FOLDER, "bash", {"command": command}):
        assert decided([suggested.checked()], command) == suggested.effect


@given(st.lists(st.sampled_from(["pytest", "-q", "-m", "uv", "run", "python", "git", "rm", "a=b"])))
def test_first_words_are_a_beginning(words: list[str]) -> None:
    first = first_words(words)
    assert first is None or (first and words[: len(first)] == first)


def test_an_answer_is_kept_and_a_newer_one_takes_its_place(
    service: SessionService, tmp_path: Path
) -> None:
    saved = service.permissions.save(Permission(str(tmp_path), "bash", "allow", "pytest"))
    assert service.permissions.all() == [saved]
    values = {"command": "pytest -q"}
    verdict = service.permissions.verdict(str(tmp_path), "bash", values)
    assert verdict
    assert (verdict.allowed, verdict.by) == (True, "rule")
    service.permissions.save(replace(saved, effect="deny"))
    assert [p.effect for p in service.permissions.all()] == ["deny"]
    verdict = service.permissions.verdict(str(tmp_path), "bash", values)
    assert verdict
    assert not verdict.allowed


def test_answers_outlive_the_process_and_are_seen_by_others(
    service: SessionService, tmp_path: Path
) -> None:
    other = SessionService.open(tmp_path / "home")
    saved = service.permissions.save(Permission(str(tmp_path), "read", "allow"))
    assert other.permissions.all(str(tmp_path)) == [saved]
    other.permissions.remove(saved.id[:4])
    assert service.permissions.all() == []
    other.close()


def test_a_folder_is_known_by_its_real_path(service: SessionService, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    service.permissions.save(Permission(str(tmp_path / "link"), "read", "allow"))
    assert service.permissions.verdict(str(tmp_path / "real"), "read", {})
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to(tmp_path)
    assert service.permissions.verdict(str(tmp_path / "link"), "read", {}) is None


def test_removing_needs_an_id_that_fits_one(service: SessionService, tmp_path: Path) -> None:
    service.permissions.save(Permission(str(tmp_path), "read", "allow"))
    for wrong in ("", "nope"):
        with pytest.raises(InvalidPermission):
            service.permissions.remove(wrong)


def test_what_was_tampered_with_allows_nothing(service: SessionService, tmp_path: Path) -> None:
    good = Permission(str(tmp_path), "bash", "allow", "pytest").to_json()
    for number, wrong in enumerate(
        [{"command": ""}, {"command": "bash"}, {"tool": "write"}, {"effect": "maybe"}, {"exact": 1}]
    ):
        service._store.patch("permissions", {str(number): good | wrong})
    assert service.permissions.all() == []


def test_reading_is_allowed_beforehand_only_by_a_setting(
    service: SessionService, tmp_path: Path
) -> None:
    folder = str(tmp_path)
    assert service.permissions.verdict(folder, "grep", {}) is None
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home" / "settings.toml").write_text("allow_reading = true\n")
    verdict = service.permissions.verdict(folder, "grep", {})
    assert verdict
    assert (verdict.allowed, verdict.by) == (True, "setting")
    assert service.permissions.verdict(folder, "write", {}) is None
    assert service.permissions.verdict("", "grep", {}) is None
    service.permissions.save(Permission(folder, "grep", "deny"))
    verdict = service.permissions.verdict(folder, "grep", {})
    assert verdict
    assert not verdict.allowed
    (tmp_path / "home" / "settings.toml").write_text("not toml at all")
    assert service.permissions.verdict(folder, "read", {}) is None
