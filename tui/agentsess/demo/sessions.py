"""Fills a store with the demo's sessions."""

from __future__ import annotations

import uuid
from datetime import datetime
from pathlib import Path

from agentsess.demo.stories import STORIES
from agentsess.demo.story import Story, tell
from agentsess.model import Status
from agentsess.sessions.service import SessionService


def seed(service: SessionService, folder: Path, now: datetime) -> None:
    """Write the demo's sessions, the same ones for the same ``now``.

    Args:
        service: Over the store to fill.
        folder: Where the sessions' projects are, or are said to be; nothing is written there.
        now: All times count back from here.
    """
    by_status: dict[Status, list[str]] = {}
    trash = []
    for story in STORIES:
        session_id = _write(service, story, folder, now)
        by_status.setdefault(story.status, []).append(session_id)
        if story.trashed:
            trash.append(session_id)
    for status, ids in by_status.items():
        if status is not Status.ACTIVE:
            service.set_status(ids, status)
    service.trash(trash)


def _write(service: SessionService, story: Story, folder: Path, now: datetime) -> str:
    told = tell(story, now)
    session = service.create(
        title=story.title,
        metadata={"project": story.project, **story.metadata},
        cwd=str(folder / story.project),
        model=story.model,
        tags=story.tags,
        notes=story.notes,
        created_at=told.began,
        session_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"agentsess:demo:{story.title}")),
    )
    with service.writer(session.id, agent="demo") as writer:
        writer.append(*told.drafts)
        writer.add_duration(told.worked)
    service.recaps.settle(session.id)
    return session.id
