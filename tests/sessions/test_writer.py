from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agentsess.errors import SessionLocked, SessionNotFound, StoreError
from agentsess.model import Draft, EntryKind, Usage
from agentsess.sessions.service import SessionService
from agentsess.storage.store import FileStore

AT = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[SessionService]:
    opened = SessionService.open(tmp_path / "home")
    yield opened
    opened.close()


def prompt(text: str = "Do it", **meta: Any) -> Draft:
    return Draft(EntryKind.USER, text, meta=meta, at=AT)


def reply(cost: float | None = 0.5, **meta: Any) -> Draft:
    usage = Usage(10, 20, 300, 4)
    known = {"usage": usage.to_json(), "cost_usd": cost, "model": "claude-x"} | meta
    return Draft(EntryKind.ASSISTANT, "Done", meta=known, at=AT)


def test_what_looks_like_a_secret_is_flagged_and_counted(service: SessionService) -> None:
    session = service.create()
    with service.writer(session.id) as writer:
        writer.append(prompt("AKIA" + "Q4WJ" * 4), reply())
        writer.append(Draft(EntryKind.TOOL_RESULT, "token: '9fK2mQ7xLpZ'", meta={"tool": "bash"}))
    flags = [entry.meta.get("secrets") for entry in service.entries(session.id)]
    assert flags == [{"AWS key": 1}, None, {"password": 1}]
    assert service.get(session.id).secrets == 2


def test_counters_follow_what_is_appended(service: SessionService) -> None:
    session = service.create()
    with service.writer(session.id) as writer:
        writer.append(prompt(), reply())
        writer.append(Draft(EntryKind.TOOL_RESULT, "ok", at=AT), reply())
        writer.add_duration(1.5)
        writer.add_duration(2.0)
    after = service.get(session.id)
    assert after.message_count == 3
    assert after.entry_count == 4
    assert after.usage == Usage(20, 40, 600, 8)
    assert after.context_tokens == 334
    assert after.cost_usd == 1.0
    assert after.duration_seconds == 3.5
    assert after.model == "claude-x"
    assert after.updated_at == AT
    assert after.size_bytes == len(
        next((service_home(service)).rglob("history.jsonl")).read_bytes()
    )


def service_home(service: SessionService) -> Path:
    store = service._store
    assert isinstance(store, FileStore)
    return store.home


def test_one_unknown_price_makes_the_whole_cost_unknown(service: SessionService) -> None:
    session = service.create()
    with service.writer(session.id) as writer:
        writer.append(reply(), reply(cost=None), reply())
    assert service.get(session.id).cost_usd is None


def test_copied_entries_count_as_messages_but_cost_nothing(service: SessionService) -> None:
    session = service.create()
    with service.writer(session.id) as writer:
        writer.append(prompt(imported="claude_code"), reply(imported="claude_code"))
    after = service.get(session.id)
    assert (after.message_count, after.usage.total, after.cost_usd) == (2, 0, 0.0)


def test_the_first_prompt_becomes_the_title_if_there_is_none(service: SessionService) -> None:
    session = service.create()
    with service.writer(session.id) as writer:
        writer.append(prompt("\x1b[31mFix   the\nlogin" + " page" * 50))
        writer.append(prompt("And the logout"))
    title = service.get(session.id).title
    assert title.endswith("…")
    assert "Fix the login page" in title
    assert len(title) == 80
    assert title.isprintable()


@pytest.mark.parametrize("given", [{"title": "Mine"}, {"metadata": {"description": "Mine"}}])
def test_a_title_that_was_given_is_kept(service: SessionService, given: dict[str, Any]) -> None:
    session = service.create(**given)
    with service.writer(session.id) as writer:
        writer.append(prompt("Something else"))
    assert service.get(session.id).title == "Mine"


def test_appending_nothing_changes_nothing(service: SessionService) -> None:
    session = service.create()
    with service.writer(session.id) as writer:
        assert writer.append() == ()
    assert service.get(session.id) == session


def test_a_second_writer_is_refused_until_the_first_is_done(service: SessionService) -> None:
    session = service.create()
    with service.writer(session.id, agent="coder"):
        with pytest.raises(SessionLocked, match="coder"):
            service.writer(session.id)
        owner = service.owner(session.id)
        assert owner is not None
        assert owner.agent == "coder"
    assert service.owner(session.id) is None
    service.writer(session.id).close()


def test_readers_do_not_wait_for_a_writer(service: SessionService) -> None:
    session = service.create()
    other = SessionService.open(service_home(service))
    with service.writer(session.id) as writer:
        writer.append(prompt())
        assert other.page(session.id).total == 1
        assert other.get(session.id).message_count == 1
    other.close()


def test_counters_that_a_power_cut_took_are_counted_anew(service: SessionService) -> None:
    session = service.create()
    with service.writer(session.id) as writer:
        writer.append(prompt(), reply())
        writer.add_duration(3)
    # Entries reached the disk, their counts did not.
    with service._store.lease(session.id) as lease:
        service._store.append(session.id, [prompt(), reply()], lease)
    assert service.get(session.id).message_count == 2
    with service.writer(session.id) as writer:
        writer.append(prompt())
    after = service.get(session.id)
    assert (after.message_count, after.entry_count) == (5, 5)
    assert after.usage == Usage(20, 40, 600, 8)
    assert after.cost_usd == 1.0
    assert after.duration_seconds == 3


def test_a_writer_that_cannot_begin_gives_the_lease_back(service: SessionService) -> None:
    session = service.create()
    with service.writer(session.id) as writer:
        writer.append(prompt())
    history = next(service_home(service).rglob("history.jsonl"))
    content = history.read_bytes()
    service.close()
    history.unlink()
    history.mkdir()
    with pytest.raises((StoreError, OSError)):
        service.writer(session.id)
    assert service.owner(session.id) is None
    history.rmdir()
    history.write_bytes(content)
    service.writer(session.id).close()


def test_a_session_deleted_while_its_lease_was_awaited_is_not_found(
    service: SessionService, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = service.create()
    store = service._store
    lease = store.lease

    def delete_then_lease(session_id: str, **options: Any) -> Any:
        store.remove("sessions", session_id)
        return lease(session_id, **options)

    monkeypatch.setattr(store, "lease", delete_then_lease)
    with pytest.raises(SessionNotFound):
        service.writer(session.id)
    assert store.owner(session.id) is None
