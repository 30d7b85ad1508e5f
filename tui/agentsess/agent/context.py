"""From a session's history to the messages of a request. Pure: no I/O, no clock.

The messages are byte-stable: what one request sent is the beginning of what the next one
sends, whatever happened in between, so that the provider's prompt cache hits. Whatever the
history holds, and wherever it breaks off, the messages are ones that the API accepts.

Some events change what is sent from there on: at ``compacted`` and ``phase`` a summary takes
the place of earlier messages, at ``cleared`` earlier results of tools are left out, and at
all of these, at ``model`` and at ``thinking_refused``, earlier thinking is: models only take
thinking of their own, and only if all before it is what it was; at ``media_refused`` images
and documents are only named. What a refusal answers is taken back. One event is sent itself:
``resumed``, the note that says where a session stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from agentsess.agent.resume_note import EVENT as NOTE_EVENT
from agentsess.agent.sending import (
    NOT_IN_NAMES,
    after_another,
    imported_text,
    prompt_content,
    reply_block,
    result_content,
    tool_use,
)
from agentsess.agent.shortening import (
    THINKING,
    Content,
    weight,
    without_media,
    without_results,
    without_thinking,
)
from agentsess.model import Entry, EntryKind, JsonObject, ToolCall
from agentsess.model_usage import CHARS_PER_TOKEN

UNFINISHED = "Interrupted: this call did not finish. Whether it had any effect is not known."
_BEGINNING = "(The beginning of this conversation is not known.)"
_COMPACTED = (
    "(This conversation is long. The summary below stands for its beginning; what follows the "
    "summary is unchanged. Files may be different by now: look before you rely on it.)"
)
_PHASE = (
    "(This conversation goes on where another one ended, of which the following is known. "
    "Files may be different by now: look before you rely on it.)"
)
_ENDS_THINKING = ("compacted", "phase", "cleared", "model", "thinking_refused")


class Conversation:
    """The messages of a session, built up entry by entry."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._messages: list[JsonObject] = []
        self._calls: dict[str, ToolCall] = {}
        """Calls of the last reply, in order, by the id that is sent."""
        self._open: dict[str, str] = {}
        """Those that wait for their result: the id in the history, the id that is sent."""
        self._sent_ids: set[str] = set()
        self._last_is_imported = False
        self._starts: list[tuple[int, int]] = []
        """Where the messages can be cut: an entry's number, the message that begins with it."""
        self._measured = 0
        """Tokens that the last request and its reply took."""
        self._unmeasured = 0
        """Weight of what came since."""
        self._speaker: str | None = None
        """The agent that replied last; None while none did."""
        self.last_prompt = (0, "")
        """Number and text of the last prompt."""
        self.model = ""
        """The model that was asked last."""
        self.last_seq = 0
        """Number of the last entry that was taken in."""
        self.last_at: datetime | None = None
        """When that entry was written."""
        for entry in entries:
            self.add(entry)

    @property
    def open_calls(self) -> list[ToolCall]:
        """The tool calls that have no result yet, in order."""
        return [self._calls[sent_id] for sent_id in self._open.values()]

    def messages(self) -> list[JsonObject]:
        """The messages so far, every tool call answered; not to be changed by the caller."""
        self._answer_open_calls()
        return self._messages

    def add(self, entry: Entry) -> None:
        """Take in the next entry of the history."""
        self.last_seq, self.last_at = entry.seq, entry.at
        if entry.kind is EntryKind.EVENT:
            self._add_event(entry)
        elif "imported" in entry.meta:
            self._add_imported(entry)
        elif entry.kind is EntryKind.USER:
            self._add_prompt(entry)
        elif entry.kind is EntryKind.ASSISTANT and entry.meta.get("stop_reason") == "refusal":
            self._take_back_prompt()
        elif entry.kind is EntryKind.ASSISTANT:
            self._add_reply(entry)
            self._measure(entry.usage.context)
        else:
            self._add_result(entry)

    # -- how much it is

    @property
    def tokens(self) -> int:
        """About how many tokens the next request holds."""
        return self._measured + round(self._unmeasured / CHARS_PER_TOKEN)

    @property
    def has_media(self) -> bool:
        """Whether images or documents are sent."""
        return any(without_media(message) is not message for message in self._messages)

    @property
    def has_thinking(self) -> bool:
        """Whether thinking of the model is sent back to it."""
        return any(without_thinking(message) is not message for message in self._messages)

    @property
    def waits(self) -> bool:
        """Whether the model is to speak next."""
        return bool(self._messages) and self._messages[-1]["role"] == "user"

    def is_cut_by(self, kept_from: int) -> bool:
        """Whether messages begin before an entry, other than a summary."""
        return bool(self._starts) and self._starts[0][0] < kept_from

    def weight(self, kept_from: int = 0) -> int:
        """Weight of the messages from an entry on."""
        kept = self._messages[self._index_of(kept_from) :]
        return sum(weight(message["content"]) for message in kept)

    def weight_without_results(self, kept_from: int) -> int:
        """Weight of all messages if the results before an entry are left out."""
        before = self._messages[: self._index_of(kept_from)]
        shortened = sum(weight(without_results(message)["content"]) for message in before)
        return shortened + self.weight(kept_from)

    def with_summary(
        self, text: str, kept_from: int, preface: str = _COMPACTED
    ) -> list[JsonObject]:
        """The messages from an entry on, and a text in the place of those before."""
        kept = self.messages()[self._index_of(kept_from) :]
        return [{"role": "user", "content": f"{preface}\n\n{text}"}, *kept]

    def tail(self, most: int) -> int:
        """Number of the entry with which the newest messages begin that weigh at most so much.

        They begin with a prompt; within a turn that is too heavy by itself, with a reply.
        What waits for an answer is always among them. If all is too heavy and nothing waits,
        there are none: the number is that of the entry to come.
        """
        total, end = 0, len(self._messages)
        turn = step = 0
        for seq, index in reversed(self._starts):
            total += sum(weight(message["content"]) for message in self._messages[index:end])
            if total > most:
                break
            end, step = index, seq
            if self._messages[index]["role"] == "user":
                turn = seq
        if found := turn or step:
            return found
        return self._starts[-1][0] if self.waits and self._starts else self.last_seq + 1

    def _measure(self, tokens: int) -> None:
        if tokens > 0:
            self._measured, self._unmeasured = tokens, 0

    # -- events that change what is sent

    def _add_event(self, entry: Entry) -> None:
        event = entry.meta.get("event")
        if event == NOTE_EVENT and entry.text.strip() and "imported" not in entry.meta:
            self._answer_open_calls()
            self._append("user", entry.text, entry.seq)
        if "imported" in entry.meta:
            return
        if event == "model":
            self.model = str(entry.meta.get("model", ""))
        if event in _ENDS_THINKING:
            self._answer_open_calls()
            self._messages = [without_thinking(message) for message in self._messages]
        if event == "media_refused":
            self._answer_open_calls()
            self._messages = [without_media(message) for message in self._messages]
        if event not in ("compacted", "phase", "cleared"):
            return
        kept_from = _number(entry.meta.get("kept_from"))
        index = self._index_of(kept_from)
        if event == "cleared":
            before = map(without_results, self._messages[:index])
            self._messages = [*before, *self._messages[index:]]
        else:
            preface = _PHASE if event == "phase" else _COMPACTED
            self._messages = self.with_summary(carried_text(entry), kept_from, preface)
            self._starts = [(seq, at - index + 1) for seq, at in self._starts if at >= index]
            self._last_is_imported = self._last_is_imported and len(self._messages) > 1
        self._measured, self._unmeasured = 0, self.weight()
        self._measure(_number(entry.meta.get("context_tokens")))

    def _index_of(self, kept_from: int) -> int:
        """The first message that begins with this entry or a later one."""
        if kept_from <= 0:
            return 0
        later = (index for seq, index in self._starts if seq >= kept_from)
        return next(later, len(self._messages))

    # -- messages

    def _add_prompt(self, entry: Entry) -> None:
        content = prompt_content(entry)
        if not content:
            return
        if self._speaker is not None and entry.author != self._speaker:
            content = after_another(content, self._speaker)
        self._answer_open_calls()
        # a prompt sent again because its request failed
        if self._messages and self._messages[-1] == {"role": "user", "content": content}:
            return
        self.last_prompt = (entry.seq, entry.text)
        self._append("user", content, entry.seq)

    def _take_back_prompt(self) -> None:
        """Send nothing more of a turn that was refused: all that follows would be refused too."""
        self._answer_open_calls()
        index = self._index_of(self.last_prompt[0])
        self._starts = [(seq, at) for seq, at in self._starts if at < index]
        del self._messages[index:]
        self._measured, self._unmeasured = 0, self.weight()

    def _add_reply(self, entry: Entry) -> None:
        self._answer_open_calls()
        self.model = str(entry.meta.get("asked_model") or entry.meta.get("model") or self.model)
        calls: dict[str, str] = {}
        blocks: list[JsonObject] = []
        for block in entry.content or ({"type": "text", "text": entry.text},):
            if block.get("type") == "tool_use":
                call_id = str(block.get("id", ""))
                if call_id not in calls:
                    calls[call_id] = self._id_to_send(call_id, entry.seq)
                    blocks.append(tool_use(block, calls[call_id]))
            elif clean := reply_block(block):
                blocks.append(clean)
        # the API refuses a reply that ends in thinking
        while blocks and blocks[-1]["type"] in THINKING:
            blocks.pop()
        if not blocks:
            return
        if not self._messages:
            self._append("user", _BEGINNING, entry.seq)
        self._append("assistant", blocks, entry.seq)
        self._speaker = entry.author
        by_id = {call.id: call for call in entry.tool_calls}
        self._calls = {sent_id: by_id[call_id] for call_id, sent_id in calls.items()}
        self._open = calls

    def _add_result(self, entry: Entry) -> None:
        block = next((b for b in entry.content if b.get("type") == "tool_result"), {})
        call_id = str(entry.meta.get("tool_use_id") or block.get("tool_use_id", ""))
        sent_id = self._open.pop(call_id, None)
        if sent_id is None:
            return
        is_error = bool(entry.meta.get("is_error") or block.get("is_error"))
        content = result_content(block.get("content", entry.text))
        self._append_result(sent_id, content, is_error=is_error)

    def _add_imported(self, entry: Entry) -> None:
        role = "assistant" if entry.kind is EntryKind.ASSISTANT else "user"
        text = imported_text(entry)
        if not text.strip():
            return
        self._answer_open_calls()
        if not self._messages and role == "assistant":
            self._append("user", _BEGINNING, entry.seq)
        if self._last_is_imported and self._messages[-1]["role"] == role:
            last = self._messages[-1]
            self._messages[-1] = {"role": role, "content": f"{last['content']}\n\n{text}"}
            self._unmeasured += weight(text)
        else:
            self._append(role, text, entry.seq)
        self._last_is_imported = True

    def _append(self, role: str, content: Content, seq: int) -> None:
        """Add the message that begins with an entry; results of tools never begin one."""
        self._starts.append((seq, len(self._messages)))
        self._messages.append({"role": role, "content": content})
        self._unmeasured += weight(content)
        self._last_is_imported = False

    def _append_result(self, sent_id: str, content: Any, *, is_error: bool) -> None:
        result: JsonObject = {"type": "tool_result", "tool_use_id": sent_id, "content": content}
        if is_error:
            result["is_error"] = True
        self._unmeasured += weight(content)
        if self._messages[-1]["role"] == "assistant":
            self._messages.append({"role": "user", "content": [result]})
        else:
            # results are kept as they come, and sent in the order of the calls
            order = list(self._calls)
            results: list[JsonObject] = self._messages[-1]["content"]
            results.append(result)
            results.sort(key=lambda each: order.index(each["tool_use_id"]))

    def _answer_open_calls(self) -> None:
        for sent_id in self._open.values():
            self._append_result(sent_id, UNFINISHED, is_error=True)
        self._open = {}

    def _id_to_send(self, call_id: str, seq: int) -> str:
        """The call's id, made acceptable: some servers repeat ids, the API wants them unique."""
        sent = NOT_IN_NAMES.sub("_", call_id) or "call"
        while sent in self._sent_ids:
            sent = f"{sent}-{seq}"
        self._sent_ids.add(sent)
        return sent


def carried_text(entry: Entry) -> str:
    """What an event such as ``compacted`` tells the model: all but the line about itself."""
    return entry.text.partition("\n\n")[2].strip() or entry.text


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
