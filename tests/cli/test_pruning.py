from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from agentsess.clock import clock_stopped, utc_now
from agentsess.model import Draft, EntryKind, Session
from agentsess.sessions.service import SessionService
from agentsess.storage.store import FileStore
from support.commands import Run

LONG_AGO = datetime.now(UTC) - timedelta(days=60)


class TestRules:
    @pytest.fixture
    def old(self, service: SessionService) -> list[Session]:
        return [
            service.create(created_at=LONG_AGO, title=f"Old {n}", metadata={"project": "x"})
            for n in range(3)
        ]

    def test_a_rule_is_saved_listed_applied_and_dropped(
        self, run: Run, service: SessionService, old: list[Session]
    ) -> None:
        saved = run(
            "prune", "--older-than", "30d", "--keep-newest", "1", "--save-rule", "monthly", "--json"
        )
        assert saved.json == {
            "name": "monthly",
            "query": "older:30d",
            "keep_newest": 1,
            "max_total": "",
            "at_start": False,
        }
        assert len(service.list()) == 3
        assert run("prune", "--rules", "--json").json == [saved.json]
        assert "monthly" in run("prune", "--rules").out
        ran = run("prune", "--rule", "monthly", "--yes", "--json")
        assert len(ran.json["sessions"]) == 2
        assert ran.json["name"] == "monthly"
        assert len(service.list()) == 1
        assert run("prune", "--drop-rule", "monthly").code == 0
        assert run("prune", "--rules", "--json").json == []
        assert run("prune", "--rule", "monthly", "--yes").code == 2

    def test_a_dry_run_of_a_rule_changes_nothing(
        self, run: Run, service: SessionService, old: list[Session]
    ) -> None:
        run("prune", "--older-than", "30d", "--save-rule", "all")
        assert len(run("prune", "--rule", "all", "--dry-run", "--json").json["sessions"]) == 3
        assert len(service.list()) == 3

    def test_pinned_and_noted_sessions_stay_and_it_says_why(
        self, run: Run, service: SessionService, old: list[Session]
    ) -> None:
        service.update(old[0].id, tags=["pinned"])
        service.update(old[1].id, notes="ask Ann")
        ran = run("prune", "--older-than", "30d", "--yes")
        assert "“Old 0”, pinned" in ran.out
        assert "“Old 1”, with a note" in ran.out
        assert {s.id for s in service.list()} == {old[0].id, old[1].id}

    def test_the_history_says_what_went_when_and_why(
        self, run: Run, service: SessionService, old: list[Session]
    ) -> None:
        assert run("prune", "--history").code == 0
        run("prune", "--older-than", "30d", "--save-rule", "monthly")
        run("prune", "--rule", "monthly", "--yes")
        run("prune", "--empty-trash", "--older-than", "0d", "--yes")
        deleted, pruned = run("prune", "--history", "--json").json
        assert (deleted["what"], deleted["who"]) == ("deleted", "cli")
        assert (pruned["what"], pruned["rule"], pruned["why"]) == ("pruned", "monthly", "older:30d")
        assert {s["title"] for s in pruned["sessions"]} == {"Old 0", "Old 1", "Old 2"}
        text = run("prune", "--history").out
        assert "moved to the trash" in text
        assert "deleted for good" in text
        assert "rule monthly: older:30d" in text

    @pytest.mark.parametrize(
        "argv",
        [
            ["--rule", "x", "--tag", "y"],
            ["--rules", "--older-than", "1d"],
            ["--rules", "--history"],
            ["--empty-trash", "--status", "active"],
            ["--save-rule", "x"],
            ["--save-rule", "../x", "--tag", "y"],
            ["--older-than", "1d", "--at-start"],
            ["--drop-rule", "missing"],
            ["--keep-newest", "0"],
            ["--max-total", "much", "--yes"],
        ],
    )
    def test_flags_that_do_not_go_together_do_nothing(
        self, run: Run, service: SessionService, old: list[Session], argv: list[str]
    ) -> None:
        assert run("prune", *argv).code == 2
        assert len(service.list()) == 3
        assert service.retention.rules.all() == []


