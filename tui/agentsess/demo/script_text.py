"""What the scripted model says; `script` decides when."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

from agentsess.demo.porting import Fix
from agentsess.model import ToolCall

NOTES = """\
# Notes

Written by the demo's scripted model, in the demo's throw-away folder.

- Phases 1 and 2 of the migration are done.
- The tests under `tests/` are next.
"""

_TRY = """\
| Type | and I will |
|---|---|
| `list the files` | look at the folder with **bash** |
| `run the tests` | run them and report what really happened |
| `fix the failing tests` | read, **edit** and run again, asking you each time |
| `continue` | pick up the next open item of this conversation |
| `write NOTES.md` | write a small file |

You are asked before every tool call; deny one and see how I go on without it.
"""


def thought(prompt: str, steps: int) -> str:
    """Visible thinking, when the request asks for it."""
    if steps:
        return "The tool has answered. I check what it says before I go on."
    return f"The user wrote {_short(prompt)!r}. I look for something I know how to do."


def helpful(prompt: str) -> str:
    """The answer to a prompt that fits no scenario."""
    return (
        f"You wrote: *{_short(prompt)}*\n\n"
        "I cannot answer that: I am the **scripted model of the demo**, not a language model. "
        "No network is used and no key is needed. What I do with tools is real, though, "
        "inside a throw-away folder that is removed when you quit.\n\n"
        f"{_TRY}\n"
        "With an API key set, the same chat talks to a real model: start without `--demo`."
    )


def no_tool(text: str, tool: str) -> str:
    """When the tool it would call was not offered."""
    return f"{text}\n\nI would use the **{tool}** tool for that, but this request offers none."


def deed(call: ToolCall) -> str:
    """What a tool call did."""
    words = {"bash": "ran", "edit": "changed", "write": "wrote", "read": "read"}
    about = next(iter(call.input.values()), "")
    return f"{words.get(call.name, call.name)} `{_short(str(about))}`"


def denied(tool: str, reason: str, done: Sequence[str]) -> str:
    """After the user said no to a tool call; ``done`` is what was allowed before."""
    happened = (
        f"Before that I {', then '.join(done)}; nothing since."
        if done
        else "Nothing was run or changed."
    )
    return (
        f"Understood, I will do without **{tool}**.\n\n"
        f"> {_short(reason, 200)}\n\n"
        f"{happened} We can go on like this:\n\n"
        "- tell me what to do instead,\n"
        "- paste the output here yourself,\n"
        "- or say `continue` and allow the call when I ask again."
    )


def listing(output: str) -> str:
    """What a list of files says, by folder."""
    paths = [PurePath(line) for line in output.splitlines() if line.endswith(".py")]
    if not paths:
        return "There are no Python files here: in the demo this folder only stands for a project."
    folders = Counter(str(path.parent) for path in paths)
    rows = "\n".join(f"| `{folder}` | {count} |" for folder, count in sorted(folders.items()))
    return (
        f"There are **{len(paths)} Python files**:\n\n"
        f"| Folder | Files |\n|---|---:|\n{rows}\n\n"
        f"{_fence(output)}\n\n"
        "Shall I `run the tests`?"
    )


def file(path: str, text: str) -> str:
    """What a file holds."""
    names = re.findall(r"^\s*(?:def|class) (\w+)", text, re.MULTILINE)
    defined = ", ".join(f"`{name}`" for name in names[:8]) or "no function or class"
    kind = "python" if path.endswith(".py") else ""
    head = "\n".join(text.splitlines()[:16])
    return (
        f"`{path}` has **{len(text.splitlines())} lines** and defines {defined}. "
        f"It begins with:\n\n{_fence(head, kind)}"
    )


def read_failed(path: str, result: str) -> str:
    """When a file could not be read."""
    return f"I could not read `{path}`:\n\n{_fence(result)}\n\nIs the name right?"


def test_report(output: str, failing: Sequence[str], failed: bool) -> str:
    """How a run of the tests ended."""
    if failed and not failing:
        return f"The tests could not be run here:\n\n{_fence(_tail(output))}"
    if not failing:
        return f"**All tests pass.**\n\n{_fence(_tail(output))}"
    rows = "\n".join(f"- [ ] `{path}`" for path in failing)
    return (
        f"**{len(failing)} test files fail:**\n\n{rows}\n\n"
        f"The run ended with:\n\n{_fence(_tail(output))}\n\n"
        "They still hold Python 2 lines. Shall I fix the first one? Say `continue`."
    )


def nothing_to_fix(output: str, failed: bool) -> str:
    """When the tests pass already, or there are none."""
    if failed:
        return test_report(output, [], failed)
    return f"Nothing to fix: all tests pass.\n\n{_fence(_tail(output))}"


def open_item(item: str, done: Sequence[str]) -> str:
    """Before work on an item of the to-do list."""
    before = f"{len(done)} items are done. " if done else ""
    return f"{before}The next open item is:\n\n> {item}\n\nI look at it first."


def fix_found(path: str, fix: Fix) -> str:
    """Before an edit."""
    return (
        f"Line {fix.line} of `{path}` is Python 2: {fix.reason}.\n\n"
        f"```diff\n- {fix.old.strip()}\n+ {fix.new.strip()}\n```"
    )


def edit_failed(path: str, result: str) -> str:
    """After an edit that was not made."""
    return f"The edit of `{path}` was not made:\n\n{_fence(result)}"


def ported(
    item: str, fix: Fix | None, output: str, failed: bool, rest: Sequence[str], done: Sequence[str]
) -> str:
    """After the tests of one file ran."""
    if failed:
        return (
            f"The tests still fail:\n\n{_fence(_tail(output))}\n\n"
            "I stop here rather than guess. What would you like to do?"
        )
    what = f"one line changed ({fix.reason})" if fix else "nothing had to change"
    items = [*(f"- [x] {d}" for d in (*done, item)), *(f"- [ ] {r}" for r in rest)]
    after = (
        f"Next: {rest[0]}. Say `continue` when you are ready."
        if rest
        else "That was the last one. You may mark the session completed."
    )
    return (
        f"Done: {what}, and the tests pass.\n\n{_fence(_tail(output))}\n\n"
        + "\n".join(items)
        + f"\n\n{after}"
    )


def next_step(todo: Sequence[str], output: str) -> str:
    """For an open item that names no file it could work on."""
    rest = "\n".join(f"- [ ] {item}" for item in todo)
    return (
        "Here is what this folder holds now:\n\n"
        f"{_fence(_tail(output, 12))}\n\n"
        f"Still open:\n\n{rest}\n\n"
        f"I propose to begin with **{todo[0]}**. As the demo's scripted model I can only talk "
        "about it; what I can really do is port the test files of `ledger-tools`."
    )


def recap(todo: Sequence[str], done: Sequence[str]) -> str:
    """Where things stand, by the latest to-do list."""
    lines = [*(f"- [x] {item}" for item in done), *(f"- [ ] {item}" for item in todo)]
    after = f"Next: {todo[0]}" if todo else "Nothing on the list is open."
    return (
        f"**{len(done)} done, {len(todo)} open**, by the latest list in this conversation:\n\n"
        + "\n".join(lines)
        + f"\n\n{after}"
    )


def no_plan(last: str) -> str:
    """When the conversation holds no to-do list."""
    if not last:
        return f"There is nothing to continue yet: this session is new.\n\n{_TRY}"
    return (
        "This conversation has no to-do list. The last thing said here was:\n\n"
        f"> {_short(last, 300)}\n\n"
        f"{_TRY}"
    )


def written(path: str, result: str, failed: bool) -> str:
    """After a file was written, or not."""
    if failed:
        return f"`{path}` was not written:\n\n{_fence(result)}"
    return f"`{path}` is written ({result}). Say `read {path}` to see it."


def _fence(text: str, kind: str = "") -> str:
    ticks = "```" if "```" not in text else "~~~~"
    return f"{ticks}{kind}\n{text.rstrip()}\n{ticks}"


def _tail(text: str, lines: int = 6) -> str:
    return "\n".join(text.rstrip().splitlines()[-lines:])


def _short(text: str, limit: int = 80) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
