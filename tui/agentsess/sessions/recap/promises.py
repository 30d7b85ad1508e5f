"""What the user says that he or somebody else will do, and what he puts off until later."""

from __future__ import annotations

from collections.abc import Iterator

from agentsess.sessions.recap.days import DAY, FAR
from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.questions import matter
from agentsess.sessions.recap.reading import Reading
from agentsess.sessions.recap.text import FACT_LENGTH, asks, plain
from agentsess.sessions.recap.waiting import WHO

_SHORTEST = 6
_LONGEST = 300
_FEWEST_WORDS = 3
_NAMING = 2
"""A line with fewer words of its own needs the sentence before."""

_TURN = (
    r"(?:e?mail|text|message|ping|phone|ring|nudge|poke|chase|remind|inform|notify|consult|contact)"
)
_ADDRESSED = r"(?!(?:you|me|it|this|that|myself|for|because|since|only|again|if|what|how|why)\b)\w+"
_REACH_DE = r"(?:frag|ruf|schreib|klär|sag|meld|schick|hol|besorg|sprech|red|mail|bring|organisier)"
_REACH_FR = (
    r"(?:demande|appelle|écris|envoie|contacte|relance|préviens|transmets|rappelle|"
    r"m['’]en (?:occupe|charge)|passe (?:voir|chez|un coup)|verrai|ferai|dirai|enverrai|demanderai)"
)
_REACH_ES = (
    r"(?:pregunto|paso|consulto|digo|escribo|llamo|pido|aviso|mando|envío|comento|encargo|ocupo|"
    r"miro yo|hago yo)"
)
_PROMISED = Wordings(
    r"\bremind me to\b|\bi['’]m (?:off|going) to \w+|"
    r"^(?:afterwards|after that|later|danach|anschließend|después|luego|ensuite) (?:\w+ ){3}|"
    r"その後|"
    r"^(?:and |but |ok |then )?(?:i['’]?ll|i will|we['’]ll|(?:i|we) shall) (?!check|think|let|"
    r"see|look|be\b|have\b|get back|go with|use|keep|take|sell|answer)\w+|"
    r"\b(?:i|we)(?:['’]?ll| will| shall) (?:be (?!able|there|fine|back|happy|glad)\w+ing|"
    r"take (?:it|this|that|them) (?:to|up|home|over)|bring (?:it|this|that) up)\b|"
    # Somebody is to be asked: that is no answer yet.
    r"(?:^|[,;.] )(?:but |so |and |da )?(?:(?:i |we )(?:['’]?ll |will |must |have to |need to )?|"
    r"will |must |gotta |got to |have to |need to |gonna |le[tm]me |let me )"
    rf"(?:ask|call|ring|phone|write to|talk to) {_ADDRESSED}|"
    r"\b(?:i|we)(?:['’]?ll| will| shall| must| have to| need to|['’]m going to|['’]m gonna| gonna) "
    r"(?:ask|call|tell|mail|email|write) (?!you|me\b)\w+|"
    rf"\bi(?:['’]m|['’]?ll| will| shall)? {_TURN}(?:ing)? {_ADDRESSED}|"
    r"(?:^|[,;.] )(?:i['’]m |we['’]re )?(?:asking|calling|ringing|phoning|mailing|emailing|texting|"
    r"writing to|meeting|seeing|visiting) (?:him|her|them|the|my|our|(?-i:[A-Z])\w+)|"
    r"\bmuss ich \w*klären\b|"
    rf"\b(?:muss ich|ich muss|ich) (?:\w+ ){{0,4}}(?:fragen|anrufen|klären|abklären)\b|"
    rf"\b{_REACH_DE}e? (?:ich|da|mal|morgen|die|den|das|wir) (?!mich\b)|"
    rf"\bich {_REACH_DE}e? (?!mich\b)\w+|"
    rf"\bje (?:lui |leur |les? |la |l['’]|vais (?:lui |leur |le |la )?|dois )*(?:{_REACH_FR}|"
    r"demander|appeler|écrire|envoyer|prévenir|relancer|rappeler)\b|"
    rf"\b(?:les?|se l[oa]s?|l[oa]s?|me) {_REACH_ES}\b|\bpregunto a\b|"
    r"\bvoy a (?:preguntar|llamar|escribir|pedir|hablar|consultar|mandar|avisar)\w*|"
    r"聞いて|聞きます|頼んで|頼みます|(?:確認|相談|連絡|依頼|手配|報告)し(?:ます|ておき|てみ)|"
    r"問い合わせ(?:ます|てみ)|(?:撮って|送って)おき|"
    r"我(?:明天|今天|下午|晚上|回头|待会儿?)?[要得会先]?[去来]?(?:[问找催]|联系|会|跟.{1,8}(?:商量|说|确认|"
    r"讨论|谈))"
)
# What somebody else takes on; "she promised to", "Paula macht das".
_TAKES_ON = Wordings(
    rf"\b(?!(?:i|we|you|it|he|she|they)\b){WHO}(?:['’]ll| will| is going to| is gonna|"
    r" promised to| offered to| volunteered to| agreed to| is to| plans to|"
    r" wants to (?!know\b)) (?!(?:be|have|like|love|need|see|not|never|know|think|"
    r"hate|mind|kill|be able)\b)\w+|"
    rf"\b{WHO} (?:promised|offered|volunteered) (?:to|it|that|for)\b|"
    r"\b(?:macht|übernimmt|erledigt|klärt|regelt) (?:das |dann |es )?(?-i:[A-ZÄÖÜ])\w+|"
    r"\b(?!(?:es|das|was|wer|man)\b)\w+ (?:macht|übernimmt|erledigt|klärt|regelt) (?:das|es|die|"
    r"den)\b|\b(?:kümmert sich|setzt sich dran)\b|"
    r"\b(?:s['’]en (?:occupe|charge|occupera|chargera))\b|\bse (?:encarga|ocupa)\b|"
    r"さんに.{0,6}(?:お願いします|頼みます)|"
    r"(?:他|她|他们|小.|老.)(?:来|会|负责|去)(?:弄|做|查|改|处理|确认|问)?"
)
_DAYTIME = (
    r"\b(?:in the (?:afternoon|evening|morning)|this (?:afternoon|evening|morning)|"
    r"after (?:lunch|work|dinner|breakfast|school|church|hours)|at noon|heute (?:nachmittag|noch|"
    r"mittag)|nachher|nachmittags?|cet après-midi|tout à l['’]heure|esta (?:mañana))\b"
)
_DATED = Wordings(
    rf"(?<!\ba )(?<!every )\b{DAY}(?!['’])|\b(?:this|next) (?:weekend|evening|afternoon|sprint|"
    rf"(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b|\b(?:on|from) the \d{{1,2}}"
    rf"(?:st|nd|rd|th)\b|{_DAYTIME}|"
    r"\b(?:samstag|sonntag|heute abend|samedi|dimanche|ce soir|la semaine prochaine|"
    r"el (?:sábado|domingo)|esta (?:tarde|noche)|la (?:semana que viene|próxima semana))\b|"
    r"明日|明天|今晩|今晚|来週|来月|下周|下个?月|[月火水木金土日]曜|周[一二三四五六日]"
)
_PUT_OFF = Wordings(FAR)
_PAST = (
    r"was|were|has been|have been|had|been|did|asked|told|sent|wrote|mailed|emailed|called|"
    r"said|says|bought|happened|failed|broke|crashed|went|came|got|met|ran|made|took|saw|"
    r"found|gave|yesterday|last|since|ago|seit|hatte|war|wurde|depuis|était|estaba|fue|caducó"
)
# No act on that day: a deadline, an absence, what was, what is supposed.
_NO_ACT = Wordings(
    rf"\b(?:{_PAST}|by|due|before|after(?! (?:lunch|work|dinner|breakfast|school|church|hours)\b)|"
    r"depends|ask me|till?|until|if|"
    r"(?<!is )(?<!are )(?<!be )(?!need|indeed|\w{,2}eed)\w{3,}ed|"
    r"because|bis|vor|wenn|jusqu|avant|hasta|desde|antes|deadline)\b|まで|から|ました|した|昨日|了|"
    r"^(?:guten|good) m|^hi\b|\b(?:is|are|sounds?|looks?) (?:fine|ok|okay|good|great|perfect)\b"
)
_NOT_PUT_OFF = Wordings(
    rf"\b(?:{_PAST}|by|due|deadline|if|opens?|starts?|begins?|ends?|is|are|every|each|"
    r"will be|beginnt|fängt|endet|jede[nrms]?|commence|chaque|empieza|cada)\b"
)