class TestEmptyingTheTrash:
    def test_only_what_is_in_it_for_too_long_goes(self, run: Run, service: SessionService) -> None:
        with clock_stopped(utc_now() - timedelta(days=31)):
            old = service.create(title="Long ago")
            service.trash([old.id])
        new = service.create(title="Lately")
        service.trash([new.id])
        ran = run("prune", "--empty-trash", "--dry-run", "--json")
        assert [s["id"] for s in ran.json["sessions"]] == [old.id]
        assert len(service.list(trashed=True)) == 2
        ran = run("prune", "--empty-trash", "--yes")
        assert "Long ago" in ran.out
        assert [s.id for s in service.list(trashed=True)] == [new.id]
        assert run("prune", "--empty-trash", "--older-than", "0h", "--yes", "--json").code == 0
        assert service.list(trashed=True) == []

    def test_without_a_terminal_it_needs_yes(self, run: Run, service: SessionService) -> None:
        service.trash([service.create().id])
        ran = run("prune", "--empty-trash", "--older-than", "0d")
        assert ran.code == 2
        assert "--yes" in ran.err
        assert len(service.list(trashed=True)) == 1

    def test_nothing_else_ever_empties_it(self, run: Run, service: SessionService) -> None:
        with clock_stopped(utc_now() - timedelta(days=400)):
            service.trash([service.create().id])
        for argv in (["list"], ["doctor"], ["prune", "--older-than", "1d", "--yes"]):
            run(*argv)
        assert len(service.list(trashed=True)) == 1


def test_doctor_finishes_what_a_killed_process_left(run: Run, service: SessionService) -> None:
    session = service.create(title="Away")
    service._store.patch("sessions", {session.id: {"status": "archived"}})
    ran = run("doctor", "--json")
    assert ran.json["finished"]["archived"] == [session.id]
    assert run("doctor", "--json").json["finished"] == {
        "archived": [], "removed": [], "cleaned": [], "problems": {}
    }  # fmt: skip


def test_an_archived_session_is_shown_found_and_exported(run: Run, service: SessionService) -> None:
    session = service.create(title="Away")
    with service.writer(session.id) as writer:
        writer.append(Draft(EntryKind.USER, "the pelican nests here"))
    assert run("archive", session.id).code == 0
    assert "pelican" in run("show", session.id).out
    assert [hit["id"] for hit in run("search", "pelican", "--json").json] == [session.id]
    assert "pelican" in run("export", session.id).out
    assert run("doctor").code == 0
    assert run("unarchive", session.id).code == 0
    assert "pelican" in run("show", session.id).out


class TestStopping:
    @pytest.fixture
    def said(self, service: SessionService) -> list[str]:
        """Sessions with something in them, each of which gets a snapshot before it is pruned."""
        ids = []
        for number in range(4):
            session = service.create(title=f"Talk {number}")
            with service.writer(session.id) as writer:
                writer.append(Draft(EntryKind.USER, "Say it"))
            ids.append(session.id)
        return ids

    @pytest.fixture
    def ctrl_c(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
        """Press ctrl+c when the store does something for the so-manieth time."""

        def press(name: str, times: int) -> None:
            real, calls = getattr(FileStore, name), list[str]()

            def pressed(self: FileStore, *args: object) -> object:
                calls.append(name)
                if len(calls) == times:
                    signal.raise_signal(signal.SIGINT)
                return real(self, *args)

            monkeypatch.setattr(FileStore, name, pressed)

        return press

    def test_ctrl_c_stops_pruning_and_says_what_went(
        self, run: Run, service: SessionService, said: list[str], ctrl_c: Callable[..., None]
    ) -> None:
        ctrl_c("checksum", 3)
        ran = run("prune", "--status", "active", "--yes")
        assert ran.code == 130
        assert "Stopped. 2 of 4 sessions were moved to the trash; the others are" in ran.err
        assert len(service.list()) == len(service.list(trashed=True)) == 2
        assert len(run("prune", "--status", "active", "--yes", "--json").json["sessions"]) == 2

    def test_ctrl_c_stops_emptying_the_trash(
        self, run: Run, service: SessionService, ctrl_c: Callable[..., None]
    ) -> None:
        service.trash([service.create().id for _ in range(25)])
        ctrl_c("remove", 3)
        ran = run("prune", "--empty-trash", "--older-than", "0d", "--yes")
        assert ran.code == 130
        assert "20 of 25 sessions were deleted for good" in ran.err
        assert len(service.list(trashed=True)) == 5

    def test_ctrl_c_stops_archiving(
        self, run: Run, service: SessionService, said: list[str], ctrl_c: Callable[..., None]
    ) -> None:
        ctrl_c("pack", 2)
        ran = run("archive", *said)
        assert ran.code == 130
        assert "Stopped after 1 of 4 sessions. The rest is as it was." in ran.err
        assert sorted(session.status for session in service.list()) == ["active"] * 3 + ["archived"]
        assert service.tidy().archived == []

    def test_ctrl_c_pressed_twice_ends_the_command(
        self, run: Run, service: SessionService, said: list[str], ctrl_c: Callable[..., None]
    ) -> None:
        ctrl_c("pack", 2)
        ctrl_c("pack", 2)
        assert run("archive", *said).code == 130
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        service.tidy()
        assert [session.status for session in service.list()] == ["archived"] * 4
