"""A reply while it arrives: light to draw many times a second."""

from __future__ import annotations

import re

from textual.content import Content

from agentsess.ui.render.text import FAINT, clean

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^`\n]*$", re.MULTILINE)
_LIGHT = re.compile(r"(?P<heading>^#{1,6} .*$)|(?P<fence>^ {0,3}(?:```|~~~).*$)", re.MULTILINE)
_STYLES = {"heading": "bold $text-primary", "fence": FAINT}


def render_light(text: str) -> Content:
    """Text with headings and code fences picked out, and nothing else read from it."""
    text = clean(text, longest_line=20_000)
    content = Content(text)
    for match in _LIGHT.finditer(text):
        content = content.stylize(_STYLES[match.lastgroup or "fence"], *match.span())
    return content


def split_settled(text: str, *, least: int = 1_500, most: int = 6_000) -> tuple[str, str]:
    """Split text that is still growing into what is settled and what may yet change.

    The settled part ends at a blank line outside of code, so that it can be rendered as
    Markdown of its own; beyond `most` characters any line's end will do, and code that is
    cut there is closed before and opened again behind the cut.
    """
    if len(text) < least:
        return "", text
    fences = list(_FENCE.finditer(text))
    blank = text.rfind("\n\n", 0, len(text) - 200)
    while blank > least // 2:
        if sum(fence.start() < blank for fence in fences) % 2 == 0:
            return text[:blank], text[blank + 2 :]
        blank = text.rfind("\n\n", 0, blank)
    if len(text) < most:
        return "", text
    end = text.rfind("\n", 0, len(text) - 200)
    cut = end if end > 0 else len(text) - 200
    before = [fence for fence in fences if fence.start() < cut]
    rest = text[cut + 1 :] if end > 0 else text[cut:]
    if len(before) % 2 == 0:
        return text[:cut], rest
    return f"{text[:cut]}\n{before[-1][1]}", f"{before[-1][0].strip()}\n{rest}"
