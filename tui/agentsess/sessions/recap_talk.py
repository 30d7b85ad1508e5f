"""What was said: goals, decisions, questions, claims of work done, obstacles."""

from __future__ import annotations

import re

from agentsess.sessions.recap_questions import matter
from agentsess.sessions.recap_reading import PHASE_HINT, Reading, phases_in
from agentsess.sessions.recap_sections import Section
from agentsess.sessions.recap_text import (
    FACT_LENGTH,
    announces,
    asks,
    blocks,
    plain,
    prose,
    sentences,
    shorten,
)
from agentsess.sessions.recap_wording import figure_in

_VERBS = (
    "added|applied|built|changed|cleaned up|closed|configured|converted|corrected|created|deleted|"
    "deployed|documented|dropped|enabled|extracted|finished|completed|fixed|implemented|installed|"
    "introduced|merged|migrated|moved|patched|ported|pushed|refactored|released|removed|renamed|"
    "replaced|resolved|reverted|rewrote|rolled back|set up|split|switched|translated|updated|"
    "upgraded|wired|wrote"
)
_CLAIM = re.compile(
    rf"^(?:(?:ok(?:ay)?|done|great|all right|good)[,.!:—–-]+\s*)?(?:(?:i|we)(?:['’]ve| have)?\s+"
    rf"(?:also |now |just |already )*(?:{_VERBS})\b)",
    re.IGNORECASE,
)
_BARE_CLAIM = re.compile(
    rf"^(?:{_VERBS})\s+(?:the|a|an|all|every|both|two|three|\d+|`)", re.IGNORECASE
)
_FOREIGN_CLAIM = re.compile(
    r"^(?:ich habe\b.+\b(?:ge\w+t|ge\w+en|\w+iert|hinzugefügt|ersetzt|umgestellt|korrigiert|"
    r"behoben)\b|"
    r"he (?:añadido|corregido|creado|actualizado|migrado|eliminado|renombrado|cambiado|"
    r"implementado|escrito|movido)\b|"
    r"j['’]ai (?:ajouté|corrigé|créé|mis à jour|migré|supprimé|renommé|remplacé|écrit)\b)",
    re.IGNORECASE,
)
_CLAIM_IN_DOUBT = re.compile(
    r"\b(?:would have|could have|if|except|but not|not yet|haven['’]t|partially|tried|almost|"
    r"was going to|noch nicht|todavía no|aún no|pas encore)\b",
    re.IGNORECASE,
)

