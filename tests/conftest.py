"""What all tests share: an environment of their own, and a model to talk to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.loopback import LoopbackServer, Script

FOREIGN = ("ANTHROPIC_", "AGENTSESS_", "CLAUDE_", "TEXTUAL_", "XDG_")


@pytest.fixture(autouse=True)
def own_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Nothing of the developer's home or settings reaches a test; gives the test's home."""
    for name in list(os.environ):
        if name.startswith("TEXTUAL_SNAPSHOT"):
            continue  # how the plugin that compares pictures talks to itself
        if name.startswith(FOREIGN) or name == "NO_COLOR":
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    return home


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., LoopbackServer]]:
    """Start a server that plays a script; the SDK of this process talks to it from then on."""
    with ExitStack() as stack:

        def start(script: Script = (), **options: object) -> LoopbackServer:
            server = stack.enter_context(LoopbackServer(script, **options))  # type: ignore[arg-type]
            for name, value in server.environment.items():
                monkeypatch.setenv(name, value)
            return server

        yield start
