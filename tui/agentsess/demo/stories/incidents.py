"""Things that went wrong: an incident, a flaky test, a slow endpoint, a cut-off run."""

from __future__ import annotations

from datetime import timedelta

from agentsess.demo.story import Story, bash, edit, event, grep, read, reply, write, you
from agentsess.model import Status

INCIDENT = Story(
    title="Incident: orders stuck in pending",
    project="order-service",
    ended=timedelta(days=2, hours=5),
    status=Status.COMPLETED,
    tags=("incident", "sev-2"),
    notes="Post-mortem is due on Thursday. Root cause: the pool, not the queue.",
    model="claude-opus-5-5",
    metadata={
        "user": "dana",
        "description": "Get the 312 orders that are stuck in pending going again",
        "priority": "urgent",
        "severity": 2,
    },
    lines=(
        you(
            "Orders are stuck in `pending` since 14:05. The queue grows, the consumers look alive. "
            "Help me find out why; read-only until I say otherwise."
        ),
        reply(
            "Read-only, understood. First the consumers' own view of it.",
            bash(
                "tail -n 200 logs/consumer.log | grep -c 'lease expired'",
                "187",
            ),
            bash(
                "grep -h 'pool' logs/consumer.log | tail -n 3",
                """
14:22:07 WARN pool: 20 of 20 connections in use, waited 30.0 s
14:22:09 WARN pool: 20 of 20 connections in use, waited 30.0 s
14:22:11 ERROR lease expired for order batch 88213, returned to queue
""",
            ),
        ),
        reply(
            """
The consumers are alive but wait for a database connection until their lease runs out; the
batch goes back to the queue and the next consumer does the same. The queue is a symptom.

Who holds 20 connections? Two candidates:

1. a slow query since the 13:50 release,
2. connections that are not given back.
""",
            grep(
                "pool.acquire",
                """
consumer/worker.py:41:    async with pool.acquire() as connection:
consumer/refunds.py:27:    connection = await pool.acquire()
""",
            ),
            read(
                "consumer/refunds.py",
                """
async def refund(pool, order):
    connection = await pool.acquire()
    if not order.paid:
        return None
    await connection.execute(REFUND, order.id)
    await pool.release(connection)
""",
            ),
            thinking="An early return without release. One lost connection per unpaid order.",
        ),
        reply(
            """
Found it. `refund` returns early for an unpaid order **without giving the connection back**.
Each such order loses one connection for good; after 20 of them the pool is empty.

- Mitigation now: restart the consumers, 20 connections come back.
- Fix: `async with`, as `worker.py` does.
"""
        ),
        you("Consumers are restarted, the queue drains. Go ahead with the fix, and a test."),
        reply(
            "A test first, so that we see it fail.",
            write(
                "tests/test_refunds.py",
                """\
async def test_an_unpaid_order_gives_its_connection_back(pool, unpaid_order):
    await refund(pool, unpaid_order)
    assert pool.in_use == 0
""",
            ),
            bash(
                "pytest -q tests/test_refunds.py",
                """
F                                                                        [100%]
E       assert 1 == 0
FAILED tests/test_refunds.py::test_an_unpaid_order_gives_its_connection_back
1 failed in 0.31s
""",
                failed=True,
            ),
        ),
        reply(
            "It fails for the right reason. Now the fix.",
            edit(
                "consumer/refunds.py",
                "    connection = await pool.acquire()\n    if not order.paid:\n        "
                "return None",
                "    if not order.paid:\n        return None\n    async with pool.acquire() "
                "as connection:",
            ),
            bash("pytest -q tests", "148 passed in 6.02s"),
        ),
        reply(
            """
Fixed, 148 tests pass.

| Time | What |
|---|---|
| 13:50 | release with the refund change |
| 14:05 | pool empty, first order stuck |
| 14:31 | cause found |
| 14:34 | consumers restarted, queue drains |
| 14:52 | fix merged |

- [x] Find the cause
- [x] Restart the consumers
- [x] Fix and test
- [x] All 312 orders processed

For the post-mortem: an alert on *pool wait time* would have rung at 13:58.
"""
        ),
        you("312 of 312 processed. Thanks, closing this."),
        reply("The incident is over: one lost connection per unpaid order, fixed with a test."),
    ),
)

FLAKY = Story(
    title="Hunt the flaky test in test_scheduler",
    project="job-runner",
    ended=timedelta(days=1, hours=2),
    status=Status.PAUSED,
    tags=("flaky", "ci"),
    notes="Only seen on the CI runners so far.",
    metadata={
        "user": "ravi",
        "description": "Find out why test_jobs_run_in_order fails once in thirty runs",
        "priority": "medium",
    },
    lines=(
        you(
            "`test_jobs_run_in_order` fails about once in thirty CI runs. Nobody can reproduce it. "
            "Find out why, please do not just add a retry."
        ),
        reply(
            "No retry. Let me try to make it fail here, in a loop and with random order.",
            bash(
                "pytest -q tests/test_scheduler.py --count 200 -p no:randomly",
                "200 passed in 41.80s",
            ),
            bash(
                "pytest -q tests/test_scheduler.py --count 200 -n 4",
                """
FAILED tests/test_scheduler.py::test_jobs_run_in_order[113-200]
E       assert ['b', 'a', 'c'] == ['a', 'b', 'c']
1 failed, 199 passed in 15.20s
""",
                failed=True,
            ),
        ),
        reply(
            """
Alone it never fails; with four workers it fails once in 200. So **load** matters. The test
gives its jobs times 1 ms apart and relies on the scheduler being awake in between.
""",
            grep(
                "call_later|heapq",
                """
scheduler.py:58:    heapq.heappush(self._due, (job.at, job))
scheduler.py:71:    self._loop.call_later(0, self._run_due)
""",
            ),
            thinking="Heap orders by job.at; equal floats fall through to comparing job objects.",
        ),
        reply(
            """
My working theory: under load two jobs get the **same** `at` (the clock has a resolution of
1 ms in the container), and the heap then compares the jobs themselves, by priority and not
by insertion.

- [x] Reproduce: `-n 4 --count 200`
- [x] Narrow it down to `scheduler.py:58`
- [ ] Prove it: freeze the clock and push two jobs at the same time
- [ ] Fix: add a running number to the heap's key
- [ ] Ask the team whether first-in, first-out is a promise
"""
        ),
        you("Good theory. I have to ask the team whether FIFO is a promise. Pausing until then."),
        reply(
            "The cause is narrowed down; the fix waits for one answer: is first-in, first-out "
            "a promise or luck?"
        ),
    ),
)

