"""Waiting for work that may never end, without being held by it."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
_GRACE = 2.0
"""Seconds that cancelled work gets to tidy up before it is left to itself."""


class TookTooLong(Exception):
    """The work was not done in time."""


class Stopped(Exception):
    """The work was cancelled, but not by whoever waited for it."""


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives, if it does so in time; else it is cancelled, and soon abandoned.

    Raises:
        TookTooLong: It took longer than `seconds`.
        Stopped: It cancelled itself.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        in_time = task.done()
        if not in_time:
            task.cancel()
            # what it raises from now on is nobody's
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            await asyncio.wait({task}, timeout=_GRACE)
    if not in_time:
        raise TookTooLong
    if task.cancelled():
        raise Stopped
    return task.result()


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` gives, done in a thread that keeps nobody waiting: not even the program's end.

    Raises:
        Exception: Whatever it raises; as a RuntimeError, what would end the event loop.
    """
    return await _begun(work)


async def in_thread_to_its_end(work: Callable[[], T]) -> T:
    """As `in_thread`, but whoever cancels this waits for it."""
    future = _begun(work)  # no task: the end of the event loop would cancel that, too
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait({future})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        future.exception()  # it is nobody's any more
        raise cancelled
    return future.result()


def _begun(work: Callable[[], T]) -> asyncio.Future[T]:
    done: Future[T] = Future()

    def run() -> None:
        if not done.set_running_or_notify_cancel():
            return
        try:
            done.set_result(work())
        except BaseException as error:
            is_plain = isinstance(error, Exception) and not isinstance(error, StopIteration)
            done.set_exception(error if is_plain else RuntimeError(repr(error)))

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), daemon=True).start()
    return asyncio.wrap_future(done)
