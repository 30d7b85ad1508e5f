from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentsess.commands.output import short_ids, to_json
from agentsess.model import Draft, EntryKind, Status
from agentsess.sessions.service import SessionService
from support.claude_history import Transcript, write_history
from support.commands import Run

HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x9b2J\u202eevil\r\x00 [bold]x[/]"
LIST_FIELDS = {
    "id", "title", "status", "source", "project", "created_at", "updated_at", "message_count",
    "tokens", "cost_usd", "tags", "metadata", "size_bytes",
}  # fmt: skip


def say(service: SessionService, session_id: str, *texts: str) -> None:
    with service.writer(session_id) as writer:
        writer.append(*(Draft(EntryKind.USER, text) for text in texts))


def is_safe(text: str) -> bool:
    """Whether a terminal would only print it."""
    return all(c.isprintable() or c == "\n" for c in text)


class TestList:
    def test_json_gives_every_session_newest_first(self, run: Run, service: SessionService) -> None:
        made = [service.create(title=str(n)) for n in range(30)]
        service.archive(made[3].id)
        listed = run("list", "--json").json
        assert [s["id"] for s in listed] == [s.id for s in reversed(made)]
        assert listed[0].keys() >= LIST_FIELDS
        assert listed[0]["tokens"].keys() == {"input", "output", "cache_read", "cache_write"}
        assert [s["id"] for s in run("list", "--limit", "2", "--json").json] == [
            made[29].id,
            made[28].id,
        ]

    def test_json_of_an_empty_store_is_an_empty_array(self, run: Run, home: Path) -> None:
        ran = run("list", "--json")
        assert (ran.code, ran.json) == (0, [])
        assert not home.exists()

    def test_ids_equal_the_files_that_claude_code_left(self, run: Run, tmp_path: Path) -> None:
        written = write_history(tmp_path / "claude", 40, bulk=1000)
        listed = run("list", "--json").json
        assert sorted(s["id"] for s in listed) == sorted(w.id for w in written)
        assert {s["source"] for s in listed} == {"claude_code"}

    def test_a_query_a_status_and_the_trash_narrow_it(
        self, run: Run, service: SessionService
    ) -> None:
        one = service.create(title="Basket", tags=["t"])
        two = service.create(title="Ledger", status=Status.PAUSED)
        gone = service.create(title="Old")
        service.trash([gone.id])

        def ids(*argv: str) -> list[str]:
            return [s["id"] for s in run("list", *argv, "--json").json]

        assert ids("basket") == [one.id]
        assert ids("tag:t") == [one.id]
        assert ids("--status", "paused") == [two.id]
        assert ids("--json", "--", "-tag:t") == [two.id]
        assert ids("--trash") == [gone.id]

    def test_text_has_a_line_for_each_session(self, run: Run, service: SessionService) -> None:
        session = service.create(title="Basket", metadata={"project": "shop"})
        service.create(title="日本語のタイトル", status=Status.COMPLETED)
        ran = run("list")
        lines = ran.out.splitlines()
        assert len(lines) == 2
        assert "▸ active" in lines[1]
        assert "✓ completed" in lines[0]
        assert lines[1].split()[-1] == "Basket"
        assert session.id[:8] in lines[1]
        assert "shop" in lines[1]
        assert is_safe(ran.out), "colour is for terminals alone"

    def test_short_ids_that_would_be_ambiguous_are_whole(self, service: SessionService) -> None:
        session = service.create()
        ids = ("aaaaaaaa-1", "aaaaaaaa-2", "bbbbbbbb-3")
        short = short_ids(replace(session, id=each) for each in ids)
        assert list(short.values()) == ["aaaaaaaa-1", "aaaaaaaa-2", "bbbbbbbb"]

    def test_no_title_can_command_the_terminal(self, run: Run, service: SessionService) -> None:
        session = service.create(
            title=HOSTILE,
            metadata={"project": HOSTILE, "x": HOSTILE},
            tags=[HOSTILE],
            notes=HOSTILE,
        )
        say(service, session.id, HOSTILE)
        for argv in (
            ["list"],
            ["list", "--json"],
            ["show", session.id],
            ["show", session.id, "--json"],
            ["search", "red"],
            ["search", "red", "--json"],
            ["recap", session.id],
            ["recap", session.id, "--json"],
            ["export", session.id],
            ["export", session.id, "--format", "jsonl"],
            ["prune", "--older-than", "0h", "--dry-run"],
            ["doctor"],
            ["archive", session.id],
            ["unarchive", session.id],
            ["delete", session.id],
        ):
            ran = run(*argv)
            assert ran.code == 0, argv
            assert is_safe(ran.out), argv
            assert is_safe(ran.err), argv


