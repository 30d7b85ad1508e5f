"""Patterns that are found in any case."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsess.sessions.recap.text import Caseless, lowered


def test_a_pattern_is_found_in_any_case() -> None:
    pattern = Caseless(r"\bdépend(?:s|ed) on (\w+)")
    found = pattern.search("It DÉPENDS on Anna")
    assert found is not None
    assert found[1] == "anna"
    assert [m[1] for m in pattern.finditer("Dépends on A, DÉPENDED ON B")] == ["a", "b"]
    assert pattern.match("it depends on Anna") is None


@given(st.text(), st.text())
def test_what_was_found_stands_at_its_place(before: str, after: str) -> None:
    text = f"{before}İ Phase 2{after}"
    found = [text[m.start() : m.end()] for m in Caseless("phase 2").finditer(text)]
    assert found == re.findall("phase 2", text, re.IGNORECASE)
    assert len(lowered(text)) == len(text)


def test_a_pattern_with_a_capital_that_would_never_be_found_is_refused() -> None:
    with pytest.raises(ValueError, match="lower case"):
        Caseless(r"\b[A-Z]\w+ said")
    with pytest.raises(ValueError, match="lower case"):
        Caseless("Über")
    Caseless(r"(?P<word>\W\S)")
