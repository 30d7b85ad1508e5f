"""What a reply says of its writer's own choices: an act of choosing with a contrast or a reason."""

from __future__ import annotations

import re
from itertools import zip_longest

from agentsess.sessions.recap.ahead import is_ahead
from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.reading import Reading
from agentsess.sessions.recap.text import asks, mentions, plain

_LONGEST = 300
_ACT = Wordings(
    r"\bi(?:['’](?:ve|m|ll)| have| am)?(?: also| only| now| just| therefore| deliberately)* "
    r"(?:set(?:ting)?|leav(?:e|ing)|left|keep(?:ing)?|kept|pin(?:n(?:ed|ing))?|put(?:ting)?|"
    r"mak(?:e|ing)|made|us(?:e|ed|ing)|tak(?:e|ing)|took|count(?:ed|ing)?|exempt(?:ed|ing)?|"
    r"treat(?:ed|ing)?|choos(?:e|ing)|chose|pick(?:ed|ing)?|go(?:ing)? with|went (?:with|for)|"
    r"skip(?:p(?:ed|ing))?|exclud(?:e|ed|ing)|default(?:ed|ing)?|merg(?:e|ed|ing)|round(?:ed|ing)?|"
    r"limit(?:ed|ing)?|nam(?:e|ed|ing)|call(?:ed|ing)?|st(?:ick|icking|uck) (?:to|with)|opt(?:ed|"
    r"ing)?|assum(?:e|ed|ing)|stor(?:e|ed|ing)|mark(?:ed|ing)?|group(?:ed|ing)?|sort(?:ed|ing)?|"
    r"switch(?:ed|ing)?|replac(?:e|ed|ing)|validat(?:e|ed|ing)|writ(?:e|ing)|wrote|read|"
    r"order(?:ed)?|cap(?:p(?:ed|ing))?|ignor(?:e|ed|ing)|prefer(?:red)?|split(?:ting)?|"
    r"translat(?:e|ed|ing)|drop(?:p(?:ed|ing))?|omit(?:t(?:ed|ing))?|cut(?:ting)?|bas(?:e|ed|"
    r"ing))\b|\bwe(?:['’]ll| will) (?:use|keep|take|leave|store|count|treat|skip|drop|limit|cache|"
    r"sort|group)\b|\b(?:(?:is|are|gets?) (?:now )?(?:capped|limited|kept|left|skipped|ignored|"
    r"rounded|stored|sorted|grouped|named|counted|treated|pinned|merged|split|dropped|excluded|"
    r"cached))\b|\b(?:gruppiert|sortiert|gerundet|gezählt|gespeichert|ausgelassen) (?:wird|"
    r"werden)\b|\b(?:ich habe|habe ich)\b.*\b(?:beibehalten|behalten|gelassen|belassen|gesetzt|"
    r"genommen|gewählt|verwendet|gezählt|behandelt|festgelegt|gerundet|sortiert|gruppiert|"
    r"gespeichert|benannt|ausgelassen|weggelassen|übersprungen|ersetzt|zusammengelegt|getrennt|"
    r"vermieden|ignoriert|markiert|übernommen)\b|\b(?:ich (?:lasse|nehme|setze|verwende|rechne|"
    r"zähle|behalte|bleibe|schreibe)|(?:lasse|nehme|setze|verwende|rechne|zähle|behalte|bleibe|"
    r"schreibe) ich|he (?:puesto|dejado|usado|tomado|fijado|mantenido|elegido|separado|contado|"
    r"cambiado)|dejo|uso|tomo|pongo|mantengo|separo|j['’]ai (?:mis|gardé|laissé|pris|compté|choisi|"
    r"utilisé|fixé|séparé)|je (?:compte|garde|laisse|prends|mets|pars|utilise|sépare))\b|に(?:して|"
    r"しておき|し)まし|ことにし|そろえま|統一しま|残しま|使いま|我(?:没有?(?:音译|改|动|用|翻|译|"
    r"删|加|合并|拆)|把|用|保留|设|放|采用|按|统一)|我们?用|保留"
)
_CONTRAST = Wordings(
    r"\b(?:instead of|in place of|rather than|no longer|statt|anstelle|en vez de|en lugar de|"
    r"au lieu de|plutôt que|et non|und nicht|y no)\b|, (?:not|never|nicht|nie|no|nunca|pas|"
    r"jamais) \w+|ではなく|じゃなく|而不是|没有?\w*[，,]"
)
_REASON = Wordings(
    r"\b(?:so that|so (?:nobody|no one|you|that|it|they|we|a|the|nothing|an)\b|because|since|"
    r", so (?!far|much|is|are|do|did)\w+ \w+|in order (?:to|not)|damit|weil|sodass|denn|para que|"
    r"porque|ya que|pour que|afin|car|puisque|parce que)\b|, as (?!well|you|long|soon|far|if)|"
    r"ので|ため|ように|以便|方便|因为|免得|避免"
)
_TELLS_MORE = re.compile(r"; \w|\w ?: \w")
_PLAINLY = Wordings(
    r"^(?:so |then )?i(?:['’](?:ll|m|ve))? \w+ .*\b(?:instead of|in place of|rather than)\b|"
    r"^(?:so |then )?(?:i|we)['’](?:ll|m) \w+ .*, not \w+|\b(?:ich \w+e|\w+e ich)\b.*\b(?:statt|"
    r"anstelle)\b|\bje \w+e\b.*\b(?:plutôt que|au lieu de)\b|"
    r"^(?:\w+ )?\w+o\b.*\b(?:en vez de|en lugar de)\b"
)
_HINTS = (
    *("instead", "place of", "rather", "no longer", "statt", "anstelle", " vez", "lugar", "lieu"),
    *("plutôt", "et non", "und nicht", "y no", ", n", ", pas", ", jamais", "ではなく", "じゃなく"),
    *("而不是", "没", " so ", "because", "since", "order ", "damit", "weil", "denn", "para que"),
    *("porque", "ya que", "pour que", "afin", " car ", "puisque", "parce", ", as ", "; ", "ので"),
    *("ため", "ように", "以便", "方便", "因为", "免得", "避免"),
)
"""Only with one of these there is a contrast or a reason."""
_NO_CHOICE = Wordings(
    r"\b(?:fail\w*|error\w*|broke\w*|bug|can['’]?t|cannot|couldn['’]?t|would|could|once|"
    r"tomorrow|crash\w*|found|looks?|wrong|(?:is|are) missing|mistake|sorry|stuck|waiting|next|"
    r"sobald|morgen|fehlt|falla|mañana|manque|demain)\b|たら|失敗|如果|失败"
)


