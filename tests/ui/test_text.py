from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from agentsess.ui.render.code import language_of, render_code
from agentsess.ui.render.stream import render_light, split_settled
from agentsess.ui.render.text import clean, first_line, last_line, one_line, plain


def test_markup_is_text() -> None:
    assert plain("[/foo] list[int] [red]x") == Content("[/foo] list[int] [red]x")


def test_colours_and_titles_of_a_terminal_go() -> None:
    assert clean("\x1b[1;31mred\x1b[0m \x1b]0;title\x07x \x1b]8;;http://a\x1b\\y") == "red x y"


def test_other_control_characters_are_shown_as_pictures() -> None:
    assert clean("a\x00b\x07c\x7f\x1b") == "a␀b␇c␡␛"


def test_overrides_of_direction_and_invisible_characters_go() -> None:
    assert clean("a\u202eb\u2066c\ufeff\U000e0041d") == "abcd"


def test_every_sort_of_line_break_is_one() -> None:
    assert clean("a\r\nb\rc\u2028d\x85e") == "a\nb\nc\nd\ne"


def test_a_lone_surrogate_can_be_written_to_a_terminal() -> None:
    assert clean("a\ud800b").encode() == "a\ufffdb".encode()


def test_an_absurd_line_is_cut_and_says_how_much_is_missing() -> None:
    assert clean("x" * 5_000 + "\nshort") == "x" * 2_000 + " … 3,000 more characters\nshort"


def test_one_line_of_many() -> None:
    assert one_line(" a\n\tb  c ", 10) == "a b c"
    assert one_line("abcdefgh", 5) == "abcd…"


def test_first_and_last_lines_skip_blank_ones() -> None:
    assert (first_line("\n  \none\ntwo\n"), last_line("one\ntwo\n \n")) == ("one", "two")


def test_a_files_name_tells_its_language() -> None:
    assert [language_of(p) for p in ("a/b.py", "x.MD", "Dockerfile", "none", "a.zzz")] == [
        "py",
        "markdown",
        "dockerfile",
        "",
        "",
    ]


@given(st.text(max_size=200), st.sampled_from(["python", "bash", "json", "html", "", "nope"]))
def test_code_of_any_text_keeps_its_spans_inside(text: str, language: str) -> None:
    content = render_code(text, language)
    assert all(0 <= s.start <= s.end <= len(content.plain) for s in content.spans)


def test_a_growing_reply_is_settled_at_a_blank_line_outside_code() -> None:
    text = "word " * 400 + "\n\n" + "```\n" + "a\n\nb\n" * 100
    settled, rest = split_settled(text)
    assert (settled, rest) == ("word " * 400, text[len(settled) + 2 :])


def test_a_long_fence_is_closed_and_opened_again() -> None:
    settled, rest = split_settled("```py\n" + "x = 1\n" * 2_000)
    assert settled.endswith("x = 1\n```")
    assert rest.startswith("```py\nx = 1")
    assert settled.count("x = 1") + rest.count("x = 1") == 2_000


@given(st.text(st.sampled_from(list("ab \n`~#")), max_size=400))
def test_splitting_a_growing_reply_loses_no_words(text: str) -> None:
    settled, rest = split_settled(text, least=20, most=60)
    assert (settled + rest).count("a") == text.count("a")
    assert render_light(text).plain == text
