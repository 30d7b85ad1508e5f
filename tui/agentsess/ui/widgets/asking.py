"""What a run asks: a frame above the prompt that takes one answer, and none by accident."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Static


class Asking(Widget, can_focus=True):
    """Shows what is asked and the answers. Enter does nothing here: see `may_answer`.

    Args:
        request_id: Given back with the answer.
        title: What is asked, in a few words.
        take_focus: Whether keys come here at once.
    """

    ARMED_AFTER: ClassVar[float] = 0.6
    """Seconds in which keys do nothing and the choices are greyed."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_body(1)", "Scroll down", show=False, id="asking.down"),
        Binding("k,up", "scroll_body(-1)", "Scroll up", show=False, id="asking.up"),
    ]

    DEFAULT_CSS = """
    Asking {
        height: auto;
        max-height: 60%;
        padding: 0 1;
        border: round $warning;
        border-title-color: $text-warning;
        border-title-style: bold;
        background: $background;

        &:focus-within { border: round $warning; }
        .asking--body {
            height: auto;
            max-height: 14;
            scrollbar-size-vertical: 1;
        }
        .asking--body > Static { height: auto; }
        .asking--choices { height: 1; margin-top: 1; }
        .asking--choices > Button {
            height: 1;
            min-width: 0;
            width: auto;
            margin-right: 1;
            padding: 0;
            border: none;
            color: $text-disabled;
            background: $surface;
            text-style: none;
        }
        &.-armed .asking--choices > Button { color: $text; }
        &.-armed .asking--choices > Button:hover { background: $primary 40%; }
        &.-narrow .asking--choices { layout: vertical; height: auto; }
        &.-narrow .asking--choices > Button { background: transparent; }
    }
    """

    def __init__(
        self, request_id: str, title: str, *, take_focus: bool = True, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.request_id = request_id
        """Given back with the answer."""
        self._title = title
        self._take_focus = take_focus
        self._answered = False
        self.body = Static(Content(""))

    def choices(self) -> list[tuple[str, str, str]]:
        """Key, label and name of each answer."""
        raise NotImplementedError

    def pressed(self, name: str) -> None:
        """Answer with the choice of that name."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        self.border_title = Content(self._title)
        with VerticalScroll(classes="asking--body", can_focus=False):
            yield self.body
        with Horizontal(classes="asking--choices"):
            for key, label, name in self.choices():
                button = Button(Content.assemble((key, "bold"), f" {label}"), name=name)
                button.can_focus = False
                yield button

    def on_mount(self) -> None:
        if self._take_focus:
            self.focus(scroll_visible=False)
        if self.ARMED_AFTER > 0:
            self.set_timer(self.ARMED_AFTER, self._arm)
        else:
            self._arm()

    def on_resize(self) -> None:
        self.fit_body()

    def fit_body(self) -> None:
        """Leave the answers their lines, however much there is to read: it scrolls."""
        if isinstance(self.parent, Widget):
            most = int(self.parent.size.height * self.share()) - 3 - self.answer_lines()
            self.query_one(VerticalScroll).styles.max_height = max(2, min(14, most))

    def share(self) -> float:
        """How much of the height there is it takes at most; as in its style."""
        return 0.6

    def answer_lines(self) -> int:
        """How many lines the answers take."""
        return len(self.choices()) if self.has_class("-narrow") else 1

    def _arm(self) -> None:
        self.add_class("-armed")
        self.border_title = Content(self._title)

    def may_answer(self) -> bool:
        """Whether keys answer: not at once, for they may be meant for what had the focus.

        One that comes too early is told so.
        """
        if self.has_class("-armed"):
            return True
        self.border_title = Content(f"{self._title} · one moment…")
        return False

    def action_scroll_body(self, step: int) -> None:
        """Scroll what is asked."""
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if self.may_answer():
            self.pressed(event.button.name or "")

    def answer_once(self, answer: Message) -> None:
        """Tell the answer; a second key must not answer the next request."""
        if not self._answered:
            self._answered = True
            self.post_message(answer)
