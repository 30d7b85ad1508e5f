"""The words for what stands in the way of work: somebody or something awaited, lacking, barred."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

from agentsess.sessions.recap.tables import Table
from agentsess.sessions.recap.text import lowered

_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_DAY_DE = r"(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|morgen|übermorgen)"
_DAY_FR = r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|demain)"
_DAY_ES = r"(?:lunes|martes|miércoles|jueves|viernes|sábado|domingo|mañana)"
DAY = rf"(?:{_WEEKDAY}s?|tomorrow|{_DAY_DE}|{_DAY_FR}|{_DAY_ES})"
NAME = r"(?-i:[A-ZÀ-Þ][a-zà-ÿ]+)"
_ROLE = (
    r"(?:boss|chief|managers?|management|admins?|administrators?|team|lead|owners?|vendor|supplier|"
    r"clients?|customers?|landlord|landlady|director|doctor|lawyers?|notary|bank|insurers?|agency|"
    r"board|committee|council|office|department|teacher|professor|supervisor|editors?|printers?|"
    r"publisher|host|hoster|registrar|provider|designers?|auditors?|accountant|treasurer|"
    r"maintainers?|reviewers?|partner|wife|husband|sponsor|authority|authorities|ministry|"
    r"university|school|union|city|court|architect|engineer|electrician|officer|colleagues?|"
    r"secretary|chair|principal|steering \w+|works council|mayor|controller|ethics \w+)"
)
_UNIT = (
    r"(?:legal|finance|accounting|marketing|procurement|purchasing|security|compliance|hosting|"
    r"management|payroll|support|facilities|(?-i:IT|HR|QA|PM|CTO|CEO|CFO|DBA|SRE|ops|Ops))"
)
_HIS = r"(?:my|our|your|the|his|her|their|that|an?)"
WHO = (
    rf"(?:he|she|they|some(?:body|one)|{_HIS} (?:[\w-]+ ){{0,2}}?{_ROLE}|(?:the )?{_UNIT}|"
    rf"(?:(?:mr|mrs|ms|dr)\.? )?(?!(?-i:I|It|This|That|What|There|Then|Only|So|We|You|The|But|And|"
    rf"Now|If|When|Which|Nothing|Everything)\b){NAME})"
)
GIVEN = (
    r"(?:access|accounts?|address|agreement|answers?|approval|appointment|badge|budget|"
    r"certificate|clearance|code|confirmation|consent|contracts?|credentials?|date|decision|"
    r"documents?|deposit|draft|feedback|figures|forms?|funding|go-ahead|hardware|input|invoices?|"
    r"keys?|licen[cs]es?|log-?in|logo|measurements|money|number|okay|ok|order|papers?|"
    r"paperwork|parts?|pass(?:word|phrase|code)s?|payment|permissions?|photos?|pictures?|pin|"
    r"prices?|quotes?|quota|receipts?|reply|replies|response|reviews?|rights|role|samples?|scans?|"
    r"seats?|secret|sign-?off|signatures?|slot|spec|specification|statement|sudo|texts?|"
    r"timetable|tokens?|translations?|visa|vpn|window|word|credits?|domain|delivery|consignment)"
)
_ACT = (
    r"(?:answer|repl|respond|confirm|decid|sign|approv|agree|send|sent|say|said|return|give|"
    r"let|allow|grant|accept|authori[sz]|clear|deliver|ok|okay|call|ring|write|review|look|read|"
    r"check|merge|release|open|unlock|pay|ship|come|gets?|speak|spoke|finish)"
)
_MUST = r"(?:must|has to|have to|needs? to|would have to|still has to|'ll have to|will have to)"
_PLAIN_ACT = (
    r"(?:approve|confirm|decide|sign|agree|ok|okay|allow|grant|clear|unlock|say|accept|"
    r"authori[sz]e|permit|countersign|bless|vet)"
)
_NOT_YET = (
    r"(?:answered|replied|responded|arrived|come|confirmed|approved|signed|delivered|sent|granted|"
    r"decided|rung|called|written|paid|given|provided|shown up|turned up|been (?:answered|"
    r"approved|signed|delivered|sent|granted|confirmed|paid|"
    r"reviewed|decided|booked|handed)|got back|"
    r"landed|gone out|heard|said|reacted|reviewed|shipped)"
)
_ABSENT = (
    r"(?:away|out|off|ill|sick|abroad|travell?ing|unavailable|unreachable|on (?:\w+ ){0,2}(?:leave|"
    r"holidays?|vacation|plane|train|road|trip|pto|honeymoon)|in (?:an? |"
    r"the )?(?:\w+ )?(?:training|"
    r"meetings?|surgery|hospital|court|class|workshop)|at (?:an? |the )?(?:\w+ )?(?:conference|"
    r"fair|offsite|doctor\w*|training))"
)
_BACK = (
    rf"(?:back|returns?|returning|comes? back|in again)(?: again| only)? (?:on |in |from |next |"
    rf"at |by |after |only )*(?:{DAY}|next|week|\d|january|february|march|april|may|june|july|"
    r"august|september|october|november|december|a week|two weeks|the \d)"
)
_COUNT = r"(?:\d+|one|two|three|four|five|six|ten|a few|several)"

# By act. Those of AWAITED outlive work on other things: only whom or what they name ends them.
_AWAITED_EN = (
    r"\bawait(?:s|ing|ed)?\b|"
    r"(?:^|\b(?:is|are|am|['’]m|['’]re|['’]s|still|now|just|only) )"
    r"waiting (?:for|on)\b|"
    rf"\bwaits? (?:for|on) (?:{WHO}\b|your\b|the \w+['’]s?\b|(?:an?|the) (?:\w+ )?{GIVEN}\b)|"
    rf"\bwaits for \w+[.]?$|\bha(?:s|ve) to wait (?:for|until|till)\b|"
    rf"\b(?:hangs?|hing(?:es|e)|rests?) on (?:{WHO}|{GIVEN}|the|whether|when|if)\b|"
    rf"\bdepends? on (?:when|whether|if|{NAME}|(?:the |an? )?\w*['’]s (?:{GIVEN}))\b|"
    rf"\b(?:on hold|parked|pending|stalled) (?:until|till|for|with|on)\b|"
    rf"\bpending (?:{NAME}|{GIVEN})\b|\b{GIVEN} (?:is|are) (?:still )?(?:pending|outstanding)\b|"
    rf"\b{GIVEN} (?:is|are|sits?|lies?|rests?) (?:still )?(?:with|at) {WHO}\b|"
    # Lacking, of what people give.
    rf"\b(?:have|has|ha)n['’]?t (?:yet |still )?(?:got|received|had|seen|heard)\b(?! to\b)|"
    rf"\b(?:do|does)n['’]?t (?:\w+ )?have (?:the|an?|any|your|his|her|that|it|them)?\b"
    rf".{{0,40}}\b(?:yet|{GIVEN})\b|"
    rf"\bno (?:\w+ ){{0,2}}(?:{GIVEN}|word|news)\b (?:yet|from|so far|until|for|in|on|to)\b|"
    rf"(?<!\bi )(?<!\bwe )\b(?:has|have|had|is|are)(?:n['’]?t| not| never)(?: yet| even)? "
    rf"{_NOT_YET}\b|\b(?:owes?|short of) (?:us|me|you|the)\b|\bnever (?:arrived|came|answered|"
    rf"replied|got back)\b|"
    rf"\b{GIVEN} (?:is|are|['’]s)(?: still| only| not)? (?:missing|lacking|on (?:its|their|the) "
    r"way|in the (?:mail|post)|not (?:here|there|ready|signed|paid|known|final))\b|"
    rf"\b(?:missing|lack(?:s|ing)?|misses) (?:\w+ ){{0,3}}{GIVEN}\b(?! (?:is|are) needed)|"
    r"\bwithout (?:that|it|them|him|her|those|this|these|the|an?|any|your|my|our) ?.{0,60}"
    r"\b(?:no|nothing|nobody|none|can['’]?t|cannot|won['’]?t|never|no use|pointless|impossible)\b|"
    r"\b(?:no|nothing|can['’]?t|cannot|won['’]?t) .{3,60} without (?:that|it|them|him|her|the|your|"
    rf"an?|{NAME})\b|"
    # Away.
    rf"\b(?:is|['’]s|['’]?m|am|are|['’]re|be)(?: still| currently| now| just)? {_ABSENT}\b"
    r".{0,30}\b(?:till|until|'til)\b|"
    rf"\b{WHO}(?: (?:is|will be)|['’]s|['’]ll be)(?: only| not)? {_BACK}|"
    rf"\b(?:is|are|['’]s) (?:only |not )?{_BACK}|"
    rf"\b{WHO}(?: (?:is|are)|['’]s|['’]re) (?:(?:still|currently|now|just|off|away|out|all) )*"
    r"(?:(?:away|ill|sick|abroad|travell?ing|unavailable|unreachable)|on (?:\w+ )?(?:leave|"
    r"holidays?|vacation|pto)|not (?:in|around|here|there|available|reachable) )\b|"
    r"\b(?:booked|blocked|reserved|occupied|closed|frozen|taken|in use|busy) (?:by .{2,20} )?"
    r"(?:till|until)\b|\b(?:does|do)n['’]?t (?:pick up|answer (?:the|his|her|their|my)|reply|"
    r"respond)\b|\bautoreply\b|\bout[- ]of[- ]office\b|"
    # For somebody else to say or do.
    rf"\bonly (?:you|{WHO})(?:['’]s \w+)?(?: and {NAME})? (?:can|could|may|has|have|holds?|knows?|"
    r"is allowed)\b|\bnobody (?:but|except|other than)\b|"
    rf"\b(?:nobody|no one) else (?:can|may|has)\b|\bonly (?:an |the )?admins? \w+|"
    rf"\b(?:is|['’]s) (?:for )?{WHO}(?:['’]s (?:call|decision|turf|choice|say)|(?: in \w+)? to "
    r"(?:say|decide|answer|approve|sign|call))\b|"
    rf"\b(?:up to|a matter for|over to) (?!(?:you|me|us|now|date|speed|\d)\b){WHO}\b|"
    rf"(?<!once )(?<!when )(?<!after )(?<!if )\b(?!(?:we|i|you)\b){WHO} (?:in \w+ )?"
    rf"(?:(?:decides?|defines?)(?! the\b)|has the (?:last|final) (?:word|say)|"
    rf"{_MUST} (?:first )?{_PLAIN_ACT})\b|"
    rf"\b(?:somebody|someone) .{{0,40}}(?:{_MUST}|has to)\b(?=[ .]|$)|"
    r"\b(?:must|has to|have to|needs to) (?:be )?(?:approved?|confirm(?:ed)?|signed|sign off|"
    rf"signed off|authori[sz]ed|ok(?:['’]?d|ayed)?|cleared|granted|unlocked) (?:by|that|first|\+)|"
    rf"\bneeds? (?:{NAME}['’]s?|{_HIS} \w+['’]s?|somebody['’]s|a second|an?|the|his|her|their|"
    rf"your) "
    rf"(?:\w+ )?(?:ok|okay|approval|blessing|signature|go-ahead|word|sign-?off|nod|permission|"
    r"person|pair|consent|confirmation)\b|"
    rf"\b(?:once|as soon as|until|till|unless|before|not before|if) (?:the )?(?:[\w-]+ )?"
    rf"(?:{WHO}|you) (?:(?:has|have|had) )?{_ACT}\w*\b|"
    rf"\buntil (?:you|{WHO}) (?:has|have|is|are)\b|"
    rf"\b(?:is|are|['’]re|gets?|stays?) (?:stuck|blocked|gated|held) (?:on|by|with|until)\b|"
    rf"(?<!\bwe )\b(?:meets?|decides?) (?:only |not )?(?:on|in|at|after|before|until) (?:the \d|\d|"
    rf"next |{DAY}|{NAME})|\bthey meet\b|"
    # How long others take.
    rf"\b{_COUNT}(?:(?: to |-| or ){_COUNT})? (?:working|business|office) days?\b|"
    rf"\b{WHO} (?:say|says|said|promise[sd]?|announced?|quote[sd]?|answers?|repl(?:y|ies)|"
    rf"expects?|want)\b.{{0,40}}\b(?:{DAY}|next (?:week|month)|within|in the course|by the \d|"
    rf"{_COUNT} (?:hours|days|weeks))\b|"
    rf"\bi(?:['’]ve)? (?:asked|mailed|e-?mailed|texted|called|rang|phoned|pinged|wrote(?: to)?|"
    rf"messaged|left) (?!you\b|for\b){WHO}\b(?!.*\b(?:says?|said|and (?:he|she|they))\b)|"
    rf"\basked (?:for it|{WHO}) (?:today|yesterday|on {DAY}|{DAY}|last|this|just)\b"
)
_STUCK_EN = (
    r"\brefused (?:for|to) me\b|\b(?:i['’]m|i am|we['’]re|we are) (?:not allowed|stuck|blocked|"
    r"missing|locked out|unable)\b|\block(?:s|ed)? (?:me|us) out\b|\bblocked (?:by|on|until)\b|"
    r"\b(?:i|we|^)(?: \w+)? ?(?:can['’]?t|cannot|can not|am unable to|are unable to|couldn['’]?t|"
    r"could not|wasn['’]?t able to|may not|mustn['’]?t|am not permitted to) (?!(?:think|imagine|"
    r"promise|say|agree|recommend|complain|help|believe|resist|wait|stress|really|see (?:a|any|"
    r"why|how|that|what|much|the point|it hurting)|find (?:a|any|fault|much|another|other|one)|"
    r"spot|blame|judge|remember|tell|argue|rule|stand|decide)\b)\w+|"
    r"\b(?:no|lacks?|needs?|requires?) (?:(?:your|the|an?|any|right) )?(?:\w+ ){0,2}"
    r"(?:access|credentials?|permissions?|password|login|log-in|key|token|quota|approval|account|"
    r"review|answer|go-ahead|sudo|rights|(?:\w+ )?window|signature|sign-off|certificate|"
    r"licen[cs]e|consent|clearance|appointment|passphrase|two-factor code)"
    r"\b(?! (?:is|are) (?:needed|required))|"
    r"\bis missing before\b|\b(?:doesn|won)['’]?t (?:start|work|build|run|load|boot|compile|"
    r"come up|respond|answer|connect|open|let me|let us)\b|"
    r"\bfails?,? (?:because|as|since)\b|"
    r"\b(?:answers?|gives? (?:me )?(?:an? )?|gets? (?:an? )?|getting (?:an? )?|says?|"
    r"with (?:an? )?|"
    r"[(:]) ?(?:401|402|403|407|423|429)\b|\b(?:401|402|403|423|429)[):]|"
    r"\b(?:token|certificate|password|licen[cs]e|key|subscription|trial|session|quota|credits?|"
    r"budget|card|account|login|access|port|endpoint|vpn)(?: \w+)? (?:has |have |is |are |was )?"
    r"(?:expired|run out|used up|exhausted|revoked|locked|suspended|exceeded|invalid|closed|"
    r"blocked|filtered|denied|refused|broken|down)\b|"
    r"\b(?:disk|volume|partition|drive|mailbox|storage|tablespace|filesystem) (?:\w+ ){0,6}is "
    r"full\b|\bno (?:space|room) (?:is |was )?left\b|\bout of (?:disk|space|memory|credits?)\b|"
    r"\bcosts? money\b|\bbelongs? to root\b|\bread-only\b.{0,20}\b(?:for me|here|account)\b|"
    r"\bstill (?:\S+ ){0,4}too (?:many|much|slow|high|low|big|large|long|short)\b|"
    r"\b(?:only )?somebody with .{3,40} (?:has to|must|needs to)\b|\bcode freeze\b|"
    r"\b(?:must|may|can)(?: not|['’]?t|not) .{3,60} (?:as long as|until|before|unless)\b|"
    r"\b(?:as long as|until|unless) .{3,60}\b(?:must|may|can)(?: not|['’]?t|not)\b|"
    r"\bstays? (?:open|closed|unreadable|red|off|blocked|as it is) (?:till|until|as long as)\b"
)
_AWAITED_DE = (
    r"\b(?:ge)?warte[nt]?\b.{0,30}\bauf\b|\bwartet noch\b|\b(?:steht|stehen) (?:noch |"
    r"weiter )?aus\b|"
    r"\bnoch (?:nicht|nichts|kein\w*)(?: \w+){0,4} (?:da|bekommen|erhalten|gekommen|geantwortet|"
    r"freigegeben|zurück|unterschrieben|geliefert|bestätigt|gemeldet|geschickt|angekommen|gehört|"
    r"vor|genehmigt|freigeschaltet|eingetroffen|entschieden)\b|"
    r"\bfehl(?:t|en) (?:mir|uns|nur|noch|weiterhin|immer noch|die|der|das|dafür)\b|"
    rf"\b(?:hängt|hängen) (?:noch )?(?:davon|an (?:herrn |frau )?{NAME})\b|"
    r"\b(?:liegt|liegen) (?:\w+ ){0,3}(?:bei|beim) (?!etwa|rund|\d)|"
    r"\bohne (?:das|die|den|dem|ihn|ihr|sie|es|eine?n?)\b.{0,60}\b(?:nicht|nichts|kein\w*)\b|"
    rf"\b(?:solange|sobald) (?:der|die|das|er|sie|jemand|{NAME}) \w+|\bbis (?:er|sie|jemand) \w+|"
    r"\b(?:ist|sind) (?:\w+ ){0,5}(?:krank|im urlaub|verreist|außer haus|nicht (?:da|im haus|"
    r"erreichbar)|unterwegs|auf (?:dienstreise|fortbildung|reisen)|in elternzeit|in kur|"
    r"in einer schulung)\b|\bkrankgeschrieben\b|"
    rf"\b(?:kommt|ist|sind) (?:\w+ ){{0,3}}{_DAY_DE} (?:\w+ )?(?:zurück|wieder)|\bwieder da\b|"
    r"\b(?:darf|kann|können|dürfen|hat) (?:\w+ ){0,2}nur (?!noch)|"
    r"\bnur (?:der|die|das|ein|eine) \w+ (?:darf|kann|hat|haben)\b|"
    rf"\bnur (?:frau |herr )?{NAME} (?:darf|kann|hat)\b|"
    r"\b(?:muss|müssen|soll|sollte|müsste) (?:\w+ ){0,7}(?:freigeben|genehmigen|zustimmen|"
    r"absegnen|entscheiden|unterschreiben|bestätigen|klären|aufklären|einrichten|"
    r"freischalten|beantragen)\b|"
    r"\bentscheidet (?!sich)(?:\w+ ){0,3}|\b(?:freigabe|genehmigung|zustimmung|antwort|rückmeldung|"
    r"bestätigung|zugang) (?:\w+ ){0,4}(?:fehlt|steht aus|aussteht|nötig|erst)\b|"
    r"\b(?:\d+|zwei|drei|fünf|zehn) (?:werk|arbeits)tagen?\b|"
    r"\bich habe? (?:\w+ ){0,6}(?:angefragt|angeschrieben|gefragt|gebeten|angerufen|nachgefragt)\b"
)
_STUCK_DE = (
    r"\b(?:ich bin|bin ich|wir sind|hänge ich) (?:\w+ )?(?:blockiert|fest|ausgesperrt|gesperrt)\b|"
    r"\bich brauche (?:\w+ )?(?:von|noch|erst|dafür|dazu)\b|"
    r"\b(?:kann|konnte|darf|komme) ich(?: \w+){0,12} nicht\b|\bich (?:kann|konnte|darf|komme)"
    r"(?: \w+){0,12} nicht\b|\bkein(?:e|en|er)? (?:\w+ )?(?:zugriff|zugang|passwort|rechte?|"
    r"schlüssel|berechtigung(?:en)?|antwort|freigabe|lizenz|konto)\b|"
    r"\b(?:gesperrt|abgelaufen|verweigert|ungültig|widerrufen)\b|"
    r"\bschlägt (?:\w+ )?fehl, (?:weil|da)\b|\bstartet nicht\b|\blässt sich (?:\w+ )?nicht\b|"
    r"\bist (?:voll|belegt)\b"
)
_AWAITED_ES = (
    r"\b(?:esperamos|esperan|esperando) (?:a|de|la|el|que|respuesta)\b|\ba la espera\b|"
    r"\bpendientes? de\b|"
    r"\b(?:no|aún no|todavía no|aun no)(?: me| nos| te| se| lo| la)* (?:ha|han) (?:\w+ )?"
    r"(?:contestado|respondido|llegado|enviado|confirmado|firmado|dado|aprobado|mandado|pasado|"
    r"dicho|vuelto|abierto|autorizado|entregado)\b|"
    r"\b(?:aún|todavía) no (?:\w+ )?(?:llega|contesta|responde|tengo|tenemos|hay|está|sé nada)\w*|"
    r"\b(?:falta|faltan) (?:\w+ ){0,2}(?:certificado|clave|contraseña|permisos?|firma|respuesta|"
    r"acceso|contrato|autorización|visto bueno|factura|confirmación|dirección|licencia|logo)\b|"
    r"\bhace falta un (?:certificado|permiso)\b|"
    r"\b(?:está|están|anda) (?:de|en) (?:vacaciones|baja|viaje|permiso|licencia|reunión)|"
    r"\b(?:está|están) (?:enferm\w+|fuera)\b|"
    rf"\b(?:vuelve|vuelven|regresa|viene) (?:el|la|en|a|hasta el)? ?(?:{_DAY_ES}|próxim\w+|\d)|"
    r"\b(?:sólo|solo|solamente|únicamente) (?:lo |la |los |las )?(?:puede|pueden|tiene|sabe|él|"
    rf"ella|{NAME}|el|la|un|una)\b|"
    rf"\blo (?:decide|aprueba|firma|lleva|autoriza|sabe|pide|tiene) (?:mi|la|el|su|{NAME})|"
    rf"\b(?:la|los|las) (?:decide|aprueba|firma|lleva|autoriza|pide|tiene) (?:mi|la|el|su|{NAME})|"
    r"\b(?:tiene|tienen|tendría|debe|deben)(?: que)? (?:\w+ )?(?:aprobar|firmar|autorizar|"
    r"confirmar|decidir|pedir|validar|contestar|responder|darnos|darme|dar el)\w*\b|"
    r"\b(?:en cuanto|hasta que|mientras no|cuando) (?:no )?(?:me |nos |lo |la )*(?:\w+ )?"
    r"(?:conteste|responda|llegue|confirme|firme|apruebe|vuelva|autorice|diga|envíe|mande|dé|"
    r"tenga|tengamos|haya|pase)n?\b|\bdepende de (?:que|si|cuándo)\b|"
    r"\bsin (?:eso|ella|él|ello|esa|ese|la|el|su)\b.{0,60}\bno\b|"
    r"\b(?:contestan|responden|tardan|tarda) (?:en|unos)\b|\bdías? (?:hábiles|laborables)\b|"
    r"\b(?:les|le) he (?:escrito|preguntado|pedido|llamado|mandado)\b|\bhe preguntado a\b"
)
_STUCK_ES = (
    r"\b(?:estoy|estamos|queda|está) (?:\w+ )?(?:bloquead\w+|atascad\w+|parad\w+)\b|"
    r"\bno (?:me |nos |lo |la )*(?:puedo|podemos|he podido|pude|deja|dejan)\b|"
    r"\b(?:sin|no (?:tengo|tenemos|tiene|tienen|hay)) (?:\w+ )?(?:acceso|permisos?|claves?|"
    r"contraseña|autorización|derechos|espacio|licencia|credenciales|firma|respuesta)\b|"
    r"\b(?:ha caducado|caducad[oa]|denegad[oa]|rechazad[oa]|revocad[oa])\b|\bestá llen[oa]\b|"
    r"\bse para en\b|\bno (?:arranca|compila|responde)\b"
)
_AWAITED_FR = (
    r"\b(?:j['’]attends|on attend|nous attendons|attendons|attend|attendent|en attente|"
    r"dans l['’]attente)\b|\best attendu|"
    r"\b(?:il (?:me|nous|lui) |nous |ne )?manque(?:nt)? (?:encore |toujours |que |plus que )?"
    r"(?:\w+ )?(?:l['’])?(?:accord|accès|clé|réponse|signature|devis|logo|contrat|mot de passe|"
    r"fichier|autorisation|validation|confirmation)\b|"
    r"\b(?:n['’]a|n['’]ai|n['’]ont|n['’]avons|n['’]est|ne sont) (?:toujours |encore )?pas "
    r"(?:encore |été )?(?:reçu|répondu|validé|signé|ouvert|arrivé|rappelé|envoyé|donné|tranché|"
    r"confirmé|livré|accordé|rentré|revenu|disponible|prêt)|"
    r"\b(?:toujours pas|pas encore|plus) de (?:nouvelles?|réponse|retour|accord)\b|"
    r"\b(?:est|sont) (?:\w+ )?(?:absente?s?|en congés?|malade|en déplacement|injoignable|"
    r"en vacances|en arrêt|en formation|en réunion)\b|"
    rf"\b(?:rentre|revient|sera de retour|de retour|sera là) (?:le |la |que |en |dans )?"
    rf"(?:{_DAY_FR}|\d|semaine|janvier|septembre)|"
    rf"\b(?:seule?s?|il n['’]y a que) .{{2,40}}(?:peut|peuvent|a le droit|ont|a|puisse)\b|"
    rf"\bc['’]est (?:à |au )?(?:{NAME}|[lm]a? ?\w+|\w+) (?:de|qui) (?:décide|décider|tranche|"
    r"trancher|valide|valider|signe|signer|voir|dire)|"
    r"\b(?:doit|doivent|devra|devrait)(?: d['’]abord| encore)? (?:valider|signer|approuver|"
    r"confirmer|accepter|donner|autoriser|trancher|répondre|décider)\b|"
    r"\b(?:tant que?|dès qu[e'’]|jusqu['’]à ce qu[e'’]|avant qu[e'’]|sans (?:ça|cela|elle|lui|eux))"
    r"|\bdépend(?:ra)? (?:de|du|des)\b|\bjours? ouvrés?\b|\bsous (?:\d+|quelques) jours\b|"
    r"\bj['’]ai (?:laissé un message|demandé|écrit|relancé|appelé) (?:à|au|aux|hier|ce)\b|"
    r"\b(?:l['’]ai|les ai|lui ai|leur ai) (?:demandé|écrit|relancé|appelé|laissé)"
)
_STUCK_FR = (
    r"\b(?:je suis|nous sommes|c['’]est) bloqu|\bje (?:ne peux|n['’]ai) pas (?:pu|accès|le droit|"
    r"les droits|la clé|le mot|\w+er\b|\w+ir\b)|\bje ne peux (?:rien|plus)\b|"
    r"\bpas (?:de |d['’])?(?:accès|clé|compte|droits?|autorisation)\b|\bsans (?:accès|droits?|"
    r"autorisation|accord)\b|\b(?:a expiré|expirée?|refusée?s?|verrouillée?|périmée?|filtrée?)\b|"
    r"\bne sort pas\b|\bne (?:démarre|compile|marche|passe) pas\b|\best pleine?\b|\bje bute sur\b"
)
_AWAITED_JA = (
    r"待ち(?!ます)|待って(?:い|ます|る)|返事(?:が|は)?(?:来|ない|まだ)|まだ(?:届|来|もら|返事|連絡|承認|"
    r"決ま|返って)|届いて(?:い)?(?:ません|ない)|もらえて(?:い)?(?:ません|ない)|がないと|"
    r"不在|休暇|休み(?:で|です|な|だ|中)|出張(?:中|で)|(?:曜|明日|来週).{0,4}(?:戻|以降)|"
    r"しか(?:でき|使え|知ら|持って)|許可が|承認が|権限を(?:付けて|もら)|来るまで|届くまで|出るまで|"
    r"決めるのは|が決め(?:る|ます)|次第|しだい|営業日"
)
_STUCK_JA = (
    r"権限が(?:な|あり)|できないまま|(?:直せ|進め|実行でき|確認でき|接続でき|アクセスでき|開け)"
    r"(?:ません|ない)|切れて(?:い)?(?:ます|る)|期限切れ|拒否され|いっぱいで|ロックされ"
)
_AWAITED_ZH = (
    r"等.{1,12}(?:的|回复|答复|批准|审批|确认|同意|权限|回来|决定|消息|通知|到货|给)|等着|"
    r"还没(?:有)?.{0,6}(?:收到|回|到|给|批|拿到|答复|确认|发|签|定|下来)|迟迟(?:不|没)|"
    r"出差|休假|请假|不在|生病|.{0,2}(?:周|星期).{1,2}(?:才)?回来|"
    r"只有.{1,8}(?:能|可以|有|知道)|(?:由|归|得|要|需要).{1,8}(?:决定|批准|审批|同意|授权|签字|拍板)|"
    r"需要.{1,8}(?:执行|提供|开通|处理|配合)|在.{1,4}那里|工作日|说了算"
)
_STUCK_ZH = (
    r"(?:没有?|无).{0,10}(?:权限|密码|账号|密钥|访问权)|权限不足|无权|(?:已)?过期|被拒|拒绝访问|"
    r"锁(?:住|定)了|(?:磁盘|空间)(?:已)?满|无法(?:连接|访问|登录|继续|验证|执行|推送)|"
    r"连不上|进不去|还剩.{0,8}(?:错误|失败)|不能(?:继续|执行|访问)"
)

_CAPITAL = re.compile(r"(?<!\\)[A-ZÀ-Þ]")


class Wordings:
    """Some wordings in any case, but for names. Most texts have none, as a table of the same in
    lower case says several times as fast."""

    def __init__(self, *languages: str) -> None:
        self._wording = "|".join(languages)
        self.search = lru_cache(maxsize=1024)(self._search)

    # To compile them takes a while, and is seldom needed at the start.
    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self._wording, re.IGNORECASE)

    @cached_property
    def _table(self) -> Table:
        caseless = self._wording.replace(NAME, "[a-zß-ÿ]+").replace("(?-i:", "(?:")
        # It finds more: in lower case any word may be a name.
        return Table(_CAPITAL.sub(lambda capital: capital[0].lower(), caseless))

    def _search(self, text: str) -> re.Match[str] | None:
        return self._pattern.search(text) if self._table.search(lowered(text)) else None


AWAITED = Wordings(_AWAITED_EN, _AWAITED_DE, _AWAITED_ES, _AWAITED_FR, _AWAITED_JA, _AWAITED_ZH)
STUCK = Wordings(_STUCK_EN, _STUCK_DE, _STUCK_ES, _STUCK_FR, _STUCK_JA, _STUCK_ZH)
