"""A place to try everything in: a store, a project and a model, all thrown away at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from agentsess.demo.project import NAME, write_project
from agentsess.demo.sessions import seed
from agentsess.demo.stories import STORIES
from agentsess.model import utc_now
from agentsess.sessions.service import SessionService

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

    from agentsess.demo.transport import DemoTransport

_STAND_IN = "# {}\n\nIn the demo, this folder stands for a project.\n"


@contextmanager
def demo_home(now: datetime | None = None) -> Iterator[Path]:
    """A temporary store filled with the demo's sessions; the value is its folder.

    Beside it are the folders of the sessions' projects, see `demo_project`.
    Everything is removed at the end.
    """
    with TemporaryDirectory(prefix="agentsess-demo-", ignore_cleanup_errors=True) as folder:
        home = Path(folder).resolve() / "store"
        furnish(home, now or utc_now())
        yield home


_MEANWHILE = "\nAccounting: please keep the old report beside the new one for a month.\n"
"""What somebody wrote into the plan since it was last worked on."""


def furnish(home: Path, now: datetime) -> None:
    """Fill a store with the demo's sessions, and the folder beside it with their projects."""
    projects = demo_project(home).parent
    for story in STORIES:
        root = projects / story.project
        root.mkdir(parents=True, exist_ok=True)
        (root / "README.md").write_text(_STAND_IN.format(story.project), encoding="utf-8")
    write_project(projects)
    service = SessionService.open(home)
    try:
        seed(service, projects, now)
    finally:
        service.close()
    with (demo_project(home) / "MIGRATION.md").open("a", encoding="utf-8") as plan:
        plan.write(_MEANWHILE)


def demo_project(home: Path) -> Path:
    """The demo's project, for new sessions to work in."""
    return home.parent / "projects" / NAME


def demo_clients(pace: float = 60.0) -> Callable[[], AsyncAnthropic]:
    """Makes clients of the real SDK over one scripted model; no key, no network.

    Each client may be closed; the model's prompt cache outlives them. The SDK is not
    imported before the first client.

    Args:
        pace: Events per second of a streamed reply; 0 for no waiting.
    """

    @cache
    def transport() -> DemoTransport:
        from agentsess.demo.transport import DemoTransport

        return DemoTransport(pace=pace)

    def client() -> AsyncAnthropic:
        import anthropic

        return anthropic.AsyncAnthropic(
            api_key="demo",
            base_url="https://demo.invalid",
            http_client=anthropic.DefaultAsyncHttpxClient(transport=transport()),
        )

    return client


def demo_client(pace: float = 60.0) -> AsyncAnthropic:
    """One client with a scripted model of its own; see `demo_clients`."""
    return demo_clients(pace)()
