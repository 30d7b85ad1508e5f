"""What one reply or prompt says about the work: marked lists, phases, sections, sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from agentsess.sessions.recap.patterns import Wordings
from agentsess.sessions.recap.sections import Section, section_of
from agentsess.sessions.recap.text import (
    Block,
    announces,
    asks,
    blocks,
    fold,
    lead_in,
    plain,
    prose,
    sentences,
)


class State(StrEnum):
    """How far a piece of work is."""

    DONE = "done"
    DOING = "in_progress"
    TODO = "next"


@dataclass(frozen=True, slots=True)
class Marked:
    """A piece of work as a text mentions it; ``state`` None: named, nothing said of it."""

    text: str
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """A numbered phase, step or milestone as a text mentions it."""

    word: str
    number: int
    title: str = ""
    state: State | None = None
    listed: bool = False
    """Stood in a list or as a heading, not in a sentence."""


@dataclass(slots=True)
class Reading:
    """What was found in one text, in its order."""

    checks: list[Marked] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    sections: dict[Section, list[str]] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    lead: str = ""
    """The first sentence of a paragraph that says something."""
    last_block: int = 0
    """Index in ``sentences`` where the last paragraph or list begins."""
    paragraphs: list[range] = field(default_factory=list)
    """Indices of the sentences of each paragraph, lists left out."""


_NO_LEAD = (Section.PLAN, Section.NEXT, Section.QUESTIONS, Section.DECISIONS, Section.GOAL)
_NONE = frozenset({"none", "no", "nothing", "n a", "none so far", "keine", "ninguno", "aucun"})
"""What stands under a heading that has nothing to list, folded."""
_COLON = re.compile("[:：]")
_SHORT_SENTENCE = 12
_CHECKBOX = re.compile(r"^\[([ xX~/>-])\]\s+(\S.*)$")
_BOXES = {" ": State.TODO, "x": State.DONE, "X": State.DONE}
_GLYPHS = {
    **dict.fromkeys("✅✔✓☑", State.DONE),
    **dict.fromkeys("🔄🚧▶", State.DOING),
    **dict.fromkeys("⬜☐🔲◻⏳", State.TODO),
}
_GLYPH = re.compile(rf"[{''.join(_GLYPHS)}]")
_GLYPH_LEAD = re.compile(rf"^([{''.join(_GLYPHS)}])\ufe0f?\s*(\S.*)$")
_GLYPH_TAIL = re.compile(
    rf"^(.*\S)\s*([{''.join(_GLYPHS)}])\ufe0f?\s*(?:done|complete|completed)?$", re.I
)
_STRUCK = re.compile(r"^~~(.+?)~~")
_DONE_WORDS = (
    r"done|completed?|finished|erledigt|fertig|abgeschlossen|hech[oa]|completad[oa]|terminad[oa]|"
    r"list[oa]|terminée?|faite?"
)
_DOING_WORDS = r"in progress|ongoing|wip|under ?way|in arbeit|läuft|en curso|en progreso|en cours"
_TODO_WORDS = (
    r"pending|to ?do|not started(?: yet)?|next|remaining|left|open|offen|pendiente|à faire"
)
_TAIL_WORD = re.compile(
    rf"^(.*\S)\s*(?:[—–:-]|\(|\*\*)\s*(?:(?P<done>{_DONE_WORDS})|(?P<doing>{_DOING_WORDS})|"
    rf"(?P<todo>{_TODO_WORDS}))[)*_.! ]*$",
    re.IGNORECASE,
)
_STATUS_CELL = re.compile(
    rf"^[^\w]*(?:(?P<done>{_DONE_WORDS})|(?P<doing>{_DOING_WORDS})|(?P<todo>{_TODO_WORDS}))[^\w]*$",
    re.IGNORECASE,
)

_PHASE_WORDS = "phase|step|stage|milestone|schritt|etappe|fase|paso|etapa|étape"
_DIGIT = re.compile(r"\d")
PHASE_HINT = Wordings(rf"(?:{_PHASE_WORDS}|phasen|schritte)[sn]? \d")
PHASE_NAME = re.compile(rf"(?:{_PHASE_WORDS}) (\d{{1,3}})", re.IGNORECASE)
_PHASE_LINE = re.compile(
    rf"^[*_~]*({_PHASE_WORDS})\s+(\d{{1,3}})\b[*_]*\s*(?:[:.,–—-]\s*|\(\s*|[*_]+\s*)?(.*)$",
    re.IGNORECASE,
)
_NUMBERS = (
    rf"(?P<word>{_PHASE_WORDS}|phasen|schritte)[sn]?\s+"
    r"(?P<numbers>\d{1,3}(?:\s*(?:,|and|&|und|y|et|to|through|bis|a|"
    r"[-–])\s*\d{1,3}){0,12})(?!\.?\d)"
)
_ASIDE = r"(?P<aside>\s*\([^)]{1,80}\)|,\s[^,.;]{1,60},|\s[—–-]\s[^—–.;]{1,60}\s[—–-])?"
_IS = r"(?:\s+(?:is|are|was|were|has been|have been|ist|sind|está|están|est|sont))?"
_NOW = r"(?:\s+(?:now|all|both|also|fully|already|jetzt|ya|completely))*"
_PHASE_IS = Wordings(
    rf"{_NUMBERS}{_ASIDE}(?:{_IS}{_NOW}\s+(?:(?P<done>{_DONE_WORDS})|(?P<doing>{_DOING_WORDS})|"
    rf"(?P<todo>{_TODO_WORDS})|comes (?P<todo2>next)|(?P<remains>remains?))\b)"
)
_FINISHED_PHASE = Wordings(
    r"\b(?:finished|completed|done with|wrapped up|(?:that|this) (?:completes|finishes|concludes))"
    rf"\s+(?:with\s+)?{_NUMBERS}{_ASIDE}"
)
_BEGUN_PHASE = Wordings(
    r"\b(?:start(?:ing|ed)?|begin(?:ning)?|began|working on|now(?: on)?|on to|in the middle of|"
    r"continu(?:e|ing) with|go on with|proceed(?:ing)? with|do|starte|beginne|weiter|empieza|"
    r"empiezo|"
    rf"sigue|continúa|next(?: up)?(?: is|:)?|ready for|left is)\s+(?:with\s+|mit\s+|"
    rf"con\s+)?(?:the\s+|la\s+|el\s+)?{_NUMBERS}{_ASIDE}"
)
_UNREAL = Wordings(
    r"\b(?:not|until|once|when|after|if|before|almost|nearly|part(?:ly|ially)|half|unless|assuming|"
    r"nicht|noch|sobald|wenn|bevor|nachdem|cuando|si|antes|después|aún|pas|quand|avant|après)\b|"
    r"n['’]t\b"
)
_LATER = Wordings(
    r"\b(?:next|tomorrow|later|will|can|could|should|would|then|ready|shall|want|wait|left|may|"
    r"morgen|bereit|dann|soll|mañana|luego|puedo|ensuite|demain)\b|['’]ll\b"
)
_WORD_OF = {"phasen": "phase", "schritte": "schritt"}


def mark_of(text: str) -> tuple[str, State | None]:
    """A list item's text without its mark, and the state that the mark says."""
    if text.startswith("[") and (match := _CHECKBOX.match(text)):
        return match[2], _BOXES.get(match[1], State.DOING)
    if text.startswith(("~~", "**~~")) and (match := _STRUCK.match(text.strip("*"))):
        return match[1], State.DONE
    if _GLYPH.search(text):
        if match := _GLYPH_LEAD.match(text):
            return match[2], _GLYPHS[match[1]]
        if match := _GLYPH_TAIL.match(text):
            return match[1].rstrip(" —–-:("), _GLYPHS[match[2]]
    if match := _TAIL_WORD.match(text[-300:] if len(text) > 300 else text):
        return match[1].rstrip(" *_"), _state_of(match)
    return text, None


