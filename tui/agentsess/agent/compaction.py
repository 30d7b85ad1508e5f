"""Making a conversation shorter: a summary in the place of its beginning, or no old results.

Only what is sent gets shorter. The history stays whole; an event in it says what is sent
from there on, and `Conversation` reads it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from itertools import takewhile

from agentsess.agent.context import Conversation
from agentsess.agent.events import Compacted, Compacting, EventSaved, UsageChanged
from agentsess.agent.incoming import Paid
from agentsess.agent.single import Answer, ask_once
from agentsess.agent.turn import Turn
from agentsess.errors import (
    AgentError,
    ContextTooLong,
    InvalidSession,
    SessionFenced,
    StoreError,
    ThinkingRefused,
)
from agentsess.model import Draft, Entry, EntryKind, JsonObject
from agentsess.sessions.carrying import TAIL, carried_on, joined, notes_of, quoted
from agentsess.sessions.service import SessionService

INSTRUCTION = (
    "This conversation is getting too long for you. Write a summary with which it can go on: "
    "from now on it stands for everything up to here, and of all this you will see nothing else "
    "but the newest messages. Do not use tools, and do not go on with the work now."
    "\n\nWrite Markdown under these headings, and leave out those with nothing to say: ## Goal, "
    "## Done, ## In progress, ## Next, ## Decisions, ## Open questions, ## Blockers, ## Files, "
    "## Facts. Keep names, paths, commands, figures and error messages exact. Keep in the "
    "user's own words what the user asked for, ruled out or prefers. Say what is not known "
    "rather than guess."
)
_SUMMARY_TOKENS = 8_000
_LEAST = 2_000
"""Weight of what a summary must stand for at least to be shorter."""
_BREAKS_OFF = "[The summary breaks off here.]"
_CUT = "The summary was broken off; what it took is counted."
_LONGEST_REQUEST = 8_000
_FIXED = 12_000
"""About what the system prompt and the tools weigh."""
_SHARES = (1.0, 0.5, 0.25, 0.1)
"""How much of the conversation the model is shown; less if the API refuses more."""


def can_compact(conversation: Conversation, tail: int = TAIL) -> bool:
    """Whether there is something that a summary could stand for, but for so heavy a tail."""
    return _is_worth_it(conversation, _tail(conversation, tail))


def can_clear(conversation: Conversation, tail: int = TAIL) -> bool:
    """Whether there are old results of tools, or images, that could be left out."""
    shortened = conversation.weight_without_results(_tail(conversation, tail))
    return shortened < conversation.weight()


def _tail(conversation: Conversation, most: int) -> int:
    return conversation.tail(min(most, conversation.weight() // 4))


def _is_worth_it(conversation: Conversation, kept_from: int) -> bool:
    before = conversation.weight() - conversation.weight(kept_from)
    return conversation.is_cut_by(kept_from) and before >= _LEAST


class Shortener:
    """Makes the conversation of a turn shorter, between two of its requests.

    Args:
        turn: Whose conversation; nothing else may be under way in it.
        service: The sessions.
        tail: Most that the newest messages weigh which stay as they are.
    """

    def __init__(self, turn: Turn, service: SessionService, tail: int = TAIL) -> None:
        self._turn = turn
        self._service = service
        self._most = tail
        self._session_id = turn.writer.session_id
        self._conversation = turn.conversation

    async def compact(self, *, keep_tail: bool = True) -> Entry:
        """Let a summary stand for all but the newest messages; what the history says of it.

        The model writes it; if it cannot be asked, the history gives it. Cancelling this
        changes nothing of what is sent.

        Args:
            keep_tail: Whether the newest messages go on being sent as they are.

        Raises:
            InvalidSession: There is nothing that a summary could stand for.
        """
        kept_from = self._tail() if keep_tail else self._conversation.last_seq + 1
        if not _is_worth_it(self._conversation, kept_from):
            raise InvalidSession("There is nothing to compact yet: the conversation is short.")
        answer, why = await self._answer()
        try:
            return await self._stand_in(answer, why, kept_from, keep_tail=keep_tail)
        except BaseException:
            if answer:
                self._note_cut(answer.paid)
            raise

    async def _stand_in(
        self, answer: Answer | None, why: str, kept_from: int, *, keep_tail: bool
    ) -> Entry:
        """Let what was answered stand for the beginning, or the history if there is a ``why``."""
        conversation = self._conversation
        if answer and not why:
            ending = _BREAKS_OFF if answer.stop_reason == "max_tokens" else ""
            by, summary = answer.paid.model, joined(answer.text, ending)
        else:
            by, summary = "history", await self._from_history(kept_from)
        is_answered = keep_tail and not conversation.waits
        request = "" if is_answered else self._last_request(kept_from)
        text = joined(summary, request, notes_of(self._service.get(self._session_id)))
        after = self._tokens(conversation.weight(kept_from) + len(text))
        about = (
            f"From here on a summary stands for entries 1–{kept_from - 1:,}: {self._by(after)}. "
            + (f"Made from the history: {why}." if why else f"By {by}.")
        )
        paid = answer.paid if answer else None
        text = joined(about, text)
        return await self._save("compacted", text, kept_from, after, {"by": by}, paid)

    async def clear(self) -> Entry:
        """Leave out the results of tools, and images, before the newest messages.

        Raises:
            InvalidSession: There are none that are worth it.
        """
        if not can_clear(self._conversation, self._most):
            raise InvalidSession("There are no old results of tools that could be left out.")
        kept_from = self._tail()
        weight = self._conversation.weight_without_results(kept_from)
        after = self._tokens(weight)
        text = (
            f"From here on long results of tools before entry {kept_from:,} are left out: "
            f"{self._by(after)}."
        )
        return await self._save("cleared", text, kept_from, after)

    def tokens_in_results(self) -> int:
        """About how much shorter the conversation gets without old results."""
        weight = self._conversation.weight()
        after = self._conversation.weight_without_results(self._tail())
        return self._tokens(weight) - self._tokens(after)

    @property
    def can_compact(self) -> bool:
        """Whether there is something that a summary could stand for."""
        return can_compact(self._conversation, self._most)

    def _tail(self) -> int:
        return _tail(self._conversation, self._most)

    def _tokens(self, weight: int) -> int:
        """About how many tokens messages come to, by what the last request came to."""
        known = self._conversation.tokens / (self._conversation.weight() + _FIXED)
        return round(min(known, 1) * (weight + _FIXED))

    def _by(self, after: int) -> str:
        before = self._conversation.tokens
        return f"about {_rounded(after)} tokens are sent in place of {_rounded(before)}"

    # -- the summary

    async def _answer(self) -> tuple[Answer | None, str]:
        """What the model answered, and why that is no summary; empty if it is one."""
        try:
            for share in _SHARES:
                try:
                    answer = await self._ask_as_accepted(share)
                except ContextTooLong:
                    continue
                is_one = answer.text and answer.stop_reason not in ("refusal", "tool_use")
                return answer, "" if is_one else "the model wrote none"
        except AgentError as error:
            return None, str(error).split(". ")[0].rstrip(".")
        return None, "even a part of it is too long for the model"

    async def _ask_as_accepted(self, share: float) -> Answer:
        try:
            return await self._ask(share)
        except ThinkingRefused as refused:
            self._turn.leave_out_thinking(refused)
            return await self._ask(share)

    async def _ask(self, share: float) -> Answer:
        written = 0

        def on_text(text: str) -> None:
            nonlocal written
            written += len(text)
            self._turn.emit(Compacting(written))

        self._turn.emit(Compacting(0))
        await self._turn.connection.client()
        await self._turn.toolbox.load()
        messages = [*await self._shown(share), {"role": "user", "content": INSTRUCTION}]
        # all but the last message as it was last sent, so that it comes from the cache
        request = self._turn.request(messages)
        request["max_tokens"] = min(_SUMMARY_TOKENS, self._turn.settings.max_tokens)
        return await ask_once(self._turn.connection, request, self._note_cut, on_text)

    def _note_cut(self, paid: Paid) -> None:
        """Nothing comes of what the model wrote, but its tokens are paid for."""
        turn = self._turn
        turn.spend(paid)
        meta = {"event": "no_summary", **paid.to_meta()}
        draft = Draft(EntryKind.EVENT, _CUT, author=turn.settings.author, meta=meta)
        with suppress(StoreError, SessionFenced):  # they must not hide what cut it
            turn.emit(EventSaved(turn.save(draft)))
        turn.emit(UsageChanged(turn.usage, turn.cost_usd, self._conversation.tokens))

    async def _shown(self, share: float) -> Sequence[JsonObject]:
        """The conversation, or as much of its end; the history gives what its beginning was."""
        conversation = self._conversation
        if share == 1:
            return conversation.messages()
        kept_from = conversation.tail(round(conversation.weight() * share))
        return conversation.with_summary(await self._from_history(kept_from), kept_from)

    async def _from_history(self, kept_from: int) -> str:
        def make() -> str:
            session = self._service.get(self._session_id)
            entries = self._service.entries(self._session_id)
            earlier = takewhile(lambda entry: entry.seq < kept_from, entries)
            return carried_on(session, self._service.recap(self._session_id), earlier)

        return await asyncio.to_thread(make)

    def _last_request(self, kept_from: int) -> str:
        """The last prompt, unless it goes on being sent as it is."""
        seq, text = self._conversation.last_prompt
        if not text.strip() or seq >= kept_from:
            return ""
        return f"## The user's last request\n\n{quoted(text, _LONGEST_REQUEST)}"

    # -- the event

    async def _save(
        self,
        event: str,
        text: str,
        kept_from: int,
        after: int,
        facts: JsonObject | None = None,
        paid: Paid | None = None,
    ) -> Entry:
        """Write down what is sent from here on; a snapshot is taken first."""
        branches = self._service.branches
        await asyncio.to_thread(branches.snapshot, self._session_id, reason="before compacting")
        meta: JsonObject = {
            "event": event,
            "kept_from": kept_from,
            "tokens_before": self._conversation.tokens,
            "context_tokens": after,
            **(facts or {}),
            **(paid.to_meta() if paid else {}),
        }
        turn = self._turn
        entry = turn.save(Draft(EntryKind.EVENT, text, author=turn.settings.author, meta=meta))
        if paid:
            turn.spend(paid)
        turn.emit(Compacted(entry))
        turn.emit(UsageChanged(turn.usage, turn.cost_usd, after))
        return entry


def _rounded(tokens: int) -> str:
    return f"{round(tokens, -2) if tokens > 1_000 else tokens:,}"
