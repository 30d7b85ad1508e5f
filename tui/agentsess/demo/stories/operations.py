"""Running things: a back-fill, infrastructure, a mail job in German, a support case."""

from __future__ import annotations

from datetime import timedelta

from agentsess.demo.story import Story, bash, edit, event, grep, later, read, reply, write, you
from agentsess.model import Status

BACKFILL = Story(
    title="Back-fill 14 months of sensor readings",
    project="sensor-lake",
    ended=timedelta(days=8, hours=4),
    status=Status.PAUSED,
    tags=("data", "pipeline"),
    notes="Runs only at night. Month 2025-11 needs the other schema!",
    model="claude-sonnet-4-5-20250929",
    metadata={
        "user": "ravi",
        "description": "Load 14 months of raw readings into readings_v2, safely",
        "priority": "medium",
    },
    lines=(
        you(
            "Load 14 months of raw readings into `readings_v2`, one month a night. It must be safe "
            "to run twice. Start with a dry run of one month."
        ),
        reply(
            "Safe to run twice means: one partition per month, replaced as a whole.",
            write(
                "jobs/backfill.py",
                """\
def load(month: str, dry_run: bool) -> Counts:
    rows = [convert(row) for row in raw(month)]
    if not dry_run:
        replace_partition("readings_v2", month, rows)
    return Counts(read=len(rows), rejected=rejected(rows))
""",
            ),
            bash(
                "python -m jobs.backfill 2025-08 --dry-run",
                "2025-08  read 4,118,220  rejected 1,904 (0.05 %)  dry run, nothing written",
            ),
        ),
        reply(
            """
The dry run read 4.1 million rows and rejected 1,904, all from one sensor that reports
**Fahrenheit**. Shall I convert these or leave them out?
"""
        ),
        you("Convert, sensor 7731 only. Then run the first three months."),
        reply(
            "",
            edit("jobs/backfill.py", "convert(row) for row", "convert(row, FAHRENHEIT) for row"),
            bash(
                "for m in 2025-08 2025-09 2025-10; do python -m jobs.backfill $m; done",
                """
2025-08  read 4,118,220  rejected 0  written
2025-09  read 3,990,416  rejected 0  written
2025-10  read 4,205,771  rejected 0  written
""",
            ),
        ),
        later(hours=22),
        you("Looks right on the dashboards. Next month."),
        reply(
            "",
            bash(
                "python -m jobs.backfill 2025-11",
                """
Traceback (most recent call last):
  File "jobs/backfill.py", line 31, in convert
KeyError: 'reading_ts'
""",
                failed=True,
            ),
            read(
                "raw/2025-11/_schema.json", '{"ts": "int64", "sensor": "int32", "value": "float32"}'
            ),
        ),
        reply(
            """
November has another schema: `ts` instead of `reading_ts`. Nothing was written, the partition
is replaced as a whole or not at all.

- [x] 2025-08
- [x] 2025-09
- [x] 2025-10
- [ ] 2025-11: blocked, the schema differs
- [ ] 2025-12 to 2026-09: 10 months

Blocked by: is `ts` in November in seconds or milliseconds? The values fit both.
"""
        ),
        you("I have to ask the vendor. Pausing."),
        reply(
            "Then November waits for the vendor. December and later use the old names; I "
            "checked one file."
        ),
    ),
)

TERRAFORM = Story(
    title="Split the Terraform root module",
    project="infra",
    ended=timedelta(days=16, hours=7),
    status=Status.PAUSED,
    tags=("terraform", "refactor"),
    metadata={
        "user": "ines",
        "description": "Split 900 resources into three states, recreating none",
        "priority": "low",
    },
    lines=(
        you(
            "Our root module has 900 resources in one state; a plan takes nine minutes. "
            "Split it into "
            "network, data and apps **without recreating anything**. Plan only, I apply myself."
        ),
        reply(
            "I count first what would go where.",
            bash(
                "terraform state list | cut -d. -f1 | sort | uniq -c | sort -rn | head -n 5",
                """
    212 aws_security_group_rule
    148 aws_route53_record
     96 aws_iam_role_policy
     61 aws_ecs_service
     44 aws_db_parameter_group
""",
            ),
            grep("terraform_remote_state", 'apps/main.tf:3:data "terraform_remote_state" "old" {'),
        ),
        reply(
            """
Proposed order, each step with an empty plan as its proof:

1. **Network** first: nothing depends on apps there.
2. **Data**: moved with `terraform state mv`, protected by `prevent_destroy`.
3. **Apps** stay where they are and read the others' outputs.

- [ ] Phase 1: network, 310 resources
- [ ] Phase 2: data, 120 resources
- [ ] Phase 3: apps, what remains
"""
        ),
        you("Good. Phase 1."),
        reply(
            "I write the moves as a script, so that you can read them before you run them.",
            write(
                "moves/01-network.sh",
                "set -eu\nterraform state pull > backup.tfstate\n"
                "terraform state mv -state-out=network.tfstate module.vpc module.vpc\n",
            ),
            bash(
                "terraform -chdir=network plan -detailed-exitcode",
                "No changes. Your infrastructure matches.",
            ),
        ),
        reply(
            """
The plan of `network` is empty: **nothing would be recreated**.

- [x] Phase 1: network, 310 resources
- [ ] Phase 2: data, 120 resources
- [ ] Phase 3: apps, what remains

Before phase 2 I need `prevent_destroy` on all databases.
"""
        ),
        you("Applied, plan is down to six minutes. Phase 2 after the freeze."),
        reply("Noted: phase 2 after the freeze, `prevent_destroy` first."),
    ),
)