class TestShow:
    def test_json_has_the_session_and_its_entries(self, run: Run, service: SessionService) -> None:
        session = service.create(title="Basket")
        say(service, session.id, "one", "two", "three")
        shown = run("show", session.id[:6], "--json").json
        assert shown["session"]["id"] == session.id
        assert [e["text"] for e in shown["entries"]] == ["one", "two", "three"]
        assert shown["entries"][0].keys() >= {"seq", "kind", "text", "at"}
        last = run("show", session.id, "--last", "2", "--json").json
        assert [e["seq"] for e in last["entries"]] == [2, 3]

    def test_json_of_a_session_without_entries(self, run: Run, service: SessionService) -> None:
        assert run("show", service.create().id, "--json").json["entries"] == []

    def test_text_shows_the_conversation(self, run: Run, service: SessionService) -> None:
        session = service.create(title="Basket", notes="mind the gap")
        say(service, session.id, "Fix it\nplease")
        ran = run("show", session.id)
        assert "mind the gap" in ran.out
        assert "#1 You" in ran.out
        assert "Fix it\nplease\n" in ran.out

    def test_another_programs_session_is_shown_too(self, run: Run, tmp_path: Path) -> None:
        transcript = Transcript("7d1f0c52-1111-4222-8333-444455556666").prompt("Hello").reply("Hi")
        transcript.write(tmp_path / "claude")
        shown = run("show", transcript.id, "--json").json
        assert [e["text"] for e in shown["entries"]] == ["Hello", "Hi"]


class TestSearch:
    def test_json_has_ids_titles_and_snippets(self, run: Run, service: SessionService) -> None:
        session = service.create(title="Basket")
        say(service, session.id, "where is the needle?")
        service.create(title="Other")
        assert run("search", "needle", "--json").json == [
            {
                "id": session.id,
                "title": "Basket",
                "snippets": [{"entry": 1, "text": "where is the needle?"}],
            }
        ]

    def test_text_shows_where_it_was_found(self, run: Run, service: SessionService) -> None:
        session = service.create(title="Basket")
        say(service, session.id, "where is the needle?")
        ran = run("search", "needle")
        assert "where is the needle?" in ran.out
        assert "#1" in ran.out

    def test_nothing_found_is_no_failure(self, run: Run) -> None:
        assert run("search", "needle", "--json").json == []
        ran = run("search", "needle")
        assert (ran.code, ran.out) == (0, "")
        assert "Nothing found" in ran.err


class TestRecap:
    def test_json_has_the_documented_fields(self, run: Run, service: SessionService) -> None:
        session = service.create(metadata={"description": "Port the ledger"})
        say(service, session.id, "Start with the models")
        recap = run("recap", session.id, "--json").json
        assert recap.keys() >= {
            "headline", "goal", "done", "in_progress", "next", "decisions", "questions", "blockers",
            "files", "commands", "generated_by", "covers_entries",
        }  # fmt: skip
        assert recap["goal"] == "Port the ledger"
        assert recap["covers_entries"] == 1

    def test_without_json_it_is_markdown(self, run: Run, service: SessionService) -> None:
        session = service.create(title="Port it")
        assert run("recap", session.id).out.startswith("# Port it\n")
        assert run("recap", session.id, "--markdown").out == run("recap", session.id).out


