"""Inline Markdown (emphasis, code, links) as `Content`."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it.token import Token
from textual.content import Content, Span

from agentsess.ui.render.text import FAINT, MUTED, clean

_STYLES = {"strong": "bold", "em": "italic", "s": "strike", "link": "$text-primary underline"}
_CODE = "$text-accent"
_LONGEST_URL = 300


class _Inline:
    """Collects text and styled spans of a run of inline tokens."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.spans: list[Span] = []

    def add(self, text: str, style: str = "") -> None:
        if style and text:
            self.spans.append(Span(self.length, self.length + len(text), style))
        self.parts.append(text)
        self.length += len(text)


def render_inline(tokens: Sequence[Token]) -> Content:
    """Inline tokens of markdown-it as `Content`; links become text and a faint address."""
    out = _Inline()
    open_styles: list[tuple[int, str]] = []
    for token in tokens:
        kind = token.type
        if kind == "softbreak":
            out.add(" ")
        elif kind == "hardbreak":
            out.add("\n")
        elif kind == "code_inline":
            out.add(_text(token.content), _CODE)
        elif kind == "image":
            out.add(f"[image: {_text(token.content)}]", MUTED)
            _add_address(out, token.attrGet("src"), "")
        elif kind.endswith("_open"):
            open_styles.append((out.length, str(token.attrGet("href") or "")))
        elif kind.endswith("_close") and open_styles:
            start, address = open_styles.pop()
            if out.length > start and (style := _STYLES.get(kind.removesuffix("_close"))):
                out.spans.append(Span(start, out.length, style))
            if kind == "link_close":
                _add_address(out, address, "".join(out.parts)[start:])
        else:
            out.add(_text(token.content))
    return Content("".join(out.parts), out.spans, strip_control_codes=False)


def _add_address(out: _Inline, address: str | int | float | None, shown: str) -> None:
    text = _text(str(address or ""))
    if not text or shown in (text, text.removeprefix("mailto:")):
        return
    if len(text) > _LONGEST_URL:
        text = text[:_LONGEST_URL] + "…"
    out.add(f" ({text})", FAINT)


def _text(text: str) -> str:
    # entities such as &#27; make control characters out of harmless source
    return clean(text, longest_line=100_000).replace("\n", " ")
