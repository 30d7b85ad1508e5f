"""Claude Code histories written by hand, so to speak: records in its shapes, texts of our own.

`Transcript` builds one session record by record; `write_history` fills a whole folder with
lifelike ones, the same for the same seed.
"""

from __future__ import annotations

import json
import random
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

VERSION = "2.1.330"
MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-sonnet-5")
START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


def folder_name(cwd: str) -> str:
    """The folder under which Claude Code keeps sessions of ``cwd``."""
    return re.sub(r"[^a-zA-Z0-9]", "-", cwd)


def usage(fresh: int = 12, output: int = 77, read: int = 50, write: int = 100) -> dict[str, Any]:
    """A message's usage as the API reports it."""
    return {
        "input_tokens": fresh,
        "cache_creation_input_tokens": write,
        "cache_read_input_tokens": read,
        "output_tokens": output,
        "output_tokens_details": {"thinking_tokens": 0},
        "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
        "service_tier": "standard",
        "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": write},
        "iterations": [],
        "speed": "standard",
    }


class Transcript:
    """A session's file in the making. Every method adds lines; time passes a second each."""

    def __init__(
        self,
        session_id: str = "",
        *,
        cwd: str = "/home/dev/shop",
        branch: str = "main",
        model: str = MODELS[0],
        start: datetime = START,
        rng: random.Random | None = None,
        side: str = "",
    ) -> None:
        """``side``: the id of the subagent whose history it is; empty: the session's own."""
        self.rng = rng or random.Random(session_id or 0)
        self.id = session_id or self.uuid()
        self.cwd, self.branch, self.model = cwd, branch, model
        self.now = start
        self.side = side
        self.last_call = ""
        """Id of the newest call of a tool."""
        self.lines: list[bytes] = []
        self.parent: str | None = None
        self.messages = 0

    def uuid(self) -> str:
        """A new id, the same in every run."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def wait(self, seconds: float) -> Transcript:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        return self

    def raw(self, line: bytes) -> Transcript:
        """Add bytes as they are, without a newline."""
        self.lines.append(line)
        return self

    def record(self, **fields: Any) -> Transcript:
        """Add a record of any fields, written as the program writes them."""
        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        return self.raw(text.encode() + b"\n")

    def fact(self, kind: str, **fields: Any) -> Transcript:
        """Add a record that is no part of the conversation, such as a title."""
        return self.record(type=kind, **fields, sessionId=self.id)

    def stamp(self) -> str:
        """The present time as a record writes it."""
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{self.now.microsecond // 1000:03d}Z"

    def user(self, content: Any, **after: Any) -> Transcript:
        """Add a user's record of any content."""
        message = {"role": "user", "content": content}
        return self._node({"promptId": self.uuid()}, "user", {"message": message} | after)

    def prompt(self, text: str) -> Transcript:
        """A person types a prompt."""
        return self.user(text, origin={"kind": "human"}, promptSource="typed")

    def reply(self, *blocks: dict[str, Any] | str, **facts: Any) -> Transcript:
        """The model replies: a line for each block, all with one message id.

        ``facts`` may be ``usages`` (one for each line), ``stop_reason``, ``message_id``,
        ``model``, or fields of the record.
        """
        self.messages += 1
        message_id = facts.pop("message_id", f"msg_{self.id[:8]}_{self.messages}")
        usages = facts.pop("usages", [usage()] * len(blocks))
        model = facts.pop("model", self.model)
        stop_reason = facts.pop("stop_reason", "end_turn")
        for index, block in enumerate(blocks):
            content = {"type": "text", "text": block} if isinstance(block, str) else block
            message = {
                "id": message_id,
                "type": "message",
                "role": "assistant",
                "model": model,
                "content": [content],
                "stop_reason": stop_reason,
                "stop_sequence": None,
                "usage": usages[index],
            }
            self._node(
                {"message": message, "apiBlockIndex": index, "requestId": "req_1"},
                "assistant",
                facts,
            )
        return self

    def tool(
        self,
        name: str,
        arguments: dict[str, Any],
        result: str,
        *,
        error: bool = False,
        say: str = "",
    ) -> Transcript:
        """The model calls a tool, after a word if it says one, and the tool answers."""
        call = f"toolu_{self.uuid()[:12]}"
        self.last_call = call
        use = {"type": "tool_use", "id": call, "name": name, "input": arguments}
        self.reply(*([say, use] if say else [use]), stop_reason="tool_use")
        return self.result(call, result, error=error)

    def result(self, call: str, result: str, *, error: bool = False) -> Transcript:
        """A tool answers the call of that id."""
        block = {"tool_use_id": call, "type": "tool_result", "content": result}
        return self.user(
            [block | {"is_error": error}],
            toolUseResult={"stdout": result, "stderr": "", "interrupted": False},
        )

    def node_of(self, kind: str, **fields: Any) -> Transcript:
        """Add a record of the conversation's tree of any kind."""
        return self._node({}, kind, fields)

    def attachment(self, kind: str, **body: Any) -> Transcript:
        """What the program adds to a request; ``prompt_snapshot`` is the largest sort."""
        return self._node({"attachment": {"type": kind, **body}}, "attachment", {})

    def bulk(self, size: int) -> Transcript:
        """About ``size`` bytes that are no conversation, as surround every prompt."""
        for kind in ("environment", "skill_listing"):
            self.attachment(kind, content=filler(self.rng, size // 8))
        self.attachment("prompt_snapshot", content=filler(self.rng, size // 4))
        shape = self.rng.randbytes(32).hex()
        self.fact("api-request-shape", shapeHash=shape, shape=filler(self.rng, size * 3 // 8))
        blob = {"role": "user", "content": filler(self.rng, size // 8)}
        self.fact("api-request-blob", hash=shape, message=blob)
        return self.fact("api-request", id=self.uuid(), timestamp=self.stamp(), shapeHash=shape)

    def compact(self, summary: str) -> Transcript:
        """The conversation is compacted."""
        tail, self.parent = self.parent, None
        self._node(
            {"logicalParentUuid": tail},
            "system",
            {
                "subtype": "compact_boundary",
                "content": "Conversation compacted",
                "isMeta": False,
                "compactMetadata": {"trigger": "manual", "preTokens": 9000, "postTokens": 700},
            },
        )
        return self.user(summary, isVisibleInTranscriptOnly=True, isCompactSummary=True)

    def command(self, name: str, arguments: str = "", output: str = "") -> Transcript:
        """A person runs a command of the program itself."""
        self.user("<local-command-caveat>Not a prompt.</local-command-caveat>", isMeta=True)
        self.user(
            f"<command-name>/{name}</command-name>\n            "
            f"<command-message>{name}</command-message>\n            "
            f"<command-args>{arguments}</command-args>"
        )
        return self.user(f"<local-command-stdout>{output}</local-command-stdout>")

    def queued(self, text: str) -> Transcript:
        """A person types while the model works."""
        return self.attachment("queued_command", prompt=text, commandMode="prompt")

    def cost(self, dollars: float, output: int, **fields: Any) -> Transcript:
        """The program notes its running total."""
        counts = {"inputTokens": 100, "outputTokens": output, "costUSD": dollars}
        state = {
            "totalCostUSD": dollars,
            "startTime": int(START.timestamp() * 1000),
            "modelUsage": {self.model: counts},
            "hasUnknownModelCost": False,
        }
        return self.fact("cost-state", **state | fields)

    def write(self, root: Path, *, folder: str = "", name: str = "") -> Path:
        """Write the file where the program would, under its folder ``root``."""
        path = root / "projects" / (folder or folder_name(self.cwd)) / f"{name or self.id}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(self.lines))
        return path

    def subagent(self, side: str, prompt: str) -> Transcript:
        """Begin the history of a subagent of this session."""
        agent = Transcript(
            self.id, cwd=self.cwd, branch=self.branch, model=self.model, start=self.now,
            rng=random.Random(side), side=side,
        )  # fmt: skip
        return agent.user(prompt)

    def write_subagent(self, path: Path, *, call: str = "", beside: bool = False) -> Path:
        """Write a subagent's file, ``path`` being its session's.

        ``call`` goes into the notes that new versions write; old ones put the file ``beside``
        the session's.
        """
        folder = path.parent if beside else path.with_suffix("") / "subagents"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"agent-{self.side}.jsonl"
        file.write_bytes(b"".join(self.lines))
        if call:
            notes = {"agentType": "Explore", "description": "A task", "toolUseId": call}
            file.with_suffix(".meta.json").write_text(json.dumps(notes))
        return file

    def _node(self, before: dict[str, Any], kind: str, after: dict[str, Any]) -> Transcript:
        """Add a record of the conversation's tree; ``before`` comes before its type."""
        self.wait(1)
        parent, self.parent = self.parent, self.uuid()
        fields = {"parentUuid": parent, "isSidechain": bool(self.side), **before, "type": kind}
        fields |= {"agentId": self.side} if self.side else {}
        fields |= {"uuid": self.parent, "timestamp": self.stamp(), "userType": "external"}
        fields |= {"entrypoint": "cli", "cwd": self.cwd, "sessionId": self.id}
        fields |= {"version": VERSION, "gitBranch": self.branch}
        return self.record(**fields | after)


_CLAUSES = (
    "the request was retried after the gateway closed its side",
    "and the worker kept the lock until its lease ran out",
    "so the queue grew while nobody looked at the graph",
    "which showed only averages and hid the slow tenth of all calls",
    'behind a calm line, "ünïcödé" → done\n',
)
_FILLER = " ".join(random.Random(1).choices(_CLAUSES, k=6_000))


def filler(rng: random.Random, size: int) -> str:
    """Some ``size`` characters of text that nobody reads."""
    start = rng.randrange(len(_FILLER) // 2)
    piece = _FILLER[start : start + size]
    return piece * (size // max(len(piece), 1) + 1) if len(piece) < size else piece


THEMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "shop",
        (
            "The checkout test fails one time in ten. Find out why.",
            "Keep the fix, but without the sleep.",
            "Add a test that fails without it, then run the whole suite.",
            "Now write the commit message.",
        ),
    ),
    (
        "ledger",
        (
            "Port the report module from Python 2 to 3, one file at a time.",
            "Do the unicode handling in reader.py next.",
            "What is left after this?",
            "Go on with writer.py.",
        ),
    ),
    (
        "atlas",
        (
            "Review the branch that changes how tiles are cached.",
            "Is the eviction safe when two workers share the folder?",
            "Write that down as a comment on the pull request.",
        ),
    ),
    (
        "beacon",
        (
            "Alerts fire twice since the deploy at noon. Look at the logs in ./logs.",
            "Roll the scheduler back and tell me what to watch.",
            "Draft the incident report.",
        ),
    ),
)
_ANSWERS = (
    "The cause is in `lock.py`: the lease is renewed only after the write.",
    "Done. Two files changed, and all 214 tests pass.",
    "Three steps are left: the writer, its tests, and the release notes.",
    "I would rather not: two workers can evict the same tile. A rename is atomic, so use that.",
    "Here is the plan.\n\n1. Reproduce it\n2. Write the failing test\n3. Fix it",
)
_CALLS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("Bash", {"command": "pytest -q"}, "12 passed, 1 failed in 3.21s"),
    ("Read", {"file_path": "/home/dev/lock.py"}, "1\tclass Lock:\n2\t    held = False"),
    ("Edit", {"file_path": "/home/dev/lock.py", "old_string": "a", "new_string": "b"}, "Updated."),
    ("Grep", {"pattern": "lease", "path": "."}, "lock.py:14: lease = now + 30"),
)
_BRANCHES = ("main", "main", "fix/checkout", "feature/tiles")
SHARES = {
    "titled": 0.15,
    "ai_titled": 0.3,
    "compacted": 0.05,
    "subagent": 0.05,
    "late": 0.02,
    "long": 0.02,
    "torn": 0.02,
    "empty": 0.01,
}
"""How many of the sessions are of a special sort; see `write_history`."""


@dataclass(frozen=True, slots=True)
class Written:
    """A session that `write_history` wrote."""

    id: str
    path: Path
    title: str
    """What it should be called; of a long prompt, the beginning."""
    cwd: str
    prompts: tuple[str, ...]
    kinds: frozenset[str]
    """The special sorts that it is of."""


def write_history(
    root: Path, sessions: int, seed: int = 0, *, bulk: int = 110_000, **shares: float
) -> list[Written]:
    """Fill ``root``, a folder for ``$CLAUDE_CONFIG_DIR``, with lifelike sessions.

    Args:
        root: Gets ``projects/…``.
        sessions: How many; the newest comes last.
        seed: The same seed writes the same bytes.
        bulk: Bytes of attachments and request dumps in an average session.
        shares: Other shares than `SHARES` of sessions that are titled (by the user),
            ai_titled, compacted, have a subagent's file, a late first prompt (behind
            100 KB), a long one (40 KB), a torn last line, or are empty files.
    """
    rng = random.Random(seed)
    odds = SHARES | shares
    return [_write_one(root, number, rng, bulk, odds) for number in range(sessions)]


def _write_one(
    root: Path, number: int, rng: random.Random, bulk: int, odds: dict[str, float]
) -> Written:
    kinds = {kind for kind, share in odds.items() if rng.random() < share}
    project, script = rng.choice(THEMES)
    session = Transcript(
        str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        cwd=f"/home/dev/{project}",
        branch=rng.choice(_BRANCHES),
        model=rng.choice(MODELS),
        start=START + timedelta(minutes=47 * number),
        rng=rng,
    )
    prompts = list(script[: rng.randint(1, len(script))])
    prompts[0] = f"{prompts[0]} (case {number})"
    title = prompts[0]
    if "long" in kinds:
        prompts[0] += "\n" + filler(rng, 40_000)
    if "empty" in kinds:
        path = session.write(root)
        return Written(session.id, path, "(empty session)", session.cwd, (), frozenset(kinds))
    if "late" in kinds:
        session.attachment("file", filename="notes.txt", content=filler(rng, 100_000))
    for index, prompt in enumerate(prompts):
        session.wait(rng.choice((20, 90, 4_000)))
        _write_turn(session, prompt, rng, rng.randint(bulk // 2, bulk * 3 // 2) // len(prompts))
        if "compacted" in kinds and index == 0:
            session.compact("So far: the cause was found in lock.py.")
        session.fact("last-prompt", lastPrompt=prompt[:200], leafUuid=session.parent)
    if "ai_titled" in kinds:
        title = f"{project.title()} work, case {number}"
        session.fact("ai-title", aiTitle=title)
    if "titled" in kinds:
        title = f"My case {number}"
        session.fact("custom-title", customTitle=title)
        session.fact("agent-name", agentName=title)
    if "torn" in kinds:
        session.reply("This never")
        session.lines[-1] = session.lines[-1][:150]
    path = session.write(root)
    if "subagent" in kinds:
        _write_subagent(path, session)
    return Written(session.id, path, title, session.cwd, tuple(prompts), frozenset(kinds))


def _write_turn(session: Transcript, prompt: str, rng: random.Random, bulk: int) -> None:
    session.fact("queue-operation", operation="enqueue", timestamp=session.stamp(), content=prompt)
    session.prompt(prompt).bulk(bulk)
    for name, arguments, result in rng.sample(_CALLS, rng.randint(0, 3)):
        session.tool(name, arguments, result, say=rng.choice(("", "Let me look.")))
    session.reply(rng.choice(_ANSWERS))
    calls = session.messages + 1  # one that only the total knows, such as for a title
    session.cost(round(0.0021 * calls, 6), 77 * calls)


def _write_subagent(path: Path, session: Transcript) -> None:
    agent = session.subagent("a1", "Search the folder.")
    agent.reply("Nothing there.", message_id=f"msg_{session.id[:8]}_agent").write_subagent(path)