def chosen_in(reply: Reading) -> list[str]:
    """The sentences that tell what their writer chose: what he does and why, or what he does and
    what not; what is done may stand without him, with both."""
    said = reply.sentences
    return [
        plain(sentence)
        for sentence, after in zip_longest(said, said[1:], fillvalue="")
        if len(sentence) <= _LONGEST
        and ((mentions(sentence, _HINTS) and _chooses(sentence)) or _for_a_reason(sentence, after))
    ]


def _for_a_reason(sentence: str, after: str) -> bool:
    """Whether the next sentence says what a choice is good for."""
    return bool(_WHEREFORE.search(after) and _ACT.search(sentence)) and not (
        asks(sentence) or _NO_CHOICE.search(sentence)
    )


_WHEREFORE = Wordings(
    r"^(?:that way|this way|otherwise|or else|else|sonst|andernfalls|auf diese weise|so bleib\w+|"
    r"así|si no|de lo contrario|de ese modo|sinon|ainsi|comme ça|autrement)\b|"
    r"^(?:否则|这样|不然|そうしないと|こうすると|これなら)|(?:ため|から)(?:です)?。?$"
)


def acts(sentence: str) -> bool:
    """Whether its writer sets, keeps, takes or leaves something."""
    return bool(_ACT.search(sentence))


def _chooses(sentence: str) -> bool:
    if asks(sentence) or sentence.endswith(":"):
        return False
    contrast, reason = _CONTRAST.search(sentence), _REASON.search(sentence)
    if _NO_CHOICE.search(sentence[: reason.start()] if reason else sentence):
        return False
    if contrast and _PLAINLY.match(sentence):
        return True
    if _ACT.search(sentence):
        told = reason or _TELLS_MORE.search(sentence)
        return bool(contrast) or (bool(told) and not is_ahead(sentence))
    return bool(contrast and reason) and not is_ahead(sentence)
