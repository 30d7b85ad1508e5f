from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentsess.commands.changing import parse_metadata
from agentsess.model import Draft, EntryKind, Status
from agentsess.sessions.service import SessionService
from support.claude_history import Transcript
from support.commands import Run

LONG_AGO = datetime.now(UTC) - timedelta(days=60)


class TestNew:
    def test_it_prints_the_id_and_nothing_else(self, run: Run, service: SessionService) -> None:
        ran = run("new", "--meta", "project=migration-v2")
        session = service.get(ran.out.strip())
        assert ran.out == session.id + "\n"
        assert session.metadata == {"project": "migration-v2"}
        assert session.project == "migration-v2"

    def test_everything_can_be_given(
        self, run: Run, service: SessionService, tmp_path: Path
    ) -> None:
        ran = run(
            "new", "My title", "--meta", "a=1", "--meta", "b=x=y", "--tag", "one", "--tag", "two",
            "--cwd", str(tmp_path), "--model", "claude-x", "--json",
        )  # fmt: skip
        assert ran.json["title"] == "My title"
        assert ran.json["metadata"] == {"a": 1, "b": "x=y"}
        assert ran.json["tags"] == ["one", "two"]
        assert (ran.json["cwd"], ran.json["model"]) == (str(tmp_path), "claude-x")
        assert service.get(ran.json["id"]).title == "My title"

    def test_the_working_folder_is_where_it_was_made(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert run("new", "--json").json["cwd"] == str(tmp_path)
        assert run("new", "--cwd", "sub", "--json").json["cwd"] == str(tmp_path / "sub")

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("1", 1), ("-2.5", -2.5), ("true", True), ("[1, 2]", [1, 2]), ('{"a": {}}', {"a": {}}),
            ("", ""), ("null", "null"), ('"quoted"', '"quoted"'), ("007", "007"), ("NaN", "NaN"),
            ("1.2.3", "1.2.3"), ("[" * 3000, "[" * 3000), ("v2", "v2"), (" 3 ", 3),
        ],
    )  # fmt: skip
    def test_values_that_read_as_json_are_json(self, text: str, value: object) -> None:
        assert parse_metadata([("key", text)]) == {"key": value}

    @pytest.mark.parametrize("pair", ["novalue", "=x", " =x"])
    def test_what_is_no_pair_is_wrong_usage(self, run: Run, pair: str) -> None:
        ran = run("new", "--meta", pair)
        assert ran.code == 2
        assert "is not key=value" in ran.err

    def test_an_option_it_does_not_know_is_told_with_its_own_usage(self, run: Run) -> None:
        ran = run("new", "--title", "Basket")
        assert ran.code == 2
        assert "usage: agentsess-tui new" in ran.err
        assert "unrecognized arguments: --title" in ran.err


class TestStatus:
    def test_archiving_and_back(self, run: Run, service: SessionService) -> None:
        one, two = service.create(status=Status.PAUSED), service.create()
        ran = run("archive", one.id, two.id[:7], one.id, "--json")
        assert [s["status"] for s in ran.json["sessions"]] == ["archived", "archived"]
        assert run("archive", one.id).code == 0
        assert run("unarchive", one.id, two.id).code == 0
        assert service.get(one.id).status is Status.PAUSED
        assert service.get(two.id).status is Status.ACTIVE

    def test_pausing_and_completing(self, run: Run, service: SessionService) -> None:
        session = service.create(title="Basket")
        assert "“Basket” is paused." in run("pause", session.id).out
        assert run("complete", session.id).code == 0
        assert service.get(session.id).status is Status.COMPLETED

    def test_what_the_status_does_not_allow_fails_and_says_the_way_out(
        self, run: Run, service: SessionService
    ) -> None:
        session = service.create(status=Status.ARCHIVED)
        ran = run("pause", session.id)
        assert ran.code == 1
        assert "Unarchive it first" in ran.err

    def test_one_unknown_id_among_several_changes_none(
        self, run: Run, service: SessionService
    ) -> None:
        session = service.create()
        assert run("archive", session.id, "nonsense").code == 3
        assert service.get(session.id).status is Status.ACTIVE


class TestDelete:
    def test_the_trash_and_back(self, run: Run, service: SessionService) -> None:
        session = service.create(title="Basket")
        ran = run("delete", session.id[:8])
        assert f"restore {session.id[:8]}" in ran.out
        assert service.get(session.id).trashed_at is not None
        assert run("restore", session.id[:8]).code == 0
        assert service.get(session.id).trashed_at is None

    def test_for_good_needs_yes_where_nobody_can_be_asked(
        self, run: Run, service: SessionService
    ) -> None:
        session = service.create()
        ran = run("delete", session.id, "--forever")
        assert ran.code == 2
        assert "--yes" in ran.err
        assert service.get(session.id)
        ran = run("delete", session.id, "--forever", "--yes", "--json")
        assert ran.json["forever"] is True
        assert service.list() == []
        assert service.list(trashed=True) == []

    def test_another_programs_session_is_only_hidden(
        self, run: Run, tmp_path: Path, service: SessionService
    ) -> None:
        transcript = Transcript("7d1f0c52-1111-4222-8333-444455556666").prompt("Hello")
        file = transcript.write(tmp_path / "claude")
        ran = run("delete", transcript.id)
        assert "only hidden" in ran.out
        assert "Moved" not in ran.out
        assert file.exists()
        assert run("list", "--json").json == []
        ran = run("delete", transcript.id, "--forever", "--yes")
        assert ran.code == 1
        assert file.exists()
        assert run("restore", transcript.id).code == 0
        assert len(run("list", "--json").json) == 1

    def test_a_running_session_is_locked(self, run: Run, service: SessionService) -> None:
        session = service.create()
        with service.writer(session.id, agent="coder"):
            ran = run("delete", session.id, "--json")
        assert ran.code == 4
        assert ran.json["error"]["type"] == "SessionLocked"
        assert "coder" in ran.err


