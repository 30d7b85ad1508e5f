"""The syntax of the commands on points of a history, and on ways on from there."""

from __future__ import annotations

from agentsess.commands.arguments import Add, add_id

_SNAPSHOT = '{"id", "session_id", "name", "entry", "at", "checksum", "reason"}'
_POINT = "an entry's number, start, end, or a snapshot's name or id"


def add_branching(add: Add) -> None:
    """Add the commands to a command line."""
    _add_points(add)
    _add_ways_on(add)
    _add_shortening(add)


def _add_points(add: Add) -> None:
    command = add(
        "snapshot",
        "branching:snapshot",
        "name the point where a session is now",
        f"JSON: {_SNAPSHOT}.",
    )
    add_id(command)
    command.add_argument("name", nargs="?", default="", metavar="NAME")

    command = add(
        "snapshots",
        "branching:snapshots",
        "list a session's snapshots and check them",
        "Exits with 1 if the history is no longer what a snapshot saw.\n\n"
        f'JSON: an array of {_SNAPSHOT[:-1]}, "intact"}}.',
    )
    add_id(command)

    command = add(
        "compare",
        "branching:compare",
        "say what was said and changed between two points of a session",
        'JSON: {"first", "last", "entries": […], "files": [{"path", "action", "times"}],\n'
        '"commands": [{"command", "outcome", "detail"}]}; entries are as in show.',
    )
    add_id(command)
    command.add_argument("first", metavar="FROM", help=_POINT)
    command.add_argument("last", nargs="?", default="end", metavar="TO", help="default: end")


def _add_ways_on(add: Add) -> None:
    command = add(
        "fork",
        "branching:fork",
        "make a session that begins with another's entries, and print its id",
        "JSON: the new session.",
    )
    add_id(command)
    command.add_argument("title", nargs="?", default="", metavar="TITLE")
    command.add_argument("--at", default="", metavar="POINT", help=_POINT)

    command = add(
        "rewind",
        "branching:rewind",
        "go back to a snapshot; what came after goes on in a branch",
        'JSON: {"session": …, "branch": …}.',
    )
    add_id(command)
    command.add_argument("snapshot", metavar="SNAPSHOT", help="its name or its id's beginning")
    command.add_argument("--yes", action="store_true", help="do not ask")

    command = add(
        "lineage",
        "branching:lineage",
        "show where a session comes from and what continues it",
        'JSON: {"session": …, "ancestors": […], "children": […]}, the nearest ancestor first.',
    )
    add_id(command)


def _add_shortening(add: Add) -> None:
    command = add(
        "compact",
        "shortening:compact",
        "have a summary sent in the place of a long conversation's beginning",
        "The model writes the summary; if it cannot be asked, it is made from the history. The\n"
        "history stays whole, here and on the disk, and a snapshot is taken.\n\n"
        "JSON: an entry, as in show. Its meta says by whom the summary is (a model's name, or\n"
        "history), from which entry on all is sent as it is (kept_from), and about how many\n"
        "tokens were sent before and are sent now (tokens_before, context_tokens).",
    )
    add_id(command)
    command.add_argument(
        "--clear-results",
        action="store_true",
        help="only leave out old results of tools; the model is not asked",
    )

    command = add(
        "phase",
        "shortening:phase",
        "go on in a new session that begins with where this one stands, and print its id",
        "It has the other's folder, model, tags, notes, metadata and limits; the other is\n"
        "completed.\n\nJSON: the new session.",
    )
    add_id(command)
    command.add_argument("title", nargs="?", default="", metavar="TITLE")
