from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsess.errors import InvalidQuery, Owner
from agentsess.model import Draft, EntryKind, Session, Status, utc_now
from agentsess.sessions.query import Query, Term
from agentsess.sessions.retention import Plan, make_plan, rule_of
from agentsess.sessions.rules import Rule
from agentsess.sessions.service import SessionService

NOW = utc_now()


def session(session_id: str, **changes: object) -> Session:
    old = NOW - timedelta(days=60)
    made = Session(session_id, session_id, Status.COMPLETED, old, old, size_bytes=100)
    return replace(made, **changes)  # type: ignore[arg-type]


def nobody(_: Session) -> Owner | None:
    return None


def test_a_plan_names_what_fits_and_how_many_bytes() -> None:
    sessions = [
        session("old"),
        session("new", updated_at=NOW),
        session("active", status=Status.ACTIVE),
        session("large", size_bytes=5000),
    ]
    plan = make_plan("older:30d status:completed", sessions, nobody)
    assert [s.id for s in plan.sessions] == ["old", "large"]
    assert plan.bytes == 5100
    assert plan.kept == ()


def test_another_programs_session_stays_with_a_reason() -> None:
    plan = make_plan("older:30d", [session("theirs", source="claude_code")], nobody)
    assert plan.sessions == ()
    assert "claude_code" in plan.kept[0].reason


def test_a_running_session_stays_with_a_reason() -> None:
    owner = Owner("box", 7, "coder", NOW)
    plan = make_plan("older:30d", [session("busy")], lambda _: owner)
    assert plan.sessions == ()
    assert "coder" in plan.kept[0].reason


@pytest.mark.parametrize("rule", ["", "   ", "older:", '""'])
def test_a_rule_without_a_condition_is_refused(rule: str) -> None:
    with pytest.raises(InvalidQuery, match="condition"):
        make_plan(rule, [session("old")], nobody)


def test_the_plans_json_is_what_is_documented() -> None:
    plan = make_plan("older:30d", [session("old"), session("x", source="claude_code")], nobody)
    value = plan.to_json()
    assert value["bytes"] == 100
    assert [s["id"] for s in value["sessions"]] == ["old"]
    assert [k["id"] for k in value["kept"]] == ["x"]


def test_a_rule_is_written_from_its_conditions() -> None:
    rule = rule_of(older_than="30d", status="completed", project="my app", words="draft")
    assert rule == 'older:30d status:completed project:"my app" draft'
    assert rule_of() == ""


@given(value=st.text(min_size=1, max_size=15).filter(str.strip))
def test_a_condition_means_its_whole_value_or_is_refused(value: str) -> None:
    try:
        rule = rule_of(project=value)
    except InvalidQuery:
        assert '"' in value
        return
    assert Query.parse(rule).terms == (Term("project", value.strip()),)


def aged(session_id: str, days: int, **changes: object) -> Session:
    return session(session_id, updated_at=NOW - timedelta(days=days), **changes)


def going(plan: Plan) -> set[str]:
    return {s.id for s in plan.sessions}


def reasons(plan: Plan) -> dict[str, str]:
    return {kept.session.id: kept.reason for kept in plan.kept}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tags": ("Pinned",)}, "pinned"),
        ({"metadata": {"pinned": True}}, "pinned"),
        ({"notes": "ask Ann first"}, "note"),
    ],
)
def test_what_is_pinned_or_noted_stays_whatever_the_rule(
    changes: dict[str, object], reason: str
) -> None:
    sessions = [aged("a", 90, **changes), aged("b", 80)]
    for rule in (Rule("older:30d"), Rule(max_total="0b"), Rule("larger:1b", max_total="0")):
        plan = make_plan(rule, sessions, nobody)
        assert going(plan) == {"b"}
        assert reason in reasons(plan)["a"]


def test_the_newest_of_each_project_stay() -> None:
    sessions = [aged(f"{p}{n}", n, project=p) for p in ("x", "y") for n in range(1, 5)]
    plan = make_plan(Rule("older:60h", keep_newest=1), sessions, nobody)
    # of those that fit: x1, x2, y1, y2 are younger
    assert going(plan) == {"x4", "y4"}
    assert "newest 1" in reasons(plan)["x3"]


