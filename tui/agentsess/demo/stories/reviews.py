"""Reading and writing: a review, an audit, documentation, a discussion."""

from __future__ import annotations

from datetime import timedelta

from agentsess.demo.story import Story, bash, edit, glob, grep, later, read, reply, write, you
from agentsess.model import Status

REVIEW = Story(
    title="Review PR 482: rate limiter for the public API",
    project="edge-gateway",
    ended=timedelta(hours=3, minutes=10),
    status=Status.ACTIVE,
    tags=("review",),
    metadata={
        "user": "dana",
        "description": "Review the sliding-window rate limiter, strictly about races",
        "priority": "high",
        "pr": 482,
    },
    lines=(
        you(
            "Please review PR 482 (sliding-window rate limiter). Be strict about races, "
            "lenient on style."
        ),
        reply(
            "I read the diff first, then the tests.",
            bash(
                "git diff --stat main...pr-482",
                """
 gateway/limiter.py       | 96 ++++++++++++++++++++++++
 gateway/middleware.py    | 14 +++-
 tests/test_limiter.py    | 71 +++++++++++++++++
 3 files changed, 179 insertions(+), 2 deletions(-)
""",
            ),
            read(
                "gateway/limiter.py",
                """
class SlidingWindow:
    async def allow(self, key: str) -> bool:
        now = time.time()
        count = await self.redis.zcount(key, now - self.window, now)
        if count >= self.limit:
            return False
        await self.redis.zadd(key, {str(now): now})
        return True
""",
            ),
            thinking="""
Check, then act: two requests can both count limit-1 and both be added. And the member is
str(now): two requests in the same microsecond collapse into one. Also nothing ever trims.
""",
        ),
        reply(
            """
Three findings, two of them block the merge.

| # | Severity | Where | Finding |
|---|---|---|---|
| 1 | **blocking** | `limiter.py:4` | count and add are two steps: parallel requests pass together |
| 2 | **blocking** | `limiter.py:7` | nothing removes old members, a key grows for ever |
| 3 | minor | `limiter.py:7` | `str(now)` as member: equal times count once |

For 1 and 2 a small Lua script does *trim, count, add, expire* in one step:

```lua
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, ARGV[1])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
```

The tests never run two requests at once; shall I write one that shows finding 1?
"""
        ),
        you("Yes please, a failing test is worth more than my word."),
        reply(
            "",
            write(
                "tests/test_limiter_race.py",
                """\
async def test_parallel_requests_do_not_pass_together(redis):
    limiter = SlidingWindow(redis, limit=10, window=60)
    allowed = await asyncio.gather(*(limiter.allow("k") for _ in range(50)))
    assert sum(allowed) == 10
""",
            ),
            bash(
                "pytest -q tests/test_limiter_race.py",
                "E       assert 50 == 10\n1 failed in 0.44s",
                failed=True,
            ),
        ),
        reply(
            """
It fails as predicted: **50 of 50 requests pass** with a limit of 10.

- [x] Read the diff
- [x] Show the race with a test
- [ ] Post the review with findings 1 to 3
- [ ] Second look when the author has pushed

May I phrase the review as a comment for you to post?
"""
        ),
    ),
)

AUDIT = Story(
    title="Security audit of the upload service",
    project="upload-service",
    ended=timedelta(days=21, hours=6),
    status=Status.COMPLETED,
    tags=("security", "audit"),
    notes="All high findings fixed in 2.9.1.",
    model="claude-opus-5-5",
    metadata={
        "user": "ines",
        "description": "Find and fix what must not go public with the upload service",
        "priority": "high",
    },
    lines=(
        you(
            "Audit the upload service before it goes public: path handling, content types, limits, "
            "logging. Give me a table of findings, worst first, each with a proof."
        ),
        reply(
            "I begin with everything that turns user input into a path.",
            grep(
                r"os\.path\.join|open\(",
                """
uploads/store.py:22:    target = os.path.join(ROOT, user.id, filename)
uploads/store.py:23:    with open(target, "wb") as file:
uploads/thumbs.py:15:    source = os.path.join(ROOT, path)
""",
            ),
            bash(
                "python -c \"import os; print(os.path.join('/data', 'u1', '../u2/a.png'))\"",
                "/data/u1/../u2/a.png",
            ),
        ),
        reply(
            "A file name with `..` leaves the user's folder. Now limits and logging.",
            grep(
                r"max_size|Content-Length|log\.",
                """
uploads/http.py:40:    body = await request.body()
uploads/http.py:47:    log.info("upload %s headers=%s", filename, dict(request.headers))
""",
            ),
        ),
        reply(
            """
## Findings

| # | Severity | Finding | Proof |
|---|---|---|---|
| 1 | **high** | path traversal in `store.py:22` | `../u2/a.png` writes to another user |
| 2 | **high** | no size limit, the body is read into memory | one 8 GB request |
| 3 | medium | request headers are logged, with `Authorization` | `http.py:47` |
| 4 | medium | the content type is taken from the client | an `.html` served as given |
| 5 | low | file names are logged unescaped | a line break forges a log line |

Nothing found in: SQL (parameters everywhere), session handling, dependencies.

- [x] Paths
- [x] Limits
- [x] Logging
- [ ] Fix 1 and 2 before the launch
"""
        ),
        you("Fix 1 and 2 now, the rest gets tickets."),
        reply(
            "Names are made by us, the user's name is kept as data only; bodies are streamed "
            "and counted.",
            edit(
                "uploads/store.py",
                "target = os.path.join(ROOT, user.id, filename)",
                "target = ROOT / user.id / uuid4().hex",
            ),
            edit(
                "uploads/http.py",
                "    body = await request.body()",
                "    body = await read_limited(request.stream(), MAX_BYTES)",
            ),
            bash("pytest -q", "203 passed in 9.41s"),
        ),
        reply(
            """
Findings 1 and 2 are fixed, with a test each; 203 tests pass.

- [x] Paths
- [x] Limits
- [x] Logging
- [x] Fix 1 and 2 before the launch

Findings 3 to 5 are written as tickets in `docs/audit.md`.
"""
        ),
    ),
)

