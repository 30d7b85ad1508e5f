"""Tables of wordings: those by which people choose, and by which they tell, promise or praise."""

from __future__ import annotations

import re

from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.text import fold

# -- something is to be so

TO_KEEP = (
    r"(?:use|keep|leave|drop|skip|take|ignore|omit|avoid|ditch|scrap|kill|lose|forget|cut|pick|"
    r"prefer|choose|stick (?:with|to)|stay (?:with|on)|go (?:with|for|back to)|settle (?:on|for)|"
    r"make (?:it|that|them)|call (?:it|them)|put|pin|set|name|limit|restrict|combine|merge|split|"
    r"move|do (?:without|nothing)|treat|count|let|wait with|hold (?:off|back)|stop (?:with|using)|"
    r"postpone|park|freeze|reuse|revert|round|strike|replace|rename|abandon|retire|defer|delay|"
    r"cancel|exclude|include|reject|accept|allow|forbid|ban|disable|enable|require|cap|hide|bin|"
    r"toss|axe|nuke|chuck|dump|trash|swap|switch (?:to|back)|throw|raise|lower|double|halve|exempt)"
)
ANSWERING = (
    r"(?:(?:ok(?:ay)?|k|yes|yeah|yep|yup|good|great|right|fine|perfect|agreed|sure|no|nope|nah|"
    r"h+m+|actually|wait|ouch|oh|ah|uh|well|sorry|and|but|or|then|so|also|please|pls|plz|just|"
    r"meh|eh|yo|lol|haha|cool|naja|tja|hey|uf+|buf|bah|ben|nun|okey|listo|super|top|klar|genau|"
    r"exactly|absolutely|definitely|of course|claro|bien sûr|donc|"
    r"maybe|rather|better|now|i(?:'d)? (?:say|think|guess)|creo que|ich (?:denke|glaube)|je "
    r"(?:crois|pense)(?: que)?|sí|no|vale|bueno|bien|mejor|entonces|pues|y|pero|"
    r"por favor|ja|nein|gut|okay|also|dann|und|aber|doch|bitte|lieber|oui|non|bon|d'accord|"
    r"alors|donc|et|mais|s'il vous plaît|stp|svp|after all|from now on|"
    r"one more thing|change of plans?|before you go on)\b[\s,.!:;–—-]*+)*+"
)
LEADING = re.compile(rf"^{ANSWERING}", re.IGNORECASE)
_ORDER_ES = (
    r"(?:usa|usamos|usemos|usad|deja|dejamos|dejemos|pon|ponemos|ponlo|quita|quitamos|mantén|"
    r"mantenemos|elige|coge|olvida|olvidemos|vamos (?:con|a usar)|nos quedamos|me quedo)\b"
)
IMPERATIVE = Wordings(
    r"\b(?:so|then) we(?:'ll)? (?!can|could|have|are|were|need|should|do|don|will|would|must|"
    r"may)\w+|"
    rf"^{ANSWERING}(?:let'?s (?:not )?|we(?:'ll|'d| will| would| can)? |i(?:'ll|'d| will| would) )?"
    rf"{TO_KEEP}\b|"
    r"\b(?=[dn])(?<!\bi )(?<!\bwe )(?<!\byou )(?<!\bthey )(?<!\bpeople )(?:do not|don'?t|never) "
    r"[a-z]+|^(?:ich |wir )?(?:nimm|nehmt|nehmen|nehme|lass|lasst|lassen|behalt\w*|verwende\w*|"
    r"benutz\w*|bleib\w*|streich\w*|setz\w*|mach(?:en|t|e|)|spar\w*) |\b(?:nehmen|machen|lassen|"
    r"streichen|behalten|verwenden|bleiben) wir\b|"
    rf"^{_ORDER_ES}|\by {_ORDER_ES}|"
    r"\bno (?:l[oae]s? |me |le )\w+(?:es|as)\b|\bon ne \w+ (?:pas|plus)\b|^(?!.*\b(?:kann|können|"
    r"konnte\w*|muss|müssen|will|wollen|darf|dürfen|soll\w*|werde\w*|wird|würde\w*|haben?|ist|"
    r"sind)\b).*\bnicht \w+en$|ないで(?!す)|ないように|"
    r"\b(?:on|nous) (?:l[aeo']s? ?)?(?:garde|prend|laisse|met|coupe|supprime|enlève|reste|part|"
    r"fait|utilise|choisit|saute|oublie|gardons|"
    r"prenons|laissons|mettons)\w*\b|\b(?:va pour|laisse tomber|gard(?:e|ez|ons)|laiss(?:e|ez|"
    r"ons)|prends|prenez|mets|mettez|supprime[zr]?|oublie[zr]?|utilis(?:e|ez|ons))\b"
)
STANDS = Wordings(
    r"\b(?:stays?|bleib(?:t|en)|(?:kommt|kommen|fliegt|fliegen|fällt|fallen) (?:weg|raus|rein|hin)|"
    r"entfällt|entfallen|se va\b|desaparece|(?<!il )(?<!en )rest(?:e|ent) \w+|se queda\w*|siguen? "
    r"(?:con|igual)|remains? (?:as|the|in|on)|keeps? (?:the|its|their|an?|it|them|one)|goes (?:to|"
    r"in|into|on|out|away|first|last|with)|go (?:to the|in the|into|out|away|round)|moves? to|"
    r"comes? (?:first|last|later|before|after|along)|gives? way to)\b|\b(?:can|may|kann|können|"
    r"darf|dürfen|puede[n]?|peut|peuvent|should|must|shall) (?:all |both |then |just |einfach "
    r")?(?:go|weg|raus|bleiben|fort|irse|quedarse|rester|partir)\b(?! (?:on|to|ahead|wrong|"
    r"through))|\b(?:is|are|wird|werden|está|queda) (?:out|dropped|gestrichen|weg|raus|fuera)\b(?! "
    r"of)|\bdoes(?:n't| not) come\b|\b(?:ought to|should|must|has to|have to) (?:only |never |"
    r"always |all |also )*(?:be|have(?! (?:it|that|been|had|them)\b)|stay)\b"
)
ENOUGH = Wordings(
    r"\b(?:matters? (?:more|most)|(?:is|are) more important|wins|ist wichtiger|geht vor|importa "
    r"más|pesa más|prime|compte plus)\b|\b(?:is|are|'s|'re|seems?)? ?(?:fine|ok(?:ay)?|enough|good "
    r"enough|plenty|alright|acceptable)(?: (?:by|with|for|to) (?:me|us|now))?(?: then| too| as "
    r"long as .*| if .*)?[.!]*(?:$|,)|\b(?:will do|would do|does it|suits me|works for (?:me|us)|"
    r"sounds? (?:good|great|fine))\b|\b(?:reicht|reichen|genügt|genügen|passt|klingt gut|ist (?:in "
    r"ordnung|okay|ok)|geht klar)\b|\b(?:basta|bastan|vale|está bien|me sirve|va bien|suffit|"
    r"suffisent|convient|(?:me|nous) va|ça ira)\b|(?:\w\w+ |^)(?<!until )(?<!till )(?<!since "
    r")(?<!by )(?<!back )(?<!and )(?:then|dann|entonces|alors)$|(?<!so )\bit is$|(?:だと|"
    r"なら)(?:助かり|嬉し|ありがた|いい)|がいいです|がよい|でいい|でよい|で結構|で大丈夫|で問題|"
    r"就行|就好|就可以|也行|足够|够了"
)
LIKES = Wordings(
    r"\b(?:sounds?|looks?|seems?|feels?) (?:better|best|\w{3,}er|more \w+)\b|"
    r"\b(?:is|are) (?:better|best|easier|safer|simpler|cheaper|faster|nicer|clearer|cleaner)\b|"
    r"\b(?:klingt|ist|wäre|scheint) (?:besser|einfacher|sicherer|klüger|schöner|sinnvoller|"
    r"günstiger|schneller|praktischer)\b|\b(?:est|serait|es|sería) (?:mieux|mejor|plus|más) ?\w*|"
    r"の方がい|\b(?:gefällt|gefallen) (?:mir|uns)|\b(?:me|nos) gustan?\b|\b(?:me|nous) pla(?:î|"
    r"i)t\b|\bfeels? right\b|\bsounds right\b|\bi (?:really |"
    r"very much )?like (?:very much )?(?:the|that|this|your|it)\b|j'aime (?:bien )?l[ea]|いいです|"
    r"気に入|挺好|不错"
)
ONLY = Wordings(
    r"\b(?:only|alone|nur|lediglich|sólo|solo|solamente|únicamente|seulement|uniquement|"
    r"no longer|nicht mehr|keine? mehr|ya no|ne \w+ plus|everywhere|by default|from (?:now|here|"
    r"today|this) on|going forward|from day one|for good|ab (?:jetzt|sofort)|künftig|"
    r"grundsätzlich|a partir de ahora|siempre|toujours|désormais|partout|always|immer)\b|だけ|"
    r"のみ|限り|只|仅|以后|统一|一律|今後"
)
NO = Wordings(
    r"(?:^|[,;:.–—] ?|\b(?:and|but|so|then|please|pls|mit|und|also|dann|aber|bitte|y|pero|entonces|"
    r"et|donc|mais|alors) )(?:no|not|never|none|nothing|without|kein(?:e|en|er|es)?|nicht|nie|"
    r"niemals|ohne|ni|nunca|jamás|sin|pas|jamais|sans|aucune?)\b(?! (?:idea|problem|worries|rush|"
    r"need|wait|answer|reply|response|word|news|in|there|about|here|so far|one|hurry|doubt|luck|"
    r"errors?|sure|yet|bad|clue|ahnung|eile|stress|schlimm|noch|idée|souci|urgence|mal|encore|"
    r"prisa|idea|problema|sé|lo sé|even|mensch|more|longer|später)\b)(?: \w+)+|\b(?:instead|"
    r"instead of|rather than|in place of|in lieu of|anstatt|statt|anstelle|stattdessen|lieber|eher|"
    r"en vez de|en lugar de|antes que|más bien|au lieu de|plutôt|à la place)\b|ではなく|じゃなく|"
    r"ずに|せず|しません|やめ(?:ます|て|よう|ましょう)|不要|"
    r"(?<!返事)(?<!連絡)(?<!問題)(?<!異常)(?:なし|無し)で?|別に|别|不用|不再|而不是|代わりに|"
    r"取り消し"
)
FIRST = Wordings(
    r"^\W*(?:\S+ ){1,4}(?:first|last|zuerst|zuletzt|primero|d'abord|en premier)\b|"
    r"\b(?:zuerst|erst|erstmal|primero|d'abord) .*\b(?:dann|danach|luego|después|puis|ensuite)\b|"
    r"\b(?:first|before anything)\b.*\b(?:then|afterwards|after|later)\b|"
    r"\b(?:for now|for the time being|erst ?mal|vorläufig|vorerst|de momento|por ahora|"
    r"mientras tanto|pour l'instant|pour le moment|en attendant)\b|とりあえず|当面|暂时|"
    r"(?<![優旅宛連勤取])先(?![生日週月年方程ほご])"
)
WISH = Wordings(
    r"\b(?:i|we)(?:'d| would|'ll)? (?:much )?(?:prefer|rather|vote|choose|opt|pick)\b|\bi(?:'d| "
    r"would) (?!like|love|need|hate|be|have|say|guess|think|expect|not)\w+|\bi'?m (?:for|against|"
    r"convinced|leaning (?:to|towards))\b|\bi(?:'d)? (?:lean|tend|vote)\b|\b(?:tendiere|wäre dafür|"
    r"me inclino|je penche)\b|\b(?:würde ich|ich würde|wäre mir lieber|ich bin (?:für|gegen)|mir "
    r"(?:ist|wäre))\b|\b(?:prefiero|preferimos|preferiría|yo (?:\w+ía|diría))\b|\b(?:je préfère|on "
    r"préfère|je préférerais|j'aimerais mieux|je \w+erais)\b|\bi (?:want|don'?t want) .*\b(?:only|"
    r"no|not|in|there|anything)\b|\b(?:my vote|i say|(?:i|we) (?:really )?(?:don't|do not) want "
    r"(?!that\b|to\b|you\b)|(?:ich will|wir wollen) kein\w*|no (?:quiero|queremos)|veu(?:x|t) pas|"
    r"(?:they|he|she)(?:'d| would) rather)\b|方を|方で|ほうが|方がいい|にします|にしましょう|"
    r"にして|決まりです|に統一|(?:変え|し|使い|残し|消し|やめ|分け|入れ|外し|置き)ます[。！]?$|"
    r"那就|(?:し|き|い|め|り)ましょう|でお願い|ことに(?:します|しました|する)|で(?:いき|行き|進め)|"
    r"そのまま|ままで|希望です|改成|改用|改为|就用|就按|就选|采用|还是.*(?:吧|好)|用.*吧|保留|去掉|"
    r"删掉|选|照旧|不变|维持"
)
TOPIC = re.compile(r"^\W*((?:[\w.#+/-]+ ){0,4}[\w.#+/\"”“-]+) ?: ?(?![/\"“„«])(\S[^,;.]*)")
"""A subject, a colon, and what is to be of it."""
SETTLED = Wordings(
    r"\b(?:we|i)(?:'ve| have)? (?:decided|agreed|settled|opted|chose)\b|\bit'?s decided\b"
)
ALLOTS = Wordings(
    r"^(?!i |it |what |that |this |which |who |and i )(?:[^\s']+ ){1,3}(?:does|do|handles?|owns?|"
    r"covers?|macht|machen|übernimmt|hace|s'en (?:charge|occupe))"
    r" (?:that|this|it|those|them|das|die|es|eso|lo|la|ça|ella|él|herr|frau|mr|ms)\b"
)

