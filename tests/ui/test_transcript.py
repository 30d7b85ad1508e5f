from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot

from agentsess.model import Entry, EntryKind, Page
from agentsess.ui.widgets.entry_view import DaySeparator, EntryView
from agentsess.ui.widgets.stream_view import StreamView
from agentsess.ui.widgets.transcript import Transcript

pytestmark = pytest.mark.anyio
AT = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)


def prompt(seq: int, text: str = "", days: int = 0) -> Entry:
    return Entry(seq, EntryKind.USER, text or f"prompt {seq}", AT + timedelta(days=days))


def call(seq: int, use: str = "t1", command: str = "make") -> Entry:
    block = {"type": "tool_use", "id": use, "name": "bash", "input": {"command": command}}
    return Entry(seq, EntryKind.ASSISTANT, "", AT, content=(block,))


def result(seq: int, text: str, use: str = "t1") -> Entry:
    return Entry(seq, EntryKind.TOOL_RESULT, text, AT, meta={"tool_use_id": use})


def reply(seq: int, text: str) -> Entry:
    return Entry(seq, EntryKind.ASSISTANT, text, AT, content=({"type": "text", "text": text},))


def page(first: int, last: int) -> Page:
    return Page(tuple(prompt(seq) for seq in range(first, last + 1)), 1_000)


