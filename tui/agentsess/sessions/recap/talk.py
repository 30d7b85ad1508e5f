"""Prompts: what the user typed, what that asks for, and whether it only lets the work go on."""

from __future__ import annotations

import re

from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.questions import PUT_OFF, TASK, matter
from agentsess.sessions.recap.reading import Reading
from agentsess.sessions.recap.text import (
    FACT_LENGTH,
    asks,
    blocks,
    plain,
    prose,
    sentences,
    shorten,
)

_SHORT_REQUEST = 40
_GREETING = re.compile(
    r"^(?:(?:hi|hello|hey|yo|moin|servus|good (?:morning|afternoon|evening|day)|hallo|"
    r"guten (?:morgen|tag|abend)|"
    r"hola|buen[oa]s (?:días|tardes|noches)|bonjour|salut|ciao|thanks|thank you|danke|gracias)"
    r"(?:\s+(?:there|claude|all|team|again|zusammen|equipo|everyone))?|claude)\s*(?:[,!.:—–-]+|"
    r"$)\s*",
    re.IGNORECASE,
)
_ASKING = Wordings(
    r"\b(?:please|can you|could you|would you|help|i(?:['’]d)? (?:want|need|like)|we (?:want|need)|"
    r"let['’]?s|our goal|the goal|bitte|kannst du|ich möchte|wir (?:wollen|müssen)|"
    r"por favor|puedes|necesito|quiero|necesitamos|peux-tu|j['’]ai besoin|il faut)\b|"
    r"^(?:add|build|change|check|clean|convert|create|debug|design|document|draft|explain|extract|"
    r"find|fix|implement|improve|investigate|list|look|make|migrate|move|optimi[sz]e|plan|port|"
    r"profile|reduce|refactor|remove|rename|replace|research|review|rewrite|run|set up|speed|"
    r"summari[sz]e|test|translate|update|upgrade|write)\b"
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


def task_of(prompt: Reading, request: str) -> str:
    """Of a prompt within a session what it asks to do, without what it answers or asks before;
    ``request``, all of it, if it names no task of its own."""
    said = [plain(s, 400) for s in prompt.sentences]
    tasks = [n for n, s in enumerate(said) if TASK.match(s) or (_ASKING.search(s) and not asks(s))]
    if not tasks or not tasks[0] or not any(asks(s) or PUT_OFF.search(s) for s in said[: tasks[0]]):
        return request
    return shorten(" ".join(said[tasks[0] :])) if len(matter(said[tasks[0]])) > 1 else request


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


def asks_for_work(prompt: str) -> bool:
    """Whether a prompt wants something done."""
    return bool(_ASKING.search(prompt))


def just_go_on(prompt: str) -> bool:
    """Whether a prompt only says to continue, and so answers no question."""
    return len(prompt) < 60 and bool(_GO_ON.match(prompt.strip()))


def just_runs(prompt: str) -> bool:
    """Whether a prompt only asks to run or show something: then its outcome is the answer."""
    return len(prompt) < 60 and bool(_RUN.match(prompt.strip()))
