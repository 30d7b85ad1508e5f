from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Button, Static

from agentsess.ui.widgets.permission import PermissionPrompt

pytestmark = pytest.mark.anyio


class Shell(App[None]):
    def __init__(self, tool: str = "bash", values: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.answers: list[tuple[str, str, str]] = []
        self.question = PermissionPrompt("r1", tool, values or {"command": "rm -rf [/foo]"})

    def compose(self) -> ComposeResult:
        yield self.question

    def on_permission_prompt_answered(self, message: PermissionPrompt.Answered) -> None:
        self.answers.append((message.request_id, message.choice, message.reason))

    @property
    def body(self) -> str:
        return str(self.question.query_one(".asking--body Static", Static).render())


@pytest.mark.parametrize(
    ("key", "choice"), [("y", "once"), ("a", "session"), ("n", "deny"), ("escape", "deny")]
)
async def test_each_key_gives_its_answer(key: str, choice: str) -> None:
    app = Shell()
    async with app.run_test() as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert app.answers == [("r1", choice, "")]


@pytest.mark.parametrize("key", ["enter", "space", "tab", "Y"])
async def test_no_other_key_answers(key: str) -> None:
    app = Shell()
    async with app.run_test() as pilot:
        await pilot.press(key, "enter")
        await pilot.pause()
        assert app.answers == []


async def test_a_request_is_answered_once() -> None:
    app = Shell()
    async with app.run_test() as pilot:
        await pilot.press("n", "y", "a")
        await pilot.pause()
        assert app.answers == [("r1", "deny", "")]


async def test_a_denial_can_say_why() -> None:
    app = Shell()
    async with app.run_test() as pilot:
        await pilot.press("N", *"too y", "enter")
        await pilot.pause()
        assert app.answers == [("r1", "deny", "too y")]


async def test_escape_goes_back_from_the_reason_to_the_choices() -> None:
    app = Shell()
    async with app.run_test() as pilot:
        await pilot.press("N", "x", "escape")
        await pilot.pause()
        assert app.answers == []
        await pilot.press("y")
        await pilot.pause()
        assert app.answers == [("r1", "once", "")]


@pytest.mark.parametrize("size", [(120, 30), (80, 24), (50, 24)])
async def test_every_choice_can_be_clicked(size: tuple[int, int]) -> None:
    for number, choice in enumerate(["once", "session", "deny"]):
        app = Shell()
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await pilot.click(app.query(Button)[number])
            await pilot.pause()
            assert app.answers == [("r1", choice, "")]


async def test_the_whole_command_is_shown_as_it_is() -> None:
    app = Shell(values={"command": "echo [/foo]\nrm -rf x"})
    async with app.run_test() as pilot:
        await pilot.pause()
        assert [line.rstrip() for line in app.body.split("\n")] == [" echo [/foo]", " rm -rf x"]


async def test_an_edit_is_shown_as_a_diff_with_its_path() -> None:
    values = {"file_path": "a.py", "old_string": "x = 1", "new_string": "x = 2"}
    app = Shell("edit", values)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert [line.rstrip() for line in app.body.split("\n")] == ["a.py", "- x = 1", "+ x = 2"]


async def test_keys_meant_for_what_had_the_focus_answer_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PermissionPrompt, "ARMED_AFTER", 3600.0)
    app = Shell()
    async with app.run_test() as pilot:
        await pilot.press("a", "y", "n", "N", "escape")
        await pilot.pause()
        assert app.answers == []
        assert not app.question.query_one(".asking--choices").visible
        app.question._arm()
        await pilot.press("y")
        await pilot.pause()
        assert app.answers == [("r1", "once", "")]
