"""Which models there are, and which of them retire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from agentsess.agent.agent import Agent
from agentsess.agent.events import ModelRetires
from agentsess.agent.models import KnownModel, ModelList, Models
from agentsess.agent.retirement import Retirement, retirement, sdk_names, successor
from agentsess.config import DEFAULT_MODEL
from agentsess.errors import AgentError, MissingApiKey
from agentsess.sessions.pricing import Rates
from support.agents import events_of
from support.loopback import LoopbackServer, Reply

Loopback = Callable[..., LoopbackServer]

LISTED = [
    {
        "type": "model",
        "id": "claude-sonnet-6",
        "display_name": "Claude Sonnet 6",
        "created_at": "2026-11-01T00:00:00Z",
        "lifecycle": "active",
        "max_input_tokens": 2_000_000,
        "retires_at": None,
    },
    {
        "type": "model",
        "id": "claude-sonnet-5",
        "display_name": "Claude Sonnet 5",
        "created_at": "2026-03-01T00:00:00Z",
        "lifecycle": "deprecated",
        "max_input_tokens": 1_000_000,
        "retires_at": "2027-02-01T00:00:00Z",
    },
]


def fetched(cache: Path, client: Any = None) -> ModelList:
    return asyncio.run(Models(cache, client).fetch())


def test_the_api_says_which_models_there_are_and_when_they_retire(
    tmp_path: Path, loopback: Loopback
) -> None:
    server = loopback(models=LISTED)
    listed = fetched(tmp_path / "models.json")
    leaving = Retirement("claude-sonnet-5", date(2027, 2, 1), "claude-sonnet-6")
    assert listed.models == (
        KnownModel("claude-sonnet-6", "Claude Sonnet 6", 2_000_000),
        KnownModel(
            "claude-sonnet-5", "Claude Sonnet 5", 1_000_000, Rates(2.0, 10.0, 0.2, 2.5), leaving
        ),
    )
    assert listed.server == server.url.removeprefix("http://")
    assert [request.path for request in server.requests] == ["/v1/models?limit=1000"]


def test_what_the_api_said_is_kept_for_that_server_alone(
    tmp_path: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    loopback(models=LISTED)
    cache = tmp_path / "cache" / "models.json"
    listed = fetched(cache)
    assert Models(cache).known() == listed
    assert "sk-loopback" not in cache.read_text()
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://user:secret@elsewhere:1234")
    assert Models(cache).known() == ModelList((), "")
    monkeypatch.delenv("ANTHROPIC_BASE_URL")
    assert [model.name for model in Models(cache).known().models] == list(sdk_names())


def test_what_retires_itself_follows_nothing(tmp_path: Path, loopback: Loopback) -> None:
    leaving = {"retires_at": "2999-01-01T00:00:00Z"}
    names = ("claude-sonnet-8", "claude-sonnet-7", "claude-sonnet-6")
    loopback(models=[{"id": names[0]} | leaving, {"id": names[1]}, {"id": names[2]} | leaving])
    cache = tmp_path / "models.json"
    fetched(cache)
    for name in (names[0], names[2]):
        found = Models(cache).retirement(name)
        assert found
        assert found.successor == "claude-sonnet-7"
    assert Models(cache).retirement("claude-sonnet-7") is None
    assert Models(cache).retirement("claude-sonnet-4-5") == retirement("claude-sonnet-4-5")


@pytest.mark.parametrize("url", ["http://[", "http://x:port", "nonsense"])
def test_a_url_that_makes_no_sense_lists_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    assert Models(tmp_path / "models.json").known() == ModelList((), "")
    with pytest.raises(AgentError):
        fetched(tmp_path / "models.json")


def test_a_cache_that_cannot_be_read_is_no_trouble(tmp_path: Path) -> None:
    cache = tmp_path / "models.json"
    for damage in (b"", b"{", b"[]", b'{"server": "api.anthropic.com", "models": [1], "at": ""}'):
        cache.write_bytes(damage)
        assert Models(cache).known().models


def test_another_server_may_say_no_more_than_names(tmp_path: Path, loopback: Loopback) -> None:
    loopback(
        models=[
            {"id": "qwen3:8b", "object": "model"},
            {"object": "model"},
            {"id": ""},
            {"id": "qwen3:8b"},
        ]
    )
    assert fetched(tmp_path / "models.json").models == (KnownModel("qwen3:8b"),)


@pytest.mark.parametrize(
    "said",
    [
        {"max_model_len": 8_192},
        {"max_context_length": 8_192},
        {"max_context_length": 131_072, "loaded_context_length": 8_192},
        {"context_length": 8_192},
        {"meta": {"n_ctx_train": 8_192}},
        {"meta": {"n_ctx_train": 131_072, "n_ctx": 8_192}},
    ],
)
def test_what_other_servers_call_the_window_is_understood(
    tmp_path: Path, loopback: Loopback, said: dict[str, Any]
) -> None:
    loopback(models=[{"id": "qwen3:8b", "object": "model", **said}])
    assert fetched(tmp_path / "models.json").models == (KnownModel("qwen3:8b", window=8_192),)


@pytest.mark.parametrize("said", [{}, {"max_model_len": "8k"}, {"meta": [1]}, {"n_ctx": -1}])
def test_a_window_that_makes_no_sense_is_unknown(
    tmp_path: Path, loopback: Loopback, said: dict[str, Any]
) -> None:
    loopback(models=[{"id": "qwen3:8b", **said}])
    assert fetched(tmp_path / "models.json").models == (KnownModel("qwen3:8b"),)


@pytest.mark.parametrize("models", [None, []])
def test_a_server_that_lists_nothing_is_said(
    tmp_path: Path, loopback: Loopback, models: Any
) -> None:
    server = loopback(models=models)
    with pytest.raises(AgentError, match=r"127\.0\.0\.1:\d+ does not list its models"):
        fetched(tmp_path / "models.json")
    assert server.requests


def test_without_a_key_the_models_of_the_sdk_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(MissingApiKey):
        fetched(tmp_path / "models.json")
    known = {model.name: model for model in Models(tmp_path / "models.json").known().models}
    assert known["claude-sonnet-5-5"].window == 1_000_000
    assert {name: model.retirement for name, model in known.items()} == {
        name: retirement(name) for name in sdk_names()
    }


def test_what_is_read_from_the_sdks_source_is_what_the_sdk_has() -> None:
    from anthropic.resources.messages.messages import DEPRECATED_MODELS
    from anthropic.types.model import Model

    assert DEPRECATED_MODELS
    literal = next(arg for arg in get_args(Model) if arg is not str)
    assert list(sdk_names()) == list(get_args(literal))
    for name, day in DEPRECATED_MODELS.items():
        known = retirement(name)
        assert known, name
        month, rest = day.split(" ", 1)
        assert f"{known.on:%B} {known.on.day}" == f"{month} {rest.split(',')[0][:-2]}"
        assert f"{known.on:%Y}" in day


def test_what_the_sdk_has_forgotten_is_gone_all_the_same() -> None:
    gone = retirement("claude-3-opus-20240229")
    assert gone
    assert gone.text(date(2026, 11, 24)) == "claude-3-opus-20240229 was retired on 5 January 2026."


@pytest.mark.parametrize(
    ("model", "follows"),
    [
        ("claude-sonnet-4-0", "claude-sonnet-5-5"),
        ("claude-sonnet-4-20250514", "claude-sonnet-5-5"),
        ("claude-3-opus-20240229", "claude-opus-5"),
        ("claude-3-5-haiku-latest", DEFAULT_MODEL),
        ("claude-2.1", DEFAULT_MODEL),
        ("qwen3:8b", DEFAULT_MODEL),
    ],
)
def test_the_newest_of_the_family_follows_else_the_default(model: str, follows: str) -> None:
    names = ["claude-sonnet-5", "claude-opus-5", "claude-sonnet-5-5", "claude-opus-4-0"]
    assert successor(model, names) == follows


def test_a_retirement_is_told_with_the_days_that_are_left() -> None:
    leaving = Retirement("m", date(2026, 11, 30), "n")
    assert leaving.text(date(2026, 11, 24)) == "m retires on 30 November 2026, in 6 days."
    assert leaving.text(date(2026, 11, 29)) == "m retires on 30 November 2026, in 1 day."
    assert leaving.text(date(2026, 11, 30)) == "m was retired on 30 November 2026."
    assert retirement("claude-unheard-of") is None


def test_a_run_tells_that_its_model_retires(
    loopback: Loopback, make_agent: Callable[..., Agent]
) -> None:
    loopback([Reply("Hi."), Reply("Hi.")])
    told = events_of(make_agent(model="claude-sonnet-4-0"), "Hello")
    (leaving,) = [event.retirement for event in told if isinstance(event, ModelRetires)]
    assert leaving == retirement("claude-sonnet-4-0")
    told = events_of(make_agent(model="claude-unheard-of"), "Hello")
    assert not any(isinstance(event, ModelRetires) for event in told)
