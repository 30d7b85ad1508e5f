import pytest
from textual import events
from textual.app import App, ComposeResult

from agentsess.ui.widgets.prompt import Prompt

pytestmark = pytest.mark.anyio


class Shell(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []
        self.left = 0

    def compose(self) -> ComposeResult:
        yield Prompt()

    @property
    def prompt(self) -> Prompt:
        return self.query_one(Prompt)

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        self.sent.append(message.text)

    def on_prompt_left(self) -> None:
        self.left += 1


async def test_enter_sends_and_empties() -> None:
    app = Shell()
    async with app.run_test() as pilot:
        await pilot.press(*"hi", "enter")
        await pilot.pause()
        assert (app.sent, app.prompt.text) == (["hi"], "")


async def test_nothing_is_sent_without_words() -> None:
    app = Shell()
    async with app.run_test() as pilot:
        await pilot.press("space", "enter")
        assert app.sent == []


@pytest.mark.parametrize("key", ["ctrl+j", "shift+enter", "alt+enter"])
async def test_a_new_line_does_not_send(key: str) -> None:
    app = Shell()
    async with app.run_test() as pilot:
        await pilot.press("a", key, "b", "enter")
        await pilot.pause()
        assert app.sent == ["a\nb"]


async def test_it_grows_with_the_text_to_eight_lines() -> None:
    app = Shell()
    async with app.run_test() as pilot:
        heights = []
        for lines in (1, 3, 20):
            app.prompt.load_text("\n".join("x" * lines))
            await pilot.pause()
            heights.append(app.prompt.content_size.height)
        assert heights == [1, 3, 8]


async def test_up_and_down_at_the_edge_walk_what_was_sent() -> None:
    app = Shell()
    async with app.run_test() as pilot:
        app.prompt.set_history(["one", "two\nlines"])
        await pilot.press(*"draft", "up")
        assert app.prompt.text == "two\nlines"
        await pilot.press("up")
        assert app.prompt.text == "two\nlines"
        await pilot.press("up")
        assert app.prompt.text == "one"
        await pilot.press("down", "down")
        assert app.prompt.text == "draft"


async def test_a_text_given_back_keeps_what_was_written_meanwhile() -> None:
    app = Shell()
    async with app.run_test() as pilot:
        app.prompt.give_back("lost")
        assert app.prompt.text == "lost"
        await pilot.press("!", "enter")
        await pilot.press(*"new")
        app.prompt.give_back("lost!")
        assert app.prompt.text == "lost!\n\nnew"


async def test_a_pasted_text_of_many_lines_stays_one_prompt() -> None:
    app = Shell()
    async with app.run_test() as pilot:
        app.prompt.post_message(events.Paste("a\r\nb\x1b[31m\n"))
        await pilot.pause()
        assert (app.prompt.text, app.sent) == ("a\nb\n", [])


async def test_when_disabled_it_says_why_and_takes_nothing() -> None:
    app = Shell()
    async with app.run_test() as pilot:
        app.prompt.set_hint("Reply…")
        app.prompt.set_disabled_reason("Archived: [/foo]")
        await pilot.press("x", "enter", "ctrl+j")
        assert (app.prompt.text, app.sent) == ("", [])
        assert str(app.prompt.placeholder) == "Archived: [/foo]"
        app.prompt.set_disabled_reason("")
        await pilot.press("x")
        assert (app.prompt.text, str(app.prompt.placeholder)) == ("x", "Reply…")


async def test_escape_leaves_and_keeps_the_text() -> None:
    app = Shell()
    async with app.run_test() as pilot:
        await pilot.press("x", "escape")
        await pilot.pause()
        assert (app.left, app.prompt.text) == (1, "x")
