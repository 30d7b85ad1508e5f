"""The two lines of a session in the list."""

from __future__ import annotations

import re

from rich.cells import cell_len, set_cell_size

from agentsess.model import Session
from agentsess.sessions.search import Snippet
from agentsess.ui.render.sessions import GLYPHS, WORDS, source_label
from agentsess.ui.render.text import clean, one_line

Parts = list[tuple[str, str]]
"""Stretches of a line, each with the name of its colour; empty: none of its own."""

_NARROW = 12
_APART = re.compile(r"\s+(\([^()]*\)(?:\s\([^()]*\))*)$")


def title_line(session: Session, state: str, marked: bool, when: str, width: int) -> Parts:
    """The first line: its glyph or the mark, its title, and when it was last worked in."""
    gutter = ("✔", "mark") if marked else (GLYPHS[state], state)
    room = width - 3 - cell_len(when) - 2
    title = set_cell_size(fit_title(one_line(session.title, 200), room), max(0, room))
    return [(" ", ""), gutter, (" ", ""), (title, "title"), (f" {when} ", "meta")]


def facts_line(session: Session, state: str, width: int) -> Parts:
    """The second line: its state in words, project, source and tags."""
    rest = [one_line(session.project_name, 40)]
    if not session.is_own:
        rest.append(source_label(session.source))
    if session.parent_id:
        rest.append("⑂")
    rest += [f"#{tag}" for tag in session.tags]
    text = "".join(f" · {part}" for part in rest if part)
    word = WORDS.get(state, state)
    return [("   ", ""), (word, state), (_fit(text, width - 4 - cell_len(word)), "meta")]


def match_line(snippet: Snippet, width: int) -> Parts:
    """The second line of what was searched: the match, and around it what there is room for."""
    width -= 4
    before, match, after = (
        clean(part)
        for part in (
            snippet.text[: snippet.start],
            snippet.text[snippet.start : snippet.end],
            snippet.text[snippet.end :],
        )
    )
    room = max(0, min(width // 3, width - cell_len(match)))
    if cell_len(before) > room:
        before = "…" + set_cell_size(before[::-1], max(0, room - 1))[::-1].lstrip()
    rest = _fit(after, max(0, width - cell_len(before) - cell_len(match)))
    return [("   ", ""), (before, "meta"), (match, "match"), (rest, "meta")]


def fit_title(title: str, width: int) -> str:
    """A title in ``width`` cells. What stands in brackets at its end, such as "(fork)", is kept:
    it tells the sessions of one family apart."""
    match = _APART.search(title)
    if match is None or cell_len(title) <= width or width < _NARROW:
        return _fit(title, width)
    apart = _fit(match[1], width * 2 // 3)
    return f"{_fit(title[: match.start()], width - cell_len(apart) - 1)} {apart}"


def _fit(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)).rstrip() + "…"
