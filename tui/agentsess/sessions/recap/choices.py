"""Which sentences choose: say how something is to be, in an order, a wish, a norm or a fragment."""

from __future__ import annotations

import re
from functools import lru_cache

from agentsess.sessions.recap import choice_words as wording
from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.questions import PUT_OFF, TASK, matter, wonders

_ORDERS = (wording.IMPERATIVE, wording.WISH, wording.SETTLED)
_NORMS = (
    *(wording.WISH, wording.SETTLED, wording.NO, wording.ONLY),
    *(wording.STANDS, wording.ENOUGH, wording.FIRST, wording.ALLOTS),
)
_OF_REPLY = (wording.NO, wording.ONLY, wording.STANDS, wording.FIRST)
_NEVER = (wording.PRAISE, wording.CODE, wording.REASON)
_HEDGES = (wording.PROMISES, wording.DOUBT)
_FACTS = (wording.FACT, wording.TROUBLE, wording.UNABLE, wording.OTHERS)
_TELLING = (*_FACTS, wording.PAST)
_REPORTS = (wording.REPORTS,)
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_WITH_SIGNS = re.compile(r"[a-z0-9]+[でにとは]")
_LONGEST_FRAGMENT = 9


def lays_down(
    sentence: str,
    about: frozenset[str],
    *,
    answers: bool,
    choice: frozenset[str] = frozenset(),
    late: bool = False,
) -> bool:
    """Whether a sentence of a later prompt says how something is to be.

    Args:
        about: The `matter` of the reply before.
        answers: That reply asked, proposed, or named ways to choose from.
        choice: The `matter` of what it asked or proposed.
        late: Others came before it that said something else.
    """
    said = plainly(sentence)
    words = substance(said)
    if wonders(sentence) or not words:
        return False
    if relayed := wording.RELAYED.match(said):
        rest = said[relayed.end() :]
        plain_word = relayed[0].rstrip().endswith(":") or substance(rest) & choice
        return bool(plain_word) and lays_down(
            rest, about, answers=answers, choice=choice, late=late
        )
    if _any(said, _NEVER) or (wording.GOES_ON.match(said) and not words & choice):
        return False
    parts = _parts(said)
    shares = bool(words & choice)
    if wording.RULE.search(said) and not (_any(said, _HEDGES) or PUT_OFF.search(sentence)):
        return True
    task = TASK.match(sentence) and not wording.IMPERATIVE.match(said)
    if task and not (answers and 2 * len(words & choice) >= len(words)):
        return any(_norm_in(part, shares=shares) for part in parts[1:])
    if any(_norm_in(part, shares=shares) for part in parts):
        return True
    if words & about and wording.LIKES.search(said) and not pointless(sentence):
        return True
    if topic := wording.TOPIC.match(said):
        return bool(answers or about) and _of_a_topic(topic)
    if PUT_OFF.search(sentence):
        return False
    clause = _first_clause(said)
    fixes = bool(wording.FIGURE.search(clause) and words & (about | choice))
    concludes = wording.THEREFORE.match(said) is not None and (
        len(clause.split()) > 2 or wording.FIGURE.search(clause)
    )
    agrees = bool(wording.YES.match(said) and (answers or words & about))
    return (
        _is_fragment(clause)
        and not _any(clause, _HEDGES)
        and not any(wording.TAKES_BACK.match(part) for part in parts)
        and not _tells(clause, shares=shares)
        and (not wording.TOLD.search(clause) or len(substance(clause) & choice) > 1)
        and (
            substance(clause) <= (choice if _wants_work(said) else about)
            or ((answers or fixes or concludes or agrees) and not late and not _wants_work(said))
        )
    )


def _norm_in(part: str, *, shares: bool) -> bool:
    """Whether a clause orders, forbids, wishes or allows something."""
    if _any(part, _HEDGES) or PUT_OFF.search(part) or not (substance(part) or _any(part, _ORDERS)):
        return False
    bare = _bare(part)
    if wording.IMPERATIVE.search(part) or wording.IMPERATIVE.search(bare):
        return not _any(bare, _FACTS) or bool(wording.NO.search(part))
    return _any(part, _NORMS) and not _tells(bare, shares=shares)


