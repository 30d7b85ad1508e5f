"""Commands that only look: list, show, search, export, doctor."""

from __future__ import annotations

import shutil
from argparse import Namespace
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from time import monotonic

from agentsess import config
from agentsess.commands.finding import find
from agentsess.commands.output import Output, json_array, named, safe_line, short_ids, to_json
from agentsess.errors import StoreError
from agentsess.model import Entry, Session, utc_now
from agentsess.sessions.export import body_of, entry_notes, export_markdown, headline_of
from agentsess.sessions.health import Health
from agentsess.sessions.indexing import SearchHealth
from agentsess.sessions.recap.text import clean
from agentsess.sessions.service import SessionService
from agentsess.ui.render import format as written

_PROJECT_WIDTH = 24
_INDEX_SECONDS = 0.8
"""A search may take so long to index what is new; what is left is read, this time."""


def list_(service: SessionService, args: Namespace, out: Output) -> int:
    """`list`: sessions, newest first."""
    service.refresh(out.progress)
    query = " ".join([*args.query, *([f"status:{args.status}"] if args.status else [])])
    sessions = service.list(query, limit=args.limit, trashed=args.trash)
    if out.as_json:
        out.pieces(json_array(session.to_json() for session in sessions))
        return 0
    if not sessions:
        out.note("No session fits." if query else "There are no sessions yet.")
        return 0
    short, now = short_ids(sessions), utc_now()
    out.table(
        [
            (
                out.status(session.status),
                f"{written.age(session.updated_at, now):>6}",
                out.styled(short[session.id], "2"),
                _project(session),
                safe_line(session.title),
            )
            for session in sessions
        ]
    )
    return 0


def show(service: SessionService, args: Namespace, out: Output) -> int:
    """`show`: a session and its history."""
    session = find(service, args.id, out)
    if out.as_json:
        out.pieces(_as_json(session, _entries(service, session, args.last)))
        return 0
    for name, value in _facts(session):
        out.line(f"{out.styled(f'{name:<9}', '2')} {value}")
    for entry in _entries(service, session, args.last):
        when = written.day(entry.at, utc_now()) + " " + written.clock(entry.at)
        head = f"#{entry.seq} {headline_of(entry)}"
        out.line(f"\n{out.styled(safe_line(head), '1')}  {out.styled(when, '2')}")
        for note in entry_notes(entry):
            out.line(out.styled(safe_line(note), "2"))
        if body := body_of(entry):
            out.text(body.rstrip("\n") + "\n")
        for call in entry.tool_calls:
            out.line(f"→ {safe_line(call.name)} {_shortened(to_json(call.input))}")
    return 0


def search(service: SessionService, args: Namespace, out: Output) -> int:
    """`search`: sessions whose text holds all words."""
    service.refresh(out.progress)
    until = monotonic() + _INDEX_SECONDS
    with suppress(StoreError):  # what is not indexed is read
        service.index(cancelled=lambda: monotonic() > until)
    hits = service.search(" ".join(args.query), limit=args.limit)
    if out.as_json:
        out.pieces(json_array(hit.to_json() for hit in hits))
        return 0
    found = False
    for hit in hits:
        found = True
        session = hit.session
        short = session.id[:8]
        out.line(f"{out.styled(short, '2')}  {out.styled(safe_line(session.title), '1')}")
        for snippet in hit.snippets:
            before, match, after = (
                clean(snippet.text[: snippet.start]),
                clean(snippet.text[snippet.start : snippet.end]),
                clean(snippet.text[snippet.end :]),
            )
            where = f"#{snippet.seq}" if snippet.seq else ""
            out.line(f"  {where:>5}  {before}{out.styled(match, '1;33')}{after}")
        out.flush()
    if not found:
        out.note("Nothing found.")
    return 0


def export(service: SessionService, args: Namespace, out: Output) -> int:
    """`export`: a session as a document, to a file or standard output."""
    session = find(service, args.id, out)
    as_format = "json" if out.as_json else args.format
    if not args.output:
        out.pieces(_exported(service, session, as_format, redact=args.redact))
        return 0
    path = Path(args.output)
    # "x": an export never replaces what is there
    with path.open("x", encoding="utf-8", errors="backslashreplace") as file:
        file.writelines(_exported(service, session, as_format, redact=args.redact))
    out.note(f"Wrote {path}.")
    return 0


