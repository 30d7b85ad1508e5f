"""The agent: sessions to work in, and a model that works in them."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agentsess import config
from agentsess.agent.connection import ClientFactory, Connection
from agentsess.agent.context import Conversation
from agentsess.agent.events import AgentEvent, Done
from agentsess.agent.events import RunResult as RunResult
from agentsess.agent.permissions import PermissionCallback
from agentsess.agent.tools import Toolbox
from agentsess.agent.turn import Turn, TurnSettings
from agentsess.errors import IllegalTransition, InvalidSession
from agentsess.model import EntryKind, Recap, Session, Status
from agentsess.sessions.search import Hit
from agentsess.sessions.service import SessionService
from agentsess.sessions.writer import SessionWriter

DEFAULT_MAX_TOKENS = 32_000
_CONVERSATIONS_KEPT = 8
_log = logging.getLogger(__name__)


class Agent:
    """A model with a store of sessions.

        agent = Agent(permission_callback=lambda action, resource, details: True)
        session = agent.create_session(metadata={"project": "migration"})
        result = await agent.run("List the files here.", session_id=session.id)

    Args:
        model: Name of the model; None: the session's, else the one in the settings.
        name: Who writes the replies, for sessions that several agents share.
        system: The system prompt; None: a short one that names the working folder.
        permission_callback: Asked ``(action, resource, details)`` before every tool call,
            sync or async; it answers with a bool or a `Decision`. None: no tools at all.
        cwd: Working folder of new sessions; None: the current one.
        max_tokens: Length limit of one reply.
        home: The store's folder; None: ``$AGENTSESS_HOME``, else the platform's data folder.
        service: An open store to use in place of ``home``.
        client: Makes the SDK's client for a run, such as ``AsyncAnthropic``; it is closed
            when the run ends. None: as the environment says. Not called before a request.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        name: str = "",
        system: str | None = None,
        permission_callback: PermissionCallback | None = None,
        cwd: str | Path | None = None,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        home: Path | None = None,
        service: SessionService | None = None,
        client: ClientFactory | None = None,
    ) -> None:
        self.model = model
        self.name = name
        self.system = system
        self.permission_callback = permission_callback
        self.cwd = str(Path(cwd).expanduser().absolute()) if cwd else None
        self.max_tokens = max_tokens
        self._home = home or config.data_home()
        self._own_service = service is None
        self.service = service or _default_service(self._home)
        self._client = client
        self._runs: dict[str, _Run] = {}
        self._conversations: dict[str, Conversation] = {}

    def close(self) -> None:
        """Let the store's files go."""
        if self._own_service:
            self.service.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- sessions

    def create_session(
        self,
        *,
        title: str = "",
        metadata: Mapping[str, Any] | None = None,
        cwd: str | Path | None = None,
        tags: Iterable[str] = (),
        notes: str = "",
    ) -> Session:
        """A new session; raises InvalidMetadata."""
        folder = str(Path(cwd).expanduser().absolute()) if cwd else self.cwd or os.getcwd()
        return self.service.create(
            title=title,
            metadata=metadata,
            cwd=folder,
            model=self.model or "",
            tags=tags,
            notes=notes,
        )

    def list_sessions(self, query: str = "", *, limit: int | None = None) -> list[Session]:
        """Sessions that match a query, the most recently worked in first."""
        return self.service.list(query, limit=limit)

    def get_session(self, session_id: str) -> Session:
        """One session; raises SessionNotFound."""
        return self.service.get(session_id)

    def update_session(self, session_id: str, **fields: Any) -> Session:
        """Set any of ``title, status, notes, tags, metadata``; raises InvalidSession."""
        return self.service.update(session_id, **fields)

    def delete_session(self, session_id: str) -> None:
        """Move a session to the trash."""
        self.service.trash([session_id])

    def pause_session(self, session_id: str) -> Session:
        """Mark a session as paused."""
        return self.service.pause(session_id)

    def resume_session(self, session_id: str) -> Session:
        """Mark a paused or completed session as active again."""
        return self.service.resume(session_id)

    def archive_session(self, session_id: str) -> Session:
        """Put a session away."""
        return self.service.archive(session_id)

    def unarchive_session(self, session_id: str) -> Session:
        """Give an archived session back the status it had."""
        self.service.unarchive(session_id)
        return self.service.get(session_id)

    def search(self, text: str, *, limit: int = 20) -> list[Hit]:
        """Sessions whose rows, notes or conversation hold all words."""
        return list(self.service.search(text, limit=limit))

    def recap(self, session_id: str) -> Recap:
        """Where a session stands, from its history alone."""
        return self.service.recap(session_id)

    # -- running

    async def run(
        self,
        task: str,
        *,
        session_id: str | None = None,
        max_iterations: int = 50,
        wait: float = 0.0,
        take_over: bool = False,
    ) -> RunResult:
        """Give the model a task and work on it to the end.

        Args:
            task: The prompt.
            session_id: Where to work; None: in a new session.
            max_iterations: How many requests the run may take.
            wait: Seconds to wait for another run in the same session.
            take_over: Take the session from another run; that one is refused from then on.

        Raises:
            AgentError: Asking the model failed; everything said so far is in the history.
            SessionLocked: Another run holds the session.
            IllegalTransition: The session is archived.
        """
        result: RunResult | None = None
        events = self.stream(
            task,
            session_id=session_id,
            max_iterations=max_iterations,
            wait=wait,
            take_over=take_over,
        )
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Done):
                    result = event.result
        assert result is not None
        return result

    async def stream(
        self,
        task: str,
        *,
        session_id: str | None = None,
        max_iterations: int = 50,
        wait: float = 0.0,
        take_over: bool = False,
    ) -> AsyncGenerator[AgentEvent, None]:
        """As `run`, telling what happens as it happens; the last event is `Done`.

        Closing the iterator, or cancelling the task that reads it, interrupts the run.
        """
        if not task.strip():
            raise ValueError("The task is empty: say what is to be done.")
        queue: asyncio.Queue[AgentEvent | None] = asyncio.Queue()
        work = asyncio.create_task(
            self._work(task, session_id, max_iterations, wait, take_over, queue.put_nowait)
        )
        work.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (event := await queue.get()) is not None:
                yield event
            work.result()
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait({work})
                if not work.cancelled() and (error := work.exception()):
                    _log.warning("An interrupted run failed", exc_info=error)

    def interrupt(self, session_id: str) -> bool:
        """Stop the run in a session; its events end with `Interrupted` and `Done`.

        Returns:
            Whether this agent was running there.
        """
        run = self._runs.get(session_id)
        if run is None:
            return False
        run.interrupted = True
        run.task.cancel()
        return True

    async def _work(
        self,
        task: str,
        session_id: str | None,
        max_iterations: int,
        wait: float,
        take_over: bool,
        emit: Callable[[AgentEvent], None],
    ) -> None:
        connection = Connection(self._client, emit)
        try:
            await connection.check()
            session = self._session(session_id)
            with await self._writer(session.id, wait, take_over) as writer:
                if session.status is not Status.ACTIVE:
                    self.service.resume(session.id)
                settings = self._settings(session, max_iterations)
                toolbox = Toolbox(self._folder(session), session.id, self.permission_callback)
                conversation = await asyncio.to_thread(self._conversation, session.id)
                turn = Turn(settings, writer, conversation, connection, toolbox, emit)
                try:
                    await self._run_turn(turn, task)
                finally:
                    self._conversations[session.id] = conversation
                    await toolbox.close()
        finally:
            await connection.close()

    async def _run_turn(self, turn: Turn, task: str) -> None:
        started = time.monotonic()
        current = asyncio.current_task()
        assert current is not None
        run = self._runs[turn.writer.session_id] = _Run(current)
        try:
            stop_reason = await turn.run(task)
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

    def _session(self, session_id: str | None) -> Session:
        if session_id is None:
            return self.create_session()
        session = self.service.get(session_id)
        if session.trashed_at is not None:
            raise IllegalTransition(f"“{session.title}” is in the trash. Restore it first.")
        if session.status is Status.ARCHIVED:
            raise IllegalTransition(f"“{session.title}” is archived. Unarchive it first.")
        folder = self._folder(session)
        if self.permission_callback and not folder.is_dir():
            raise InvalidSession(f"The session's folder {folder} is gone. Put it back first.")
        return session

    def _conversation(self, session_id: str) -> Conversation:
        """The messages so far; of a session that was run here before, only news are read."""
        conversation = self._conversations.pop(session_id, None) or Conversation()
        if not self.service.follows(session_id, conversation.last_seq, conversation.last_at):
            conversation = Conversation()  # the session was rewound meanwhile
        for entry in self.service.entries(session_id, conversation.last_seq + 1):
            conversation.add(entry)
        while len(self._conversations) >= _CONVERSATIONS_KEPT:
            self._conversations.pop(next(iter(self._conversations)))
        return conversation

    async def _writer(self, session_id: str, wait: float, take_over: bool) -> SessionWriter:
        """The right to write, waited for in a thread so that nothing else stands still."""
        stop = threading.Event()
        waiting = asyncio.ensure_future(
            asyncio.to_thread(
                self.service.writer,
                session_id,
                agent=self.name,
                wait=wait,
                take_over=take_over,
                stop=stop,
            )
        )
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            stop.set()
            waiting.add_done_callback(_give_back)
            raise

    def _settings(self, session: Session, max_iterations: int) -> TurnSettings:
        return TurnSettings(
            model=self.model or session.model or config.load_settings(self._home).model,
            system=self.system or self._default_system(session),
            max_tokens=self.max_tokens,
            max_iterations=max_iterations,
            author=self.name,
        )

    def _folder(self, session: Session) -> Path:
        return Path(session.cwd or self.cwd or os.getcwd())

    def _default_system(self, session: Session) -> str:
        """The same on every day, so that the provider's prompt cache hits."""
        who = f"You are {self.name}, an agent" if self.name else "You are an agent"
        tools = (
            "Your tools work there, and the user may refuse a call."
            if self.permission_callback
            else "You have no tools: ask for what you need to see."
        )
        return (
            f"{who} at work in a session that is continued over days. Earlier messages may be "
            "old: look again before you rely on what they say about files. "
            f"The working folder is {self._folder(session)}. {tools} "
            "Answer in Markdown, and end by saying what is done and what comes next."
        )


@dataclass(slots=True)
class _Run:
    task: asyncio.Task[Any]
    interrupted: bool = False


def _default_service(home: Path) -> SessionService:
    from agentsess.sources.claude_code import ClaudeCodeSource

    return SessionService.open(home, sources=[ClaudeCodeSource(config.claude_home())])


def _give_back(waiting: asyncio.Future[SessionWriter]) -> None:
    """Close a writer that came when nobody waited for it any more."""
    if not waiting.cancelled() and waiting.exception() is None:
        waiting.result().close()
