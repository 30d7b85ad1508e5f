"""Hand-written sessions, built from a few words each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from agentsess.model import Entry, EntryKind, JsonObject, Session, Status

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class Transcript:
    """Writes a session's entries one after the other; every method returns the new number."""

    def __init__(self, cwd: str = "/home/dev/shop", metadata: JsonObject | None = None) -> None:
        self.entries: list[Entry] = []
        self.cwd = cwd
        self.metadata = metadata or {}
        self._at = START
        self._calls = 0

    @property
    def session(self) -> Session:
        """The session that these entries belong to."""
        return Session(
            id="6f1c9a52",
            title="A session",
            status=Status.ACTIVE,
            created_at=START,
            updated_at=self._at,
            cwd=self.cwd,
            project="shop",
            metadata=self.metadata,
            message_count=sum(entry.is_message for entry in self.entries),
            entry_count=len(self.entries),
        )

    def later(self, **passed: float) -> None:
        """Let time pass, such as ``days=1``."""
        self._at += timedelta(**passed)

    def user(self, text: str) -> int:
        """A prompt."""
        return self._add(EntryKind.USER, text)

    def say(self, text: str, author: str = "") -> int:
        """A reply that ends a turn."""
        content = ({"type": "text", "text": text},)
        meta = {"stop_reason": "end_turn"}
        return self._add(EntryKind.ASSISTANT, text, content, author=author, meta=meta)

    def call(self, name: str, value: Any, text: str = "", author: str = "") -> str:
        """A tool call without its answer yet; returns the call's id."""
        self._calls += 1
        call_id = f"toolu_{self._calls:04}"
        blocks: list[JsonObject] = [{"type": "text", "text": text}] if text else []
        blocks.append({"type": "tool_use", "id": call_id, "name": name, "input": value})
        meta = {"stop_reason": "tool_use"}
        self._add(EntryKind.ASSISTANT, text, tuple(blocks), author=author, meta=meta)
        return call_id

    def answer(self, call_id: str, output: str, *, error: bool = False) -> int:
        """The answer to a call."""
        block = {"type": "tool_result", "tool_use_id": call_id, "content": output}
        meta = {"tool_use_id": call_id, "is_error": error}
        return self._add(EntryKind.TOOL_RESULT, output, (block,), meta=meta)

    def tool(
        self, name: str, value: Any, output: str = "ok", *, error: bool = False, text: str = ""
    ) -> int:
        """A tool call with its answer."""
        return self.answer(self.call(name, value, text), output, error=error)

    def bash(self, command: str, output: str = "", *, error: bool = False) -> int:
        """A shell command that ended."""
        return self.tool("Bash", {"command": command}, output, error=error)

    def edit(self, path: str, *, error: bool = False, output: str = "") -> int:
        """A change to a file."""
        value = {"file_path": path, "old_string": "a", "new_string": "b"}
        return self.tool("Edit", value, output or f"The file {path} has been updated.", error=error)

    def write(self, path: str, output: str = "") -> int:
        """A file written as a whole."""
        value = {"file_path": path, "content": "text\n"}
        return self.tool("Write", value, output or f"File created successfully at: {path}")

    def todos(self, *rows: tuple[str, str], author: str = "") -> int:
        """The whole to-do list: (content, status)."""
        value = {"todos": [{"content": c, "status": s, "activeForm": c} for c, s in rows]}
        return self.answer(self.call("TodoWrite", value, author=author), "Todos have been modified")

    def event(self, name: str, text: str = "", **meta: Any) -> int:
        """Something that happened."""
        return self._add(EntryKind.EVENT, text, meta={"event": name, **meta})

    def _add(
        self,
        kind: EntryKind,
        text: str,
        content: Sequence[JsonObject] = (),
        *,
        author: str = "",
        meta: JsonObject | None = None,
    ) -> int:
        self.later(seconds=20)
        seq = len(self.entries) + 1
        self.entries.append(Entry(seq, kind, text, self._at, author, tuple(content), meta or {}))
        return seq


