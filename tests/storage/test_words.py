from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsess.storage.words import fold, locate, pattern_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World!", ("hello", "world")),
        ("Ünïcödé Straße", ("unicode", "strasse")),
        ("U\u0308nicode", ("unicode",)),
        ("snake_case kebab-case a.b/c", ("snake", "case", "kebab", "case", "a", "b", "c")),
        ("日本語", ("日", "本", "語")),
        ("ΣΟΦΟΣ σοφος", ("σοφοσ", "σοφοσ")),
        ("x² ½", ("x2", "1", "2")),
        ("-> … \x00\x1b[0m \ud800", ("0m",)),
        ("", ()),
    ],
)
def test_words_are_letters_and_digits_without_case_and_accents(
    text: str, words: tuple[str, ...]
) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("sought", "text", "match"),
    [
        ("lock", "the LOCKED door", "LOCK"),
        ("lock", "a block", None),
        ("red lock", "a red,  lock", "red,  lock"),
        ("red lock", "a red old lock", None),
        ("a", "it is an apple", "a"),
        ("cafe", "Un café.", "café"),
        ("café", "un CAFE", "CAFE"),
        ("strass", "ßß Straße", "Straß"),
        ("本", "日本語", "本"),
        ("本語", "日本語", "本語"),
        ("語本", "日本語", None),
    ],
)
def test_words_are_located_in_the_text_as_it_is_written(
    sought: str, text: str, match: str | None
) -> None:
    start, end = locate(pattern_of(words_of(sought)), text)
    assert (text[start:end] if start >= 0 else None) == match


@given(st.text(max_size=30))
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)).split() == fold(text).split()


@given(st.text(max_size=30))
def test_every_text_holds_its_own_words(text: str) -> None:
    if words := words_of(text):
        start, end = locate(pattern_of(words), text)
        assert 0 <= start < end <= len(text)