class TestExport:
    def test_json_is_what_show_prints(self, run: Run, service: SessionService) -> None:
        session = service.create()
        say(service, session.id, "one", "two")
        shown = run("show", session.id, "--json").out
        assert run("export", session.id, "--format", "json").out == shown
        assert run("export", session.id, "--json").out == shown

    def test_jsonl_is_the_session_and_a_line_for_each_entry(
        self, run: Run, service: SessionService
    ) -> None:
        session = service.create()
        say(service, session.id, "one\ntwo", "three")
        lines = run("export", session.id, "--format", "jsonl").out.splitlines()
        assert json.loads(lines[0])["session"]["id"] == session.id
        assert [json.loads(line)["text"] for line in lines[1:]] == ["one\ntwo", "three"]

    def test_a_file_is_written_but_never_replaced(
        self, run: Run, service: SessionService, tmp_path: Path
    ) -> None:
        session = service.create(title="Basket")
        path = tmp_path / "basket.md"
        ran = run("export", session.id, "--output", str(path))
        assert (ran.code, ran.out) == (0, "")
        assert path.read_text().startswith("# Basket\n")
        path.write_text("mine")
        ran = run("export", session.id, "--output", str(path))
        assert ran.code == 1
        assert "exists" in ran.err
        assert path.read_text() == "mine"

    @pytest.mark.parametrize("form", ["md", "json", "jsonl"])
    def test_redacted_no_form_holds_a_secret(
        self, run: Run, service: SessionService, form: str
    ) -> None:
        key = "AKIA" + "Q4WJ" * 4
        session = service.create(title=f"The key {key}", notes=key, metadata={"k": [key]})
        service.board(session.id).set(f"of {key}", {"is": key})
        say(service, session.id, f"Use {key}.", "fine")
        assert key in run("export", session.id, "--format", form).out
        redacted = run("export", session.id, "--format", form, "--redact").out
        assert key not in redacted
        assert redacted.count("redacted: AWS key") >= 4


class TestDoctor:
    def test_a_sound_store_passes(self, run: Run, service: SessionService, home: Path) -> None:
        service.create()
        report = run("doctor", "--json")
        assert report.code == 0
        assert report.json["ok"] is True
        assert report.json["sessions"] == {"own": 1, "found": 0}
        assert report.json["home"] == str(home)
        assert report.json["claude_code"]["found"] is False

    def test_damage_is_told_and_fails(self, run: Run, service: SessionService, home: Path) -> None:
        session = service.create()
        say(service, session.id, "hello", "again")
        history = next(home.rglob("history.jsonl"))
        history.write_bytes(history.read_bytes().replace(b"hello", b"jello"))
        ran = run("doctor", "--json")
        assert ran.code == 1
        assert ran.json["damage"]["sessions"] == [
            {"id": session.id, "title": "hello", "records": 1, "entries": 1}
        ]
        told = f"  {session.id[:8]}  “hello”: 1 damaged record; 1 entry can be read"
        assert told in run("doctor").out

    def test_a_session_that_the_index_lost_is_named_and_listed_again(
        self, run: Run, service: SessionService, home: Path
    ) -> None:
        lost, kept = service.create(title="Lost"), service.create(title="Kept")
        for session in (lost, kept):
            say(service, session.id, "hello", "again")
        service.update(kept.id, notes="a note")
        index = home / "index" / "sessions.jsonl"
        index.write_bytes(
            index.read_bytes().replace(b'"Lost"', b'"Most"').replace(b"note", b"nose")
        )
        for path in home.rglob("history.jsonl"):
            os.utime(path, (0, 0))
        told = run("doctor")
        assert told.code == 1
        assert "2 damaged records, about “Kept”" in told.out
        assert "Brought back: “hello”, lost from the index" in told.out
        assert run("doctor", "--json").json["brought_back"] == []
        assert [e.text for e in service.entries(lost.id)] == ["hello", "again"]
        assert service.get(lost.id).entry_count == 2

    def test_a_key_is_told_of_but_never_printed(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert run("doctor", "--json").json["api_key"] is False
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
        ran = run("doctor", "--json")
        assert ran.json["api_key"] is True
        assert "sk-secret" not in ran.out + ran.err + run("doctor").out


def test_json_escapes_what_a_terminal_could_obey_and_reads_back_the_same() -> None:
    value = {"t": "\x1b[2J\x9b\x7f\u202e\u2028 ü 日本 \U000e0041"}
    text = to_json(value)
    assert is_safe(text)
    assert "ü 日本" in text
    assert json.loads(text) == value
    assert json.loads(to_json({"lone": "\ud800"})) == {"lone": "\ud800"}


def test_times_are_told_with_a_zone(run: Run, service: SessionService) -> None:
    service.create(created_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert run("list", "--json").json[0]["created_at"] == "2026-01-01T00:00:00+00:00"
