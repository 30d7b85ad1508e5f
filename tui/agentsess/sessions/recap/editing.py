"""A recap as a text that is edited by hand, and what such a text says."""

from __future__ import annotations

from collections.abc import Iterator

from agentsess.model import JsonObject, Recap

_TITLES = {
    "headline": "Headline",
    "goal": "Goal",
    "done": "Done",
    "in_progress": "In progress",
    "next": "Next",
    "decisions": "Decisions",
    "questions": "Open questions",
    "blockers": "Blockers",
}
PARTS = tuple(_TITLES)
"""What of a recap can be edited."""
LISTS = PARTS[2:]
"""Those of them that are lists."""
_NAMES = {title.casefold(): name for name, title in _TITLES.items()}


def parts_of(recap: Recap) -> JsonObject:
    """What can be edited: texts, and lists of lines."""
    lists = {name: [fact.text for fact in getattr(recap, name)] for name in LISTS}
    return {"headline": recap.headline, "goal": recap.goal.text if recap.goal else "", **lists}


def editable(recap: Recap) -> str:
    """The text: a heading for each part, and a line with a dash for each line of a list."""
    return "\n".join(_lines(parts_of(recap)))


def _lines(parts: JsonObject) -> Iterator[str]:
    for name, title in _TITLES.items():
        yield f"# {title}"
        value = parts[name]
        yield from (f"- {line}" for line in value) if name in LISTS else [value]
        yield ""


def read_edited(text: str) -> JsonObject:
    """What the text says. A part whose heading is gone is taken back to what it was made as."""
    found: dict[str, list[str]] = {}
    name = "headline"
    for line in text.splitlines():
        heading = _NAMES.get(line.lstrip("#").strip().casefold()) if line.startswith("#") else None
        if heading:
            name = heading
            found.setdefault(name, [])
        elif content := line.strip().removeprefix("- ").removeprefix("* ").strip():
            found.setdefault(name, []).append(content)
    return {
        part: None if part not in found else found[part] if part in LISTS else " ".join(found[part])
        for part in PARTS
    }
