"""Questions put to the user, what the user answered, and what was decided by it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from agentsess.sessions.recap_ahead import is_ahead
from agentsess.sessions.recap_choices import lays_down, orders, plainly, pointless, settles, substance
from agentsess.sessions.recap_questions import MAY_I, PUT_OFF, REQUEST, TASK, matter
from agentsess.sessions.recap_reading import Reading
from agentsess.sessions.recap_sections import Section
from agentsess.sessions.recap_text import announces, asks, fold, mentions, plain, tokens

_HYPOTHETICAL = re.compile(
    r"\b(?:if|unless|whether|should|could|would|might|may|not|never|before|until|once|haven['’]?t|"
    r"didn['’]?t|wenn|falls|ob|nicht|sollte[nr]?|si|podr[ií]amos|no|pas)\b|n['’]t\b",
    re.IGNORECASE,
)
_DECIDED = re.compile(
    r"\b(?:(?:we|i)(?:['’]ve| have)? (?:decided|agreed|settled on|opted for|chose)|"
    r"(?:it was|was|is) decided|decided (?:to|on|against) |"
    r"(?:i|we)(?:['’]ll| will) (?:go with|stick with|stay with)|"
    r"let['’]?s (?:go with|stick with|stay with|settle on)|"
    r"\bi(?:['’]ll| will|['’]m)? (?:use|using|used|chose|choose|took|take|taking|kept|keep|pick(?:ed)?|"
    r"went with|make|made|put|leave|left)\b.*\b(?:instead of|rather than|in place of)\b|"
    r"\bso i (?:took|chose|picked|kept|went with|opted for)\b|"
    r", not (?:the |an? )?[\w /-]{2,40}, (?:as|because|since)\b|"
    r"^(?:so )?(?:that|this|which) leaves (?!no\b|open|you|the question|to\b|me|us\b|removing|group)[\w -]{4,40}[.]?$|"
    r"ich (?:nehme|bleibe bei|verwende|behalte)\b.*\b(?:statt|anstelle)|"
    r"(?:me quedo con|opto por)|(?:je garde|je pars sur)\b.*\bau lieu de|"
    r"wir (?:nehmen|verwenden|bleiben bei|haben (?:uns )?(?:\w+ ){0,6}entschieden)|"
    r"(?:hemos decidido|decidimos|nos quedamos con)|(?:nous avons décidé|on part sur))\b",
    re.IGNORECASE,
)
_DECIDING = (
    *("instead", "rather", "place of", "so i ", ", not ", "leaves", "statt", "opto"),
    *("decid", "agreed", "settle", "opted", "chose", " with ", "wir ", "entschieden"),
    *("quedamos", "quedo", "je pars", "au lieu", "décidé", "on part"),
)
_INSTEAD = re.compile(
    r"(?:\b(?:instead of|rather than|in place of|not|no|without|skip|forget|drop|scrap|kill|ditch|lose|"
    r"abandon|remove|cancel|(?:undo|revert)(?: the)?|statt|anstelle (?:von|des|der)|kein(?:e|en)?|nicht|"
    r"ohne|vergiss|streich\w*|weg mit|en vez de|en lugar de|sin|olvida(?:mos)?|quita(?:mos)?|descarta\w*|"
    r"au lieu de|plutôt que|sans|pas de|laisse tomber|oublie[zr]?|abandonn\w+|supprim\w+)\s+(.{2,60}))",
    re.IGNORECASE,
)
_FILLERS = frozenset(
    fold("the a at all then after anymore any more please pls as well again now thing things "
         "le la les der die das den el los las du de").split()
)
_TOO = re.compile(r"\bis too \w+", re.I)
_NOTED = re.compile(
    r"^(?:noted|understood|agreed|fair (?:point|enough)|got it|good|right|okay|ok|alright|"
    r"verstanden|gut|notiert|einverstanden|entendido|de acuerdo|bien|noté|entendu|d['’]accord)\b"
    r"\s*[,.:–—-]+\s*(?:(?:then|so|dann|entonces|alors)\b\s*)?(\S.*)$",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"\b(?:could|might|would|may)\b|[,.:–—-]\s+(?:it|that|this|they|he|she|there|i|es|das|ich|esto|"
    r"eso|c['’]est|ça)\b", re.IGNORECASE
)
_CHOICE = re.compile(
    r"\b(?:or|oder|o|ou|which|what|how|where|who|when|welche[rs]?|was|wie|wo|wer|wann|zu welchem|"
    r"qué|cuál|cómo|dónde|quel(?:le)?|comment|où|quand)\b|还是|それとも|什么|哪",
    re.IGNORECASE,
)
# A question of fact is answered, too, but nothing is decided by it.
_OF_FACT = re.compile(
    r"^(?:(?:and|but|so|also)\b,? )?(?:is|are|was|were|does|did|has|have|had|do (?:you (?:run|"
    r"know|use|"
    r"already|see|have (?:it|one|them|that|access))|(?!we\b|i\b|you\b)\w+)|what (?:does|do you|"
    r"is|are|did|happen)|"
    r"where (?:is|are)|who (?:is|are)|why|since|"
    r"when (?:did|was)|how (?:do|does|did|often|many)|"
    r"ist|sind|haben|hat|habt|wer |woher|warum|seit|hay|está|es |por qué|est|y a-t-il|"
    r"pourquoi)\b",
    re.IGNORECASE,
)
_OF_WILL = re.compile(
    r"\b(?:should|shall|must|may|want(?:ed)?|would (?:you|we|i|it)|prefer|keep|or|ok(?:ay)?|"
    r"soll(?:en)?|oder|o|ou|"
    r"faut)\b|还是|要|それとも",
    re.IGNORECASE,
)
_THIRD_PERSON = re.compile(r"^(?:they|he|she|er|sie|ell[ao]s?|ils?|elles?)\b", re.IGNORECASE)
_CONSEQUENCE = re.compile(
    r"\b(?:so|therefore|hence|deshalb|daher|así que|por eso|donc) (?!far|much|many)\w",
    re.IGNORECASE,
)
_AGREED = re.compile(
    r"^(?:(?:i(?:['’]m)?|that(?:['’]s)?|you(?:['’]re)?|das|ça|me|is|very|all|hm+|oh|ah)\s+)*"
    r"(?:makes sense|sounds (?:like a plan|\w+)|ok(?:ay)?|yes|sure|deal|"
    r"(?:please|let['’]?s) do|go for it|works(?: for me)?|(?:have|['’]ve) (?:convinced|sold) me|"
    r"yep|"
    r"yeah|agreed?|right|fine|exactly|convinc\w+|like|love|do (?:it|that|so)|(?:good|great|nice|"
    r"perfect|gut|prima|perfecto|parfait)(?!\s\w)|"
    r"ja|genau|einverstanden|passt|klingt gut|"
    r"überzeugt|so machen wir(?: es|['’]s)|sí|vale|de acuerdo|hazlo|gusta|oui|"
    r"d['’]accord|ça marche)\b[\s,.!:–—-]*|\b(?:ok(?:ay)?|fine|agreed)[.!]*$|\byes\b|"
    r"\b(?:klingt gut|like it|me gusta|me convence|ça me va)[.!]*$",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"(?:ok(?:ay)?|good|great|nice|perfect|fine|right|gut|prima|vale|sí)\b", re.I)
_CONSULTS = re.compile(
    r"\b(?:what (?:would|should|do) (?:you|we|i)|how (?:would|should) (?:you|we|i)|which|"
    r"should (?:we|i)|better|würdest|würden sie|soll(?:en|te)?|welche[rs]?|harías|haría|deber\w+|"
    r"cuál|feri?ez|ferais|faut-il|quel(?:le)?)\b|どう|怎么|怎样",
    re.IGNORECASE,
)
_PROPOSES = re.compile(
    r"\b(?:(?:i|we)(?:['’]d| would) (?!not|like|love|need|hate|be|have)|(?:we|one|you) could|"
    r"might as well|\b\w+est (?:is|would be|way)|(?:my )?advice|"
    r"(?:suggest|propose|recommend|advise|schlage|empfehle|propongo|recomiendo|sugiero)\b|"
    r"would be better|better to|würde ich|ich würde|wir könnten|podríamos|yo \w+ía|mejor|sería|"
    r"je (?:\w+erais|propose|conseille)|on pourrait|mieux)|しましょう|提案|建议|, then[.:]",
    re.IGNORECASE,
)
# Which of the ways that the reply named.
_WHICH = re.compile(r"^(?:the )?(?:first|second|third|former|latter|both|neither|[a-e])\b", re.I)
_LONGEST_ECHO = 100
_NO_ANSWER = re.compile(
    r"^(?:h+m+|ugh|not (?:now|yet)|later|(?:good|great) (?:question|point)|"
    r".*\bdepends on (?:when|whether|if|how))\b",
    re.I,
)


def decisions_in(reading: Reading) -> list[str]:
    """The sentences that decide something, and what stands under such a heading."""
    found = [text for text in reading.sections.get(Section.DECISIONS, ()) if not asks(text)]
    for sentence in reading.sentences:
        if len(sentence) > 400 or asks(sentence):
            continue
        match = mentions(sentence, _DECIDING) and _DECIDED.search(sentence)
        if match and not _HYPOTHETICAL.search(sentence[: match.start()]):
            found.append(plain(sentence))
    return list(dict.fromkeys(found))


def laid_down(prompt: Reading, reply: frozenset[str], choice: Choice) -> list[str]:
    """The sentences of a later prompt that lay down how it is to be, after a reply that was
    about ``reply``, a `matter`, and left a ``choice``."""
    said = prompt.sentences[:12]
    found: list[str] = []
    late = False
    for index, sentence in enumerate(said):
        if found and _CORRECTS.match(sentence) and found[-1] == plain(said[index - 1]):
            found.pop()
        lays = len(sentence) <= 200 and lays_down(
            sentence, reply, answers=bool(choice.words), choice=choice.words, late=late
        )
        if lays and not (index == 0 and choice.of_fact and not orders(sentence)):
            found.append(_in_full(sentence, choice))
        late = late or not (lays or not substance(sentence))
    # "10 is too low. 30 please": the figure says little without what it replaces.
    for sentence, after in pairwise(said):
        if _TOO.search(sentence) and any(map(str.isdigit, after)) and len(after) <= 60:
            found.append(plain(f"{sentence} {after}"))
    return [text for text in found if text]


def _in_full(sentence: str, choice: Choice) -> str:
    """What is laid down; a mere pointer with what it points to, or not at all."""
    meant = choice.meant_by(sentence)
    if meant:
        return plain(f"{plain(sentence).rstrip('.')} ({meant})")
    return "" if pointless(sentence) else plain(sentence)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the end of a reply leaves the user to say."""

    ways: tuple[str, ...] = ()
    """Its sentences that ask what is to be, propose, or name ways; none: it leaves no choice."""
    words: frozenset[str] = frozenset()
    """Their `matter`."""
    of_fact: bool = False
    """It only asks how things are."""

    def meant_by(self, sentence: str) -> str:
        """The way that a short answer such as "a." or "the former" picks; empty: none."""
        said = plainly(sentence)
        if letter := _LETTER.match(said):
            for way in self.ways:
                labelled = re.search(_LABELLED.format(re.escape(letter[1])), way, re.IGNORECASE)
                if labelled:
                    return plain(labelled[1].strip())
        words = substance(said)
        close = [way for way in self.ways if words & matter(way)]
        if letter or _POINTS.search(said) or pointless(sentence):
            close = close or list(self.ways)
        elif len(words) > _FEW:
            return ""
        return plain(close[-1]) if close else ""


