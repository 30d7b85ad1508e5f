"""Images and PDFs that come with a prompt."""

from __future__ import annotations

import asyncio
import base64
import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from agentsess.agent.agent import Agent
from agentsess.agent.media import mentioned
from agentsess.model import Draft, Entry, EntryKind
from agentsess.sessions.writer import SessionWriter
from support.agents import assert_requests_acceptable, run
from support.loopback import LoopbackServer, Reply, ToolUse

Loopback = Callable[..., LoopbackServer]
MakeAgent = Callable[..., Agent]
READ = ToolUse("read", {"file_path": "long.pdf"})
PNG = b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(3000)


def test_an_image_and_a_pdf_go_along_with_the_prompt(
    loopback: Loopback, make_agent: MakeAgent, folder: Path
) -> None:
    (folder / "shot.png").write_bytes(PNG)
    (folder / "paper.pdf").write_bytes(b"%PDF-1.7\n")
    server = loopback([Reply("I see."), Reply("Still.")])
    agent = make_agent()
    files = [folder / "shot.png", str(folder / "paper.pdf")]
    result = run(agent, "What is this?", attachments=files)
    run(agent, "And now?", session_id=result.session_id)
    image, document, text = server.bodies[1]["messages"][0]["content"]
    assert base64.b64decode(image["source"]["data"]) == PNG
    assert image["source"]["media_type"] == "image/png"
    assert document["type"] == "document"
    assert text == {"type": "text", "text": "What is this?"}
    assert result.entries[0].text == "What is this?\n\n[image shot.png]\n\n[document paper.pdf]"
    assert_requests_acceptable(server)


def test_the_bytes_of_an_image_are_kept_once(
    loopback: Loopback, make_agent: MakeAgent, folder: Path, tmp_path: Path
) -> None:
    (folder / "shot.png").write_bytes(PNG)
    loopback([Reply("I see.")])
    run(make_agent(), "What is this?", attachments=[folder / "shot.png"])
    encoded = base64.b64encode(PNG)[100:900]
    stored = [p.read_bytes() for p in (tmp_path / "store").rglob("*") if p.is_file()]
    assert sum(data.count(encoded) for data in stored) == 1


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [("notes.txt", 10, "no PNG"), ("huge.png", 5_000_000, "larger than"), ("", 0, "No such file")],
    ids=["no image", "too large", "missing"],
)
def test_what_cannot_be_attached_is_said_before_anything_is_sent(
    loopback: Loopback, make_agent: MakeAgent, folder: Path, name: str, size: int, words: str
) -> None:
    if name:
        (folder / name).write_bytes((PNG if name.endswith("png") else b"text") + b"0" * size)
    server = loopback()
    agent = make_agent()
    with pytest.raises((ValueError, OSError), match=words):
        run(agent, "Look", attachments=[folder / (name or "missing.png")])
    assert server.requests == []
    assert agent.list_sessions() == []


def test_a_prompt_names_files_of_the_folder_on_lines_of_their_own(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "shots").mkdir()
    for name in ("a.png", "shots/b c.PDF", "notes.txt"):
        (folder / name).write_bytes(PNG)
    (tmp_path / "secret.png").write_bytes(PNG)
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    text = (
        "Look at @a.png\n@a.png\n@shots/b c.PDF  \n@a.png\n@notes.txt\n@gone.png\n"
        f"@../secret.png\n@{tmp_path}/secret.png\n@link.png\n@\0.png\n@{'x' * 5000}.png"
    )
    found = mentioned(text, str(folder))
    assert [path.name for path in found] == ["a.png", "b c.PDF"]
    assert mentioned(text, "") == []


def test_a_large_attachment_is_kept_away_from_the_event_loop(
    loopback: Loopback, make_agent: MakeAgent, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "long.pdf").write_bytes(b"%PDF-" + bytes(2_000_000))
    server = loopback([Reply("I see."), Reply("", tools=[READ]), Reply("Again.")])
    real = SessionWriter.append
    threads: list[tuple[bool, EntryKind]] = []

    def append(self: SessionWriter, *drafts: Draft) -> tuple[Entry, ...]:
        in_loop = threading.current_thread() is threading.main_thread()
        threads.extend((in_loop, draft.kind) for draft in drafts)
        return real(self, *drafts)

    monkeypatch.setattr(SessionWriter, "append", append)
    agent = make_agent(permission_callback=lambda *_: True)
    shown = [folder / "long.pdf"]
    session_id = run(agent, "What is it?", attachments=shown).session_id
    run(agent, "Read it.", session_id=session_id)
    aside = [kind for in_loop, kind in threads if not in_loop]
    assert aside == [EntryKind.USER, EntryKind.TOOL_RESULT]
    assert_requests_acceptable(server)


def test_a_run_cancelled_while_a_large_prompt_is_kept_has_it_once(
    loopback: Loopback, make_agent: MakeAgent, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "long.pdf").write_bytes(b"%PDF-" + bytes(2_000_000))
    server = loopback([Reply("I see.")])
    real = SessionWriter.append
    begun, cancelled = threading.Event(), threading.Event()

    def append(self: SessionWriter, *drafts: Draft) -> tuple[Entry, ...]:
        if drafts[0].kind is EntryKind.USER:
            begun.set()
            assert cancelled.wait(20)
        return real(self, *drafts)

    agent = make_agent()
    session = agent.create_session()

    async def cancel() -> None:
        work = asyncio.create_task(
            agent.run("What is it?", session_id=session.id, attachments=[folder / "long.pdf"])
        )
        await asyncio.to_thread(begun.wait, 20)
        work.cancel()
        await asyncio.sleep(0)
        work.cancel()
        cancelled.set()
        with pytest.raises(asyncio.CancelledError):
            await work

    with monkeypatch.context() as slow:
        slow.setattr(SessionWriter, "append", append)
        asyncio.run(cancel())
    kinds = [str(e.meta.get("event") or e.kind) for e in agent.service.entries(session.id)]
    assert kinds == ["user", "interrupted"]
    run(agent, "Well?", session_id=session.id)
    assert_requests_acceptable(server)
