"""Classes of words by what they say about work and by their part in a sentence, in the languages
that recaps know: waiting, lacking, failing, choosing, who, when and so on. `sayings` makes a
feature of each.

A word is given by its beginning; ``word_`` is the whole word. All is folded: lower case, no marks
between words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

_CLASSES = {
    "wait": """
        wait await pending hold_ held_ hangs_ hinges depend until_ till_ unless_ without_ blocked
        stuck_ stall parked queue once_ when_ |as soon as| |not before| |up to| |in the hands|
        wart abwart bis_ sobald hängt_ abhäng ausstehend ohne_ erst_ solange attend attente jusqu
        tant_ dès_ lorsque quand_ sans_ dépend |en suspens| esper pendiente hasta_ cuando_ depende
        sin_ mientras_ |en cuanto|
        待 まで 次第 ないと 返事 等 直到 之前 之后 以后""",
    "lack": """
        miss lack absent need_ needs_ needed_ require gone_ nowhere |not there| |no access| |don t
        have| |doesn t have| |haven t got| |hasn t| |not yet| yet_ nobody_ expired fehl brauch
        vermiss noch_ kein verschwunden abgelaufen manqu besoin pas_ aucun introuvable absente
        expir falta_ faltan_ hace_ necesit todavía_ aún_ nadie_ ninguna caduc
        ない ません 必要 足り 切れ 没 缺 还 不在 过期 需要""",
    "forbid": """
        refus deni deny forbid allow permi reject 403 401 unauthor credential password key_ access_
        right_ rights_ licen lock admin root_ sudo_ secret_ token_ quota firewall verweiger
        abgelehn darf dürf erlaub recht zugriff gesperrt passwort schlüssel freigabe refusé
        interdi autoris droit accès clé_ mot_ niega deneg prohib permis acceso clave_ contraseña
        権限 許可 拒否 禁止 鍵 权限 拒绝 不让 不能 许可 密码""",
    "fail": """
        fail error crash broke break_ breaks_ wrong_ bug_ flaky timeout |time out| |timed out|
        abort bounce dead_ hang_ corrupt conflict red_ exception snag wall_ trouble problem issue_
        fehler fehlschlag abgestürzt kaputt bricht scheiter klemm hakt_ problem échou erreur plant
        cass bloqu bug_ souci_ falla fallo falló error romp bloque problema
        失敗 エラー 落ち 壊れ 止ま 失败 报错 错 崩溃 超时 卡""",
    "then": """
        next_ then_ after afterwards later_ tomorrow tonight monday tuesday wednesday thursday
        friday saturday sunday week_ month_ morning_ evening_ january february march_ april june_
        july_ august september october november december soon_ eventually following upcoming
        danach dann_ nächst morgen_ später heute_ montag dienstag mittwoch donnerstag freitag
        samstag sonntag woche_ anschließend ensuite puis_ après demain lundi mardi mercredi jeudi
        vendredi samedi dimanche prochain luego_ después mañana_ lunes_ martes_ miércoles jueves_
        viernes_ sábado domingo próxim semana_
        次 後 明日 来週 今週 曜 それから
        然后 接下来 明天 下周 周一 周二 周三 周四 周五 之后 晚上""",
    "will": """
        will_ ll_ going_ gonna_ shall_ plan want intend aim_ about_ werde wird_ will_ wollen soll
        möchte vais_ va_ allons veux veut compte_ faudra voy_ va_ vamos_ quiero quier haré
        ます つもり 予定 たい 要 会 打算 准备 将""",
    "must": """
        must_ should have_ has_ ought need_ to_ todo remember don_ please pls_ plz_ muss müss
        sollt bitte dois_ doit_ devr faut_ falloir stp_ svp_ veuill debe deber hay_ tengo_ tiene_
        toca_ favor_
        べき 必要 ください お願い 必须 得 应该 请 别""",
    "rest": """
        left_ remain rest_ still_ outstanding open_ unfinished missing_ untouched leftover other_
        übrig rest_ noch_ offen verbleib reste restant encore_ manque queda quedan resta falta_
        faltan_
        残 まだ あと 未 剩 还 其余 尚""",
    "now": """
        now_ currently working half halfway middle_ begun began started starting progress partway
        underway ongoing |so far| meanwhile |at it| busy_ drafting_ first_ gerade_ jetzt_ dabei_
        arbeite angefangen begonnen bisher_ hälfte mitten_ maintenant_ cours_ train_ commencé
        entamé début moitié ahora_ estoy_ estamos_ empezado empec curso_ mitad
        今 途中 最中 始め 中です ているところ 现在 正在 一半 开始 做到""",
    "done": """
        done_ finish complete ready_ merged shipped deployed pushed passed green_ fixed works_
        written built added removed through_ landed live_ settled fertig erledigt abgeschlossen
        läuft_ steht_ geschrieben gebaut behoben fini_ terminé fait_ prêt prête marche_ corrigé
        écrit listo lista hecho hecha terminad funciona corregid escrito
        完了 終わ できました 済 しました 完成 好了 已 修好 搞定""",
    "choose": """
        choose chose decid pick prefer rather_ instead_ go_ take_ keep_ leave_ drop_ stay stick
        use_ let_ lets_ fine_ yes_ ok_ okay_ agreed both_ skip_ forget_ kill_ ditch scrap no_ not_
        only_ nehm lieber_ statt_ stattdessen lass bleib behalt entscheid entschied ja_ nein_ nur_
        weg_ plutôt_ prend gard laiss oui_ non_ choisi décid seulement_ mejor_ deja quita usa
        prefier sí_ no_ solo_ decid quedamos
        にします に決 でいき やめ いいです だけ 就 选 决定 不用 用 只 算了 改""",
    "doubt": """
        maybe_ perhaps might unsure sure_ unclear unknown wonder whether_ if_ idea_ clue_ know_
        think_ guess assume probably seems could_ vielleicht_ unklar ob_ weiß_ keine_ ahnung_
        vermut wohl_ peut_ être_ savoir sais_ si_ doute quizá tal_ vez_ sé_ duda si_ creo_
        かも かどうか わから 不明 可能 也许 不知道 是否 不确定""",
    "who": """
        she_ he_ her_ him_ boss_ team_ legal_ finance_ customer client vendor manager colleague
        lawyer somebody_ someone_ ops_ security_ sie_ er_ ihm_ ihr_ chef kollege kunde anwalt
        jemand_ leitung elle_ il_ ils_ lui_ chef client collègue ella_ él_ ellos_ jefe jefa
        cliente compañer
        さん 様 部長 課長 先生 他 她 他们 经理 老板 同事 客户""",
    "ask": """
        ask_ asked_ asking_ reply replied answer email emailed mail_ message_ call_ called_ wrote_
        hear_ confirm approv sign_ signs_ feedback frag antwort schreib geschrieben anruf bestätig
        rückmeld demand répon réponse écri appel confirm pregunt respuesta responder escrib llam
        confirm avis
        聞 確認 返信 連絡 メール 问 回复 确认 联系 邮件""",
    "i": """
        i_ m_ ve_ my_ me_ myself ich_ mir_ mich_ mein j_ je_ moi_ mon_ ma_ yo_ mi_
        私 僕 我""",
    "we": """
        we_ us_ our_ ours lets_ wir_ uns_ unser nous_ notre nos_ on_ nosotr nuestr vamos_
        我们 うち""",
    "you": """
        you_ your yours u_ ur_ du_ dir_ dich_ dein ihr_ euch sie_ ihnen tu_ te_ toi_ vous_ votre
        vos_ tú_ ti_ usted 你 您 あなた そちら""",
    "it": """
        it_ its_ this_ that_ these_ those_ they_ them_ es_ das_ dies ça_ cela_ ce_ c_ esto_ eso_
        これ それ 这 那""",
    "not": """
        not_ no_ never_ don_ doesn_ didn_ won_ isn_ aren_ nothing_ neither nor_ nicht_ kein nie_
        nichts_ pas_ ne_ n_ jamais rien_ nunca_ nada_ ni_ ない ません 不 没 别""",
    "be": """
        is_ are_ was_ were_ be_ been_ s_ ist_ sind_ war_ waren_ est_ sont_ était étaient es_ son_
        era_ eran_ está están です でした 是""",
    "past": """
        was_ were_ did_ had_ went_ came_ got_ said_ told_ made_ found_ took_ gave_ saw_ thought_
        kept_ left_ lost_ hatte war_ wurde_ wurden_ habe_ hat_ haben_ ai_ a_ ont_ avons_ était
        ha_ he_ hemos_ fue_ era_ ました でした った 了 过""",
    "if": """
        if_ when_ once_ unless_ wenn_ falls_ sobald si_ quand_ cuando_ なら たら ば 如果 要是""",
    "because": """
        because_ since_ as_ so_ therefore hence_ thus_ reason why_ weil_ da_ denn_ deshalb daher_
        also_ parce_ car_ donc_ porque_ así_ ので から ため 因为 所以""",
    "but": """
        but_ however though although except instead_ rather_ yet_ aber_ doch_ jedoch sondern_
        trotzdem mais_ pourtant sauf_ pero_ sino_ aunque でも しかし けど 但 不过 而""",
    "and": """
        and_ then_ also_ plus_ too_ und_ auch_ dann_ et_ aussi_ puis_ y_ también
        そして また 和 也""",
    "can": """
        can_ could_ able_ may_ might_ possible kann_ können könnte darf_ peut_ peux_ pouvez_
        pouvons puede puedo_ podemos できる でき られ 能 可以""",
    "would": """
        would_ d_ could_ should_ würde_ hätte_ wäre_ könnte_ sollte_ serait_ aurait_ voudrais_
        pourrait sería_ habría gustaría でしょう だろう 会""",
    "what": """
        what_ which_ who_ where_ how_ why_ when_ was_ welche wer_ wo_ wie_ warum wann_ quoi_ quel
        qui_ où_ comment_ pourquoi qué_ cuál quién dónde_ cómo_
        何 どれ どの 誰 いつ どう なぜ 什么 哪 谁 怎么 多少 几""",
    "number": """
        one_ two_ three_ four_ five_ six_ seven_ eight_ nine_ ten_ twelve_ half_ eins_ zwei_ drei_
        vier_ fünf_ deux_ trois_ quatre_ cinq_ dos_ tres_ cuatro_ cinco_ 0 1 2 3 4 5 6 7 8 9""",
    "weekday": """
        monday tuesday wednesday thursday friday saturday sunday mon_ tue_ wed_ thu_ fri_ montag
        dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi
        samedi dimanche lunes_ martes_ miércoles jueves_ viernes_ sábado domingo
        曜 周一 周二 周三 周四 周五 周六 周日 星期""",
    "soon": """
        today_ tomorrow tonight_ later_ soon_ now_ next_ week weekend_ morning afternoon evening_
        heute_ morgen_ später_ nächste demain_ aujourd_ prochain mañana_ hoy_ próxim semana
        今日 明日 来週 今晩 明天 今天 下周""",
    "before": """
        yesterday ago_ last_ already_ earlier before_ previously gestern_ schon_ bereits letzte
        vorher_ hier_ déjà_ avant_ dernier ayer_ ya_ antes_ último pasad
        昨日 先週 すでに もう 昨天 已经 上次 之前""",
    "polite": """
        thanks thank_ great_ good_ nice_ perfect cool_ wow_ love_ sorry_ please_ hi_ hello hey_
        danke super_ gut_ toll_ prima_ merci_ parfait gracias genial ありがとう いい 谢谢 好""",
    "opinion": """
        think_ guess_ believe feel_ seems_ looks_ suspect assume suppose sounds_ denke_ glaube_
        meine_ scheint pense_ crois_ semble creo_ pienso parece 思い 思う 觉得 认为 好像""",
    "look": """
        look_ looks_ looking check_ checking see_ let_ read_ reading first_ find_ search schau
        prüf les_ sehe_ regard vérifi voir_ mira_ reviso veo_ leo_ 見 確認 看 检查 查""",
    "change": """
        add_ adds_ added change_ changed remove_ removed fix_ fixed replace_ replaced update_
        updated write_ wrote_ written rewrote moved renamed split_ created create_ built_
        implement ergänz änder entfern ersetz schreib erstell ajout modif supprim remplac écri
        cré añad cambi elimin reemplaz escrib cre 追加 変更 削除 直し 書き 作成 修正 加 改 删 写""",
    "check": """
        test_ tests_ testing build_ suite_ lint_ compile pass_ passes_ passed green_ fails_ failed
        ci_ typecheck run_ runs_ テスト 测试""",
    "all": """
        all_ every_ everything_ each_ whole_ both_ alles_ alle_ jede tout_ tous_ toutes_ chaque
        todo_ todos_ todas_ cada_ 全部 すべて 全て 都""",
    "only": """
        only_ just_ nur_ bloß_ seulement_ juste_ que_ solo_ sólo_ だけ しか 只""",
    "own act": """
        |i ll| |i will| |i m going| |we ll| |i am going| |ich werde| |je vais| |voy a| |i can|
        |i d| |let me|""",
    "your act": """
        |can you| |could you| |please| |you should| |you need| |you can| |i need you|
        |kannst du| |könnten sie| |peux tu| |pouvez vous| |puedes|""",
    "wish": """
        |i want| |i d like| |we want| |i need| |we need| |i don t want| |ich will| |ich möchte|
        |je veux| |je voudrais| |quiero| |necesito|""",
    "way": """
        |we use| |use the| |go with| |stick with| |keep the| |leave it| |instead of|
        |rather than| |not the| |no more| |statt| |au lieu| |en vez|""",
    "yes": """
        ok_ okay_ yes_ yeah_ yep_ sure_ right_ fine_ ja_ genau_ klar_ oui_ |d accord| sí_ vale_
        claro_ はい うん 好 对 是的""",
    "price": """
        euro eur_ usd dollar price cost budget preis kosten prix coût precio coste""",
    "person": """
        mr_ mrs_ ms_ dr_ herr_ frau_ mme_ monsieur madame sr_ sra_ さん 先生""",
}
"""Beginnings of words; a phrase stands between bars."""
_IDEOGRAMS = "\u3000"
"""From here on signs stand for words, with no space between them."""


@dataclass(frozen=True)
class _Lookup:
    """The classes by what is looked for: a table is faster than a pattern for each."""

    words: dict[str, list[str]]
    """Whole words and, with a ``*`` behind them, beginnings of words."""
    phrases: dict[str, list[tuple[str, str]]]
    """By their first word: the phrase and its class."""
    signs: list[tuple[str, str]]
    """What is found anywhere, and its class."""
    longest: int
    """Letters of the longest beginning of a word."""


@cache
def _lookup() -> _Lookup:
    words: dict[str, list[str]] = {}
    phrases: dict[str, list[tuple[str, str]]] = {}
    signs = []
    for name, text in _CLASSES.items():
        for phrase in text.split("|")[1::2]:
            said = " ".join(phrase.split())
            phrases.setdefault(said.split()[0], []).append((f" {said} ", name))
        for word in " ".join(text.split("|")[::2]).split():
            if word[0] > _IDEOGRAMS:
                signs.append((word, name))
            else:
                key = word[:-1] if word.endswith("_") else f"{word}*"
                words.setdefault(key, []).append(name)
    return _Lookup(words, phrases, signs, max(map(len, words)))


def word_classes(folded: str) -> set[str]:
    """The classes of which a folded text has a word."""
    found: set[str] = set()
    lookup = _lookup()
    words = folded.split()
    for word in words:
        found.update(_of_word(word))
    for word in lookup.phrases.keys() & words:
        found.update(name for phrase, name in lookup.phrases[word] if phrase in f" {folded} ")
    if not folded.isascii():
        found.update(name for sign, name in lookup.signs if sign in folded)
    return found


@lru_cache(maxsize=4096)
def _of_word(word: str) -> tuple[str, ...]:
    lookup = _lookup()
    beginnings = (f"{word[:end]}*" for end in range(1, min(len(word), lookup.longest) + 1))
    return tuple(name for key in (word, *beginnings) for name in lookup.words.get(key, ()))
