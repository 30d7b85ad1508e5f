"""The app: the service, the runs, the theme; screens do the rest."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from textual.app import App, SystemCommand
from textual.message import Message
from textual.screen import Screen

from agentsess import config
from agentsess.agent.models import Models
from agentsess.agent.recap_writer import RecapWriter
from agentsess.errors import StoreError
from agentsess.model import Session
from agentsess.sessions.service import SessionService
from agentsess.sources.base import Source
from agentsess.ui.keys import KEYS
from agentsess.ui.render.terminal import notification
from agentsess.ui.runs import Runs
from agentsess.ui.screens.main import MainScreen

if TYPE_CHECKING:
    from agentsess.agent.connection import ClientFactory

Params = ParamSpec("Params")
Result = TypeVar("Result")


class AgentsessApp(App[None]):
    """A terminal home for agent sessions.

    Args:
        home: The store's folder.
        sources: Other programs' histories to list.
        folder: Where new sessions work and exports are written.
        client: Makes the SDK's client; None: as the environment says.
        demo: Whether to say that nothing here is the user's own.
    """

    CSS_PATH = "app.tcss"
    TITLE = "agentsess"
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        home: Path,
        *,
        sources: Sequence[Source] = (),
        folder: str = "",
        client: ClientFactory | None = None,
        demo: bool = False,
    ) -> None:
        super().__init__()
        self.service = SessionService.open(home, sources=sources)
        self.runs = Runs(self.service, self._tell_main, client=client)
        self.recap_writer = RecapWriter(self.service, home, client)
        self.folder = folder or config.here()
        self.demo = demo
        self.models = Models(home / "cache" / "models.json", client)
        """Which models there are."""
        self._home = home
        self._main: MainScreen | None = None
        self._windows: dict[str, int | None] = {}
        self.in_front: bool | None = None
        """Whether the terminal has the focus; None while it has not told."""

    def get_default_screen(self) -> Screen[None]:
        """The main screen."""
        self._main = MainScreen()
        return self._main

    def _tell_main(self, message: Message) -> None:
        """Messages go up from a widget, never down: the screen must be told by name."""
        if self._main is not None:
            self._main.post_message(message)

    def settings(self) -> config.Settings:
        """What the user set; raises StoreError if that cannot be read."""
        return config.load_settings(self._home)

    def writes_recaps(self) -> bool:
        """Whether a model writes recaps unasked."""
        try:
            return self.settings().written_recaps
        except StoreError:
            return False

    def on_mount(self) -> None:
        try:
            self.theme = self.settings().theme
        except StoreError as error:
            self.notify(str(error), severity="error", markup=False)
        self.theme_changed_signal.subscribe(self, lambda theme: self._keep_theme(theme.name))

    async def on_unmount(self) -> None:
        # However the app ends: a run must not write to a store that is closed.
        await self.runs.stop_all()
        self.service.close()

    def _keep_theme(self, name: str) -> None:
        if not self.demo:
            self.run_worker(lambda: self._save_theme(name), thread=True, group="theme")

    def _save_theme(self, name: str) -> None:
        try:
            config.save_setting(self._home, "theme", name)
        except OSError as error:  # StoreError is one, too
            self.notify(f"The theme was not kept: {error}", severity="error", markup=False)

    def on_app_focus(self) -> None:
        self.in_front = True

    def on_app_blur(self) -> None:
        self.in_front = False

    def tell_terminal(self, title: str, text: str) -> None:
        """Ring, and show a notification outside of the app, unless the user turned that off."""
        try:
            wanted = self.settings().notify
        except StoreError:
            wanted = True
        if wanted and self._driver is not None:
            self._driver.write("\a" + notification(title, text, os.environ))
            self._driver.flush()

    @property
    def is_open(self) -> bool:
        """Whether there are widgets in which something can be shown."""
        return self.is_running and self._main is not None and self._main.is_attached

    async def aside(
        self, what: Callable[Params, Result], *args: Params.args, **options: Params.kwargs
    ) -> Result:
        """Do what may take long in a thread; if the app ends meanwhile, so does the caller.

        There are no widgets any more then, in which a result or a failure could be shown.
        """
        try:
            return await asyncio.to_thread(what, *args, **options)
        finally:
            if not self.is_open:
                raise asyncio.CancelledError

    def show_from_thread(
        self, show: Callable[Params, object], *args: Params.args, **options: Params.kwargs
    ) -> None:
        """Call something that changes widgets, from a thread; ends the thread if the app ended."""

        def show_if_open() -> None:
            if self.is_open:
                show(*args, **options)

        self.call_from_thread(show_if_open)
        if not self.is_open:
            raise asyncio.CancelledError

    async def create_session(self, folder: str, model: str = "") -> Session:
        """A new session that works in a folder; empty model: what the settings say."""
        return await self.aside(self.service.create, cwd=folder, model=model)

    def context_window(self, model: str) -> int | None:
        """Tokens that a model can hold; None if unknown, or not looked up yet."""
        if model and model not in self._windows:
            self._windows[model] = None
            self.run_worker(lambda: self._look_up_window(model), thread=True, group="window")
        return self._windows.get(model)

    def _look_up_window(self, model: str) -> None:
        from agentsess.sessions.pricing import context_window  # slow to import

        window = context_window(model)
        if window is None:  # the server may have said
            known = (each for each in self.models.known().models if each.name == model)
            window = next((each.window for each in known), None)
        self._windows[model] = window
        self.show_from_thread(self._window_known)

    def _window_known(self) -> None:
        if self._main is not None:
            self._main.show_details()

    async def action_quit(self) -> None:
        """Leave; Textual binds ctrl+q to this everywhere, and its palette offers it."""
        if self._main is not None:
            self._main.action_quit_app()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key's action as a command, and Textual's own."""
        yield from super().get_system_commands(screen)
        if isinstance(screen, MainScreen):
            for key in KEYS:
                if key.id not in ("back", "palette", "quit", "help"):
                    yield SystemCommand(
                        key.label,
                        key.help,
                        lambda action=key.action: screen.call_later(screen.run_action, action),
                    )


def run_app(home: Path | None = None, *, demo: bool = False) -> None:
    """Run the app in this terminal until the user leaves.

    Args:
        home: The store's folder; None: as the environment says.
        demo: Use a throw-away store and a scripted model instead.
    """
    if demo:
        _run_demo()
        return
    from agentsess.sources.claude_code import ClaudeCodeSource

    sources = [ClaudeCodeSource(config.claude_home())]
    AgentsessApp(home or config.data_home(), sources=sources).run()


def _run_demo() -> None:
    from agentsess.demo import demo_clients, demo_home, demo_project

    with demo_home() as home:
        folder = str(demo_project(home))
        AgentsessApp(home, folder=folder, client=demo_clients(), demo=True).run()