def _state_of(match: re.Match[str]) -> State | None:
    groups = match.groupdict()
    if groups.get("done"):
        return State.DONE
    if groups.get("doing"):
        return State.DOING
    return State.TODO


class _Reader:
    """Walks the blocks of one text; `read` is the way in."""

    def __init__(self) -> None:
        self.out = Reading()
        self.section: Section | None = None
        self.item_indent: int | None = None
        """Of the first item below the heading; what is indented further only explains."""
        self.glyphs: list[Marked] = []
        self.in_list = False
        self.introduced: Section | None = None
        """What the sentence right before announces."""
        self.hourglass_runs = False
        """Beside boxes that are empty an hourglass stands for what is under way."""

    def read(self, text: str) -> Reading:
        self.hourglass_runs = "⏳" in text and any(map(text.count, "⬜☐🔲◻"))
        for block in blocks(prose(text)):
            getattr(self, f"_{block.sort}")(block)
            self.in_list = block.sort == "item"
        self._place_glyphs()
        return self.out

    def _heading(self, block: Block) -> None:
        title, state = mark_of(block.text)
        self.section = section_of(title)
        self.item_indent = self.introduced = None
        if match := _PHASE_LINE.match(title):
            self._phase(match, state)

    def _item(self, block: Block) -> None:
        text, state = mark_of(block.text)
        if self.introduced and not self.section:
            self.section, self.item_indent = self.introduced, None
        self.introduced = None
        if self.hourglass_runs and "⏳" in block.text:
            state = State.DOING
        if self.item_indent is None:
            self.item_indent = block.indent
        first = len(self.out.sentences)
        self._say(block.text, new_block=not self.in_list)
        if match := _PHASE_LINE.match(text):
            self._phase(match, state)
        elif block.text.startswith("["):
            self.out.checks.append(Marked(plain(text), state))
        elif state and (self.section in (None, Section.PLAN) or state is not State.DONE):
            self.glyphs.append(Marked(plain(text), state))
        elif lead := section_of(block.title) if block.title else None:
            self._add(lead, _unlabelled(text))
            self.out.sentences[first] = _unlabelled(self.out.sentences[first])
        elif self.section and block.indent <= self.item_indent:
            self._add(self.section, text)

    def _row(self, block: Block) -> None:
        cells = [cell.strip() for cell in block.text.strip("|").split("|")]
        states = [_cell_state(cell) for cell in cells]
        named = [
            c for c, s in zip(cells, states, strict=True) if s is None and any(map(str.isalpha, c))
        ]
        state = next((s for s in states if s), None)
        if state is None or not named:
            return
        if match := _PHASE_LINE.match(" ".join(named[:2])):
            self._phase(match, state)
        else:
            self.glyphs.append(Marked(plain(named[0]), state))

    def _text(self, block: Block) -> None:
        self._say(block.text, new_block=True)
        said = self.out.sentences[self.out.last_block :]
        self.out.paragraphs.append(range(self.out.last_block, len(self.out.sentences)))
        section = self.section if self.item_indent is None else None
        labelled = False
        for index, sentence in enumerate(said):
            label = section_of(title) if (title := lead_in(sentence)) else None
            if label:
                labelled, section = True, None
                sentence = _unlabelled(sentence)
                self.out.sentences[self.out.last_block + index] = sentence
                self._add(label, sentence)
            elif section and index < 4:
                self._add(section, sentence)
            self._lead(sentence, label)
        if not labelled and self.item_indent is not None:
            self.section = None
        if said:  # it may introduce a list
            self.introduced = section_of(said[-1])
            if said[-1].endswith((":", "：")):
                self.section, self.item_indent = self.introduced, None
        if (match := _PHASE_LINE.match(block.text)) and ":" in match[0][:12]:
            title, state = mark_of(block.text)
            if again := _PHASE_LINE.match(title):
                self._phase(again, state)

    def _lead(self, sentence: str, label: Section | None) -> None:
        """What is announced or to come leads only if nothing else does."""
        if label in _NO_LEAD or not _is_telling(sentence):
            return
        if not self.out.lead or (announces(self.out.lead) and not announces(sentence)):
            self.out.lead = sentence

    def _add(self, section: Section, text: str) -> None:
        if section is Section.NEXT and asks(text):
            return  # an answer is to come, not work
        if (words := plain(text)) and fold(words) not in _NONE:
            self.out.sections.setdefault(section, []).append(words)

    def _say(self, text: str, *, new_block: bool) -> None:
        if new_block:
            self.out.last_block = len(self.out.sentences)
        for sentence in sentences(text):
            self.out.sentences.append(sentence)
            if _DIGIT.search(sentence) and PHASE_HINT.search(sentence):
                self.out.phases.extend(phases_in(sentence))

    def _phase(self, match: re.Match[str], state: State | None) -> None:
        title = plain(match[3].rstrip(" )*_~") if "(" not in match[3] else match[3], 120)
        self.out.phases.append(Phase(match[1].lower(), int(match[2]), title, state, listed=True))

    def _place_glyphs(self) -> None:
        """A list of ticks alone tells what was done; one with open marks is a to-do list."""
        if any(mark.state is not State.DONE for mark in self.glyphs):
            self.out.checks.extend(self.glyphs)
        else:
            for mark in self.glyphs:
                self._add(Section.DONE, mark.text)


