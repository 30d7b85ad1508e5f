"""A run: a session taken, a turn built in it and carried to its end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from agentsess import config
from agentsess.agent.budget import Budget
from agentsess.agent.compaction import Shortener
from agentsess.agent.connection import ClientFactory, Connection
from agentsess.agent.context import Conversation
from agentsess.agent.context_limit import ContextLimit
from agentsess.agent.events import AgentEvent, Done, Failed, RunResult
from agentsess.agent.functions import Function
from agentsess.agent.media import attachment
from agentsess.agent.models import Models
from agentsess.agent.offers import OfferCallback
from agentsess.agent.permissions import PermissionCallback
from agentsess.agent.resume_note import resume_note, was_told
from agentsess.agent.tools import Toolbox
from agentsess.agent.turn import Checkpoint, Turn, TurnSettings
from agentsess.agent.waiting import in_thread
from agentsess.errors import InvalidSession, StoreError
from agentsess.model import Draft, EntryKind, Session, Status
from agentsess.sessions.fields import check_at_hand
from agentsess.sessions.service import SessionService
from agentsess.sessions.writer import SessionWriter

_CONVERSATIONS_KEPT = 8
_NEWEST = 50
"""Entries among which the last reply is looked for."""


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """What an agent brings to each of its runs; `Agent` says what each is."""

    model: str | None
    name: str
    system: str | None
    cwd: str | None
    max_tokens: int
    permission_callback: PermissionCallback | None
    offer_callback: OfferCallback | None
    client: ClientFactory | None
    compact: Literal["ask", "auto"] | None
    context_window: int | None
    tools: Sequence[Function]
    tool_timeout: float


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a run is to do; `Agent.run` says what each is."""

    task: str
    session_id: str | None
    max_iterations: int
    wait: float
    take_over: bool
    resume_note: bool = False
    shorten: Literal["", "compact", "clear"] = ""
    """Make the conversation shorter by a summary, or by leaving out old results of tools,
    rather than give the model a task."""
    tools: Sequence[Function] = ()
    attachments: Sequence[Path] = ()


@dataclass(slots=True)
class _Run:
    task: asyncio.Task[Any]
    interrupted: bool = False


