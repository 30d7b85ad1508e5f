"""Markdown as `Content`: one value per message, so that a transcript needs few widgets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from textual.content import Content

from agentsess.ui.render.code import render_code, render_panel
from agentsess.ui.render.inline import render_inline
from agentsess.ui.render.table import render_table
from agentsess.ui.render.text import FAINT, MUTED, clean, plain

_LONGEST = 400_000
"""Characters of Markdown that are read as such; more is shown plain."""
_LONGEST_LINE = 50_000
_NARROWEST = 12
_BULLETS = "•◦▪"
_HEADINGS = {"h1": "bold underline $text-primary", "h2": "bold $text-primary", "h3": "bold"}


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    # html off: tags are text; a low nesting limit keeps hostile input linear
    return MarkdownIt("commonmark", {"html": False, "maxNesting": 16}).enable(
        ["table", "strikethrough"]
    )


def render_markdown(text: str, width: int = 100) -> Content:
    """Markdown as styled `Content`.

    Args:
        text: CommonMark with tables, strikethrough and task lists; HTML is shown as text.
        width: Cells that tables, code panels and hanging indents are fitted to. Plain
            paragraphs are left whole, for the widget to wrap.
    """
    text = clean(text, _LONGEST_LINE)
    if len(text) > _LONGEST:
        return plain(text)
    return _Blocks(width).render(_parser().parse(text))


@dataclass(slots=True)
class _Indent:
    """What stands before the lines inside a list item or a quotation."""

    first: str
    rest: str
    style: str
    pending: bool = True


@dataclass(slots=True)
class _List:
    ordered: bool
    number: int


class _Blocks:
    """Walks block tokens and collects lines."""

    def __init__(self, width: int) -> None:
        self.width = max(width, _NARROWEST)
        self.lines: list[Content] = []
        self.indents: list[_Indent] = []
        self.lists: list[_List] = []
        self.gap = False
        self.heading = ""
        self.table: list[list[Content]] | None = None
        self.aligns: list[str] = []

    def render(self, tokens: list[Token]) -> Content:
        for token in tokens:
            if handle := getattr(self, f"_on_{token.type}", None):
                handle(token)
        return Content("\n").join(self.lines)

    @property
    def room(self) -> int:
        return max(self.width - sum(len(i.rest) for i in self.indents), _NARROWEST)

    def add(self, block: Content, *, wrap: bool = True) -> None:
        """Add a block's lines behind the indents that are open."""
        self._close_gap()
        if not self.indents:
            self.lines.append(block)
            return
        for line in block.split("\n", allow_blank=True):
            pieces = line.wrap(self.room) if wrap and line.cell_length > self.room else [line]
            self.lines += [self._indented(piece) for piece in pieces]

    def _close_gap(self) -> None:
        if self.gap and self.lines:
            self.lines.append(self._indented(Content(""), blank=True))
        self.gap = False

    def _indented(self, line: Content, blank: bool = False) -> Content:
        parts: list[Content | tuple[str, str]] = []
        for indent in self.indents:
            text = indent.first if indent.pending and not blank else indent.rest
            parts.append((text, indent.style))
            indent.pending = indent.pending and blank
        return Content.assemble(*parts, line) if parts else line

    # inline text, wherever it stands

    def _on_inline(self, token: Token) -> None:
        children = token.children or []
        if self.table is not None:
            self.table[-1].append(render_inline(children))
            return
        if self.indents and self.indents[-1].pending and self.lists:
            self._take_task_box(children)
        content = render_inline(children)
        if self.heading:
            content = content.stylize_before(self.heading)
        if any(indent.style == FAINT for indent in self.indents):
            content = content.stylize_before(MUTED)
        self.add(content)

    def _take_task_box(self, children: list[Token]) -> None:
        box = children[0].content[:4].lower() if children else ""
        if box in ("[ ] ", "[x] "):
            indent = self.indents[-1]
            indent.first = ("☐" if box == "[ ] " else "☑") + " " * (len(indent.rest) - 1)
            children[0].content = children[0].content[4:]

    def _on_paragraph_close(self, token: Token) -> None:
        self.gap = not token.hidden

    def _on_heading_open(self, token: Token) -> None:
        self.heading = _HEADINGS.get(token.tag, f"bold {MUTED}")

    def _on_heading_close(self, _: Token) -> None:
        self.heading = ""
        self.gap = True

    # containers

    def _on_blockquote_open(self, _: Token) -> None:
        self._close_gap()
        self.indents.append(_Indent("▎ ", "▎ ", FAINT))

    def _on_blockquote_close(self, _: Token) -> None:
        self._close_indent()
        self.gap = True

    def _on_bullet_list_open(self, _: Token) -> None:
        self.lists.append(_List(ordered=False, number=0))

    def _on_ordered_list_open(self, token: Token) -> None:
        start = token.attrGet("start")
        self.lists.append(_List(ordered=True, number=1 if start is None else int(start)))

    def _on_list_item_open(self, _: Token) -> None:
        current = self.lists[-1]
        if current.ordered:
            marker = f"{current.number}. "
            current.number += 1
        else:
            marker = _BULLETS[(len(self.lists) - 1) % len(_BULLETS)] + " "
        self.indents.append(_Indent(marker, " " * len(marker), "$text-accent"))

    def _on_list_item_close(self, _: Token) -> None:
        self._close_indent()

    def _close_indent(self) -> None:
        if self.indents[-1].pending:
            self.add(Content(""))
        self.indents.pop()

    def _on_bullet_list_close(self, _: Token) -> None:
        self.lists.pop()
        # inside a tight list the next item follows without a gap
        self.gap = self.gap or not self.lists

    _on_ordered_list_close = _on_bullet_list_close

    # leaves

    def _on_hr(self, _: Token) -> None:
        self.add(Content.styled("─" * self.room, FAINT))
        self.gap = True

    def _on_fence(self, token: Token) -> None:
        label = clean(token.info.strip()).split(maxsplit=1)
        language = label[0] if label else ""
        code = render_code(token.content.rstrip("\n"), language)
        self.add(render_panel(code, self.room, language[:40]), wrap=False)
        self.gap = True

    _on_code_block = _on_fence

    def _on_table_open(self, _: Token) -> None:
        self.table, self.aligns = [], []

    def _on_tr_open(self, _: Token) -> None:
        if self.table is not None:
            self.table.append([])

    def _on_th_open(self, token: Token) -> None:
        self.aligns.append(str(token.attrGet("style") or "left").removeprefix("text-align:"))

    def _on_table_close(self, _: Token) -> None:
        if self.table and self.aligns:
            table, self.table = self.table, None
            self.add(render_table(table, self.aligns, self.room), wrap=False)
            self.gap = True
        self.table = None