RULE = Wordings(
    r"\band that's (?:it|that|final)\b|(?:^|[,;.] ?)(?:period|full stop|end of (?:story|"
    r"discussion)|punkt|y punto|point final|point barre|basta)[.!]*$|\b(?:no (?:discussion|"
    r"exceptions?|matter what)|without exception|keine (?:diskussion|ausnahmen?)|ausnahmslos|sin "
    r"(?:excepci\w+|discusión)|sans (?:exception|discussion)|non-negotiable|nicht verhandelbar|no "
    r"negociable|non négociable|under no circumstances|out of the question|not an option|auf "
    r"(?:gar )?keinen fall|kommt nicht in ?frage|bajo ningún concepto|ni hablar|en aucun cas|"
    r"(?:pas|hors de) question)\b|^(?:and |but |so )?(?:whatever(?! is\b| you\b)|whoever|whichever|"
    r"any(?:one|body|thing) (?:who|that|with|without|older|newer)|every(?:one|body|thing) (?:who|"
    r"that)) \w+ \w|^(?:and |but |so )?we (?:don't|do not|never) (?!know|have|see|remember|"
    r"understand|get|think|mind|care|yet|really|even)\w+|不能|不许|不得|[^特个分区]别(?!人|的|处)|"
    r"吧[，。！]|吧$|のままで?[。]?$"
)
"""It is so always, without exception."""
THEREFORE = re.compile(
    r"^(?:(?:ok(?:ay)?|fine|hm+|gut|well|ah|oh|no|yes)\b[\s,.]*)*(?:so|also|así que|donc|"
    r"therefore|hence)\b,? (?!far|much|many|what|where|how|why|who|now|next|the |i |"
    r"it |sorry|yeah|no\b|ok|not\b)"
)
FIGURE = re.compile(r"^(?!.*\w\wed\b)(?!.*[\u3000-\u9fff])(?:\D*\d[\d.,:/%]*\D*){1,2}$")
YES = re.compile(
    r"^(?:yes|yep|yeah|sure|ja|sí|oui|exactly|genau|exacto)\b[\s,!.]*\w|.*\b(?:yes|ja|sí|oui)$"
)

