"""One turn: a prompt, and all that answers it, each piece durable before the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from agentsess.agent.calls import Calls
from agentsess.agent.connection import Connection
from agentsess.agent.context import Conversation
from agentsess.agent.events import (
    AgentEvent,
    EventSaved,
    Interrupted,
    ModelRetires,
    PromptSaved,
    ReplySaved,
    TextDelta,
    ThinkingDelta,
    UsageChanged,
)
from agentsess.agent.failures import MAKE_ROOM, plain
from agentsess.agent.incoming import Incoming, Paid
from agentsess.agent.keeping import keepable
from agentsess.agent.media import media_size
from agentsess.agent.resume_note import EVENT as NOTE_EVENT
from agentsess.agent.retirement import retirement
from agentsess.agent.tools import Toolbox
from agentsess.agent.waiting import in_thread_to_its_end
from agentsess.errors import (
    AgentError,
    CachingRefused,
    ContextTooLong,
    MediaRefused,
    RequestRefused,
    SessionFenced,
    StoreError,
    ThinkingRefused,
)
from agentsess.model import (
    Draft,
    Entry,
    EntryKind,
    JsonObject,
    Usage,
    text_of,
)
from agentsess.sessions.writer import SessionWriter

TOO_LONG = "model_context_window_exceeded"
_BROKEN_OFF = frozenset({"max_tokens", "refusal", TOO_LONG})
"""Reasons of an end at which the last tool call may lack its end."""
_GOES_ON = frozenset({"pause_turn", "compaction"})
"""Reasons after which the same model goes on when it is sent what it said."""
_STOPS = {
    "end_turn": "",
    "stop_sequence": "",
    "max_tokens": "The reply reached its length limit of {max_tokens:,} tokens and breaks off. "
    "Ask it to continue, if that is wanted.",
    TOO_LONG: f"The conversation fills the model's context window. {MAKE_ROOM}",
    "refusal": "The model declined to answer{detail}. The prompt and what came of it stay in "
    "view but are not sent again. Put the request differently, or take another model.",
    "tool_use": "The model stopped to use a tool, but named none. Send a prompt to let it go on.",
    "max_iterations": "The run was stopped after {max_iterations} requests. "
    "Send a prompt to let it go on.",
}
_HEAVY = 500_000
"""Characters of images and documents that take some milliseconds to save."""
_LOST_REPLY = "The last run broke off before its reply was saved; what that took is not counted."


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """What a turn asks of the model."""

    model: str
    system: str
    max_tokens: int
    max_iterations: int
    author: str = ""


Checkpoint = Callable[["Turn"], Awaitable[str]]
"""Called before each request, when all so far is durable: why to stop, or empty to go on."""


@dataclass(slots=True)
class Turn:
    """A turn under way in a session that `writer` holds."""

    settings: TurnSettings
    writer: SessionWriter
    conversation: Conversation
    connection: Connection
    toolbox: Toolbox
    emit: Callable[[AgentEvent], None]
    checkpoints: Sequence[Checkpoint] = ()
    when_too_long: Checkpoint | None = None
    """Called when the conversation did not fit into the model; it answers as checkpoints do."""
    entries: list[Entry] = field(default_factory=list)
    """What the turn has added to the history."""
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = 0.0
    caches: bool = True
    """Whether the provider is asked to keep the conversation in its cache."""
    _calls: Calls = field(init=False)
    _saving: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._calls = Calls(
            self.toolbox, self.save, self.save_aside, self.emit, self.settings.author
        )

    async def run(self, prompt: Draft, note: str = "") -> str:
        """Send the prompt and go on until the model ends its turn; why it stopped.

        Args:
            prompt: What the user says.
            note: Where the session stands, to be told before that; empty: nothing is.

        Raises:
            AgentError: Asking failed; what was said until then is in the history.
        """
        try:
            if calls := self.conversation.open_calls:
                self._calls.interrupt(calls, by_another=True)
                self._note("repaired", "The last run broke off while tools were at work.")
            elif self.writer.broke_off():
                self._note("repaired", _LOST_REPLY)
            self._note_model()
            if note:
                self._note(NOTE_EVENT, note)
            entry = await self.save_aside(prompt)
            self.emit(PromptSaved(self.writer.session_id, entry))
            await self.connection.check()
            return await self._until_done()
        except BaseException as error:
            with suppress(StoreError, SessionFenced):  # they must not hide what failed
                self._close_calls()
                self._note_failure(error)
            raise

    def _note_model(self) -> None:
        """Say in the history that another model goes on from here, and tell if it retires."""
        if leaving := retirement(self.settings.model):
            self.emit(ModelRetires(leaving))
        was, now = self.conversation.model, self.settings.model
        if was and was != now:
            self._note("model", f"The model is now {plain(now)}; it was {plain(was)}.", model=now)

    async def _until_done(self) -> str:
        for _ in range(self.settings.max_iterations):
            for checkpoint in self.checkpoints:
                if stop_reason := await checkpoint(self):
                    return self._stopped(stop_reason)
            try:
                reply, details = await self._ask()
            except (ContextTooLong, ThinkingRefused, MediaRefused, CachingRefused) as refused:
                if stop_reason := await self._send_less(refused):
                    return self._stopped(stop_reason)
                continue
            stop_reason = str(reply.meta["stop_reason"])
            if stop_reason in _BROKEN_OFF:
                self._close_calls()
            if stop_reason == TOO_LONG:
                stop_reason = await self._too_long() or "pause_turn"
            # some servers call it an ordinary end when there are calls to make
            if calls := self.conversation.open_calls:
                await self._calls.answer(calls)
            elif stop_reason not in _GOES_ON:
                if stop_reason not in _STOPS:
                    why = plain(stop_reason)
                    self._note("stopped", f"The reply ended for a reason unknown here: {why}.")
                return self._stopped(stop_reason, details)
        return self._stopped("max_iterations")

    async def _send_less(self, refused: RequestRefused) -> str:
        """Leave out what was refused; why to stop, or empty if it may be sent again."""
        if isinstance(refused, ThinkingRefused):
            self.leave_out_thinking(refused)
            return ""
        if isinstance(refused, MediaRefused) and self.conversation.has_media:
            self._note("media_refused", "Images and documents were refused and are left out.")
            return ""
        if isinstance(refused, CachingRefused) and self.caches:
            self.caches = False
            return ""
        if not isinstance(refused, ContextTooLong):
            raise refused
        stop_reason = await self._too_long()
        if stop_reason == TOO_LONG:
            raise refused
        return stop_reason

    def leave_out_thinking(self, refused: ThinkingRefused) -> None:
        """Send earlier thinking no more; raises what refused it if there is none."""
        if not self.conversation.has_thinking:
            raise refused
        text = "Earlier thinking is not accepted any more and left out."
        self._note("thinking_refused", text)

    async def _too_long(self) -> str:
        """Have the conversation made shorter; empty if it may be sent again."""
        return await self.when_too_long(self) if self.when_too_long else TOO_LONG

    def _close_calls(self) -> None:
        """Answer the calls that nothing more will come of, so that the history is whole."""
        self._calls.interrupt(self.conversation.open_calls)

    def _note_failure(self, error: BaseException) -> None:
        """Say in the history why the turn ends here."""
        name = type(error).__name__
        if isinstance(error, asyncio.CancelledError | KeyboardInterrupt):
            self._note("interrupted", "The run was interrupted.")
        elif isinstance(error, AgentError):
            status = getattr(error, "status", None)
            self._note("error", str(error), error=name, status=status)
        else:
            self._note("error", f"The run failed unexpectedly ({name}).", error=name)

    def _stopped(self, stop_reason: str, details: Any = None) -> str:
        if text := _STOPS.get(stop_reason):
            said = details.get("explanation") if isinstance(details, dict) else None
            values = {
                "max_tokens": self.settings.max_tokens,
                "max_iterations": self.settings.max_iterations,
                "detail": f" ({str(said).rstrip('.')})" if said else "",
            }
            self._note(stop_reason, text.format(**values))
        return stop_reason

    # -- asking the model

    async def _ask(self) -> tuple[Entry, Any]:
        """One request: the whole reply, and the API's details of why it stopped."""
        incoming = Incoming()
        try:
            with incoming.receiving():
                client = await self.connection.client()
                await self.toolbox.load()
                request = self.request(self.conversation.messages())
                async with client.messages.stream(**request) as stream:
                    async for event in stream:
                        self._take_in(event, incoming, stream)
        except BaseException:
            self._save_partial(incoming)
            raise
        return self._save_reply(incoming), incoming.stop_details

    def request(self, messages: Sequence[JsonObject]) -> dict[str, Any]:
        """What is asked of the model, but for the messages the same each time."""
        request: dict[str, Any] = {
            "model": self.settings.model,
            "max_tokens": self.settings.max_tokens,
            "system": self.settings.system,
            "messages": messages,
        }
        if self.caches:
            request["cache_control"] = {"type": "ephemeral"}
        if tools := self.toolbox.definitions():
            request["tools"] = tools
        return request

    def _take_in(self, event: Any, incoming: Incoming, stream: Any) -> None:
        match event.type:
            case "message_start":
                incoming.snapshot = stream.current_message_snapshot
                self._tell_pending(incoming)
            case "content_block_stop":
                incoming.finished.add(event.index)
            case "text":
                self.emit(TextDelta(event.text))
            case "thinking":
                self.emit(ThinkingDelta(event.thinking))

    def _save_reply(self, incoming: Incoming) -> Entry:
        entry = self.save(self._reply_draft(incoming.content(), self._facts(incoming)))
        self.emit(ReplySaved(entry))
        self._tell_usage(entry)
        return entry

    def _save_partial(self, incoming: Incoming) -> None:
        """Keep what came of a reply: all finished blocks, and text as far as it got."""
        if incoming.snapshot is None:
            return
        content = incoming.content() if incoming.is_whole else incoming.usable_content()
        facts = self._facts(incoming)
        if not content:
            # nothing was said, but its tokens are paid for
            self._note("no_reply", "The reply broke off before anything was said.", **facts)
            return
        if not incoming.is_whole:
            facts["interrupted"] = True
        entry = self.save(self._reply_draft(content, facts))
        self.emit(ReplySaved(entry))
        self._tell_usage(entry)

    def _tell_usage(self, reply: Entry) -> None:
        self.emit(UsageChanged(self.usage, self.cost_usd, reply.usage.context))

    def _tell_pending(self, incoming: Incoming) -> None:
        """What is sent is known, and paid for, when the reply begins."""
        paid = incoming.paid(self.settings.model)
        total = _sum(self.cost_usd, paid.cost_usd)
        self.emit(UsageChanged(self.usage + paid.usage, total, paid.usage.context))

    def _reply_draft(self, content: list[JsonObject], meta: JsonObject) -> Draft:
        return Draft(
            EntryKind.ASSISTANT, text_of(content), tuple(content), self.settings.author, meta
        )

    def _facts(self, incoming: Incoming) -> JsonObject:
        message = incoming.message()
        paid = incoming.paid(self.settings.model)
        self.spend(paid)
        ending = {"stop_reason": message.get("stop_reason"), "message_id": message.get("id")}
        return paid.to_meta() | ending

    def spend(self, paid: Paid) -> None:
        """Count what a request took."""
        self.usage += paid.usage
        self.cost_usd = _sum(self.cost_usd, paid.cost_usd)

    # -- the history

    def save(self, draft: Draft) -> Entry:
        """Add to the history and to the conversation; durable when this returns."""
        (entry,) = self.writer.append(keepable(draft, self.connection.keys))
        self.conversation.add(entry)
        self.entries.append(entry)
        return entry

    async def save_aside(self, draft: Draft) -> Entry:
        """As `save`, in a thread if images or documents make that take long.

        Whoever cancels this waits for it. Nothing else may be saved meanwhile but by this.
        """
        async with self._saving:
            if media_size(draft.content) < _HEAVY:
                return self.save(draft)
            return await in_thread_to_its_end(lambda: self.save(draft))

    def _note(self, event: str, text: str, **facts: Any) -> None:
        meta = {"event": event, **{k: v for k, v in facts.items() if v is not None}}
        entry = self.save(Draft(EntryKind.EVENT, text, author=self.settings.author, meta=meta))
        self.emit(Interrupted(entry) if event == "interrupted" else EventSaved(entry))


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
