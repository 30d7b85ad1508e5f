"""The ways to go on with a session in words: what they cost, and what to say first."""

from __future__ import annotations

import re
from dataclasses import replace

from agentsess.model import Recap
from agentsess.sessions.estimate import Estimate, GoingOn
from agentsess.ui.render.format import dollars, tokens
from agentsess.ui.render.language import ENGLISH, language_of
from agentsess.ui.render.recap import Way
from agentsess.ui.render.text import one_line

CONTINUE, COMPACT, NEW_PHASE, HERE, READ = "enter", "m", "n", "h", "escape"
_PHASE = re.compile(
    r"^(phase|step|stage|milestone|schritt|etappe|fase|paso|etapa|étape) (\d+)\b", re.IGNORECASE
)
_ON = {"de": "Weiter mit: ", "fr": "On continue : ", "es": "Seguimos con: "}
_ON |= {"ja": "続けましょう：", "zh": "继续："}
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
    """What the user may want to say first; empty if the session waits for something else.

    It is in the language of the conversation; where that is not known, it has no words of ours.
    """
    following = [*recap.in_progress[-1:], *recap.next[:1]]
    if recap.questions or not following:
        return ""
    language = _language(recap)
    text = following[0].text
    if not recap.in_progress and (phase := _PHASE.match(text)):
        return _ready(phase[1], phase[2], language)
    if language == ENGLISH:
        return f"{'Go on with' if recap.in_progress else 'Next'}: {_short(text)}"
    return f"{_ON.get(language, '')}{_short(text)}"


def _ready(word: str, number: str, language: str) -> str:
    name = f"{word.lower()} {number}"
    match language:
        case "en":
            return f"Ready for {name}?"
        case "de":
            return f"Bereit für {name.capitalize()}?"
        case "fr":
            return f"Prêt pour {'l’' if name.startswith('é') else 'la '}{name} ?"
        case "es":
            return f"¿Seguimos con {'el' if name.startswith('paso') else 'la'} {name}?"
    return f"{name.capitalize()}?"


def _language(recap: Recap) -> str:
    lists = (recap.done, recap.in_progress, recap.next, recap.decisions)
    facts = [fact.text for found in lists for fact in found]
    return language_of(" ".join([recap.goal.text if recap.goal else "", *facts]))


def _short(text: str) -> str:
    return one_line(text, _LONGEST)
