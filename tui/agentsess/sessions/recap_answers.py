"""Questions put to the user, what the user answered, and what was decided by it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentsess.sessions.recap_reading import Reading, Section
from agentsess.sessions.recap_text import asks, fold, mentions, plain, tokens

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
    r"wir (?:nehmen|verwenden|bleiben bei|haben (?:uns )?(?:\w+ ){0,6}entschieden)|"
    r"(?:hemos decidido|decidimos|nos quedamos con)|(?:nous avons décidé|on part sur))\b",
    re.IGNORECASE,
)
_DECIDING = (
    *("decid", "agreed", "settle", "opted", "chose", " with ", "wir ", "entschieden"),
    *("nos quedamos", "décidé", "on part"),
)
# What the user lays down between two turns; an agent says "let's use grep" of every step.
_LAID_DOWN = re.compile(
    r"^(?:(?:ok(?:ay)?|yes|yeah|yep|good|great|right|fine|perfect|agreed|no|nope|hmm?|actually|"
    r"wait|ouch|oh|sorry|and|but|then|so|also|please|sí|ja|oui|non|nein|vale|d['’]accord|"
    r"(?:[\w ]{1,30} )?but|before you go on|one more thing|change of plans?|"
    r"from now on)\b[\s,.!:;–—-]*)*"
    r"(?:let['’]?s (?:use|keep|drop|do without|not)|we(?:['’]ll|['’]d| will| would)? "
    r"(?:use|keep|drop|rather)|go (?:with|for)|(?:use|keep|leave|skip|drop|forget|stop|put|take|"
    r"prefer|stick (?:with|to)|make it|call it|never|always|only|don['’]?t)\s|"
    r"i(?:['’]d)? (?:prefer|rather)|i['’]m convinced|no (?!idea|problem|worries|rush|need)\w+|"
    r"vamos a usar|usemos|usaremos|usa |mejor |deja |nimm|nehmen wir|lass |utilisons|va pour|"
    r"on (?:part sur|garde)\b|prends |garde )",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r", (?:not|never) (?:the |a |an |on |in |in the )?[\w#./-]+[.!]?$|\b(?:instead|rather than)\b|"
    r"\b(?:no|not) [\w-]+, (?:but|only)\b|, nicht \w+[.!]?$|, no \w+[.!]?$|, pas \w+[.!]?$|"
    r"\b(?:everywhere|from now on|in future|in all cases)\b",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    r"\b(?:instead of|rather than|not|no|skip|forget|drop|statt|anstelle von|en vez de|"
    r"en lugar de|au lieu de)\s+(.{2,60})",
    re.IGNORECASE,
)
_NOTED = re.compile(
    r"^(?:noted|understood|agreed|fair (?:point|enough)|got it|good|right|okay|ok|alright|"
    r"verstanden|gut|notiert|einverstanden|entendido|de acuerdo|bien|noté|entendu|d['’]accord)\b"
    r"\s*[,.:–—-]+\s*(?:(?:then|so|dann|entonces|alors)\b\s*)?(\S.*)$",
    re.IGNORECASE,
)
_NOTHING_ASKED = re.compile(
    r"^(?:(?:is there )?any ?thing else\b|what (?:else )?(?:would|do|should|can) (?:you|"
    r"i) (?:like|want|help)\b|"
    r"how (?:can|may|else can) i help|does (?:that|this) (?:make sense|help|look (?:good|right|"
    r"ok))|"
    r"make sense|sound good|ok(?:ay)?\?|why\?|how so\?|what next\?|noch etwas|algo más|"
    r"autre chose)",
    re.IGNORECASE,
)
_OF_THE_LAST = re.compile(
    r"^(?:what do you think|what(?:['’]s| is) your (?:view|preference|take)|(?:any )?thoughts|"
    r"do you agree|agreed|ok(?:ay)?\?|which (?:one )?do you prefer|was (?:meinst|denkst) du|"
    r"¿?qué (?:opinas|te parece)|ça vous va)",
    re.IGNORECASE,
)
_TO_YOU = re.compile(
    r"\b(?:you|your|shall|should|may|can i|want|prefer|soll(?:en)?|möchte(?:st|n)|willst|du|"
    r"must|quieres?|prefieres?|debo|veux|voulez|dois)\b",
    re.IGNORECASE,
)
_CHOICE = re.compile(
    r"\b(?:or|oder|o|ou|which|what|how|where|who|when|welche[rs]?|was|wie|wo|wer|wann|zu welchem|"
    r"qué|cuál|cómo|dónde|quel(?:le)?|comment|où|quand)\b|还是|それとも|什么|哪",
    re.IGNORECASE,
)
# A question of fact is answered, too, but nothing is decided by it.
_OF_WILL = re.compile(
    r"\b(?:should|shall|must|may|want(?:ed)?|would|prefer|keep|or|which|ok(?:ay)?|how (?:long|"
    r"far|many|"
    r"much|should|shall)|do we|are we|who|soll(?:en)?|willst|möchtest|dürfen?|oder|welche\w*|"
    r"quieres?|prefieres?|parece|debo|o|cuál|cuánto|voulez|veux|faut|va|ou|quel\w*)\b|还是|要|"
    r"それとも|ますか|ですか",
    re.IGNORECASE,
)
_TASK = re.compile(
    r"^(?:(?:ok(?:ay)?|yes|please|and|now|then|also|last thing|next thing|next|great|good|"
    r"meanwhile|"
    r"can you)\b[\s,.:]*)*"
    r"(?:add|ask|build|check|create|draft|do|explain|find|fix|go|look|list|make|prepare|"
    r"remind|review|"
    r"rewrite|run|show|start|tell|test|try|update|write|continue|tidy|bump)\b",
    re.IGNORECASE,
)
_AGREED = re.compile(
    r"^(?:ok(?:ay)?|yes|yep|yeah|agreed|right|fine|good|exactly|ja|genau|sí|vale|oui|d['’]accord)\b"
    r"[\s,.!:–—-]+",
    re.IGNORECASE,
)
_REQUEST = re.compile(r"^(?:could|can|would|will) (?:you|some(?:one|body)|any(?:one|body))\b", re.I)
_PUT_OFF = re.compile(
    r"\b(?:i(?:['’]ll| will| must| have to| need to| should)? (?:ask|check|find out|clarify|think)|"
    r"let me (?:ask|check|think)|(?:i )?(?:don['’]?t know|dunno)|not sure|no idea|frag(?:e|en)|"
    r"weiß (?:ich )?nicht|ni idea|no sé|preguntar[eé]?|je (?:demande|ne sais pas)|"
    r"what would you|you decide|up to you)\b|我去问|確認します",
    re.IGNORECASE,
)
_SMALL_WORDS = frozenset(
    fold(
        "do does should would could shall may might can will want yes no yeah yep ok okay sure of "
        "course please go ahead on start continue it that them this these so both all now then "
        "great good perfect nice cool super thanks done run apply looks look sounds right fine ja "
        "nein bitte gut mach sí si dale vale oui non vas y parfait d accord what how which who "
        "where when you your my our me i d ll s first next phase step one rest else everything"
    ).split()
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
    return [
        plain(sentence)
        for sentence in prompt.sentences[:12]
        if len(sentence) <= 200
        and not asks(sentence)
        and len(matter(sentence)) > 1
        and (_LAID_DOWN.match(sentence) or _CONTRAST.search(sentence) or _agrees(sentence, reply))
    ]


def _agrees(sentence: str, reply: frozenset[str]) -> bool:
    words = matter(sentence)
    return bool(
        _AGREED.match(sentence)
        and not _TASK.match(sentence)
        and len(words & reply) >= 0.6 * len(words)
    )


def noted_in(reply: Reading) -> list[str]:
    """What a reply to the user's word acknowledges at its beginning."""
    for sentence in reply.sentences[:1]:
        match = None if asks(sentence) else _NOTED.match(sentence)
        if match and len(matter(match[1])) > 1:
            return [plain(match[1])]
    return []