_NO_REPORT = re.compile(
    r"\b(?:can['’]?t|cannot|couldn['’]?t|may not|refuse[sd]?|denied|yet|still|fails?|failing|"
    r"(?:has|have|run|tests?|it) failed|"
    r"failed (?:to|with|because)|blocked|i(?:['’]d|['’]ll| will| would)|should (?:i|we)|we should|"
    r"would|almost|nearly|in progress|under ?way|(?:is|are|comes?) next|stopped|sorry|"
    r"correct myself|here(?:['’]s| is| are)|where we are|so far|reproduced|understood|noted|agreed|"
    r"not started|(?:is|are) running|noch (?:nicht|kein\w*|offen)|nicht|fehlt|falta|queda[n]?|"
    r"todavía|aún|en curso|reste|pas encore|"
    r"il manque)\b|^(?:no|not|nein|almost|unchanged|yes,?|ok|good|i (?:found|see|think))\b(?!:)|"
    r"[?:]$|未|尚|还没|没有|无法|需要|等|まだ|失敗|失败|できません",
    re.IGNORECASE,
)
_PLAINLY_DONE = re.compile(
    r"^(?:(?:found and )?fixed|done|solved|resolved|behoben|erledigt|listo|hecho|corrigé)\b", re.I
)
_SHORT_REPORT = 30
_SHORT_REQUEST = 40
_DAY = (
    r"(?:tomorrow|(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|next (?:week|month|year)|"
    r"later today|tonight|(?:am )?(?:montag|dienstag|mittwoch|donnerstag|freitag)|morgen|"
    r"nächste (?:woche|monat)|mañana|el (?:lunes|martes|miércoles|jueves|viernes)|demain|"
    r"lundi|mardi|mercredi|jeudi|vendredi)"
)
_COMING = re.compile(
    rf"^(?:(?:then|so|and|dann|und|entonces|alors|puis),? )?(?:{_DAY}|next|afterwards|after that|"
    r"once|as soon as|when (?:it|that|they|he|she|you)|danach|anschließend|sobald|als nächstes|"
    r"luego|después|ensuite|après)\b|"
    rf"\b(?:i|we)(?:['’]ll| will)\b.*\b(?:once|after|as soon as|{_DAY})\b|"
    r"\b(?:is|are|be|comes?|come|goes?) (?:up )?(?:next|after(?:wards)?)\b|\bnext would be\b|"
    r"\bi (?:want|['’]d like) to\b.*\bnext[.]?$|\bi['’]d (?:begin|start) (?:now|with)\b|"
    r"\bwhat(?:['’]s| is| i have) (?:left|missing|next|remaining|open|not done|still \w+)\b|"
    r"\bwhat remains\b|\bthat leaves\b|\bshould wait\b|\bstill to (?:do|come)\b|\bremains? to be\b|"
    r"^(?:left|remaining|to do|still (?:open|to do))\b|"
    r"\b(?:is|are) (?:still )?(?:left|outstanding|to come|open)\b|\b(?:still|only) (?:needs?|"
    r"ha(?:s|ve)) to\b|"
    r"\b(?:has|have) to (?:wait|see|apply|look|check|follow)\b|\bmust (?:still )?be \w+|"
    r"\b(?:dann|als nächstes) (?:mache|kommt|folgt)\b|\b(?:fehlt|fehlen|bleibt|bleiben) noch\b|"
    r"\breste à\b|"
    r"^(?:after|before|until) [^:]{3,50}: |"
    r"\b(?:someone|somebody) (?:should|must|has to|could|check|try)\b|"
    r"^(?:(?:good|fine|ok)[.,]? )?i['’]ll (?!be\b|have\b|stop|leave|keep|take)\w+|"
    r"^[A-Z]\w+ .*, please[.]?$|\bfaltan?\b|\bil (?:manque|reste|faut|faudra)\b|"
    r"\bje (?:vous )?prépare\b|^(?:次は|接下来|下一步|明日|明天)",
    re.IGNORECASE,
)
_AT = re.compile(
    rf"\b{_DAY}\b|\b(?:once|as soon as|until) (?:it|it['’]s|he|she|they|you|that|this|the|we)\b|"
    r"\bwarte\w*\b.*\bbis\b|\bwhat i['’]d do (?:next|first|now|in)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:was|were|had|has been|have been|yesterday|since|hat|wurde|fue|había|a été)\b", re.I
)
_PROMISED = re.compile(
    r"\bremind me to\b|^(?:and |but |ok |then )?(?:i['’]ll|i will|we['’]ll) (?!ask|check|think|let|"
    r"see|look|be\b|have\b|get back|go with|use|keep|take|sell)\w+",
    re.IGNORECASE,
)

_LIFTED = re.compile(
    r"^(?:done|fixed|added|merged|set|sent|you (?:have|can) .*\bnow|(?:it|they)(?:['’]s| is|"
    r"['’]re| are) "
    r"(?:there|done|in|set|up)|now (?:it|you)|erledigt|hecho|listo|fait|c['’]est fait)\b",
    re.IGNORECASE,
)
_NEEDED = (
    r"(?:access|credentials?|permissions?|password|login|log-in|key|token|quota|approval|account|"
    r"review|answer|go-ahead|sudo|rights)"
)
_OBSTACLE = re.compile(
    r"\bblocked (?:by|on|until)\b|\b(?:i['’]m|i am|we['’]re|we are) (?:stuck|blocked|missing)\b|"
    r"\b(?:i|we|^)(?: \w+)? ?(?:can['’]t|cannot|can not|am unable to|are unable to) \w+|"
    r"\bdepends on (?:when|whether|if)\b|"
    r"\b(?:is|are|am|['’]m|['’]re) (?:still |now )?waiting (?:for|on)\b|"
    r"\bwaits? (?:for|on) (?:your|(?-i:[A-Z])|the \w+['’]s?)|\bha(?:s|ve) to wait (?:for|until)\b|"
    r"\b(?:no|lacks?|needs?|requires?|misses) (?:(?:your|the|an?|any|right) )?(?:\w+ ){0,2}"
    rf"{_NEEDED}\b|\b{_NEEDED} (?:is|are) (?:\w+ )?missing\b|\bis missing before\b|"
    r"\buntil (?:you|she|he|they|(?-i:[A-Z])\w+) (?:has|have|is|are)\b|"
    r"\b(?:hangs on|no (?:answer|reply|word|response)\b.{0,12}\b(?:so far|yet|until)|"
    r"waits for \w+[.]?$|"
    r"(?:has|have|had)(?:n['’]t| not)(?: yet)? (?:answered|replied|confirmed|rung|called|written) |"
    r"(?:is|['’]s|are|['’]re) (?:\w+ )?(?:away|ill|sick|on (?:the \w+|leave|holiday|vacation)) "
    r"(?:till|until|to)|booked (?:by .{2,20} )?(?:till|until)|they meet|must confirm|"
    r"ist bis \w+ (?:krank|weg|im urlaub)|hasta que no)\b|"
    r"\b(?:doesn|won)['’]t (?:start|work|build|run|load)\b|\bfails?,? (?:because|as|since)\b|"
    r"\b(?:(?:ich bin|bin ich) blockiert|ich brauche (?:von|noch)|warten? auf|"
    r"kann ich(?: \w+){0,12} nicht|kein(?:e|en)? (?:zugriff|zugang|passwort|rechte?|schlüssel))\b|"
    r"\b(?:(?:estoy|estamos) bloquead\w+|no (?:puedo|podemos|he podido)|a la espera|"
    r"sin (?:acceso|permisos?|clave))\b|\b(?:je suis bloqué|je ne peux pas|je n['’]ai pas pu|"
    r"j['’]attends|pas (?:de |d['’])?(?:accès|clé|compte))|等.{1,12}的",
    re.IGNORECASE,
)