API_DOCS = Story(
    title="API docs for the payments endpoints",
    project="payments-api",
    ended=timedelta(days=4, hours=2),
    status=Status.COMPLETED,
    tags=("docs",),
    model="claude-haiku-5-5",
    metadata={
        "user": "mika",
        "description": "Write the reference of all payments endpoints",
        "priority": "medium",
    },
    lines=(
        you(
            "Write reference docs for the payments endpoints from the OpenAPI file, with one "
            "example each."
        ),
        reply(
            "",
            glob("docs/**/*.md", "docs/index.md\ndocs/errors.md"),
            bash(
                "python tools/endpoints.py openapi.yaml",
                """
POST   /payments            create a payment
GET    /payments/{id}       fetch a payment
POST   /payments/{id}/capture
POST   /payments/{id}/refund
GET    /payments            list, newest first
""",
            ),
        ),
        reply(
            "Five endpoints. I write one page each, in the same order: what for, parameters, "
            "example, errors.",
            write(
                "docs/payments/create.md",
                "# Create a payment\n\n`POST /payments` reserves an amount on a card.\n\n"
                "| Field | Type | Meaning |\n|---|---|---|\n| `amount` | integer | cents |\n"
                "| `currency` | string | ISO 4217 |\n| `key` | string | makes a repeat "
                "harmless |\n",
            ),
            write("docs/payments/capture.md", "# Capture a payment\n\nTakes what was reserved.\n"),
            write(
                "docs/payments/refund.md",
                "# Refund a payment\n\nGives it back, in part or whole.\n",
            ),
            bash("mkdocs build --strict", "INFO - Documentation built in 0.84 seconds"),
        ),
        reply(
            """
The pages for *create*, *capture* and *refund* are written, the strict build passes.

One thing I could not find out: **how long does a reservation last** when it is not captured?
The OpenAPI file does not say.
"""
        ),
        you("Seven days, then it is released by itself. Also add list and fetch."),
        reply(
            "",
            edit(
                "docs/payments/capture.md",
                "Takes what was reserved.",
                "Takes what was reserved, within 7 days.",
            ),
            write("docs/payments/fetch.md", "# Fetch a payment\n\nOne payment, by its id.\n"),
            write("docs/payments/list.md", "# List payments\n\nNewest first, 50 to a page.\n"),
            bash("mkdocs build --strict", "INFO - Documentation built in 0.91 seconds"),
        ),
        reply(
            """
All five pages are there:

- [x] create
- [x] fetch
- [x] capture, with the 7 days
- [x] refund
- [x] list
"""
        ),
    ),
)

ARCHITECTURE = Story(
    title="One queue or many? Talking through the event design",
    project="platform",
    ended=timedelta(days=9),
    status=Status.ACTIVE,
    tags=("design", "discussion"),
    metadata={
        "user": "ines",
        "description": "Decide how events travel between six services",
        "priority": "low",
    },
    lines=(
        you(
            "I want to think aloud, no code. We have six services and want events between them. "
            "One big topic with everything, or one per type? Argue against me: I lean to one topic."
        ),
        reply(
            """
Gladly. Against one topic:

- **Everyone reads everything.** A service that wants 2 % of the events pays for all of them.
- **One slow consumer type** decides about retention for all.
- **Access** is all or nothing.

For one topic, fairly: total order across types, and a single place to replay from.

So my first question: do you *need* order between different types of events?
"""
        ),
        you("Between order and payment of the same customer, yes. Elsewhere no."),
        reply(
            """
Then the unit of order is the **customer**, not the topic. That points to a third way: a topic
per *domain* (three or four, not thirty), partitioned by customer. Order and payment share one.

| | one topic | per type | per domain |
|---|---|---|---|
| order where needed | yes | **no** | yes |
| read only what you want | **no** | yes | mostly |
| things to run | 1 | ~30 | 4 |
"""
        ),
        you("Per domain it is. What would make us regret it?"),
        reply(
            """
Decision noted: **topics per domain, partitioned by customer.** What could hurt:

1. A customer with a thousand times the traffic of others: one hot partition.
2. A new event that belongs to two domains. Decide now who decides.
3. Replaying one type means filtering a domain.

Open question for the review: who owns the list of domains?
"""
        ),
        later(days=1),
        you("Good, I take 1 to 3 into the review as they are. Ownership stays open."),
        reply(
            "Topics per domain are decided; who owns the list of domains is left for the review."
        ),
    ),
)
