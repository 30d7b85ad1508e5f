"""One run's way to the API, opened when the first request is about to leave."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from agentsess import config
from agentsess.agent.events import Retrying
from agentsess.agent.failures import NO_KEY, as_agent_error, is_retryable
from agentsess.errors import MissingApiKey

if TYPE_CHECKING:
    import ssl

    from anthropic import AsyncAnthropic

_SLOW_IMPORTS = {"anthropic", "genai_prices"}
_IDLE_SECONDS = 60.0
"""How long a client waits for the next run."""
RETRIES = 5
"""How often the same request goes out again, in about 15 s: a busy API is often so for longer
than the SDK waits by itself, and work that was left alone should not end for that."""
_SHORTEST_KEY = 8
"""Characters: shorter ones are no keys but words, for servers that need none."""

ClientFactory = Callable[[], "AsyncAnthropic"]
"""Makes the client of one run; it is closed when the run ends."""


class Connection:
    """The client of one run, and word of its retries.

    Args:
        factory: Makes the client; None: the SDK's own, as the environment says.
        on_retry: Told before the SDK waits and tries again.
    """

    def __init__(self, factory: ClientFactory | None, on_retry: Callable[[Retrying], None]) -> None:
        self._factory = factory
        self._on_retry = on_retry
        self._original: AsyncAnthropic | None = None
        self._client: AsyncAnthropic | None = None

    async def check(self) -> None:
        """Make sure that there is a key, without importing the SDK if that can be told.

        Raises:
            MissingApiKey: Neither the environment nor a profile of the SDK has one to use.
        """
        if self._factory is None and not config.has_api_key():
            try:
                await self.client()
            except Exception as error:
                if known := as_agent_error(error):
                    raise known from error
                raise

    @property
    def keys(self) -> tuple[str, ...]:
        """The secrets by which the API is called: they are written nowhere."""
        known = config.api_keys()
        if self._original is not None:
            known |= {self._original.api_key or "", self._original.auth_token or ""}
        return tuple(key for key in known if len(key) >= _SHORTEST_KEY)

    async def client(self) -> AsyncAnthropic:
        """The client; raises MissingApiKey."""
        if self._client is None:
            if not sys.modules.keys() >= _SLOW_IMPORTS:
                await asyncio.to_thread(_load)
            original = self._factory() if self._factory else _kept_client()
            if original is None:  # reading the certificates takes long
                original = await asyncio.to_thread(_default_client)
            self._original = original
            if not _has_credentials(original):
                raise MissingApiKey(NO_KEY)
            self._client = original.with_middleware(self._report)
        return self._client

    async def close(self) -> None:
        """Let the network go, soon: the next run in this event loop may go on with it."""
        if self._original is not None and not (self._factory is None and _keep(self._original)):
            await self._original.close()

    async def _report(self, request: Any, call_next: Callable[[Any], Any]) -> Any:
        """A middleware of the SDK: it sees every attempt, before the SDK decides to retry."""
        from anthropic import APIConnectionError

        assert self._original is not None
        is_last = request.retries_taken >= self._original.max_retries
        try:
            response = await call_next(request)
        except APIConnectionError:
            if not is_last:
                self._on_retry(Retrying(_backoff(request.retries_taken), "no connection"))
            raise
        status = response.status_code
        if not is_last and _will_retry(status, response.headers):
            seconds = _asked_for(response.headers) or _backoff(request.retries_taken)
            self._on_retry(Retrying(seconds, str(status)))
        return response


@dataclass(slots=True)
class _Kept:
    """A client that waits for the next run, for which it saves a handshake or two."""

    client: AsyncAnthropic
    environment: dict[str, str]
    closing: asyncio.Task[None] | None = None


_kept: WeakKeyDictionary[asyncio.AbstractEventLoop, _Kept] = WeakKeyDictionary()


def _keep(client: AsyncAnthropic) -> bool:
    """Whether the client is kept for a while; the end of the event loop closes it too."""
    loop = asyncio.get_running_loop()
    if loop in _kept:
        return False
    kept = _kept[loop] = _Kept(client, _sdk_environment())
    kept.closing = asyncio.create_task(_close_later(kept))
    return True


async def _close_later(kept: _Kept) -> None:
    loop = asyncio.get_running_loop()
    try:
        await asyncio.sleep(_IDLE_SECONDS)
    finally:
        if _kept.get(loop) is kept:
            del _kept[loop]
            await kept.client.close()


def _kept_client() -> AsyncAnthropic | None:
    """The client of an earlier run in this event loop, if it would be made the same now."""
    loop = asyncio.get_running_loop()
    kept = _kept.get(loop)
    if kept is None or kept.environment != _sdk_environment():
        return None
    del _kept[loop]
    if kept.closing:
        kept.closing.cancel()
    return kept.client


def _sdk_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("ANTHROPIC_")}


def _load() -> None:
    """Import what takes long, away from the event loop."""
    for name in _SLOW_IMPORTS:
        import_module(name)


def _default_client() -> AsyncAnthropic:
    from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient

    http_client = DefaultAsyncHttpxClient(verify=_certificates())
    return AsyncAnthropic(http_client=http_client, max_retries=RETRIES)


@cache
def _certificates() -> ssl.SSLContext:
    """Reading them takes longer than all else that a client needs."""
    import httpx2

    return httpx2.create_ssl_context()


def _has_credentials(client: AsyncAnthropic) -> bool:
    headers = {name.lower() for name in client.default_headers}
    return client.credentials is not None or bool(headers & {"x-api-key", "authorization"})


def _will_retry(status: int, headers: Any) -> bool:
    wish = headers.get("x-should-retry")
    return status >= 400 and (wish == "true" or (wish != "false" and is_retryable(status)))


def _asked_for(headers: Any) -> float | None:
    """How long the server asks to wait."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return float(headers.get(name, "")) * unit
        except ValueError:
            continue
    return None


def _backoff(retries_taken: int) -> float:
    """About how long the SDK waits by itself."""
    return float(min(0.5 * 2**retries_taken, 8.0))
