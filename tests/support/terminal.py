"""A real terminal with a program in it: keys in, the screen out."""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import pexpect
import pyte

PATIENCE = 60.0
"""Seconds after which what was waited for is held to never come."""

KEYS = {
    "enter": "\r", "escape": "\x1b", "tab": "\t", "backspace": "\x7f", "down": "\x1b[B",
    "up": "\x1b[A", "f1": "\x1bOP",
}  # fmt: skip


class Terminal:
    """A program in a pseudo-terminal of its own; a context manager that ends it."""

    def __init__(
        self,
        *command: str | Path,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        size: tuple[int, int] = (120, 36),
    ) -> None:
        columns, lines = size
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        """All that the program wrote."""
        program, *arguments = map(str, command)
        # these would speak of the terminal of the tests
        inherited = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        self._child = pexpect.spawn(
            program,
            arguments,
            cwd=str(cwd),
            env={**inherited, "TERM": "xterm-256color", "LANG": "C.UTF-8", **(env or {})},
            dimensions=(lines, columns),
            timeout=PATIENCE,
        )
        self._child.delaybeforesend = None
        self.settings = termios.tcgetattr(self._child.child_fd)

    @property
    def screen(self) -> str:
        """What is on the screen now."""
        self._read()
        return "\n".join(line.rstrip() for line in self._screen.display)

    def sees(self, *texts: str, without: str = "") -> None:
        """Wait until all texts are on the screen, and another one is not."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self._read(0.05)
            screen = self.screen
            if all(text in screen for text in texts) and not (without and without in screen):
                return
            if time.monotonic() > deadline or not self._child.isalive():
                wanted = " and ".join(texts) + (f" without {without}" if without else "")
                raise AssertionError(f"This never came: {wanted}\n{self.screen}")

    def settles(self) -> None:
        """Wait until the program has drawn something and then nothing more."""
        before = len(self.raw)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            known = len(self.raw)
            self._read(0.2)
            if before < known == len(self.raw):
                return

    def press(self, *keys: str) -> None:
        """Press keys: names of `KEYS`, ``ctrl+`` and a letter, or text as it is."""
        for key in keys:
            if key.startswith("ctrl+"):
                self._child.sendcontrol(key[-1])
            else:
                self._child.send(KEYS.get(key, key))

    def kill(self) -> None:
        """End the program as a power cut would."""
        self._child.kill(signal.SIGKILL)
        self._child.wait()

    def ends(self) -> int:
        """Wait for the program's end; its exit code."""
        deadline = time.monotonic() + PATIENCE
        while self._child.isalive():
            self._read(0.05)
            assert time.monotonic() < deadline, f"It does not end:\n{self.screen}"
        self._read()
        self._child.close()
        assert self._child.signalstatus is None, f"Ended by signal {self._child.signalstatus}"
        return int(self._child.exitstatus or 0)

    def _read(self, wait: float = 0) -> None:
        try:
            data = self._child.read_nonblocking(1_000_000, wait)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return
        self.raw += data
        self._stream.feed(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.close(force=True)


def installed(command: str) -> Path:
    """Where a command of this Python's environment is."""
    return Path(sys.executable).parent / command
