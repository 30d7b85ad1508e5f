"""The app as a user has it: keys in, what is on the screen out.

    async with using(AgentsessApp(home)) as user:
        await user.press("j", "enter")
        await user.sees("Fix the build")

Nothing here waits for a time: it waits for what is to be seen, and fails if that never comes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from agentsess.clock import utc_now
from agentsess.model import Draft, EntryKind, Session
from agentsess.sessions.service import SessionService
from agentsess.ui.app import AgentsessApp
from agentsess.ui.screens.main import MainScreen
from agentsess.ui.widgets.prompt import Prompt

PATIENCE = 30.0
"""Seconds after which what was waited for is held to never come."""


async def wait_until(pilot: Pilot[Any], holds: Callable[[], object], what: str = "") -> None:
    """Return as soon as something holds; fail if it never does."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"This never came: {what}\n{screen_text(pilot.app)}")
        await pilot.pause()
        await asyncio.sleep(0.01)


def screen_text(app: Any) -> str:
    """All that is on the screen, line by line; dialogs and toasts are over what is behind."""
    layers = app._background_screens
    update = app.screen._compositor.render_update(full=True, screen_stack=layers)
    lines = ("".join(strip.text for strip in line) for line in update.strips)
    return "\n".join(line.rstrip() for line in lines)


class User:
    """Who sits in front of the app."""

    def __init__(self, app: AgentsessApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot
        main = app.screen_stack[0]
        assert isinstance(main, MainScreen)
        self.main = main

    @property
    def service(self) -> SessionService:
        """The app's own door to the store."""
        return self.app.service

    @property
    def screen(self) -> str:
        """What is on the screen."""
        return screen_text(self.app)

    @property
    def titles(self) -> list[str]:
        """What is listed, in order."""
        return [session.title for session in self.main.sessions.shown]

    @property
    def told(self) -> list[str]:
        """The short messages that are up."""
        return [note.message for note in self.app._notifications]

    @property
    def opened(self) -> Session | None:
        """The session in the chat."""
        return self.main.chat.session

    @property
    def is_in_chat(self) -> bool:
        """Whether what is typed goes to the chat's pane."""
        return self.main.chat.has_pseudo_class("focus-within")

    @property
    def banner(self) -> str:
        """The line above the prompt."""
        return str(self.main.chat.banner.render())

    @property
    def prompt(self) -> str:
        """What stands in the prompt."""
        return self.main.chat.prompt.text

    def session(self, title: str) -> Session:
        """The session of that title, as the store has it now, the trash included."""
        everything = [*self.service.list(), *self.service.list(trashed=True)]
        (found,) = [session for session in everything if session.title == title]
        return found

    async def until(self, holds: Callable[[], object], what: str = "") -> None:
        """Wait until something holds."""
        await wait_until(self.pilot, holds, what)

    async def sees(self, *texts: str) -> None:
        """Wait until all texts are on the screen."""
        await self.until(lambda: all(text in self.screen for text in texts), " and ".join(texts))

    async def sees_no_more(self, text: str) -> None:
        """Wait until a text is gone from the screen."""
        await self.until(lambda: text not in self.screen, f"the end of {text}")

    async def is_told(self, text: str) -> None:
        """Wait for a short message."""
        await self.until(lambda: any(text in message for message in self.told), text)

    async def press(self, *keys: str) -> None:
        """Press keys, by Textual's names for them or by their characters."""
        await self.pilot.press(*(_character_to_key(k) if len(k) == 1 else k for k in keys))

    async def types(self, text: str, *then: str) -> None:
        """Put a text into the field in focus as a paste does, then press keys."""
        field = self.app.focused
        assert isinstance(field, Input | TextArea), field
        self.app.post_message(events.Paste(text))
        await self.until(lambda: text in _value(field), f"{text!r} in the field")
        await self.press(*then)

    async def fills(self, text: str, *then: str) -> None:
        """Put a text into the field in focus, in place of what is there, then press keys."""
        field = self.app.focused
        assert isinstance(field, Input | TextArea), field
        field.clear()
        await self.types(text, *then)

    async def goes_to(self, title: str) -> None:
        """Move the cursor in the list to a session."""
        if isinstance(self.app.focused, Prompt):
            await self.press("shift+tab")
        await self.press("1", "g")
        for _ in self.titles:
            if (here := self.main.sessions.highlighted) and here.title == title:
                return
            await self.press("j")
        raise AssertionError(f"{title} is not listed: {self.titles}")

    async def marks(self, *titles: str) -> None:
        """Mark sessions in the list."""
        for title in titles:
            await self.goes_to(title)
            await self.press("space")

    async def opens(self, title: str) -> None:
        """Open a session to read it."""
        await self.goes_to(title)
        await self.press("enter")
        await self.until(
            lambda: self.opened and self.opened.title == title and self.is_in_chat,
            f"{title} opened",
        )

    async def sends(self, text: str) -> None:
        """Write a prompt and send it."""
        await self.press("ctrl+l")
        await self.types(text, "enter")


def _value(field: Input | TextArea) -> str:
    return field.value if isinstance(field, Input) else field.text


@asynccontextmanager
async def using(
    app: AgentsessApp, *, size: tuple[int, int] = (120, 36), empty: bool = False
) -> AsyncIterator[User]:
    """Have the app open, its first list shown."""
    async with app.run_test(size=size, notifications=True) as pilot:
        user = User(app, pilot)
        await user.until(lambda: user.main.sessions.length or empty, "the first list")
        yield user


def write_session(
    service: SessionService,
    title: str,
    *lines: str,
    hours_ago: float = 1.0,
    now: datetime | None = None,
    **fields: Any,
) -> Session:
    """Keep a session in which user and model speak in turns, a minute each."""
    began = (now or utc_now()) - timedelta(hours=hours_ago)
    session = service.create(title=title, created_at=began, **fields)
    speakers = (EntryKind.USER, EntryKind.ASSISTANT)
    drafts = [
        Draft(speakers[number % 2], line, at=began + timedelta(minutes=number))
        for number, line in enumerate(lines or ("Please begin.", "It is begun."))
    ]
    with service.writer(session.id) as writer:
        writer.append(*drafts)
    return service.get(session.id)


def write_sessions(home: Path, titles: Sequence[str], **fields: Any) -> list[Session]:
    """Keep sessions in a store, the first the most recent."""
    service = SessionService.open(home)
    try:
        return [
            write_session(service, title, hours_ago=1 + number, **fields)
            for number, title in enumerate(titles)
        ]
    finally:
        service.close()


def files_of(home: Path) -> dict[str, bytes]:
    """All that a store has on disk, but for its caches."""
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file() and "cache" not in path.relative_to(home).parts
    }
