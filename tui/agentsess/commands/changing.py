"""Commands that make, change, remove and bring back sessions."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from agentsess import config
from agentsess.commands.finding import find, find_all
from agentsess.commands.output import Output, WrongUsage, named, print_made
from agentsess.commands.pacing import at_length, removed_at_length
from agentsess.errors import InvalidSession
from agentsess.model import JsonObject, Session, Status
from agentsess.sessions.service import SessionService

_LISTED = 20


def new(service: SessionService, args: Namespace, out: Output) -> int:
    """`new`: a session that nothing was said in yet."""
    session = service.create(
        title=args.title,
        metadata=parse_metadata(args.meta),
        cwd=str(Path(args.cwd or config.here()).expanduser().absolute()),
        model=args.model,
        tags=args.tag,
        budget_usd=args.budget_usd,
        max_tokens_total=args.max_tokens_total,
    )
    print_made(session, out)
    return 0


def parse_metadata(pairs: Iterable[tuple[str, str]]) -> JsonObject:
    """Metadata from keys and values as they were written.

    A value that reads as a JSON number, bool, object or array is one; all else is text.
    """
    return {key: _value(value) for key, value in pairs}


def _value(text: str) -> Any:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return text
    return value if isinstance(value, int | float | dict | list) else text


def set_status(service: SessionService, args: Namespace, out: Output) -> int:
    """`archive`, `pause`, `complete`: another status for several sessions at once."""
    status = Status(args.becomes)
    return _changed(service, args, out, lambda ids: service.set_status(ids, status), str(status))


def unarchive(service: SessionService, args: Namespace, out: Output) -> int:
    """`unarchive`: the status that sessions had before they were archived."""

    def change(ids: list[str]) -> None:
        service.unarchive(*ids, restore_files=args.restore_files)

    return _changed(service, args, out, change, "unarchived")


def restore(service: SessionService, args: Namespace, out: Output) -> int:
    """`restore`: sessions out of the trash."""
    return _changed(service, args, out, service.restore, "restored")


def continue_(service: SessionService, args: Namespace, out: Output) -> int:
    """`continue`: another program's conversation as a new session of ours."""
    origin = find(service, args.id, out)
    if origin.is_own:
        raise InvalidSession(
            f"{named(origin)} is kept here already: run goes on in it, fork copies it."
        )
    session = service.continue_here(origin.id)
    print_made(session, out)
    return 0


def delete(service: SessionService, args: Namespace, out: Output) -> int:
    """`delete`: to the trash, or for good."""
    sessions = find_all(service, args.ids, out)
    ids = [session.id for session in sessions]
    if args.forever:
        question = f"Delete {these(sessions)} for good? There is no way back."
        if not agreed(out, args, question):
            out.note("Nothing was deleted.")
            return 1
        purge = partial(service.purge, ids, who="cli")
        removed_at_length(purge, len(ids), "deleted for good", out)
    else:
        service.trash(ids)
    if out.as_json:
        out.json({"sessions": [s.to_json() for s in sessions], "forever": args.forever})
        return 0
    if args.forever:
        out.line(f"Deleted {these(sessions)} for good.")
        return 0
    if own := [session for session in sessions if session.is_own]:
        out.line(f"Moved {these(own)} to the trash.")
    if foreign := [session for session in sessions if not session.is_own]:
        out.line(
            f"{these(foreign)}: only hidden here; the file of {_sources(foreign)} stays as it is."
        )
    out.line("To bring back: agentsess-tui restore " + " ".join(i[:8] for i in ids[:_LISTED]))
    return 0


def _changed(
    service: SessionService,
    args: Namespace,
    out: Output,
    change: Callable[[list[str]], None],
    participle: str,
) -> int:
    sessions = find_all(service, args.ids, out)
    at_length(partial(change, [session.id for session in sessions]), out)
    after = [service.get(session.id) for session in sessions]
    if out.as_json:
        out.json({"sessions": [session.to_json() for session in after]})
        return 0
    for session in after:
        said = f"now {session.status}" if participle == "unarchived" else participle
        out.line(f"{named(session)} is {said}.")
    return 0


def agreed(out: Output, args: Namespace, question: str) -> bool:
    """Whether to go on: said beforehand by ``--yes``, or asked of a person now.

    Raises:
        WrongUsage: There is nobody to ask.
    """
    if args.yes:
        return True
    if out.as_json or not out.asks:
        hint = " Use --dry-run to see what would go." if hasattr(args, "dry_run") else ""
        raise WrongUsage(f"Without a terminal to ask on, this needs --yes.{hint}")
    return out.confirm(question)


def these(sessions: Sequence[Session]) -> str:
    return named(sessions[0]) if len(sessions) == 1 else f"{len(sessions)} sessions"


def _sources(sessions: Sequence[Session]) -> str:
    return ", ".join(sorted({session.source for session in sessions}))
