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
        "Seven test files are ported, 4 of 11 files are left: refunds, invoices and two more.\n\n"
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


def docs() -> Transcript:
    """API documentation, with lists under headings in the last reply."""
    t = Transcript()
    t.user("Document the public endpoints of the billing API in docs/api.md.")
    t.write("docs/api.md")
    t.edit("docs/api.md")
    t.bash("mkdocs build --strict", "INFO - Documentation built in 0.52 seconds")
    t.say(
        "### Done\n\n"
        "- All 14 endpoints with parameters and errors\n"
        "- Examples for `POST /invoices`\n\n"
        "### In progress\n\n"
        "- The webhooks chapter\n\n"
        "### Next steps\n\n"
        "1. Describe the retry rules\n"
        "2. Link the chapter from [the index](index.md)\n"
    )
    return t


def talk_only() -> Transcript:
    """Two people think aloud; no tool is called."""
    t = Transcript()
    t.user("hello")
    t.say("Hello! What are we working on?")
    t.user("Which queue should we take for the mail jobs? Redis is there already.")
    t.say(
        "Both would do. Postgres spares you a second store, Redis is faster than you need.\n\n"
        "Do you want Postgres or Redis?"
    )
    t.user("Postgres. What would the table look like?")
    t.say("One table, `jobs`, with a lock column. Workers take rows with SKIP LOCKED.")
    t.user("Nice. Let's use a separate schema instead of public.")
    t.say("Decision: the jobs table lives in the schema `queue`.\n\nIs there anything else?")
    return t


def interrupted() -> Transcript:
    """Stopped by the user while a build runs."""
    t = Transcript()
    t.user("Speed up the Docker build of the shop image")
    t.bash("docker build -t shop .", "Successfully built 3f2a")
    t.say("The build takes 9 minutes, mostly for the wheels.")
    t.user("Cache the wheels in a layer of their own")
    t.edit("Dockerfile")
    t.call("Bash", {"command": "docker build -t shop ."})
    t.event("interrupted", "Interrupted by the user")
    return t


def denied() -> Transcript:
    """The user refuses a push; nothing else is done."""
    t = Transcript()
    t.user("Release version 2.4")
    t.bash("git commit -am 'Release 2.4'", "[main 0badcafe] Release 2.4\n 1 file changed")
    refusal = (
        "The user doesn't want to proceed with this tool use. The tool use was rejected "
        "(eg. if it was a file edit, the new_string was NOT written to the file)."
    )
    t.bash("git push origin main --tags", refusal, error=True)
    t.edit("CHANGELOG.md", output=refusal, error=True)
    t.say("I stopped before the push. Should I open a pull request first?")
    return t


def checkboxes() -> Transcript:
    """A plan with boxes in the replies, ticked off bit by bit."""
    t = Transcript()
    t.user("Set up CI for the repository")
    t.say("Plan:\n\n- [ ] Lint job\n- [ ] Test job with Postgres\n- [ ] Publish the image\n")
    t.user("go ahead")
    t.write(".github/workflows/ci.yml")
    t.say("- [x] Lint job\n- [x] Test job with Postgres\n- [ ] Publish the image\n")
    return t


def german() -> Transcript:
    """The talk is German."""
    t = Transcript()
    t.user("Guten Morgen! Bitte stelle den Import von CSV auf Parquet um.")
    t.edit("importer/laden.py")
    t.say(
        "Ich habe den Leser auf Parquet umgestellt.\n\n"
        "Nächste Schritte:\n\n- Alte Dateien umwandeln\n- Tests anpassen\n\n"
        "Sollen die alten CSV-Dateien gelöscht werden?"
    )
    t.user("Nein. Wir behalten sie, wir haben uns für ein Archiv entschieden.")
    t.say("Gut, dann bleiben sie im Archiv.")
    return t