def replaced_words(decision: str) -> frozenset[str]:
    """The words after "instead of" and the like: what the decision does away with."""
    match = _INSTEAD.search(decision)
    return tokens(re.split(r"[,.;:()]", match[1])[0]) if match else frozenset()


def questions_in(reading: Reading) -> tuple[list[str], list[str]]:
    """The questions listed under a heading, and those that a reply ends with."""
    listed = [t for t in reading.sections.get(Section.QUESTIONS, ()) if fold(t) not in NONE]
    tail = reading.sentences[max(0, min(reading.last_block, len(reading.sentences) - 3)) :]
    # A question that its own paragraph goes on to answer is put to nobody.
    closing = len(tail)
    while closing and asks(tail[closing - 1]):
        closing -= 1
    asked = [
        _with_itsmatter(tail, index)
        for index, sentence in enumerate(tail)
        if asks(sentence) and len(sentence) >= 4 and (index >= closing or _TO_YOU.search(sentence))
    ]
    known = {fold(text) for text in listed}
    return listed, [
        q for q in dict.fromkeys(asked) if fold(q) not in known and not _NOTHING_ASKED.match(q)
    ]


NONE = frozenset({"none", "no", "nothing", "n a", "none so far", "keine", "ninguno", "aucun"})
"""What stands under a heading that has nothing to list, folded."""


def _with_itsmatter(said: Sequence[str], index: int) -> str:
    """A question; "What do you think?" together with the sentence that it is about."""
    if index and (_OF_THE_LAST.match(said[index]) or len(said[index]) < 12):
        return plain(f"{said[index - 1]} {said[index]}")
    return plain(said[index])


def put_off(prompt: Reading, questions: Sequence[str]) -> list[str]:
    """The open questions whose answer, as the user says, is to come."""
    later = [matter(s) for s in prompt.sentences[:4] if _PUT_OFF.search(s)]
    open_questions = [q for q in questions if not _REQUEST.match(q)]
    if len(questions) == 1 and later:
        return open_questions
    return [q for q in open_questions if any(words & matter(q) for words in later)]


def answers_in(prompt: Reading, questions: Sequence[str]) -> list[tuple[str, str]]:
    """The sentences of a prompt that answer, and which of the open questions each answers."""
    found: list[tuple[str, str]] = []
    said = [s for s in prompt.sentences[:4] if len(s) <= 200 and not asks(s)]
    choices = [q for q in questions if _CHOICE.search(q)]
    for sentence in said:
        words = matter(sentence)
        if not words or _PUT_OFF.search(sentence) or _TASK.match(sentence):
            continue
        best = max(questions, key=lambda q: len(words & matter(q)), default="")
        if not words & matter(best):
            best = choices[-1] if choices and sentence == said[0] else ""
        if best and _OF_WILL.search(best):
            found.append((plain(sentence).rstrip("."), best))
    return found


def matter(text: str) -> frozenset[str]:
    """What a sentence is about: the beginnings of its words, so that "cursors" is "cursor"."""
    return frozenset(word[:5] for word in tokens(text) - _SMALL_WORDS)
