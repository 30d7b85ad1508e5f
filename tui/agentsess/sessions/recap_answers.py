"""Questions put to the user, what the user answered, and what was decided by it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from agentsess.sessions.recap_ahead import is_ahead
from agentsess.sessions.recap_questions import MAY_I, PUT_OFF, REQUEST, TASK, matter
from agentsess.sessions.recap_reading import Reading
from agentsess.sessions.recap_sections import Section
from agentsess.sessions.recap_text import announces, asks, mentions, plain, tokens

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
    r"^i (?:used|chose|took|kept|picked|went with)\b.*\b(?:instead of|rather than)\b|"
    r"wir (?:nehmen|verwenden|bleiben bei|haben (?:uns )?(?:\w+ ){0,6}entschieden)|"
    r"(?:hemos decidido|decidimos|nos quedamos con)|(?:nous avons décidé|on part sur))\b",
    re.IGNORECASE,
)
_DECIDING = (
    *("instead", "rather"),
    *("decid", "agreed", "settle", "opted", "chose", " with ", "wir ", "entschieden"),
    *("nos quedamos", "décidé", "on part"),
)
# What the user lays down between two turns; an agent says "let's use grep" of every step.
_LAID_DOWN = re.compile(
    r"^(?:[\w ]{1,30} but )?(?:(?:ok(?:ay)?|yes|yeah|yep|good|great|right|fine|perfect|agreed|"
    r"no|nope|hmm?|actually|"
    r"wait|ouch|oh|sorry|and|but|then|so|also|please|sí|ja|oui|non|nein|vale|d['’]accord|"
    r"before you go on|one more thing|change of plans?|"
    r"from now on)\b[\s,.!:;–—-]*)*"
    r"(?:let['’]?s (?:use|keep|drop|do without|not)|we(?:['’]ll|['’]d| will| would)? "
    r"(?:use|keep|drop|rather)|go (?:with|for)|(?:use|keep|leave|skip|drop|forget|stop|put|take|"
    r"ignore|"
    r"prefer|stick (?:with|to)|make it|call it|never|always|don['’]?t)\s|"
    r"i(?:['’]d)? (?:prefer|rather)|i['’]m convinced|no (?!idea|problem|worries|rush|need|wait|"
    r"answer|reply|response|word|news)\w+|"
    r"vamos a usar|usemos|usaremos|usa |mejor |deja |nimm|nehmen wir|lass |utilisons|va pour|"
    r"on (?:part sur|garde)\b|prends |garde )",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r", (?:not|never) (?:the |a |an |on |in |in the )?[\w#./-]+[.!]?$|\b(?:instead|rather than)\b|"
    r", (?:nicht|no|pas) (?:\w+ ){0,2}\w+[.!]?$|, (?:keep|drop|leave|skip) \w+|, ignore\b|しません|"
    r"\b(?:ok(?:ay)?|yes|fine|good|sure|agreed|all \w+),? but\b|"
    r"\bon (?:l[ae]s? )?(?:supprime|garde|laisse|prend)\b|\bno l[aeo]s? \w+|"
    r"\b(?:everywhere|by default|from now on)\b",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    r"\b(?:instead of|rather than|not|no|skip|forget|drop|statt|anstelle von|en vez de|"
    r"en lugar de|au lieu de)\s+(.{2,60})",
    re.IGNORECASE,
)
_TOO = re.compile(r"\bis too \w+", re.I)
_NOTED = re.compile(
    r"^(?:noted|understood|agreed|fair (?:point|enough)|got it|good|right|okay|ok|alright|"
    r"verstanden|gut|notiert|einverstanden|entendido|de acuerdo|bien|noté|entendu|d['’]accord)\b"
    r"\s*[,.:–—-]+\s*(?:(?:then|so|dann|entonces|alors)\b\s*)?(\S.*)$",
    re.IGNORECASE,
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
# "Merged" and "true" tell, "then X" goes on: they lay nothing down.
_TOLD = re.compile(r"^then\b|\b(?:\w+ed|done|true|correct|there)$", re.IGNORECASE)
_PRAISE = re.compile(
    r"^(?:good|great|nice|interesting|clever|gute?r?|schöne?r?|buen[oa]?|bonne?|belle) \w", re.I
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


def laid_down(prompt: Reading, reply: frozenset[str]) -> list[str]:
    """The sentences of a later prompt that lay down how it is to be, or agree to something of
    the ``reply`` before, whose `matter` is given."""
    said = prompt.sentences[:12]
    first = next((n for n, s in enumerate(said) if not _only_agrees(s)), 0)
    found = [
        plain(sentence)
        for index, sentence in enumerate(said)
        if len(sentence) <= 200
        and matter(sentence)
        and not asks(sentence)
        and not TASK.match(sentence)
        and not PUT_OFF.search(sentence)
        and (
            _LAID_DOWN.match(sentence)
            or _CONTRAST.search(sentence)
            or _agrees(sentence, reply)
            or (index == first and _echoes(sentence, reply))
        )
    ]
    # "10 is too low. 30 please": the figure says little without what it replaces.
    for sentence, after in pairwise(said):
        if _TOO.search(sentence) and any(map(str.isdigit, after)) and len(after) <= 60:
            found.append(plain(f"{sentence} {after}"))
    return found


def proposal_in(reading: Reading, *, asked: bool) -> str:
    """What a reply proposes without asking: the last sentence that says so, or the first one of
    a reply that was ``asked`` for."""
    said = [s for s in reading.sentences[-6:] if len(s) <= 300 and not asks(s) and not is_ahead(s)]
    if asked and said and said[0] == reading.sentences[0]:
        return plain(said[0])
    return plain(next((s for s in reversed(said) if _PROPOSES.search(s)), ""))


def consults(prompt: Reading) -> bool:
    """Whether a prompt wants to hear what is best."""
    return bool(prompt.sentences) and bool(_CONSULTS.search(prompt.sentences[-1]))


def accepts(prompt: Reading) -> bool:
    """Whether a prompt begins with a plain yes to what was said. "Good." before other words only
    goes on."""
    said = prompt.sentences
    return bool(said) and _only_agrees(said[0]) and (len(said) == 1 or not _GOES_ON.match(said[0]))


def _only_agrees(sentence: str) -> bool:
    return bool(_AGREED.search(sentence)) and not matter(_AGREED.sub("", sentence))


def _agrees(sentence: str, reply: frozenset[str]) -> bool:
    words = matter(_AGREED.sub("", sentence, count=1))
    if sentence.rstrip(".! ").endswith(" then"):
        return bool(words) and words <= reply
    return bool(_AGREED.search(sentence)) and 2 * len(words & reply) >= len(words) > 0


def _echoes(sentence: str, reply: frozenset[str]) -> bool:
    """Whether it begins with a few words that only repeat what the reply proposed."""
    clause = re.split(r"[,;:–—]", sentence)[0]
    words = matter(clause)
    return (
        bool(words)
        and len(clause.split()) <= 5
        and words <= reply
        and not _TOLD.search(clause.rstrip(".! "))
        and not _PRAISE.match(clause)
    )


def noted_in(reply: Reading) -> list[str]:
    """What a reply to the user's word acknowledges at its beginning."""
    for sentence in reply.sentences[:1]:
        match = None if asks(sentence) else _NOTED.match(sentence)
        if match and len(matter(match[1])) > 1 and not announces(sentence):
            return [plain(match[1])]
    return []


