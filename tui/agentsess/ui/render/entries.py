"""Entries of a history as `Content`."""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

from textual.content import Content

from agentsess.model import Entry, EntryKind, JsonObject, ToolCall
from agentsess.sessions.secrets import flags_of
from agentsess.ui.render.boundaries import is_boundary, render_boundary
from agentsess.ui.render.format import clock, duration
from agentsess.ui.render.markdown import render_markdown
from agentsess.ui.render.text import FAINT, MUTED, first_line, one_line, plain
from agentsess.ui.render.tools import FOLDED, UNFOLDED, clip, render_call, render_result

_FOLDED_PROMPT = 16
"""Lines of a prompt that are shown before it is expanded."""
_WARNING, _ERROR = "$text-warning", "$text-error"
_AUTHORS = (
    "bold $text-success", "bold $text-secondary", "bold $text-warning", "bold italic $text-primary",
    "bold italic $text-success", "bold italic $text-secondary",
)  # fmt: skip
_EVENTS = {
    "error": ("✗", _ERROR),
    "no_reply": ("✗", _WARNING),
    "no_summary": ("✗", _WARNING),
    "interrupted": ("◼", _WARNING),
    "refusal": ("◼", _WARNING),
    "max_tokens": ("◼", _WARNING),
    "max_iterations": ("◼", _WARNING),
    "model_context_window_exceeded": ("◼", _WARNING),
    "repaired": ("↻", MUTED),
    "resumed": ("↻", MUTED),
    "compacted": ("≡", MUTED),
    "compact_summary": ("≡", MUTED),
    "command": ("❯", MUTED),
}
_CUT_OFF = {
    "max_tokens": "cut off: the reply reached its token limit; ask it to go on",
    "model_context_window_exceeded": "cut off: the context window is full",
    "refusal": "the model declined to go on",
}


def render_entry(
    entry: Entry,
    *,
    expanded: bool = False,
    results: Mapping[str, Entry] | None = None,
    width: int = 100,
    header: bool = True,
) -> Content:
    """An entry as the transcript shows it.

    Args:
        entry: Any kind; a tool result on its own is one whose call is missing.
        expanded: Whether tool calls, thinking and long prompts are shown whole.
        results: Results of this entry's tool calls, by tool_use_id.
        width: Cells to fit into.
        header: Whether to say who speaks and when; not needed when the same one goes on.
    """
    if entry.kind is EntryKind.EVENT:
        if is_boundary(entry):
            return render_boundary(entry, expanded=expanded, width=width)
        return render_event(entry, expanded=expanded)
    if entry.kind is EntryKind.TOOL_RESULT:
        return render_result(entry, width, expanded=expanded)
    parts = [_header(entry)] if header else []
    if entry.kind is EntryKind.USER:
        parts.append(_prompt(entry.text, expanded))
        if flag := render_flags(entry):
            parts.append(flag)
    else:
        parts.append(_reply(entry, expanded, results or {}, width))
    return Content("\n").join(parts)


def render_event(entry: Entry, *, expanded: bool = False) -> Content:
    """An event on one line: what happened, and what to do about it."""
    name = str(entry.meta.get("event", ""))
    glyph, style = _EVENTS.get(name, ("·", MUTED))
    text = first_line(entry.text) or one_line(name, 60) or "event"
    fold = f"{UNFOLDED if expanded else FOLDED} " if is_foldable(entry) else ""
    parts: list[Content | tuple[str, str]] = [(fold, FAINT), (f"{glyph} ", style), (text, style)]
    parts.append((f"  {clock(entry.at)}", FAINT))
    if expanded and is_foldable(entry):
        parts += [Content("\n"), clip(entry.text).stylize_before(MUTED)]
    return Content.assemble(*parts)


def render_flags(*entries: Entry) -> Content | None:
    """Which kinds of secrets seem to be in some entries; None if there are none."""
    kinds = dict.fromkeys(kind for entry in entries for kind in flags_of(entry))
    if not kinds:
        return None
    return Content.styled(f"⚑ looks like a secret: {one_line(', '.join(kinds), 80)}", _WARNING)