_FEW = 2
_LETTER = re.compile(
    r"^(?:(?:ok(?:ay)?|yes|no|hm+|so)\b[\s,.]*)*(?:option |way |weg |variante |opción |plan |"
    r"number |nr\.? |#)?([a-e]|[1-9])\b(?! ?[%€$\w])", re.IGNORECASE
)
_LABELLED = r"(?:^|\s|\(|\b(?:option|way|weg|variante|opción|plan) ){}(?:[).:]|\)) *(.+?)(?=\s[a-h1-9]\)\s|$)"
_POINTS = re.compile(
    r"\b(?:the )?(?:first|second|third|former|latter|last)\b|\bboth\b|\b(?:1st|2nd|3rd)\b|"
    r"\b(?:like (?:that|this)|that way|do (?:that|it))\b|\b(?:erste|zweite|letzte)\w*\b|\bbeide\w*\b|"
    r"\bmachen wir so\b|\bso machen wir\b|\b(?:primer|segund|últim)[oa]?\b|\b(?:los|las) dos\b|"
    r"\bambos\b|\b(?:le|la) (?:premi[eè]re?|seconde?|deuxième)\b|\bles deux\b"
)


def choice_in(reply: Reading) -> Choice:
    """Whether the end of a reply asks what is to be, names ways, or proposes one."""
    said = reply.sentences[-8:]
    asked = [s for s in said if asks(s)]
    if asked and all(of_fact(s, "") for s in asked):
        return Choice(of_fact=True)
    ways = [
        s
        for s in said
        if (not of_fact(s, "") if asks(s) else _CHOICE.search(s) or _PROPOSES.search(s))
    ]
    return Choice(tuple(ways), matter(" ".join(ways)))