class Shell(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield Transcript()

    def on_mount(self) -> None:
        self.transcript.focus()

    @property
    def transcript(self) -> Transcript:
        return self.query_one(Transcript)

    @property
    def views(self) -> list[EntryView]:
        return [view for view in self.query(EntryView) if view.display]

    def seen(self) -> str:
        """What is on the screen, without the scroll bar."""
        return "\n".join(
            "".join(segment.text for segment in line)[:-1].rstrip()
            for line in self.screen._compositor.render_strips()
        )

    def on_transcript_older_wanted(self, message: Transcript.OlderWanted) -> None:
        self.heard.append(message)

    def on_transcript_copied(self, message: Transcript.Copied) -> None:
        self.heard.append(message)

    def on_transcript_search_wanted(self, message: Transcript.SearchWanted) -> None:
        self.heard.append(message)


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(4):
        await pilot.pause()


def session(**kwargs: Any) -> Any:
    return Shell().run_test(size=(80, 24), **kwargs)


async def test_it_opens_at_the_end() -> None:
    async with session() as pilot:
        pilot.app.transcript.show(page(1, 30))
        await settle(pilot)
        assert "prompt 30" in pilot.app.seen()
        assert "prompt 1\n" not in pilot.app.seen()


async def test_a_short_session_begins_at_the_top_and_is_followed_when_it_grows() -> None:
    async with session() as pilot:
        transcript = pilot.app.transcript
        transcript.show(page(1, 1))
        await settle(pilot)
        assert "── " in pilot.app.seen().split("\n")[1]
        await pilot.press("G")
        await settle(pilot)
        assert "── " in pilot.app.seen().split("\n")[1]
        for seq in range(2, 12):
            transcript.append([prompt(seq)])
            await settle(pilot)
            assert f"prompt {seq}" in pilot.app.seen()


async def test_only_a_window_of_entries_is_mounted() -> None:
    async with session() as pilot:
        pilot.app.transcript.show(page(1, 500))
        await settle(pilot)
        assert len(pilot.app.views) <= 80


async def test_showing_another_session_leaves_nothing_of_the_first() -> None:
    async with session() as pilot:
        pilot.app.transcript.show(page(1, 30))
        await settle(pilot)
        pilot.app.transcript.show(Page((prompt(1, "alone"),), 1))
        await settle(pilot)
        assert [view.entry.text for view in pilot.app.query(EntryView)] == ["alone"]


async def test_results_are_folded_into_the_line_of_their_call() -> None:
    async with session() as pilot:
        pilot.app.transcript.show(Page((prompt(1), call(2), result(3, "a\nb")), 3))
        await settle(pilot)
        assert len(pilot.app.views) == 2
        assert "make  ✓ 2 lines" in pilot.app.seen()


async def test_a_result_that_comes_later_completes_its_line() -> None:
    async with session() as pilot:
        pilot.app.transcript.show(Page((call(1),), 1))
        await settle(pilot)
        assert "no result yet" in pilot.app.seen()
        pilot.app.transcript.append([result(2, "a\nb")])
        await settle(pilot)
        assert "✓ 2 lines" in pilot.app.seen()


async def test_space_unfolds_and_folds_the_last_call() -> None:
    async with session() as pilot:
        pilot.app.transcript.show(Page((call(1), result(2, "one\ntwo")), 2))
        await settle(pilot)
        await pilot.press("space")
        await settle(pilot)
        assert "  two" in pilot.app.seen()
        await pilot.press("enter")
        await settle(pilot)
        assert "  two" not in pilot.app.seen()


async def test_a_click_on_a_folded_line_unfolds_it() -> None:
    async with session() as pilot:
        pilot.app.transcript.show(Page((call(1), result(2, "one\ntwo")), 2))
        await settle(pilot)
        await pilot.click(EntryView, offset=(3, 1))
        await settle(pilot)
        assert "  two" in pilot.app.seen()


async def test_new_entries_are_followed_only_from_the_end() -> None:
    async with session() as pilot:
        transcript = pilot.app.transcript
        transcript.show(page(1, 30))
        await settle(pilot)
        transcript.append([prompt(31)])
        await settle(pilot)
        assert "prompt 31" in pilot.app.seen()
        await pilot.press("k", "k", "k")
        await settle(pilot)
        before = pilot.app.seen()
        transcript.append([prompt(32)])
        await settle(pilot)
        assert "prompt 32" not in pilot.app.seen()
        assert pilot.app.seen().split("\n")[:20] == before.split("\n")[:20]
        await pilot.press("G")
        await settle(pilot)
        assert "prompt 32" in pilot.app.seen()


async def test_an_entry_that_is_known_is_not_added_twice() -> None:
    async with session() as pilot:
        pilot.app.transcript.show(page(1, 3))
        pilot.app.transcript.append([prompt(3), prompt(4)])
        await settle(pilot)
        assert [view.entry.seq for view in pilot.app.views] == [1, 2, 3, 4]


async def test_the_top_asks_for_older_entries_once() -> None:
    async with session() as pilot:
        pilot.app.transcript.show(page(101, 120))
        await settle(pilot)
        await pilot.press("g")
        await settle(pilot)
        await pilot.press("k", "k")
        await settle(pilot)
        wanted = [m for m in pilot.app.heard if isinstance(m, Transcript.OlderWanted)]
        assert [message.before for message in wanted] == [101]


async def test_a_page_shorter_than_the_screen_asks_for_older_entries() -> None:
    async with session() as pilot:
        pilot.app.transcript.show(page(101, 103))
        await settle(pilot)
        assert [m.before for m in pilot.app.heard] == [101]


async def test_older_entries_do_not_move_what_is_read() -> None:
    async with session() as pilot:
        transcript = pilot.app.transcript
        transcript.show(page(101, 130))
        await settle(pilot)
        await pilot.press("g")
        await settle(pilot)
        read = pilot.app.seen().split("\n")
        transcript.prepend(page(61, 100))
        await settle(pilot)
        assert "prompt 101" in read[4]
        assert pilot.app.seen().split("\n")[3:] == read[3:]
        assert transcript.scroll_y > 20


async def test_scrolling_far_up_drops_the_far_end_and_brings_it_back() -> None:
    async with session() as pilot:
        transcript = pilot.app.transcript
        transcript.show(page(301, 340))
        await settle(pilot)
        for first in (261, 221, 181, 141):
            await pilot.press("g")
            await settle(pilot)
            transcript.prepend(page(first, first + 39))
            await settle(pilot)
        assert len(pilot.app.views) <= 121
        assert pilot.app.views[-1].entry.seq < 340
        await pilot.press("G")
        await settle(pilot)
        assert "prompt 340" in pilot.app.seen()


async def test_a_page_of_nothing_but_results_leads_further_back() -> None:
    async with session() as pilot:
        pilot.app.transcript.show(page(101, 103))
        await settle(pilot)
        pilot.app.transcript.prepend(Page(tuple(result(s, "x", f"t{s}") for s in (99, 100)), 103))
        await pilot.press("g", "k")
        await settle(pilot)
        assert [m.before for m in pilot.app.heard][-1] == 99


async def test_a_jump_goes_to_an_entry_or_asks_for_it() -> None:
    async with session() as pilot:
        transcript = pilot.app.transcript
        transcript.show(page(101, 200))
        await settle(pilot)
        transcript.jump_to(105)
        await settle(pilot)
        assert "prompt 105" in pilot.app.seen()
        assert transcript.cursor_entry == prompt(105)
        transcript.jump_to(90)
        await settle(pilot)
        assert (pilot.app.heard[-1].before, pilot.app.heard[-1].reach) == (101, 90)
        transcript.prepend(page(81, 100))
        await settle(pilot)
        assert transcript.cursor_entry == prompt(90)
        assert "prompt 90" in pilot.app.seen()


async def test_j_and_k_mark_messages_and_y_copies_the_marked_one() -> None:
    async with session() as pilot:
        pilot.app.transcript.show(page(1, 4))
        await settle(pilot)
        await pilot.press("y", "K", "K", "y", "J", "y")
        await settle(pilot)
        copied = [m.text for m in pilot.app.heard if isinstance(m, Transcript.Copied)]
        assert copied == ["prompt 4", "prompt 3", "prompt 4"]


async def test_search_finds_goes_round_and_unfolds() -> None:
    async with session() as pilot:
        transcript = pilot.app.transcript
        entries = (prompt(1, "Needle"), call(2), result(3, "a\nneedle in here"), prompt(4))
        transcript.show(Page(entries, 4))
        await settle(pilot)
        assert transcript.find("needle", backwards=True)
        await settle(pilot)
        assert transcript.cursor_entry == call(2)
        assert "needle in here" in pilot.app.seen()
        await pilot.press("n")
        await settle(pilot)
        assert transcript.cursor_entry == entries[0]
        assert not transcript.find("absent")


async def test_slash_asks_for_what_to_search_and_until_then_n_is_no_key_of_it() -> None:
    async with session() as pilot:
        await pilot.press("n", "slash")
        assert [type(m) for m in pilot.app.heard] == [Transcript.SearchWanted]


async def test_days_are_told_apart() -> None:
    async with session() as pilot:
        entries = tuple(prompt(seq, days=seq // 3) for seq in range(1, 6))
        pilot.app.transcript.show(Page(entries, 5))
        await settle(pilot)
        assert len([s for s in pilot.app.query(DaySeparator) if s.display]) == 2
        assert "── Wed 18 Nov ──" in pilot.app.seen()


async def test_a_stream_gives_way_to_the_saved_reply() -> None:
    async with session() as pilot:
        transcript = pilot.app.transcript
        transcript.show(page(1, 2))
        transcript.stream_thinking("pondering")
        for fragment in ("Hel", "lo **wor", "ld**"):
            transcript.stream(fragment)
        await pilot.pause(0.15)
        assert "Hello **world**" in pilot.app.seen()
        assert "pondering" in pilot.app.seen()
        transcript.append([reply(3, "Hello **world**")])
        await settle(pilot)
        assert "Hello world" in pilot.app.seen()
        assert not pilot.app.query(StreamView)


async def test_an_error_in_mid_reply_leaves_what_has_come() -> None:
    async with session() as pilot:
        transcript = pilot.app.transcript
        transcript.show(page(1, 1))
        transcript.stream("half a reply")
        await pilot.pause(0.15)
        event = Entry(2, EntryKind.EVENT, "The connection was lost", AT, meta={"event": "error"})
        transcript.append([event])
        await settle(pilot)
        lines = pilot.app.seen()
        assert lines.index("half a reply") < lines.index("The connection was lost")


async def test_the_status_line_is_shown_and_hidden() -> None:
    async with session() as pilot:
        pilot.app.transcript.show(page(1, 1))
        pilot.app.transcript.set_status("Working… [/foo] 12 s")
        await settle(pilot)
        assert "Working… [/foo] 12 s" in pilot.app.seen()
        pilot.app.transcript.set_status("")
        await settle(pilot)
        assert "Working" not in pilot.app.seen()


async def test_hostile_text_neither_crashes_nor_reaches_the_terminal() -> None:
    async with session() as pilot:
        text = "[/foo] \x1b[31m \x00 \u202e ```\n|a|\n|-|\n" + "x" * 10_000
        pilot.app.transcript.show(Page((prompt(1, text), reply(2, text), call(3, "t", text)), 3))
        await settle(pilot)
        await pilot.press("space", "g")
        await settle(pilot)
        assert "\x1b" not in pilot.app.seen()
        assert "[/foo]" in pilot.app.seen()


async def test_lines_are_drawn_anew_for_another_width() -> None:
    async with session() as pilot:
        pilot.app.transcript.show(Page((reply(1, "- " + "word " * 30),), 1))
        await settle(pilot)
        await pilot.resize_terminal(40, 24)
        await settle(pilot)
        assert all(len(line) <= 40 for line in pilot.app.seen().split("\n"))
        assert pilot.app.seen().count("word") == 30
