"""The runs of this app: one for each session at work, whichever session is in view."""

from __future__ import annotations

import asyncio
import gc
import logging
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from textual.message import Message

from agentsess.agent.agent import Agent
from agentsess.agent.connection import ClientFactory
from agentsess.agent.events import AgentEvent, PromptSaved, ReplySaved, TextDelta, ThinkingDelta
from agentsess.agent.media import mentioned
from agentsess.agent.offers import Offer
from agentsess.agent.permissions import Decision, call_input, decided_beforehand
from agentsess.agent.preview import Preview, preview
from agentsess.errors import AgentError, AgentsessError, SessionNotFound
from agentsess.model import JsonObject
from agentsess.sessions.permissions import Permission, suggestions
from agentsess.sessions.service import SessionService
from agentsess.ui.render.sessions import Live

_SECONDS_TO_STOP = 5.0
_log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Question:
    """A tool call that waits for the user's answer."""

    session_id: str
    tool: str
    details: JsonObject
    """The call's whole input."""
    folder: str
    """Where it would run."""
    change: Preview | None
    """What it would change in a file, if that is known."""
    suggestions: tuple[Permission, ...]
    """The answers that can be saved."""
    answer: asyncio.Future[Decision] = field(compare=False)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    """An answer is for this question alone, not for the next one in the session."""


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """A run at a limit, which waits for the user to choose how it goes on."""

    offer: Offer
    answer: asyncio.Future[str] = field(compare=False)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def session_id(self) -> str:
        """Where the run is."""
        return self.offer.session_id


@dataclass
class _Run:
    task: asyncio.Task[None] | None = None
    question: Question | OpenOffer | None = None
    text: str = ""
    """What the model has said of the reply that is not saved yet."""
    thinking: str = ""
    failed: bool = False
    stopped: bool = False
    prompt: str = ""
    is_saved: bool = False
    """Whether the prompt is in the history."""
    allowed: set[str] = field(default_factory=set)
    """Tools that the user allowed for as long as the app runs."""

    @property
    def is_working(self) -> bool:
        return self.task is not None and not self.task.done()


