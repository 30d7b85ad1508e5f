"""What a reply proposes and leaves to choose, and whether the user takes it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agentsess.sessions.recap.ahead import is_ahead
from agentsess.sessions.recap.choices import plainly, pointless, substance
from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.questions import PUT_OFF, matter
from agentsess.sessions.recap.reading import Reading
from agentsess.sessions.recap.text import asks, plain

NAMES_WAYS = Wordings(
    r"\b(?:or|oder|o|ou|which|what|how|where|who|when|welche[rs]?|was|wie|wo|wer|wann|zu welchem|"
    r"qué|cuál|cómo|dónde|quel(?:le)?|comment|où|quand)\b|还是|或|それとも|または|什么|哪"
)
# A question of fact is answered, too, but nothing is decided by it. It asks what is, was or is
# had, and by no word what is wanted.
_OF_FACT = Wordings(
    r"^(?:(?:and|but|so|also|or|then|und|aber|also|y|et|mais|alors)\b,? |[^,:;]{1,60}[,:;] "
    r")?¿?(?:(?:(?:in|at|from|since|for|by|to|with|on|of|until|till|under|about) )?(?:(?:what|when|"
    r"where|why|how)(?! (?:about|if|to|i|we)\b)|which(?! (?:one|of|is))|whom|whose)|who(?:['’]s)? "
    r"?(?:is|are|was|were|did|has|owns?|wrote|sent|set|made|\w+ed|actually|up|in|(?!does|goes|"
    r"brings|gets|takes|decides|writes|pays)\w+s)|since|is|are|was|were|does|did|has|have|had|do "
    r"(?!we\b|i\b|you\b)|do (?:we|i|you) (?:still |already |happen to )?(?:have|run|know|use|see|"
    r"own|get|remember|recall|mean)|can you (?:see|open|reach|log|hear|find|tell|remember)|"
    r"(?:could|can|would) (?:you|i) (?:tell|give|send|have)|(?:(?:in|an|auf|seit|bis|ab|von|mit|"
    r"bei|zu|um|für|aus) )?(?:welche\w*|wann|wem|wen|wie|was)|wer (?:ist|war|hat)|wessen|wo(?:her|"
    r"hin|mit|rin|raus|rauf|für|von|nach|ran)?|warum|wieso|weshalb|seit|ist|sind|war|waren|haben?|"
    r"hast|hat|habt|bist|gibt|läuft|darfst|dürft|kennst|weißt|(?:(?:en|a|de|desde|hasta|con|para|"
    r"por) )?(?:qué|cuál\w*|quiénes|cuánd\w*|cuánt\w*|dónde)|quién (?:es|fue|ha|tiene|lo|la)|cómo|"
    r"desde|hay|está|están|es|son|tiene[ns]?|existe\w*|sabes|(?:(?:à|de|depuis|en|avec|pour|par|"
    r"dans|sur|jusqu['’]à) )?(?:quand|combien|quel\w*|quoi|où)|qui (?:est|a|l'a|était)|comment|"
    r"pourquoi|depuis|est-ce|y a-t-il|(?:l['’])?(?:avez-vous|as-tu)|savez-vous|sais-tu)(?!\w)|"
    r"\b(?:combien|par quoi)\b|[什谁哪几]|多少|怎么|有没有|是不是|教えて|\bhow (?:much|many)\b|"
    r"^[^、。]*(?:いつ|誰|どこ|何|どの|いくつ).*(?:です|ました|でした|ています)か|"
    r"[がはもに](?:あり|い|ござい)ますか|(?:まし|でし)たか"
)
_OF_TODAY = Wordings(
    r"\b(?:currently|at present|nowadays|so far|heute|derzeit|bisher|aktuell|actualmente|hoy|"
    r"actuellement|aujourd['’]hui)\b"
)
_OF_WILL = Wordings(
    r"\b(?:should|shall|must|may|want(?:ed)?|would (?:you|we|i|it|be)|prefer|rather|better|best|"
    r"instead|keep|need(?:ed)?|ok(?:ay)?|fine|all ?right|enough|plenty|acceptable|worth|mind|"
    r"suits?|satisfy|works?|right to|at (?:most|least)|höchstens|mindestens|como (?:máximo|mínimo)|"
    r"au (?:plus|moins|maximum)|counts?|wins?|applies|stays?|go(?:es)? (?:in|out|first|to)|"
    r"matters? more|too (?:strict|much|many|long|short|early|late)|do (?:we|i) (?!have|know|still|"
    r"see|use)|can (?:we|i|it|they|that) (?:go|wait|stay|be)|soll\w*|möchte\w*|woll\w+|willst|"
    r"lieber|reich\w+|genüg\w+|bleib\w*|behalten|darf (?:ich|das|es)|dürfen|brauchen|passt|gilt|"
    r"zählt|quier\w+|quer[ée]is|prefier\w*|deb\w+|conviene|mejor|basta|\w+[aei]mos|voul\w+|veux|"
    r"préf\w+|faut|doi[st]\w*|devr\w+|gard\w+|laiss\w+|suffi\w+)\b|还是|要|应该|想|选|用哪|"
    r"それとも|どちら|ましょう|べき|いい(?:です)?か|意見"
)
_THIRD_PERSON = Wordings(r"^(?:they|he|she|er|sie|ell[ao]s?|ils?|elles?)\b")
_STOPS = re.compile(r"[.!?…] +|[。！？](?=.)")
_CONSEQUENCE = Wordings(
    r"\b(?:so|therefore|hence|deshalb|daher|así que|por eso|donc) (?!far|much|many)\w"
)
_AGREED = re.compile(
    r"^(?:(?:i(?:['’]m)?|that(?:['’]s)?|you(?:['’]re)?|das|ça|me|is|very|all|hm+|oh|ah)\s+)*"
    r"(?:makes sense|sounds (?:like a plan|\w+)|ok(?:ay)?|yes|sure|deal|"
    r"(?:please|let['’]?s) do|go for it|works(?: for me)?|(?:have|['’]ve) (?:convinced|sold) me|"
    r"yep|yeah|agreed?|right|fine|exactly|convinc\w+|like|love|do (?:it|that|so)|(?:good|great|"
    r"nice|perfect|gut|prima|perfecto|parfait)(?!\s\w)|ja|genau|einverstanden|passt|klingt gut|"
    r"überzeugt|so machen wir(?: es|['’]s)|sí|vale|de acuerdo|hazlo|gusta|oui|"
    r"d['’]accord|ça marche)\b[\s,.!:–—-]*|\b(?:ok(?:ay)?|fine|agreed)[.!]*$|\byes\b|"
    r"\b(?:klingt gut|like it|me gusta|me convence|ça me va)[.!]*$",
    re.IGNORECASE,
)
_GOES_ON = Wordings(r"(?:ok(?:ay)?|good|great|nice|perfect|fine|right|gut|prima|vale|sí)\b")
_DO_SO = Wordings(
    r"(?:(?:ok(?:ay)?|yes|yep|yeah|sure|good|great|fine|ja|sí|vale|oui|gut)[\s,.!]*)*"
    r"(?:(?:let['’]?s |please )?do (?:that|it|so|both|all)|go(?: for it| ahead)?|make it so|ship "
    r"it|(?:agree|agreed) (?:w/|with) (?:all|both|everything|that|it)|so machen wir|machen wir so|"
    r"mach das|hazlo|adelante|fais(?:-le| ça)|faites(?:-le| ça)?|vas-y)\b[^,;]{0,12}$"
)
_REFUSES = Wordings(
    r"(?:(?:h+m+|uh+|oh|ok(?:ay)?|well|sorry|ah|ew+|ugh)\b[\s,.!]*)*(?:no|nope|nah|not|never|but|"
    r"rather|instead|wait|hold on|stop|don['’]?t|why|nein|nicht|aber|lieber|doch|warum|halt|pero|"
    r"mejor|espera|non|mais|plutôt|pourquoi|attends)\b|いや|いいえ|やっぱり|でも|不|但"
)
_CONSULTS = Wordings(
    r"\b(?:what (?:would|should|do) (?:you|we|i)|how (?:would|should) (?:you|we|i)|which|"
    r"should (?:we|i)|better|würdest|würden sie|soll(?:en|te)?|welche[rs]?|harías|haría|deber\w+|"
    r"cuál|feri?ez|ferais|faut-il|quel(?:le)?)\b|どう|怎么|怎样"
)
_PROPOSES = Wordings(
    r"\b(?:(?:i|we)(?:['’]d| would) (?!not|like|love|need|hate|be|have)|(?:we|one|you) could|"
    r"might as well|\b\w+est (?:is|would be|way)|(?:my )?advice|"
    r"(?:suggest|propose|recommend|advise|schlage|empfehle|propongo|recomiendo|sugiero)\b|"
    r"would be better|better to|würde ich|ich würde|wir könnten|podríamos|yo \w+ía|mejor|sería|"
    r"je (?:\w+erais|propose|conseille)|on pourrait|mieux)|しましょう|提案|建议|, then[.:]"
)
_ADVISES = Wordings(
    r"(?:fix|solution|(?:my )?(?:verdict|advice|vote|recommendation|suggestion|proposal)|decision|"
    r"middle way|compromise|vorschlag|empfehlung|lösung|fazit|propuesta|recomendación|solución|"
    r"proposition|recommandation|conseil|提案|対策案|结论|建议)\s?[:：]\s*\S"
)
_RATHER = Wordings(
    r"\b(?:instead of|in place of|rather than|statt|anstelle|en vez de|en lugar de|au lieu de|"
    r"plutôt que)\b|ではなく|而不是"
)
_FEW = 2
_LETTER = Wordings(
    r"^(?:(?:ok(?:ay)?|yes|no|hm+|so)\b[\s,.]*)*(?:option |way |weg |variante |opción |plan |"
    r"number |nr\.? |#)?([a-e]|[1-9])\b(?! ?[%€$\w])"
)
_LABELLED = (
    r"(?:^|\s|\(|\b(?:option|way|weg|variante|opción|plan) ){}[).:] *(.+?)(?=\s[a-h1-9]\)\s|$)"
)
_LETTERED = re.compile(r"(?:^|\s)[ab]\) ")
ONLY_PICKS = Wordings(
    r"(?:(?:ok(?:ay)?|yes|hm+|well|then|gut|ja|bueno|bon)\b[\s,.]*)*(?:the |option |way )?(?:first|"
    r"second|third|last|former|latter|both|[a-e1-9]|1st|2nd|beides?|(?:das )?erstere|(?:das "
    r")?letztere|l[ao]s? (?:primer[oa]?|segund[oa])|les deux|le premier|le second)(?: one)?(?: "
    r"then)?(?: please| pls| bitte| por favor)?[.!]*$|[a-eａ-ｅ]で|前者|後者|両方|后者"
)
_POINTS = re.compile(
    r"\b(?:the )?(?:first|second|third|former|latter|last)\b(?!-| party\b)|\bboth\b|\b(?:1st|2nd|"
    r"3rd)\b|\b(?:like (?:that|this)|that way|do (?:that|it))\b|\b(?:erste|zweite|letzte)\w*\b|"
    r"\bbeide\w*\b|\bmachen wir so\b|\bso machen wir\b|\b(?:primer|segund|últim)[oa]?\b|\b(?:los|"
    r"las) dos\b|\bambos\b|\b(?:le|la) (?:premi[eè]re?|seconde?|deuxième)\b|\bles deux\b"
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the end of a reply leaves the user to say."""

    ways: tuple[str, ...] = ()
    """Its sentences that ask what is to be, propose, or name ways; none: it leaves no choice."""
    words: frozenset[str] = frozenset()
    """Their `matter`."""
    of_fact: bool = False
    """It asks, last, how things are."""

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
        if letter or pointless(sentence):
            close = close or list(self.ways)
        elif len(words) > _FEW and not _POINTS.search(said):
            return ""
        return plain(_picked(close[-1], words)) if close else ""


