"""The command line's syntax and its help, which documents the JSON too."""

from __future__ import annotations

import argparse

from agentsess.commands.arguments import (
    Add,
    add_id,
    add_ids,
    filled,
    pair,
    positive,
    seconds,
    tools,
)
from agentsess.commands.syntax_branching import add_branching
from agentsess.commands.syntax_money import add_limits, add_money
from agentsess.commands.syntax_permissions import add_permissions
from agentsess.model import Status

_SESSION = """\
A session is an object with id, title, status (active, paused, completed or archived),
source, project, cwd, branch, model, created_at, updated_at, message_count, entry_count,
tokens {input, output, cache_read, cache_write}, cost_usd (null if a price is unknown),
known_cost_usd (what it cost at least), budget_usd, max_tokens_total,
duration_seconds, tags, notes, metadata,
size_bytes, parent_id, trashed_at, damaged, secrets."""

_ENTRY = """\
An entry is an object with seq (counted from 1), kind (user, assistant, tool_result or
event), text, at, and where they are known author, content (the API's content blocks)
and meta."""

_EPILOG = """\
An ID may be abbreviated as long as it fits one session. Each command takes --json and
has a --help of its own, which says what the JSON looks like.

exit codes:
  0  done
  1  it could not be done; the reason is on standard error
  2  wrong usage
  3  no such session, or several begin with that ID
  4  another process is writing to the session
  5  the model could not be asked: no key, refused, overloaded, or offline
  130  interrupted

With --json a failure also prints {"error": {"type": …, "message": …}}, except when the
command line itself cannot be understood.

environment:
  AGENTSESS_HOME     folder of the store
  CLAUDE_CONFIG_DIR  Claude Code's folder, if it is not ~/.claude
  ANTHROPIC_API_KEY  needed for asking the model, and for nothing else
  NO_COLOR           no colours"""


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="agentsess-tui",
        description="A terminal home for AI-agent sessions. Without a command the app opens.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    parser.add_argument(
        "--demo",
        action="store_true",
        help="open a throw-away store with lifelike sessions and a scripted model",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    def add(name: str, run: str, help: str, epilog: str) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name,
            help=help,
            description=help[0].upper() + help[1:] + ".",
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.set_defaults(run=run, usage=command)
        command.add_argument("--json", action="store_true", help="print JSON")
        return command

    _add_reading(add)
    _add_recap(add)
    _add_export(add)
    _add_doctor(add)
    _add_making(add)
    _add_run(add)
    add_money(add)
    add_permissions(add)
    add_branching(add)
    _add_changing(add)
    _add_removing(add)
    return parser


def _add_reading(add: Add) -> None:
    command = add(
        "list",
        "reading:list_",
        "list sessions, newest first",
        "A QUERY holds words and filters: status: project: tag: model: source: branch: older:\n"
        "newer: larger: smaller: has: in:, as in “python status:paused older:30d”; in:tools looks\n"
        "in what tools were given and gave back. A minus negates: list -- -tag:done.\n\n"
        "JSON: an array of sessions.\n\n" + _SESSION,
    )
    command.add_argument("query", nargs="*", metavar="QUERY", help="words and filters")
    command.add_argument("--limit", type=positive, metavar="N", help="at most so many")
    command.add_argument("--status", choices=[str(s) for s in Status], help="of this status only")
    command.add_argument("--trash", action="store_true", help="those in the trash instead")

    command = add(
        "show",
        "reading:show",
        "show a session and its history",
        'JSON: {"session": …, "entries": […]}, oldest entry first.\n\n'
        + _SESSION
        + "\n\n"
        + _ENTRY,
    )
    add_id(command)
    command.add_argument("--last", type=positive, metavar="N", help="only the newest entries")

    command = add(
        "search",
        "reading:search",
        "search the text of all sessions",
        'JSON: [{"id", "title", "snippets": [{"entry", "text"}]}], where entry is the number of\n'
        "the entry, or 0 for the title, notes and other fields. Filters work as in list;\n"
        "in:tools looks in what tools were given and gave back. The best come first.",
    )
    command.add_argument("query", nargs="+", type=filled, metavar="QUERY", help="words, filters")
    command.add_argument("--limit", type=positive, default=20, metavar="N", help="default: 20")


