"""How much of a session's title its row shows."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from agentsess.ui.render.session_lines import fit_title


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Port the tools", "Port the tools"),
        ("Migrate ledger-tools from Python 2.7", "Migrate ledger-tools fro…"),
        ("Migrate ledger-tools from Python 2.7 (fork)", "Migrate ledger-to… (fork)"),
        ("Migrate ledger-tools (part 2) (fork)", "Migrate… (part 2) (fork)"),
        ("Migrate (all of) ledger-tools at once", "Migrate (all of) ledger-…"),
        ("Migrate ledger (before the very long word)", "Migrate… (before the ver…"),
        ("(only what stands in brackets)", "(only what stands in bra…"),
    ],
)
def test_a_title_is_cut_before_what_tells_it_apart(title: str, shown: str) -> None:
    assert fit_title(title, 25) == shown


@pytest.mark.parametrize("width", range(40))
def test_a_title_never_takes_more_room_than_there_is(width: int) -> None:
    for title in ("Migrate ledger-tools (fork)", "日本語の長い題名 (部分 2) (fork)", "Short (x)"):
        assert cell_len(fit_title(title, width)) <= max(width, 1)