def _picked(way: str, words: frozenset[str]) -> str:
    """Of a sentence that names several ways the one that an answer's ``words`` pick, if it comes
    first: a later one would miss what it is of."""
    first, *others = _BETWEEN.split(way)
    is_whole = first.count("(") == first.count(")")
    if others and is_whole and words & matter(first) and not words & matter(" ".join(others)):
        named = first.rsplit(": ", 1)[-1]
        return named if words & matter(named) else first
    return way


_BETWEEN = re.compile(r",? (?:or|oder|ou|o) |、?(?:还是|それとも)|; ")


_AND_WHAT_OF = re.compile(r"(?:and|und|y|et)\b(?: [\w'’]+){1,4} ?\?", re.IGNORECASE)
"""A question that says only of what else the one before it is asked."""


def choice_in(reply: Reading) -> Choice:
    """Whether the end of a reply asks what is to be, names ways, or proposes one."""
    said = reply.sentences[-8:]
    asked = [s for s in said if asks(s) and not _AND_WHAT_OF.match(s)]
    of_facts = bool(asked) and of_fact(asked[-1], "")
    ways = [
        s
        for s in said
        if (
            not of_fact(s, "")
            if asks(s)
            else NAMES_WAYS.search(s) or _LETTERED.search(s) or _PROPOSES.search(s)
        )
    ]
    return Choice(tuple(ways), matter(" ".join(ways)), of_facts)


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
        and not is_ahead(s)
        and (_ADVISES.match(s) or (_RATHER.search(s) and _PROPOSES.search(s)))
    ]


