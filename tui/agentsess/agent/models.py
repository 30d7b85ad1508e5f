"""Which models there are: those the API lists, else those the SDK knows."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from agentsess.agent.connection import ClientFactory, Connection
from agentsess.agent.failures import as_agent_error
from agentsess.agent.retirement import Retirement, retirement, sdk_names, successor
from agentsess.errors import AgentError
from agentsess.model import JsonObject, utc_now
from agentsess.sessions.pricing import Rates, context_window, rates

_API = "api.anthropic.com"
_MOST = 1_000
_SECONDS = 15.0
"""How long the API may take to list its models."""
_MOMENT = 3.0
"""Seconds that a run waits for that."""
_SAID = {"name": "id", "title": "display_name", "retires_at": "retires_at"}
"""What is kept, and what the API calls it."""
_WINDOWS = (
    "max_input_tokens", "max_model_len", "loaded_context_length", "max_context_length",
    "context_length", "context_window", "n_ctx", "n_ctx_train",
)  # fmt: skip
"""What servers call the window: the API, vLLM, LM Studio, others, and llama.cpp, which has it
in ``meta``. What is loaded goes before what the model could hold."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that may be asked."""

    name: str
    title: str = ""
    """As people call it; empty if that is not known."""
    window: int | None = None
    """Tokens that it can hold; None: unknown."""
    rates: Rates | None = None
    """Dollars for a million tokens of a short request; None: unknown."""
    retirement: Retirement | None = None

    def to_json(self) -> JsonObject:
        """The public JSON form, as `models --json` prints it."""
        gone = self.retirement
        return {
            "name": self.name,
            "title": self.title,
            "window": self.window,
            "usd_per_mtok": {"input": self.rates.input, "output": self.rates.output}
            if self.rates
            else None,
            "retires": gone.on.isoformat() if gone else None,
            "successor": gone.successor if gone else None,
        }


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models, the newest first as far as that is known."""

    models: tuple[KnownModel, ...]
    server: str
    """Who lists them; empty if they are those the SDK knows."""
    at: datetime | None = None
    """When the server listed them."""


class _Facts(msgspec.Struct, omit_defaults=True):
    """What is kept of a model that a server lists."""

    name: str
    title: str = ""
    window: int | None = None
    retires_at: datetime | None = None


class _Kept(msgspec.Struct):
    """What a server said last."""

    server: str
    at: datetime
    models: list[_Facts]


class Models:
    """Lists models, and remembers what the API said.

    Args:
        cache: File that keeps the API's last answer; it may be deleted any time.
        client: Makes the SDK's client; None: as the environment says.
    """

    def __init__(self, cache: Path, client: ClientFactory | None = None) -> None:
        self._cache = cache
        self._client = client
        self._asked: set[str] = set()
        """Servers that were asked when a run needed it."""

    def known(self) -> ModelList:
        """What the server of the environment said last, else what the SDK knows of its API.

        The first time this takes some tenths of a second.
        """
        server = _server()
        if kept := self._kept():
            return _listed(kept.models, server, kept.at)
        # of what another server has, nothing is known before it is asked
        names = sdk_names() if server == _API else ()
        return _listed([_Facts(name) for name in names], "", None)

    async def window(self, model: str) -> int | None:
        """Tokens that a model can hold, as its server says; None if it says nothing.

        A server that was not asked yet is asked for its list, once and for a short while.
        """
        kept = await asyncio.to_thread(self._kept)
        if kept is None and (server := _server()) not in self._asked:
            self._asked.add(server)
            with suppress(AgentError, TimeoutError):
                async with asyncio.timeout(_MOMENT):
                    await self.fetch()
            kept = await asyncio.to_thread(self._kept)
        facts = kept.models if kept else []
        return next((each.window for each in facts if each.name == model), None)

    def retirement(self, model: str) -> Retirement | None:
        """When a model retires, if the API said so or the SDK knows it."""
        listed = self._kept()
        facts = listed.models if listed else []
        said = next((each for each in facts if each.name == model), None)
        return _retirement_of(said, facts) if said else retirement(model)

    def _kept(self) -> _Kept | None:
        """What the server of the environment said last."""
        with suppress(OSError, msgspec.MsgspecError):
            kept = msgspec.json.decode(self._cache.read_bytes(), type=_Kept)
            return kept if kept.server == _server() else None
        return None

    async def fetch(self) -> ModelList:
        """Ask the API; its answer is kept for `known`.

        Raises:
            AgentError: It cannot be asked, or does not list its models.
        """
        connection = Connection(self._client, lambda _: None)
        found: dict[str, _Facts] = {}
        try:
            client = (await connection.client()).with_options(timeout=_SECONDS, max_retries=1)
            async for info in client.models.list(limit=_MOST):
                if len(found) == _MOST:
                    break
                if (model := _facts(info)) is not None:
                    found[model.name] = model
        except Exception as error:
            raise _why_not(error) from error
        finally:
            await connection.close()
        if not found:
            raise AgentError(f"{_server()} does not list its models.")
        return await asyncio.to_thread(self._keep, list(found.values()))

    def _keep(self, found: list[_Facts]) -> ModelList:
        server, now = _server(), utc_now()
        with suppress(OSError):  # without it the API is asked again next time
            self._cache.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._cache.write_bytes(msgspec.json.encode(_Kept(server, now, found)))
        return _listed(found, server, now)


def _server() -> str:
    """Where the environment says the API is, without what a URL may hold of secrets."""
    try:
        parts = urlsplit(os.environ.get("ANTHROPIC_BASE_URL") or f"https://{_API}")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "what ANTHROPIC_BASE_URL says"
    return f"{parts.hostname or ''}{port}{parts.path}".rstrip("/")


def _why_not(error: Exception) -> AgentError:
    known = as_agent_error(error)
    if known is None or getattr(known, "status", None) in (404, 405):
        return AgentError(f"{_server()} does not list its models.")
    return known


def _facts(info: Any) -> _Facts | None:
    """What is kept of a model that a server lists; other servers say less than the API."""
    said = info.to_dict(mode="json", warnings=False)
    wanted = {key: said.get(name) for key, name in _SAID.items() if said.get(name) is not None}
    meta = said.get("meta")
    sizes = said | (meta if isinstance(meta, dict) else {})
    windows = (sizes.get(name) for name in _WINDOWS)
    wanted["window"] = next((n for n in windows if isinstance(n, int) and n > 0), None)
    with suppress(msgspec.ValidationError):
        facts = msgspec.convert(wanted, _Facts)
        return facts if facts.name else None
    return None


def _listed(facts: Sequence[_Facts], server: str, at: datetime | None) -> ModelList:
    models = tuple(
        KnownModel(
            name=each.name,
            title=each.title,
            window=each.window or context_window(each.name),
            rates=rates(each.name, 1),
            retirement=_retirement_of(each, facts),
        )
        for each in facts
    )
    return ModelList(models, server, at)


def _retirement_of(model: _Facts, listed: Sequence[_Facts]) -> Retirement | None:
    """What the API says goes before what the SDK knew when it was made."""
    if model.retires_at is None:
        return retirement(model.name)
    staying = [each.name for each in listed if each.retires_at is None]
    return Retirement(model.name, model.retires_at.date(), successor(model.name, staying))