def repeated_in(reply: str, prompt: Reading, *, wholly: bool) -> str:
    """The sentence of a prompt that the first sentence of a reply says again in short, adding
    little or, if ``wholly``, nothing."""
    if len(reply) > _LONGEST_ECHO or asks(reply) or not (words := matter(reply)):
        return ""
    told = [
        sentence
        for sentence in prompt.sentences[:12]
        if not asks(sentence) and not TASK.match(sentence) and not PUT_OFF.search(sentence)
    ]
    best = max(told, key=lambda sentence: len(words & matter(sentence)), default="")
    repeated = words & matter(best)
    if wholly:
        return plain(best) if len(repeated) == len(words) > 1 else ""
    return plain(best) if 5 * len(repeated) >= 3 * len(words) else ""


def replaced_words(decision: str) -> frozenset[str]:
    """The words after "instead of" and the like: what the decision does away with."""
    match = _INSTEAD.search(decision)
    return tokens(re.split(r"[,.;:()]", match[1])[0]) if match else frozenset()


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
        if REQUEST.match(best) or _of_fact(best, sentence):
            continue
        if best:
            found.append((plain(sentence).rstrip("."), best))
    return found


def _of_fact(question: str, answer: str) -> bool:
    asked = re.split(r"[:.!] ", question)[-1]
    if _OF_WILL.search(asked) or _CONSEQUENCE.search(answer):
        return False
    return bool(_OF_FACT.match(asked) or _THIRD_PERSON.match(answer))