LATENCY = Story(
    title="Why did checkout p95 double after 4.2?",
    project="storefront-api",
    ended=timedelta(minutes=12),
    status=Status.ACTIVE,
    tags=("performance",),
    model="claude-opus-5-5",
    metadata={
        "user": "dana",
        "description": "Bring the p95 of checkout back from 390 ms to 180 ms",
        "priority": "high",
    },
    lines=(
        you(
            "Since release 4.2 the p95 of `POST /checkout` is 390 ms instead of 180 ms. CPU "
            "is flat. "
            "Profiles of both versions are in `profiles/`. Where does the time go?"
        ),
        reply(
            "CPU is flat, so I compare waiting, not computing.",
            bash(
                "python tools/profdiff.py profiles/4.1.prof profiles/4.2.prof --top 4",
                """
+148 ms  db.fetch_all       calls 3 -> 41
 +31 ms  json.encode        calls 1 -> 1
  +9 ms  tax.rate_for       calls 12 -> 12
  -2 ms  cart.load          calls 1 -> 1
""",
            ),
        ),
        reply(
            """
`db.fetch_all` is called **41 times instead of 3**: one query for each item of the cart, a
classic N+1. The change must be in how items are loaded.
""",
            grep(
                "fetch_all",
                "checkout/discounts.py:33:        rows = await db.fetch_all(RULES, item.sku)",
            ),
            read(
                "checkout/discounts.py",
                """
async def discounts(db, cart):
    found = []
    for item in cart.items:
        rows = await db.fetch_all(RULES, item.sku)
        found.extend(Discount(item, row) for row in rows)
    return found
""",
            ),
        ),
        you("That is the new discount engine. Can it be one query without changing the result?"),
        reply(
            "Yes: fetch the rules of all items at once and group them.",
            edit(
                "checkout/discounts.py",
                "    for item in cart.items:\n        rows = await db.fetch_all(RULES, item.sku)",
                "    rules = group(await db.fetch_all(RULES_OF_MANY, [i.sku for i in "
                "cart.items]))\n"
                "    for item in cart.items:\n        rows = rules[item.sku]",
            ),
            bash("pytest -q tests/checkout", "64 passed in 3.77s"),
            bash(
                "python tools/load.py --checkout --seconds 30",
                "requests 9120  p50 61 ms  p95 171 ms  p99 240 ms  errors 0",
            ),
        ),
        reply(
            """
p95 is back to **171 ms** on the load test, and the 64 checkout tests pass.

| | 4.1 | 4.2 | now |
|---|---:|---:|---:|
| queries per checkout | 3 | 41 | 4 |
| p95 | 180 ms | 390 ms | 171 ms |

- [x] Find the cause
- [x] One query instead of one per item
- [ ] Guard: a test that counts queries per checkout
- [ ] Look at `json.encode`, +31 ms

Shall I add the guard first? It would be a test that fails above 6 queries.
"""
        ),
    ),
)

INTERRUPTED = Story(
    title="Retry webhooks with back-off",
    project="notify-hub",
    ended=timedelta(minutes=55),
    status=Status.ACTIVE,
    tags=("feature",),
    metadata={
        "user": "ravi",
        "description": "Retry failed webhooks with back-off, across restarts",
        "priority": "medium",
    },
    lines=(
        you(
            "Webhooks that fail are dropped today. Retry them: 5 times, doubling from 2 s, "
            "with jitter."
        ),
        reply(
            "Let me see how one is sent now.",
            read(
                "hub/webhooks.py",
                """
async def send(client, hook, payload):
    answer = await client.post(hook.url, json=payload, timeout=10)
    if answer.status_code >= 400:
        log.warning("webhook %s: %s", hook.id, answer.status_code)
""",
            ),
        ),
        reply(
            """
Two things to settle first. A 4xx is the receiver's word, retrying it will not help, so I
would retry **5xx, 429 and time-outs only**. And retries must survive a restart, so they
belong into the database, not into a sleeping task.

- [x] Read the current sender
- [ ] Table `webhook_attempts`
- [ ] Worker that picks up what is due
- [ ] Tests: order of delays, 4xx is final, restart
"""
        ),
        you("Yes to both. Create the table first, then the worker."),
        reply(
            "",
            write(
                "migrations/0042_webhook_attempts.sql",
                "CREATE TABLE webhook_attempts (\n    id bigserial PRIMARY KEY,\n"
                "    hook_id bigint NOT NULL,\n    attempt int NOT NULL DEFAULT 0,\n"
                "    due_at timestamptz NOT NULL\n);\n",
            ),
        ),
        event(
            "error",
            "The API is overloaded (529). What was said so far is kept; send the prompt "
            "again to go on.",
            error="Overloaded",
            status=529,
        ),
    ),
)
