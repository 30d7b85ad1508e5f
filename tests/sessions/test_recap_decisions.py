"""What a recap holds to be decided, and what it holds to be in the way, in words of many kinds."""

from __future__ import annotations

import pytest

from agentsess.model import Recap
from agentsess.sessions.recap.building import build_recap
from support.transcripts import talk

pytestmark = pytest.mark.usefixtures("by_rules_alone")

PROPOSAL = "I'd keep it in the process and expire entries after an hour."


def after(*said: str) -> Recap:
    """The recap of replies and prompts that take turns, after a first prompt."""
    t = talk("Help me with the cache of our shop, please.", *said)
    return build_recap(t.entries, t.session)


@pytest.mark.parametrize(
    "answer", ["do it", "yes", "like it", "genau so", "sounds like a plan", "works for me", "deal"]
)
def test_a_proposal_that_the_user_agrees_to_is_decided(answer: str) -> None:
    recap = after(f"A Redis in front of it costs money. {PROPOSAL}", answer, "Fine.")
    assert [(fact.text, fact.seqs) for fact in recap.decisions] == [(PROPOSAL, (2, 3))]


@pytest.mark.parametrize("answer", ["good. what is in the logs?", "nice", "thanks, that helps"])
def test_praise_of_a_report_decides_nothing(answer: str) -> None:
    assert not after("The tests are green, the report is in out/r.html.", answer).decisions


@pytest.mark.parametrize(
    ("prompt", "reply"),
    [
        ("an hour is plenty", "An hour, then."),
        ("redis is out, my boss hates it", "No Redis."),
        ("i think two replicas", "Two replicas it is."),
        ("con una hora basta", "Una hora, entonces."),
    ],
)
def test_what_the_reply_repeats_in_short_is_decided(prompt: str, reply: str) -> None:
    recap = after("There are several ways to set it up.", prompt, reply)
    assert [(fact.text, fact.seqs) for fact in recap.decisions] == [(prompt, (3,))]


@pytest.mark.parametrize(
    ("prompt", "reply"),
    [
        ("my colleague is Jan", "Hello Jan!"),
        ("users complain about slow search", "Slow search usually means a missing index."),
        ("the boss wants it on friday", "Friday is tight."),
    ],
)
def test_a_remark_on_what_the_user_told_decides_nothing(prompt: str, reply: str) -> None:
    assert not after("There are several ways to set it up.", prompt, reply).decisions


def test_an_answer_about_others_decides_nothing() -> None:
    assert not after("Would marketing accept a slower page?", "they won't").decisions


@pytest.mark.parametrize(
    "said",
    [
        "The keys come as soon as Mara answers.",
        "Nothing moves until legal has signed.",
        "Only you can open that port.",
        "The landlord decides on Friday.",
        "Our admin is on leave till May.",
        "It needs a maintenance window.",
        "I'm not allowed to write there.",
        "Je continue dès qu'elle répond.",
    ],
)
def test_somebody_who_is_waited_for_is_in_the_way(said: str) -> None:
    assert [f.text for f in after("I looked at it.", "and the port?", said).blockers] == [said]


@pytest.mark.parametrize(
    "said",
    [
        "The loop returns 3 rows.",
        "Once it is built, the server starts faster.",
        "Users are not allowed to delete notes now.",
        "No certificate is needed.",
        "The method decides by date which price counts.",
    ],
)
def test_how_a_program_works_is_not_in_the_way(said: str) -> None:
    assert not after("I looked at it.", "and the port?", said).blockers


WAYS = "There are two ways: cache the results in memory, or keep them in a table. Which is better?"
DRAFT = "The draft is there: three columns, a photo on top, the events at the bottom."


@pytest.mark.parametrize(
    ("reply", "prompt"),
    [
        (WAYS, "a table, we have one anyway"),
        (WAYS, "memory pls"),
        (WAYS, "mejor la tabla"),
        (WAYS, "テーブルにしましょう"),
        (DRAFT, "two columns are plenty"),
        (DRAFT, "photo at the bottom, events on top"),
        (DRAFT, "footer: phone number, no address"),
        (DRAFT, "Das Foto kommt weg."),
        (DRAFT, "dos columnas bastan"),
        (DRAFT, "pas de photo cette fois"),
        (DRAFT, "写真はなしで"),
        (DRAFT, "照片不要了"),
        ("The tests pass.", "from here on every commit is signed"),
        ("The tests pass.", "Node 18 fliegt raus"),
        ("The tests pass.", "on laisse tomber node 18"),
        (DRAFT, "bin the photo"),
        (DRAFT, "4 columns."),
        (DRAFT, "whatever the printer takes is right"),
        (DRAFT, "i dont want a photo there"),
    ],
)
def test_a_few_words_that_say_how_it_is_to_be_are_a_decision(reply: str, prompt: str) -> None:
    found = [fact.text for fact in after(reply, prompt, "Right.").decisions]
    assert len(found) == 1
    assert found[0].startswith(prompt.rstrip("."))


