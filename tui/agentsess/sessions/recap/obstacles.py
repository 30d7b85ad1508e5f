"""Obstacles: what the texts say keeps the work from going on, and what of it still does."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from agentsess.model import Fact
from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.questions import matter
from agentsess.sessions.recap.reading import Reading
from agentsess.sessions.recap.sections import Section
from agentsess.sessions.recap.text import FACT_LENGTH, asks, plain
from agentsess.sessions.recap.waiting import AWAITED, ROLE, STUCK

_REMEMBERED = 40
_OUTLIVES = 14
"""Texts that what somebody is waited for outlives, if nobody comes back to it."""
_LONGEST = 400
_LIFTED = re.compile(
    r"^(?:done|fixed|added|merged|set|sent|you (?:have|can) .*\bnow|(?:it|they)(?:['’]s| is|"
    r"['’]re| are) "
    r"(?:there|done|in|set|up)|now (?:it|you)|erledigt|hecho|listo|fait|c['’]est fait)\b",
    re.IGNORECASE,
)
# Who says so tells that what was awaited has come.
_CAME = re.compile(
    r"\b(?:arrived|came|come in|(?:is|are|['’]s|['’]re) (?:here|in|back|there|up|open|live|done|"
    r"through|now)|got (?:it|the|an?|his|her|their|your|both|all)|(?:have|has|here['’]s|here are|"
    r"here is) (?:it|the|an?|his|her|their|your|now|both|all)|received|answered|replied|"
    r"confirmed|approved|agreed|signed|granted|unlocked|solved|resolved|works|"
    r"(?:says?|said)|gave|sent (?:it|me|us|the|over)|went through|"
    r"ist (?:da|wieder|zurück|offen|frei)|angekommen|bekommen|erhalten|geantwortet|freigegeben|"
    r"bestätigt|zugestimmt|unterschrieben|sagt|hat .* (?:geschickt|gegeben|gesagt)|funktioniert|"
    r"reçue?s?|arrivée?s?|répondu|validé|signé|est là|de retour|débloqué|dit|envoyé|"
    r"llegó|ha llegado|recibid[oa]s?|contestó|contestado|aprobado|firmado|dice|dijo|"
    r"ya (?:está|tengo|tenemos|llegó|funciona)|resuelto|enviado)\b|"
    r"届きました|届いた|来ました|もらいました|もらった|返事があ|解決|付きました|"
    r"收到|来了|回来了|给了|批了|同意了|解决了|到了|拿到",
    re.IGNORECASE,
)
_OVER = re.compile(
    r"\b(?:was|were|had|used to|until (?:now|yesterday|then)|so far so|no longer (?!have|has)|"
    r"not any ?more|anyway|solved|resolved|worked around|instead i|so i (?:used|took|made|did|"
    r"added|switched|moved|wrote|renamed|put))\b",
    re.IGNORECASE,
)
_UNREAL = re.compile(
    r"^(?:if|in case|suppose|imagine|falls|wenn|si|cuando|quand)\b|\b(?:would|could|might) "
    r"(?:only )?(?:wait|lack|miss|need|be (?:missing|stuck|blocked))\b",
    re.IGNORECASE,
)
# Such a sentence speaks of somebody or something that the one before names.
_POINTS_BACK = re.compile(
    r"^(?:(?:and|but|so|ok) )?(?:\w+ )?(?:he|she|they|him|her|them|it|that|ohne (?:die|sie|das)|"
    r"without (?:it|that|them|him|her)|sans (?:ça|cela|elle|lui)|sin (?:eso|ella|él))\b",
    re.IGNORECASE,
)
_YOU = re.compile(
    rf"\byour (?!(?:[\w'’-]+ )?{ROLE}\b)|\b(?:you|yours|du|"
    r"dir|dich|dein\w*|ihr|euch|(?-i:Sie|Ihnen|Ihre?n?)|tú|te|tu|usted|"
    r"vous|votre|vos|toi)\b|你|您|そちら|あなた",
    re.IGNORECASE,
)


def lifts(prompt: Reading) -> bool:
    """Whether the user says that what was in the way is so no more."""
    return any(_LIFTED.match(sentence) for sentence in prompt.sentences[:1])


def _in_the_way(sentence: str, kind: Wordings) -> bool:
    if asks(sentence) or len(sentence) > _LONGEST or sentence.endswith(":"):
        return False
    match = kind.search(sentence)
    return (
        match is not None
        and not _OVER.search(sentence)
        and not _UNREAL.search(sentence[: match.end()])
    )


def _is_obstacle(sentence: str) -> bool:
    return _in_the_way(sentence, AWAITED) or _in_the_way(sentence, STUCK)


def obstacles_in(reading: Reading) -> list[str]:
    """What a text says keeps the work from going on, adjacent sentences of it as one."""
    return [*reading.sections.get(Section.BLOCKERS, ()), *_lines(reading, by_others=False)]


def _lines(reading: Reading, *, by_others: bool) -> list[str]:
    """The sentences that tell of an obstacle; who "she" is, the sentence before says."""
    said = reading.sentences
    lines: list[str] = []
    taken = -1
    for index, sentence in enumerate(said):
        if by_others:
            found = _in_the_way(sentence, AWAITED) and not _YOU.search(sentence)
        else:
            found = _is_obstacle(sentence)
        if not found:
            continue
        before = said[index - 1] if index else ""
        joined = f"{lines[-1]} {sentence}" if lines and taken == index - 1 else ""
        if joined and len(joined) <= FACT_LENGTH:
            lines[-1] = joined
        elif before and taken != index - 1 and _POINTS_BACK.match(sentence) and not asks(before):
            lines.append(f"{before} {sentence}")
        else:
            lines.append(sentence)
        taken = index
    return list(dict.fromkeys(map(plain, lines)))


@dataclass(frozen=True)
class _Heard:
    """A prompt or reply. What it says is looked for once, and only if it matters still."""

    seq: int
    reading: Reading

    @cached_property
    def lines(self) -> list[str]:
        """What it says is in the way."""
        return obstacles_in(self.reading)

    @cached_property
    def lines_of_others(self) -> list[str]:
        """The same, of what others have to do."""
        return _lines(self.reading, by_others=True)

    @cached_property
    def came(self) -> frozenset[str]:
        """The words for what it says is in the way no more."""
        told = (s for s in self.reading.sentences if _CAME.search(s) and not _is_obstacle(s))
        return frozenset().union(*map(_names, told))


@dataclass(slots=True)
class Obstacles:
    """Follows what is in the way. Work that ends well overcomes what stood in its own way, not
    that somebody is waited for: this lasts until one of the two comes back to it."""

    heard: list[_Heard] = field(default_factory=list)
    overcome: int = 0
    """What was said before this entry is overcome, unless it waits for others."""

    def said(self, reading: Reading, seq: int, *, by_user: bool) -> None:
        """Take a prompt or a reply."""
        if by_user and lifts(reading):
            self.heard.clear()
            self.overcome = seq
        self.heard = [*self.heard[1 - _REMEMBERED :], _Heard(seq, reading)]

    def facts(self) -> list[Fact]:
        """What is in the way. Looked for only here: most of it is long overcome by then."""
        found: list[Fact] = []
        came: set[str] = set()
        later: list[_Heard] = []
        for age, heard in enumerate(reversed(self.heard)):
            if heard.seq >= self.overcome:
                lines = heard.lines
            elif age < _OUTLIVES:
                lines = heard.lines_of_others
            else:
                break
            if lines:
                came.update(*(each.came for each in later))
                later.clear()
            here = [Fact(line, (heard.seq,)) for line in lines if not (_names(line) & came)]
            found = [*here, *found]
            later.append(heard)
        return found


def _names(text: str) -> frozenset[str]:
    """The words that tell one matter from another."""
    return frozenset(word for word in matter(text) if len(word) > 3 or word > "\u3000")