def promises_in(reading: Reading, *, recent: bool, lately: bool) -> Iterator[str]:
    """The lines of a prompt that say what is to be done, the last first.

    Args:
        reading: The prompt.
        recent: Whether a day that it names is still to come.
        lately: Whether a promise may be unkept still; what was put off for weeks is anyhow.
    """
    for index in range(len(reading.sentences) - 1, -1, -1):
        sentence = reading.sentences[index]
        if asks(sentence) or not _SHORTEST <= len(sentence) <= _LONGEST:
            continue
        if (
            (lately and (_PROMISED.search(sentence) or _TAKES_ON.search(sentence)))
            or (recent and _is_dated(sentence))
            or _is_put_off(sentence)
        ):
            yield plain(_named(reading.sentences, index))


def _named(said: list[str], index: int) -> str:
    """A sentence; one such as "I ask her" with those before, which tell of whom and what."""
    line = said[index]
    if len(matter(line)) < _NAMING:
        while index and len(line) + len(said[index - 1]) < FACT_LENGTH:
            index -= 1
            line = f"{said[index]} {line}"
    return line


def _is_dated(sentence: str) -> bool:
    """Whether it names the day on which something is to happen."""
    return (
        bool(_DATED.search(sentence))
        and not _NO_ACT.search(sentence)
        and len(matter(sentence)) >= _FEWEST_WORDS
    )


def _is_put_off(sentence: str) -> bool:
    """Whether something is to wait for weeks or more."""
    return bool(_PUT_OFF.search(sentence)) and not _NOT_PUT_OFF.search(sentence)
