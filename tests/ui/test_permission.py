from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Button, Static

from agentsess.agent.preview import Preview
from agentsess.sessions.permissions import Permission, suggestions
from agentsess.ui.widgets.permission import PermissionPrompt
from support.screens import screen_text

pytestmark = pytest.mark.anyio


class Shell(App[None]):
    def __init__(self, tool: str = "bash", values: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.answers: list[tuple[str, str, str]] = []
        self.saved: list[Permission | None] = []
        self.question = PermissionPrompt("r1", tool, values or {"command": "rm -rf [/foo]"})

    def compose(self) -> ComposeResult:
        yield self.question

    def on_permission_prompt_answered(self, message: PermissionPrompt.Answered) -> None:
        self.answers.append((message.request_id, message.choice, message.reason))
        self.saved.append(message.saved)

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
        assert "y allow once" in screen_text(app)
        assert "one moment" in screen_text(app)
        app.question._arm()
        await pilot.pause()
        assert "one moment" not in screen_text(app)
        await pilot.press("y")
        await pilot.pause()
        assert app.answers == [("r1", "once", "")]


def asking(tool: str, values: dict[str, Any], **more: Any) -> Shell:
    app = Shell(tool, values)
    app.question = PermissionPrompt("r1", tool, values, **more)
    return app


async def test_the_folder_is_said() -> None:
    app = asking("bash", {"command": "ls"}, folder="/home/ada/shop")
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "/home/ada/shop" in str(app.question.border_subtitle)


async def test_nothing_of_a_command_hides() -> None:
    hostile = "ls \u202e fr\x1b[2K\u200bm\u00a0-rf \u2066x\r\n" + "x" * 5_000 + "END"
    app = asking("bash", {"command": hostile})
    async with app.run_test() as pilot:
        await pilot.pause()
        for shown in ("⟨U+202E⟩", "␛[2K⟨U+200B⟩m⟨U+00A0⟩-rf", "⟨U+2066⟩x␍", "xEND"):
            assert shown in app.body
        assert app.body.count("x") >= 5_000


async def test_an_edit_shows_the_lines_of_the_file_with_their_numbers() -> None:
    values = {"file_path": "a.py", "old_string": "x = 1", "new_string": "x = 2"}
    change = Preview("# a\nx = 1\ny", "# a\nx = 2\ny", 41)
    app = asking("edit", values, change=change)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert [line.rstrip() for line in app.body.split("\n")] == [
            "a.py",
            "41   # a",
            "42 - x = 1",
            "42 + x = 2",
            "43   y",
        ]


async def test_what_is_said_of_a_change_stands_beside_the_path() -> None:
    values = {"file_path": "a.py", "content": "x\n"}
    app = asking("write", values, change=Preview("", "x\n", note="a new file"))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "a.py  a new file" in app.body


async def test_a_path_is_shown_once_and_what_else_is_asked_for_with_it() -> None:
    for values, shown in [
        ({"file_path": "tests/x.py"}, ["tests/x.py"]),
        ({"file_path": "a.py", "limit": 5}, ["a.py", "limit  5"]),
        ({"file_path": "a.py", "note": "a.py"}, ["a.py", "note  a.py"]),
        ({"file_path": "a\nb"}, ["a b", "file_path  a", "b"]),
    ]:
        app = asking("read", values)
        async with app.run_test() as pilot:
            await pilot.pause()
            assert [line.rstrip() for line in app.body.split("\n")] == shown


RULES = suggestions("/work", "bash", {"command": "pytest -q"})


@pytest.mark.parametrize("number", range(len(RULES)))
async def test_an_answer_for_the_project_is_chosen_from_a_list(number: int) -> None:
    app = asking("bash", {"command": "pytest -q"}, suggestions=RULES)
    async with app.run_test() as pilot:
        await pilot.press("A", str(number + 1))
        await pilot.pause()
        assert app.saved == [RULES[number]]


@pytest.mark.parametrize(
    "keys", [["1"], ["A", "9"], ["A", "0"], ["A", "y"], ["A", "a"], ["A", "N"]]
)
async def test_only_a_listed_number_saves_an_answer(keys: list[str]) -> None:
    app = asking("bash", {"command": "pytest -q"}, suggestions=RULES)
    async with app.run_test() as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        assert app.answers == []


async def test_escape_goes_back_from_the_list_to_the_choices() -> None:
    app = asking("bash", {"command": "pytest -q"}, suggestions=RULES)
    async with app.run_test() as pilot:
        await pilot.press("A", "escape")
        await pilot.pause()
        assert app.answers == []
        await pilot.press("y")
        await pilot.pause()
        assert app.answers == [("r1", "once", "")]


LONG = Permission("/work", "bash", "allow", "docker compose --file deploy/staging.yaml exec app")


@pytest.mark.parametrize("size", [(54, 36), (46, 24)])
async def test_what_an_answer_saves_is_shown_to_its_end(size: tuple[int, int]) -> None:
    app = asking("bash", {"command": LONG.command}, suggestions=[LONG, *RULES])
    async with app.run_test(size=size) as pilot:
        await pilot.press("A")
        await pilot.pause()
        shown = " ".join(screen_text(app).replace("│", " ").split())
        assert f"1 allow “{LONG.command}” and plain words after it 2 allow" in shown
        assert "esc goes back" in shown


@pytest.mark.parametrize("width", [54, 46])
async def test_the_field_for_a_reason_says_how_to_get_out_of_it(width: int) -> None:
    app = asking("bash", {"command": "ls"})
    async with app.run_test(size=(width, 24)) as pilot:
        await pilot.press("N")
        await pilot.pause()
        assert "enter denies, esc goes back" in screen_text(app)


async def test_without_suggestions_nothing_can_be_saved() -> None:
    app = asking("bash", {"command": "pytest && ls"})
    async with app.run_test() as pilot:
        await pilot.press("A", "1")
        await pilot.pause()
        assert app.answers == []
        assert "always" not in " ".join(str(b.label) for b in app.query(Button) if b.display)


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (50, 24), (40, 18)])
async def test_the_answers_are_on_the_screen_however_long_the_command_is(
    size: tuple[int, int],
) -> None:
    values = {"command": "\n".join(f"echo {n}" for n in range(200))}
    app = asking("bash", values, suggestions=RULES)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for key in ("", "A"):
            await pilot.press(*([key] if key else []))
            await pilot.pause()
            shown = [b for b in app.query(Button) if b.display and b.parent and b.parent.display]
            assert len(shown) == (len(RULES) if key else 5)
            assert all(b.region in app.question.content_region for b in shown)
            assert app.question.query_one(VerticalScroll).size.height >= 2
