"""Fixtures for the tests of the service layer."""

from __future__ import annotations

import math

import pytest

from agentsess.sessions.recap import likely
from agentsess.sessions.recap.likely import SORTS, Weights


@pytest.fixture
def by_rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recaps of what rules find: no sentence is likely enough to be taken for something, and none
    so unlikely that it is not."""
    chance = math.log(0.4 / 0.6)
    weights = Weights((chance,) * len(SORTS), {})
    monkeypatch.setattr(likely, "learnt", lambda: weights)
