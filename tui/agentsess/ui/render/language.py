"""Which language a conversation is held in, by the small words that stand in all sentences."""

from __future__ import annotations

import re

ENGLISH = "en"

_SMALL = {
    ENGLISH: "the and to of is in for that with on it this not are be by from all",
    "de": "der die das und ist nicht mit für auf ein eine den dem zu von im noch wird sind wir ich",
    "fr": "le la les des et est pas pour dans une un du que sur avec nous en au par il ne",
    "es": "el la los las y que de en un una por con para no se del es al lo su está",
    "pt": "o os as da do que e em um uma por com para não se dos é ao no na",
    "it": "il la lo gli che e di in un una per con non si del è al le della",
    "nl": "de het een van en in is niet met voor op te dat zijn wordt aan",
}
_LANGUAGES_OF = {
    word: [name for name, words in _SMALL.items() if word in words.split()]
    for words in _SMALL.values()
    for word in words.split()
}
_WORD = re.compile(r"[^\W\d_]+")
_KANA = re.compile("[\u3041-\u30ff]")
_HAN = re.compile("[\u4e00-\u9fff]")
_OTHER_SCRIPT = re.compile("[^\\W\\d_a-zA-Z\u00c0-\u024f]")
_LEAST = 2


def language_of(text: str) -> str:
    """The language as two letters; empty if it is not English and not clearly another one."""
    if len(_KANA.findall(text)) * 10 > len(text):
        return "ja"
    if len(_HAN.findall(text)) * 10 > len(text):
        return "zh"
    counts = dict.fromkeys(_SMALL, 0)
    for word in _WORD.findall(text.lower()):
        for name in _LANGUAGES_OF.get(word, ()):
            counts[name] += 1
    (best, most), (_, second) = sorted(counts.items(), key=lambda each: -each[1])[:2]
    if most >= _LEAST and most > second:
        return best
    foreign = _OTHER_SCRIPT.search(text) or (most and not counts[ENGLISH])
    return "" if foreign else ENGLISH
