"""Which questions the other side left open: put off, passed over, or given back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.questions import (
    MAY_I,
    PUT_OFF,
    REQUEST,
    RHETORICAL,
    asked_by_user,
    matter,
)
from agentsess.sessions.recap.reading import Reading
from agentsess.sessions.recap.text import asks

_YES_OR_NO = Wordings(
    r"^\W*(?:(?:\w+[,!.]+ )?(?:yes|yeah|yep|yup|no|nope|neither|both|either|ja|nein|doch|beide\w*|"
    r"sí|ninguno|oui|non|ni|les deux|sure|ok(?:ay)?|fine|go(?! on)|sounds|good|right|"
    r"exactly|correct|the|[a-e1-9])\b|はい|いいえ|いい|好|是|不)"
)
_NUMBER_ASKED = Wordings(
    r"\b(?:how (?:many|much|long|often|big|large|old)|which (?:day|month|week|year|date|version|"
    r"page|number)|what (?:time|date|day|year)|wie (?:viele?|lange|oft|groß)|welche[rnsm]? (?:tag|"
    r"monat|woche|jahr)|cuánt\w+|qué (?:día|mes|año|hora|fecha)|combien|quelle? (?:date|heure|jour|"
    r"mois|année))\b|何(?:か月|ヶ月|日|年|時|件|個|回|人)|いくつ|いつまで|几|多少"
)
_NUMBER = Wordings(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|all|none|no limit|half|"
    r"january|february|march|april|may|june|july|august|september|october|november|december|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|(?:mon|diens|donners|frei|sams|sonn)tag|"
    r"mittwoch|lunes|martes|miércoles|jueves|viernes|sábado|"
    r"domingo|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|januar|februar|märz|mai|juni|"
    r"juli|oktober|dezember|enero|febrero|marzo|abril|mayo|junio|julio|septiembre|octubre|"
    r"noviembre|diciembre|janvier|février|mars|avril|juin|juillet|août|octobre|décembre|morgen|"
    r"mañana|demain|always|forever|ein\w*|zwei|drei|vier|fünf|sechs|alle|keine|immer|dos|tres|"
    r"cuatro|cinco|seis|todos|siempre|deux|trois|quatre|cinq|"
    r"six|tous|toujours|spring|summer|autumn|winter|enough|depends)\b|[一二三四五六七八九十半全]"
)
_EITHER_ASKED = Wordings(
    r"\b(?:or|oder|ou)\b(?!.*\b(?:or|oder|ou) not\b)|还是|それとも|どちら|どっち|哪个|哪一"
)
# Who begins so speaks of something else.
_OTHER_MATTER = Wordings(
    r"(?:(?:ah|oh|uff?|uh|hm+|ok(?:ay)?|ach)\b[\s,.!…]*)*(?:and|also|by the way|btw|gotta|stop|"
    r"hold|another thing|one more|unrelated|meanwhile|before that|und|übrigens|ach ja|noch was|"
    r"außerdem|y (?!sí|no)|por cierto|además|otra cosa|et (?!oui|non)|au fait|sinon|par contre|"
    r"(?:sent|mailed|printed|uploaded|paid|called|posted)(?= ?[,.!])|"
    r"i(?:['’]ve| have)? (?:wrote|written|asked|sent|mailed|called|talked|spoken?|printed|paid)|"
    r"(?:ich )?habe? (?:\w+ ){0,6}(?:ge\w+(?:t|en)|\w+iert)|j['’]ai \w+(?:é|it|is|u)|"
    r"(?:ya )?(?:l[eao]s? )?he \w+(?:ado|ido|ito|cho))\b|ところで|あと|それから|对了|另外|还有"
)
_LEAVES = Wordings(
    r"\b(?:(?:gotta|got to|have to|must|need to) (?:go|run|dash|leave)|brb|bbl|afk|be (?:right "
    r")?back|back (?:in|at|after|soon|later|tomorrow)|(?:dinner|lunch|breakfast|bed|break|meeting|"
    r"home) (?:now|time)|(?:phone|door ?bell)(?: is|['’]s)? (?:rings|ringing)|(?:is|['’]s) calling|"
    r"see you|until tomorrow|good ?night|muss (?:jetzt |gleich |dann )?(?:los|weg|auflegen)|bin "
    r"(?:gleich|später|dann) (?:wieder|zurück|weg)|bis (?:später|morgen|gleich|dann)|feierabend|me "
    r"(?:voy|tengo que ir)|hasta (?:luego|mañana)|je (?:file|dois (?:filer|partir)|reviens)|à "
    r"(?:demain|plus tard|tout à l'heure))\b|また(?:後で|明日|あとで)|お先に|下班|回头|先走"
)
"""Who says so is gone, and answers later."""
_ORDINAL = Wordings(
    r"\b(?:first|second|third|former|latter|last|both|either|neither|whatever|whichever|you choose|"
    r"rather|better|lieber|eher|mejor|plutôt|1st|2nd|3rd|erste\w*|zweite\w*|beide\w*|egal|hal(?:f|"
    r"b)|mixed|gemischt|mitad|moitié|primer\w*|segund\w*|amb[oa]s|cualquiera|premi\w+|second\w*|"
    r"deuxième|les deux|peu importe)\b|前者|後者|后者|両方|どちらでも|都行|都可以|随便"
)
_SHORTEST_OTHER = 30
"""A shorter word after a question may well answer it in other words."""
_OBJECTS = Wordings(r"(?:but|aber|pero|mais)\b|でも|但")
_LIKELY = Wordings(
    r"(?:yes|yeah|no|not|nope|both|neither|either|ja|nein|doch|sí|oui|non|right|correct|exactly)\b|"
    r"はい|いいえ|是|不|(?:very |quite |most )?(?:probabl[ey]|likely|presumably|perhaps|maybe|"
    r"hardly|depends|vermutlich|wahrscheinlich|vielleicht|kaum|kommt drauf an|probablemente|"
    r"seguramente|depende|quizás?|probablement|peut-être|sans doute|たぶん|おそらく|大概|可能)"
)
_NOT_KNOWN = Wordings(
    r"\b(?:yours to (?:decide|say|choose)|up to you|you (?:have to|must|need to) (?:decide|choose)|"
    r"(?:i|we) (?:don['’]?t|do not|can['’]?t|cannot) (?:know|tell|say)|\w+ would know|"
    r"(?:weiß|kann) ich nicht|müssen sie entscheiden|no lo sé|eso lo (?:decides|decide)|"
    r"je ne sais pas|à (?:vous|toi) de (?:décider|voir))\b|分かりません|不知道|不清楚"
)


def left_open(prompt: Reading, asked: Sequence[str]) -> list[str]:
    """The questions ``asked`` that a prompt puts off: it says that the answer is to come."""
    said = prompt.sentences[:8]
    put_off = [bool(PUT_OFF.search(s)) for s in said]
    later = [matter(s) for s, later in zip(said, put_off, strict=True) if later]
    plainly = [s for s, later in zip(said, put_off, strict=True) if not later and not asks(s)]
    answers = [matter(s) for s in plainly]
    alone = len(asked) == 1 or put_off[:1] == [True]
    plainest = said.index(plainly[0]) if plainly else 0
    answered = bool(plainly) and _YES_OR_NO.search(plainly[0]) and not asks(said[plainest - 1])
    meant = bool(later) and alone and not answered
    return [
        question
        for question in asked
        if not REQUEST.match(question)
        and not any(_asked(question) & told for told in answers)
        and (meant or any(matter(question) & told for told in later))
    ]


def _asked(question: str) -> frozenset[str]:
    """What a question is about, without the sentence that it was told with."""
    return matter(re.split(r"[.!…。！] ?", question.rstrip(" .?!…。？"))[-1])


def passed_over(prompt: Reading, asked: Sequence[str]) -> list[str]:
    """The questions ``asked`` to which a prompt holds nothing that could be the answer: no word
    of theirs, and no number or choice where one is asked for."""
    said = [s for s in prompt.sentences[:12] if not asks(s)]
    words = matter(" ".join(said))
    stays = [s for s in said if not _LEAVES.search(s)]
    leaves = len(stays) < len(said) == len(prompt.sentences)
    leaves = leaves and not any(_YES_OR_NO.search(s) for s in stays)
    return [
        question
        for question in asked
        if not MAY_I.match(question)
        and not REQUEST.match(question)
        and not words & matter(question)
        and (leaves or not _could_answer(said, question))
    ]


def _could_answer(said: Sequence[str], question: str) -> bool:
    """Whether what is said is of the sort that a question asks for."""
    whole = " ".join(said)
    if _NUMBER_ASKED.search(question):
        return bool(_NUMBER.search(whole))
    if _EITHER_ASKED.search(question):
        picks = any(_YES_OR_NO.search(s) for s in said[:2])
        return picks or bool(_ORDINAL.search(whole)) or _width(whole) < _SHORTEST_OTHER
    return not said or not _OTHER_MATTER.match(said[0])


def _width(text: str) -> int:
    return len(text.encode()) // 2 if text > "\u3000" else len(text)


def takes_up(prompt: Reading, question: str) -> bool:
    """Whether a later prompt comes back to a question, and not to say that it is still open."""
    words = matter(question)
    return any(
        len(words & matter(s)) >= min(len(words), 2) and not asks(s) and not PUT_OFF.search(s)
        for s in prompt.sentences
    )


def settled_in(reply: Reading, question: str) -> bool:
    """Whether a reply comes back to a question with most of its words."""
    words = matter(question)
    return any(2 * len(words & matter(s)) > len(words) > 1 and not asks(s) for s in reply.sentences)


def not_answered(prompt: Reading, reply: Reading) -> list[str]:
    """The questions of a prompt that its reply says nothing of, or gives back."""
    asked = asked_by_user(prompt)
    if not asked:
        return []
    if len(asked) == 1 and any(_NOT_KNOWN.search(s) for s in reply.sentences[:3]):
        return asked
    told = matter(" ".join(reply.sentences))
    aside = [s for s in prompt.sentences if not asks(s) and len(matter(s)) > 1]
    if not aside or any(_LIKELY.match(s) for s in reply.sentences[:1]):
        return []
    return [
        q
        for q in asked
        if len(matter(re.split(r"[.!] ", q)[-1])) > 2
        and not matter(q) & told
        and not RHETORICAL.match(q)
        and not _OBJECTS.match(q)
    ]
