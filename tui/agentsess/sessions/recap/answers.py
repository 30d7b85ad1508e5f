"""What the user decided, in answer to a question or of his own, and what a reply says of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from agentsess.sessions.recap.choices import (
    lays_down,
    orders,
    plainly,
    pointless,
    settles,
    substance,
)
from agentsess.sessions.recap.own_choices import acts
from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.proposals import NAMES_WAYS, ONLY_PICKS, Choice, of_fact, only_agrees
from agentsess.sessions.recap.questions import MAY_I, PUT_OFF, REQUEST, TASK, matter
from agentsess.sessions.recap.reading import Reading
from agentsess.sessions.recap.sections import Section
from agentsess.sessions.recap.text import announces, asks, fold, mentions, plain, tokens

_HYPOTHETICAL = Wordings(
    r"\b(?:if|unless|whether|should|could|would|might|may|not|never|before|until|once|haven['’]?t|"
    r"didn['’]?t|wenn|falls|ob|nicht|sollte[nr]?|si|podr[ií]amos|no|pas)\b|n['’]t\b"
)
_DECIDED = Wordings(
    r"\b(?:(?:we|i)(?:['’]ve| have)? (?:decided|agreed|settled on|opted for|chose)|"
    r"(?:it was|was|is) decided|decided (?:to|on|against) |"
    r"(?:i|we)(?:['’]ll| will) (?:go with|stick with|stay with)|"
    r"let['’]?s (?:go with|stick with|stay with|settle on)|"
    r"\bso i (?:took|chose|picked|kept|went with|opted for)\b|"
    r"^(?:so )?(?:that|this|which) leaves (?!no\b|open|you|the question|to\b|me|us\b|removing|"
    r"group)[\w -]{4,40}(?=[.]?$)|ich (?:nehme|bleibe bei|verwende|behalte)\b.*\b(?:statt|"
    r"anstelle)|(?:me quedo con|opto por)|(?:je garde|je pars sur)\b.*\bau lieu de|"
    r"wir (?:nehmen|verwenden|bleiben bei|haben (?:uns )?(?:\w+ ){0,6}entschieden)|"
    r"(?:hemos decidido|decidimos|nos quedamos con)|(?:nous avons décidé|on part sur))\b"
)
_DECIDING = (
    *("instead", "rather", "place of", "so i ", ", not ", "leaves", "statt", "opto"),
    *("decid", "agreed", "settle", "opted", "chose", " with ", "wir ", "entschieden"),
    *("quedamos", "quedo", "je pars", "au lieu", "décidé", "on part"),
)
_INSTEAD = Wordings(
    r"(?:\b(?:instead of|rather than|in place of|not|no|without|skip|forget|drop|scrap|kill|ditch|"
    r"lose|abandon|remove|cancel|(?:undo|revert)(?: the)?|statt|anstelle (?:von|des|der)|kein(?:e|"
    r"en)?|nicht|ohne|vergiss|streich\w*|weg mit|en vez de|en lugar de|sin|olvida(?:mos)?|"
    r"quita(?:mos)?|descarta\w*|au lieu de|plutôt que|sans|pas de|laisse tomber|oublie[zr]?|"
    r"abandonn\w+|supprim\w+)\s+(.{2,60}))"
)
_FILLERS = frozenset(
    fold(
        "the a at all then after anymore any more please pls as well again now thing things "
        "le la les der die das den el los las du de"
    ).split()
)
_TOO = Wordings(r"\bis too \w+")
_NOTED = re.compile(
    r"^(?:noted|understood|agreed|fair (?:point|enough)|got it|good|right|okay|ok|alright|"
    r"verstanden|gut|notiert|einverstanden|entendido|de acuerdo|bien|noté|entendu|d['’]accord)\b"
    r"\s*[,.:–—-]+\s*(?:(?:then|so|dann|entonces|alors)\b\s*)?(\S.*)$",
    re.IGNORECASE,
)
_TELLS = Wordings(
    r"\b(?:could|might|would|may)\b|[,.:–—-]\s+(?:it|that|this|they|he|she|there|i|es|das|ich|esto|"
    r"eso|c['’]est|ça)\b"
)
# Which of the ways that the reply named.
_LONGEST_ECHO = 100
_NO_ANSWER = Wordings(
    r"^(?:h+m+|ugh|not (?:now|yet)|later|(?:good|great) (?:question|point)|"
    r".*\bdepends on (?:when|whether|if|how))\b"
)
_CORRECTS = Wordings(
    r"^(?:(?:h+m+|uh+|oh|no|ah)\b[\s,.]*)*(?:(?:no )?wait|actually|scratch that|on second "
    r"thoughts?|nein doch|doch nicht|halt|moment|no,? espera|mejor no|non,? attends)\b|^やっぱり|"
    r"^不对|^等等"
)
_FOLLOWS = re.compile(
    r"(?:(?:fine|ok(?:ay)?|good|noted|understood|agreed|right|alright|got it|fair enough|even "
    r"better|dann|gut|verstanden|einverstanden|in ordnung|bien|entonces|pues|alors|donc|d'accord|"
    r"entendu|de acuerdo|entendido|so|then|also|así que)(?: |[,.:;!] |\s[–—-] ))+\w|"
    r"(?:では|那么?|承知|了解|わかりました|分かりました|好的|明白)"
)
_THEN = re.compile(
    r"(?:,? (?:then|dann|alors|entonces)|, fine)[.!]*(?:$|[,:;])|(?<!there)(?<!here) it is[.!]*$"
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


def laid_down(prompt: Reading, reply: frozenset[str], choice: Choice) -> list[tuple[str, str]]:
    """The sentences of a later prompt that lay down how it is to be, after a reply that was
    about ``reply``, a `matter`, and left a ``choice``; with the way that a mere pointer means."""
    said = prompt.sentences[:12]
    found: list[tuple[str, str]] = []
    late = False
    about = frozenset() if choice.of_fact else reply
    for index, sentence in enumerate(said):
        if found and _CORRECTS.match(sentence) and found[-1][0] == plain(said[index - 1]):
            found.pop()
        if index == 0 and choice.ways and ONLY_PICKS.match(sentence):
            found.append((plain(sentence), choice.meant_by(sentence)))
            continue
        agrees = only_agrees(sentence)
        lays = (
            not agrees
            and len(sentence) <= 200
            and lays_down(
                sentence,
                about,
                answers=bool(choice.words) and not choice.of_fact,
                choice=choice.words,
                late=late,
            )
        )
        if lays and not (index == 0 and choice.of_fact and not orders(sentence)):
            way = choice.meant_by(sentence)
            if way or not pointless(sentence):
                found.append((plain(sentence), way))
        late = late or not (lays or not substance(sentence))
    # "10 is too low. 30 please": the figure says little without what it replaces.
    for sentence, after in pairwise(said):
        if _TOO.search(sentence) and any(map(str.isdigit, after)) and len(after) <= 60:
            found.append((plain(f"{sentence} {after}"), ""))
    return found


def noted_in(reply: Reading, prompt: frozenset[str]) -> list[str]:
    """What a reply to the user's word acknowledges at its beginning, or draws from it.
    ``prompt``: the `matter` of that word."""
    lead = reply.sentences[0] if reply.sentences else ""
    if not lead or asks(lead) or announces(lead) or _TELLS.search(lead):
        return []
    match = _NOTED.match(lead)
    if match and len(matter(match[1])) > 1:
        return [plain(match[1])]
    said = plainly(lead)
    follows = _FOLLOWS.match(said) or _THEN.search(said)
    if follows and substance(said) & prompt and (settles(said) or acts(said)):
        return [plain(lead)]
    return []


def repeated_in(reply: str, prompt: Reading, *, wholly: bool) -> str:
    """The sentence of a prompt that the first sentence of a reply says again in short, adding
    little or, if ``wholly``, nothing."""
    if len(reply) > _LONGEST_ECHO or asks(reply) or not (words := matter(reply)):
        return ""
    told = [sentence for sentence in prompt.sentences[:12] if not asks(sentence)]
    best = max(told, key=lambda sentence: len(words & matter(sentence)), default="")
    repeated = words & matter(best)
    enough = len(repeated) == len(words) > 1 if wholly else 5 * len(repeated) >= 3 * len(words)
    if pointless(best) or not lays_down(best, words, answers=True, choice=words):
        return ""
    return plain(best) if enough else ""


def replaced_words(decision: str) -> frozenset[str]:
    """The words after "instead of" and the like: what the decision does away with."""
    match = _INSTEAD.search(decision)
    return tokens(re.split(r"[,.;:()!]", match[1])[0]) - _FILLERS if match else frozenset()


def answers_in(prompt: Reading, questions: Sequence[str]) -> list[tuple[str, str]]:
    """The sentences of a prompt that answer, and which of the open questions each answers."""
    found: list[tuple[str, str]] = []
    said = [s for s in prompt.sentences[:4] if len(s) <= 200 and not asks(s)]
    others = [q for q in questions if not MAY_I.match(q)]
    choices = [q for q in others if NAMES_WAYS.search(q)] or others
    for sentence in said:
        words = matter(sentence)
        if not words or any(p.search(sentence) for p in (PUT_OFF, TASK, _NO_ANSWER)):
            continue
        best = max(questions, key=lambda q: len(words & matter(q)), default="")
        if not words & matter(best):
            best = choices[-1] if choices and sentence == said[0] else ""
        if REQUEST.match(best) or of_fact(best, sentence):
            continue
        if best:
            found.append((plain(sentence).rstrip("."), best))
    return found
