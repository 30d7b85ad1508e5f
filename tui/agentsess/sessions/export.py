"""A session as a Markdown document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from agentsess.model import Entry, EntryKind, JsonObject, Session
from agentsess.sessions.records import one_line
from agentsess.sessions.secrets import flags_of

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def export_markdown(session: Session, entries: Iterable[Entry]) -> Iterator[str]:
    """The document, in pieces.

    Prompts are quoted, replies stand as the Markdown that they are, tool calls and
    results are fenced so that nothing in them is taken for Markdown. Thinking is left out.

    Args:
        session: What the heading and the list of facts come from.
        entries: Its history, oldest first.
    """
    yield f"# {_inert(session.title)}\n\n"
    for name, value in _facts(session):
        yield f"- {name}: {_inert(value)}\n"
    if session.notes:
        yield f"\n## Notes\n\n{_quoted(session.notes)}\n"
    yield "\n## Conversation\n"
    for entry in entries:
        yield from _entry(entry)


def headline_of(entry: Entry) -> str:
    """Who speaks, or what happened, in a few words."""
    match entry.kind:
        case EntryKind.USER:
            return f"To {entry.author}" if entry.author else "You"
        case EntryKind.ASSISTANT:
            return entry.author or str(entry.meta.get("model") or "Assistant")
        case EntryKind.TOOL_RESULT:
            outcome = "failed" if entry.meta.get("is_error") else "result"
            return f"{entry.meta.get('tool') or 'tool'}: {outcome}"
        case EntryKind.EVENT:
            said = entry.text.strip().partition("\n\n")[0]
            return one_line((said or str(entry.meta.get("event") or "event"))[:400])


def body_of(entry: Entry) -> str:
    """What is said beyond the headline: of an event, all but its first paragraph."""
    if entry.kind is EntryKind.EVENT:
        return entry.text.strip().partition("\n\n")[2].strip()
    return entry.text


_DECIDERS = {
    "user": "you",
    "session": "you, for the session",
    "rule": "a saved permission",
    "setting": "a setting",
    "callback": "the program",
    "program": "the program",
}


def audit_of(entry: Entry) -> str:
    """Who decided about a tool call, when and why; empty if its result does not say."""
    meta = entry.meta
    by, rule, reason = (str(meta.get(k) or "") for k in ("decided_by", "rule", "permission_reason"))
    if not by:
        return ""
    said = "Denied" if meta.get("permission") == "denied" else "Allowed"
    who = rule if by == "option" else _DECIDERS.get(by, by)
    if rule and by != "option":
        who += f" ({rule})"
    if at := _moment(meta.get("decided_at")):
        who += f", {at.astimezone():%H:%M:%S}"
    return one_line(f"{said} by {who}" + (f": {reason}" if reason else "."))


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None


def entry_notes(entry: Entry) -> list[str]:
    """What is to be known of an entry beside its text: who let a tool run, and secrets in it."""
    notes = [note] if (note := audit_of(entry)) else []
    if kinds := flags_of(entry):
        notes.append(f"Seems to hold secrets: {', '.join(kinds)}.")
    return notes


def _entry(entry: Entry) -> Iterator[str]:
    if entry.kind is EntryKind.EVENT:
        yield f"\n*{_inert(headline_of(entry))}* ({_time(entry.at)})\n"
        if body := body_of(entry):
            yield f"\n{_quoted(body)}\n"
        return
    yield f"\n### {_inert(headline_of(entry))} · {_time(entry.at)}\n"
    for note in entry_notes(entry):
        yield f"\n*{_inert(note)}*\n"
    if entry.text:
        match entry.kind:
            case EntryKind.USER:
                yield f"\n{_quoted(entry.text)}\n"
            case EntryKind.TOOL_RESULT:
                yield f"\n{_fenced(entry.text)}\n"
            case _:
                yield f"\n{entry.text.rstrip()}\n"
    for call in entry.tool_calls:
        yield f"\nCalls {_inert(call.name)}:\n\n{_fenced(_pretty(call.input), 'json')}\n"


def _facts(session: Session) -> Iterator[tuple[str, str]]:
    usage = session.usage
    facts = {
        "Session": session.id,
        "Status": str(session.status),
        "Source": session.source,
        "Project": session.project,
        "Folder": session.cwd if session.cwd != session.project else "",
        "Branch": session.branch,
        "Model": session.model,
        "Tags": ", ".join(session.tags),
        "Created": _time(session.created_at),
        "Last activity": _time(session.updated_at),
        "Messages": f"{session.message_count:,}",
        "Tokens": f"{usage.total:,}, {usage.output:,} of them output",
        "Cost": f"${session.cost_usd:.2f}" if session.cost_usd is not None else "",
        "Metadata": _pretty(session.metadata) if session.metadata else "",
    }
    return ((name, value) for name, value in facts.items() if value)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} {at.tzname() or ''}".rstrip()


def _pretty(value: JsonObject) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _inert(text: str) -> str:
    """One line in which nothing is taken for Markdown."""
    return _SPECIAL.sub(r"\\\1", one_line(text))


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.strip("\n").splitlines())


def _fenced(text: str, language: str = "") -> str:
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
