"""Source code as `Content`: highlighted, on a panel of its own."""

from __future__ import annotations

import os
from bisect import bisect_right
from functools import lru_cache

from rich.cells import cell_len
from textual.content import Content, Span
from textual.highlight import highlight

from agentsess.ui.render.text import MUTED, clean

PANEL = "on $surface"
MOST_LINES = 400
"""Code beyond this is shown without colours."""
_MOST_CHARACTERS = 40_000


@lru_cache(maxsize=1)
def _known_languages() -> frozenset[str]:
    from pygments.lexers import get_all_lexers  # type: ignore[import-untyped]

    return frozenset(alias for _, names, _, _ in get_all_lexers(plugins=False) for alias in names)


@lru_cache(maxsize=256)
def language_of(path: str) -> str:
    """The language that a file's name tells, or an empty string."""
    name = os.path.basename(path).lower()
    extension = name.rpartition(".")[2] if "." in name else name
    language = {"md": "markdown", "yml": "yaml", "tcss": "scss", "h": "c"}.get(extension, extension)
    return language if language in _known_languages() else ""


def render_code(code: str, language: str = "") -> Content:
    """Code with its colours; an unknown language or very long code comes out plain."""
    code = clean(code).expandtabs(4)
    language = language.strip().lower()
    if (
        not language
        or len(code) > _MOST_CHARACTERS
        or code.count("\n") >= MOST_LINES
        or language not in _known_languages()
    ):
        return Content(code)
    coloured = highlight(code, language=language)
    # the lexer ends every text with a line break that the code may not have
    length = len(coloured.plain)
    spans = [Span(s, min(e, length), style) for s, e, style in coloured.spans if s < length]
    return Content(coloured.plain, spans, strip_control_codes=False)


def render_panel(code: Content, width: int, label: str = "") -> Content:
    """Code on a panel that fills `width`, under a faint label.

    Lines too long for the panel are left whole, so that they copy as they are.
    """
    lines = code.plain.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    padded: list[str] = []
    moved = [0]
    for line in lines:
        text = f" {line}"
        padded.append(text + " " * (width - cell_len(text)))
        moved.append(moved[-1] + len(padded[-1]) + 1)

    def to_panel(offset: int) -> int:
        index = min(bisect_right(starts, offset) - 1, len(lines) - 1)
        return moved[index] + 1 + min(offset - starts[index], len(lines[index]))

    body = "\n".join(padded)
    spans = [Span(to_panel(start), to_panel(end), style) for start, end, style in code.spans]
    panel = Content(body, [Span(0, len(body), PANEL), *(s for s in spans if s.end > s.start)])
    if not label:
        return panel
    head = f" {label}"
    head += " " * (width - cell_len(head))
    return Content("\n").join([Content.styled(head, f"{MUTED} {PANEL}"), panel])
