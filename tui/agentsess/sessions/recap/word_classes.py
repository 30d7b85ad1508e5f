"""Classes of words by what they say about work, in the languages that recaps know: waiting,
lacking, failing, choosing and so on. `sayings` makes a feature of each.

A word is given by its beginning; ``word_`` is the whole word. All is folded: lower case, no marks
between words.
"""

from __future__ import annotations

import re
from functools import cache

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
        refus den[iy] forbid allow permi reject 403 401 unauthor credential password key_ access_
        right_ rights_ licen lock admin root_ sudo_ secret_ token_ quota firewall verweiger
        abgelehn darf dürf erlaub recht zugriff gesperrt passwort schlüssel freigabe refusé
        interdi autoris droit accès clé_ mot_ niega deneg prohib permis acceso clave_ contraseña
        権限 許可 拒否 禁止 鍵 权限 拒绝 不让 不能 许可 密码""",
    "fail": """
        fail error crash broke break_ breaks_ wrong_ bug_ flaky timeout |time out| |timed out|
        abort bounce dead_ hang_ corrupt conflict red_ exception snag wall_ trouble problem issue_
        fehler fehlschlag abgestürzt kaputt bricht scheiter klemm hakt_ problem échou erreur plant
        cass bloqu bug_ souci_ falla fall[oó] error romp bloque problema
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
}
"""Beginnings of words; a phrase stands between bars."""


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, _pattern(text)) for name, text in _CLASSES.items())


def _pattern(text: str) -> re.Pattern[str]:
    phrases = [" ".join(part.split()) for part in text.split("|")[1::2]]
    words = " ".join(text.split("|")[::2]).split()
    spaced, free = [], []
    for word in [*words, *(f"{phrase}_" for phrase in phrases)]:
        if word[0] > "\u3000":
            free.append(word)
        else:
            spaced.append(f"{word[:-1]} " if word.endswith("_") else word)
    return re.compile(rf" (?:{'|'.join(spaced)})|{'|'.join(free)}")


def word_classes(folded: str) -> list[str]:
    """The classes of which a folded text has a word."""
    text = f" {folded} "
    return [name for name, pattern in _patterns() if pattern.search(text)]