class Runs:
    """Starts, stops and answers runs; tells the app by messages.

    Args:
        service: The sessions.
        post: Where messages go.
        client: Makes the SDK's client; None: as the environment says.
        model: Model of new sessions; None: as the settings say.
    """

    @dataclass
    class Happened(Message):
        """Something happened in a run."""

        session_id: str
        event: AgentEvent

    @dataclass
    class Asked(Message):
        """A run needs the user's answer."""

        question: Question | OpenOffer

    @dataclass
    class Ended(Message):
        """A run is over; ``error`` says why if it failed, ``task`` is the prompt, if any."""

        session_id: str
        task: str
        error: AgentsessError | None
        stopped: bool = False
        """Whether the user stopped it."""
        is_saved: bool = False
        """Whether the prompt is in the history."""

    def __init__(
        self,
        service: SessionService,
        post: Callable[[Message], object],
        *,
        client: ClientFactory | None = None,
        model: str | None = None,
    ) -> None:
        self._agent = Agent(
            model,
            service=service,
            client=client,
            permission_callback=self._ask,
            offer_callback=self._offer,
        )
        self._service = service
        self._post = post
        self._runs: dict[str, _Run] = {}
        self._is_frozen = False

    def live(self) -> dict[str, Live]:
        """What is going on, by session."""
        live: dict[str, Live] = {}
        for session_id, run in self._runs.items():
            if run.question:
                live[session_id] = "asking"
            elif run.is_working:
                live[session_id] = "working"
            elif run.failed:
                live[session_id] = "failed"
        return live

    def worked_in(self) -> list[str]:
        """Ids of the sessions in which this app has begun a run."""
        return list(self._runs)

    def is_working(self, session_id: str) -> bool:
        """Whether a run is under way in a session."""
        run = self._runs.get(session_id)
        return run is not None and run.is_working

    def is_unsent(self, session_id: str) -> bool:
        """Whether a prompt for a session is not in its history yet: another run is."""
        run = self._runs.get(session_id)
        return run is not None and run.is_working and bool(run.prompt) and not run.is_saved

    def question(self, session_id: str) -> Question | OpenOffer | None:
        """What waits for an answer in a session."""
        run = self._runs.get(session_id)
        return run.question if run else None

    def unsaved(self, session_id: str) -> tuple[str, str]:
        """Thinking and text of the reply that is being streamed in a session."""
        run = self._runs.get(session_id)
        return (run.thinking, run.text) if run else ("", "")

    def start(
        self,
        session_id: str,
        task: str,
        *,
        wait: float = 0.0,
        take_over: bool = False,
        resume_note: bool = False,
    ) -> None:
        """Begin a run; the session must not be at work here already.

        Args:
            session_id: Where.
            task: The prompt; images and PDFs that it names are shown: see `mentioned`.
            wait: Seconds to wait for a run of another process.
            take_over: Take the session from a run of another process.
            resume_note: Tell the model first where the session stands and what changed.
        """
        attachments: list[Path] = []
        with suppress(SessionNotFound):  # the run itself tells
            attachments = mentioned(task, self._service.get(session_id).cwd)
        stream = self._agent.stream(
            task,
            session_id=session_id,
            wait=wait,
            take_over=take_over,
            resume_note=resume_note,
            attachments=attachments,
        )
        self._begin(session_id, task, stream)

    def shorten(self, session_id: str, *, clear_results: bool) -> None:
        """Begin to make what is sent of a session shorter; it must not be at work here.

        Args:
            session_id: Where.
            clear_results: Leave out old results of tools, rather than have all summed up.
        """
        stream = self._agent.stream_compact(session_id, clear_results=clear_results)
        self._begin(session_id, "", stream)

    def _begin(self, session_id: str, task: str, stream: AsyncGenerator[AgentEvent, None]) -> None:
        run = self._runs.setdefault(session_id, _Run())
        run.failed, run.stopped, run.text, run.thinking = False, False, "", ""
        run.prompt, run.is_saved = task, False
        run.task = asyncio.create_task(self._work(run, session_id, task, stream))

    async def stop(self, session_id: str) -> bool:
        """Interrupt a run; what was said is kept. False if there was none."""
        run = self._runs.get(session_id)
        if run is None or run.task is None or run.task.done():
            return False
        run.stopped = True
        if not self._agent.interrupt(session_id):
            run.task.cancel()  # it is still on its way to the session
        await asyncio.wait({run.task})
        return True

    async def stop_all(self) -> None:
        """Interrupt every run, all at once; one that does not end soon is not waited for."""
        stops = [asyncio.create_task(self.stop(session_id)) for session_id in self._runs]
        if stops:
            await asyncio.wait(stops, timeout=_SECONDS_TO_STOP)

    def answer(self, question_id: str, decision: Decision, *, for_session: bool = False) -> None:
        """Answer a question if it still waits; ``for_session`` allows that tool from now on."""
        run, question = self._take(question_id)
        if run is None or not isinstance(question, Question):
            return
        if for_session and decision.allowed:
            run.allowed.add(question.tool)
            decision = replace(decision, rule=f"{question.tool} for this session")
        if not question.answer.done():
            question.answer.set_result(decision)

    def choose(self, question_id: str, option: str) -> None:
        """Choose how a run goes on at a limit, if it still waits."""
        _, question = self._take(question_id)
        if isinstance(question, OpenOffer) and not question.answer.done():
            question.answer.set_result(option)

    def _take(self, question_id: str) -> tuple[_Run | None, Question | OpenOffer | None]:
        """A question that waits, which it does no more; none if it was answered."""
        for run in self._runs.values():
            if (question := run.question) and question.id == question_id:
                run.question = None
                return run, question
        return None, None

    async def _ask(self, tool: str, resource: str, details: JsonObject) -> Decision:
        session_id = str(details["session_id"])
        run = self._runs[session_id]
        decided = await asyncio.to_thread(decided_beforehand, self._service, tool, details)
        if decided and not decided.allowed:
            return decided  # a saved denial goes before all that allows
        if tool in run.allowed:
            return Decision(True, by="session", rule=f"{tool} for this session")
        if decided:
            return decided
        values = call_input(details)
        folder = self._service.get(session_id).cwd
        change = await asyncio.to_thread(preview, Path(folder), tool, values) if folder else None
        saved = suggestions(folder, tool, values)
        answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        question = Question(session_id, tool, values, folder, change, saved, answer)
        return await self._answered(run, question, answer)

    async def _offer(self, offer: Offer) -> str:
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await self._answered(self._runs[offer.session_id], OpenOffer(offer, answer), answer)

    async def _answered(
        self, run: _Run, question: Question | OpenOffer, answer: asyncio.Future[Answer]
    ) -> Answer:
        run.question = question
        self._post(self.Asked(question))
        try:
            return await answer
        finally:
            run.question = None

    async def _work(
        self, run: _Run, session_id: str, task: str, stream: AsyncGenerator[AgentEvent, None]
    ) -> None:
        error: AgentsessError | None = None
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    if isinstance(event, TextDelta | ThinkingDelta) and not self._is_frozen:
                        # Python looks through the SDK's many objects again and again, which
                        # halts the app for a tenth of a second: they never go, so it need not.
                        gc.freeze()
                        self._is_frozen = True
                    if isinstance(event, TextDelta):
                        run.text += event.text
                    elif isinstance(event, ThinkingDelta):
                        run.thinking += event.text
                    elif isinstance(event, ReplySaved):
                        run.text = run.thinking = ""
                    elif isinstance(event, PromptSaved):
                        run.is_saved = True
                    self._post(self.Happened(session_id, event))
        except AgentsessError as failure:
            error, run.failed = failure, bool(task)
        except Exception as failure:
            # The edge of the run: whatever it was, the user must be told and get the text back.
            _log.exception("A run failed unexpectedly")
            error, run.failed = AgentError(f"The run failed: {failure}"), True
        finally:
            run.text = run.thinking = ""
            run.question = None
            # The task is still running here; what comes of it is told once it is done.
            ended = self.Ended(session_id, task, error, run.stopped, run.is_saved)
            asyncio.get_running_loop().call_soon(self._post, ended)