def migration() -> Transcript:
    """A Python 2 to 3 migration over three days, in phases, stopped in the middle of the third."""
    t = Transcript()
    t.user(
        "Hi! Our shop backend still runs on Python 2.7. Please migrate it to Python 3.12 "
        "without changing behaviour."
    )
    t.bash("find . -name '*.py' | wc -l", "48")
    t.say(
        "I looked at all 48 modules. Here is how I would do it.\n\n"
        "## Migration plan\n\n"
        "- **Phase 1: Syntax** – print, except, dict methods\n"
        "- **Phase 2: Text and bytes** – the payment gateway and CSV export\n"
        "- **Phase 3: The tests** – port the 11 test files to pytest\n\n"
        "Should I keep `six` for a while or drop it at once?"
    )
    t.user("Drop six at once. We decided to support Python 3.12 only. Start with phase 1.")
    t.edit("/home/dev/shop/shop/cart.py")
    t.edit("/home/dev/shop/shop/orders.py")
    t.edit("/home/dev/shop/shop/cart.py")
    t.bash(
        "git commit -qam 'Port the syntax'", "[py3 a1b2c3d] Port the syntax to Python 3\n 2 files"
    )
    t.say("Phase 1 is done: `print`, `except` and the dict methods are ported.\n\nNext: phase 2.")
    t.later(days=1)
    t.user("Good morning. Go on with phase 2.")
    t.edit("/home/dev/shop/shop/gateway.py")
    t.bash("cd /home/dev/shop && pytest -q 2>&1 | tail -5", "3 failed, 40 passed in 8.21s")
    t.edit("/home/dev/shop/shop/gateway.py")
    t.bash("cd /home/dev/shop && pytest -q 2>&1 | tail -5", "43 passed in 8.02s")
    t.say(
        "Phase 2 is complete. The gateway signs bytes now.\n\n"
        "Let's go with UTF-8 for the CSV export, as the old files are."
    )
    t.later(days=1)
    t.user("Now phase 3 please")
    t.write("/home/dev/shop/tests/test_cart.py")
    t.bash("pytest tests/test_cart.py -q", "12 passed in 0.61s")
    t.say(
        "Seven test files are ported, 4 of 11 files are left: refunds, invoices, stock and mail.\n\n"
        "Shall I port the refunds next, or first make CI run on 3.12?"
    )
    return t


def review() -> Transcript:
    """A pull request is reviewed; nothing is changed."""
    t = Transcript()
    t.user("Review PR #214 (rate limiter). Focus on concurrency.")
    t.bash("gh pr diff 214", "diff --git a/limiter.py b/limiter.py\n+ count += 1")
    t.tool("Read", {"file_path": "/home/dev/shop/limiter.py"}, "def take(): ...")
    t.say(
        "The limiter has one real fault and two small ones.\n\n"
        "1. `take()` reads and writes the counter without the lock.\n"
        "2. The window is computed with local time.\n"
        "3. The error message says seconds but means milliseconds.\n\n"
        "### Open questions\n\n"
        "- Is the limiter shared between processes?\n"
        "- Which clock does the gateway use?"
    )
    return t


def debugging() -> Transcript:
    """A failing test is traced and mended."""
    t = Transcript()
    t.user("The checkout test fails on CI since yesterday, find out why and fix it")
    t.bash(
        "python -m pytest tests/test_checkout.py -x",
        "Exit code 1\n==== FAILURES ====\nE  assert 119 == 120\n"
        "FAILED tests/test_checkout.py::test_total - assert 119 == 120\n"
        "========= 1 failed, 6 passed in 0.44s =========",
        error=True,
    )
    t.tool("read", {"file_path": "shop/totals.py"}, "def total(): ...")
    t.tool("edit", {"file_path": "shop/totals.py", "old_string": "a", "new_string": "b"}, "edited")
    t.bash("python -m pytest tests/test_checkout.py -x", "========= 7 passed in 0.41s =========")
    t.bash(
        "ruff check . && mypy shop",
        "All checks passed!\nSuccess: no issues found in 31 source files",
    )
    t.say(
        "The total was rounded before the discount was taken off. "
        "I've fixed `total()` to round once, at the end."
    )
    return t


def todo_list() -> Transcript:
    """A to-do list that is kept while the work goes on."""
    t = Transcript()
    names = ["Read the schema", "Add the column", "Backfill", "Update the fixtures", "Deploy"]
    t.user("Add a loyalty level to customers, with a backfill.")
    t.todos((names[0], "in_progress"), *((name, "pending") for name in names[1:]))
    t.todos(
        (names[0], "completed"), (names[1], "in_progress"), *((n, "pending") for n in names[2:])
    )
    t.bash("alembic revision -m 'loyalty'", "Generating versions/9a_loyalty.py ... done")
    t.todos(
        (names[0], "completed"),
        (names[1], "completed"),
        (names[2], "completed"),
        (names[3], "in_progress"),
        (names[4], "pending"),
    )
    return t