def test_the_oldest_go_until_the_rest_fits() -> None:
    sessions = [aged(f"s{n}", n, size_bytes=1024) for n in range(1, 11)]
    plan = make_plan(Rule(max_total="7kb"), sessions, nobody)
    assert going(plan) == {"s10", "s9", "s8"}
    assert "fits into 7kb" in reasons(plan)["s7"]
    assert make_plan(Rule(max_total="1mb"), sessions, nobody).sessions == ()


def test_what_may_not_go_counts_towards_the_total_and_others_go_instead() -> None:
    sessions = [
        aged("old", 30, size_bytes=1024, tags=("pinned",)),
        aged("mid", 20, size_bytes=1024),
        aged("new", 10, size_bytes=1024),
        aged("theirs", 40, size_bytes=10_000, source="claude_code"),
    ]
    assert going(make_plan(Rule(max_total="2kb"), sessions, nobody)) == {"mid"}


@given(
    sizes=st.lists(st.integers(0, 5000), max_size=30),
    keep=st.integers(0, 4),
    total=st.integers(0, 60_000),
)
def test_a_plan_accounts_for_everything_that_fits(sizes: list[int], keep: int, total: int) -> None:
    sessions = [
        aged(
            f"s{n}",
            n,
            size_bytes=size,
            project=str(n % 3),
            tags=("pinned",) if n % 5 == 0 else (),
        )
        for n, size in enumerate(sizes)
    ]
    plan = make_plan(Rule("larger:100b", keep_newest=keep, max_total=f"{total}b"), sessions, nobody)
    fitting = {s.id for s in sessions if s.size_bytes > 100}
    assert going(plan) | reasons(plan).keys() == fitting
    assert len(plan.sessions) + len(plan.kept) == len(fitting)
    left = sum(kept.session.size_bytes for kept in plan.kept)
    could_go = [k for k in plan.kept if "fits" in k.reason]
    assert left <= total or not could_go
    if plan.sessions and could_go:
        oldest_kept = min(k.session.updated_at for k in could_go)
        assert max(s.updated_at for s in plan.sessions) < oldest_kept


@pytest.mark.parametrize("rule", [Rule(), Rule("  "), Rule(keep_newest=-1), Rule(max_total="big")])
def test_a_rule_that_says_nothing_or_nonsense_is_refused(rule: Rule) -> None:
    with pytest.raises(InvalidQuery):
        make_plan(rule, [], nobody)


