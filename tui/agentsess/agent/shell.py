"""The session's tools, on top of the SDK's own toolset.

Importing this imports the SDK, which takes longer than the program's start: only `tools`
imports it, and only when a tool is about to be used.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import anyio
from anthropic.lib.tools import ToolError
from anthropic.lib.tools.agent_toolset import (
    BASH_DEFAULT_TIMEOUT,
    AgentToolContext,
    BashSession,
    beta_agent_toolset_20260401,
)

_SECRET_PREFIXES = ("ANTHROPIC_",)
_SEARCHES = ("glob", "grep")


class Shell(BashSession):
    """A bash whose children go with it: it leads a process group of its own."""

    @classmethod
    async def start(
        cls, workdir: str | os.PathLike[str], *, env: Mapping[str, str] | None = None
    ) -> Self:
        inherited = os.environ if env is None else env
        scrubbed = {k: v for k, v in inherited.items() if not k.startswith(_SECRET_PREFIXES)}
        process = await anyio.open_process(
            ["/bin/bash", "--noprofile", "--norc"],
            cwd=workdir,
            env={**scrubbed, "PS1": "", "PS2": "", "TERM": "dumb"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return cls(process)

    async def close(self) -> None:
        """Kill the shell and everything that it started, also in the background."""
        # on macOS a group that has ended is not permitted to be killed
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._proc.pid, signal.SIGKILL)
        await super().close()


class Toolset:
    """The SDK's tools in one folder, with one shell; a context manager that ends the shell."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        context = AgentToolContext(workdir=folder)
        self._tools = {tool.name: tool for tool in beta_agent_toolset_20260401(context)}
        self._shell: Shell | None = None
        self._ended = False
        """Whether a shell ended by itself; the model is told when it gets a new one."""

    def definitions(self) -> list[dict[str, Any]]:
        """The tools as a request names them."""
        return [dict(tool.to_dict()) for tool in self._tools.values()]

    async def call(self, name: str, arguments: dict[str, Any]) -> str | list[dict[str, Any]]:
        """Use a tool.

        Raises:
            ToolError: The tool could not do it; the error's content is for the model.
            ValueError: The arguments are not what the tool takes.
        """
        if name == "bash":
            return await self._bash(arguments)
        call = self._tools[name].call(arguments)
        if name in _SEARCHES:
            # they walk the tree without ever giving way to the event loop
            result = await asyncio.to_thread(asyncio.run, call)
        else:
            result = await call
        return result if isinstance(result, str) else [dict(block) for block in result]

    async def close(self) -> None:
        """End the shell, if one was started."""
        if self._shell is not None:
            await self._shell.close()
            self._shell = None

    async def _bash(self, arguments: dict[str, Any]) -> str:
        note = ""
        if arguments.get("restart") or self._ended:
            note = "(a new shell was started)\n"
            await self.close()
            self._ended = False
        if self._shell is None:
            self._shell = await Shell.start(self._folder)
        command = arguments.get("command")
        if not isinstance(command, str) or not command.strip():
            if note:
                return note.strip()
            raise ToolError("bash: command is required")
        limit = arguments.get("timeout_ms")
        seconds = limit / 1000 if isinstance(limit, int) and limit > 0 else BASH_DEFAULT_TIMEOUT
        try:
            output, code = await self._shell.exec(command, timeout=seconds)
        except (RuntimeError, TimeoutError, anyio.BrokenResourceError) as error:
            self._ended = True
            raise ToolError(f"bash: {error or 'the shell ended'}") from error
        # Its output ended: whether the process is known to be gone yet is a matter of luck.
        self._ended = code < 0
        if code != 0:
            state = f"exit code {code}" if code > 0 else "the shell ended"
            raise ToolError(f"{note}{output}\n({state})".strip())
        return note + output