def render_thinking(text: str, *, expanded: bool = False, seconds: float | None = None) -> Content:
    """Thinking, folded to its first line."""
    label = f"thought for {duration(seconds)}" if seconds else "thought"
    head = Content.assemble(
        (f"{UNFOLDED if expanded else FOLDED} ", FAINT), (label, f"italic {MUTED}")
    )
    if expanded:
        body = plain(text.strip()).stylize_before(f"italic {MUTED}")
        return Content("\n").join([head, body])
    line = one_line(first_line(text), 200)
    return head + Content.styled(f"  {line}", f"italic {FAINT}")


def is_foldable(entry: Entry) -> bool:
    """Whether expanding the entry shows more."""
    if entry.kind is EntryKind.ASSISTANT:
        return any(block.get("type") in ("tool_use", "thinking") for block in entry.content)
    if entry.kind is EntryKind.USER:
        return entry.text.count("\n") >= _FOLDED_PROMPT
    return "\n" in entry.text.strip()


def has_words(entry: Entry) -> bool:
    """Whether a person reads prose here, rather than tool calls alone."""
    return entry.is_message and bool(entry.text.strip())


def speaker_of(entry: Entry) -> str:
    """The name shown over a message."""
    author = one_line(entry.author, 60)
    if entry.kind is EntryKind.USER:
        return f"To {author}" if author else "You"
    return author or "Agent"


def author_style(name: str) -> str:
    """An agent's colour: the same in every session, so that it is known again."""
    return _AUTHORS[crc32(name.encode()) % len(_AUTHORS)] if name else "bold $text-primary"


def _header(entry: Entry) -> Content:
    is_prompt = entry.kind is EntryKind.USER and not entry.author
    style = "bold $text-accent" if is_prompt else author_style(entry.author)
    source = entry.meta.get("imported")
    note = f" · from {one_line(str(source), 40)}" if source else ""
    return Content.assemble((speaker_of(entry), style), (f"  {clock(entry.at)}{note}", FAINT))


def _prompt(text: str, expanded: bool) -> Content:
    text = text.strip("\n")
    if expanded or text.count("\n") < _FOLDED_PROMPT:
        return plain(text, longest_line=20_000 if expanded else 2_000)
    return clip(text, head=_FOLDED_PROMPT - 4, tail=2)


def _reply(entry: Entry, expanded: bool, results: Mapping[str, Entry], width: int) -> Content:
    blocks = entry.content or ({"type": "text", "text": entry.text},)
    parts: list[Content] = []
    previous = ""
    for block in blocks:
        part = _block(entry, block, expanded, results, width)
        if part is None:
            continue
        kind = str(block.get("type", ""))
        # prose stands apart; folded lines stand together
        if parts and (expanded or "text" in (kind, previous)):
            parts.append(Content(""))
        parts.append(part)
        previous = kind
    answers = [results[call.id] for call in entry.tool_calls if call.id in results]
    if flag := render_flags(entry, *answers):
        parts.append(flag)
    if note := _CUT_OFF.get(str(entry.meta.get("stop_reason", ""))):
        parts.append(Content.styled(f"◼ {note}", "$text-warning"))
    return Content("\n").join(parts) if parts else Content.styled("(an empty reply)", FAINT)


def _block(
    entry: Entry, block: JsonObject, expanded: bool, results: Mapping[str, Entry], width: int
) -> Content | None:
    kind = block.get("type")
    if kind == "text":
        text = str(block.get("text", ""))
        return render_markdown(text, width) if text.strip() else None
    if kind == "thinking":
        text = str(block.get("thinking", ""))
        seconds = entry.meta.get("thinking_seconds")
        known = float(seconds) if isinstance(seconds, int | float) else None
        return render_thinking(text, expanded=expanded, seconds=known) if text.strip() else None
    if kind == "tool_use":
        values = block.get("input")
        call = ToolCall(
            str(block.get("id", "")),
            str(block.get("name", "")),
            values if isinstance(values, dict) else {},
        )
        return render_call(call, results.get(call.id), width, expanded=expanded)
    if kind == "redacted_thinking":
        return None
    return Content.styled(f"[{one_line(str(kind), 40)}]", FAINT)
