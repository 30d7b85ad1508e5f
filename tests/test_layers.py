"""The house's rules that a reader cannot see at a glance: who may import whom, and when."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import agentsess

PACKAGE = Path(agentsess.__file__).parent
LONGEST_MODULE = 400

LOW = {"model", "model_recap", "model_usage", "errors", "clock", "pace"}
ALLOWED: dict[str, set[str]] = {
    "clock": set(),
    "model": {"clock", "model_recap", "model_usage"},
    "model_recap": set(),
    "model_usage": set(),
    "errors": set(),
    "pace": {"errors"},
    "config": {"errors"},
    "storage": LOW,
    "sources": LOW,
    "sessions": LOW | {"config", "storage", "sources"},
    "agent": LOW | {"config", "sessions", "sources"},
    "demo": LOW | {"config", "sessions", "agent"},
    "ui": LOW | {"config", "sessions", "agent", "sources", "demo"},
    "commands": LOW | {"config", "sessions", "agent", "sources", "ui.render.format"},
    "cli": LOW | {"config", "sessions", "sources", "commands", "ui.app"},
    "__main__": {"cli"},
    # Names its parts as text, and for type checkers.
    "__init__": {"errors", "model", "agent"},
}
"""Which parts of the package each part may import."""

WITHOUT_TEXTUAL = LOW | {"config", "storage", "sources", "sessions", "agent"}

SHOWS_THE_SCREENS = Path("demo/screenshots.py")
"""Takes pictures of the app in the demo; a program of its own that nothing imports."""

USES_THE_SDK_FROM_THE_START = Path("agent/shell.py")
"""Builds on the SDK's tools; no module may import it at load."""


class Import(NamedTuple):
    """An import statement's target, and whether it runs when the module is loaded."""

    name: str
    line: int
    at_load: bool


def modules() -> Iterator[Path]:
    return PACKAGE.rglob("*.py")


def part_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path) -> Iterator[Import]:
    """All imports of a module, those for type checkers too, which do not run."""

    def visit(node: ast.AST, at_load: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, child.lineno, at_load)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}:{child.lineno} is a relative import"
                for alias in child.names:
                    yield Import(f"{child.module}.{alias.name}", child.lineno, at_load)
            else:
                runs = at_load and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
                if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                    runs = False
                yield from visit(child, runs)

    return visit(ast.parse(path.read_text(encoding="utf-8")), True)


def complaints(path: Path) -> Iterator[str]:
    part = part_of(path)
    for name, line, _ in imports_of(path):
        if name.split(".")[0] != "agentsess":
            continue
        inside = name.removeprefix("agentsess.")
        top = inside.split(".")[0]
        allowed = ALLOWED[part] | {part}
        if path.relative_to(PACKAGE) == SHOWS_THE_SCREENS:
            allowed |= {"ui"}
        if top not in allowed and not any(inside.startswith(a) for a in allowed if "." in a):
            yield f"{path.relative_to(PACKAGE)}:{line} imports {name}"


def test_imports_go_one_way() -> None:
    assert not [complaint for path in modules() for complaint in complaints(path)]


def test_every_part_of_the_package_has_a_place_among_the_layers() -> None:
    assert {part_of(path) for path in modules()} <= ALLOWED.keys()


def test_nothing_below_the_screens_imports_textual() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in modules()
        if part_of(path) in WITHOUT_TEXTUAL | {"commands", "cli", "demo"}
        and path.relative_to(PACKAGE) != SHOWS_THE_SCREENS
        for name, line, _ in imports_of(path)
        if name.split(".")[0] in ("textual", "rich")
    ]
    assert not found


def test_the_sdk_is_imported_by_agent_and_demo_alone_and_never_at_load() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in modules()
        for name, line, at_load in imports_of(path)
        if name.split(".")[0] == "anthropic"
        and (at_load or part_of(path) not in ("agent", "demo"))
        and path.relative_to(PACKAGE) != USES_THE_SDK_FROM_THE_START
    ]
    assert not found


def test_nothing_imports_the_program_that_takes_pictures() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in modules()
        for name, line, _ in imports_of(path)
        if name.startswith("agentsess.demo.screenshots")
    ]
    assert not found


def test_what_is_built_on_the_sdk_is_not_imported_at_load() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in modules()
        for name, line, at_load in imports_of(path)
        if at_load and name.startswith("agentsess.agent.shell")
    ]
    assert not found


def test_the_screens_open_no_database() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in modules()
        if part_of(path) == "ui"
        for name, line, _ in imports_of(path)
        if name.startswith(("tinydb", "agentsess.storage"))
    ]
    assert not found


def test_no_module_is_longer_than_can_be_read_in_one_go() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert not {str(p): length for p, length in lengths.items() if length > LONGEST_MODULE}


def loaded_by(code: str) -> set[str]:
    """The top-level packages that a fresh Python holds after running some code."""
    script = (
        f"{code}\nimport sys, json\nprint(json.dumps([*{{m.split('.')[0] for m in sys.modules}}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import agentsess",
        "import agentsess.storage.store, agentsess.sessions.service",
        "import agentsess.sources.claude_code, agentsess.sessions.recap.building",
        "from agentsess import Agent, Session",
        "import agentsess.cli, agentsess.commands.reading, agentsess.commands.running",
    ],
)
def test_what_needs_neither_screen_nor_model_loads_neither(code: str) -> None:
    assert not loaded_by(code) & {"textual", "rich", "anthropic", "httpx", "httpx2", "pydantic"}


def test_importing_the_package_loads_nothing_of_it_but_the_names() -> None:
    assert not loaded_by("import agentsess") & {"tinydb", "msgspec", "genai_prices"}
