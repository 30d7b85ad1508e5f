"""What a recap takes for work that is done, and for work that is under way."""

from __future__ import annotations

import pytest

from agentsess.model import Recap
from agentsess.sessions.recap.building import build_recap
from support.transcripts import Transcript

pytestmark = pytest.mark.usefixtures("by_rules_alone")


def done(recap: Recap) -> list[str]:
    return [fact.text for fact in recap.done]


def doing(recap: Recap) -> list[str]:
    return [fact.text for fact in recap.in_progress]


def after_an_edit(reply: str) -> Recap:
    t = Transcript()
    t.user("Please see to the importer")
    t.edit("importer.py")
    t.say("Two ways lead there, let me see.\n\n" + reply)
    return build_recap(t.entries)


def in_talk(prompt: str) -> Recap:
    t = Transcript()
    t.user("Help me with the autumn fair")
    t.say("Gladly. Flyers, stalls and the band, in that order.")
    t.user(prompt)
    return build_recap(t.entries)


@pytest.mark.parametrize(
    "said",
    [
        "Both parsers have been merged into one.",
        "Swapped the stub for the real queries.",
        "The old column is gone.",
        "The importer no longer reads the file twice.",
        "Die beiden Leser sind zusammengelegt.",
        "Le second lecteur est supprimé.",
        "Los dos lectores ya están unidos.",
        "二つのリーダーを統合しました。",
        "两个读取器已合并。",
    ],
)
def test_after_a_change_a_reply_tells_what_is_done_in_many_ways(said: str) -> None:
    assert said in " ".join(done(after_an_edit(said)))


@pytest.mark.parametrize(
    "said",
    [
        "The readers aren't merged yet.",
        "Once both are merged, the column can go.",
        "I'd have merged both.",
        "Shall both be merged?",
        "Die Leser sind noch nicht zusammengelegt.",
        "Les lecteurs ne sont pas encore réunis.",
    ],
)
def test_what_is_in_doubt_is_not_done(said: str) -> None:
    assert said not in " ".join(done(after_an_edit(said)))


@pytest.mark.parametrize(
    "prompt",
    [
        "flyers are printed, 200 of them",
        "Flyers sent!",
        "update: tried it with two of the stalls",
        "Die Flyer sind gedruckt.",
        "Les tracts sont imprimés.",
        "チラシはできました。",
    ],
)
def test_what_users_report_of_their_part_is_done(prompt: str) -> None:
    assert done(in_talk(prompt)) == [prompt]


@pytest.mark.parametrize(
    "prompt",
    [
        "I want the flyers printed.",
        "Are the flyers printed?",
        "nearly done with the flyers",
        "the flyers must be printed by friday",
        "Die Flyer müssen gedruckt werden.",
    ],
)
def test_what_users_want_is_not_done(prompt: str) -> None:
    assert done(in_talk(prompt)) == []


def test_what_a_command_changed_is_reported_too() -> None:
    t = Transcript()
    t.user("The till certificates have run out")
    t.bash("./ca issue --stores 7,19", "issued 2")
    t.say("Stores 7 and 19 take cards again.")
    assert done(build_recap(t.entries)) == ["Stores 7 and 19 take cards again."]


def test_what_a_look_around_finds_is_no_work_done() -> None:
    t = Transcript()
    t.user("Why is the start slow?")
    t.bash("grep -rn connect src", "src/db.py:12")
    t.say("The database is opened twice, and the second time is never closed.")
    assert done(build_recap(t.entries)) == []


def half_done(said: str) -> Transcript:
    t = Transcript()
    t.user("Translate the minutes, 23 pages")
    t.write("minutes.de.md")
    t.say(f"Pages 1 to 9 are translated. {said}")
    return t


def test_what_is_under_way_stays_so_while_something_else_is_done() -> None:
    t = half_done("I'm in the middle of page 17.")
    t.user("The header must say 'internal'.")
    t.edit("minutes.de.md")
    t.say("The header says so now.")
    assert doing(build_recap(t.entries)) == ["I'm in the middle of page 17."]


def test_what_is_under_way_ends_with_a_word_of_it() -> None:
    t = half_done("I'm in the middle of page 17.")
    t.user("Then finish it.")
    t.edit("minutes.de.md")
    t.say("Page 17 and the rest are translated.")
    assert doing(build_recap(t.entries)) == []


@pytest.mark.parametrize(
    "said",
    [
        "I'm not through with the appendix yet.",
        "The appendix is still uploading.",
        "I've begun with the appendix.",
        "The appendix is parked on a second sheet.",
        "Four of its tables have a title and three don't yet.",
        "I'll finish the appendix when the scan is here.",
        "Der Anhang ist noch nicht fertig.",
        "L'annexe n'est pas encore terminée.",
        "El anexo está sin terminar.",
        "付録は作りかけています。",
    ],
)
def test_work_under_way_is_told_in_many_ways(said: str) -> None:
    assert doing(build_recap(half_done(said).entries)) == [said]


def test_of_a_prompt_that_answers_first_only_the_task_is_under_way() -> None:
    t = half_done("Would a glossary help?")
    t.user("No idea, ask me tomorrow. Meanwhile add page numbers to the file.")
    t.edit("minutes.de.md")
    assert doing(build_recap(t.entries)) == ["Meanwhile add page numbers to the file."]


@pytest.mark.parametrize("said", ["I'm taking it to the printer myself.", "Doing it needs root."])
def test_what_others_do_or_it_takes_is_not_under_way(said: str) -> None:
    assert doing(build_recap(half_done(said).entries)) == []


def test_an_open_box_is_not_done_whatever_its_words() -> None:
    recap = after_an_edit(
        "Open:\n\n- [ ] a.py: iteritems() is gone\n- [ ] b.py: prints are removed"
    )
    assert not any(".py" in text for text in done(recap))
    assert [fact.text for fact in recap.next] == [
        "a.py: iteritems() is gone",
        "b.py: prints are removed",
    ]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("It builds again, but the board can't be flashed.", True),
        ("Die Seite läuft, nur der Versand schlägt fehl.", True),
        ("La page est en ligne, le paiement non.", True),
        ("Funciona, aunque el correo falla.", True),
        ("移行は通りました。失敗が一件あります。", True),
        ("The build stops at the font, which is empty.", False),
        ("It doesn't build yet, since the header is missing.", False),
        ("Der Dienst startet nicht, weil eine Datei fehlt.", False),
        ("The rows aren't in the sheet, so nothing can be tested.", False),
    ],
)
def test_what_works_is_done_although_something_else_failed(reply: str, told: bool) -> None:
    t = Transcript()
    t.user("Build it and flash the board, please.")
    t.edit("board.c")
    t.bash("make flash", "make: *** [flash] Error 1", error=True)
    t.say(reply)
    assert bool(build_recap(t.entries, t.session).done) is told