_CORRECTS = re.compile(
    r"^(?:(?:h+m+|uh+|oh|no|ah)\b[\s,.]*)*(?:(?:no )?wait|actually|scratch that|on second thoughts?|"
    r"nein doch|doch nicht|halt|moment|no,? espera|mejor no|non,? attends)\b|^やっぱり|^不对|^等等",
    re.IGNORECASE,
)


def proposals_in(reading: Reading, *, asked: bool) -> list[str]:
    """What a reply proposes without asking: the last sentence that says so, or the first one of
    a reply that was ``asked`` for."""
    said = [s for s in reading.sentences[-6:] if len(s) <= 300 and not asks(s) and not is_ahead(s)]
    if asked and said and said[0] == reading.sentences[0]:
        return [plain(said[0])]
    return [plain(s) for s in reversed(said) if _PROPOSES.search(s)][:1]


def advised_in(reading: Reading) -> list[str]:
    """What a reply plainly advises: that stands unless the user speaks against it."""
    return [
        plain(s)
        for s in reading.sentences[-20:]
        if len(s) <= 300
        and not asks(s)
        and (_ADVISES.match(s) or (_PROPOSES.search(s) and _RATHER.search(s)))
    ]


def refuses(prompt: Reading) -> bool:
    """Whether a prompt speaks against what was said before it, or doubts it."""
    return any(_REFUSES.match(s) or PUT_OFF.search(s) for s in prompt.sentences[:2])


