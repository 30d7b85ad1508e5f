"""The ways to go on with a session in words: what they cost, and what to say first."""

from __future__ import annotations

import re
from dataclasses import replace

from agentsess.model import Recap
from agentsess.sessions.estimate import Estimate, GoingOn
from agentsess.ui.render.format import dollars, tokens
from agentsess.ui.render.recap import Way
from agentsess.ui.render.text import one_line

CONTINUE, COMPACT, NEW_PHASE, HERE, READ = "enter", "m", "n", "h", "escape"
_PHASE = re.compile(r"^((?:phase|step|stage|milestone) \d+)\b", re.IGNORECASE)
_LONGEST = 90


def priced(ways: tuple[Way, ...], costs: GoingOn | None) -> tuple[Way, ...]:
    """The ways with what they cost; without figures if that cannot be known."""
    figures = {
        CONTINUE: costs.full,
        COMPACT: costs.compacted,
        NEW_PHASE: costs.new_phase,
        HERE: costs.full,
    } if costs else {}  # fmt: skip
    return tuple(
        way
        if way.figures is not None
        else replace(way, figures=_said(way, figures[way.key]) if way.key in figures else "")
        for way in ways
    )


def _said(way: Way, estimate: Estimate) -> str:
    # the summary is asked for by a request of its own, which carries all of it
    then = "1 request, then " if way.key == COMPACT else ""
    said = f"{then}about {tokens(estimate.tokens)} tokens"
    if estimate.usd is None:
        return said
    said += f", {dollars(estimate.usd)}"
    if estimate.is_warm:
        return f"{said} cached, else {dollars(estimate.cold_usd)}"
    if way.key in (CONTINUE, HERE) and estimate.warm_usd is not None:
        return f"{said}, then {dollars(estimate.warm_usd)} cached"
    return said


def proposal(recap: Recap) -> str:
    """What the user may want to say first; empty if the session waits for something else."""
    if recap.questions:
        return ""
    if recap.in_progress:
        return f"Go on with: {_short(recap.in_progress[-1].text)}"
    if recap.next:
        following = recap.next[0].text
        if match := _PHASE.match(following):
            return f"Ready for {match[1].lower()}?"
        return f"Next: {_short(following)}"
    return ""


def _short(text: str) -> str:
    return one_line(text, _LONGEST)