def _tells(bare: str, *, shares: bool) -> bool:
    """Whether a clause says how things are or were; what others say may yet be the answer."""
    return _any(bare, _TELLING) or (not shares and _any(bare, _REPORTS))


def orders(sentence: str) -> bool:
    """Whether a sentence orders or wishes something, and does not just tell."""
    return _any(plainly(sentence), (*_ORDERS, wording.STANDS))


def settles(sentence: str) -> bool:
    """Whether a reply's sentence says how something is to be, and not how it is."""
    said = plainly(sentence)
    if wording.ASIDE.search(said):
        return False
    return _any(said, _OF_REPLY) or not wording.FINITE.search(_first_clause(said))


def pointless(sentence: str) -> bool:
    """Whether a sentence only says what to do with something that it does not name."""
    return not substance(wording.POINTER.sub(" ", plainly(sentence)))


def plainly(sentence: str) -> str:
    """For the tables of wordings: in lower case, with plain apostrophes, and with those that who
    types in haste leaves out."""
    return _HASTY.sub(_spelt_out, sentence.lower().replace("’", "'"))


_HASTY = re.compile(
    r"\b(?:(?:do|does|did|is|are|was|were|ca|wo|should|would|could|have|has|had)nt|(?:i|you|we|"
    r"they)ve|(?:you|they)re|(?:you|they)ll|thats|theres|im)(?!\w)|\bw/ ?(?=\w)|(?:^|(?<=[,;.:] )|"
    r"(?<=so )|(?<=and )|(?<=ok )|(?<=then ))(?:ill|lets)(?= )"
)


def _spelt_out(word: re.Match[str]) -> str:
    return "with " if word[0][0] == "w" else _ENDING.sub(r"'\g<0>", word[0])


_ENDING = re.compile(r"(?:t|ve|re|ll|s|m)$")


@lru_cache(maxsize=1024)
def substance(said: str) -> frozenset[str]:
    """What a sentence is about, without praise, greetings and the like."""
    words = matter(_STRETCHED.sub(r"\1\1", said)) - wording.REMARK
    # "Bで" holds no two signs that carry meaning
    return words or (frozenset({said}) if _WITH_SIGNS.match(said) else words)


@lru_cache(maxsize=4096)
def _any(said: str, patterns: tuple[re.Pattern[str] | Wordings, ...]) -> bool:
    return any(pattern.search(said) for pattern in patterns)


def _of_a_topic(topic: re.Match[str]) -> bool:
    """Whether something is named and, behind a colon, what is to be of it."""
    if wording.NO_TOPIC.match(topic.string):
        return False
    return not (wording.FINITE.search(topic[0]) or wording.TOLD.search(topic[2]))


def _wants_work(said: str) -> bool:
    return bool(wording.WORK.search(said))


_COUNT = re.compile(r"\d+ ?(?:of|/|von|de|sur|out of) ?(?:the |all )?\d+\b")


_DO = re.compile(r"^(?:let's )?(?:do|go) (?!not|you|we|i|they|it\b)")


def _is_fragment(clause: str) -> bool:
    clause = _DO.sub("", clause)
    if not 0 < len(clause.split()) <= _LONGEST_FRAGMENT or _COUNT.match(clause):
        return False
    return bool(wording.OBJECT.match(clause)) or not wording.FINITE.search(clause)


@lru_cache(maxsize=1024)
def _parts(said: str) -> tuple[str, ...]:
    """The clauses of a sentence."""
    return tuple(part.strip(" .!") for part in wording.CLAUSE.split(said))


@lru_cache(maxsize=1024)
def _bare(part: str) -> str:
    """A clause without yes and no before it; empty if it says nothing, or only of what it is."""
    bare = wording.LEADING.sub("", part)
    return bare if substance(bare) and not wording.ABOUT.match(bare) else ""


def _first_clause(said: str) -> str:
    """The first clause that says something."""
    return next(filter(None, map(_bare, _parts(said))), "")