_OF_SOMEBODY = re.compile(
    r"^(?:(?:and|but|so) )?(?:\w+ )?(?:he|she|they|him|her|them|ohne die|ohne sie)\b", re.IGNORECASE
)

_GREETING = re.compile(
    r"^(?:(?:hi|hello|hey|yo|moin|servus|good (?:morning|afternoon|evening|day)|hallo|"
    r"guten (?:morgen|tag|abend)|"
    r"hola|buen[oa]s (?:días|tardes|noches)|bonjour|salut|ciao|thanks|thank you|danke|gracias)"
    r"(?:\s+(?:there|claude|all|team|again|zusammen|equipo|everyone))?|claude)\s*(?:[,!.:—–-]+|"
    r"$)\s*",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(?:please|can you|could you|would you|help|i(?:['’]d)? (?:want|need|like)|we (?:want|need)|"
    r"let['’]?s|our goal|the goal|bitte|kannst du|ich möchte|wir (?:wollen|müssen)|"
    r"por favor|puedes|necesito|quiero|necesitamos|peux-tu|j['’]ai besoin|il faut)\b|"
    r"^(?:add|build|change|check|clean|convert|create|debug|design|document|draft|explain|extract|"
    r"find|fix|implement|improve|investigate|list|look|make|migrate|move|optimi[sz]e|plan|port|"
    r"profile|reduce|refactor|remove|rename|replace|research|review|rewrite|run|set up|speed|"
    r"summari[sz]e|test|translate|update|upgrade|write)\b",
    re.IGNORECASE,
)
_NEW_GOAL = re.compile(
    r"^(?:(?:the|our|my) )?(?:new|actual|real|main|overall) goal(?: now)?(?: is|:)|^(?:the|"
    r"our) goal (?:now )?is\b|"
    r"^change of plans?:",
    re.IGNORECASE,
)
_WRAPPED = re.compile(
    r"<(system-reminder|command-\w+|local-command-\w+|ide_\w+|user-prompt-submit-hook|"
    r"task-notification)\b"
    r"[^>]*>.*?(?:</\1>|\Z)",
    re.DOTALL,
)
_NOT_A_PROMPT = re.compile(r"^\s*(?:\[Request interrupted|Caveat: The messages below|/\w+\s*$)")
_GO_ON = re.compile(
    r"^(?:please )?(?:continue|go on|go ahead|carry on|proceed|resume|next|keep going|weiter|"
    r"mach weiter|"
    r"sigue|continúa|adelante|continue[zr]?|thanks?|thank you|danke|gracias|merci)\b.{0,20}$",
    re.IGNORECASE,
)
_RUN = re.compile(
    r"^(?:(?:please|now|ok(?:ay)?|can you|could you)\b[\s,.]*)*(?:re-?)?(?:run|execute|show|check|"
    r"test|list)\b(?!.*\b(?:until|and (?:then )?(?:fix|make|add|change|write|mend|repair))\b)",
    re.IGNORECASE,
)


def prompt_text(text: str) -> str:
    """What the user typed: without what a program wrapped around it; empty if nothing is left."""
    head = text[:20_000]
    if "<" in head:
        head = _WRAPPED.sub("", head)
    return "" if _NOT_A_PROMPT.match(head) else head.strip()


def request_of(prompt: str) -> str:
    """What a prompt asks for, with what leads up to it; empty for a mere greeting."""
    said: list[str] = []
    for block in blocks(prose(prompt[:6000])):
        if block.sort == "row":
            continue
        for sentence in sentences(block.text):
            words = _ungreet(plain(sentence, 400))
            if matter(words) and not words.endswith(":"):
                said.append(words)
        if len(said) >= 6:
            break
    if not said:
        return plain(_ungreet(prompt))
    asked = next((i for i, s in enumerate(said[:5]) if _ASKING.search(s) or asks(s)), 1)
    joined = said[0]
    for index, sentence in enumerate(said[1:], start=1):
        enough = index > asked and len(joined) >= _SHORT_REQUEST
        if enough or len(joined) + len(sentence) >= FACT_LENGTH:
            break
        joined += f" {sentence}"
    return shorten(joined)


def _ungreet(text: str) -> str:
    while match := _GREETING.match(text):
        text = text[match.end() :]
        if not match[0]:
            break
    return text


def goal_restated(reading: Reading) -> str:
    """A prompt's sentence that plainly says what the goal is from now on."""
    for sentence in reading.sentences:
        if _NEW_GOAL.match(sentence):
            return plain(re.sub(r"^[^:]{4,25}:\s*", "", sentence))
    return ""


def claims_in(reading: Reading) -> list[str]:
    """Work that a reply says is done: under a heading, or in a sentence such as "I've fixed …"."""
    found = list(reading.sections.get(Section.DONE, ()))
    for sentence in reading.sentences:
        bare = sentence.lstrip("-*•✅✔✓ ")
        if len(bare) > 400 or asks(bare):
            continue
        claims = _CLAIM.match(bare) or _BARE_CLAIM.match(bare) or _FOREIGN_CLAIM.match(bare)
        if claims and not _CLAIM_IN_DOUBT.search(bare):
            found.append(plain(bare).rstrip(":"))
    return list(dict.fromkeys(found))


def reported(reading: Reading) -> str:
    """The first sentence of a reply to finished work, if it says what came of it; a short one
    with the second."""
    lead = reading.lead
    if not lead or not _reports(lead):
        return ""
    index = reading.sentences.index(lead) + 1
    more = reading.sentences[index] if index < len(reading.sentences) else ""
    short = len(lead) < _SHORT_REPORT and more and _reports(more)
    return plain(f"{lead} {more}" if short else lead)


def reports_on(reading: Reading, request: str) -> bool:
    """Whether a reply says that what was asked for is done, whatever else went wrong."""
    report = reported(reading)
    return bool(matter(report) & matter(request)) and not figure_in(report)


def _reports(sentence: str) -> bool:
    if asks(sentence) or len(sentence) > 300 or phases_in(sentence):
        return False
    doubtful = _NO_REPORT.search(sentence) or _COMING.search(sentence)
    return not doubtful or bool(_PLAINLY_DONE.match(sentence))


def coming_in(reading: Reading) -> list[str]:
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
        and (_COMING.search(sentence) or (_AT.search(sentence) and not _PAST.search(sentence)))
        and not PHASE_HINT.search(sentence)
    ]


def promised(prompt: Reading) -> list[str]:
    """What the user says that he will do or must not forget."""
    return [plain(s) for s in prompt.sentences if not asks(s) and _PROMISED.search(s)]


def lifts(prompt: Reading) -> bool:
    """Whether the user says that what was in the way is so no more."""
    return any(_LIFTED.match(sentence) for sentence in prompt.sentences[:1])


def obstacles_in(reading: Reading) -> list[str]:
    """What a text says keeps the work from going on; who "she" is, the sentence before says."""
    found = list(reading.sections.get(Section.BLOCKERS, ()))
    before = ""
    for sentence in reading.sentences:
        if not asks(sentence) and _OBSTACLE.search(sentence):
            whole = before and _OF_SOMEBODY.match(sentence) and not asks(before)
            found.append(plain(f"{before} {sentence}" if whole else sentence))
        before = sentence
    return list(dict.fromkeys(found))


def asks_for_work(prompt: str) -> bool:
    """Whether a prompt wants something done."""
    return bool(_ASKING.search(prompt)) or "?" in prompt


def just_go_on(prompt: str) -> bool:
    """Whether a prompt only says to continue, and so answers no question."""
    return len(prompt) < 60 and bool(_GO_ON.match(prompt.strip()))


def just_runs(prompt: str) -> bool:
    """Whether a prompt only asks to run or show something: then its outcome is the answer."""
    return len(prompt) < 60 and bool(_RUN.match(prompt.strip()))
