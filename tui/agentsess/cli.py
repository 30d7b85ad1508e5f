"""`agentsess-tui`: no command opens the app, the others are for scripts.

Only the command that was asked for is loaded, and none of them loads Textual.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from agentsess import config
from agentsess.commands.syntax import build_parser
from agentsess.errors import (
    AgentError,
    AgentsessError,
    InvalidQuery,
    SessionFenced,
    SessionLocked,
    SessionNotFound,
    Stopped,
    StoreError,
)

if TYPE_CHECKING:
    from agentsess.commands.output import Output
    from agentsess.sessions.service import SessionService

    Command = Callable[[SessionService, argparse.Namespace, Output], int]

DONE, FAILED, WRONG_USAGE, NOT_FOUND, LOCKED, NOT_ASKED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    parser = build_parser()
    args, unknown = parser.parse_known_args(argv)
    if unknown:
        # the command's own usage is the one that helps
        getattr(args, "usage", parser).error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        if args.version:
            return _version()
        if args.command is None:
            return _open_app(demo=args.demo)
        if args.demo:
            parser.error("--demo opens the app; it goes with no command")
        return _run(args)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_went_away()
    except StoreError as error:  # before there was a store
        sys.stderr.write(f"agentsess-tui: {error}\n")
        return FAILED


def _run(args: argparse.Namespace) -> int:
    from agentsess.commands.output import Output, WrongUsage
    from agentsess.sessions.service import SessionService
    from agentsess.sources.claude_code import ClaudeCodeSource

    out = Output(as_json=args.json)
    module, name = args.run.split(":")
    command: Command = getattr(import_module(f"agentsess.commands.{module}"), name)
    service = SessionService.open(
        config.data_home(), sources=[ClaudeCodeSource(config.claude_home())]
    )
    try:
        code = command(service, args, out)
        out.flush()
        return code
    except BrokenPipeError:
        raise
    except (AgentsessError, WrongUsage) as error:
        return _failed(out, error, str(error))
    except OSError as error:
        about = f"{error.filename}: " if error.filename else ""
        return _failed(out, error, f"{about}{error.strerror or error}.")
    finally:
        service.close()


def _failed(out: Output, error: Exception, message: str) -> int:
    from agentsess.sessions.records import one_line

    message = one_line(message)
    out.note(f"agentsess-tui: {message}")
    if out.as_json:
        out.json({"error": {"type": type(error).__name__, "message": message}})
    match error:
        case SessionNotFound():
            return NOT_FOUND
        case SessionLocked() | SessionFenced():
            return LOCKED
        case AgentError():
            return NOT_ASKED
        case Stopped():
            return INTERRUPTED
        case InvalidQuery():
            return WRONG_USAGE
        case AgentsessError() | OSError():
            return FAILED
        case _:
            return WRONG_USAGE


def _open_app(*, demo: bool) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write(
            "agentsess-tui: The app needs a terminal. For scripts there are commands: "
            "see agentsess-tui --help.\n"
        )
        return WRONG_USAGE
    from agentsess.ui.app import run_app

    run_app(demo=demo)
    return DONE


def _version() -> int:
    from agentsess.commands.reading import program_version

    sys.stdout.write(f"agentsess-tui {program_version()}\n")
    return DONE


def _reader_went_away() -> int:
    """End quietly; what is still buffered must not be written when Python exits."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
    return DONE
