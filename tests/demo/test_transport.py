"""The scripted model behind the real SDK, with real tools in a real folder."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anthropic
import pytest
from anthropic.lib.tools import ToolError
from anthropic.lib.tools.agent_toolset import AgentToolContext, beta_agent_toolset_20260401

from agentsess.demo import demo_client, demo_clients
from agentsess.demo.project import write_project


class Chat:
    """A conversation with the scripted model, tools included."""

    def __init__(self, client: anthropic.AsyncAnthropic, context: AgentToolContext) -> None:
        self.client = client
        self.tools: dict[str, Any] = {t.name: t for t in beta_agent_toolset_20260401(context)}
        self.messages: list[Any] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.usages: list[Any] = []
        self.denial = ""

    async def say(self, prompt: str) -> str:
        """Send a prompt, use tools as asked, and give the last text."""
        self.messages.append({"role": "user", "content": prompt})
        for _ in range(12):
            message = await self._ask()
            calls = [block for block in message.content if block.type == "tool_use"]
            if not calls:
                assert message.stop_reason == "end_turn"
                return "".join(block.text for block in message.content if block.type == "text")
            assert message.stop_reason == "tool_use"
            results = [await self._use(call) for call in calls]
            self.messages.append({"role": "user", "content": results})
        raise AssertionError("the scripted model does not come to an end")

    async def _ask(self) -> Any:
        async with self.client.messages.stream(
            model="claude-sonnet-5-5",
            max_tokens=4096,
            messages=self.messages,
            tools=[tool.to_dict() for tool in self.tools.values()],
        ) as stream:
            message = await stream.get_final_message()
        self.usages.append(message.usage)
        self.messages.append({"role": "assistant", "content": message.to_param()["content"]})
        return message

    async def _use(self, call: Any) -> dict[str, Any]:
        self.calls.append((call.name, call.input))
        result = {"type": "tool_result", "tool_use_id": call.id}
        if self.denial:
            return {**result, "content": self.denial, "is_error": True}
        try:
            return {**result, "content": await self.tools[call.name].call(call.input)}
        except ToolError as error:
            return {**result, "content": str(error.content), "is_error": True}


@asynccontextmanager
async def _chat(folder: Path) -> AsyncIterator[Chat]:
    context = AgentToolContext(workdir=write_project(folder))
    async with demo_client(pace=0) as client:
        yield Chat(client, context)
    await context.close()


def _in_a_chat(folder: Path, work: Callable[[Chat], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with _chat(folder) as chat:
            await work(chat)

    asyncio.run(run())


def test_asked_for_the_files_it_looks_and_tells(tmp_path: Path) -> None:
    async def work(chat: Chat) -> None:
        answer = await chat.say("list the files")
        assert [name for name, _ in chat.calls] == ["bash"]
        assert "12 Python files" in answer
        assert "| `tests` | 6 |" in answer

    _in_a_chat(tmp_path, work)


def test_asked_to_look_at_a_file_it_reads_that_file(tmp_path: Path) -> None:
    async def work(chat: Chat) -> None:
        answer = await chat.say("look at ledger/money.py")
        assert chat.calls == [("read", {"file_path": "ledger/money.py"})]
        assert "`parse_cents`" in answer

    _in_a_chat(tmp_path, work)


def test_asked_to_run_the_tests_it_reports_what_fails(tmp_path: Path) -> None:
    async def work(chat: Chat) -> None:
        answer = await chat.say("run the tests")
        assert "4 test files fail" in answer
        assert "- [ ] `tests/test_store.py`" in answer
        assert "FAILED (errors=4)" in answer

    _in_a_chat(tmp_path, work)


def test_it_fixes_one_file_after_the_other_until_all_tests_pass(tmp_path: Path) -> None:
    async def work(chat: Chat) -> None:
        answer = await chat.say("Please fix the failing tests")
        for _ in range(3):
            assert "Say `continue`" in answer
            answer = await chat.say("continue")
        assert "That was the last one" in answer
        assert "**All tests pass.**" in await chat.say("run the tests")
        assert sum(name == "edit" for name, _ in chat.calls) == 4

    _in_a_chat(tmp_path, work)


def test_resuming_it_quotes_the_open_item_of_the_history(tmp_path: Path) -> None:
    async def work(chat: Chat) -> None:
        plan = "- [x] Phase 2\n- [ ] `tests/test_parser.py`: the except clause\n- [ ] Phase 4: CI"
        chat.messages = [
            {"role": "user", "content": "what is left?"},
            {"role": "assistant", "content": plan},
        ]
        answer = await chat.say("Ready for phase 3?")
        names = [name for name, _ in chat.calls]
        assert names == ["read", "edit", "bash"]
        assert "- [x] `tests/test_parser.py`: the except clause" in answer
        assert "Next: Phase 4: CI" in answer

    _in_a_chat(tmp_path, work)
    edited = tmp_path / "ledger-tools" / "tests" / "test_parser.py"
    assert "except ValueError as error:" in edited.read_text()


def test_denied_it_does_without(tmp_path: Path) -> None:
    async def work(chat: Chat) -> None:
        chat.denial = "The user denied this call: not now."
        answer = await chat.say("run the tests")
        assert "I will do without **bash**" in answer
        assert "not now" in answer

    _in_a_chat(tmp_path, work)


def test_asked_for_something_else_it_says_what_it_is(tmp_path: Path) -> None:
    async def work(chat: Chat) -> None:
        answer = await chat.say("Why is the sky blue?")
        assert "scripted model of the demo" in answer
        assert chat.calls == []

    _in_a_chat(tmp_path, work)


def test_what_was_sent_before_is_read_from_the_cache(tmp_path: Path) -> None:
    async def work(chat: Chat) -> None:
        await chat.say("list the files")
        first, second = chat.usages
        assert first.cache_read_input_tokens == 0
        assert second.cache_read_input_tokens == (
            first.cache_creation_input_tokens + first.input_tokens
        )
        assert second.output_tokens > 0

    _in_a_chat(tmp_path, work)


def test_without_tools_it_only_talks() -> None:
    async def work() -> None:
        async with demo_client(pace=0) as client:
            message = await client.messages.create(
                model="claude-sonnet-5-5",
                max_tokens=100,
                messages=[{"role": "user", "content": "run the tests"}],
            )
        assert [block.type for block in message.content] == ["text"]

    asyncio.run(work())


def test_thinking_is_shown_when_asked_for() -> None:
    async def work() -> None:
        async with demo_client(pace=0) as client:
            message = await client.messages.create(
                model="claude-sonnet-5-5",
                max_tokens=4000,
                thinking={"type": "enabled", "budget_tokens": 1024},
                messages=[{"role": "user", "content": "hello"}],
            )
        assert [block.type for block in message.content] == ["thinking", "text"]

    asyncio.run(work())


def test_models_and_token_counts_are_answered() -> None:
    async def work() -> None:
        async with demo_client(pace=0) as client:
            models = [model.id async for model in client.models.list()]
            assert "claude-sonnet-5-5" in models
            assert (await client.models.retrieve(models[0])).lifecycle == "active"
            count = await client.messages.count_tokens(
                model=models[0], messages=[{"role": "user", "content": "x" * 4000}]
            )
            assert 900 < count.input_tokens < 1200

    asyncio.run(work())


def test_what_the_demo_does_not_have_is_not_found() -> None:
    async def work() -> None:
        async with demo_client(pace=0) as client:
            with pytest.raises(anthropic.NotFoundError):
                await client.models.retrieve("claude-unknown")
            with pytest.raises(anthropic.NotFoundError):
                await client.messages.batches.list()

    asyncio.run(work())


def test_a_request_without_messages_is_refused() -> None:
    async def work() -> None:
        async with demo_client(pace=0) as client:
            with pytest.raises(anthropic.BadRequestError):
                await client.messages.create(model="m", max_tokens=1, messages=[])

    asyncio.run(work())


def test_no_connection_is_ever_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the demo used the network")

    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    async def work() -> None:
        async with demo_client(pace=0) as client:
            message = await client.messages.create(
                model="m", max_tokens=10, messages=[{"role": "user", "content": "hello"}]
            )
        assert message.content

    asyncio.run(work())


def test_a_reply_streams_in_many_pieces() -> None:
    async def work() -> None:
        async with (
            demo_client(pace=0) as client,
            client.messages.stream(
                model="m", max_tokens=10, messages=[{"role": "user", "content": "hello"}]
            ) as stream,
        ):
            seen = [text async for text in stream.text_stream]
        assert len(seen) > 30

    asyncio.run(work())


def test_where_there_are_no_tests_it_says_so(tmp_path: Path) -> None:
    async def run() -> None:
        context = AgentToolContext(workdir=tmp_path)
        async with demo_client(pace=0) as client:
            answer = await Chat(client, context).say("run the tests")
        await context.close()
        assert "could not be run here" in answer

    asyncio.run(run())


def test_nothing_open_is_taken_up_twice(tmp_path: Path) -> None:
    async def work(chat: Chat) -> None:
        chat.messages = [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": "- [ ] `tests/test_parser.py`"},
            {"role": "user", "content": "b"},
            {"role": "assistant", "content": "- [x] `tests/test_parser.py`"},
        ]
        answer = await chat.say("continue")
        assert "1 done, 0 open" in answer
        assert chat.calls == []

    _in_a_chat(tmp_path, work)


def test_clients_share_what_the_model_has_cached() -> None:
    async def work() -> None:
        new_client = demo_clients(pace=0)
        read = []
        for _ in range(2):
            async with new_client() as client:
                message = await client.messages.create(
                    model="m", max_tokens=10, messages=[{"role": "user", "content": "hello"}]
                )
                read.append(message.usage.cache_read_input_tokens)
        assert read[0] == 0
        assert read[1]

    asyncio.run(work())