def _unlabelled(sentence: str) -> str:
    return _COLON.split(sentence, maxsplit=1)[1].strip("* ")


def _is_telling(sentence: str) -> bool:
    length = len(sentence.encode()) // 2 if sentence > "\u3000" else len(sentence)
    return length > _SHORT_SENTENCE and sentence[-1] not in ":*" and sentence[0] not in '"“„«'


def _cell_state(cell: str) -> State | None:
    if match := _STATUS_CELL.match(cell):
        return _state_of(match)
    return _GLYPHS.get(cell[:1]) if len(cell) <= 2 else None


def phases_in(sentence: str) -> list[Phase]:
    """What a sentence says of numbered phases; a question says at most that one is next."""
    asks = sentence.rstrip("\"')* ").endswith("?")
    found: list[Phase] = []
    for match in _FINISHED_PHASE.finditer(sentence):
        if not asks and not _UNREAL.search(_clause(sentence, match)):
            found += _numbered(sentence, match, State.DONE)
    for match in _PHASE_IS.finditer(sentence):
        if asks or _UNREAL.search(_clause(sentence, match)):
            continue
        found += _numbered(sentence, match, _state_of(match) or State.TODO)
    told = {phase.number for phase in found}
    for match in _BEGUN_PHASE.finditer(sentence):
        clause = _clause(sentence, match)
        if _UNREAL.search(clause):
            continue
        state = State.TODO if asks or _LATER.search(clause) else State.DOING
        found += [p for p in _numbered(sentence, match, state) if p.number not in told]
    return found


def _clause(sentence: str, match: re.Match[str]) -> str:
    start = max(sentence.rfind(mark, 0, match.start()) for mark in (",", ";", ":")) + 1
    return sentence[start : match.end()]


def _numbered(sentence: str, match: re.Match[str], state: State) -> list[Phase]:
    word = _WORD_OF.get(match["word"], match["word"])
    numbers = [int(n) for n in re.findall(r"\d+", match["numbers"])]
    if re.search(r"[-–]|\b(?:to|through|bis|a)\b", match["numbers"]) and len(numbers) == 2:
        numbers = list(range(numbers[0], min(numbers[1], numbers[0] + 20) + 1))
    aside = ""
    if len(numbers) == 1 and match["aside"]:
        aside = plain(sentence[slice(*match.span("aside"))].strip(" ,()—–-"), 120)
    return [Phase(word, number, aside, state) for number in numbers]


def read(text: str) -> Reading:
    """Everything that a reply or prompt says about the work."""
    return _Reader().read(text)
