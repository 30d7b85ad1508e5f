"""What was said: goals, decisions, questions, claims of work done, obstacles."""

from __future__ import annotations

import re

from agentsess.sessions.recap_answers import NONE, matter
from agentsess.sessions.recap_reading import Reading, Section, phases_in
from agentsess.sessions.recap_text import (
    asks,
    blocks,
    fold,
    mentions,
    plain,
    prose,
    sentences,
    shorten,
)

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
    r"\b(?:can['’]?t|cannot|couldn['’]?t|not yet|still|fail(?:s|ed|ing)?|blocked|i['’]d|"
    r"i(?:['’]ll| will| would)|should|would|almost|nearly|in progress|under ?way|"
    r"(?:is|are|comes?) next|stopped|sorry|correct myself|here(?:['’]s| is| are)|where we are|"
    r"so far|"
    r"reproduced|understood|noted|agreed|noch|nicht|fehlt|falta|queda[n]?|todavía|aún|"
    r"en curso|reste|pas encore|il manque)\b|^(?:no|not|nein|almost|yes|ok|good|i (?:found|"
    r"see|think))\b|"
    r"[?:]$|未|尚",
    re.IGNORECASE,
)
_PLAINLY_DONE = re.compile(
    r"^(?:(?:found and )?fixed|done|solved|resolved|behoben|erledigt|listo|hecho|corrigé)\b", re.I
)
_SHORT_REPORT = 30
_COMING = re.compile(
    r"^(?:next|afterwards|after that|tomorrow)\b|^(?:after|once|before) [^:]{3,50}: |"
    r"\b(?:is|are|be|comes?|come) (?:up )?next\b|\bnext would be\b|\bi (?:want|"
    r"['’]d like) to\b.*\bnext[.]?$|"
    r"\bwhat(?:['’]s| is) (?:left|missing|next|remaining|open|still \w+)\b|\bwhat remains\b|"
    r"\bthat leaves\b|\b(?:is|are) (?:still )?(?:left|outstanding|to come|(?:still )?open)\b|"
    r"^(?:left|remaining|still (?:open|to do)|to do)\b|\bremains? to be\b|\bstill (?:needs?|"
    r"ha(?:s|ve)) to\b|"
    r"\bstill to (?:do|come)\b|\b(?:comes?|come|goes?) (?:after|afterwards)\b|"
    r"\b(?:i|we)(?:['’]ll| will)\b.*\b(?:once|after|tomorrow|next (?:week|month)|on \w+day|"
    r"as soon as)\b|"
    r"\bbefore (?:it goes|going) live\b|"
    r"\b(?:dann|als nächstes) (?:mache|kommt|folgt)\b|\bmorgen (?:mache|kommt|folgt)\b|"
    r"\b(?:fehlt|fehlen|bleibt|bleiben) noch\b|"
    r"^(?:falta|faltan|queda|quedan|mañana|luego)\b|\b(?:il (?:manque|reste)|reste à)\b|^ensuite\b",
    re.IGNORECASE,
)
_COMING_WORDS = (
    *("next", "left", "leaves", "remain", "missing", "tomorrow", "after", "still", "later", "then"),
    *("'ll", "’ll", "will", "outstanding", "open", "live", "fehl", "bleib", "nächst", "morgen"),
    *("dann", "falta", "queda", "mañana", "luego", "manque", "reste", "ensuite", "to come"),
)
_PROMISED = re.compile(
    r"\bremind me to\b|^(?:and |but |ok |then )?(?:i['’]ll|i will|we['’]ll) (?!ask|check|think|let|"
    r"see|look|be\b|have\b|get back|go with|use|keep|take|sell)\w+",
    re.IGNORECASE,
)