class TestSavedRules:
    @pytest.fixture
    def service(self, tmp_path: Path) -> Iterator[SessionService]:
        opened = SessionService.open(tmp_path)
        yield opened
        opened.close()

    def old(self, service: SessionService, **fields: object) -> Session:
        return service.create(created_at=NOW - timedelta(days=90), **fields)  # type: ignore[arg-type]

    def test_a_rule_is_there_for_every_other_process_until_it_is_dropped(
        self, service: SessionService, tmp_path: Path
    ) -> None:
        rule = Rule("older:30d", "monthly", keep_newest=2, max_total="1gb", at_start=True)
        service.retention.rules.save(rule)
        other = SessionService.open(tmp_path)
        assert other.retention.rules.get("monthly") == rule
        assert other.retention.rules.all() == [rule]
        other.retention.rules.drop("monthly")
        assert service.retention.rules.all() == []
        with pytest.raises(InvalidQuery, match="Saved are: none"):
            service.retention.rules.get("monthly")
        other.close()

    @pytest.mark.parametrize("name", ["", "../x", "a b", "-x", "x" * 50, "\x1b[31m"])
    def test_a_name_that_cannot_be_is_refused(self, service: SessionService, name: str) -> None:
        with pytest.raises(InvalidQuery, match="name"):
            service.retention.rules.save(Rule("older:1d", name))

    def test_a_rule_with_a_condition_it_cannot_have_is_not_saved(
        self, service: SessionService
    ) -> None:
        with pytest.raises(InvalidQuery):
            service.retention.rules.save(Rule("older:soon", "x"))
        assert service.retention.rules.all() == []

    def test_applying_is_one_step_that_the_journal_tells_and_undo_takes_back(
        self, service: SessionService, tmp_path: Path
    ) -> None:
        sessions = [self.old(service, title=f"Old {n}") for n in range(3)]
        service.retention.rules.save(Rule("older:30d", "monthly"))
        plan = service.retention.plan(service.retention.rules.get("monthly"))
        removal = service.retention.apply(plan, who="cli")
        assert {gone.title for gone in removal.sessions} == {"Old 0", "Old 1", "Old 2"}
        other = SessionService.open(tmp_path)
        assert other.list() == []
        (told,) = other.retention.history()
        assert told == removal
        assert (told.what, told.who, told.name, told.why) == (
            "pruned",
            "cli",
            "monthly",
            "older:30d",
        )
        assert service.undo() == "3 sessions pruned"
        assert len(other.list()) == len(sessions)
        assert [r.undone for r in other.retention.history()] == [True]
        service.redo()
        assert other.list() == []
        assert [r.undone for r in other.retention.history()] == [False]
        other.close()

    def test_what_goes_gets_a_snapshot_before_unless_one_sees_all_of_it(
        self, service: SessionService
    ) -> None:
        pruned = [self.old(service) for _ in range(4)]
        plain, seen, archived, _ = pruned
        for session in (plain, seen, archived):
            with service.writer(session.id) as writer:
                writer.append(Draft(EntryKind.USER, "said long ago", at=session.created_at))
        service.branches.snapshot(seen.id, "by hand")
        service.archive(archived.id)
        service.retention.apply(service.retention.plan("older:30d"))
        service.restore([plain.id])
        names = [
            [s.name for s in service.branches.snapshots(i.id)] for i in (plain, seen, archived)
        ]
        assert names == [["before pruning"], ["by hand"], []]
        (snapshot,) = service.branches.snapshots(plain.id)
        assert service.branches.is_intact(snapshot)

    def test_settings_that_cannot_be_read_do_not_hinder_pruning(
        self, service: SessionService, tmp_path: Path
    ) -> None:
        session = self.old(service)
        plan = service.retention.plan("older:30d")
        (tmp_path / "settings.toml").write_text("not toml at all")
        assert service.retention.apply(plan).sessions
        assert service.branches.snapshots(session.id) == []

    def test_no_snapshot_is_taken_where_that_is_turned_off(
        self, service: SessionService, tmp_path: Path
    ) -> None:
        (tmp_path / "settings.toml").write_text("snapshot_every = 0\n")
        session = self.old(service)
        with service.writer(session.id) as writer:
            writer.append(Draft(EntryKind.USER, "said long ago", at=session.created_at))
        assert service.retention.apply(service.retention.plan("older:30d")).sessions
        assert service.branches.snapshots(session.id) == []

    def test_what_changed_since_the_plan_was_made_stays(self, service: SessionService) -> None:
        worked_in, noted, busy, gone, old = (self.old(service) for _ in range(5))
        plan = service.retention.plan("older:30d")
        assert len(plan.sessions) == 5
        with service.writer(worked_in.id) as writer:
            writer.append(Draft(EntryKind.USER, "still needed"))
        service.update(noted.id, notes="keep")
        service.trash([gone.id])
        with service.writer(busy.id):
            removal = service.retention.apply(plan)
        assert [g.id for g in removal.sessions] == [old.id]

    def test_a_plan_of_which_nothing_is_left_does_nothing(self, service: SessionService) -> None:
        session = self.old(service)
        plan = service.retention.plan("older:30d")
        service.update(session.id, tags=["pinned"])
        assert service.retention.apply(plan).sessions == ()
        assert service.retention.history() == []
        assert service.undo() == "changed tags (“Untitled session”)"

    def test_at_start_only_rules_do_something_for_which_it_is_turned_on(
        self, service: SessionService
    ) -> None:
        self.old(service, tags=["tmp"])
        self.old(service)
        service.retention.rules.save(Rule("older:1d", "all"))
        assert service.retention.apply_at_start() == []
        service.retention.rules.save(Rule("tag:tmp", "tmp", at_start=True))
        (removal,) = service.retention.apply_at_start()
        assert (removal.name, removal.who, len(removal.sessions)) == ("tmp", "start", 1)
        assert len(service.list()) == 1
        assert service.retention.apply_at_start() == []

    def test_a_later_versions_rule_does_not_prevent_the_others(
        self, service: SessionService
    ) -> None:
        service.retention.rules.save(Rule("older:1d", "mine"))
        store = service._store
        store.patch("rules", {"mine": {"moon_phase": "full"}})
        assert [rule.name for rule in service.retention.rules.all()] == ["mine"]
