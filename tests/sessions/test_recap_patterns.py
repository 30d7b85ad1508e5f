"""Patterns that are found in any case."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsess.sessions.recap.patterns import Wordings, lowered


def test_a_pattern_is_found_in_any_case() -> None:
    pattern = Wordings(r"\bdépend(?:s|ed) on (\w+)")
    found = pattern.search("It DÉPENDS on Anna")
    assert found is not None
    assert found[1] == "anna"
    assert [m[1] for m in pattern.finditer("Dépends on A, DÉPENDED ON B")] == ["a", "b"]
    assert pattern.match("it depends on Anna") is None


@given(st.text(), st.text())
def test_what_was_found_stands_at_its_place(before: str, after: str) -> None:
    text = f"{before}İ Phase 2{after}"
    found = [text[m.start() : m.end()] for m in Wordings("phase 2").finditer(text)]
    assert found == re.findall("phase 2", text, re.IGNORECASE)
    assert len(lowered(text)) == len(text)


def test_a_pattern_with_a_capital_that_would_never_be_found_is_refused() -> None:
    with pytest.raises(ValueError, match="lower case"):
        Wordings(r"\b[A-Z]\w+ said")
    with pytest.raises(ValueError, match="lower case"):
        Wordings("Über")
    Wordings(r"(?P<word>\W\S)")


def test_names_are_found_as_they_stand_only() -> None:
    pattern = Wordings(r"\bwaits? for (?-i:[A-Z][a-z]+)", r"\b(?-i:IT) must")
    assert pattern.search("It WAITS for Anna")
    assert pattern.search("now IT must")
    assert not pattern.search("it waits for anna")
    assert not pattern.match("it must")


@given(st.text(alphabet="abc -", max_size=12))
def test_alternatives_are_found_wherever_they_begin(text: str) -> None:
    pattern = r"^a b|\bc[ab]|^(?:b|c)$|\b-a|b-c|(?<=a)c"
    assert bool(Wordings(pattern).search(text.upper())) == bool(re.search(pattern, text))