class Runner:
    """The runs of one agent.

    Args:
        settings: The agent's.
        service: The sessions.
        home: The store's folder, where the user's settings are.
    """

    def __init__(self, settings: AgentSettings, service: SessionService, home: Path) -> None:
        self._settings = settings
        self._service = service
        self._home = home
        self._models = Models(home / "cache" / "models.json", settings.client)
        self._runs: dict[str, _Run] = {}
        self._conversations: dict[str, Conversation] = {}

    def interrupt(self, session_id: str) -> bool:
        """Stop the run in a session; False if there is none."""
        run = self._runs.get(session_id)
        if run is None:
            return False
        if not run.interrupted:
            run.interrupted = True
            run.task.cancel()
        return True

    async def run(self, request: RunRequest, emit: Callable[[AgentEvent], None]) -> None:
        """Run to the end, telling ``emit`` what happens; the last event is `Done` or `Failed`.

        Raises:
            AgentsessError: As `Agent.run` says.
        """
        connection = Connection(self._settings.client, emit)
        try:
            prompt = await _prompt(request, self._settings.name)
            session = self._session(request)
            with await self._writer(session.id, request) as writer:
                session = self._service.get(session.id)  # while we waited it may have changed
                if session.status is not Status.ACTIVE and not request.shorten:
                    self._service.resume(session.id)
                conversation = await asyncio.to_thread(self._conversation, session.id)
                toolbox = self._toolbox(session, request)
                if toolbox.functions:
                    await toolbox.load()
                limit = self._context_limit()
                turn = Turn(
                    self._turn_settings(session, request),
                    writer,
                    conversation,
                    connection,
                    toolbox,
                    emit,
                    (*self._checkpoints(session), limit.before_request),
                    limit.when_too_long,
                )
                try:
                    note = await self._note(session, request)
                    await self._carry_out(turn, request, prompt, note)
                except StoreError:
                    conversation = Conversation()  # the disk may hold more than it does
                    raise
                finally:
                    self._conversations[session.id] = conversation
                    await toolbox.close()
                    await asyncio.to_thread(self._service.recaps.settle, session.id)
        except Exception as error:
            emit(Failed(error))
            raise
        finally:
            await connection.close()

    # -- what a turn is made of

    def _turn_settings(self, session: Session, request: RunRequest) -> TurnSettings:
        ours = self._settings
        return TurnSettings(
            model=ours.model or session.model or config.load_settings(self._home).model,
            system=ours.system or self._default_system(session),
            max_tokens=ours.max_tokens,
            max_iterations=request.max_iterations,
            author=ours.name,
        )

    def _toolbox(self, session: Session, request: RunRequest) -> Toolbox:
        ours = self._settings
        return Toolbox(
            self._folder(session),
            session.id,
            ours.permission_callback,
            [*ours.tools, *request.tools],
            ours.tool_timeout,
        )

    def _checkpoints(self, session: Session) -> Sequence[Checkpoint]:
        """What is asked before each request, in this order; it may put offers to the user."""
        return (Budget(self._service, session.id, self._settings.offer_callback),)

    def _context_limit(self) -> ContextLimit:
        ours = self._settings
        compact = ours.compact or config.load_settings(self._home).compact
        return ContextLimit(
            self._service,
            ours.offer_callback,
            automatic=compact == "auto",
            window=ours.context_window,
            models=self._models,
        )

    def _default_system(self, session: Session) -> str:
        """The same on every day, so that the provider's prompt cache hits."""
        name = self._settings.name
        who = f"You are {name}, an agent" if name else "You are an agent"
        tools = (
            "Your tools work there, and the user may refuse a call."
            if self._settings.permission_callback
            else "You have no tools: ask for what you need to see."
        )
        return (
            f"{who} at work in a session that is continued over days. Earlier messages may be "
            "old: look again before you rely on what they say about files. "
            f"The working folder is {self._folder(session)}. {tools} "
            "Answer in Markdown, and end by saying what is done and what comes next."
        )

    def _folder(self, session: Session) -> Path:
        return Path(session.cwd or self._settings.cwd or config.here())

    # -- carrying it out

    async def _note(self, session: Session, request: RunRequest) -> str:
        """What the model is to be told before the prompt; empty if nothing."""
        if not request.resume_note:
            return ""
        return await asyncio.to_thread(self._resume_note, session)

    def _resume_note(self, session: Session) -> str:
        newest = self._service.page(session.id, last=_NEWEST).entries
        if was_told(reversed(newest)):
            return ""
        recap = self._service.recap(session.id)
        return resume_note(recap, self._service.recaps.changes(session.id), session.notes)

    async def _carry_out(self, turn: Turn, request: RunRequest, prompt: Draft, note: str) -> None:
        started = time.monotonic()
        current = asyncio.current_task()
        assert current is not None
        run = self._runs[turn.writer.session_id] = _Run(current)
        try:
            stop_reason = await self._work(turn, request, prompt, note)
        except asyncio.CancelledError:
            if not run.interrupted:
                raise
            current.uncancel()
            stop_reason = "interrupted"
        finally:
            if self._runs.get(turn.writer.session_id) is run:
                del self._runs[turn.writer.session_id]
            seconds = time.monotonic() - started
            turn.writer.add_duration(seconds)
        replies = [e.text for e in turn.entries if e.kind is EntryKind.ASSISTANT]
        result = RunResult(
            output=replies[-1] if replies else "",
            session_id=turn.writer.session_id,
            stop_reason=stop_reason,
            usage=turn.usage,
            cost_usd=turn.cost_usd,
            duration_seconds=seconds,
            entries=tuple(turn.entries),
        )
        turn.emit(Done(result))
        await asyncio.sleep(0)  # it is heard before the recap is made, which keeps Python busy

    async def _work(self, turn: Turn, request: RunRequest, prompt: Draft, note: str) -> str:
        """Do what is asked for; why it stopped."""
        if not request.shorten:
            return await turn.run(prompt, note)
        shortener = Shortener(turn, self._service)
        await (shortener.compact() if request.shorten == "compact" else shortener.clear())
        return "compacted"

    def _session(self, request: RunRequest) -> Session:
        ours = self._settings
        if (session_id := request.session_id) is None:
            return self._service.create(cwd=ours.cwd or config.here(), model=ours.model or "")
        session = self._service.get(session_id)
        check_at_hand(session)
        folder = self._folder(session)
        if ours.permission_callback and not request.shorten and not folder.is_dir():
            raise InvalidSession(f"The session's folder {folder} is gone. Put it back first.")
        return session

    def _conversation(self, session_id: str) -> Conversation:
        """The messages so far; of a session that was run here before, only news are read."""
        conversation = self._conversations.pop(session_id, None) or Conversation()
        if not self._service.follows(session_id, conversation.last_seq, conversation.last_at):
            conversation = Conversation()  # the session was rewound meanwhile
        for entry in self._service.entries(session_id, conversation.last_seq + 1):
            conversation.add(entry)
        while len(self._conversations) >= _CONVERSATIONS_KEPT:
            self._conversations.pop(next(iter(self._conversations)))
        return conversation

    async def _writer(self, session_id: str, request: RunRequest) -> SessionWriter:
        """The right to write, waited for in a thread so that nothing else stands still."""
        stop = threading.Event()
        take = partial(
            self._service.writer,
            session_id,
            agent=self._settings.name,
            wait=request.wait,
            take_over=request.take_over,
            stop=stop,
        )
        # its own: the event loop has only some, which whoever is waited for needs to go on
        waiting = asyncio.ensure_future(in_thread(take))
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            stop.set()
            waiting.add_done_callback(_give_back)
            raise


async def _prompt(request: RunRequest, agent: str) -> Draft:
    """The prompt as it is kept and sent: what is attached comes before the words about it."""
    if not request.attachments:
        return Draft(EntryKind.USER, request.task, author=agent)
    blocks = [await asyncio.to_thread(attachment, path) for path in request.attachments]
    pairs = zip(blocks, request.attachments, strict=True)
    names = [f"[{block['type']} {path.name}]" for block, path in pairs]
    text = "\n\n".join([request.task, *names])
    return Draft(EntryKind.USER, text, (*blocks, {"type": "text", "text": request.task}), agent)


def _give_back(waiting: asyncio.Future[SessionWriter]) -> None:
    """Close a writer that came when nobody waited for it any more."""
    if not waiting.cancelled() and waiting.exception() is None:
        waiting.result().close()
