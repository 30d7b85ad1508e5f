"""A recap in a model's words, shown to be worth no more than the history bears out."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from agentsess import config
from agentsess.agent.connection import ClientFactory, Connection
from agentsess.agent.incoming import Paid
from agentsess.agent.recap_checking import checked
from agentsess.agent.recap_material import Material, material
from agentsess.agent.single import ask_once
from agentsess.agent.waiting import in_thread_to_its_end
from agentsess.errors import AgentError, InvalidSession, SessionNotFound, StoreError
from agentsess.model import Entry, JsonObject, Recap, Usage
from agentsess.sessions.pricing import cost_usd
from agentsess.sessions.recap.editing import LISTS
from agentsess.sessions.service import SessionService

MOST_OUTPUT = 2_500
"""Tokens that the model may write."""
_PAGE = 200
_OVERHEAD = 700
"""About how many tokens the instruction and the form take."""
_SYSTEM = (
    "You write the recap of a session of work between a user and an agent, for the user who "
    "comes back to it after days and must know in ten seconds where it stands. Write in the "
    "language of the conversation, in short plain sentences. The headline is one sentence: what "
    "is done and what comes next. Each line of a list names the numbers of the entries it comes "
    "from. Say only what the history says: no file, command, name or figure that does not stand "
    "there. Where entries contradict each other the later one counts. An empty list is right "
    "where there is nothing to say. Answer with a JSON object with headline, goal, "
    + ", ".join(LISTS)
    + " and nothing else; goal and each line are objects with text and entries."
)
_log = logging.getLogger(__name__)
_HEADLINE = re.compile(r'"headline"\s*:\s*"((?:[^"\\]|\\.)*)')


@dataclass(frozen=True, slots=True)
class WritingPlan:
    """What having a recap written takes; told before it is done."""

    model: str
    tokens: int
    """About how many the model is shown."""
    most_usd: float | None
    """What it costs at most; None if the model's price is not known."""


class RecapWriter:
    """Has recaps written.

    Args:
        service: The sessions.
        home: The store's folder, where the user's settings are.
        client: Makes the SDK's client; None: as the environment says.
    """

    def __init__(
        self, service: SessionService, home: Path, client: ClientFactory | None = None
    ) -> None:
        self._service = service
        self._home = home
        self._client = client

    def plan(self, session_id: str) -> WritingPlan:
        """What it would take; reads the end of the history, and asks nobody.

        Raises:
            InvalidSession: Nothing has been said yet.
        """
        _, shown = self._material(session_id)
        model = config.load_settings(self._home).recap_model
        tokens = shown.tokens + _OVERHEAD
        return WritingPlan(model, tokens, cost_usd(model, Usage(input=tokens, output=MOST_OUTPUT)))

    async def write(
        self, session_id: str, on_headline: Callable[[str], None] = lambda text: None
    ) -> Recap:
        """Have the recap written and keep it; what that costs counts in the session.

        Args:
            session_id: Whose.
            on_headline: Told the headline as far as it has come.

        Raises:
            AgentError: It could not be written, or does not hold; the one made from the
                history stands as it was.
            InvalidSession: Nothing has been said yet.
        """
        connection = Connection(self._client, lambda retrying: None)
        try:
            await connection.check()
            recap, shown = await asyncio.to_thread(self._material, session_id)
            settings = await asyncio.to_thread(config.load_settings, self._home)
            answer = await ask_once(
                connection,
                _request(settings.recap_model, shown),
                partial(self._count, session_id),
                _headline_teller(on_headline),
            )
            await in_thread_to_its_end(partial(self._count, session_id, answer.paid))
        finally:
            await connection.close()
        if answer.stop_reason == "refusal":
            raise AgentError("The model declined to write the recap.")
        if answer.stop_reason == "max_tokens":
            raise AgentError("What the model wrote was too long, and broke off.")
        made = checked(answer.text, answer.paid.model, recap, shown).recap
        await asyncio.to_thread(self._service.recaps.keep_written, session_id, made)
        return await asyncio.to_thread(self._service.recap, session_id)

    def _count(self, session_id: str, paid: Paid) -> None:
        try:
            self._service.recaps.count_cost(session_id, paid.usage, paid.cost_usd)
        except (StoreError, SessionNotFound) as error:  # it must not hide what came of the request
            _log.warning("The cost of a recap of %s was not counted: %s", session_id, error)

    def _material(self, session_id: str) -> tuple[Recap, Material]:
        recap = self._service.recaps.from_history(session_id)
        shown = material(recap, self._newest(session_id))
        if not shown.seqs:
            raise InvalidSession("Nothing has been said in this session yet.")
        return recap, shown

    def _newest(self, session_id: str) -> Iterator[Entry]:
        """The history from its end, read as far as it is used."""
        before: int | None = None
        while entries := self._service.page(session_id, last=_PAGE, before=before).entries:
            yield from reversed(entries)
            before = entries[0].seq
            if before <= 1:
                return


def _request(model: str, shown: Material) -> JsonObject:
    return {
        "model": model,
        "max_tokens": MOST_OUTPUT,
        "system": _SYSTEM,
        "messages": [{"role": "user", "content": shown.text}],
        "output_config": {"format": {"type": "json_schema", "schema": _schema()}},
    }


def _schema() -> JsonObject:
    line = _object(text={"type": "string"}, entries={"type": "array", "items": {"type": "integer"}})
    lists: JsonObject = {name: {"type": "array", "items": line} for name in LISTS}
    return _object(headline={"type": "string"}, goal=line, **lists)


def _object(**properties: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _headline_teller(tell: Callable[[str], None]) -> Callable[[str], None]:
    """Takes the reply piece by piece and tells its headline as it grows."""
    so_far, told = "", ""

    def take(piece: str) -> None:
        nonlocal so_far, told
        so_far += piece
        found = _HEADLINE.search(so_far)
        if found and found[1] != told:
            told = found[1]
            try:
                tell(msgspec.json.decode(f'"{told}"', type=str))
            except msgspec.DecodeError:  # cut in the middle of an escape
                return

    return take
