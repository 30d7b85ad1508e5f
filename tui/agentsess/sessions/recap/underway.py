"""What is under way: what was last said to be in work, and what the last work was for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agentsess.model import Fact
from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.questions import matter
from agentsess.sessions.recap.reading import Reading, read
from agentsess.sessions.recap.text import announces, asks, plain

_REMEMBERED = 8
"""Texts of talk that what was said to be in work outlives."""
_NO_WORK = (
    r"(?!(?:going|waiting|assuming|guessing|hoping|missing|wondering|thinking|asking|saying|"
    r"seeing|getting|having|leaving|keeping|stopping|being|telling|not)\b)"
)
"""Of a word in -ing that tells of no work."""
_NO_START = (
    r"(?!during|according|nothing|everything|something|anything|morning|evening|judging|"
    r"including|regarding|depending)"
)
_NOW = r"(?:at the moment|right now|currently|now|still|just|already|busy)"
_I_AM = r"(?:i['’]?m|i am|we['’]?re|we are)"
_ENGLISH = (
    rf"\b(?:{_I_AM}|and am)(?: {_NOW})* {_NO_WORK}\w+ing\b|"
    rf"^(?:(?:and|so|then|ok(?:ay)?|good|now|next)\b[\s,.:–—-]*)*{_NO_WORK}{_NO_START}[a-z]{{3,}}"
    r"ing (?:at|on|into|through|the|for|up|with|it|all|both|them)\b"
    r"(?! (?:\w+ ){0,3}(?:needs?|would|takes?|is|means?|costs?|requires?|makes?)\b)|"
    r"\b(?:(?:now )?on to|in the middle of (?!an? )|half ?way (?:through|into)|"
    r"part ?way through|(?:is|are) half (?:there|done|written|way))\b|"
    r"\b(?:is|are) still (?!(?:missing|waiting|being|lacking|pending|standing|going)\b)\w+ing\b|"
    rf"\b(?:is|are) (?:{_NOW} )?(?:being|in progress|under ?way|in the works)\b|"
    rf"\bis what {_I_AM}\b|\bwhere {_I_AM} (?:stuck|at)\b|"
    r"\b(?:i|we|she|he|they|\w+)(?:['’]ve|['’]s| have| has)? (?:just |already )?"
    r"(?:started|begun|began) (?:on|with|to|\w+ing|the)\b|\bso far\b.*\bof\b|"
    r"\b(?:not|n['’]t|isn['’]t|aren['’]t) (?:\w+ )?(?:through|done|finished|complete[d]?|over)"
    r"(?: with [^,.;]{1,40})? yet\b|\b(?:not|n['’]t) yet (?:through|done|finished|complete[d]?)\b|"
    r"\b(?:i['’]?m|we['’]?re|i am|we are) (?:still |now |currently |already )?(?:at|on|busy with|"
    r"up to) (?:the |page |line |step |number |chapter |part |file |item |\d)|"
    r"\b(?:half|partly|partially)[ -](?:done|finished|written|built|migrated|converted|there)\b|"
    r"\b(?:in progress|in flight|a work in progress|ongoing|as we speak)\b|"
    r"\b(?:ha(?:ve|s)|['’](?:ve|s)) (?:just |already |now )?(?:begun|started)\b|"
    r"\b(?:i(?:['’]ve)?|we(?:['’]ve)?) (?:paused|broke off|stopped (?:at|in|half|after))\b|"
    r"\bwhere i(?:['’]ve)? (?:paused|stopped|broke off)\b|"
    r"\b(?:is|are|['’]s|['’]re) (?:still |now |currently |just )*(?:running|building|compiling|"
    r"rendering|training|uploading|downloading|copying|syncing|indexing|reindexing|importing|"
    r"exporting|processing|encoding|transcoding|converting|rebuilding|loading|queued|replicating|"
    r"backfilling|crunching|ticking|\w+ing away)\b|"
    r"\b(?:\w+|\d+) (?:hours?|minutes?|min|h|days?|pages?|files?|rows?) to go\b|"
    r"\b\d+ ?% (?:done|through|complete|there|of the way|filled)\b|"
    r"\b(?:untouched so far|unfinished|incomplete|half-done|parked|(?<!put )on hold|on ice|"
    r"shelved)\b|"
    r"\b(?:do|does|is|are|have|has)n['’]t yet[.,;]?$|\bha(?:lf|lves) (?:is|are)n['’]t\b|"
    r"\b(?:i|we)(?:['’]ll| will) (?:finish|complete|wrap up|carry on with|continue with)\b|"
    r"\b(?:job|run|build|upload|render|import|export|deploy|sync|transfer)(?:['’]s| is) "
    r"(?:still )?pending\b|"
    r"\b(?:left off|got as far as|have got (?:up )?to|made it to)\b"
)
_OTHERS = (
    r"\b(?:ich|wir) \w+ (?:gerade|derzeit|momentan|jetzt|noch (?:dabei|daran|mitten))\b|"
    r"\b(?:ich|wir) (?:bin|sind|stehe|stehen|arbeite|arbeiten|mache|machen) (?:\w+ ){0,3}(?:bei|"
    r"an|dran|weiter mit)\b|\b(?:angefangen|begonnen|halb fertig|zur hälfte|in arbeit)\b|"
    r"\bnoch nicht (?:ganz |alle[sn]? )?(?:fertig|durch|abgeschlossen)\b|"
    r"\b(?:commencé|entamé|pas (?:encore |tout à fait )?(?:fini|terminée?s?|achevée?s?))\b|"
    r"\b(?:empezado|comenzado|en (?:curso|proceso|marcha todavía)|"
    r"(?:sin|no (?:está|he)(?: \w+)?) (?:terminar|acabar|terminad[oa]|acabado))\b|"
    r"\b(?!(?:fehl|steh|gib|brauch|komm|bleib|warte)t)\w{3,}t (?:es |er |sie )?(?:noch|gerade)"
    r"[.,;]?$|"
    r"\b(?:unvollständig|unfertig|halbfertig|auf eis|pausiert|inachevée?s?|incomplet\w*|"
    r"en suspens|en pausa|aparcad[oa]s?)\b|"
    r"\bgerade (?:beim|dabei|am)\b|\bpendant que ça tourne\b|"
    r"\b(?:sigo|estoy|ando) con\b|"
    r"\bmitten (?:in|im|beim)\b|\bgerade dabei\b|\b(?:läuft|laufen) (?:noch|gerade)\b|"
    r"\ben train d[e'’]|\bau milieu d|\bj['’]en suis\b|\bà moitié\b|\best en cours\b|"
    r"\bje (?:suis|continue|passe|m['’]attaque|commence) (?:à|au|sur|en|par|encore)\b|"
    r"\bestoy \w+ndo\b|\b(?:voy|vamos|sigo|seguimos|ando) (?:con|por|ahora)\b|\bllevo \d|"
    r"\ba (?:medias|mitad)\b|\bvan? \d+ de\b|ているところ|途中です|中です|作業中|"
    r"進めてい|着手し|取りかか|"
    r"かけて(?:い|おり)|かけです|最中|続けてい|一半|"
    r"まだ終わって|正在|还在|进行中|做到|已开始|开始[做写改]|还没(?:有)?[做写改弄跑译]完|[做写改弄]了一半"
)
_UNDER_WAY = Wordings(f"{_ENGLISH}|{_OTHERS}")
# Before work whose end is not told, also what else one says that one does.
_TAKEN_UP = re.compile(
    r"^(?:ich (?!würde|habe|hatte|hätte|könnte|sehe|denke|finde|glaube|meine|weiß|kenne)\w+e|"
    r"je (?!crois|pense|vois|sais|trouve|dois|peux)\w+|(?:dann |jetzt |nun )\w+e ich|"
    r"(?:ahora |luego )?(?:paso|empiezo|cambio|hago|miro|reviso|preparo|añado|corrijo|pruebo))\b",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"\b(\d[\d.,]{0,15}) (?:out of|of|von|de|sur|di|van) (?:the |den |los |las |les )?"
    r"(\d[\d.,]{0,15})(?!\d)"
)
# What the user says that he does is not the agent's.
_BY_ONESELF = Wordings(r"\b(?:myself|selbst|selber|moi-même|yo mism[oa])\b|自分で|自己")
_NOT_NOW = Wordings(
    r"\b(?:if|once|until|when|after|before|would|could|should|['’]d|wenn|sobald|falls|quand|"
    r"dès que|cuando|si|nothing|none|nobody|nichts|rien|nada)\b|n['’]t\b"
)

_OFFERS = Wordings(
    r"\bwould (?:do|help|fix|solve|be (?:enough|the simplest|simplest|best))\b|"
    r"\b(?:(?:i|we) (?:can|could|would)|(?:i|we)['’]d|(?:shall|should|may) (?:i|we)|want me to|"
    r"(?:ich|wir) (?:kann|können|könnte|könnten|würde|würden)|soll ich|sollen wir|"
    r"je (?:peux|pourrais|propose)|puis-je|dois-je|on (?:peut|pourrait)|"
    r"(?:puedo|podría|podemos|podríamos|propongo|quieres que))\b|できます|ましょうか|我可以|要不要"
)


def under_way(reading: Reading) -> list[str]:
    """The sentences that say what is being worked on."""
    return [plain(s) for s in reading.sentences if len(s) <= 300 and says_under_way(s)]


def says_under_way(sentence: str) -> bool:
    """Whether a sentence says that something is being worked on."""
    if asks(sentence):  # what is asked stands behind the colon
        sentence = sentence.rpartition(":")[0]
    match = _UNDER_WAY.search(sentence)
    if match is None or _BY_ONESELF.search(sentence):
        return False
    return not _NOT_NOW.search(sentence[: match.start()])


def in_part(sentence: str) -> bool:
    """Whether a sentence says that some of a number is done: "601 of 638"."""
    match = _SHARE.search(sentence)
    part, whole = (int(re.sub(r"\D", "", match[n])) for n in (1, 2)) if match else (1, 0)
    return part < whole


@dataclass(slots=True)
class Underway:
    """Follows what is in work, as the texts say and as the commands show."""

    heard: list[tuple[int, Reading | str]] = field(default_factory=list)
    """What was said since the last work, read only when it is asked for."""
    before: list[tuple[int, Reading]] = field(default_factory=list)
    """Replies and prompts before that work."""
    worked: bool = False
    """A tool did work since the last text."""

    def said(self, said: Reading | str, seq: int) -> None:
        """Take a text. It replaces what was said before the work that it reports on."""
        if self.worked:
            whole = [(at, text) for at, text in self.heard if not isinstance(text, str)]
            self.before = [*self.before, *whole][-_REMEMBERED:]
            self.heard = []
        self.worked = False
        self.heard = [*self.heard[1 - _REMEMBERED :], (seq, said)]

    def in_part(self) -> list[Fact]:
        """What was last said to be done only for "601 of 638"."""
        for seq, said in reversed(self.heard):
            if not isinstance(said, str) and (found := [s for s in said.sentences if in_part(s)]):
                return [Fact(plain(found[0]), (seq,))]
        return []

    def proposed(self) -> Fact | None:
        """What the last text offers to do."""
        if not self.heard:
            return None
        seq, said = self.heard[-1]
        reading = read(said) if isinstance(said, str) else said
        offers = [s for s in reading.sentences if _OFFERS.search(s)]
        return Fact(plain(offers[-1]), (seq,)) if offers else None

    def facts(self) -> list[Fact]:
        """What was last said to be under way."""
        for seq, said in reversed(self.heard):
            reading = read(said) if isinstance(said, str) else said
            found = under_way(reading)
            last = plain(reading.sentences[-1]) if reading.sentences else ""
            if self.worked and not found and (announces(last) or _TAKEN_UP.match(last)):
                found = [last]
            if found:
                return [Fact(text, (seq,)) for text in found]
        return []

    def left_lying(self) -> list[Fact]:
        """What replies said to be under way before work on something else, and nothing since."""
        later = [matter(s) for _, said in self.heard for s in _sentences(said)]
        found: list[Fact] = []
        for seq, reading in reversed(self.before):
            for text in under_way(reading):
                words = matter(text)
                if not any(3 * len(words & told) >= len(words) for told in later):
                    found.append(Fact(text, (seq,)))
            later += map(matter, reading.sentences)
        return found


def _sentences(said: Reading | str) -> list[str]:
    return (read(said) if isinstance(said, str) else said).sentences
