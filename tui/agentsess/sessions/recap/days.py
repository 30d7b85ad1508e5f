"""The words for times to come, in the languages that recaps know."""

from __future__ import annotations

WEEKDAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:tues?|thurs?|thur|fri|weds)\b(?!['’-])|"
    r"(?:(?<=on )|(?<=by )|(?<=til )|(?<=till )|(?<=from )|(?<=next )|(?<=this ))"
    r"(?:mon|wed|sat|sun)\b)"
)
"""English, spelt out or as people type it."""
TOMORROW = r"(?:tomorrow|tommorow|tomorow|tommorrow|tmrw|tmrrw|tmr|2moro)"
DAY_DE = r"(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)"
DAY_FR = r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)"
DAY_ES = r"(?:lunes|martes|miércoles|jueves|viernes|sábado|domingo)"
DAY = (
    rf"(?:{TOMORROW}|(?:on )?{WEEKDAY}|next (?:week|month|year)|later today|tonight|"
    rf"(?:am )?{DAY_DE}|morgen|nächste (?:woche|monat)|mañana|el {DAY_ES}|demain|{DAY_FR})"
)
"""A day or so to come."""
MONTH = (
    r"(?:january|february|march(?= )|april|june|july|august|september|october|november|december|"
    r"januar|februar|märz|juni|juli|oktober|dezember|janvier|février|avril|juin|juillet|"
    r"août|septembre|octobre|novembre|décembre|enero|febrero|abril|mayo|junio|julio|agosto|"
    r"septiembre|octubre|noviembre|diciembre)"
)
# Weeks or more away: what is put off until then is still to come when a session ends.
_SEASON = r"(?:spring|summer|autumn|winter|easter|christmas|ramadan|(?:the )?new year)"
_EVENT = (
    r"(?:holidays?|vacation|harvest|release|launch|audit|exams?|season|move|wedding|freeze|"
    r"go-?live|migration|election|conference|fair|inventory|school year|semester|term|peak|sale)"
)
FAR = (
    rf"\b(?:after|until|till) (?:the )?(?:{_SEASON}|{MONTH}|q[1-4])\b|"
    rf"\bafter (?:the |our |my )?(?:\w+ )?{_EVENT}\b|"
    r"\b(?:next|another|some other) (?:quarter|sprint|release|version|term|season|semester)\b|"
    r"\bin (?:a|two|three|four|six|\d+) (?:weeks?|months?|fortnight|years?)['’]? time\b|"
    r"\b(?:some ?day|eventually|at some point|down the (?:road|line)|much later|another day)\b|"
    rf"\b(?:erst )?im neuen jahr\b|\berst (?:im|ab|nach) \w+|"
    r"\bnach (?:der|dem|den) \w*(?:ernte|ferien|urlaub|messe|release|prüfung|umzug|feiertagen)\b|"
    r"\bnach (?:weihnachten|ostern|silvester)\b|\birgendwann (?:mal|später)\b|"
    r"\b(?:nächste[snm]?|kommende[snm]?) (?:quartal|semester)\b|"
    rf"\b(?:fera|ferons|fait|verra|verrons|remet|reporte) (?:\w+ )?(?:en|après|pour|à) "
    rf"(?:la rentrée|noël|pâques|l['’]été|{MONTH})\b|\bà terme\b|"
    r"\baprès (?:les? |la |l['’])(?:vacances|soldes|fêtes|récolte|audit|examens?|salon|inventaire|"
    r"rentrée)\b|"
    r"\b(?:después de|tras) (?:la |el |las |los )?(?:verano|navidad|reyes|semana santa|vacaciones|"
    r"cosecha|auditoría|exámenes)\b|\bmás adelante\b|\balgún día\b|"
    r"年明け|落ち着いたら|いずれ|そのうち|年后|以后再|过段时间"
)
