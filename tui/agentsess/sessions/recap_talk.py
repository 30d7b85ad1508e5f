"""What was said: goals, decisions, questions, claims of work done, obstacles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from agentsess.sessions.recap_reading import Reading, Section
from agentsess.sessions.recap_text import (
    blocks,
    fold,
    mentions,
    plain,
    prose,
    sentences,
    shorten,
    tokens,
)

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
# These open a decision only in the mouth of the user: an agent says "let's use grep" of every step.
_USER_DECIDED = re.compile(
    r"^(?:(?:ok(?:ay)?|yes|yeah|good|right|fine|agreed|no|actually|sí|ja)[,.!]?\s+(?:then\s+)?)?"
    r"(?:let['’]?s (?:use|keep|drop|do without|not)|we(?:['’]ll| will)? (?:use|keep|drop)|"
    r"go (?:with|for)|stick (?:with|to)|use \S.* instead|i(?:['’]d)? prefer|"
    r"vamos a usar|usemos|usaremos|usa mejor|nimm|nehmen wir|utilisons)\b",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    r"\b(?:instead of|rather than|not|statt|anstelle von|en vez de|en lugar de|"
    r"au lieu de)\s+(.{2,60})",
    re.IGNORECASE,
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

_OBSTACLE = re.compile(
    r"^(?:i(?:['’]m| am)|we(?:['’]re| are)|this is|it is|it['’]s|that is)?\s*(?:still |now |"
    r"currently )?"
    r"blocked (?:by|on|until)\b|"
    r"\b(?:i|we) (?:cannot|can['’]t|can not) (?:proceed|continue|go on|finish|push|deploy|"
    r"connect|reproduce)\b|"
    r"\bwaiting (?:for|on) (?:your |the )?(?:approval|access|credentials|permission|review|token|"
    r"key|password)\b|"
    r"\bich komme nicht weiter\b|\bno puedo (?:continuar|seguir)\b|\bje ne peux pas continuer\b",
    re.IGNORECASE,
)

_OBSTRUCTING = (
    "blocked",
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
    r"do you agree|agreed|which (?:one )?do you prefer|was (?:meinst|denkst) du|¿?qué (?:opinas|"
    r"te parece))\b",
    re.IGNORECASE,
)
_TO_YOU = re.compile(
    r"\b(?:you|your|shall|should|may|can i|want|prefer|soll(?:en)?|möchte(?:st|n)|willst|du|"
    r"quieres?|prefieres?|debo|veux|voulez|dois)\b",
    re.IGNORECASE,
)
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
            if any(map(str.isalnum, words)) and not words.endswith(":"):
                said.append(words)
        if len(said) >= 6:
            break
    if not said:
        return ""
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


def decisions_in(reading: Reading, *, by_user: bool) -> list[str]:
    """The sentences that decide something, and what stands under such a heading."""
    found = [text for text in reading.sections.get(Section.DECISIONS, ()) if not _asks(text)]
    for sentence in reading.sentences:
        if len(sentence) > 400 or _asks(sentence):
            continue
        match = mentions(sentence, _DECIDING) and _DECIDED.search(sentence)
        match = match or (by_user and _USER_DECIDED.match(sentence))
        if match and not _HYPOTHETICAL.search(sentence[: match.start()]):
            found.append(plain(sentence))
    return list(dict.fromkeys(found))


def replaced_words(decision: str) -> frozenset[str]:
    """The words after "instead of" and the like: what the decision does away with."""
    match = _INSTEAD.search(decision)
    return frozenset(fold(match[1]).split()) if match else frozenset()


def claims_in(reading: Reading) -> list[str]:
    """Work that a reply says is done: under a heading, or in a sentence such as "I've fixed …"."""
    found = list(reading.sections.get(Section.DONE, ()))
    for sentence in reading.sentences:
        bare = sentence.lstrip("-*•✅✔✓ ")
        if len(bare) > 400 or _asks(bare):
            continue
        claims = _CLAIM.match(bare) or _BARE_CLAIM.match(bare) or _FOREIGN_CLAIM.match(bare)
        if claims and not _CLAIM_IN_DOUBT.search(bare):
            found.append(plain(bare).rstrip(":"))
    return list(dict.fromkeys(found))


def obstacles_in(reading: Reading) -> list[str]:
    """What a reply says keeps the work from going on."""
    found = list(reading.sections.get(Section.BLOCKERS, ()))
    found += [
        plain(sentence)
        for sentence in reading.sentences
        if mentions(sentence, _OBSTRUCTING) and not _asks(sentence) and _OBSTACLE.search(sentence)
    ]
    return [text for text in dict.fromkeys(found) if fold(text) not in _NO_OBSTACLE]


_NO_OBSTACLE = frozenset(
    {"none", "no", "nothing", "n a", "none so far", "keine", "ninguno", "aucun"}
)


def questions_in(reading: Reading) -> tuple[list[str], list[str]]:
    """The questions listed under a heading, and those that a reply ends with."""
    listed = [t for t in reading.sections.get(Section.QUESTIONS, ()) if fold(t) not in _NO_OBSTACLE]
    tail = reading.sentences[max(0, min(reading.last_block, len(reading.sentences) - 3)) :]
    # A question that its own paragraph goes on to answer is put to nobody.
    closing = len(tail)
    while closing and _asks(tail[closing - 1]):
        closing -= 1
    asked = [
        _with_its_matter(tail, index)
        for index, sentence in enumerate(tail)
        if _asks(sentence) and len(sentence) >= 8 and (index >= closing or _TO_YOU.search(sentence))
    ]
    known = {fold(text) for text in listed}
    return listed, [
        q for q in dict.fromkeys(asked) if fold(q) not in known and not _NOTHING_ASKED.match(q)
    ]


def _with_its_matter(said: Sequence[str], index: int) -> str:
    """A question; "What do you think?" together with the sentence that it is about."""
    if index and _OF_THE_LAST.match(said[index]):
        return plain(f"{said[index - 1]} {said[index]}")
    return plain(said[index])


def user_questions(reading: Reading) -> list[str]:
    """The questions that a prompt puts."""
    asked = (plain(_ungreet(s)) for s in reading.sentences if _asks(s))
    return [q for q in dict.fromkeys(asked) if len(q) >= 8]


def just_go_on(prompt: str) -> bool:
    """Whether a prompt only says to continue, and so answers no question."""
    return len(prompt) < 60 and bool(_GO_ON.match(prompt.strip()))


def choice_in(prompt: Reading, questions: Iterable[str]) -> tuple[str, str] | None:
    """A prompt's short sentence that chooses what one of the questions offered, and which."""
    offered = [q for q in questions if re.search(r"\b(?:or|oder|o|ou)\b", q)]
    if len(offered) != 1:
        return None
    for sentence in prompt.sentences[:2]:
        answer = plain(sentence)
        shared = tokens(answer) & tokens(offered[0]) - _SMALL_WORDS
        if shared and len(answer) <= 90 and not _asks(answer):
            return answer.rstrip("."), offered[0]
    return None


_SMALL_WORDS = frozenset({"do", "should", "would", "want", "yes", "no"})


def _asks(sentence: str) -> bool:
    return sentence.rstrip("\"')*_` »”").endswith(("?", "？"))