_ADVISES = re.compile(
    r"(?:fix|solution|(?:my )?(?:verdict|advice|vote|recommendation|suggestion|proposal)|decision|"
    r"middle way|compromise|vorschlag|empfehlung|lösung|fazit|propuesta|recomendación|solución|"
    r"proposition|recommandation|conseil|提案|対策案|结论|建议)\s?[:：]\s*\S", re.IGNORECASE
)
_RATHER = re.compile(
    r"\b(?:instead of|in place of|rather than|statt|anstelle|en vez de|en lugar de|au lieu de|"
    r"plutôt que)\b|ではなく|而不是", re.IGNORECASE
)
_REFUSES = re.compile(
    r"(?:(?:h+m+|uh+|oh|ok(?:ay)?|well|sorry|ah|ew+|ugh)\b[\s,.!]*)*(?:no|nope|nah|not|never|but|"
    r"rather|instead|wait|hold on|stop|don['’]?t|why|nein|nicht|aber|lieber|doch|warum|halt|pero|"
    r"mejor|espera|non|mais|plutôt|pourquoi|attends)\b|いや|いいえ|やっぱり|でも|不|但", re.IGNORECASE
)


def consults(prompt: Reading) -> bool:
    """Whether a prompt wants to hear what is best."""
    return bool(prompt.sentences) and bool(_CONSULTS.search(prompt.sentences[-1]))


def accepts(prompt: Reading) -> bool:
    """Whether a prompt begins with a plain yes to what was said. "Good." before other words only
    goes on."""
    said = prompt.sentences
    if not said or not _only_agrees(said[0]):
        return bool(said) and any(_DO_SO.match(s) for s in said[:2])
    return len(said) == 1 or not _GOES_ON.match(said[0])


_DO_SO = re.compile(
    r"(?:(?:ok(?:ay)?|yes|yep|yeah|sure|good|great|fine|ja|sí|vale|oui|gut)[\s,.!]*)*"
    r"(?:(?:let['’]?s |please )?do (?:that|it|so|both|all)|go(?: for it| ahead)?|make it so|ship it|"
    r"(?:agree|agreed) (?:w/|with) (?:all|both|everything|that|it)|so machen wir|machen wir so|"
    r"mach das|hazlo|adelante|fais(?:-le| ça)|faites(?:-le| ça)?|vas-y)\b[^,;]{0,12}$", re.IGNORECASE
)