# -- something is so, was so or may be so

FACT = Wordings(
    r"^\W*(?:(?:and|but|so|yes|no|ok|also|und|aber|y|et|pero|mais|sí|oui|ja)\b[\s,]*)*"
    r"(?:(?:the|der|die|das|el|la|le|our|unser\w*|nuestr\w*|notre) )?"
    r"(?:there(?:'?s| is| are| was|re)|here(?:'?s| is| are)|it(?:'?s| is| was| has| says| looks| "
    r"does)|(?:he|she|they)(?:'(?:s|re|ve|d))?|i (?:see|saw|found|tried|have|had|am|was|did|"
    r"asked|told|wrote|sent|know|need|checked|mentioned|remember|feel|hope)|i'(?:m|ve)|im "
    r"(?=\w+ing|not|sure|the|a\b)|ive|that(?:'?s| is| was| sounds| looks)|this (?:is|was)|"
    r"those (?:are|were)|es gibt|il y a|hay|había|c'est|das (?:ist|war|gibt|sind)|es (?:ist|war)|"
    r"er|sie|wir haben|ich (?:habe?|bin|war|weiß|glaube|denke)|creo que|me (?:dice|dicen)|je suis|"
    r"j'ai)\b"
)
PAST = Wordings(
    r"(?<!not )(?<!be )(?<!as )\b(?:was|were|had|did|has been|have been|went|got|came|said|told|"
    r"asked|wrote|sent|saw|found|made|took|gave|yesterday|last (?:week|month|year|night|time|"
    r"quarter)|since|ago|war|waren|mussten?|musste|wollten?|konnten?|gab|kam|ging|sagten?|"
    r"hatte[n]?|wurde[n]?|hat|haben .*ge\w+|gestern|seit|fue|era|había|ha \w+[aio]do|"
    r"han \w+[aio]do|ayer|desde|était|avait|a été|ont|hier|depuis)\b|ました|でした|昨日|昨天|过了"
)
REPORTS = Wordings(
    r"\b(?:says|said|reckons?|thinks?|told|asks?|sagt|meint|fragt|"
    r"will wissen|dice|dicen|pregunta|dit|disent)\b|と言|そうです|说"
)
TROUBLE = Wordings(
    r"\b(?:wants|insists|complains|demands|pide|quiere|veut|exige|verlangt|möchte|besteht)\b|"
    r"\b(?:broken|kaputt|stuck|fails?|failing|crash\w*|error\w*|freez\w*|slow|blocked|roto|falla|"
    r"cassé|en panne|plante|doesn'?t (?:work|start|run|open|load)|(?:i|we) can'?t|"
    r"geht nicht|funktioniert nicht|no (?:funciona|va|puedo)|ne (?:marche|fonctionne))\b"
)
REMARK = frozenset(
    word[:5]
    for word in fold(
        "m ve re s t d ll hm oo sweet though tho too done enough honest honestly important "
        "convince beautiful wonderful lovely exactly awesome brilliant amazing sick legend lol "
        "haha hahaha hihi wow omg phew ugh argh whoa yay yesss yess cool neat fantastic "
        "fabulous magnificent superb glorious impressive clever smart fun funny hero genius "
        "love like liked likes convincing convinced true correct indeed absolutely totally "
        "definitely certainly makes make sense legit catch pace idea point job work better much "
        "very so really thing things way today tonight back here coffee morning evening good "
        "day hello hi hey again later bye see soon gotta sorry wait hold hmm oh dear damn ffs "
        "shit thx ty ta cheers wunderbar herrlich schön sehr super klasse toll spitze genial "
        "bravo pls plz bitte fuck très muy bête bien gut acceptable passable reasonable "
        "sensible dumm tonto stupid klar stimmt richtig eben danke morgen tag moin maravilla "
        "estupendo fenomenal perfecto claro exacto cierto madre mía gracias merci parfait "
        "génial magnifique exact exactement voilà sûr excellent"
    ).split()
)
GOES_ON = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|yes|good|great|perfecto|vale|gut|bien)\b[\s,.!]*)*(?:carry on|go on|"
    r"keep going|continue|proceed|weiter(?:machen)?|let'?s (?:go\b(?! (?:with|for|back))|start|"
    r"see|look|talk|do\b)|sigue con|sigamos|dale|vas-y|on y va|"
    r"(?:so|now|next) the\b|sorry\b|(?:hang|hold) on\b|one (?:sec\w*|moment|minute)\b|(?:einen "
    r")?moment\b|un (?:momento|moment|instant|segundo)\b|ちょっと|稍等|(?:give|send|get|bring|"
    r"show|tell) me\b|gib mir|schick\w* mir|dame\b|envíame|donne-moi|envoie-moi|(?:stop|"
    r"wait)\b(?! with)|continúa|adelante|continuez?|on continue|続けて|继续|next\b|back\b)"
)
ASIDE = Wordings(
    r"\b(?:that'?s|that (?:was|is|will|would)|it'?s|they|hangs?|waits?|wartet|warten|espera|"
    r"attend|was|were|i'd|till|until|bis|sobald|hasta|cuando|dès|quand|wins?|tomorrow|"
    r"das (?:ist|war)|spricht|falta)\b|等|たら|待"
)
POINTER = re.compile(
    rf"\b(?:{TO_KEEP}|hands off|them|both|rest|one|ones|first|second|third|former|latter|last|"
    r"everything|things?|as (?:is|it is)|out|in|off|away|repair|mach|machen|wir|so|beides?|beiden?|"
    r"pon|deja|quita|los|las|dos|ambos|primero|segundo|garde|laisse|les|deux|premier|deuxième)\b|"
    r"\w*est\b"
)
FINITE = Wordings(
    r"\b(?:i|he|she|it|they|we|you|there|who|which)\b|\b(?:is|are|am|was|were|has|have|had|does|"
    r"do|did|will|would|can|could|should|must|may|might|says?|thinks?|needs?|wants?|knows?|looks?|"
    r"works?|seems?|means?|takes?|costs?|gets?|goes|comes?|belongs?|opens?|closes?|starts?|ends?|"
    r"runs?|breaks?|happens?|contains?|exists?|depends?|sounds?|feels?|pays?|loses?|lives?|sits?|"
    r"meets|decides|writes|reads|speaks|uses|brings|hangs|fits|matters|grows|falls|rises|tells|"
    r"gives|holds|finishes|expires|arrives?|returns?|sends?|sells?|buys?|owes?|refers?|collides?|"
    r"clicked|isnt|arent|doesnt|dont|cant|wont|its|thats|theres|ive|"
    r"people|everyone|everybody|nobody|someone|somebody|leute|gente|gens)\b|"
    r"\bles \w+s \w+ent\b|\bl[oa]s \w+s (?:no )?\w+[ae]n\b|\b(?:"
    r"heißt|heißen|braucht|ist|sind|war|hat|habe[n]?|wird|werden|kann|können|muss|müssen|soll|"
    r"sollen|sagt|gibt|geht|liegt|steht|kommt|ich|er|es|wir|ihr|man|"
    r"es|está|son|están|hay|tiene|tienen|dice|va|ha|han|hemos|he|fue|era|puede|"
    r"est|sont|ont|ai|avons|avez|il|elle|ils|elles|je|nous|vous|c'est|faut|peut|va|vont|on (?:a|"
    r"va|est|peut|ne|se|fait|met|garde))\b|^im (?!\w+$)\w+ing\b|"
    r"n't\b|\w'(?:s|re|ve|m|ll|d)\b|です|ます|ました|[是有了在说]"
)
CLAUSE = re.compile(
    r"[,;:–—。、] ?|[.!…] | (?:because|bc|cause|since|weil|denn|porque|car) |:\)|[🀀-🿿]+"
)
UNABLE = Wordings(
    r"\bwithout\b.*(?:n't|\bcannot|\bno)\b|\bohne\b.*\b(?:nicht|kein\w*)\b|\bsin\b.* no \b|"
    r"\bsans\b.*\bpas\b|\bthere(?:'?s| is| are) no\b|\b(?:i|we)(?: still)? (?:can'?t|cannot|"
    r"couldn'?t|haven'?t|don'?t (?:have|know|see|remember))\b|"
    r"\b(?:kann|können|habe|haben) (?:ich|wir) (?:\w+ ){0,3}(?:nicht|kein\w*)\b|"
    r"\b(?:ich|wir) (?:kann|können|habe|haben) (?:\w+ ){0,3}(?:nicht|kein\w*)\b|"
    r"\b(?:no (?:puedo|podemos|tengo|tenemos)|je n'ai pas|je ne peux pas|on n'a pas)\b"
)
CODE = re.compile(r"[a-z0-9_]\([^\s(]*\)|[{}]|\w=\w|[=!]=|\bselect\b.*\bfrom\b|/tmp/")
PROMISES = Wordings(
    r"\blet'?s .*\b(?:tomorrow|later|another (?:day|time)|next (?:week|time)|on \w+day)\b|"
    r"\b(?:i'll|i will|i'm going to|i'm off|let me|ich (?:schick|frag|ruf|schreib)\w*|voy a|le "
    r"escribo|te mando|je vais|j'envoie|je vous envoie)\b"
)
DOUBT = Wordings(
    r"\b(?:if|unless|whether|maybe|perhaps|might|depends|falls|wenn|ob|vielleicht|quizás?|tal vez|"
    r"depende|peut-être|dépend|(?:not|nothing) (?:now|yet|before|until|till)|"
    r"idk|dunno|waiting|waits)\b|もし|たぶん|かも|如果|也许|可能"
)
# "Merged" and "true" tell, and decide nothing.
TOLD = Wordings(
    r"\bdone\b|^(?:\w+ )?(?:\w{2,}[^e]ed|\w+ée?s?|ge\w+(?:t|en)|\w+[ai]d[oa]s?|sent|true|correct|"
    r"off|there|through|ready|fertig|erledigt|listo|hecho|fait)$|\b(?:sent|ready|in|off|applied|"
    r"too|tho)$|^(?:(?:still|already|just) \w+ing|\w{2,}ing (?:now|tonight|today|tomorrow|later|it|"
    r"them))\b|\b\w+(?:í|ó|aron|ieron|aient|èrent)\b|\b(?:for ex(?:ample)?|e\.g|z\.b|zum beispiel|"
    r"por ejemplo|par exemple|sort of|or so)\b|例えば|比如|^(?:(?:oh|ah|ach|uy|ay|my) )*(?:god|"
    r"goodness|gosh|dear|wow|damn|crap|shoot|stimmt|dios|mon dieu|mince|zut|mist|mensch|vaya)\b"
)
WORK = re.compile(r"\b(?:please|pls|plz|now|bitte|jetzt|por favor|ahora|maintenant)\b")
NO_TOPIC = re.compile(
    r"^[^:]+: (?:\w+ed|nothing|none|unknown|unclear|nichts|nada|rien)\b|^\W*(?:first|second|third|"
    r"next|then|also|ps|fyi|note|unrelated|question|problem|feedback|got|"
    r"news|update|log|output|result|error|here|one more thing|erstens|zuerst|frage|primero|"
    r"d'abord)\b"
)
ABOUT = re.compile(
    r"(?:about|regarding|concerning|as (?:for|to)|re|wegen|bezüglich|sobre|quant à)\b"
)
OTHERS = Wordings(
    r"\b(?:is|are|was|'s) only (?:on|at|in|by|after|from|until)\b|\b(?:it|that|there|this|they) "
    r"must (?:be|have)\b|\b(?:i|we) only (?!use|keep|take|want|do|accept|allow|count|support|ship|"
    r"go|make|send)\w+|\b(?:ist|sind|war|hat|haben|habe|es|está|est|a) (?:nur|solo|sólo|que|"
    r"seulement)\b|\bonly (?:now|then|just)\b|^(?:the|my|our|his|her|this|that|their) \w+(?: \w+)? "
    r"(?:only|always|never) \w+s\b|^(?:always|never) \w+s\b|^only (?:has|needs|knows|works|allows|"
    r"does|takes|gets|runs)\b|\b(?:he|she|they|it|nobody|who|er|sie|ella|él|elle|il|ils) (?:only|"
    r"never|always|just|nur|nie|immer|solo|nunca|siempre)\b|^(?:where|what|how|why|who|when|which|"
    r"wo|was|wie|warum|wer|wann)\b.*\b(?:do|does|did|is|are|was|can|happens|ist|sind)\b"
)
RELAYED = re.compile(
    r"(?:\w+[ ,]+){0,2}(?:\w|\.)+ (?:says?|said|thinks|sagt|meint|dice|quiere|dit|veut)"
    r"\b(?::|,|que| that| dass)? +(?=\w)"
)
PRAISE = re.compile(
    r"^(?:good|great|nice|interesting|clever|fair|gute?r?|schöne?r?|buen[oa]?|bonne?|belle) "
    r"\w+[.!]*$"
)
TAKES_BACK = re.compile(
    r"(?:if|unless|when|wenn|falls|si|cuando|quand|maybe|perhaps|vielleicht|quizás?|peut-être|"
    r"no (?:reply|answer|response|word|news|idea|clue)|(?:but )?(?:i )?(?:don'?t know|dunno|idk|"
    r"not sure)|(?:but |aber |pero |mais )?(?:that|this|it|das|eso|esto|ça|cela)\b.*(?:\bnot\b|"
    r"n't|\bnicht\b|\bno\b|\bpas\b))"
)
OBJECT = re.compile(
    r"(?!(?:\w+ed|did|done|got|do|ship|send|merge|push|print|post|try|fix|run|check|test|have|had|"
    r"see|know|like|love|hate|need|found|made|saw)\b)\w+ (?:it|them|that|those|these|all)$"
)
"""An order about what was spoken of."""
REASON = re.compile(
    r"^(?:because|bc|since|weil|denn|porque|car|parce)\b|(?:ので|から|ため)(?:です|ね)?[。]?$|^因为"
)
"""It only says why."""
