"""Tool calls as `Content`: one line when folded, the whole input and result when not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from textual.content import Content

from agentsess.model import Entry, JsonObject, ToolCall
from agentsess.sessions.export import audit_of
from agentsess.ui.render.code import language_of, render_code, render_panel
from agentsess.ui.render.diff import render_diff
from agentsess.ui.render.format import count
from agentsess.ui.render.text import FAINT, MUTED, clean, first_line, last_line, one_line, plain

FOLDED, UNFOLDED = "▸", "▾"

_MAIN_INPUTS = (
    "command", "file_path", "path", "notebook_path", "pattern", "query", "url",
    "description", "prompt", "skill", "name",
)  # fmt: skip
_EXIT = re.compile(r"\b[Ee]xit(?:ed with)?(?: code| status)?[:= ]+(-?\d{1,3})\b")
_HEAD, _TAIL = 20, 15
"""Lines of a long result that are shown: its beginning and its end."""


def summary_of(name: str, values: Mapping[str, Any]) -> str:
    """What a call is about, on one line: its command, path or pattern."""
    found = [key for key in _MAIN_INPUTS if isinstance(values.get(key), str) and values[key]]
    if not found:
        return one_line(_as_json(values), 200) if values else ""
    text = str(values[found[0]])
    if name.lower() in ("grep", "glob", "search") and isinstance(values.get("pattern"), str):
        where = values.get("path")
        text = values["pattern"] + (f" in {where}" if isinstance(where, str) and where else "")
    return one_line(text, 400)


def outcome_of(result: Entry | None) -> tuple[str, str]:
    """How a call ended, in a few words, and the style for them."""
    if result is None:
        return "… no result yet", FAINT
    text = result.text
    if result.meta.get("is_error"):
        return _failure(text), "$text-error"
    lines = len(text.strip().splitlines())
    if lines > 1:
        return f"✓ {count(lines, 'line')}", "$text-success"
    return f"✓ {one_line(first_line(text), 60)}" if lines else "✓ no output", "$text-success"


def _failure(text: str) -> str:
    tail = text.rstrip()[-4_000:]
    code = _EXIT.search(text[:200]) or _EXIT.search(tail[-200:])
    detail = last_line(tail)
    if code and _EXIT.fullmatch(detail.strip(" .()[]<>/")):
        # the line that says why stands before the one with the code
        detail = last_line(tail[: tail.rfind(detail)])
    head = f"✗ exit {code[1]}" if code else "✗"
    if not detail:
        return head if code else "✗ failed"
    return f"{head}{':' if code else ''} {one_line(detail, 120)}"


def render_call(
    call: ToolCall, result: Entry | None, width: int, *, expanded: bool = False
) -> Content:
    """A tool call with its result: a line, or everything."""
    head = _head(call, result, width, expanded)
    if not expanded:
        return head
    inner = max(width - 2, 10)
    parts = [head, _indented(render_input(call.name, call.input, inner))]
    if result is not None and (audit := audit_of(result)):
        parts.append(Content.styled(f"  {one_line(audit, 400)}", FAINT))
    if result is not None and "\n" in result.text.strip():
        style = "$text-error" if result.meta.get("is_error") else MUTED
        parts.append(_indented(clip(result.text).stylize_before(style)))
    return Content("\n").join(parts)


def render_result(result: Entry, width: int, *, expanded: bool = False) -> Content:
    """A result whose call is not at hand."""
    call = ToolCall("", str(result.meta.get("tool") or "tool"), {})
    head = _head(call, result, width, expanded)
    if not expanded:
        return head
    return Content("\n").join([head, _indented(clip(result.text).stylize_before(MUTED))])


def render_input(name: str, values: JsonObject, width: int, most_lines: int = 40) -> Content:
    """Exactly what a tool is asked to do: a command, a diff, a file's new text, or JSON.

    Nothing of the input is left out but the path, which the caller shows beside the name.
    """
    path = str(values.get("file_path") or values.get("path") or "")
    command, content = values.get("command"), values.get("content")
    if isinstance(command, str) and command:
        shown = {"command"}
        parts = [render_panel(render_code(_cut(command, most_lines), "bash"), width)]
    elif edits := _edits(values):
        shown = {"file_path", "path", "edits", "old_string", "new_string"}
        parts = [render_diff(old, new, width, most_lines) for old, new in edits]
    elif name.lower() == "write" and isinstance(content, str):
        shown = {"file_path", "path", "content"}
        code = render_code(_cut(content, most_lines), language_of(path))
        parts = [render_panel(code, width, count(len(content.splitlines()), "line"))]
    else:
        shown, parts = set(), []
    rest = {key: value for key, value in values.items() if key not in shown}
    if rest and all(isinstance(value, str | int | float) for value in rest.values()):
        parts.append(plain("\n".join(f"{key}  {value}" for key, value in rest.items())))
    elif rest or not parts:
        parts.append(render_panel(render_code(_cut(_as_json(rest), most_lines), "json"), width))
    return Content("\n").join(parts)


def clip(text: str, head: int = _HEAD, tail: int = _TAIL) -> Content:
    """The beginning and the end of a text, and how many lines are between them."""
    lines = text.rstrip("\n").split("\n")
    hidden = len(lines) - head - tail
    if hidden <= 1:
        return plain("\n".join(lines))
    return Content("\n").join(
        [
            plain("\n".join(lines[:head])),
            Content.styled(f"… {hidden:,} more lines", FAINT),
            *([plain("\n".join(lines[-tail:]))] if tail else []),
        ]
    )


def _head(call: ToolCall, result: Entry | None, width: int, expanded: bool) -> Content:
    name = one_line(call.name, 40) or "tool"
    outcome, style = outcome_of(result)
    room = width - max(len(name), 5) - 5
    about = summary_of(call.name, call.input)
    # the outcome may take what the command leaves, but at least a third
    outcome = one_line(outcome, max(room // 3, room - len(about) - 2, 10))
    shown = Content(one_line(about, 400)).truncate(max(room - len(outcome) - 1, 8), ellipsis=True)
    return Content.assemble(
        (UNFOLDED if expanded else FOLDED, FAINT),
        " ",
        (f"{name:<5}", "bold $text-secondary"),
        "  ",
        shown,
        "  " if shown.plain else "",
        (outcome, style),
    )


def _edits(values: JsonObject) -> list[tuple[str, str]]:
    """The replacements of an edit; none if there is anything in them besides."""
    listed = values.get("edits")
    if listed is None:
        pairs = [{key: values.get(key) for key in ("old_string", "new_string")}]
    elif isinstance(listed, list) and not values.keys() & {"old_string", "new_string"}:
        pairs = [edit for edit in listed if isinstance(edit, dict)]
        if len(pairs) < len(listed):
            return []
    else:
        return []
    if any(pair.keys() != {"old_string", "new_string"} for pair in pairs):
        return []
    if not all(isinstance(text, str) for pair in pairs for text in pair.values()):
        return []
    return [(str(pair["old_string"]), str(pair["new_string"])) for pair in pairs]


def _cut(text: str, most_lines: int) -> str:
    lines = clean(text).split("\n")
    if len(lines) <= most_lines + 1:
        return text
    return "\n".join([*lines[:most_lines], f"… {len(lines) - most_lines:,} more lines"])


def _as_json(values: Mapping[str, Any]) -> str:
    try:
        return msgspec.json.format(msgspec.json.encode(values), indent=2).decode()
    except (TypeError, ValueError, RecursionError):
        # values that did not come from JSON, or nested without end
        return "(input cannot be shown)"


def _indented(content: Content) -> Content:
    lines = content.split("\n", allow_blank=True)
    return Content("\n").join([Content("  ") + line for line in lines])