def _only_agrees(sentence: str) -> bool:
    rest = _AGREED.sub(" ", sentence)
    return rest != sentence and pointless(rest)


def noted_in(reply: Reading, prompt: frozenset[str]) -> list[str]:
    """What a reply to the user's word acknowledges at its beginning, or draws from it.
    ``prompt``: the `matter` of that word."""
    lead = reply.sentences[0] if reply.sentences else ""
    if not lead or asks(lead) or announces(lead) or _TELLS.search(lead):
        return []
    match = _NOTED.match(lead)
    if match and len(matter(match[1])) > 1:
        return [plain(match[1])]
    said = plainly(lead)
    follows = _FOLLOWS.match(said) or _THEN.search(said)
    if follows and substance(said) & prompt and settles(said):
        return [plain(lead)]
    return []


_FOLLOWS = re.compile(
    r"(?:(?:fine|ok(?:ay)?|good|noted|understood|agreed|right|alright|got it|fair enough|even better|"
    r"dann|gut|verstanden|einverstanden|in ordnung|bien|entonces|pues|alors|donc|d'accord|entendu|"
    r"de acuerdo|entendido|so|then|also|así que)(?: |[,.:;!] |\s[–—-] ))+\w|(?:では|那么?|承知|了解|わかりました|"
    r"分かりました|好的|明白)"
)
_THEN = re.compile(
    r"(?:,? (?:then|dann|alors|entonces)|, fine)[.!]*(?:$|[,:])|(?<!there)(?<!here) it is[.!]*$"
)


def repeated_in(reply: str, prompt: Reading, *, wholly: bool) -> str:
    """The sentence of a prompt that the first sentence of a reply says again in short, adding
    little or, if ``wholly``, nothing."""
    if len(reply) > _LONGEST_ECHO or asks(reply) or not (words := matter(reply)):
        return ""
    told = [
        sentence
        for sentence in prompt.sentences[:12]
        if lays_down(sentence, words, answers=True, choice=words)
    ]
    best = max(told, key=lambda sentence: len(words & matter(sentence)), default="")
    repeated = words & matter(best)
    if wholly:
        return plain(best) if len(repeated) == len(words) > 1 else ""
    return plain(best) if 5 * len(repeated) >= 3 * len(words) else ""


def replaced_words(decision: str) -> frozenset[str]:
    """The words after "instead of" and the like: what the decision does away with."""
    match = _INSTEAD.search(decision)
    return tokens(re.split(r"[,.;:()!]", match[1])[0]) - _FILLERS if match else frozenset()


def offer_in(reading: Reading) -> str:
    """The last sentence of a reply that names ways to choose from without asking."""
    offers = (s for s in reversed(reading.sentences[-4:]) if _CHOICE.search(s) and not asks(s))
    return plain(next(offers, ""))


def answers_in(prompt: Reading, questions: Sequence[str], offer: str = "") -> list[tuple[str, str]]:
    """The sentences of a prompt that answer, and which of the open questions each answers; or
    that pick one of the ways named in an ``offer``."""
    found: list[tuple[str, str]] = []
    said = [s for s in prompt.sentences[:4] if len(s) <= 200 and not asks(s)]
    if offer and not questions and said and _WHICH.match(said[0]):
        return [(plain(said[0]).rstrip("."), offer)]
    others = [q for q in questions if not MAY_I.match(q)]
    choices = [q for q in others if _CHOICE.search(q)] or others
    for sentence in said:
        words = matter(sentence)
        if not words or any(p.search(sentence) for p in (PUT_OFF, TASK, _NO_ANSWER)):
            continue
        best = max(questions, key=lambda q: len(words & matter(q)), default="")
        if not words & matter(best):
            best = choices[-1] if choices and sentence == said[0] else ""
        if REQUEST.match(best) or of_fact(best, sentence):
            continue
        if best:
            found.append((plain(sentence).rstrip("."), best))
    return found


def of_fact(question: str, answer: str) -> bool:
    asked = re.split(r"[:.!] ", question)[-1]
    if _OF_WILL.search(asked) or _CONSEQUENCE.search(answer):
        return False
    return bool(_OF_FACT.match(asked) or _THIRD_PERSON.match(answer))
