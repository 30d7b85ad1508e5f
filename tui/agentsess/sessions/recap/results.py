"""What texts say is done: work that they claim, and what they report came of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agentsess.sessions.recap.ahead import is_ahead
from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.reading import Reading, phases_in, read
from agentsess.sessions.recap.sections import Section
from agentsess.sessions.recap.text import announces, asks, plain
from agentsess.sessions.recap.underway import in_part, says_under_way

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
# Verbs that tell of no finished piece of work, and adjectives that look like them.
_NO_WORK = (
    r"affected|agreed|allowed|appeared|asked|assumed|based|believed|blocked|broken?|called|caused|"
    r"checked|concerned|confused|considered|crashed|damaged|decided|denied|detected|died|doubted|"
    r"embed|exceed\w*|exhausted|expected|expired|failed|feed|felt|forced|found|gone wrong|got|"
    r"guessed|happened|heard|held|hoped|indeed|intended|interested|involved|kept|knew|known|"
    r"left|liked|limited|located|looked|lost|meant|measured|mentioned|mis\w+|mixed|need|needed|"
    r"noted|noticed|occurred|outdated|owned|overload\w*|planned|pleased|postponed|preferred|"
    r"promised|proposed|read|refused|rejected|related|remained|required|reserved|said|saw|seed|"
    r"seemed|shared|sorry|speed|started|stayed|stopped|stuck|suggested|supposed|surprised|"
    r"suspected|thought|tied|tired|told|took|tried|triggered|turned out|understood|un(?!done)\w+|"
    r"used|waited|wanted|went|wondered|worried"
)
_MADE = (
    rf"(?!(?:{_NO_WORK})\b)(?:\w{{2,}}ed|built|bought|cut|drawn|done|hidden|laid|made|overwritten|"
    r"paid|put|rebuilt|redone|reset|rewritten|run|sent|set|shown|shut|sold|split|swept|taken|taught|"
    r"thrown|undone|withdrawn|written)"
)
_MADE_ACTIVE = (
    rf"(?!(?:{_NO_WORK})\b)(?:\w{{2,}}ed|built|bought|cut|drew|did|hid|laid|made|overwrote|paid|"
    r"put|ran|rebuilt|redid|reset|rewrote|sent|set|shut|sold|split|swept|took (?:out|off|over)|"
    r"threw|undid|withdrew|wrote)"
)
_ALSO = r"(?:all|also|already|both|each|fully|just|now|too|then|completely|finally|thus|again)"
_READY = (
    r"(?:done|finished|complete|ready|in place|in the bag|behind (?:us|you)|over and done|"
    r"out of the way|through|sorted|up and running|up(?: again)?(?= since|[.,;]| and)|"
    r"back up|back online|live|"
    r"online|gone|clean|closed|settled|in(?=[.,;]|$| and)|out(?=[.,;]|$| and)|over there)"
)
_DONE_ENGLISH = (
    # of itself
    rf"(?:^|[,;:] )(?:[^,;:]{{2,60}} )(?:is|are|['’]s|['’]re|has been|have been) "
    rf"(?:{_ALSO} )*{_READY}\b|"
    rf"^(?:(?:and|so|then|ok(?:ay)?|good|done|great|right|yes)\b[\s,.!:–—-]+)*[\w #.,'’-]{{2,50}}"
    rf" (?:done|finished|complete)(?: as well| too|,? too)?[.;,!—–]|"
    rf"^(?:that|this)(?:['’]s| is| makes| was) .{{2,50}} (?:done|finished|in the bag)\b"
)
_MADE_ENGLISH = (
    rf"^(?:(?:and|so|then|ok(?:ay)?|good|done|great|right|yes|also)\b[\s,.!:–—-]+)*"
    rf"(?:(?:i|we)(?:['’]ve| have)? (?:{_ALSO} )*{_MADE_ACTIVE}\b|"
    rf"(?:{_ALSO} )*{_MADE_ACTIVE} (?!by\b|in\b|from\b|as\b)\S)|"
    rf"\b(?:is|are|['’]s|['’]re|has been|have been) (?:{_ALSO} )*{_MADE}\b"
)
_MADE_GERMAN = (
    r"\b(?:ist|sind|wurden?|hab(?:e|en)?)\b(?: \S+){0,12} "
    r"(?:\w*ge\w{2,}(?:t|en)|(?:ver|be|er|ent|zer|über|unter)\w{2,}(?:t|en)|\w{3,}iert|"
    r"fertig|erledigt|drin|weg|online|bereit|durch)\b|"
    r"^(?:(?:gut|ok|so)[,.!] )?(?:\w*ge\w{2,}t|erledigt|fertig|\w{3,}iert)[.!:,]"
)
_MADE_FRENCH = (
    r"\b(?:est|sont|a été|ont été|j['’]ai|on a|nous avons)(?: (?:bien|tous|toutes|déjà|aussi|"
    r"maintenant|désormais|enfin))* (?:\w{2,}(?:ée?s?|ies?|ues?)|faits?|faites?|écrite?s?|"
    r"mise?s? (?:à|en)|prête?s?|en place|en ligne|ouverte?s?|remise?s?)(?!\w)|"
    r"^(?:fait|\w{3,}é)e?s?[.!,:]|\bc['’]est (?:fait|prêt|en place|en ligne|corrigé)"
)
_MADE_SPANISH = (
    r"\b(?:está|están|ha sido|han sido|queda|quedan|quedó|quedaron|he|hemos)"
    r"(?: (?:ya|todos?|todas?|también|ahora))* (?:\w{2,}[ai]d[oa]s?|hech[oa]s?|list[oa]s?|"
    r"escrit[oa]s?|puest[oa]s?|resuelt[oa]s?|vuelt[oa]s?|en marcha|en línea)(?!\w)|"
    r"^(?:ya )?(?:\w{3,}[ai]d[oa]s?|hecho|listo)[.!,:]"
)
_MADE_ASIAN = (
    r"(?:済み|済です|完了|(?<!あり)(?<!かり)(?<!つかり)(?<!思い)(?<!言い)(?<!でし)ました(?:。|が|$)|"
    r"已(?:经)?(?!知)|完成|[也都]好了|[做写改弄译翻跑看测校录]完|[做写改弄修加删搬传跑建]好了?|改成|[加删换改写搬导传修补](?:上|掉|完|好)?了)"
)
_DONE = Wordings(_DONE_ENGLISH)
_MADE_SO = Wordings(
    "|".join((_MADE_ENGLISH, _MADE_GERMAN, _MADE_FRENCH, _MADE_SPANISH, _MADE_ASIAN))
)
_OTHERWISE_NOW = Wordings(
    r"(?<=\w )(?:now|no longer|from now on|jetzt|nun|nicht mehr|désormais|maintenant|ahora|"
    r"ya no)\b"
)
_TELLS = (_DONE, _MADE_SO)
# Of programs and things that do what they are for.
_WORKS = Wordings(
    r"\b(?:works?|builds|compiles?|links|runs|pass(?:es)?|starts|boots|loads|parses|renders?|"
    r"holds?|installs|stands?|succeeds?|responds?|fits?|opens|green|(?:comes?|came|goes|go|went|"
    r"turns?|turned) (?:out |back )?(?:well|right|fine|in|through|out|back)|"
    r"(?:is|are)(?: all| both)* (?:in|there|here|up|on|live|green|valid|clean|fine|through|"
    r"behind us|gone|out|off|over|back|closed|open|correct|right)|"
    r"läuft|laufen|geht|gehen|baut|klappt|klappen|stimmt|stimmen|steht|stehen|funktioniert|"
    r"funktionieren|startet|(?:ist|sind) (?:drin|da|durch|weg|raus|grün|sauber)|"
    r"marchent?|tournent?|fonctionnent?|passent|démarrent?|(?:est|sont) (?:là|en place|en ligne)|"
    r"funcionan?|van? bien|compilan?|pasan?|arrancan?|están? (?:list[oa]s?|en su sitio|dentro))\b|"
    r"できました|通りました|通っています|動き|動いて|成功|正常|没问题|通过|跑通|好了"
)
_FIRST_CLAUSE = re.compile(
    r"[:;,.!](?=\s|$)|[。、，；：]|\s[–—-]\s|\s\(|\b(?:but|aber|mais|pero)\b", re.IGNORECASE
)
_BROUGHT_ABOUT = (
    r"(?:approved|booked|cleared|closed|corrected|cut|delivered|deployed|done|drawn|edited|filed|"
    r"finished|fixed|flashed|installed|launched|mailed|merged|migrated|mounted|moved|ordered|paid|"
    r"painted|posted|printed|published|pushed|recorded|rehearsed|released|removed|rolled out|sent|"
    r"shipped|signed|submitted|switched|tested|translated|typed|uploaded|written)"
)
# What users report of their own part.
_BY_USER = Wordings(
    rf"(?:^|[,;:.] )(?:update: )?[^,;:.?]{{1,50}} (?:(?:is|are|was|were|has been|have been) )?"
    rf"(?:{_ALSO} )*{_BROUGHT_ABOUT}(?=[,.;!:)]|$| (?:now|too|already|and|since|this|yesterday|"
    r"today|thx|thanks))|"
    r"^(?:update: )?(?:i |we )?(?:ran|tested|tried) (?:it|them|that) (?:out )?(?:with|on|in|at) |"
    r"\b(?:ist|sind) (?:jetzt |schon |auch )?(?:fertig|erledigt|raus|gedruckt|geschrieben|"
    r"unterschrieben|verschickt|bestellt|bezahlt|eingebaut|gemergt|abgeschickt|beim drucker|da)\b|"
    r"^\w+ hängt\b|"
    r"\b(?:est|sont) (?:déjà |aussi )?(?:faite?s?|envoyée?s?|écrite?s?|imprimée?s?|signée?s?|"
    r"prête?s?|livrée?s?|payée?s?|publiée?s?|commandée?s?)(?!\w)|"
    r"\b(?:está|están) (?:ya )?(?:hech|list|enviad|escrit|impres|firmad|pagad|publicad|pedid)"
    r"[oa]s?\b|"
    r"(?:でき|終わり|済み|完成し)ました|(?:已经|都|也)?(?:做|写|改|弄|译|印|发|寄|签|装)(?:好|完)了|试运行了"
)
_WANTED = Wordings(
    r"\b(?:want|needs?|get|gets|have|has to|must|please|should|let|make|could|would|is to|are to|"
    r"then|ought|soll\w*|muss|müssen|bitte|il faut|faut|doit|debe|hay que|por favor)\b|ください|请"
)
_IN_DOUBT = Wordings(
    r"\b(?:not|never|nothing|none|yet|still|only|almost|nearly|half|partially|partly|should|would|"
    r"could|may|might|must|can|if|unless|until|till|when|once|as soon|before|after|needs?|will|"
    r"going to|tried to|being|to be|except|why|where|nicht|noch|kein\w*|nie|fast|erst|wenn|falls|"
    r"sobald|bevor|nachdem|würden?|könnten?|sollten?|müssen|muss|pas|jamais|encore|presque|si|"
    r"quand|dès|avant|après|serait|no|nunca|todavía|aún|casi|cuando|antes|después|sería)\b|"
    r"n['’]t\b|['’](?:ll|d)\b|未|没|無|不|ません|なら|れば|たら|如果|还"
)
_CLAIM_IN_DOUBT = Wordings(
    r"\b(?:would have|could have|if|except|but not|not yet|haven['’]t|partially|tried|almost|"
    r"was going to|noch nicht|todavía no|aún no|pas encore)\b"
)

_NO_REPORT = Wordings(
    r"\b(?:can['’]?t|cannot|couldn['’]?t|may not|refuse[sd]?|denied|yet|still|fails?|failing|"
    r"(?:has|have|run|tests?|it) failed|"
    r"failed (?:to|with|because)|blocked|i(?:['’]d|['’]ll| will| would)|should (?:i|we)|we should|"
    r"would|almost|nearly|in progress|stumbles?|breaks? off|under ?way|(?:is|are|comes?) next|"
    r"stopped|sorry|"
    r"theor(?:y|ies)|hypothes[ie]s|suspect(?:ed|s)?|presumably|vermut\w+|hipótesis|hypothèse|"
    r"correct myself|here(?:['’]s| is| are)|where we are|so far|reproduced|understood|noted|agreed|"
    r"not started|(?:is|are) running|noch (?:nicht|kein\w*|offen)|nicht|fehlt|falta|"
    r"quedan? (?:por|pendientes?)|"
    r"todavía|aún|en curso|reste|pas encore|"
    r"il manque)\b|^(?:no|not|nein|almost|unchanged|yes,?|ok|good|i (?:found|see|think))\b(?!:)|"
    r"[?:]$|未|尚|还没|没有|无法|需要|等|まだ|失敗|失败|できません"
)
_LONGEST_REPORT = 160
_TERSE = 24
"""A claim that is shorter says what is done only together with what follows."""


def _reported_by_user(prompt: Reading) -> list[str]:
    """What a prompt says that its writer has done."""
    return [
        plain(sentence)
        for sentence in prompt.sentences
        if len(sentence) <= _LONGEST_REPORT
        and not asks(sentence)
        and not _WANTED.search(sentence)
        and _told(_BY_USER, sentence)
    ]


@dataclass(frozen=True, slots=True)
class Told:
    """A text that may tell of work that is done."""

    seq: int
    said: Reading | str
    made: bool = False
    """Whether tools changed something before it."""
    well: bool = False
    """It ends a turn in which that went well, and so begins with a report of it."""
    by_user: bool = False

    def done(self) -> list[str]:
        """What it says is done."""
        reading = read(self.said) if isinstance(self.said, str) else self.said
        if self.by_user:
            return _reported_by_user(reading)
        well = self.well or (self.made and tells_well(reading))
        claims = _claims_in(reading, made=self.made, well=well)
        report = reported(reading) if well else ""
        told = [text for text in claims if text in report]
        if not report or any(_CLAIM.match(text) for text in told):
            return claims
        return [report, *(text for text in claims if text not in told)]


def _claims_in(reading: Reading, *, made: bool, well: bool) -> list[str]:
    """Work that a reply says is done: under a heading, or in a sentence such as "I've fixed …";
    after changes also with "… is …ed", after such that went well with what is otherwise now."""
    found = list(reading.sections.get(Section.DONE, ()))
    for index, sentence in enumerate(reading.sentences):
        bare = sentence.lstrip("-*•✅✔✓ ")
        if len(bare) > 400 or asks(bare) or bare[:1] == "[":
            continue  # a box of a list tells of its own item
        claims = _CLAIM.match(bare) or _BARE_CLAIM.match(bare) or _FOREIGN_CLAIM.match(bare)
        if (
            (claims and not _CLAIM_IN_DOUBT.search(bare))
            or _told(_DONE, bare)
            or (made and _told(_MADE_SO, bare))
            or (well and _told(_OTHERWISE_NOW, bare))
        ):
            following = "".join(reading.sentences[index + 1 : index + 2])
            if len(bare) < _TERSE and _reports(following):
                bare += f" {following}"
            found.append(plain(bare).rstrip(":"))
    return list(dict.fromkeys(found))


def reported(reading: Reading) -> str:
    """The first sentence of a reply to finished work, if it says what came of it; a short one
    with the second."""
    lead = reading.lead
    if not lead or not _reports(lead):
        return ""
    told = lead
    listed = {text for texts in reading.sections.values() for text in texts}
    for sentence in reading.sentences[reading.sentences.index(lead) + 1 :]:
        if (
            plain(sentence) in listed
            or not _reports(sentence)
            or len(told) + len(sentence) >= _LONGEST_REPORT
        ):
            break
        told += f" {sentence}"
    return plain(told)


def tells_well(reading: Reading) -> bool:
    """Whether a reply begins with what is done or works, whatever else went wrong."""
    return _tells_well(reported(reading))


def _tells_well(sentence: str) -> bool:
    """Whether its first clause says that something is done or works."""
    first = _FIRST_CLAUSE.split(sentence, 1)[0]
    told = _CLAIM.match(first) or any(p.search(first) for p in (*_TELLS, _WORKS))
    doubtful = _IN_DOUBT.search(first) or says_under_way(first) or in_part(sentence)
    return bool(told) and not doubtful


def _reports(sentence: str) -> bool:
    if (
        not sentence
        or asks(sentence)
        or len(sentence) > 300
        or phases_in(sentence)
        or sentence[:1] == "["
    ):
        return False  # a box of a list tells of its own item
    doubtful = (
        _NO_REPORT.search(_CONSEQUENCE.split(sentence)[0])
        or is_ahead(sentence)
        or says_under_way(sentence)
    )
    return not doubtful or _tells_well(sentence)


_CONSEQUENCE = re.compile(r", (?:so|which|as|since|sodass|weil|da|car|donc|así que|porque) ")
_CLAUSE_ENDS = re.compile(
    r"[,;:.!。、，；：](?=\s|$)|\s[–—-]\s|\s\(|\b(?:and|but|und|aber|et|mais|y|pero) "
)


def _told(pattern: Wordings, sentence: str) -> bool:
    """Whether a clause that is in no doubt says so."""
    if len(sentence) > 300 or sentence[-1:] == ":" or not pattern.search(sentence):
        return False
    if announces(sentence) or phases_in(sentence) or is_ahead(sentence):
        return False
    clauses = (_clause(sentence, m.start(), m.end()) for m in pattern.finditer(sentence))
    return any(not (_IN_DOUBT.search(clause) or says_under_way(clause)) for clause in clauses)


def _clause(sentence: str, start: int, end: int) -> str:
    ends = [m.end() for m in _CLAUSE_ENDS.finditer(sentence, 0, start)]
    after = _CLAUSE_ENDS.search(sentence, end)
    return sentence[ends[-1] if ends else 0 : after.start() if after else len(sentence)]