def _add_recap(add: Add) -> None:
    command = add(
        "recap",
        "recapping:recap",
        "say where a session stands, or what was done in all of them since a moment",
        "JSON: an object with headline, goal, done, in_progress, next, decisions, questions,\n"
        "blockers, files [{path, action, times, entry}], commands [{command, outcome, detail,\n"
        "entry}], evidence (numbers of the entries behind each line), generated_by,\n"
        "covers_entries, last_activity, edited. Without --json: Markdown.\n\n"
        "JSON of --since: an array of {id, title, project, status, updated_at, headline, done,\n"
        "in_progress, next, questions, blockers, messages, cost_usd}, where done, messages and\n"
        "cost_usd are those since.",
    )
    command.add_argument("id", nargs="?", metavar="ID", help="the session's id or its beginning")
    command.add_argument("--markdown", action="store_true", help="print Markdown (of one: default)")
    command.add_argument(
        "--since",
        type=filled,
        metavar="WHEN",
        help="report on what was worked in since: yesterday, today, 12h, 7d, 2026-11-23",
    )
    command.add_argument("--project", default="", metavar="P", help="of this project only")
    command.add_argument("--write", action="store_true", help="have the model write it anew")


def _add_export(add: Add) -> None:
    command = add(
        "export",
        "reading:export",
        "write a session as a document",
        "md is Markdown, json is what show --json prints, jsonl is a line with\n"
        '{"session": …} and then a line for each entry.\n\n'
        "JSON: as --format json.",
    )
    add_id(command)
    command.add_argument("--format", choices=["md", "json", "jsonl"], default="md")
    command.add_argument("--output", metavar="FILE", help="a new file, for standard output")
    command.add_argument(
        "--redact", action="store_true", help="black out what looks like a key or a password"
    )


def _add_doctor(add: Add) -> None:
    add(
        "doctor",
        "reading:doctor",
        "check the store and what is around it",
        "Exits with 1 if records of the store are damaged. They are skipped, never removed.\n"
        "What a process that was killed left half done is finished; a session whose record\n"
        "was lost is listed again, from its history.\n\n"
        'JSON: {"home", "version", "ok", "sessions": {"own", "found"}, "trash": {"sessions",\n'
        '"bytes"}, "damage": {"index", "about": [id], "sessions": [{"id", "title", "records",\n'
        '"entries"}], "found"}, "claude_code": {"folder", "found", "command"}, "api_key": bool,\n'
        '"finished": {"archived": [id], "removed": [id], "cleaned": [id], "problems":\n'
        '{id: reason}}, "brought_back": [id]}.',
    )


def _add_making(add: Add) -> None:
    command = add("new", "changing:new", "make a session and print its id", "JSON: the session.")
    command.add_argument("title", nargs="?", default="", metavar="TITLE")
    command.add_argument(
        "--meta",
        action="append",
        default=[],
        type=pair,
        metavar="KEY=VALUE",
        help="a value that reads as a JSON number, bool, object or array is one; repeatable",
    )
    command.add_argument("--tag", action="append", default=[], metavar="TAG", help="repeatable")
    command.add_argument("--cwd", default="", metavar="DIR", help="working folder; default: this")
    command.add_argument("--model", default="", metavar="NAME", help="model to ask")
    add_limits(command)

    command = add(
        "continue",
        "changing:continue_",
        "continue another program's session as one of ours, and print its id",
        "JSON: the new session.",
    )
    add_id(command)


def _add_run(add: Add) -> None:
    command = add(
        "run",
        "running:run",
        "give the model a task in a session and print the reply as it comes",
        "Without --allow the model is offered no tools, except on a terminal, where each call\n"
        "is asked about first, and where permissions are saved for the folder, which hold here\n"
        "too: a denial even against --allow. The tools are bash, read, write, edit, glob and\n"
        "grep; they work in the session's folder. Tool calls and hints go to standard error.\n\n"
        'JSON, at the end: {"output", "session_id", "stop_reason", "usage": {"input", "output",\n'
        '"cache_read", "cache_write"}, "cost_usd"}.',
    )
    add_id(command)
    command.add_argument("task", metavar="TASK", help="what to do; - reads standard input")
    command.add_argument("--model", default="", metavar="NAME", help="another model for this run")
    add_limits(command)
    command.add_argument(
        "--wait",
        type=seconds,
        default=0.0,
        metavar="S",
        help="seconds to wait for another run in the session",
    )
    command.add_argument(
        "--take-over", action="store_true", help="take the session from another run"
    )
    command.add_argument(
        "--attach",
        action="append",
        default=[],
        metavar="FILE",
        help="show the model this image or PDF; repeatable",
    )
    allow = command.add_mutually_exclusive_group()
    allow.add_argument(
        "--allow",
        action="append",
        default=[],
        type=tools,
        metavar="TOOL",
        help="let the model use this tool without asking; repeatable, or with commas",
    )
    allow.add_argument("--allow-all", action="store_true", help="let it use every tool")


