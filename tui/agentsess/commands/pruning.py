"""`prune`: rules, what they would move to the trash, and emptying that."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from agentsess import config
from agentsess.commands.changing import agreed, these
from agentsess.commands.output import Output, WrongUsage, named, safe_line, short_ids
from agentsess.commands.pacing import removed_at_length
from agentsess.model import Session, utc_now
from agentsess.sessions.query import parse_age
from agentsess.sessions.recap.text import clean
from agentsess.sessions.retention import Plan, rule_of
from agentsess.sessions.rules import Rule
from agentsess.sessions.service import SessionService
from agentsess.ui.render import format as written

_LISTED = 20
_CONDITIONS = (
    "older_than", "larger_than", "project", "tag", "query", "max_total", "status", "keep_newest",
)  # fmt: skip


def prune(service: SessionService, args: Namespace, out: Output) -> int:
    """`prune`: one of the things it does, by its flags; by default what a rule picks goes."""
    given = [name for name in _CONDITIONS if getattr(args, name) is not None]
    if args.at_start and not args.save_rule:
        raise WrongUsage("--at-start goes with --save-rule.")
    if args.empty_trash:
        _refuse([name for name in given if name != "older_than"], "--empty-trash")
        return _empty(service, args, out)
    for flag, run in (
        ("rules", _list_rules), ("history", _list_history), ("drop_rule", _drop), ("rule", _apply),
    ):  # fmt: skip
        if getattr(args, flag):
            _refuse(given, f"--{flag.replace('_', '-')}")
            return run(service, args, out)
    rule = _rule(args)
    if args.save_rule:
        service.retention.rules.save(rule)
        return _told(rule, f"Saved {rule.name}: {clean(str(rule))}. Nothing was pruned.", out)
    return _go(service, rule, args, out)


def _refuse(given: Sequence[str], flag: str) -> None:
    if given:
        raise WrongUsage(f"--{given[0].replace('_', '-')} does not go with {flag}.")


def _rule(args: Namespace) -> Rule:
    query = rule_of(
        older_than=args.older_than or "",
        status=args.status or "",
        larger_than=args.larger_than or "",
        project=args.project or "",
        tag=args.tag or "",
        words=args.query or "",
    )
    rule = Rule(
        query, args.save_rule or "", args.keep_newest or 0, args.max_total or "", args.at_start
    )
    if not str(rule):
        raise WrongUsage("A rule needs a condition, such as --older-than 30d.")
    return rule


def _apply(service: SessionService, args: Namespace, out: Output) -> int:
    return _go(service, service.retention.rules.get(args.rule), args, out)


def _go(service: SessionService, rule: Rule, args: Namespace, out: Output) -> int:
    service.refresh(out.progress)
    plan = service.retention.plan(rule)
    if not out.as_json:
        _show_plan(plan, out)
    gone = 0
    if not args.dry_run and plan.sessions:
        if not agreed(out, args, f"Move {these(plan.sessions)} to the trash?"):
            out.note("Nothing was pruned.")
            return 1
        apply = partial(service.retention.apply, plan, who="cli")
        removal = removed_at_length(apply, len(plan.sessions), "moved to the trash", out)
        went = {session.id for session in removal.sessions}
        plan = replace(plan, sessions=tuple(s for s in plan.sessions if s.id in went))
        gone = len(went)
    if out.as_json:
        out.json(plan.to_json() | {"dry_run": args.dry_run})
    elif gone:
        out.line(f"Moved {written.count(gone, 'session')} to the trash.")
        out.line("To see them: agentsess-tui list --trash. To bring one back: restore ID.")
    return 0


def _list_rules(service: SessionService, _: Namespace, out: Output) -> int:
    rules = service.retention.rules.all()
    if out.as_json:
        out.json([rule.to_json() for rule in rules])
    elif not rules:
        out.note("No rule is saved. To save one: prune --older-than 30d --save-rule NAME.")
    else:
        out.table([(r.name, "at start" if r.at_start else "", safe_line(str(r))) for r in rules])
    return 0


def _drop(service: SessionService, args: Namespace, out: Output) -> int:
    rule = service.retention.rules.get(args.drop_rule)
    service.retention.rules.drop(rule.name)
    return _told(rule, f"Forgot the rule {rule.name}.", out)


def _told(rule: Rule, said: str, out: Output) -> int:
    if out.as_json:
        out.json(rule.to_json())
    else:
        out.line(said)
    return 0


def _list_history(service: SessionService, _: Namespace, out: Output) -> int:
    history = service.retention.history()
    if out.as_json:
        out.json([removal.to_json() for removal in history])
        return 0
    if not history:
        out.note("Nothing was pruned or deleted yet.")
    now = utc_now()
    for removal in history:
        when = f"{written.day(removal.at, now)} {written.clock(removal.at)}"
        what = "deleted for good" if removal.what == "deleted" else "moved to the trash"
        sessions = written.count(len(removal.sessions), "session")
        rule = f"rule {removal.name}: " if removal.name else ""
        undone = " (undone)" if removal.undone else ""
        head = f"{when}  {sessions}, {written.size(removal.bytes)}, {what}{undone}"
        out.line(out.styled(head, "1"))
        out.line(f"  by {removal.who}, {rule}{safe_line(removal.why)}")
        for gone in removal.sessions:
            title = safe_line(gone.title)
            out.line(f"  {out.styled(gone.id[:8], '2')}  {written.size(gone.bytes):>7}  {title}")
    return 0


def _empty(service: SessionService, args: Namespace, out: Output) -> int:
    text = args.older_than or f"{config.TRASH_DAYS}d"
    age: timedelta = parse_age(text)
    sessions = service.bin.expired(age)
    if not out.as_json:
        _show_sessions(sessions, out)
        total = sum(session.size_bytes for session in sessions)
        count = written.count(len(sessions), "session")
        out.line(f"{count}, {written.size(total)}: in the trash for more than {text}")
    if not args.dry_run and sessions:
        if not agreed(out, args, f"Delete {these(sessions)} for good? There is no way back."):
            out.note("Nothing was deleted.")
            return 1
        why = f"in the trash for more than {text}"
        empty = partial(service.bin.empty, sessions, who="cli", why=why)
        removal = removed_at_length(empty, len(sessions), "deleted for good", out)
        gone = {session.id for session in removal.sessions}
        sessions = [session for session in sessions if session.id in gone]
        if not out.as_json:
            out.line(f"Deleted {written.count(len(gone), 'session')} for good.")
    if out.as_json:
        out.json(
            {
                "sessions": [session.to_json() for session in sessions],
                "bytes": sum(session.size_bytes for session in sessions),
                "dry_run": args.dry_run,
            }
        )
    return 0


def _show_plan(plan: Plan, out: Output) -> None:
    _show_sessions(plan.sessions, out)
    for kept in plan.kept[:_LISTED]:
        out.line(f"Stays: {named(kept.session)}, {clean(kept.reason)}")
    if len(plan.kept) > _LISTED:
        out.line(f"… and {len(plan.kept) - _LISTED} more stay.")
    total = written.count(len(plan.sessions), "session")
    out.line(f"{total}, {written.size(plan.bytes)}: {clean(plan.rule)}")


def _show_sessions(sessions: Sequence[Session], out: Output) -> None:
    if not sessions:
        return
    short, now = short_ids(sessions), utc_now()
    out.table(
        [
            (
                out.status(session.status),
                f"{written.age(session.updated_at, now):>6}",
                f"{written.size(session.size_bytes):>7}",
                out.styled(short[session.id], "2"),
                safe_line(session.title),
            )
            for session in sessions
        ]
    )
