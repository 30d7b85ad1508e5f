"""What lies ahead: what a reply says comes next, and what the user says that he will do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agentsess.model import Fact
from agentsess.sessions.recap.days import DAY
from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.promises import promises_in
from agentsess.sessions.recap.questions import matter
from agentsess.sessions.recap.reading import PHASE_HINT, Reading
from agentsess.sessions.recap.sections import Section
from agentsess.sessions.recap.text import announces, asks, plain

_REMEMBERED = 5
"""Prompts and replies that what was said outlives."""
_COMING = Wordings(
    rf"^(?:(?:then|so|and|dann|und|entonces|alors|puis),? )?(?:{DAY}|next|afterwards|after that|"
    r"once|as soon as|when (?:it|that|they|he|she|you)|danach|anschließend|sobald|als nächstes|"
    r"luego|después|ensuite|après)\b|"
    r"^(?:left|remaining|to do|still (?:open|to do))\b|^(?:after|before|until) [^:]{3,50}: |"
    r"^(?:(?:good|fine|ok)[.,]? )?i['’]ll (?!be\b|have\b|stop|leave|keep|take)\w+|"
    r"^[a-z]\w+ .*, please[.]?$|^(?:次は|接下来|下一步|明日|明天)|"
    rf"\b(?:(?:i|we)(?:['’]ll| will)\b.*\b(?:once|after|as soon as|{DAY})\b|"
    r"(?:is|are|be|comes?|come|goes?) (?:up )?(?:next|after(?:wards)?)\b|next would be\b|"
    r"i (?:want|['’]d like) to\b.*\bnext[.]?$|i['’]d (?:begin|start) (?:now|with)\b|"
    r"what(?:['’]s| is| i have) (?:left|missing|next|remaining|open|not done|still \w+)\b|"
    r"what remains\b(?! (?:dark|unclear|unknown|uncertain|a mystery))|that leaves (?!no\b)|"
    r"should wait\b|still to (?:do|come)\b|"
    r"remains? to be\b|(?:is|are) (?:still )?(?:left\b(?! (?:alone|"
    r"untouched|unchanged|as|in|out|to|behind|with)\b)|outstanding\b|to come\b|open\b)|"
    r"(?:still|only) (?:needs?|ha(?:s|ve)) to\b|"
    r"(?:has|have) to (?:wait|see|apply|look|check|follow)\b|must (?:still )?be "
    r"[\w-]+(?:ed|en|wn|nt|lt|pt|ght|ut|un|id|ld|ung)\b|"
    r"(?:dann|als nächstes) (?:mache|kommt|folgt)\b|(?:fehlt|fehlen|bleibt|bleiben) noch\b|"
    r"reste à\b|(?:someone|somebody) (?:should|must|has to|could|check|try)\b|"
    r"(?<!hace )faltan?\b|hacen? falta (?!que\b)|"
    r"il (?:manque|reste(?! (?:de la|du|des)\b)|faut|faudra)\b|"
    r"quedan? (?:por|todavía|aún)\b|restan?\b|restent à\b|"
    r"quedan? (?:los|las|el|la|\d+|un|una|dos|tres) |steh(?:t|en) noch aus\b|"
    r"bleib(?:t|en)\b.*\b(?:offen|übrig)\b|还剩|剩下|残りは|残っているのは|"
    r"je (?:vous )?prépare\b)"
)
_AT = Wordings(
    rf"(?<!\ba )(?<!\bper )(?<!\bevery )\b{DAY}\b|"
    r"\buntil (?:it|it['’]s|he|she|they|you|that|this|the|we)\b|"
    r"(?<!at )\b(?:once (?!more|again|an? |per |every|in )|as soon as |sobald |dès que |"
    r"en cuanto |cuando (?:\w+ )?(?:est[ée]n?|haya|tenga|llegue|termine|responda))\w*|"
    r"\bwarte\w*\b.*\bbis\b|\bwhat i['’]d do (?:next|first|now|in)\b"
)
# Until then nothing is done.
_RESTS = Wordings(
    r"\b(?:stays?|rests?|waits?|wait|remains?|keeps?|sleeps?|sits?|stands?|holds?)\b.*\buntil\b|"
    r"^until [^,]*\b(?:stays?|rests?|waits?|remains?|sleeps?|sits|stands|nothing)\b"
)
_PAST = Wordings(
    r"\b(?:was|were|had|has been|have been|yesterday|since|asked|told|sent|said|"
    r"wrote|hat|wurde|fue|había|a été)\b"
)
# What the last reply proposes to do, not what it thinks or would rather have.
_MEANT = Wordings(
    r"\bi['’]d (?:also |then |now |only |first )?(?!say|call|leave|rather|prefer|not\b|never|"
    r"expect|guess|bet\b|like|love|have|been|wait|keep|drop|use|take|go with|stick|trust|avoid|"
    r"worry|think|make it|choose|pick|hate|hope|be\b|also|then|now|only|first|need)\w+|"
    r"\b(?:ich würde|würde ich|je \w+erais|haría)\b|"
    r"^(?:in the meantime|meanwhile|inzwischen|entre-temps|mientras tanto)[,:]|"
    r"[;,] (?:after|once) [^,]{3,40}, |\b(?:follows?|folgt|folgen|suivra)\b[^:]{0,60}$|"
    r"\b(?:later|später|plus tard|más tarde|danach|ensuite|después|luego|al final|have planned|"
    r"geplant ist|est prévu)\b"
    r"(?! than)|そのあと|その後|つもり|予定|しだい|次第|之后再|打算"
)
_CHOOSES = re.compile(r"\b(?:instead of|rather than|statt|au lieu de|en vez de)\b", re.IGNORECASE)
_PUT_OFF_FOR = 30
"""Prompts that what is put off for weeks outlives."""
_RECENT = 2
"""Prompts in which a day is still to come."""


def is_ahead(sentence: str) -> bool:
    """Whether a sentence plainly speaks of what is to come."""
    return bool(_COMING.search(sentence))


def _coming_in(reading: Reading, *, last: bool) -> list[str]:
    """The sentences of a reply that say what comes next, outside of lists under a heading."""
    claimed = reading.sections.get(Section.DONE, ())
    told = max((n for n, s in enumerate(reading.sentences) if plain(s) in claimed), default=0)
    return [
        plain(sentence)
        for index, sentence in enumerate(reading.sentences)
        if len(sentence) <= 300
        and not (index < told and announces(sentence))  # it is done by now
        and not asks(sentence)
        and not sentence.endswith(":")
        and (
            _COMING.search(sentence)
            or (_AT.search(sentence) and not _PAST.search(sentence) and not _RESTS.search(sentence))
            or (last and _MEANT.search(sentence) and not _CHOOSES.search(sentence))
        )
        and not PHASE_HINT.search(sentence)
    ]


@dataclass(slots=True)
class Ahead:
    """Follows what is said to come, outside of all lists."""

    replies: list[tuple[int, Reading]] = field(default_factory=list)
    """Those since the last work that ended well."""
    prompts: list[tuple[int, Reading]] = field(default_factory=list)
    """Of all that may hold a promise: the agent's work does not keep the user's."""

    opening: int = 0
    """The first prompt: the days that it names are of the whole."""

    def said(self, reading: Reading, seq: int, *, by_user: bool) -> None:
        """Take a prompt or a reply."""
        if by_user:
            self.opening = self.opening or seq
            self.prompts = [*self.prompts[1 - _PUT_OFF_FOR :], (seq, reading)]
        else:
            if reading.sections.get(Section.NEXT) or reading.sections.get(Section.DOING):
                self.replies = []
            self.replies = [*self.replies[1 - _REMEMBERED :], (seq, reading)]

    def worked(self, since: int) -> None:
        """A turn that did work ended: what was announced before ``since`` may be done by now."""
        self.replies = [row for row in self.replies if row[0] >= since]

    def facts(self) -> list[Fact]:
        """What comes, the promises of the user last."""
        return [*(fact for row in self.replies for fact in self._in_reply(*row)), *self._promises()]

    def last_announced(self) -> Fact | None:
        """What a reply said last to come."""
        for row in reversed(self.replies):
            if found := self._in_reply(*row):
                return found[-1]
        return None

    def _in_reply(self, seq: int, reading: Reading) -> list[Fact]:
        prompt = self.prompts[-1][0] if self.prompts else 0
        last = seq >= min(prompt, self.replies[-1][0])
        return [Fact(text, (seq,)) for text in _coming_in(reading, last=last)]

    def _promises(self) -> list[Fact]:
        """What the user promised, unless he comes back to it."""
        found: list[Fact] = []
        later: set[str] = set()
        for index, (seq, reading) in reversed(list(enumerate(self.prompts))):
            age = len(self.prompts) - index
            if seq == self.opening:
                continue
            recent = age <= _RECENT
            for line in promises_in(reading, recent=recent, lately=age <= _REMEMBERED):
                words = {word for word in matter(line) if len(word) > 3}
                if not (words and 2 * len(words & later) >= len(words)):
                    found.append(Fact(line, (seq,)))
            later |= matter(" ".join(reading.sentences))
        return found[::-1]