def _add_changing(add: Add) -> None:
    for name, becomes, purpose in (
        ("archive", Status.ARCHIVED, "put sessions away; they stay listed"),
        ("pause", Status.PAUSED, "mark sessions as paused"),
        ("complete", Status.COMPLETED, "mark sessions as completed"),
    ):
        command = add(name, "changing:set_status", purpose, 'JSON: {"sessions": […]}.')
        command.set_defaults(becomes=becomes)
        add_ids(command)
    for name, purpose in (
        ("unarchive", "give archived sessions the status back that they had"),
        ("restore", "take sessions out of the trash"),
    ):
        command = add(name, f"changing:{name}", purpose, 'JSON: {"sessions": […]}.')
        add_ids(command)
        if name == "unarchive":
            purpose = "write files that another program deleted back, never over others"
            command.add_argument("--restore-files", action="store_true", help=purpose)


def _add_removing(add: Add) -> None:
    command = add(
        "delete",
        "changing:delete",
        "move sessions to the trash",
        "Another program's session is only hidden here; its file is never touched.\n\n"
        'JSON: {"sessions": […], "forever": bool}, the sessions as they were before.',
    )
    add_ids(command)
    command.add_argument("--forever", action="store_true", help="delete for good, without trash")
    command.add_argument("--yes", action="store_true", help="do not ask")

    _add_pruning(add)


def _add_pruning(add: Add) -> None:
    command = add(
        "prune",
        "pruning:prune",
        "move sessions that fit a rule to the trash, and empty it",
        "All conditions must hold. What would go is shown first, then asked about; without a\n"
        "terminal --yes or --dry-run is needed. Sessions that are pinned (tagged “pinned”),\n"
        "noted or in use, and those of other programs, stay.\n\n"
        "With --empty-trash, --older-than is the time in the trash; without it, 30d.\n\n"
        'JSON: {"sessions": […], "bytes": N, "kept": [{"id", "reason"}], "rule", "name",\n'
        '"dry_run"}. Of --empty-trash: {"sessions": […], "bytes", "dry_run"}.\n'
        'Of a rule: {"name", "query", "keep_newest", "max_total", "at_start"}. Of --history:\n'
        '[{"at", "what" (pruned or deleted), "who" (user, cli or start), "why", "rule",\n'
        '"sessions": [{"id", "title", "bytes"}], "bytes", "undone"}].',
    )
    what = command.add_mutually_exclusive_group()
    for flag, metavar, purpose in (
        ("--rule", "NAME", "apply a saved rule"),
        ("--save-rule", "NAME", "save these conditions under a name; nothing is pruned"),
        ("--drop-rule", "NAME", "forget a saved rule"),
    ):
        what.add_argument(flag, type=filled, metavar=metavar, help=purpose)
    what.add_argument("--rules", action="store_true", help="list the saved rules")
    what.add_argument("--history", action="store_true", help="what went, when and why")
    what.add_argument(
        "--empty-trash", action="store_true", help="delete for good what is in the trash too long"
    )
    conditions: tuple[tuple[str, str, str], ...] = (
        ("--older-than", "AGE", "not worked in for 12h, 30d, 2w, 6mo or 1y"),
        ("--larger-than", "SIZE", "history above 500kb, 5mb or 1gb"),
        ("--project", "TEXT", "project contains this"),
        ("--tag", "TAG", "carries this tag"),
        ("--query", "QUERY", "words and filters as in list"),
        ("--max-total", "SIZE", "the oldest, until the rest of those that fit takes no more"),
    )
    for flag, metavar, purpose in conditions:
        # An empty value is a script's unset variable: it must not widen the rule.
        command.add_argument(flag, type=filled, metavar=metavar, help=purpose)
    command.add_argument("--status", choices=[str(s) for s in Status])
    command.add_argument(
        "--keep-newest", type=positive, metavar="N", help="all but the newest of each project"
    )
    command.add_argument(
        "--at-start", action="store_true", help="with --save-rule: the app applies it at start"
    )
    command.add_argument("--dry-run", action="store_true", help="only show what would go")
    command.add_argument("--yes", action="store_true", help="do not ask")