def spanish() -> Transcript:
    """The talk is Spanish, the work in numbered phases."""
    t = Transcript()
    t.user("Hola, necesito traducir la aplicación al español.")
    t.say("Propongo:\n\n- Fase 1: Extraer los textos\n- Fase 2: Traducirlos\n")
    t.user("Empieza con la fase 1")
    t.edit("app/textos.py")
    t.say("La fase 1 está terminada.\n\n¿Quieres que use tú o usted?")
    return t


def several_agents() -> Transcript:
    """Two agents keep their own lists in one session."""
    t = Transcript()
    t.user("Build the report page: one of you the API, the other the page.")
    t.todos(("Query", "completed"), ("Endpoint", "in_progress"), author="api")
    t.todos(("Table", "completed"), ("Chart", "pending"), author="page")
    t.todos(("Query", "completed"), ("Endpoint", "completed"), author="api")
    t.say("The endpoint answers with the totals per month.", author="api")
    return t


def task_tools() -> Transcript:
    """Tasks are created and updated one by one."""
    t = Transcript()
    t.user("Clean up the settings module")
    names = ("Split the module", "Type it", "Drop the old names")
    for number, name in enumerate(names, start=1):
        t.tool("TaskCreate", {"subject": name}, f"Task #{number} created successfully: {name}")
    t.tool("TaskUpdate", {"taskId": "1", "status": "completed"}, "Updated task #1 status")
    t.tool("TaskUpdate", {"taskId": "2", "status": "in_progress"}, "Updated task #2 status")
    t.tool("TaskUpdate", {"taskId": "3", "status": "deleted"}, "Updated task #3 deleted")
    return t


def incident() -> Transcript:
    """Production is down; the last test run still fails and the API was overloaded."""
    t = Transcript()
    t.user("Checkout returns 502 since 14:05. Please find the cause.")
    t.bash(
        "kubectl rollout status deploy/shop", "error: deployment exceeded its deadline", error=True
    )
    t.bash(
        "npm test -- checkout", "Tests:       2 failed, 31 passed, 33 total\nTime: 4 s", error=True
    )
    t.say("I'm blocked by missing access to the gateway's logs.")
    t.user("You have access now.")
    t.event("error", "Overloaded (529)")
    return t


def messy() -> Transcript:
    """Escapes, markup, logs, broken lists and nonsense from tools."""
    t = Transcript()
    t.user("<system-reminder>Be brief.</system-reminder>")
    t.user(
        "\x1b[31mhey\x1b[0m,\n\nfix the **login** redirect\u202e, it loops\n"
        "```\nGET /login?next=/ 302\n```"
    )
    t.tool("TodoWrite", {"todos": "all of it"})
    t.tool("TodoWrite", {"todos": [None, 3, {"content": ["x"], "status": {}}, {"content": "Half"}]})
    t.tool("Bash", {"command": None})
    t.tool("Edit", {"file_path": 7})
    t.answer("toolu_unknown", "out of nowhere")
    t.bash("pytest", "x" * 2_000_000 + "\n1 failed, 3 passed in 2s", error=True)
    t.edit("app/auth.py")
    t.say(
        "# Fixed\n\nI've fixed the redirect in `app/__init__.py`. "
        "Was it the cookie? No: the **host**."
    )
    return t


def talk(*said: str) -> Transcript:
    """Prompts and replies that take turns."""
    t = Transcript()
    for n, text in enumerate(said):
        (t.say if n % 2 else t.user)(text)
    return t


def only_asked() -> Transcript:
    """One prompt, no answer."""
    t = Transcript()
    t.user("Can you explain how the cache is invalidated?")
    return t


def compacted() -> Transcript:
    """What came before is known from a compaction's summary alone."""
    t = Transcript()
    t.event(
        "compacted",
        "1. Primary Request and Intent:\n   Move the reports to DuckDB.\n\n"
        "7. Pending Tasks:\n   - Port the monthly report\n   - Remove the old views\n",
    )
    t.user("continue")
    t.say("I will look at the monthly report first.")
    return t
