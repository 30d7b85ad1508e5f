"""Questions: which are asked, by either side, and which of them the other side left open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.reading import Reading
from agentsess.sessions.recap.sections import Section
from agentsess.sessions.recap.text import asks, fold, plain, tokens

TASK = Wordings(
    r"^(?:(?:ok(?:ay)?|yes|please|and|now|then|also|last thing|next thing|next|great|good|"
    r"meanwhile|can you)\b[\s,.:]*)*(?:add|ask|build|check|create|draft|do (?:it|that|this|both|so|"
    r"the)|explain|find|fix|go|look|list|make|prepare|remind|review|rewrite|run|show|start|tell|"
    r"test|try|update|write|continue|tidy|bump)\b"
)
_NOTHING_ASKED = Wordings(
    r"^(?:(?:is there )?any ?thing else\b|what (?:else )?(?:would|do|should|can) (?:you|"
    r"i) (?:like|want|help)\b|how (?:can|may|else can) i help|does (?:that|this) (?:make sense|"
    r"help|look (?:good|right|ok))|make sense|sound good|ok(?:ay)?\?|why\?|how so\?|what next\?|"
    r"noch etwas|algo más|autre chose)"
)
_OF_THE_LAST = Wordings(
    r"^(?:what do you think|what(?:['’]s| is) your (?:view|preference|take)|(?:any )?thoughts|do "
    r"you (?:agree|know)|any idea|agreed|ok(?:ay)?\?|which (?:one )?do you prefer|was (?:meinst|"
    r"denkst) du|¿?qué (?:opinas|te parece)|ça vous va)"
)
_POINTS_BACK = Wordings(
    r"^(?:and |but |so )?(?:(?:is|are|was|does|do|did|will|should|can|why|how|when) )+"
    r"(?:that|this|it|these|those|they)\b|^(?:ist|sind) das\b|^¿?(?:es|está) (?:eso|esto)\b|"
    r"^est-ce\b"
)
_TO_YOU = Wordings(
    r"\b(?:you|your|shall|should|may|can i|want|prefer|soll(?:en)?|möchte(?:st|n)|willst|du|"
    r"must|quieres?|prefieres?|debo|veux|voulez|dois)\b"
)
_YOURS = Wordings(
    r"\b(?:i (?:still )?(?:need|have|['’]d need|would need) to know|i wonder|(?:müsste|muss) ich "
    r"(?:noch )?wissen|(?:wüsste|weiß) ich (?:gern|noch nicht)|necesito saber|(?:il )?me faut "
    r"savoir|j['’]ai besoin de savoir),? (?:whether|if|how|which|when|what|who|ob|wie|wer|wann|"
    r"welche\w*|was|si|cómo|cuál|cuándo|quién|qué|quel\w*|comment|quand|qui)\b|\b(?:your "
    r"(?:decision|call|choice)|yours to (?:decide|say|choose)|up to you|you decide|let me know|"
    r"tell me|if you (?:tell|say|give|send|let) |wenn (?:du|sie) mir (?:sag\w+|schick\w+|\w+ "
    r"(?:sag\w+|nenn\w+|gib\w+))|si (?:vous me (?:dites|donnez|envoyez)|tu me (?:dis|donnes|"
    r"envoies)|me (?:dices|das|pasas|mandas))|sag(?:en sie)? mir|gib mir bescheid|dime|me dices|"
    r"dis-moi|dites-moi|(?:you )?haven['’]t told me|no me (?:lo )?has (?:contado|dicho))\b|\bstill "
    r"(?:don['’]t|do not) know\b|\b(?:is|remains) (?:still )?unclear\b|\bunklar\b|\b(?:queda por "
    r"saber|falta saber|reste à savoir)\b|\b(?:either|entweder|soit) .*\b(?:or|oder|soit)\b|"
    r"教えてください|告诉我|请确认"
)
# A question that its own paragraph goes on to answer is put to nobody.
_SELF_ANSWERED = Wordings(r"^(?:yes|no|not|because|since|ja|nein|weil|sí|oui|non|parce que)\b")
RHETORICAL = Wordings(
    r"^(?:(?:so|and|but|then) )?(?:why|how come|what about|how about|was it|what happened|warum|"
    r"por qué|pourquoi)\b"
)
REQUEST = Wordings(
    r"(?!.{0,30}\b(?:tell|say|explain|sagen|decir|dire)\b)"
    r"^¿?(?:(?:could|can|would|will) (?:you|u|some(?:one|body)|any(?:one|body))|(?:is there "
    r")?anything (?:you|we|i) can|me ayudas|puedes|podrías|"
    r"(?:kannst|könntest) du|könnte jemand|peux-tu|pouvez-vous)\b"
)
# Whether the agent may go on: any other word than yes speaks of something else.
MAY_I = Wordings(
    r"^¿?(?:ok (?:to|if)|(?:(?:ok|so|or)\b,? )?(?:may|shall|should|can) i|"
    r"(?:do you )?want me to|soll ich|quieres que|veux-tu que|dois-je)\b"
)
# Who says so does not know the answer, or has yet to get it.
PUT_OFF = Wordings(
    r"\b(?:depends|(?:ha(?:ve|s)|['’]ve|needs?|got) to (?:look|ask|check|see|find out|talk to|"
    r"clarify|sleep|think|measure|count)|(?:\w+|he|she|they)(?:['’]ll| will| would| should) know|"
    r"remains to be seen|not decided yet|undecided|(?:is|that['’]?s) for (?:the |my |our )?\w+ to "
    r"(?:say|decide|answer|choose)|(?:ab|er)?kläre?n? (?:ich|wir|das)|(?:das|ich|wir) (?:kläre?|"
    r"klären|besprechen?|bespreche)|kommt (?:ganz )?d(?:a)?rauf an|hängt (?:davon|von) |sag(?:e)? "
    r"ich (?:dir|ihnen) (?:noch|später|morgen)|tengo que (?:preguntar|mirar|consultar|hablar)\w*|"
    r"(?:lo|la) (?:consulto|hablo|miro)|depende de|(?:todavía|aún) no (?:lo )?(?:sé|sabemos)|ya te "
    r"(?:digo|diré)|il faut que je (?:demande|vérifie|voie)|je (?:dois|vais) (?:demander|voir|"
    r"vérifier)|ça dépend|on ne sait pas|je (?:te|vous) dirai)\b|\b(?:i(?:['’]ll| will| must| have "
    r"to| need to| should)? (?:ask|check|find out|clarify|look)|(?:gotta|got to|(?:i )?asked|"
    r"asking) (?:\w+)|(?:will|must|to|can only|let me) ask|(?:i(?:['’]ll| will| need to| must| "
    r"have to)|let me|lemme|gotta|gonna) (?:\w+ )?(?:think|sleep|ask|check|dig|find out|get back)|"
    r"(?:i )?(?:don['’]?t|do not) know|dunno|not sure|no (?:idea|clue|telling)|beats me|ask me "
    r"(?:later|again|tomorrow)|(?:that['’]s|good) (?:the|a good) question|let me (?:\w+ "
    r")?(?:listen|look|see|try|read|test|taste|measure|count) first|good q(?:uestion)?|(?:is|"
    r"that['’]?s) (?:for )?\w+(?: in \w+)?(?:['’]s call| to (?:say|decide|answer))|they['’]ll "
    r"(?:say|tell|decide)|i['’]?ll (?:ring|call|phone|mail|text|poke|ping|nudge|chase|remind|bug|"
    r"message|write)(?: to)? (?:him|her|them|[a-z]+$)|(?:writing|wrote|mailing|mailed|calling|"
    r"texting|texted) (?:to )?(?:the|him|her|them|my)|hold that|(?:\w+ would|you['’]d have to) "
    r"(?:know|ask)|can['’]?t (?:tell|say|know)|what would you|you decide|up to you|(?:muss|müsste|"
    r"müssen) (?:ich|wir) .{0,60}(?:nachsehen|nachschauen|nachfragen|klären|prüfen)|frag(?:e|en|st|"
    r"t)|gefragt|weiß (?:ich )?nicht|(?:schaue?|gucke?|sehe?|messe|zähle) (?:ich )?(?:\w+ )?nach|"
    r"mal sehen|(?:erfahre|weiß|höre) ich (?:erst|später|morgen|nächste)|déjame (?:ver|mirar|"
    r"pensar\w*)|ya veremos|on verra|faut voir|je (?:lui|leur) (?:demande|écris)|keine ahnung|noch "
    r"nicht|ni idea|no (?:lo )?sé|pregunt(?:o|ar[eé]?|aré|ado)|lo decide|se lo paso|je (?:\w+ "
    r")?(?:demande|ne sais pas)|aucune idée|(?:ai|laissé un) (?:demandé|message))\b|^(?:not yet|"
    r"later|pas encore|todavía no|aún no|noch nicht)\b|[我去得要再先]问(?!题)|发邮件|问一下|不知道|"
    r"不清楚|聞いて|確認し|相談し|検討し|考えさせて|未定|まだ決ま|商量|还没定|不确定|看情况|"
    r"[分わ]かりません|知りません"
)
_SMALL_WORDS = frozenset(
    fold(
        "do does should would could shall may might can will want yes no yeah yep ok okay sure of "
        "course please go ahead on start continue it that them this these so both all now then "
        "great good perfect nice cool super thanks done run apply looks look sounds right fine ja "
        "nein bitte gut mach sí si dale vale oui non vas y parfait d accord what how which who "
        "where when you your my our me i ll s first next phase step one rest else everything as "
        "but if than there their they he she him her his its us am been being any some such each "
        "every into onto out up down over about because while until till just also too very more "
        "most much many not nor only still already yet ever never again auf im an bei aus nach "
        "vor um den dem des ein eine einen einem einer eines ist sind war hat haben wird werden "
        "kann ich du er sie es wir ihr man nicht kein keine auch noch nur schon dann da wie was "
        "wer wo wenn als dass weil aber denn mal doch bis durch ohne über unter un una unos unas "
        "lo le se te su sus por que qué del al son está están hay ni muy más pero como cómo ya "
        "también este esta ese esa eso esto cuando donde todo toda une au aux à il elle je tu "
        "vous nous ils elles ce cet cette ces sa ses qui quoi dans sur pour par avec sans est "
        "sont a ont ne pas plus mais ou où aussi comme tout tous toute"
    ).split()
)


_PAIRS = re.compile("(?=([\u30a0-\u30ff\u4e00-\u9fff\\w]{2}))(?=[\u30a0-\u30ff\u4e00-\u9fff])")
"""Two signs, of which the first is no grammatical ending."""


_PARAGRAPHS = 4
"""At the end of a reply: each may end with a question."""


def questions_in(reading: Reading) -> tuple[list[str], list[str]]:
    """The questions listed under a heading, and those that a reply ends with."""
    listed = list(reading.sections.get(Section.QUESTIONS, ()))
    tail = reading.sentences[max(0, min(reading.last_block, len(reading.sentences) - 3)) :]
    coming = reading.sections.get(Section.NEXT, ())
    tail = [sentence for sentence in tail if asks(sentence) or plain(sentence) not in coming]
    closing = len(tail)
    if closing > 1 and asks(tail[-2]) and not RHETORICAL.match(tail[-2]):
        closing -= not _SELF_ANSWERED.match(tail[-1])
    while closing and (asks(tail[closing - 1]) or _YOURS.search(tail[closing - 1])):
        closing -= 1
    asked = [
        _with_its_matter(tail, index)
        for index, sentence in enumerate(tail)
        if len(sentence) >= 4
        and (asks(sentence) or (index >= closing and _YOURS.search(sentence)))
        and (index >= closing or _TO_YOU.search(sentence))
    ]
    asked = [*_before(reading, len(reading.sentences) - len(tail) + closing), *asked]
    known = {fold(text) for text in listed}
    return listed, [
        q for q in dict.fromkeys(asked) if fold(q) not in known and not _NOTHING_ASKED.match(q)
    ]


def _before(reading: Reading, closing: int) -> list[str]:
    """The questions of the last paragraphs that are put to the reader and not answered at once."""
    said = reading.sentences
    return [
        _with_its_matter(said, index)
        for paragraph in reading.paragraphs[-_PARAGRAPHS:]
        for index in paragraph
        if index < closing
        and asks(said[index])
        and len(matter(said[index])) > 1
        and not RHETORICAL.match(said[index])
        and (index + 1 == len(said) or not _SELF_ANSWERED.match(said[index + 1]))
    ]


def _with_its_matter(said: Sequence[str], index: int) -> str:
    """A question; "What do you think?" together with the sentence that it is about."""
    short = len(said[index]) < 12 or not asks(said[index])
    back = _OF_THE_LAST.match(said[index]) or _POINTS_BACK.match(said[index])
    if index and (back or short):
        return plain(f"{said[index - 1]} {said[index]}")
    return plain(said[index])


def wonders(sentence: str) -> bool:
    """Whether a sentence of a prompt is a question, be it without its mark."""
    return asks(sentence) or bool(_UNMARKED.match(sentence))


_UNMARKED = re.compile(
    r"(?:(?:and|but|so|also|ok|btw|by the way|hey|oh|one more thing|quick question)\b[, ]*)*(?:"
    r"(?:what|how|why|who|where|which) (?:is|are|was|were|does|do|did|would|should|can|could|will|"
    r"happens?|about|else|many|much|long)\b(?!.*:)|(?:isn['’]?t|aren['’]?t|doesn['’]?t|didn['’]?t|"
    r"wasn['’]?t|won['’]?t|can['’]?t|shouldn['’]?t|is|are|was|"
    r"were|do|does|did|should|shall|will|would|can|could) (?:it|that|this|there|they|we|i|you|he|"
    r"she|those|these|the)\b(?! best\b))|"
    r".*(?:どう|何|どれ|いつ|どこ|誰).*(?:しょう|です|ます)(?:か|ね|よ)?[。]?$",
    re.IGNORECASE,
)


def asked_by_user(prompt: Reading) -> list[str]:
    """The questions that a prompt puts."""
    said = prompt.sentences
    asked = (
        _with_its_matter(said, n)
        for n, s in enumerate(said)
        if asks(s)
        and not REQUEST.match(s)
        and not (n + 1 < len(said) and _SELF_ANSWERED.match(said[n + 1].lstrip(". …")))
    )
    return [q for q in dict.fromkeys(asked) if len(q) >= 8]


@lru_cache(maxsize=4096)
def matter(text: str) -> frozenset[str]:
    """What a sentence is about: the beginnings of its words, so that "cursors" is "cursor"."""
    words = tokens(text) - _SMALL_WORDS
    if text.isascii() or max(text) < "\u3000":
        return frozenset(word[:5] for word in words)
    return frozenset(part for word in words for part in _parts(word))


def _parts(word: str) -> Iterable[str]:
    """Its beginning; where nothing stands between words, each two signs that carry meaning."""
    return _PAIRS.findall(word) if max(word) > "\u3000" else (word[:5],)