GERMAN = Story(
    title="Rechnungsversand auf neue Vorlagen umstellen",
    project="rechnungen",
    ended=timedelta(days=45, hours=2),
    status=Status.ARCHIVED,
    tags=("vorlagen", "versand"),
    notes="Abgeschlossen und abgelegt. Umlaute in Dateinamen beachten.",
    metadata={
        "user": "jörg",
        "description": "Rechnungsversand auf die neuen Vorlagen umstellen",
        "priority": "medium",
    },
    lines=(
        you(
            "Bitte stelle den Rechnungsversand auf die neuen Vorlagen um. Wichtig: Umlaute in "
            "Kundennamen müssen im PDF und im Dateinamen richtig ankommen."
        ),
        reply(
            "Ich sehe mir zuerst an, wie der Dateiname heute entsteht.",
            grep(
                "encode",
                "versand/pdf.py:18:    name = kunde.name.encode('ascii', 'ignore').decode()",
            ),
        ),
        reply(
            """
Da liegt der Fehler: Umlaute werden **weggelassen**. Aus `Müller & Söhne` wird `Mller & Shne`.
Ich schlage vor, den Namen zu behalten und nur Zeichen zu ersetzen, die ein Dateisystem nicht
erlaubt.

| Kunde | bisher | künftig |
|---|---|---|
| Müller & Söhne | `Mller & Shne.pdf` | `Müller & Söhne.pdf` |
| Łódź Handel | `d Handel.pdf` | `Łódź Handel.pdf` |
"""
        ),
        you("Einverstanden. Bitte umsetzen und testen."),
        reply(
            "",
            edit(
                "versand/pdf.py",
                "name = kunde.name.encode('ascii', 'ignore').decode()",
                "name = unicodedata.normalize('NFC', kunde.name).replace('/', '-')",
            ),
            bash("pytest -q tests", "37 passed in 1.92s"),
        ),
        reply(
            """
Umgesetzt, 37 Tests laufen durch.

- [x] Dateinamen mit Umlauten
- [x] Neue Vorlage für alle Rechnungsarten
- [x] Probelauf mit 20 Kunden
"""
        ),
    ),
)

LOCAL_MODEL = Story(
    title="Regex for the old CSV dialect",
    project="imports",
    ended=timedelta(days=61),
    status=Status.ARCHIVED,
    tags=("regex",),
    model="qwen3-coder:30b",
    metadata={
        "user": "mika",
        "description": "Parse fields in single quotes, doubled inside",
        "priority": "low",
    },
    lines=(
        you("A regex for fields like `'it''s'`: single quotes, doubled inside, comma separated?"),
        reply(
            """
```python
FIELD = re.compile(r"'((?:[^']|'')*)'(?:,|$)")
fields = [m.replace("''", "'") for m in FIELD.findall(line)]
```

It fails on purpose for a quote that is never closed: such a line gives fewer fields.
"""
        ),
        you("Works on all samples, thanks."),
        reply(
            "The regex is final. Keep the doubled quote in a test; that is the part one forgets."
        ),
    ),
)

SUPPORT = Story(
    title="Support: exports come out empty for one customer",
    project="support",
    ended=timedelta(days=12, hours=1),
    status=Status.COMPLETED,
    tags=("support",),
    model="claude-haiku-5-5",
    metadata={"user": "mika", "case": "S-20418", "priority": "low"},
    lines=(
        you(
            "A customer says that their CSV exports are empty since Monday. Other customers "
            "are fine. "
            "Their time zone is Pacific/Auckland. Ideas?"
        ),
        reply(
            """
The time zone is a good hint. An export is made for *yesterday*; if "yesterday" is computed in
UTC and filtered in local time, a customer 13 hours ahead gets a day that has not begun.

What to check, cheapest first:

1. Does the export of another customer in the same zone come out empty too?
2. Which `from` and `to` does the export job log?
3. Did their daylight saving time begin on that weekend?
"""
        ),
        you(
            "3 is it: their clocks changed on Sunday. The log says from 00:00 to 00:00 of "
            "the same day."
        ),
        reply(
            """
Then `to` is computed as `from + 24 h` and cut to the local date; on the day of the change
this falls on the same date. A draft for the customer:

> Thank you for the report, and for naming the day it began. Our export computed the end of
> the day wrongly in the week after your clocks changed. Your data is complete; the exports
> since Monday have been made again and are attached. The fix goes out with the next release.
"""
        ),
        later(hours=19),
        you("Sent, the customer is happy. Exports were made again."),
        reply(
            "Case S-20418 is closed: a day was counted as 24 hours across a clock change. The fix "
            "goes out with the next release."
        ),
    ),
)

TRASHED = Story(
    title="Scratch: try the new linter",
    project="playground",
    ended=timedelta(days=5),
    trashed=True,
    metadata={"user": "ravi", "priority": "low"},
    lines=(
        you("Try the new linter on src/ and tell me if it is worth the switch."),
        reply(
            "",
            bash("newlint src/ | tail -n 1", "bash: newlint: command not found", failed=True),
        ),
        reply("It is not installed here. Shall I install it into a virtual environment?"),
        event("interrupted", "The run was interrupted."),
    ),
)
