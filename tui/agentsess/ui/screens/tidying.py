"""Keeping the store in order: what happens at start, and emptying the trash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from textual import work

from agentsess import config
from agentsess.model import Session
from agentsess.pace import Pace
from agentsess.sessions.removals import Removal
from agentsess.sessions.retention import Plan
from agentsess.ui.render.format import count, size
from agentsess.ui.screens.base import Panes, telling_errors
from agentsess.ui.screens.dialogs import Confirm
from agentsess.ui.screens.permissions import PermissionsScreen
from agentsess.ui.screens.prune import PruneScreen

_LONG = f"in the trash for more than {config.TRASH_DAYS} days"


class Tidying(Panes):
    """The part of the main screen that tidies; nothing goes without being told."""

    @work(group="tidy")
    @telling_errors
    async def tidy_at_start(self) -> None:
        """Finish what was cut off, then do what the user turned on."""
        service, pace = self.app.service, Pace()
        tidied = await self.at_length(service.tidy, pace)
        for session_id, problem in tidied.problems.items():
            self.tell(f"{session_id[:8]} could not be finished: {problem}", error=True)
        if tidied.removed:
            self.tell(f"Finished deleting {count(len(tidied.removed), 'session')}.")
        pruned = await self.at_length(service.retention.apply_at_start, pace)
        for removal in pruned:
            self.tell(f"Rule {removal.name}: {_went(removal)} to the trash. z undoes it.")
        if self.app.settings().empty_trash:
            old = await self.app.aside(service.bin.expired, _age())
            empty = partial(service.bin.empty, old, who="start", why=_LONG)
            removal = await self.at_length(empty, pace)
            if removal.sessions:
                self.tell(f"Deleted for good: {_went(removal)}, {_LONG}.")
                pruned.append(removal)
        if pruned or tidied.removed:
            self.reload()

    def action_prune(self) -> None:
        """Clear out by rule, on a screen of its own."""
        self.app.push_screen(PruneScreen(), self._agreed_to_prune)

    def _agreed_to_prune(self, plan: Plan | None) -> None:
        if plan:
            self._prune(plan)

    @work(group="change")
    @telling_errors
    async def _prune(self, plan: Plan) -> None:
        removal = await self.at_length(partial(self.app.service.retention.apply, plan))
        gone, planned = len(removal.sessions), len(plan.sessions)
        many = count(gone, "session") if gone == planned else f"{gone:,} of {planned:,} sessions"
        undone = " z undoes it." if gone else ""
        self.tell(f"{many} moved to the trash.{undone}")
        self.reload()

    def action_permissions(self) -> None:
        """Show the saved answers about tools."""
        self.app.push_screen(PermissionsScreen())

    @work(group="tidy")
    @telling_errors
    async def action_empty_trash(self) -> None:
        """Delete for good what is in the trash for too long, after a question."""
        old = await self.app.aside(self.app.service.bin.expired, _age())
        if not old:
            self.tell(f"Nothing is {_LONG}. D deletes what is chosen.")
            return
        total = f"{count(len(old), 'session')}, {size(sum(s.size_bytes for s in old))}"
        self.app.push_screen(
            Confirm(
                "Empty the trash",
                f"{total}, {_LONG}. This cannot be undone.",
                f"Delete {count(len(old), 'session')} for good",
            ),
            lambda yes: self._agreed(yes, old),
        )

    def _agreed(self, yes: bool | None, old: Sequence[Session]) -> None:
        if yes:
            self._empty(old)

    @work(group="change")
    @telling_errors
    async def _empty(self, sessions: Sequence[Session]) -> None:
        empty = partial(self.app.service.bin.empty, sessions, who="user", why=_LONG)
        removal = await self.at_length(empty)
        self.tell(f"Deleted for good: {_went(removal)}.")
        self.reload()


def _age() -> timedelta:
    return timedelta(days=config.TRASH_DAYS)


def _went(removal: Removal) -> str:
    return f"{count(len(removal.sessions), 'session')}, {size(removal.bytes)}"
