"""Leaving the app: what runs and what was not paused is told first, and left as the user says."""

from __future__ import annotations

from collections.abc import Sequence

from textual import work

from agentsess.errors import SessionNotFound
from agentsess.model import Session, Status
from agentsess.ui.render.text import one_line
from agentsess.ui.screens.base import Panes, telling_errors
from agentsess.ui.screens.dialogs import Choice, Choose

_NAMED = 4


class Leaving(Panes):
    """The part of the main screen that ends the app."""

    def action_quit_app(self) -> None:
        """Leave; ask first only if something runs, or was worked in here and not paused."""
        running, active = self._unfinished()
        if not running and not active:
            self.app.exit()
            return
        lines = []
        if running:
            one = len(running) == 1
            lines.append(
                f"{_named(running)} {'is' if one else 'are'} at work: leaving stops "
                f"{'it' if one else 'them'}. What was said so far is kept."
            )
        if unsent := [one for one in running if self.app.runs.is_unsent(one.id)]:
            lines.append(f"Your prompt to {_named(unsent)} was not sent yet: it is not kept.")
        if active:
            lines.append(
                f"{_named(active)} {'stays' if len(active) == 1 else 'stay'} active, as "
                "nothing was paused."
            )
        choices = [
            Choice("q", "Stop and leave" if running else "Leave"),
            Choice("p", "Pause all and leave", "they wait in the list, with where they stand"),
            Choice("s", "Stay"),
        ]
        self.app.push_screen(
            Choose("Leave", "\n".join(lines), choices),
            lambda key: self._left(key, [*running, *active]),
        )

    def _unfinished(self) -> tuple[list[Session], list[Session]]:
        """Sessions in which a run is under way, and others that were run here and are active."""
        running: list[Session] = []
        active: list[Session] = []
        live = self.app.runs.live()
        for session_id in self.app.runs.worked_in():
            try:
                session = self.app.service.get(session_id)
            except SessionNotFound:
                continue
            if live.get(session_id) in ("working", "asking"):
                running.append(session)
            elif session.status is Status.ACTIVE and session.trashed_at is None:
                active.append(session)
        return running, active

    def _left(self, key: str | None, unfinished: Sequence[Session]) -> None:
        if key in ("q", "p"):
            self.leave([session.id for session in unfinished] if key == "p" else [])

    @work(group="leave")
    @telling_errors
    async def leave(self, to_pause: Sequence[str]) -> None:
        """Stop all runs, pause some sessions, then leave; stay if that fails."""
        await self.app.runs.stop_all()
        if to_pause:
            await self.app.aside(self.app.service.set_status, to_pause, Status.PAUSED)
        self.app.exit()


def _named(sessions: Sequence[Session]) -> str:
    titles = [f"“{one_line(session.title, 40)}”" for session in sessions[:_NAMED]]
    if len(sessions) > _NAMED:
        return f"{', '.join(titles)} and {len(sessions) - _NAMED} more"
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"