def consults(prompt: Reading) -> bool:
    """Whether a prompt wants to hear what is best."""
    return bool(prompt.sentences) and bool(_CONSULTS.search(prompt.sentences[-1]))


def accepts(prompt: Reading) -> bool:
    """Whether a prompt begins with a plain yes to what was said. "Good." before other words only
    goes on."""
    said = prompt.sentences
    if not said or not only_agrees(said[0]):
        return bool(said) and (
            bool(_YES_AND.match(said[0])) or any(_DO_SO.match(s) for s in said[:2])
        )
    return len(said) == 1 or not _GOES_ON.match(said[0])


_YES_AND = re.compile(
    r"(?:yes|yep|yeah|yup|jo?a|sí|oui|sure|agreed|exactly|genau|absolutely|definitely|of course|"
    r"claro|exacto|by all means|bien sûr|tout à fait|por supuesto|gerne|unbedingt)\b|"
    r"はい|そうし|それで(?:いい|お願い)|ぜひ|好的|对|可以|行[，。！]?$|同意|就这样|没问题|👍|👌|✅",
    re.IGNORECASE,
)


def refuses(prompt: Reading) -> bool:
    """Whether a prompt speaks against what was said before it, or doubts it."""
    return any(_REFUSES.match(s) or PUT_OFF.search(s) for s in prompt.sentences[:2])


def only_agrees(sentence: str) -> bool:
    """Whether a sentence says yes to what was said, and nothing of its own."""
    rest = _AGREED.sub(" ", sentence)
    return rest != sentence and pointless(rest)


def of_fact(question: str, answer: str) -> bool:
    """Whether a question asks how things are; one whose answer draws something from it does not."""
    asked = _STOPS.split(question.rstrip())[-1]
    if _OF_TODAY.search(asked):
        return True
    if _OF_WILL.search(asked) or _CONSEQUENCE.search(answer):
        return False
    return bool(_OF_FACT.search(asked) or _THIRD_PERSON.match(answer))
