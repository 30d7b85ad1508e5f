import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from agentsess.ui.render.markdown import render_markdown

UNSAFE = {chr(c) for c in (*range(9), *range(11, 32), *range(127, 160))} | set("\u202e\u2066")


def plain(text: str, width: int = 60) -> list[str]:
    return [line.rstrip() for line in render_markdown(text, width).plain.split("\n")]


def styles(text: str, part: str) -> set[str]:
    content = render_markdown(text)
    at = content.plain.index(part)
    return {str(s.style) for s in content.spans if s.start <= at < s.end}


def test_a_nested_list_hangs_below_its_marker() -> None:
    assert plain("- one\n  - two " + "word " * 12 + "\n- three", 30) == [
        "• one",
        "  ◦ two word word word word",
        "    word word word word word",
        "    word word word",
        "• three",
    ]


def test_a_numbered_list_counts_from_its_first_number() -> None:
    assert plain("9. a\n10. b") == ["9. a", "10. b"]


def test_task_boxes_are_ticked_or_empty() -> None:
    assert plain("- [x] done\n- [ ] open") == ["☑ done", "☐ open"]


def test_a_quotation_has_a_bar_on_every_line() -> None:
    assert plain("> one\n>\n> two") == ["▎ one", "▎", "▎ two"]


def test_emphasis_becomes_style_and_not_text() -> None:
    assert plain("**bold** _it_ ~~gone~~ `code`") == ["bold it gone code"]
    assert "bold" in styles("a **b** c", "b")
    assert "italic" in styles("a _b_ c", "b")
    assert "strike" in styles("a ~~b~~ c", "b")


def test_html_and_markup_are_shown_as_text() -> None:
    assert plain("<b>x</b> [/foo] [red]y[/red]") == ["<b>x</b> [/foo] [red]y[/red]"]


def test_a_link_shows_its_address_and_is_no_action() -> None:
    content = render_markdown("[docs](https://example.com/a)")
    assert content.plain == "docs (https://example.com/a)"
    assert not any(
        "@click" in str(span.style) or "link=" in str(span.style) for span in content.spans
    )


def test_a_bare_address_is_shown_once() -> None:
    assert plain("<https://example.com>") == ["https://example.com"]


def test_code_keeps_its_text_and_gets_colours() -> None:
    code = "def f(x):\n\treturn x  # why"
    content = render_markdown(f"```python\n{code}\n```", 40)
    lines = [line.rstrip() for line in content.plain.split("\n")]
    assert lines == [" python", " def f(x):", "     return x  # why"]
    at = content.plain.index("return")
    covering = {content.plain[s.start : s.end] for s in content.spans if s.start <= at < s.end}
    assert "return" in covering


def test_code_of_an_unknown_language_is_plain() -> None:
    assert plain("```klingon\nqapla\n```") == [" klingon", " qapla"]


def test_long_code_is_shown_without_colours() -> None:
    code = "x = 1\n" * 500
    content = render_markdown(f"```python\n{code}```", 40)
    assert content.plain.count("x = 1") == 500
    assert len(content.spans) < 5


def test_a_table_is_drawn_with_its_alignment() -> None:
    assert plain("|a|b|\n|-|-:|\n|日本|1|\n|x|1,000|") == [
        "┌──────┬───────┐",
        "│ a    │     b │",
        "├──────┼───────┤",
        "│ 日本 │     1 │",
        "│ x    │ 1,000 │",
        "└──────┴───────┘",
    ]


@pytest.mark.parametrize("width", [24, 40, 80])
def test_a_wide_table_wraps_inside_its_width(width: int) -> None:
    text = "|name|what|\n|-|-|\n|x|" + "日本語 word " * 20 + "|"
    lines = plain(text, width)
    assert {cell_len(line) for line in lines} == {width}


def test_a_table_of_too_many_columns_becomes_a_list() -> None:
    header = "|".join(f"c{i}" for i in range(30))
    text = f"|{header}|\n|{'-|' * 30}\n|{'v|' * 30}"
    assert plain(text, 60)[0] == "c0: v"


def test_an_entity_cannot_smuggle_in_an_escape() -> None:
    assert "\x1b" not in render_markdown("&#27;[31m and &#x202e;abc").plain


@pytest.mark.parametrize(
    "unit", [">", "*", "[", "`", "_", "![", "[](", "- ", "> - ", "|a|\n|-|\n", "<", "~~a", "\\"]
)
def test_endless_repetition_is_rendered(unit: str) -> None:
    assert render_markdown(unit * 3_000) is not None


@given(
    st.text(st.sampled_from(list("ab 1.-*_`~#>|[]()!\\\n\t\x1b\x00&;<:=\u202e日")), max_size=300)
)
@settings(max_examples=200, deadline=None)
@example("&#27;")
@example("- ")
@example("> ```\n> \x1b")
@example("1. \n\n   |a|\n   |-|")
def test_any_text_renders_without_control_characters(text: str) -> None:
    for width in (5, 60):
        content = render_markdown(text, width)
        assert UNSAFE.isdisjoint(content.plain)
        assert all(0 <= s.start <= s.end <= len(content.plain) for s in content.spans)