@pytest.mark.parametrize(
    ("reply", "prompt"),
    [
        (WAYS, "I'll ask the others"),
        (WAYS, "does a table cost more"),
        (WAYS, "hang on"),
        (DRAFT, "wow that was quick"),
        (DRAFT, "our members are mostly retired"),
        (DRAFT, "Frau Meier hat es gesehen"),
        ("The tests pass.", "now the docs"),
        ("The tests pass.", "there were only two complaints yesterday"),
        ("The tests pass.", "my build fails with exit 2"),
        ("The tests pass.", "perfecto, gracias"),
        ("The tests pass.", "ありがとうございます"),
    ],
)
def test_remarks_reports_and_requests_decide_nothing(reply: str, prompt: str) -> None:
    assert not after(reply, prompt, "Right.").decisions


def test_a_letter_is_told_with_the_way_that_it_picks() -> None:
    recap = after(
        "a) wait for the vendor b) patch it ourselves c) both", "b. no more waiting", "Ok."
    )
    assert [fact.text for fact in recap.decisions] == ["b. no more waiting (patch it ourselves)"]


def test_what_is_taken_back_in_the_same_breath_is_not_decided() -> None:
    recap = after(DRAFT, "leave the photo out. hmm no wait, keep the photo", "Good.")
    assert [fact.text for fact in recap.decisions] == ["hmm no wait, keep the photo"]


def test_what_is_given_up_later_is_not_decided() -> None:
    recap = after(
        DRAFT, "the photo stays, people like it", "Fine.", "kill the photo after all", "Ok."
    )
    assert [fact.text for fact in recap.decisions] == ["kill the photo after all"]


@pytest.mark.parametrize(
    "choice",
    [
        "I store the hashes rather than the files.",
        "I left the version alone, because you tag releases yourself.",
        "Ich nehme die Ortszeit statt UTC.",
        "J'ai gardé l'ancien nom pour que les liens restent valables.",
        "日付は発行日ではなく受領日にしておきました。",
    ],
)
def test_what_a_reply_does_and_what_not_or_why_is_a_choice(choice: str) -> None:
    assert [fact.text for fact in after(choice).decisions] == [choice]


@pytest.mark.parametrize(
    "told",
    ["The build fails because the key is missing.", "I found the cause, so that is settled."],
)
def test_a_reason_for_what_happened_is_no_choice(told: str) -> None:
    assert not after(told).decisions


def test_advice_stands_unless_it_is_refused() -> None:
    advice = "My advice: move the images first."
    assert [fact.text for fact in after(advice, "how large are they?", "4 GB.").decisions] == [
        advice
    ]
    assert not after(advice, "no, the texts have the deadline", "True.").decisions


def test_a_long_row_of_small_words_is_read_at_once() -> None:
    words = "no no " * 30
    assert not after(f"{words}?", words, words).decisions


def test_what_is_decided_is_told_with_no_way_that_it_does_not_pick() -> None:
    plan = "1. One module that knows it\n2. The ads ask it\n3. The banner\n\nThat is my proposal."
    recap = after(plan, "No third-party tool, we keep it in our own code.", "Fine.")
    assert [f.text for f in recap.decisions] == ["No third-party tool, we keep it in our own code."]


def test_a_way_is_told_with_its_brackets_closed() -> None:
    recap = after(
        "One topic for all, or a topic per domain (three or four)?", "per domain it is", "Fine."
    )
    (decision,) = recap.decisions
    assert decision.text.count("(") == decision.text.count(")")


@pytest.mark.parametrize("said", ["312 of 312 processed.", "Phase 1."])
def test_a_count_and_the_name_of_a_phase_decide_nothing(said: str) -> None:
    plan = "## Plan\n\n1. Phase 1: read\n2. Phase 2: write\n\nEither may be first."
    assert not after(plan, said, "Fine.").decisions


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many orders come in on a Saturday?", "60 to 80"),
        ("And who's up first in the morning?", "me, 3am."),
        ("Who's actually against it?", "the younger brother"),
        ("Hast du die Produktblätter schon?", "nur von drei Lieferanten"),
        ("Darfst du hier Pakete installieren?", "nee, muss die IT"),
        ("¿De dónde sale el 18 %?", "del programa"),
        ("Le message commence par quoi ?", "un code à six chiffres"),
        ("復旧は何時でしたか。", "6時10分に全部終わりました。"),
    ],
)
def test_the_answer_to_a_question_of_fact_is_no_decision(question: str, answer: str) -> None:
    assert not after(f"The draft is there. {question}", answer, "Right.").decisions
