"""What lies ahead: what a reply says comes next, and what the user says that he will do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agentsess.model import Fact
from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.questions import matter
from agentsess.sessions.recap.reading import PHASE_HINT, Reading
from agentsess.sessions.recap.sections import Section
from agentsess.sessions.recap.text import announces, asks, plain

_REMEMBERED = 5
"""Prompts and replies that what was said outlives."""
_SHORTEST_PROMISE = 6
_DAY = (
    r"(?:tomorrow|(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|next (?:week|month|year)|"
    r"later today|tonight|(?:am )?(?:montag|dienstag|mittwoch|donnerstag|freitag)|morgen|"
    r"nächste (?:woche|monat)|mañana|el (?:lunes|martes|miércoles|jueves|viernes)|demain|"
    r"lundi|mardi|mercredi|jeudi|vendredi)"
)
_COMING = Wordings(
    rf"^(?:(?:then|so|and|dann|und|entonces|alors|puis),? )?(?:{_DAY}|next|afterwards|after that|"
    r"once|as soon as|when (?:it|that|they|he|she|you)|danach|anschließend|sobald|als nächstes|"
    r"luego|después|ensuite|après)\b|"
    r"^(?:left|remaining|to do|still (?:open|to do))\b|^(?:after|before|until) [^:]{3,50}: |"
    r"^(?:(?:good|fine|ok)[.,]? )?i['’]ll (?!be\b|have\b|stop|leave|keep|take)\w+|"
    r"^[a-z]\w+ .*, please[.]?$|^(?:次は|接下来|下一步|明日|明天)|"
    rf"\b(?:(?:i|we)(?:['’]ll| will)\b.*\b(?:once|after|as soon as|{_DAY})\b|"
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
    r"quedan? (?:por|todavía|aún)\b|restan?\b|restent à\b|steh(?:t|en) noch aus\b|"
    r"bleib(?:t|en)\b.*\b(?:offen|übrig)\b|还剩|剩下|残りは|残っているのは|"
    r"je (?:vous )?prépare\b)"
)
_AT = Wordings(
    rf"(?<!\ba )(?<!\bper )(?<!\bevery )\b{_DAY}\b|"
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
_PROMISED = re.compile(
    r"\bremind me to\b|\bi['’]m (?:off|going) to \w+|"
    r"^(?:afterwards|after that|later|danach|anschließend|después|luego|ensuite) (?:\w+ ){3}|"
    r"その後|"
    r"^(?:and |but |ok |then )?(?:i['’]?ll|i will|we['’]ll) (?!check|think|let|"
    r"see|look|be\b|have\b|get back|go with|use|keep|take|sell|answer)\w+|"
    # Somebody is to be asked: that is no answer yet.
    r"(?:^|[,;.] )(?:but |so |and |da )?(?:(?:i |we )(?:['’]?ll |will |must |have to |need to )?|"
    r"will |must |gotta |got to |have to |need to |le[tm]me |let me )"
    r"(?:ask|call|ring|phone|write to|talk to) "
    r"(?!you|me|if|what|how)\w+|"
    r"\b(?:i|we)(?:['’]?ll| will| must| have to| need to) (?:ask|call|tell|mail|email|write) "
    r"(?!you|me\b)\w+|"
    r"\b(?:muss ich|ich muss|ich) (?:\w+ ){0,4}(?:fragen|anrufen|klären|abklären)\b|"
    r"\b(?:frag|frage|ruf|rufe|kläre?) (?:ich|da|mal|morgen|die|den|das)\b|"
    r"\bich (?:frag|frage|ruf|rufe|schreib|schreibe|kläre?) \w+|"
    r"\bje (?:lui |leur |vais |dois )*(?:demande|demander|appelle|appeler|écris|écrire)\b|"
    r"\b(?:le|les|se lo|lo) (?:pregunto|paso|consulto|digo|escribo|llamo|pido)\b|\bpregunto a\b|"
    r"聞いて|聞きます|頼んで|頼みます|確認して(?:おき|み)|我去问|我问|我会",
    re.IGNORECASE,
)


_DATED = Wordings(
    rf"(?<!\ba )(?<!every )\b{_DAY}(?!['’])\b|\b(?:this|next) (?:weekend|evening|afternoon|sprint|"
    rf"(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b|\b(?:on|from) the \d{{1,2}}"
    rf"(?:st|nd|rd|th)\b|"
    r"\b(?:samstag|sonntag|heute abend|samedi|dimanche|ce soir|la semaine prochaine|"
    r"el (?:sábado|domingo)|esta (?:tarde|noche)|la semana que viene)\b|"
    r"明日|明天|今晩|今晚|来週|来月|下周|下个?月|[月火水木金土日]曜|周[一二三四五六日]"
)
# No act on that day: a deadline, an absence, what was, what is supposed.
_NO_ACT = Wordings(
    r"\b(?:by|due|before|after|since|depends|ask me|till?|until|if|"
    r"was|were|has been|have been|had|been|did|asked|told|sent|wrote|mailed|emailed|called|"
    r"said|says|bought|happened|failed|broke|crashed|went|came|got|met|ran|made|took|saw|"
    r"found|gave|(?<!is )(?<!are )(?<!be )(?!need|indeed|\w{,2}eed)\w{3,}ed|"
    r"yesterday|last|because|seit|bis|vor|wenn|hatte|war|jusqu|depuis|avant|était|hasta|desde|"
    r"antes|estaba|fue|caducó|deadline)\b|まで|から|ました|した|昨日|了|"
    r"^(?:guten|good) m|^hi\b|\b(?:is|are|sounds?|looks?) (?:fine|ok|okay|good|great|perfect)\b"
)
_RECENT = 2
"""Prompts in which a day is still to come."""
_FEWEST_WORDS = 3


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
            self.prompts = [*self.prompts[1 - _REMEMBERED :], (seq, reading)]
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
            recent = len(self.prompts) - _RECENT <= index and seq != self.opening
            for sentence in reversed(reading.sentences):
                words = {word for word in matter(sentence) if len(word) > 3}
                ahead = _promises(sentence) or (recent and _is_dated(sentence))
                if ahead and not (words and 2 * len(words & later) >= len(words)):
                    found.append(Fact(plain(sentence), (seq,)))
            later |= matter(" ".join(reading.sentences))
        return found[::-1]


def _promises(sentence: str) -> bool:
    return (
        _SHORTEST_PROMISE <= len(sentence) <= 300
        and not asks(sentence)
        and bool(_PROMISED.search(sentence))
    )


def _is_dated(sentence: str) -> bool:
    """Whether it names the day on which something is to happen."""
    return (
        len(sentence) <= 300
        and not asks(sentence)
        and bool(_DATED.search(sentence))
        and not _NO_ACT.search(sentence)
        and len(matter(sentence)) >= _FEWEST_WORDS
    )
