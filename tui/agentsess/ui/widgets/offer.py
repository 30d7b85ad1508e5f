"""The question how a run goes on from a limit: to stop, or to spend more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from agentsess.agent.offers import Offer, Option
from agentsess.ui.render.text import MUTED, clean, one_line
from agentsess.ui.widgets.asking import Asking

_TITLES = {"budget": "The budget is reached", "context": "The conversation has become long"}
_TAKEN = "jk"
"""Letters that scroll."""


class OfferPrompt(Asking):
    """Shows the limit and the ways on. Escape takes the first, which spends least."""

    BINDING_GROUP_TITLE = "Limit"
    HELP = "The run waits for an answer. Nothing is sent until you choose."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "first", "First answer", show=False, id="offer.first"),
    ]

    @dataclass
    class Chosen(Message):
        """The user chose a way on, once."""

        request_id: str
        option: str

    def __init__(
        self, request_id: str, offer: Offer, *, take_focus: bool = True, id: str | None = None
    ) -> None:
        super().__init__(request_id, _TITLES[offer.kind], take_focus=take_focus, id=id)
        self._offer = offer
        self._keys = option_keys(offer.options)

    def choices(self) -> list[tuple[str, str, str]]:
        """Key, label and name of each answer."""
        return [
            (key, one_line(option.text, 60), option.name)
            for key, option in zip(self._keys, self._offer.options, strict=True)
        ]

    def on_mount(self) -> None:
        shown = [Content(clean(self._offer.text))]
        for key, option in zip(self._keys, self._offer.options, strict=True):
            if option.detail:
                shown.append(Content.styled(f"{key}: {one_line(option.detail, 200)}", MUTED))
        self.body.update(Content("\n").join(shown))

    def on_resize(self) -> None:
        wide = sum(len(label) + 3 for _, label, _ in self.choices())
        self.set_class(self.size.width < wide, "-narrow")

    def on_key(self, event: events.Key) -> None:
        if event.character in self._keys:
            event.stop()  # below, the same key may do something else
            self.pressed(self._offer.options[self._keys.index(event.character)].name)

    def action_first(self) -> None:
        """Take what spends least."""
        self.pressed(self._offer.options[0].name)

    def pressed(self, name: str) -> None:
        """Choose the option of that name."""
        if self.may_answer():
            self.answer_once(self.Chosen(self.request_id, name))


def option_keys(options: Sequence[Option]) -> list[str]:
    """A letter for each option: the first of its name that is still free."""
    keys: list[str] = []
    for option in options:
        free = (c for c in option.name.lower() + ascii_lowercase if c not in [*keys, *_TAKEN])
        keys.append(next(c for c in free if c in ascii_lowercase))
    return keys
