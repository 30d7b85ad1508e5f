"""What one look through a file tells of a session."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agentsess.model import Usage
from agentsess.sources.base import Found
from agentsess.sources.claude_code import ClaudeCodeSource
from agentsess.sources.claude_scan import belongs_to, one_line
from support.claude_history import START, Transcript, usage

ID = "5e55104a-0000-4000-8000-000000000001"


@pytest.fixture
def session() -> Transcript:
    return Transcript(ID)


def scan(root: Path, session: Transcript, **where: str) -> Found:
    return ClaudeCodeSource(root).scan(str(session.write(root, **where)), session.id)


def agent_file(root: Path, session: Transcript, agent: Transcript, *under: str) -> None:
    folder = session.write(root).with_suffix("").joinpath("subagents", *under)
    folder.mkdir(parents=True)
    (folder / "agent-a1.jsonl").write_bytes(b"".join(agent.lines))


@pytest.mark.parametrize(
    ("facts", "title"),
    [
        ([], "First prompt"),
        ([("last-prompt", {"lastPrompt": "Second"})], "First prompt"),
        ([("ai-title", {"aiTitle": "Made up"})], "Made up"),
        ([("custom-title", {"customTitle": "Mine"}), ("ai-title", {"aiTitle": "Made"})], "Mine"),
        ([("custom-title", {"customTitle": "A"}), ("custom-title", {"customTitle": "B"})], "B"),
        ([("custom-title", {"customTitle": 7})], "First prompt"),
    ],
)
def test_the_title_is_the_users_then_the_programs_then_the_first_prompt(
    tmp_path: Path, session: Transcript, facts: list[tuple[str, dict[str, Any]]], title: str
) -> None:
    session.command("model", "opus").prompt("First prompt").reply("Yes").prompt("Second")
    for kind, fields in facts:
        session.fact(kind, **fields)
    assert scan(tmp_path, session).title == title


def test_a_summary_is_the_title_only_of_the_session_it_belongs_to(
    tmp_path: Path, session: Transcript
) -> None:
    session.prompt("First prompt")
    session.record(type="summary", summary="Another's", leafUuid="elsewhere")
    assert scan(tmp_path, session).title == "First prompt"
    session.record(type="summary", summary="Its own", leafUuid=session.parent)
    assert scan(tmp_path, session).title == "Its own"


def test_a_session_without_a_prompt_of_its_own_is_called_by_the_last_one(
    tmp_path: Path, session: Transcript
) -> None:
    session.fact("last-prompt", lastPrompt="Go on").reply("Going on")
    assert scan(tmp_path, session).title == "Go on"


def test_commands_alone_are_no_title(tmp_path: Path, session: Transcript) -> None:
    found = scan(tmp_path, session.command("usage", output="12 %"))
    assert (found.title, found.message_count, found.entry_count) == ("(empty session)", 0, 2)


def test_a_title_is_one_short_printable_line(tmp_path: Path, session: Transcript) -> None:
    found = scan(tmp_path, session.prompt("\x1b[31mRed\n\n  alert\u202e " + "x" * 40_000))
    assert found.title.startswith("[31mRed alert xxx")
    assert len(found.title) == 120


def test_a_title_may_stand_behind_much_white_space() -> None:
    assert one_line(" " * 50_000 + "\nhere") == "here"


def test_prompts_and_replies_are_counted_and_results_are_not(
    tmp_path: Path, session: Transcript
) -> None:
    session.prompt("Run it").tool("Bash", {"command": "make"}, "ok", say="Sure").reply("Done")
    session.queued("And again").command("cost")
    found = scan(tmp_path, session)
    assert (found.message_count, found.entry_count) == (4, 7)


def test_a_message_on_several_lines_counts_once_with_its_largest_output(
    tmp_path: Path, session: Transcript
) -> None:
    usages = [usage(output=1), usage(output=90), usage(output=88)]
    session.reply("a", "b", "c", usages=usages)
    found = scan(tmp_path, session)
    assert found.usage == Usage(12, 90, 50, 100)
    assert found.usage.total == 252
    assert found.message_count == 1


def test_the_usage_of_several_models_is_kept_apart(tmp_path: Path, session: Transcript) -> None:
    session.reply("a", model="one").reply("b", model="two").reply("c", model="<synthetic>")
    found = scan(tmp_path, session)
    assert sorted(spent.model for spent in found.spent) == ["one", "two"]
    assert found.model == "two"


def test_requests_are_added_up_only_where_prices_cannot_differ(
    tmp_path: Path, session: Transcript
) -> None:
    for prompt in (60_000, 60_000, 100_000, 100_001):
        session.reply("a", usages=[usage(fresh=prompt, output=1, read=0, write=0)])
    session.reply("fast", usages=[usage() | {"speed": "fast"}])
    session.wait(24 * 3600).reply("next day")
    found = scan(tmp_path, session)
    grouped = [(s.usage.prompt, s.requests, s.speed, s.day.day) for s in found.spent]
    assert grouped == [
        (220_000, 3, "standard", 1),
        (100_001, 1, "standard", 1),
        (162, 1, "fast", 1),
        (162, 1, "standard", 2),
    ]
    assert Found.from_json(found.to_json()) == found


@pytest.mark.parametrize("under", [(), ("workflows", "run-1")])
def test_subagents_files_add_to_the_usage_and_not_to_the_entries(
    tmp_path: Path, session: Transcript, under: tuple[str, ...]
) -> None:
    session.prompt("Ask around").reply("Done", usages=[usage(output=10)])
    agent = Transcript("agent", model="small").reply("Hm", isSidechain=True)
    agent_file(tmp_path, session, agent, *under)
    found = scan(tmp_path, session)
    (small,) = [spent.usage for spent in found.spent if spent.model == "small"]
    assert small == Usage(12, 77, 50, 100)
    assert (found.entry_count, found.message_count) == (2, 2)


def test_the_size_includes_the_side_folder(tmp_path: Path, session: Transcript) -> None:
    side = session.prompt("Hello").write(tmp_path).with_suffix("") / "tool-results"
    side.mkdir(parents=True)
    (side / "1.txt").write_bytes(b"x" * 1_000)
    found = scan(tmp_path, session)
    assert found.size_bytes == found.stamp.size + 1_000


def test_the_context_is_that_of_the_last_reply(tmp_path: Path, session: Transcript) -> None:
    session.reply("a", usages=[usage(read=90_000)]).reply("b").reply("c", model="<synthetic>")
    assert scan(tmp_path, session).context_tokens == 12 + 77 + 50 + 100


def test_times_are_those_of_the_messages_not_of_the_file(
    tmp_path: Path, session: Transcript
) -> None:
    session.prompt("Hello").reply("Hi")
    session.wait(900).node_of("system", subtype="turn_duration", durationMs=656)
    found = scan(tmp_path, session)
    assert found.created_at == START + timedelta(seconds=1)
    assert found.updated_at == START + timedelta(seconds=2)


def test_time_worked_leaves_out_pauses_of_five_minutes(tmp_path: Path, session: Transcript) -> None:
    session.prompt("a").wait(60).reply("b").wait(3_600).prompt("c").wait(8).reply("d")
    assert scan(tmp_path, session).duration_seconds == 61 + 9


def test_records_out_of_order_count_no_time_twice(tmp_path: Path, session: Transcript) -> None:
    session.prompt("a").wait(100).reply("b").wait(-50).reply("c").wait(60).reply("d")
    assert scan(tmp_path, session).duration_seconds == 113


def test_the_project_is_where_the_records_say_not_what_the_folder_is_called(
    tmp_path: Path, session: Transcript
) -> None:
    session.cwd = "/home/dev/my-shop.v2"
    found = scan(tmp_path, session.prompt("Hello"), folder="-home-dev-my-shop-v2")
    assert found.cwd == "/home/dev/my-shop.v2"


def test_a_session_that_wanders_stays_in_its_own_folder(
    tmp_path: Path, session: Transcript
) -> None:
    session.cwd = "/tmp/elsewhere"
    session.prompt("One")
    session.cwd = "/home/dev/shop"
    session.prompt("Two")
    session.cwd = "/var"
    session.prompt("Three")
    assert scan(tmp_path, session, folder="-home-dev-shop").cwd == "/home/dev/shop"
    assert scan(tmp_path, session, folder="-moved").cwd == "/tmp/elsewhere"


def test_a_long_folder_name_is_cut_and_still_fits() -> None:
    cwd = "/home/" + "x" * 300
    assert belongs_to(cwd, "-home-" + "x" * 194 + "-1a2b3c")
    assert not belongs_to(cwd, "-home-" + "y" * 194 + "-1a2b3c")


def test_the_branch_and_model_are_the_latest(tmp_path: Path, session: Transcript) -> None:
    session.reply("a", model="old")
    session.branch = "fix/it"
    found = scan(tmp_path, session.reply("b", model="new"))
    assert (found.branch, found.model) == ("fix/it", "new")


def test_the_cost_is_the_programs_own_highest_total(tmp_path: Path, session: Transcript) -> None:
    session.reply("a").cost(0.1, 77).reply("b").cost(0.25, 154).cost(0.1, 77)
    assert scan(tmp_path, session).cost_usd == 0.25


@pytest.mark.parametrize(
    ("output", "fields"),
    [
        (76, {}),
        (77, {"hasUnknownModelCost": True}),
        (77, {"totalCostUSD": "much"}),
        (77, {"modelUsage": None}),
    ],
)
def test_a_total_that_cannot_be_right_is_not_a_cost(
    tmp_path: Path, session: Transcript, output: int, fields: dict[str, Any]
) -> None:
    session.reply("a").cost(0.1, output, **fields)
    assert scan(tmp_path, session).cost_usd is None


def test_totals_of_two_starts_are_not_a_cost(tmp_path: Path, session: Transcript) -> None:
    session.reply("a").cost(0.1, 77).cost(0.2, 154, startTime=1)
    assert scan(tmp_path, session).cost_usd is None


def test_a_fork_names_its_parent_and_leaves_the_copied_usage_to_it(
    tmp_path: Path, session: Transcript
) -> None:
    origin = {"sessionId": "parent-id", "messageUuid": "u1"}
    session.user("Old", forkedFrom=origin).reply("Old", forkedFrom=origin)
    session.wait(86_400).prompt("New").reply("New").cost(9.0, 5_000)
    found = scan(tmp_path, session)
    assert found.parent_id == "parent-id"
    assert found.usage.output == 77
    assert found.cost_usd is None
    assert found.entry_count == 4


def test_records_older_than_their_file_are_a_parents(tmp_path: Path, session: Transcript) -> None:
    opened = START + timedelta(hours=2)
    session.fact("queue-operation", operation="enqueue", timestamp=opened.isoformat())
    session.compact("So far").prompt("Old").reply("Old")
    session.wait(7_200).prompt("New").reply("New").cost(9.0, 5_000)
    found = scan(tmp_path, session)
    assert found.usage.output == 77
    assert found.cost_usd is None
    assert found.created_at == opened


def test_a_first_prompt_of_forty_kilobytes_is_no_obstacle(
    tmp_path: Path, session: Transcript
) -> None:
    found = scan(tmp_path, session.prompt("Look at this:\n" + "line of a log\n" * 3_000))
    assert found.title.startswith("Look at this: line of a log")
    assert found.message_count == 1


def test_a_first_prompt_behind_much_else_is_found(tmp_path: Path, session: Transcript) -> None:
    session.attachment("file", content="x" * 100_000).bulk(300_000).prompt("At last")
    assert scan(tmp_path, session).title == "At last"


def test_an_empty_file_is_a_session(tmp_path: Path, session: Transcript) -> None:
    found = scan(tmp_path, session)
    changed = datetime.fromtimestamp(found.stamp.mtime_ns / 1e9).astimezone()
    assert found.title == "(empty session)"
    assert found.created_at == found.updated_at == changed
    assert (found.entry_count, found.damaged, found.size_bytes) == (0, 0, 0)


def test_a_torn_last_line_is_skipped_and_counted(tmp_path: Path, session: Transcript) -> None:
    session.prompt("Hello").reply("Hi")
    session.lines[-1] = session.lines[-1][:-40]
    found = scan(tmp_path, session)
    assert (found.entry_count, found.damaged) == (1, 1)


def test_a_whole_last_line_without_a_newline_counts(tmp_path: Path, session: Transcript) -> None:
    session.prompt("Hello")
    session.lines[-1] = session.lines[-1].rstrip(b"\n")
    found = scan(tmp_path, session)
    assert (found.entry_count, found.damaged) == (1, 0)


def test_unreadable_lines_are_counted_and_unknown_records_are_not(
    tmp_path: Path, session: Transcript
) -> None:
    session.raw(b"[1, 2]\n7\nnot json\n\n" + b"\0" * 64 + b"\n").prompt("Hello")
    session.fact("never-heard-of", value=1).record(no="type")
    found = scan(tmp_path, session)
    assert (found.damaged, found.message_count) == (4, 1)


def test_lines_of_twelve_megabytes_are_read(tmp_path: Path, session: Transcript) -> None:
    session.user([{"type": "tool_result", "tool_use_id": "t", "content": "x" * 12_000_000}])
    found = scan(tmp_path, session.prompt("Hello"))
    assert (found.title, found.entry_count) == ("Hello", 2)