def doctor(service: SessionService, args: Namespace, out: Output) -> int:
    """`doctor`: the store read through, and what the program needs around it."""
    service.refresh(out.progress)
    tidied = service.tidy()
    health = service.check()
    back = service.bring_back()
    ok = health.ok and not tidied.problems
    claude = config.claude_home()
    report = {
        "home": str(config.data_home()),
        "version": program_version(),
        **health.to_json(),
        "claude_code": {
            "folder": str(claude),
            "found": (claude / "projects").is_dir(),
            "command": shutil.which("claude"),
        },
        "api_key": config.has_api_key(),
        "finished": asdict(tidied),
        "brought_back": [session.id for session in back],
    }
    if out.as_json:
        out.json(report | {"ok": ok})
        return 0 if ok else 1
    found = "found" if report["claude_code"]["found"] else "not found"
    command = report["claude_code"]["command"] or "not found: such sessions can be continued here"
    key = "present" if report["api_key"] else "not set: set ANTHROPIC_API_KEY to ask the model"
    rows = [
        ("Store", clean(report["home"])),
        ("Version", report["version"]),
        ("Sessions", f"{health.own} here, {health.found} of other programs"),
        ("Trash", f"{health.trashed}, {written.size(health.trash_bytes)}"),
        ("Index", _of_index(health)),
        *_of_histories(health),
        ("Search", _of_search(health.search)),
        ("Others", f"{written.count(health.found_damage, 'unreadable line')} skipped"),
        ("Claude", f"{clean(str(claude))} ({found})"),
        ("  command", clean(command)),
        ("API key", key),
    ]
    for name, value in rows:
        out.line(f"{name:<11} {value}")
    for what, ids in (("archived", tidied.archived), ("deleted", tidied.removed)):
        if ids:
            out.line(f"Finished: {written.count(len(ids), 'session')} {what}.")
    if tidied.cleaned:
        out.line(f"Removed spare copies of {written.count(len(tidied.cleaned), 'session')}.")
    for session in back:
        out.line(f"Brought back: {named(session)}, lost from the index; tags and notes are gone.")
    for session_id, problem in tidied.problems.items():
        out.line(f"Unfinished: {session_id[:8]}: {safe_line(problem)}")
    if health.search.problem or health.search.wrong:
        path = clean(str(health.search.path))
        out.line(f"To have the search index made anew, delete {path}.")
    if not health.ok:
        out.line("Damaged records are skipped; all others can be read.")
    return 0 if ok else 1


def _of_index(health: Health) -> str:
    told = written.count(health.index_damage, "damaged record")
    about = ", ".join(map(named, health.about))
    return f"{told}, about {about}" if about else told


def _of_histories(health: Health) -> Iterator[tuple[str, str]]:
    records = sum(damaged.records for damaged in health.damage)
    yield "Histories", written.count(records, "damaged record")
    for damaged in health.damage:
        told = written.count(damaged.records, "damaged record")
        left = written.count(damaged.entries, "entry", "entries")
        title = safe_line(damaged.title)
        yield f"  {damaged.id[:8]}", f"“{title}”: {told}; {left} can be read"


def _of_search(search: SearchHealth) -> str:
    if search.problem:
        return safe_line(search.problem)
    facts = [f"{search.indexed} of {written.count(search.sessions, 'session')} indexed"]
    if search.wrong:
        facts.append(f"{len(search.wrong)} not as they are: {', '.join(sorted(search.wrong))}")
    return "; ".join(facts) + f" ({written.size(search.size_bytes)})"


def program_version() -> str:
    """The version that is installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("agentsess-tui")
    except PackageNotFoundError:
        return "unknown"


def _entries(service: SessionService, session: Session, last: int | None) -> Iterator[Entry]:
    if last is None:
        return service.entries(session.id)
    return iter(service.page(session.id, last=last).entries)


def _exported(
    service: SessionService, session: Session, as_format: str, *, redact: bool
) -> Iterator[str]:
    entries = service.entries(session.id)
    if redact:
        from agentsess.sessions.secrets import redacted

        session, entries = redacted(session, entries)
    if as_format == "md":
        return (clean(piece) for piece in export_markdown(session, entries))
    return _as_json(session, entries) if as_format == "json" else _as_lines(session, entries)


def _as_json(session: Session, entries: Iterator[Entry]) -> Iterator[str]:
    yield f'{{"session":{to_json(session.to_json())},"entries":'
    yield from json_array((entry.to_json() for entry in entries), end="}")


def _as_lines(session: Session, entries: Iterator[Entry]) -> Iterator[str]:
    yield to_json({"session": session.to_json()}) + "\n"
    for entry in entries:
        yield to_json(entry.to_json()) + "\n"


def _project(session: Session) -> str:
    return _shortened(safe_line(session.project_name), _PROJECT_WIDTH)


def _shortened(text: str, width: int = 160) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _facts(session: Session) -> Iterator[tuple[str, str]]:
    """The lines above a history."""
    usage = session.usage
    tokens = f"{written.tokens(session.token_count)} tokens ({written.tokens(usage.output)} output)"
    cost = written.cost(session.cost_usd, session.known_cost_usd)
    facts = [
        ("Title", session.title),
        ("Id", session.id),
        ("Status", str(session.status) + (", in the trash" if session.trashed_at else "")),
        ("Source", session.source),
        ("Project", session.project),
        ("Branch", session.branch),
        ("Model", session.model),
        ("Tags", ", ".join(session.tags)),
        ("Last", written.long_age(session.updated_at, utc_now())),
        ("Worked", written.duration(session.duration_seconds)),
        ("Messages", f"{session.message_count}, {tokens}, {cost}"),
        ("Secrets", f"{session.secrets} seem to be in it" if session.secrets else ""),
        ("Notes", session.notes),
        ("Metadata", to_json(session.metadata) if session.metadata else ""),
    ]
    for name, value in facts:
        if value:
            yield name, safe_line(value)
