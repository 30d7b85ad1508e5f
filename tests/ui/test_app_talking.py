"""Talking to the model: prompts, streamed replies, questions about tools, stopping, resuming."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentsess.agent.permissions import Decision
from agentsess.demo import demo_clients, demo_home, demo_project
from agentsess.model import EntryKind, Session, Status
from agentsess.sessions.service import SessionService
from agentsess.ui.app import AgentsessApp
from agentsess.ui.widgets.permission import PermissionPrompt
from agentsess.ui.widgets.prompt import Prompt
from agentsess.ui.widgets.recap_card import RecapCard
from agentsess.ui.widgets.transcript import Transcript
from support.loopback import Hold, HttpError, LoopbackServer, Reply, ToolUse
from support.screens import User, files_of, using, write_session, write_sessions

pytestmark = pytest.mark.anyio

Loopback = Callable[..., LoopbackServer]


@pytest.fixture
def demo() -> Iterator[Path]:
    with demo_home() as folder:
        yield folder


def demo_app(home: Path) -> AgentsessApp:
    return AgentsessApp(home, folder=str(demo_project(home)), client=demo_clients(0), demo=True)


def edit(project: Path, new: str = "new line") -> Reply:
    path = str(project / "notes.txt")
    values = {"file_path": path, "old_string": "old line", "new_string": new}
    return Reply("I change it.", tools=[ToolUse("edit", values)])


async def begins(user: User, text: str) -> None:
    """Start a new session with a prompt."""
    await user.press("ctrl+n")
    await user.types(text, "enter")


async def is_asked(user: User) -> None:
    await user.until(lambda: isinstance(user.app.focused, PermissionPrompt), "the question")


async def is_idle(user: User) -> None:
    await user.until(
        lambda: user.opened and not user.app.runs.is_working(user.opened.id), "the end of the run"
    )


async def test_a_new_session_is_stored_with_its_first_prompt_and_not_before(
    home: Path, project: Path, loopback: Loopback
) -> None:
    loopback([Reply("Here is **the answer** to it.")])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await user.press("ctrl+n")
        await user.sees("New session", "What is to be done in")
        await user.types("Explain the notes")
        assert not user.service.list()
        await user.press("enter")
        await user.sees("Here is the answer to it.", "▸ Explain the notes")
        await user.until(lambda: user.titles == ["Explain the notes"], "the title in the list")
        stored = user.session("Explain the notes")
        assert (stored.cwd, stored.message_count) == (str(project), 2)


async def test_giving_up_a_new_session_leaves_nothing(home: Path, project: Path) -> None:
    write_sessions(home, ["There before"])
    before = files_of(home)
    async with using(AgentsessApp(home, folder=str(project))) as user:
        await user.press("ctrl+n")
        await user.sees("New session")
        await user.press("escape")
        await user.sees_no_more("New session")
        await user.until(lambda: user.opened and user.opened.title == "There before", "the former")
        assert user.titles == ["There before"]
    assert files_of(home) == before


async def test_a_reply_is_seen_while_it_arrives(
    home: Path, project: Path, loopback: Loopback
) -> None:
    server = loopback([Hold(Reply("The first words, and then the others."), 5)])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Talk slowly")
        await user.sees("The first words")
        assert "the others" not in user.screen
        assert user.app.runs.is_working(user.service.list()[0].id)
        server.release()
        await user.sees("and then the others.")
        await is_idle(user)


async def test_the_conversation_goes_on_with_all_that_was_said(
    home: Path, project: Path, loopback: Loopback
) -> None:
    server = loopback([Reply("One."), Reply("Two.")])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "first prompt")
        await user.sees("One.")
        await is_idle(user)
        await user.types("second prompt", "enter")
        await user.sees("Two.")
    said = [message["role"] for message in server.bodies[-1]["messages"]]
    assert said == ["user", "assistant", "user"]
    assert str(server.bodies[-1]["messages"]).count("first prompt") == 1


async def test_y_runs_the_tool_once_and_the_file_is_edited(
    home: Path, project: Path, loopback: Loopback
) -> None:
    loopback([edit(project), Reply("It is changed.")])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Change the notes")
        await is_asked(user)
        await user.sees("wants to change a file", "- old line", "+ new line", "asks you")
        assert (project / "notes.txt").read_text() == "old line\n"
        await user.press("y")
        await user.sees("It is changed.")
        assert (project / "notes.txt").read_text() == "new line\n"
        await user.until(lambda: isinstance(user.app.focused, Prompt), "the prompt in focus")


async def test_n_denies_the_tool_and_the_model_is_told(
    home: Path, project: Path, loopback: Loopback
) -> None:
    server = loopback([edit(project), Reply("Then I leave it.")])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Change the notes")
        await is_asked(user)
        await user.press("n")
        await user.sees("Then I leave it.")
    assert (project / "notes.txt").read_text() == "old line\n"
    assert "Denied: The user did not allow it." in str(server.bodies[-1]["messages"][-1])


async def test_a_denial_can_say_why(home: Path, project: Path, loopback: Loopback) -> None:
    server = loopback([edit(project), Reply("I see.")])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Change the notes")
        await is_asked(user)
        await user.press("N")
        await user.types("that file is generated", "enter")
        await user.sees("I see.")
    assert "that file is generated" in str(server.bodies[-1]["messages"][-1])


async def test_a_allows_the_same_tool_for_the_rest(
    home: Path, project: Path, loopback: Loopback
) -> None:
    second = {"file_path": str(project / "notes.txt"), "old_string": "new", "new_string": "newest"}
    loopback([edit(project), Reply(tools=[ToolUse("edit", second)]), Reply("Both are made.")])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Change the notes twice")
        await is_asked(user)
        await user.press("a")
        await user.sees("Both are made.")
    assert (project / "notes.txt").read_text() == "newest line\n"


async def test_a_question_does_not_take_what_is_being_written_for_its_answer(
    home: Path, project: Path, loopback: Loopback
) -> None:
    server = loopback([Hold(edit(project), 3), Reply("It is changed.")])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Change the notes")
        await user.until(server._holding.is_set, "the model at work")
        await user.types("the next thing is that wh")
        server.release()
        await user.sees("wants to change a file", "esc goes to it")
        await user.press("y")
        assert user.prompt == "the next thing is that why"
        assert (project / "notes.txt").read_text() == "old line\n"
        await user.press("escape")
        await is_asked(user)
        await user.press("y")
        await user.sees("It is changed.")
        assert user.prompt == "the next thing is that why"


async def test_a_question_waits_while_another_session_is_read(
    home: Path, project: Path, loopback: Loopback
) -> None:
    write_sessions(home, ["Quiet work"])
    loopback([edit(project), Reply("It is changed.")])
    async with using(AgentsessApp(home, folder=str(project))) as user:
        await begins(user, "Change the notes")
        await is_asked(user)
        await user.opens("Quiet work")
        await user.until(lambda: not user.main.query(PermissionPrompt), "no question here")
        await user.opens("Change the notes")
        await user.press("2")
        await is_asked(user)
        await user.press("y")
        await user.sees("It is changed.")


async def test_a_question_in_a_session_that_is_not_in_view_is_told(
    home: Path, project: Path, loopback: Loopback
) -> None:
    write_sessions(home, ["Quiet work"])
    server = loopback([Hold(edit(project), 3), Reply("It is changed.")])
    async with using(AgentsessApp(home, folder=str(project))) as user:
        await begins(user, "Change the notes")
        await user.until(lambda: "Change the notes" in user.titles, "the new session")
        await user.opens("Quiet work")
        server.release()
        await user.is_told("waits for your answer")
        await user.sees("◐", "asks you")


async def test_an_entry_that_came_while_the_session_was_opened_is_not_missing(
    home: Path, project: Path, loopback: Loopback
) -> None:
    (session,) = write_sessions(home, ["Work"], cwd=str(project))
    loopback([edit(project), Reply("It is changed.")])
    async with using(AgentsessApp(home, folder=str(project))) as user:
        await user.opens("Work")
        shown = user.main.chat.session
        user.main.chat.session = None  # as while another session is on its way
        user.app.runs.start(session.id, "Change the notes")
        await user.until(lambda: user.app.runs.question(session.id), "the question")
        user.main.chat.session = shown
        question = user.app.runs.question(session.id)
        assert question
        user.app.runs.answer(question.id, Decision(True))
        await user.sees("Change the notes", "I change it.", "It is changed.")


async def test_esc_stops_the_run_and_keeps_what_was_said(
    home: Path, project: Path, loopback: Loopback
) -> None:
    loopback([Hold(Reply("The first words, and then the others."), 5)])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Talk slowly")
        await user.sees("The first words")
        await user.press("escape")
        await user.sees("The run was interrupted.")
        await user.until(lambda: isinstance(user.app.focused, Prompt), "still in the prompt")
        (session,) = user.service.list()
        kept = [entry for entry in user.service.entries(session.id) if entry.is_message]
        assert kept[-1].text.startswith("The first words")
        await user.sees("The first words")


async def test_the_footer_says_that_esc_stops_and_what_leaves_the_prompt_without(
    home: Path, project: Path, loopback: Loopback
) -> None:
    server = loopback([Hold(Reply("The first words, and then the others."), 5)])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Talk slowly")
        await user.sees("The first words", "esc Stop", "shift+tab Leave")
        await user.press("shift+tab")
        await user.until(lambda: isinstance(user.app.focused, Transcript), "the conversation")
        assert user.app.runs.live()
        await user.press("ctrl+l")
        await user.sees("esc Stop")
        server.release()
        await is_idle(user)
        await user.sees_no_more("esc Stop")
        assert "shift+tab" not in user.screen


async def test_ctrl_c_stops_the_run_from_any_pane(
    home: Path, project: Path, loopback: Loopback
) -> None:
    loopback([Hold(Reply("The first words, and then the others."), 5)])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Talk slowly")
        await user.sees("The first words")
        await user.press("ctrl+c")
        await user.sees("The run was interrupted.")


async def test_a_second_prompt_waits_in_the_field_while_the_model_works(
    home: Path, project: Path, loopback: Loopback
) -> None:
    server = loopback([Hold(Reply("The first words, and then the others."), 5)])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Talk slowly")
        await user.sees("The first words")
        await user.types("And another thing", "enter")
        await user.sees("The model is still at work here: esc stops it.")
        assert user.prompt == "And another thing"
        server.release()
        await is_idle(user)
    assert len(server.bodies) == 1


async def test_pausing_a_session_at_work_stops_it_first(
    home: Path, project: Path, loopback: Loopback
) -> None:
    loopback([Hold(Reply("The first words, and then the others."), 5)])
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Talk slowly")
        await user.sees("The first words")
        await user.press("ctrl+b", "ctrl+b", "1", "p")
        await user.until(lambda: user.service.list()[0].status is Status.PAUSED, "paused")
        await is_idle(user)
        assert user.service.list()[0].status is Status.PAUSED


async def test_resuming_shows_where_it_stands_makes_it_active_and_goes_to_the_prompt(
    demo: Path,
) -> None:
    async with using(demo_app(demo)) as user:
        title = next(title for title in user.titles if "Migrate ledger-tools" in title)
        await user.goes_to(title)
        assert user.session(title).status is Status.PAUSED
        entries = user.session(title).entry_count
        await user.press("c")
        await user.sees("Where things stand", "Goal", "Next", "MIGRATION.md changed since.")
        await user.sees("Continue", "about 24k tokens, $")
        assert user.session(title).status is Status.PAUSED
        await user.press("enter")
        await user.until(lambda: isinstance(user.app.focused, Prompt), "the prompt in focus")
        await user.sees("Ready for phase 3?   (tab takes this)")
        await user.until(lambda: user.session(title).status is Status.ACTIVE, "active")
        assert user.session(title).entry_count == entries
        await user.press("escape")
        await user.sees_no_more("Where things stand")


async def test_the_prompt_has_the_focus_before_a_resumed_session_is_active(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with using(demo_app(demo)) as user:
        title = next(title for title in user.titles if "Migrate ledger-tools" in title)
        await user.goes_to(title)
        resume, may_resume = user.service.resume, threading.Event()

        def resume_when_allowed(session_id: str) -> Session:
            assert may_resume.wait(60)
            return resume(session_id)

        monkeypatch.setattr(user.service, "resume", resume_when_allowed)
        try:
            await user.press("c")
            await user.until(lambda: isinstance(user.app.focused, RecapCard), "the card")
            await user.press("c")
            await user.until(lambda: isinstance(user.app.focused, Prompt), "the prompt in focus")
            assert user.session(title).status is Status.PAUSED
        finally:
            may_resume.set()
        await user.until(lambda: user.session(title).status is Status.ACTIVE, "active")


async def test_the_recap_gives_way_to_the_conversation_when_a_prompt_is_sent(demo: Path) -> None:
    async with using(demo_app(demo)) as user:
        title = next(title for title in user.titles if "Migrate ledger-tools" in title)
        await user.goes_to(title)
        await user.press("c")
        await user.sees("Where things stand")
        await user.press("c")
        await user.until(lambda: isinstance(user.app.focused, Prompt), "the prompt in focus")
        await user.types("recap please", "enter")
        await user.sees("3 done, 5 open", "recap please")
        assert "Where things stand" not in user.screen


async def test_w_shows_where_it_stands_and_changes_nothing(home: Path) -> None:
    service = SessionService.open(home)
    session = write_session(service, "Paused work", "Port it.", "Done.\n\n- [ ] write the tests")
    service.pause(session.id)
    service.close()
    before = files_of(home)
    async with using(AgentsessApp(home)) as user:
        await user.press("w")
        await user.sees("Where things stand", "write the tests")
    assert files_of(home) == before


async def test_the_demo_works_off_a_task_with_tools(demo: Path) -> None:
    async with using(demo_app(demo), size=(120, 40)) as user:
        await begins(user, "run the tests")
        await is_asked(user)
        await user.sees("wants to run a command", "python3 -m unittest")
        await user.press("y")
        await user.sees("test files fail")
        await is_idle(user)
        session = user.session("run the tests")
        kinds = [entry.kind for entry in user.service.entries(session.id)]
        assert kinds.count(EntryKind.TOOL_RESULT) == 1


async def test_a_busy_api_is_said_with_the_seconds_until_it_is_asked_again(
    home: Path, project: Path, loopback: Loopback
) -> None:
    loopback(
        [
            HttpError(429, headers={"retry-after": "2"}),
            Hold(Reply("At last, an answer."), after_events=4),
        ]
    )
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "Please begin.")
        await user.sees("429: trying again in 2 s… esc stops")
        await user.sees("429: trying again in 1 s… esc stops")
        await user.sees("At last", "Working… esc stops")
        assert "429" not in user.screen


async def test_an_image_that_the_prompt_names_is_shown_to_the_model(
    home: Path, project: Path, loopback: Loopback
) -> None:
    server = loopback([Reply("A chart.")])
    (project / "chart.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    async with using(AgentsessApp(home, folder=str(project)), empty=True) as user:
        await begins(user, "What is it?\n@chart.png")
        await user.sees("A chart.", "[image chart.png]")
    image, text = server.bodies[0]["messages"][0]["content"]
    assert image["type"] == "image"
    assert text["text"] == "What is it?\n@chart.png"
