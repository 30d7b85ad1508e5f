"""`permissions`: what tools may do without a question, listed, saved and removed."""

from __future__ import annotations

from argparse import Namespace

from agentsess import config
from agentsess.commands.output import Output, WrongUsage, safe_line
from agentsess.sessions.permissions import Effect, Permission
from agentsess.sessions.service import SessionService


def permissions(service: SessionService, args: Namespace, out: Output) -> int:
    """`permissions`: list them, or change them."""
    match args.action:
        case "list" if args.what:
            raise WrongUsage("list takes no further words; --folder DIR lists those of a folder.")
        case "list":
            found = service.permissions.all(args.folder)
        case "remove" if not args.what:
            raise WrongUsage("Say which: remove takes the ids that list shows.")
        case "remove":
            found = [service.permissions.remove(each) for each in args.what]
        case effect:
            found = [_save(service, args, effect)]
    if out.as_json:
        out.json({"permissions": [each.to_json() for each in found]})
    elif found:
        out.table([(p.id, safe_line(p.folder), safe_line(str(p))) for p in found])
    elif args.action == "list":
        out.note("None are saved: every call is asked about.")
    return 0


def _save(service: SessionService, args: Namespace, effect: Effect) -> Permission:
    if not args.what:
        raise WrongUsage(f"Say which tool: permissions {effect} TOOL [COMMAND].")
    tool, *words = args.what
    if words and args.exact:
        raise WrongUsage("Give the command's beginning, or --exact COMMAND, not both.")
    permission = Permission(
        args.folder or config.here(),
        tool,
        effect,
        args.exact or " ".join(words),
        bool(args.exact),
    )
    return service.permissions.save(permission)
