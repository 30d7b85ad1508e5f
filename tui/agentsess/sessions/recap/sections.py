"""What headings and lead-ins such as "Next:" announce."""

from __future__ import annotations

import re
from enum import StrEnum

from agentsess.sessions.recap.text import fold


class Section(StrEnum):
    """What a heading or a lead-in such as "Next:" announces."""

    PLAN = "plan"
    DONE = "done"
    DOING = "in_progress"
    NEXT = "next"
    QUESTIONS = "questions"
    BLOCKERS = "blockers"
    DECISIONS = "decisions"
    GOAL = "goal"


_SECTION_WORDS: dict[Section, str] = {
    Section.PLAN: (
        r"(?:[\w']+ ){0,3}plan(?: for .{1,30})?|(?:the |proposed )?steps|roadmap|approach|"
        r"(?:here is )?(?:the|my) plan(?: is)?(?: as follows)?|"
        r"(?:die )?schritte|(?:el )?plan(?: de .{1,30})?|pasos"
    ),
    Section.DONE: (
        r"(?:already )?done(?: so far| today)?|completed(?: so far| tasks| work| steps)?|finished|"
        r"what (?:i|we) (?:did|ve done|have done|changed)|what was done|changes made|"
        r"summary of changes|work done|accomplished|"
        r"erledigt|fertig|abgeschlossen|hecho|completado|terminado|listo|fait|terminé"
    ),
    Section.DOING: (
        r"in progress|work in progress|wip|ongoing|current work|currently working on|working on|"
        r"in arbeit|en curso|en progreso|en cours"
    ),
    Section.NEXT: (
        r"(?:suggested |recommended |immediate |proposed |the )?next(?: steps?| up| actions?)?|"
        r"(?:(?:so|then) )?(?:the|my|our) next steps? (?:is|are|will be)|"
        r"what s (?:left|next|remaining)|what is (?:left|next)|left(?: to do)?|"
        r"remaining(?: work| steps?| tasks?| items?| files?)?|to ?dos?|still (?:to do|open|left|"
        r"pending)|"
        r"pending(?: tasks?| work| items?)?|(?:open|outstanding) (?:items|tasks|work|points)|"
        r"outstanding|not (?:done|started)(?: yet)?|not yet \w+|remember|don t forget|tomorrow|"
        r"next week|"
        r"to do before .{3,20}|(?:after|once) .{3,40}|what remains|"
        r"nächste schritte|nächster schritt|als nächstes|(?:noch )?offen|offene punkte|"
        r"noch zu tun|morgen|"
        r"próximos? pasos?|siguientes?(?: pasos?)?|pendientes?|faltan?|por hacer|mañana|"
        r"prochaines? étapes?|à faire|reste à faire|ensuite|demain|"
        r"下一步|接下来|待办|次のステップ|残り|次は"
    ),
    Section.QUESTIONS: (
        r"(?:open |outstanding |remaining |unanswered )?questions?(?: for you)?|"
        r".{0,30}\b(?:to clarify|need to know|need from you|klären|aclarar|à clarifier)|"
        r"(?:offene )?fragen?|preguntas?(?: abiertas?| pendientes?)?|questions? ouvertes?"
    ),
    Section.BLOCKERS: r"blockers?|blocked(?: by| on)?|blockiert|bloqueado|bloqueos?|bloqué",
    Section.DECISIONS: (
        r"(?:key |design |main )?decisions?(?: made| taken)?|decided|entscheidung(?:en)?|"
        r"entschieden|decisi[oó]n(?:es)?|décisions?"
    ),
    Section.GOAL: r"(?:primary request(?: and intent)?|goal|objective|ziel|objetivo|objectif)",
}
_SECTIONS = [
    (s, re.compile(rf"(?:\d+ )?(?:{words})(?: \d+)?")) for s, words in _SECTION_WORDS.items()
]


# What stands above a list of what is to do still, in whatever words.
_STILL_TO_DO = re.compile(
    r"\b(?:still to|to come|to ?dos?|remain(?:s|ing)?|(?:is|are|s|things|points?|items?) "
    r"(?:still )?(?:left|open|outstanding|missing)|left to|outstanding|not (?:yet|done)|"
    r"open (?:actions?|points?|items?|tasks?|ends|jobs?|things|work)|"
    r"from here|ahead|coming up|next|afterwards?|later|after that|"
    r"for (?:tomorrow|later|tonight|next \w+|the (?:morning|night|weekend|day) \w+|(?:mon|tues|"
    r"wednes|thurs|fri|satur|sun)day)|"
    r"noch|übrig|offen|aus(?:steht|stehend)|fehl(?:t|en)|bleib(?:t|en)|verbleib\w*|danach|"
    r"anschließend|demnächst|als nächste[sr]?|"
    r"rest(?:e|ent|ant|antes?)|à (?:faire|venir|suivre|prévoir|régler|finir)|encore|"
    r"prochaine?s?|ensuite|par la suite|pour (?:finir|boucler|terminer)|"
    r"qued(?:a|an)|faltan?|restan?|por (?:hacer|delante|resolver)|pendientes?|siguientes?|"
    r"próxim[oa]s?|lo que (?:viene|sigue)|después)\b|"
    r"残|この(?:あと|後)|これから|次|今後|あとは|未(?:了|完|対応|着手|処理)|予定|やること|"
    r"剩|还(?:有|要|需|没|差)|接下来|下一步|后续|待(?:办|处理|做|定)|未完成|以后|之后"
)
_NO_WORK_TO_DO = re.compile(
    r"\b(?:questions?|risks?|doubts?|preguntas?|fragen?|dudas?|doutes?|options?|ways?|"
    r"möglichkeiten|opciones|caminos|wege|no|nothing|none|nichts|kein\w*|rien|nada|not only)\b"
)


def section_of(title: str) -> Section | None:
    """What a heading or lead-in announces, if it is one of the known."""
    if len(title) > 60:
        return None
    folded = fold(title)
    for section, pattern in _SECTIONS:
        if pattern.fullmatch(folded):
            return section
    if _STILL_TO_DO.search(folded) and not _NO_WORK_TO_DO.search(folded):
        return Section.NEXT
    return None
