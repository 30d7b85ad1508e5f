"""Commands on points in a session's history: snapshots, forks, going back."""

from __future__ import annotations

from argparse import Namespace

from agentsess.commands.changing import agreed
from agentsess.commands.finding import find
from agentsess.commands.output import Output, named, print_made, safe_line
from agentsess.errors import InvalidSession
from agentsess.model import utc_now
from agentsess.sessions.export import headline_of
from agentsess.sessions.recap.text import clean
from agentsess.sessions.service import SessionService
from agentsess.ui.render import format as written


def snapshot(service: SessionService, args: Namespace, out: Output) -> int:
    """`snapshot`: name the point where a session is now."""
    taken = service.branches.snapshot(find(service, args.id, out).id, args.name)
    if out.as_json:
        out.json(taken.to_json())
    else:
        out.line(f"{taken.id[:8]}  entry {taken.seq}  {safe_line(taken.name)}")
    return 0


def snapshots(service: SessionService, args: Namespace, out: Output) -> int:
    """`snapshots`: a session's named points, and whether its history is still the same."""
    taken = service.branches.snapshots(find(service, args.id, out).id)
    intact = {each.id: service.branches.is_intact(each) for each in taken}
    if out.as_json:
        out.json([each.to_json() | {"intact": intact[each.id]} for each in taken])
        return 0
    now = utc_now()
    out.table(
        [
            (
                out.styled(each.id[:8], "2"),
                f"{written.age(each.at, now):>6}",
                f"entry {each.seq}",
                "intact" if intact[each.id] else "DAMAGED",
                each.reason,
                safe_line(each.name),
            )
            for each in taken
        ]
    )
    return 0 if all(intact.values()) else 1


def compare(service: SessionService, args: Namespace, out: Output) -> int:
    """`compare`: what was said and changed between two points."""
    session_id = find(service, args.id, out).id
    first = _point(service, session_id, args.first)
    last = _point(service, session_id, args.last)
    compared = service.branches.compare(session_id, first, last)
    if out.as_json:
        out.json(
            {
                "first": compared.first_seq,
                "last": compared.last_seq,
                "entries": [entry.to_json() for entry in compared.entries],
                "files": [
                    {"path": f.path, "action": f.action, "times": f.times} for f in compared.files
                ],
                "commands": [
                    {"command": c.command, "outcome": c.outcome, "detail": c.detail}
                    for c in compared.commands
                ],
            }
        )
        return 0
    count = written.count(len(compared.entries), "entry", "entries")
    out.line(f"{count} after {compared.first_seq}, up to {compared.last_seq}")
    for file in compared.files:
        out.line(f"{file.action:8} {clean(file.path)}")
    for command in compared.commands:
        out.line(f"{command.outcome:8} {safe_line(command.command)}")
    for entry in compared.entries:
        said = f"{safe_line(headline_of(entry))}: {safe_line(entry.text)[:200]}"
        out.line(f"{entry.seq:>6}  {said}")
    return 0


def _point(service: SessionService, session_id: str, named_point: str) -> int:
    """The entry that a number, ``start``, ``end`` or a snapshot's name or id means."""
    total = service.get(session_id).entry_count
    if named_point in ("start", "end"):
        return 0 if named_point == "start" else total
    if named_point.isdigit():
        if int(named_point) > total:
            raise InvalidSession(f"There is no entry {named_point}: the session has {total}.")
        return int(named_point)
    return service.branches.find(session_id, named_point).seq


def fork(service: SessionService, args: Namespace, out: Output) -> int:
    """`fork`: a new session that begins with another's entries."""
    origin = find(service, args.id, out)
    at = _point(service, origin.id, args.at) if args.at else None
    if origin.is_own:
        session = service.branches.fork(origin.id, at, args.title)
    else:
        session = service.continue_here(origin.id, at)
    print_made(session, out)
    return 0


def rewind(service: SessionService, args: Namespace, out: Output) -> int:
    """`rewind`: back to a snapshot; what came after goes on in a branch."""
    session_id = find(service, args.id, out).id
    snapshot = service.branches.find(session_id, args.snapshot)
    lost = service.get(session_id).entry_count - snapshot.seq
    question = f"Move the last {written.count(lost, 'entry', 'entries')} to a branch?"
    if not agreed(out, args, question):
        out.note("Nothing was changed.")
        return 1
    branch = service.branches.rewind(snapshot)
    if out.as_json:
        out.json({"session": service.get(session_id).to_json(), "branch": branch.to_json()})
        return 0
    out.line(f"{named(service.get(session_id))} ends at entry {snapshot.seq} again.")
    out.line(f"What came after: {branch.id}")
    return 0


def lineage(service: SessionService, args: Namespace, out: Output) -> int:
    """`lineage`: where a session comes from and what continues it."""
    session = find(service, args.id, out)
    ancestors, children = service.branches.lineage(session.id)
    if out.as_json:
        out.json(
            {
                "session": session.to_json(),
                "ancestors": [each.to_json() for each in ancestors],
                "children": [each.to_json() for each in children],
            }
        )
        return 0
    for depth, each in enumerate([*reversed(ancestors), session]):
        out.line(f"{'   ' * depth}{named(each)}")
    for each in children:
        out.line(f"{'   ' * (len(ancestors) + 1)}{named(each)}")
    return 0