_OBSTACLE = re.compile(
    r"^(?:i(?:['’]m| am)|we(?:['’]re| are)|this is|it is|it['’]s|that is)?\s*(?:still |now |"
    r"currently )?"
    r"blocked (?:by|on|until)\b|"
    r"\b(?:i|we) (?:cannot|can['’]t|can not) (?:proceed|continue|go on|finish|push|deploy|"
    r"connect|reproduce)\b|"
    r"\bwaiting (?:for|on) (?:your |the )?(?:approval|access|credentials|permission|review|token|"
    r"key|password)\b|"
    r"^(?:i )?(?:can['’]t|cannot) (?:look|verify|apply|log in|reach|access|start|build|run)\b|"
    r"\bfails?,? (?:because|as|since)\b|\bis missing before\b|"
    r"\b(?:you|someone|somebody) (?:\w+ ){0,4}(?:has|have|needs?) to (?:ask|get|request|grant|"
    r"free|give|"
    r"renew|unlock|approve)\b|"
    r"\b(?:ich )?bin ich blockiert\b|\bestoy bloquead[oa]\b|\bje suis bloqué\b|"
    r"\bich komme nicht weiter\b|\bno puedo (?:continuar|seguir)\b|\bje ne peux pas continuer\b",
    re.IGNORECASE,
)

_OBSTRUCTING = (
    "blocked",
    "blockiert",
    "bloque",
    "bloqué",
    "fails",
    "fail",
    "missing",
    "ha",
    "need",
    "cannot",
    "can't",
    "can’t",
    "can not",
    "waiting",
    "weiter",
    "puedo",
    "peux",
)

_GREETING = re.compile(
    r"^(?:(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|hallo|guten (?:morgen|tag|abend)|"
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


def prompt_text(text: str) -> str:
    """What the user typed: without what a program wrapped around it; empty if nothing is left."""
    head = text[:20_000]
    if "<" in head:
        head = _WRAPPED.sub("", head)
    return "" if _NOT_A_PROMPT.match(head) else head.strip()


def request_of(prompt: str) -> str:
    """The sentence or two that say what a prompt asks for; empty for a mere greeting."""
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
    asked = next((i for i, sentence in enumerate(said[:5]) if _ASKING.search(sentence)), 0)
    joined = " ".join(said[: asked + 1])
    return joined if len(joined) <= 200 else shorten(said[asked])


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
    if not lead or asks(lead) or len(lead) > 300 or phases_in(lead):
        return ""
    if _NO_REPORT.search(lead) and not _PLAINLY_DONE.match(lead):
        return ""
    index = reading.sentences.index(lead) + 1
    if len(lead) < _SHORT_REPORT and index < len(reading.sentences):
        more = reading.sentences[index]
        if not asks(more) and not _NO_REPORT.search(more):
            return plain(f"{lead} {more}")
    return plain(lead)


def coming_in(reading: Reading) -> list[str]:
    """The sentences of a reply that say what comes next, outside of lists under a heading."""
    return [
        plain(sentence)
        for sentence in reading.sentences
        if mentions(sentence, _COMING_WORDS)
        and len(sentence) <= 300
        and not asks(sentence)
        and not sentence.endswith(":")
        and _COMING.search(sentence)
        and not _OBSTACLE.search(sentence)
        and not phases_in(sentence)
    ]


def promised(prompt: Reading) -> list[str]:
    """What the user says that he will do or must not forget."""
    return [plain(s) for s in prompt.sentences if not asks(s) and _PROMISED.search(s)]


def obstacles_in(reading: Reading) -> list[str]:
    """What a reply says keeps the work from going on."""
    found = list(reading.sections.get(Section.BLOCKERS, ()))
    found += [
        plain(sentence)
        for sentence in reading.sentences
        if mentions(sentence, _OBSTRUCTING) and not asks(sentence) and _OBSTACLE.search(sentence)
    ]
    return [text for text in dict.fromkeys(found) if fold(text) not in NONE]


def user_questions(reading: Reading) -> list[str]:
    """The questions that a prompt puts."""
    asked = (plain(_ungreet(s)) for s in reading.sentences if asks(s))
    return [q for q in dict.fromkeys(asked) if len(q) >= 8]


def just_go_on(prompt: str) -> bool:
    """Whether a prompt only says to continue, and so answers no question."""
    return len(prompt) < 60 and bool(_GO_ON.match(prompt.strip()))
