"""The minutes of a conversation: what was decided, claimed and asked, and what is in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from agentsess.model import Fact
from agentsess.sessions.recap import answers, choices, open_questions, proposals, questions, results
from agentsess.sessions.recap.facts import MOST, said_in
from agentsess.sessions.recap.obstacles import Obstacles
from agentsess.sessions.recap.own_choices import chosen_in
from agentsess.sessions.recap.reading import PHASE_NAME, Reading
from agentsess.sessions.recap.text import alike, plain, tokens

_REMEMBERED = 40


@dataclass(slots=True)
class Minutes:
    """Follows prompts and replies; later words replace earlier ones that say the same."""

    decisions: dict[Fact, frozenset[str]] = field(default_factory=dict)
    """With the words that carry their meaning."""
    told: list[results.Told] = field(default_factory=list)
    """What may tell of work that is done."""
    obstacles: Obstacles = field(default_factory=Obstacles)
    listed: list[Fact] = field(default_factory=list)
    """Questions under a heading of their own: "go on" leaves them open."""
    asked: list[Fact] = field(default_factory=list)
    """Questions that the last reply ended with."""
    left: list[Fact] = field(default_factory=list)
    """Questions of earlier replies that the user passed over, or must ask somebody else first."""
    by_tool: dict[str, Fact] = field(default_factory=dict)
    """Questions put by a tool, by its call."""
    proposing: Reading | None = None
    """The last reply, if it asked nothing: it may hold a proposal."""
    advised: list[str] = field(default_factory=list)
    """What the last reply plainly advised."""
    reply: frozenset[str] = frozenset()
    """What the last reply was about."""
    choice: proposals.Choice = field(default_factory=proposals.Choice)
    """What it left the user to say."""
    reply_seq: int = 0
    prompt: Reading | None = None
    """The last prompt, until a text answers it."""
    prompt_seq: int = 0
    request: Reading | None = None
    """The last prompt, until the reply that ends its turn."""
    consulted: bool = False
    """Whether it wants to hear what is best."""

    def prompted(self, reading: Reading, seq: int, *, goes_on: bool, opens: bool) -> bool:
        """Take a prompt: it answers, lays down and decides. One that ``opens`` the session does
        neither of the first two, one that just ``goes_on`` none. Returns whether it answered."""
        consulted, self.consulted = self.consulted, proposals.consults(reading)
        self.prompt, self.prompt_seq = None if goes_on or opens else reading, seq
        self.request = None if opens else reading
        if not opens and not proposals.refuses(reading):
            self.decide(self.advised, self.reply_seq, seq)
        self.advised = []
        if goes_on:
            self.asked = []
            return False
        answered: set[str] = set()
        if opens:
            self.asked, self.listed = [], []
        else:
            if self.proposing and proposals.accepts(reading):
                proposed = proposals.proposals_in(self.proposing, asked=consulted)
                self.decide(proposed, self.reply_seq, seq)
            answered = self._answer(reading, seq)
            for text, way in answers.laid_down(reading, self.reply, self.choice):
                if text.rstrip(".") in answered:
                    continue
                if way:
                    self._decide(plain(f"{text.rstrip('.')} ({way})"), (self.reply_seq, seq))
                else:
                    self._decide(text, (seq,))
        self.decide(answers.decisions_in(reading), seq)
        if not opens:
            self._tell(results.Told(seq, reading, by_user=True))
            self.obstacles.said(reading, seq, by_user=True)
        return bool(answered)

    def _answer(self, reading: Reading, seq: int) -> set[str]:
        """Match a prompt with the open questions; returns the answers."""
        fresh = {fact.text: fact for fact in (*self.listed, *self.asked)}
        waiting = open_questions.left_open(reading, list(fresh))
        waiting += [q for q in open_questions.passed_over(reading, list(fresh)) if q not in waiting]
        put = {text: fact for text, fact in fresh.items() if text not in waiting}
        taken_up = {f.text: f for f in self.left if open_questions.takes_up(reading, f.text)}
        put |= taken_up
        found = answers.answers_in(reading, list(put))
        for answer, question in found:
            about = questions.matter(question)
            if not choices.lays_down(
                answer,
                self.reply,
                answers=True,
                choice=self.choice.words | about,
            ):
                continue
            asked = put.get(question)
            seqs = (*asked.seqs, seq) if asked else (self.reply_seq, seq)
            self._decide(plain(f"{answer} ({question})"), seqs)
        self.left = [f for f in self.left if f.text not in taken_up]
        self.left += [fresh[text] for text in waiting]
        self.asked, self.listed = [], []
        return {answer for answer, _ in found}

    def heeded(self, reading: Reading, seq: int, *, worked: bool) -> None:
        """Take a text that may be the first after a prompt: what it acknowledges or repeats is
        decided. ``worked``: it may as well report on what was done before it."""
        told = questions.matter(" ".join(self.prompt.sentences)) if self.prompt else frozenset()
        lead = reading.sentences[0] if reading.sentences else ""
        said = answers.repeated_in(lead, self.prompt, wholly=worked) if self.prompt else ""
        found = [(said, self.prompt_seq)] if said else []
        found += [(text, seq) for text in answers.noted_in(reading, told)]
        self.prompt = None
        known = [questions.matter(f.text) for f in self.decisions if f.seqs[-1] == self.prompt_seq]
        for text, said_at in found:
            words = questions.matter(text)
            if not any(2 * len(words & other) >= len(words) for other in known):
                self._decide(text, (said_at,))

    def amid(self, text: str, seq: int) -> None:
        """Take a text between two calls, after something was changed."""
        self._tell(results.Told(seq, text, made=True))

    def done(self) -> list[Fact]:
        """The latest work that texts say is done. Looked for only here, as most is long past."""
        found: list[Fact] = []
        for told in reversed(self.told):
            claims = [Fact(claim, (told.seq,)) for claim in told.done()]
            found += [fact for fact in reversed(claims) if not said_in(fact, found)]
            if len(found) >= MOST:
                break
        return found[::-1]

    def _tell(self, told: results.Told) -> None:
        self.told = [*self.told[1 - _REMEMBERED :], told]

    def replied(self, reading: Reading, seq: int, *, made: bool, changed: bool) -> None:
        """Take the reply that ends a turn. ``made``: something was changed before it;
        ``changed``: and there is work that it reports on."""
        self.decide([*answers.decisions_in(reading), *chosen_in(reading)], seq)
        self._tell(results.Told(seq, reading, made=made, well=changed))
        self.obstacles.said(reading, seq, by_user=False)
        listed, asked = questions.questions_in(reading)
        if listed:
            self.listed = [Fact(text, (seq,)) for text in listed]
        self.asked += [Fact(text, (seq,)) for text in asked]
        self.reply_seq = seq
        self.left = [f for f in self.left if not open_questions.settled_in(reading, f.text)]
        if self.request:
            open_still = open_questions.not_answered(self.request, reading)
            self.left += [Fact(q, (self.prompt_seq,)) for q in open_still]
            self.left = self.left[-MOST:]
            self.request = None
        self.proposing = None if changed or asked else reading
        self.advised = proposals.advised_in(reading)
        self.choice = proposals.choice_in(reading)
        self.reply = questions.matter(" ".join(reading.sentences[-20:]))

    def answered_by_tool(self, call_id: str, answer: str, seq: int) -> None:
        """Take the user's choice among what a tool's question offered."""
        question = self.by_tool.pop(call_id)
        if answer:
            self._decide(plain(f"{plain(answer, 90)} ({question.text})"), (*question.seqs, seq))

    def questions(self) -> list[Fact]:
        """What was asked and not answered."""
        return [*self.left, *self.listed, *self.asked, *self.by_tool.values()]

    def decide(self, texts: Iterable[str], *seqs: int) -> None:
        """Note decisions."""
        for text in texts:
            self._decide(text, seqs)

    def _decide(self, text: str, seqs: tuple[int, ...]) -> None:
        if PHASE_NAME.fullmatch(text.strip(" .!")):
            return  # it says what comes, and of what kind the plan knows
        decided = text.split(" (")[0]  # without the question that it answers
        gone = answers.replaced_words(decided)
        self.decisions = _with(self.decisions, Fact(text, seqs), decided, gone)


def _with(
    facts: Mapping[Fact, frozenset[str]],
    fact: Fact,
    says: str,
    gone: frozenset[str] = frozenset(),
) -> dict[Fact, frozenset[str]]:
    """The facts and one more, without those that say about the same or speak of what is gone."""
    meaning = tokens(says)
    kept = dict(facts)
    for old, words in facts.items():
        if alike(meaning, words) or (gone and gone <= words):
            del kept[old]
    kept[fact] = meaning
    while len(kept) > _REMEMBERED:
        del kept[next(iter(kept))]
    return kept
