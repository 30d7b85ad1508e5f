"""A disk that is full or fails when a test says so."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

import pytest

CALLS = ("write", "fsync", "fdatasync", "replace", "ftruncate", "link")


class Disk:
    """Lets the n-th writing call fail, once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._left = -1
        self.failed = False
        for name in CALLS:
            monkeypatch.setattr(os, name, self._watched(getattr(os, name)))

    def _watched(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **options: Any) -> Any:
            if self._left == 0:
                self._left, self.failed = -1, True
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._left -= self._left > 0
            return call(*args, **options)

        return watched

    def fail_at(self, number: int) -> None:
        """Let the call with this number fail, counted from 0 and from now."""
        self._left, self.failed = number, False

    def heal(self) -> None:
        """Let all calls work."""
        self._left = -1
