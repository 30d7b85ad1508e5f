"""The agent: sessions to work in, and a model that works in them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from agentsess import config
from agentsess.agent.connection import ClientFactory
from agentsess.agent.events import AgentEvent, Compacted, Done, PhaseStarted, RunResult, as_one
from agentsess.agent.functions import Function, check_names
from agentsess.agent.offers import OfferCallback
from agentsess.agent.permissions import PermissionCallback
from agentsess.agent.running import AgentSettings, Runner, RunRequest
from agentsess.agent.tools import BUILT_IN
from agentsess.model import EntryKind, Recap, Session
from agentsess.sessions.board import Board
from agentsess.sessions.search import Hit
from agentsess.sessions.service import SessionService

DEFAULT_MAX_TOKENS = 32_000
DEFAULT_TOOL_TIMEOUT = 300.0
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
        tools: Functions that the model may call beside the tools for files and the shell:
            typed, with a docstring, sync (called in a thread) or async; methods too.
            They need a permission callback, which is asked about their calls as well.
        tool_timeout: Seconds that a call of one of these may take.
        offer_callback: Asked when a run comes to a limit, sync or async: given an `Offer`, it
            answers with the name of one of its options. None: the option that spends least.
        cwd: Working folder of new sessions; None: the current one.
        max_tokens: Length limit of one reply.
        home: The store's folder; None: ``$AGENTSESS_HOME``, else the platform's data folder.
        service: An open store to use in place of ``home``.
        compact: What to do when a conversation nears the end of the model's context window:
            ``"ask"`` the ``offer_callback``, or ``"auto"``: compact it. None: as the settings
            say.
        context_window: Tokens that the model can hold; None: as is known of the model.
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
        tools: Sequence[Function] = (),
        tool_timeout: float = DEFAULT_TOOL_TIMEOUT,
        offer_callback: OfferCallback | None = None,
        cwd: str | Path | None = None,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        compact: Literal["ask", "auto"] | None = None,
        context_window: int | None = None,
        home: Path | None = None,
        service: SessionService | None = None,
        client: ClientFactory | None = None,
    ) -> None:
        _check_tools(tools, permission_callback)
        home = home or config.data_home()
        self._own_service = service is None
        self.service = service or _default_service(home)
        self._settings = AgentSettings(
            model=model,
            name=name,
            system=system,
            cwd=_absolute(cwd) if cwd else None,
            max_tokens=max_tokens,
            permission_callback=permission_callback,
            offer_callback=offer_callback,
            client=client,
            compact=compact,
            context_window=context_window,
            tools=tuple(tools),
            tool_timeout=tool_timeout,
        )
        self._runner = Runner(self._settings, self.service, home)

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
        budget_usd: float | None = None,
        max_tokens_total: int | None = None,
    ) -> Session:
        """A new session; raises InvalidMetadata.

        When it has cost ``budget_usd`` dollars, or used ``max_tokens_total`` tokens, a run
        asks `offer_callback` before its next request; None: no limit.
        """
        return self.service.create(
            title=title,
            metadata=metadata,
            cwd=_absolute(cwd) if cwd else self._settings.cwd or config.here(),
            model=self._settings.model or "",
            tags=tags,
            notes=notes,
            budget_usd=budget_usd,
            max_tokens_total=max_tokens_total,
        )

    def list_sessions(self, query: str = "", *, limit: int | None = None) -> list[Session]:
        """Sessions that match a query, the most recently worked in first."""
        return self.service.list(query, limit=limit)

    def get_session(self, session_id: str) -> Session:
        """One session; raises SessionNotFound."""
        return self.service.get(session_id)

    def update_session(self, session_id: str, **fields: Any) -> Session:
        """Set fields, as `SessionService.update` does; raises InvalidSession."""
        return self.service.update(session_id, **fields)

    def board(self, session_id: str) -> Board:
        """What the agents of a session share: ``get``, and ``set`` if nobody was quicker."""
        return self.service.board(session_id, self._settings.name)

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

    def new_phase(self, session_id: str, *, title: str = "") -> Session:
        """A session that goes on where another one stands, and completes that one.

        It begins with what is known of the other: its recap, its last words, and the notes.
        """
        return self.service.phases.start(session_id, title)

    # -- running

    async def run(
        self,
        task: str,
        *,
        session_id: str | None = None,
        max_iterations: int = 50,
        wait: float = 0.0,
        take_over: bool = False,
        resume_note: bool = False,
        tools: Sequence[Function] = (),
        attachments: Sequence[str | Path] = (),
        on_event: Callable[[AgentEvent], object] = lambda event: None,
    ) -> RunResult:
        """Give the model a task and work on it to the end.

        Where a new phase is chosen at the end of the model's context window, the work goes on
        in that session; the result is of all of it, and its ``phases`` name each session.

        Args:
            task: The prompt.
            session_id: Where to work; None: in a new session.
            max_iterations: How many requests the run may take.
            wait: Seconds to wait for another run in the same session.
            take_over: Take the session from another run; that one is refused from then on.
            resume_note: Tell the model first where the session stands and what changed since
                its last turn; the note is an entry of its own.
            tools: Functions for this run, beside the agent's. The provider's cache of the
                conversation is good only for runs with the same tools.
            attachments: Images (PNG, JPEG, GIF, WebP) and PDFs to show to the model.
            on_event: Told what happens as it happens, in new phases too.

        Raises:
            AgentError: Asking the model failed; everything said so far is in the history.
            SessionLocked: Another run holds the session.
            IllegalTransition: The session is archived.
            ValueError: The task is empty, or a tool or an attachment cannot be used.
        """
        events = self.stream(
            task,
            session_id=session_id,
            max_iterations=max_iterations,
            wait=wait,
            take_over=take_over,
            resume_note=resume_note,
            tools=tools,
            attachments=attachments,
        )
        result, phase = await _end_of(events, on_event)
        results = [result]
        while phase is not None:
            max_iterations -= sum(entry.kind is EntryKind.ASSISTANT for entry in result.entries)
            events = self.stream(
                phase.prompt,
                session_id=phase.session.id,
                max_iterations=max(1, max_iterations),
                tools=tools,
                attachments=attachments if phase.prompt == task else (),
            )
            result, phase = await _end_of(events, on_event)
            results.append(result)
        return as_one(results)

    def stream(
        self,
        task: str,
        *,
        session_id: str | None = None,
        max_iterations: int = 50,
        wait: float = 0.0,
        take_over: bool = False,
        resume_note: bool = False,
        tools: Sequence[Function] = (),
        attachments: Sequence[str | Path] = (),
    ) -> AsyncGenerator[AgentEvent, None]:
        """As `run`, telling what happens as it happens; the last event is `Done`.

        When the run fails, `Failed` comes last, and then its error is raised here.
        Closing the iterator, or cancelling the task that reads it, interrupts the run.
        """
        if not task.strip():
            raise ValueError("The task is empty: say what is to be done.")
        _check_tools([*self._settings.tools, *tools], self._settings.permission_callback)
        return self._events(
            RunRequest(
                task,
                session_id,
                max_iterations,
                wait,
                take_over,
                resume_note,
                tools=tuple(tools),
                attachments=tuple(map(Path, attachments)),
            )
        )

    async def compact(
        self, session_id: str, *, clear_results: bool = False, wait: float = 0.0
    ) -> Compacted | None:
        """Make what is sent of a conversation shorter; the history stays as it is.

        The model writes a summary, which stands for the beginning from then on. If it cannot
        be asked, the summary is made from the history.

        Args:
            session_id: Which session.
            clear_results: Leave out old results of tools instead; the model is not asked.
            wait: Seconds to wait for a run in the session.

        Returns:
            What is sent from now on; None if it was interrupted, and that did not change.

        Raises:
            InvalidSession: There is nothing that could be made shorter.
            SessionLocked: A run holds the session.
        """
        compacted: Compacted | None = None
        events = self.stream_compact(session_id, clear_results=clear_results, wait=wait)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Compacted):
                    compacted = event
        return compacted

    def stream_compact(
        self,
        session_id: str,
        *,
        clear_results: bool = False,
        wait: float = 0.0,
        take_over: bool = False,
    ) -> AsyncGenerator[AgentEvent, None]:
        """As `compact`, telling what happens as it happens; the last event is `Done`."""
        how: Literal["clear", "compact"] = "clear" if clear_results else "compact"
        return self._events(RunRequest("", session_id, 1, wait, take_over, shorten=how))

    async def _events(self, request: RunRequest) -> AsyncGenerator[AgentEvent, None]:
        queue: asyncio.Queue[AgentEvent | None] = asyncio.Queue()
        work = asyncio.create_task(self._runner.run(request, queue.put_nowait))
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
                    _log.warning("An interrupted run failed: %s", error)

    def interrupt(self, session_id: str) -> bool:
        """Stop the run in a session; its events end with `Interrupted` and `Done`.

        Returns:
            Whether this agent was running there.
        """
        return self._runner.interrupt(session_id)


async def _end_of(
    events: AsyncGenerator[AgentEvent, None], on_event: Callable[[AgentEvent], object]
) -> tuple[RunResult, PhaseStarted | None]:
    """A run's result, and the new phase in which its work goes on, if it does."""
    result: RunResult | None = None
    phase: PhaseStarted | None = None
    async with aclosing(events):
        async for event in events:
            on_event(event)
            if isinstance(event, Done):
                result = event.result
            elif isinstance(event, PhaseStarted):
                phase = event
    assert result is not None
    return result, phase


def _check_tools(tools: Sequence[Function], callback: PermissionCallback | None) -> None:
    if tools and callback is None:
        raise ValueError("Tools need a permission_callback, which says what may be called.")
    check_names(tools, BUILT_IN)


def _absolute(path: str | Path) -> str:
    return str(Path(path).expanduser().absolute())


def _default_service(home: Path) -> SessionService:
    from agentsess.sources.claude_code import ClaudeCodeSource

    return SessionService.open(home, sources=[ClaudeCodeSource(config.claude_home())])
