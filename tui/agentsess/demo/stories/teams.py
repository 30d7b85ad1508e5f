"""Several agents on one session: one plans, one builds, one reviews."""

from __future__ import annotations

from datetime import timedelta

from agentsess.demo.story import Story, bash, by, edit, glob, later, read, reply, write, you
from agentsess.model import Status

CONSENT = Story(
    title="Cookie consent for the shop, with a reviewer",
    project="storefront-web",
    ended=timedelta(days=3, hours=7),
    status=Status.PAUSED,
    tags=("feature", "privacy"),
    notes="Legal answers on Friday. Until then nothing goes live.",
    metadata={
        "user": "dana",
        "description": "Ask for consent before anything but the cart is stored",
        "priority": "high",
    },
    lines=(
        you(
            "The shop needs a consent banner before the sale starts. planner makes the plan, "
            "builder builds it, reviewer looks at every step before the next one begins."
        ),
        by(
            "planner",
            reply(
                "First what the shop stores today, then the plan.",
                glob("src/**/storage*.ts", "src/cart/storage.ts\nsrc/tracking/storage.ts"),
                bash(
                    "grep -rln 'document.cookie' src",
                    "src/ads/pixel.ts\nsrc/cart/storage.ts\nsrc/tracking/storage.ts",
                ),
            ),
        ),
        by(
            "planner",
            reply(
                """
Three places store something; only the cart may do so unasked.

## Plan

1. One module that knows what was consented to
2. Tracking and ads ask it before they store
3. The banner, with "only what is needed" as large as "all"
4. The page where one changes one's mind
"""
            ),
        ),
        you("Good plan. No third-party consent tool, we keep it in our own code."),
        by(
            "builder",
            reply(
                "Step 1, the module.",
                write("src/consent/consent.ts", "export type Purpose = 'stats' | 'ads';\n"),
                write("src/consent/consent.test.ts", "test('nothing is granted', …);\n"),
                bash("npm test -- consent", "Tests: 9 passed, 9 total"),
            ),
        ),
        by(
            "reviewer",
            reply(
                "I read it against the plan.",
                read("src/consent/consent.ts", "1\texport type Purpose = 'stats' | 'ads';"),
            ),
        ),
        by(
            "reviewer",
            reply(
                "One thing: consent is kept for ever. It should be asked again after 12 "
                "months; the rest is fine."
            ),
        ),
        by(
            "builder",
            reply(
                "Right, it expires after 12 months now.",
                edit("src/consent/consent.ts", "return stored;", "return fresh(stored, MONTHS);"),
                bash("npm test -- consent", "Tests: 11 passed, 11 total"),
            ),
        ),
        later(hours=20),
        you("Next step, builder."),
        by(
            "builder",
            reply(
                "Step 2: tracking and ads ask first.",
                edit("src/tracking/storage.ts", "save(id);", "if (granted('stats')) save(id);"),
                edit("src/ads/pixel.ts", "load();", "onGrant('ads', load);"),
                bash("npm test", "Tests: 214 passed, 214 total"),
            ),
        ),
        by(
            "reviewer",
            reply(
                """
Steps 1 and 2 are as planned; 214 tests pass.

- [x] One module that knows what was consented to
- [x] Tracking and ads ask it before they store
- [ ] The banner, with "only what is needed" as large as "all"
- [ ] The page where one changes one's mind

Open, for legal: may the shop count visits without consent if it stores nothing?
"""
            ),
        ),
    ),
)
