"""What sessions take and may take: tokens, money, models."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from textual import work

from agentsess.agent.retirement import Retirement
from agentsess.errors import AgentsessError
from agentsess.model import Entry, Session, Status, utc_now
from agentsess.sessions.pricing import is_priced
from agentsess.sessions.turn_use import turn_use
from agentsess.ui.render.text import one_line
from agentsess.ui.screens.base import Panes
from agentsess.ui.screens.limits import Limits, SetLimits
from agentsess.ui.screens.models import ChooseModel


class Spending(Panes):
    """The part of the main screen that shows and limits what the model costs."""

    def show_details(self) -> None:
        """Show the facts of the open session."""
        session, turn = self.chat.session, self.chat.turn
        self.show_stop()
        window = self.app.context_window(session.model) if session else None
        self.details.show(session, utc_now(), window, turn, self.parent_title)
        if session:
            working = self.app.runs.is_working(session.id)
            self.chat.status_line.show(session, turn, window=window, working=working)

    def look_up(self, session: Session, entries: Sequence[Entry]) -> None:
        """Find out, in the background, what of a session in view is slow to know."""
        if not session.is_own:
            self.price_turn(session.id, entries)
        elif session.status is not Status.ARCHIVED and session.trashed_at is None:
            self.tell_retirement(session)

    @work(exclusive=True, group="turn")
    async def price_turn(self, session_id: str, entries: Sequence[Entry]) -> None:
        """Find out what another program's last turn cost; the prices are slow to load."""
        turn = await self.app.aside(turn_use, entries)
        if self.chat.session and self.chat.session.id == session_id:
            self.chat.turn = turn
            self.show_details()

    # -- models

    @work(exclusive=True, group="retirement")
    async def tell_retirement(self, session: Session) -> None:
        """Say that a session's model retires, and how to take another."""
        leaving = await self._retirement(session)
        if leaving and self._in_view(session.id) and not self.chat.standing:
            text = f"{leaving.text(utc_now().date())} m switches to {leaving.successor}."
            self.chat.say(one_line(text, 300))

    async def _retirement(self, session: Session) -> Retirement | None:
        try:
            model = session.model or await self.app.aside(self._default_model)
        except AgentsessError:
            return None  # what is wrong with the settings is said when a run needs them
        return await self.app.aside(self.app.models.retirement, model)

    def _default_model(self) -> str:
        return self.app.settings().model

    def action_model(self) -> None:
        """Choose which model a session asks from its next prompt on."""
        if self.draft_folder:
            self.app.push_screen(ChooseModel(self.draft_model), self._draft_model_chosen)
        elif session := self.chosen_one():
            if session.is_own:
                self.choose_model(session)
            else:
                self.tell("It runs in its own program: c continues it here.", error=True)

    @work(exclusive=True, group="choose-model")
    async def choose_model(self, session: Session) -> None:
        """Ask which model a session is to ask; if its own retires, the successor is offered."""
        leaving = await self._retirement(session)
        self.app.push_screen(
            ChooseModel(session.model, leaving.successor if leaving else ""),
            lambda name: self._model_chosen(session, name),
        )

    def _draft_model_chosen(self, name: str | None) -> None:
        if name and self.draft_folder:
            self.draft_model = name
            self.chat.say(f"The new session will ask {one_line(name, 60)}.")

    def _model_chosen(self, session: Session, name: str | None) -> None:
        if name and name != session.model:
            service = self.app.service
            said = f"{one_line(name, 60)} is asked from the next prompt on"
            self.change(lambda: service.update(session.id, model=name), said)
            if self._in_view(session.id):
                self.chat.say("")

    # -- limits

    def action_limits(self) -> None:
        """Set what a session may spend."""
        if session := self.chosen_one():
            if session.is_own:
                self.app.push_screen(
                    SetLimits(session), lambda limits: self._limits_set(session, limits)
                )
            else:
                self.tell("It runs in its own program: c continues it here.", error=True)

    def _limits_set(self, session: Session, limits: Limits | None) -> None:
        if limits is None:
            return
        service = self.app.service
        has_any = limits.budget_usd or limits.max_tokens_total
        said = "Limits are kept" if has_any else "There is no limit any more"
        self.change(
            lambda: service.update(
                session.id,
                budget_usd=limits.budget_usd,
                max_tokens_total=limits.max_tokens_total,
            ),
            said,
        )
        if limits.budget_usd:
            self.check_price(session)

    @work(group="price")
    async def check_price(self, session: Session) -> None:
        """Say at once if a budget of dollars cannot be held."""
        with suppress(AgentsessError):
            model = session.model or await self.app.aside(self._default_model)
            if not await self.app.aside(is_priced, model):
                name = one_line(model, 60)
                self.tell(
                    f"The price of {name} is not known: a budget of dollars cannot be held. "
                    "A limit of tokens can.",
                    error=True,
                )
