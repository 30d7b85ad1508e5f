"""The session's tools, on top of the SDK's own toolset.

Importing this imports the SDK, which takes longer than the program's start: only `tools`
imports it, and only when a tool is about to be used.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self

import anyio
from anthropic.lib.tools import ToolError
from anthropic.lib.tools.agent_toolset import (
    BASH_DEFAULT_TIMEOUT,
    AgentToolContext,
    BashSession,
    beta_agent_toolset_20260401,
    beta_edit_tool,
    beta_read_tool,
    beta_write_tool,
    resolve_path,
)

from agentsess.agent import searching
from agentsess.agent.media import named_truly
from agentsess.agent.waiting import in_thread

_SECRET_PREFIXES = ("ANTHROPIC_",)
_SEARCHES = ("glob", "grep")
_FILE_TOOLS = {"read": beta_read_tool, "write": beta_write_tool, "edit": beta_edit_tool}
_WATCH = 'read -r _; kill -s KILL -- "-$1"'
"""Waits for the end of a pipe, which comes when its other side dies, and then ends a group."""


def _environment() -> dict[str, str]:
    """This process's variables without its keys."""
    return {k: v for k, v in os.environ.items() if not k.startswith(_SECRET_PREFIXES)}


def _end_group(leader: int) -> None:
    # on macOS a group that has ended is not permitted to be killed
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


class Shell(BashSession):
    """A bash whose children go with it: it leads a process group of its own.

    Should this process be killed, a watcher ends the group in its place.
    """

    _watcher: subprocess.Popen[bytes]

    @classmethod
    async def start(
        cls, workdir: str | os.PathLike[str], *, env: Mapping[str, str] | None = None
    ) -> Self:
        process = await anyio.open_process(
            ["/bin/bash", "--noprofile", "--norc"],
            cwd=workdir,
            env={**(_environment() if env is None else env), "PS1": "", "PS2": "", "TERM": "dumb"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        shell = cls(process)
        try:
            shell._watcher = subprocess.Popen(
                ["/bin/sh", "-c", _WATCH, "sh", str(process.pid)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            _end_group(process.pid)
            raise
        return shell

    async def close(self) -> None:
        """Kill the shell and everything that it started, also in the background."""
        _end_group(self._proc.pid)
        self._watcher.kill()
        self._watcher.communicate()
        # asyncio is to learn of the end by itself: a second kill would take it away unseen
        with anyio.move_on_after(2, shield=True):
            await self._proc.wait()
        await super().close()


@cache
def definitions() -> list[dict[str, Any]]:
    """The tools as a request names them, the same for every folder."""
    return [dict(tool.to_dict()) for tool in beta_agent_toolset_20260401(AgentToolContext())]


class Toolset:
    """The SDK's tools in one folder, with one shell that is to be closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._context = AgentToolContext(workdir=folder)
        self._shell: Shell | None = None
        self._ended = False
        """Whether a shell ended by itself; the model is told when it gets a new one."""

    async def call(self, name: str, arguments: dict[str, Any]) -> str | list[dict[str, Any]]:
        """Use a tool.

        Raises:
            ToolError: The tool could not do it; the error's content is for the model.
            ValueError: The arguments are not what the tool takes.
        """
        if name == "bash":
            return await self._bash(arguments)
        if name in _SEARCHES:
            return await self._search(name, arguments)
        tool = _FILE_TOOLS[name](self._context)
        # it reads and writes without ever giving way to the event loop
        result = await in_thread(lambda: asyncio.run(tool.call(arguments)))
        return result if isinstance(result, str) else [named_truly(dict(b)) for b in result]

    async def close(self) -> None:
        """End the shell, if one was started."""
        if self._shell is not None:
            await self._shell.close()
            self._shell = None

    async def _search(self, name: str, arguments: dict[str, Any]) -> str:
        pattern, path = arguments.get("pattern"), arguments.get("path") or "."
        if not (isinstance(pattern, str) and pattern and isinstance(path, str)):
            raise ToolError(f"{name}: pattern is required, and it and path must be text")
        root = resolve_path(self._context, path)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", searching.__file__),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
        try:
            wanted = json.dumps([name, str(root), pattern, str(self._folder)])
            output, _ = await process.communicate(wanted.encode())
        finally:
            if process.returncode is None:
                _end_group(process.pid)
                await process.wait()
        text = output.decode("utf-8", "surrogateescape")
        if process.returncode:
            raise ToolError(f"{name}: {text or 'the search broke off'}")
        return text

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