class TestContinue:
    def test_another_programs_conversation_becomes_a_session_of_ours(
        self, run: Run, tmp_path: Path, service: SessionService
    ) -> None:
        transcript = Transcript("7d1f0c52-1111-4222-8333-444455556666").prompt("Hello").reply("Hi")
        transcript.write(tmp_path / "claude")
        session_id = run("continue", transcript.id).out.strip()
        assert [e.text for e in service.entries(session_id)] == ["Hello", "Hi"]

    def test_a_session_of_ours_is_not_copied(self, run: Run, service: SessionService) -> None:
        session = service.create(title="Basket")
        ran = run("continue", session.id)
        assert ran.code == 1
        assert "fork" in ran.err
        assert len(service.list()) == 1


class TestPrune:
    @pytest.fixture
    def sessions(self, service: SessionService) -> dict[str, str]:
        made = {
            "old": service.create(status=Status.COMPLETED, created_at=LONG_AGO, title="Old"),
            "active": service.create(created_at=LONG_AGO),
            "new": service.create(status=Status.COMPLETED),
            "tagged": service.create(created_at=LONG_AGO, tags=["tmp"], metadata={"project": "x"}),
        }
        with service.writer(made["old"].id) as writer:
            writer.append(Draft(EntryKind.USER, "x" * 5000, at=LONG_AGO))
        return {name: session.id for name, session in made.items()}

    def test_a_dry_run_says_what_would_go_and_changes_nothing(
        self, run: Run, service: SessionService, sessions: dict[str, str]
    ) -> None:
        ran = run("prune", "--older-than", "30d", "--status", "completed", "--dry-run", "--json")
        assert [s["id"] for s in ran.json["sessions"]] == [sessions["old"]]
        assert ran.json["bytes"] == service.get(sessions["old"]).size_bytes > 5000
        assert len(service.list()) == 4
        ran = run("prune", "--older-than", "30d", "--status", "completed", "--dry-run")
        assert "Old" in ran.out
        assert "1 session" in ran.out

    @pytest.mark.parametrize(
        ("condition", "names"),
        [
            (["--older-than", "30d"], {"old", "active", "tagged"}),
            (["--larger-than", "4kb"], {"old"}),
            (["--tag", "tmp"], {"tagged"}),
            (["--project", "x", "--status", "active"], {"tagged"}),
            (["--project", "y", "--tag", "tmp"], set()),
        ],
    )
    def test_all_conditions_must_hold(
        self, run: Run, sessions: dict[str, str], condition: list[str], names: set[str]
    ) -> None:
        ran = run("prune", *condition, "--dry-run", "--json")
        assert {s["id"] for s in ran.json["sessions"]} == {sessions[name] for name in names}

    def test_without_a_terminal_it_needs_yes(
        self, run: Run, service: SessionService, sessions: dict[str, str]
    ) -> None:
        ran = run("prune", "--older-than", "30d")
        assert ran.code == 2
        assert "--yes" in ran.err
        assert "--dry-run" in ran.err
        assert len(service.list()) == len(sessions)

    def test_with_yes_they_go_to_the_trash(
        self, run: Run, service: SessionService, sessions: dict[str, str]
    ) -> None:
        ran = run("prune", "--older-than", "30d", "--yes", "--json")
        assert len(ran.json["sessions"]) == 3
        assert ran.json["dry_run"] is False
        assert [s.id for s in service.list()] == [sessions["new"]]
        assert len(service.list(trashed=True)) == 3

    def test_other_programs_sessions_stay_and_are_named(
        self, run: Run, tmp_path: Path, service: SessionService
    ) -> None:
        transcript = Transcript("7d1f0c52-1111-4222-8333-444455556666").prompt("Hello")
        transcript.write(tmp_path / "claude")
        ran = run("prune", "--older-than", "1h", "--yes", "--json")
        assert ran.json["sessions"] == []
        assert [k["id"] for k in ran.json["kept"]] == [transcript.id]
        assert "Stays: “Hello”" in run("prune", "--older-than", "1h", "--dry-run").out

    @pytest.mark.parametrize(
        "argv",
        [
            [],
            ["--yes"],
            ["--older-than", ""],
            ["--project", " ", "--older-than", "30d"],
            ["--older-than", "soon"],
            ["--larger-than", "huge"],
            ["--status", "gone"],
            ["--project", 'a"b', "--yes"],
        ],
    )
    def test_a_rule_that_is_empty_or_wrong_prunes_nothing(
        self, run: Run, service: SessionService, sessions: dict[str, str], argv: list[str]
    ) -> None:
        assert run("prune", *argv).code == 2
        assert len(service.list()) == len(sessions)
