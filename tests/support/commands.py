"""Scripting commands: how one ended, and one that asks on a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ran:
    """The exit code and what was written."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output, parsed."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@dataclass
class Asking:
    """A ``run`` that asks on a terminal and writes its reply to a pipe."""

    process: subprocess.Popen[bytes]
    terminal: int
    shown: bytes = b""
    """What stood on the terminal."""

    def answers(self, question: bytes, answer: bytes) -> None:
        """Wait for the end of a question, and type the answer."""
        while not self.shown.endswith(question):
            self.shown += os.read(self.terminal, 1000)
        os.write(self.terminal, answer)
        self.shown += os.read(self.terminal, 1000)

    def output(self) -> bytes:
        """What it wrote to the pipe, once it has ended well."""
        assert self.process.stdout is not None
        written = self.process.stdout.read()
        assert self.process.wait(30) == 0
        return written


@contextmanager
def asking(session_id: str, task: str, environment: dict[str, str]) -> Iterator[Asking]:
    """Give the model a task on a terminal; what is still running at the end is killed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "agentsess", "run", session_id, task],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, **environment},
    )
    os.close(theirs)
    try:
        yield Asking(process, ours)
    finally:
        process.kill()
        process.communicate()
        os.close(ours)
