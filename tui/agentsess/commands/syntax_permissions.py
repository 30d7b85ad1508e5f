"""The syntax of the command about saved permissions."""

from __future__ import annotations

from agentsess.commands.arguments import Add


def add_permissions(add: Add) -> None:
    """Add the command to a command line."""
    command = add(
        "permissions",
        "permissions:permissions",
        "list, save and remove what tools may do without a question",
        "  permissions list                          what is saved, of all folders\n"
        "  permissions allow read                    read, glob or grep, in this folder\n"
        "  permissions allow bash pytest             commands that begin so: plain words only;\n"
        "                                            what holds ; & | > $ * and the like is asked\n"
        "  permissions allow bash --exact 'a && b'   this very command\n"
        "  permissions deny bash 'git push'          commands in which the words stand anywhere\n"
        "  permissions deny write                    a tool as such\n"
        "  permissions remove ID                     ask again\n\n"
        "They hold in sessions that work in the folder, here and in the app; a denial goes\n"
        "before all else. Programs of yours have a callback of their own.\n\n"
        'JSON: {"permissions": [{"id", "folder", "tool", "effect" (allow or deny), "command",\n'
        '"exact", "at"}]}: those that are listed, or were saved or removed.',
    )
    command.add_argument(
        "action", nargs="?", choices=["list", "allow", "deny", "remove"], default="list"
    )
    command.add_argument("what", nargs="*", metavar="TOOL [COMMAND] | ID …")
    command.add_argument(
        "--folder", default="", metavar="DIR", help="the sessions' folder; default: this, list: all"
    )
    command.add_argument("--exact", metavar="COMMAND", help="the very command, not its beginning")
