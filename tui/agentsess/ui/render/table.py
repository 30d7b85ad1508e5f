"""Tables drawn with box characters, fitted to a width."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content, Span

from agentsess.ui.render.text import FAINT

Row = Sequence[Content]

_NARROWEST = 5
"""A column below this many cells cannot be read."""
_MOST_CELL_LINES = 12


def render_table(rows: Sequence[Row], aligns: Sequence[str], width: int) -> Content:
    """A table whose first row is its heading.

    Args:
        rows: The cells; a short row is filled with blanks.
        aligns: ``left``, ``right`` or ``center`` of each column.
        width: Cells to fit into. Wide columns give way first and wrap; a table of more
            columns than can be read side by side becomes a list.
    """
    columns = len(aligns)
    available = width - 3 * columns - 1
    if available < columns * _NARROWEST:
        return _as_list(rows)
    widths = _fitted([_natural(rows, i) for i in range(columns)], available)
    lines = [_rule("┌┬┐", widths)]
    for number, row in enumerate(rows):
        lines += _row(row, aligns, widths, "bold" if number == 0 else "")
        if number == 0:
            lines.append(_rule("├┼┤", widths))
    lines.append(_rule("└┴┘", widths))
    return Content("\n").join(lines)


def _natural(rows: Sequence[Row], column: int) -> int:
    return max((row[column].cell_length for row in rows if column < len(row)), default=0) or 1


def _fitted(natural: list[int], available: int) -> list[int]:
    """Column widths that add up to at most `available`: narrow ones keep what they need."""
    widths = list(natural)
    if sum(widths) <= available:
        return widths
    left, columns = available, len(widths)
    for index in sorted(range(columns), key=lambda i: natural[i]):
        widths[index] = min(natural[index], left // columns)
        left -= widths[index]
        columns -= 1
    return widths


def _rule(corners: str, widths: Sequence[int]) -> Content:
    left, middle, right = tuple(corners)
    return Content.styled(left + middle.join("─" * (w + 2) for w in widths) + right, FAINT)


def _row(row: Row, aligns: Sequence[str], widths: Sequence[int], style: str) -> list[Content]:
    cells = [
        _cell(row[i] if i < len(row) else Content(""), width, style)
        for i, width in enumerate(widths)
    ]
    lines = []
    for y in range(max(len(cell) for cell in cells)):
        parts: list[Content | tuple[str, str]] = [("│", FAINT)]
        for cell, align, width in zip(cells, aligns, widths, strict=True):
            spare = width - (cell[y].cell_length if y < len(cell) else 0)
            before = {"right": spare, "center": spare // 2}.get(align, 0)
            parts += [
                (" " * (before + 1), ""),
                cell[y] if y < len(cell) else Content(""),
                (" " * (spare - before + 1), ""),
                ("│", FAINT),
            ]
        lines.append(_assemble(parts))
    return lines


def _cell(cell: Content, width: int, style: str) -> list[Content]:
    if style:
        cell = cell.stylize_before(style)
    if cell.cell_length <= width:
        return [cell]
    lines = [line.rstrip() for line in cell.wrap(width)]
    if len(lines) > _MOST_CELL_LINES:
        lines = [*lines[: _MOST_CELL_LINES - 1], Content("…")]
    # a wide glyph may not fit a line of its own
    return [line if line.cell_length <= width else line.truncate(width) for line in lines]


def _assemble(parts: Sequence[Content | tuple[str, str]]) -> Content:
    text: list[str] = []
    spans: list[Span] = []
    position = 0
    for part in parts:
        if isinstance(part, Content):
            piece = part.plain
            spans += [Span(s + position, e + position, style) for s, e, style in part.spans]
        else:
            piece, style = part
            if style:
                spans.append(Span(position, position + len(piece), style))
        text.append(piece)
        position += len(piece)
    return Content("".join(text), spans, strip_control_codes=False)


def _as_list(rows: Sequence[Row]) -> Content:
    heading, *body = rows
    blocks = []
    for row in body or [heading]:
        pairs = [
            Content.assemble((name.plain + ": ", "bold"), cell)
            for name, cell in zip(heading, row, strict=False)
        ]
        blocks.append(Content("\n").join(pairs))
    return Content("\n\n").join(blocks)
