"""A Python 2 to 3 migration over three days, paused before its tests."""

from __future__ import annotations

from datetime import timedelta

from agentsess.demo.project import INVENTORY, INVENTORY_CHANGE
from agentsess.demo.story import (
    Story,
    bash,
    edit,
    glob,
    grep,
    later,
    read,
    refused,
    reply,
    write,
    you,
)
from agentsess.model import Status

_DAY_1 = (
    you(
        """
We have to get `ledger-tools` off Python 2.7: the build image drops it at the end of the
quarter. Five modules, five test files, no C extensions. Make a plan in phases first, and do
not change anything yet.
"""
    ),
    reply(
        "I will look at the size of the package and at what Python 3 says about it.",
        glob(
            "**/*.py",
            """
ledger/__init__.py
ledger/cli.py
ledger/money.py
ledger/parser.py
ledger/report.py
ledger/store.py
tests/__init__.py
tests/test_cli.py
tests/test_money.py
tests/test_parser.py
tests/test_report.py
tests/test_store.py
""",
        ),
        bash(
            "python3 -m compileall -q ledger tests",
            """
*** Error compiling 'ledger/cli.py'...
    print >>sys.stderr, "usage: ledger FILE"
SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?
*** Error compiling 'ledger/parser.py'...
    except ValueError, error:
SyntaxError: multiple exception types must be parenthesized
*** Error compiling 'tests/test_cli.py'...
*** Error compiling 'tests/test_parser.py'...
""",
            failed=True,
        ),
        thinking="""
compileall finds syntax only. Integer division, iteritems and StringIO compile well and fail,
or silently change results, at run time. Search for those too before planning.
""",
    ),
    reply(
        "Four files do not compile. What compiles and still behaves differently is the "
        "larger risk.",
        grep(
            r"iteritems|StringIO|unicode\(|raw_input| / ",
            """
ledger/money.py:8:    return "%d.%02d" % (int(cents / 100.0), abs(cents) % 100)
ledger/report.py:3:from StringIO import StringIO
ledger/report.py:14:    for category, cents in totals.iteritems():
ledger/store.py:11:        for category, cents in other.iteritems():
tests/test_report.py:2:from StringIO import StringIO
tests/test_store.py:11:        for category, cents in totals.by_category.iteritems():
""",
        ),
    ),
    reply(
        """
Here is the plan. The order is chosen so that each phase can be merged by itself.

## Phase 1: inventory and tooling
A list of every Python 2 line, a way to run the tests on both versions, CI on both.

## Phase 2: the package
Module by module, smallest first: `money`, `store`, `parser`, `report`, `cli`.

## Phase 3: the tests
Five files. They stay on 2.7 until the package is done, so that they keep us honest.

## Phase 4: farewell to 2.7
CI on 3.11 and 3.13 only, classifiers, README.

| Risk | Where | What happens |
|---|---|---|
| division | `money.py` | amounts may be rounded differently |
| order of `dict` | `report.py` | lines of the report change places |
| text and bytes | `cli.py` | only with non-ASCII categories |

Two questions before I start:

1. Do you need both versions at once, with `six`, or may 2.7 go?
2. Is the order of the report's lines a promise to anyone?
"""
    ),
    you(
        """
No six, 2.7 may go. Target 3.11. And yes, the order matters: accounting diffs the reports.
Largest spending first, write that down as the rule.
"""
    ),
    reply(
        """
Decided: **3.11 is the target, no `six`**, and **the report is sorted by amount, largest
spending first**. I write both into `MIGRATION.md` with the inventory.
""",
        write("MIGRATION.md", INVENTORY),
        bash(
            "python2.7 -m unittest discover -s tests",
            "......\n" + "-" * 70 + "\nRan 6 tests in 0.004s\n\nOK",
        ),
    ),
    reply(
        """
Phase 1 is done: the inventory is written, and all 6 tests pass on 2.7, so we have a base line.

- [x] Phase 1: inventory and tooling
- [ ] Phase 2: the package
- [ ] Phase 3: the tests
- [ ] Phase 4: farewell to 2.7

Shall I start phase 2 with `ledger/money.py`?
"""
    ),
)

_DAY_2 = (
    you(
        "Good morning. Phase 2 please, smallest module first. Show me money.py before you touch it."
    ),
    reply(
        "",
        read(
            "ledger/money.py",
            """
def parse_cents(text):
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("+-").partition(".")
    return sign * (int(whole or "0") * 100 + int((part + "00")[:2]))


def show(cents):
    return "%d.%02d" % (int(cents / 100.0), abs(cents) % 100)
""",
        ),
    ),
    reply(
        """
The division is safe, it is done in floats on both versions. But amounts between -0.99 and 0
lose their sign, **on both versions**:

```python
>>> show(-5)
'0.05'
```

That is a bug today, not only after the migration. May I fix it in the same change?
""",
        thinking="int(-0.05) is 0, and 0 has no sign. A refund of five cents is shown as a charge.",
    ),
    you("Wow. Yes, fix it, and add a test for it."),
    reply(
        "I compute with the absolute value and put the sign in front.",
        edit(
            "ledger/money.py",
            '    return "%d.%02d" % (int(cents / 100.0), abs(cents) % 100)',
            '    sign = "-" if cents < 0 else ""\n'
            '    return "%s%d.%02d" % (sign, abs(cents) // 100, abs(cents) % 100)',
        ),
        edit(
            "tests/test_money.py",
            'self.assertEqual(show(1200), "12.00")',
            'self.assertEqual(show(-5), "-0.05")',
        ),
        bash("python3 -m unittest tests/test_money.py", "Ran 2 tests in 0.000s\n\nOK"),
    ),
    reply(
        "`money` is done, and `tests/test_money.py` runs on Python 3 already. Next `store` "
        "and `parser`.",
        edit(
            "ledger/store.py",
            "for category, cents in other.iteritems():",
            "for category, cents in other.items():",
        ),
        edit("ledger/parser.py", "except ValueError, error:", "except ValueError as error:"),
        bash("python3 -m compileall -q ledger", "", failed=False),
    ),
    reply(
        "Both compile. For `report` I would compare the output of both versions on real data.",
        refused("cp -r /srv/ledgers build/samples", "No production data, please."),
    ),
    you("Not on the production ledgers please. tests/ has everything you need."),
    reply(
        "Understood, no production data. I sort in `report` and compare on the tests' entries.",
        edit(
            "ledger/report.py",
            "for category, cents in totals.iteritems():",
            "for category, cents in sorted(totals.items(), key=lambda item: item[1]):",
        ),
        edit("ledger/report.py", "print >>stream, line", 'stream.write(line + "\\n")'),
        bash(
            "python3 -c 'import ledger.report, ledger.cli'",
            """
  File "ledger/cli.py", line 12
    print >>sys.stderr, "usage: ledger FILE"
SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?
""",
            failed=True,
        ),
    ),
    reply(
        "As expected, `cli` is the last one. It reads the file as text now, so non-ASCII "
        "categories work.",
        edit(
            "ledger/cli.py",
            'print >>sys.stderr, "usage: ledger FILE"',
            'sys.exit("usage: ledger FILE")',
        ),
        bash("python3 -m compileall -q ledger && python3 -c 'import ledger.cli'", ""),
    ),
    reply(
        """
Phase 2 is done: all five modules import and run on Python 3.

| Module | Change | Behaviour |
|---|---|---|
| `money` | sign | **fixed**: `-0.05` was shown as `0.05` |
| `store` | `items()` | same |
| `parser` | `except … as` | same |
| `report` | sorted, `write` | order is now a rule, no longer luck |
| `cli` | `sys.exit`, text mode | exit code 1 instead of 0 on wrong usage |

- [x] Phase 1: inventory and tooling
- [x] Phase 2: the package
- [ ] Phase 3: the tests
- [ ] Phase 4: farewell to 2.7

Open question: does anything of yours rely on the exit code 0 of a wrong usage?
"""
    ),
)

_DAY_3 = (
    you("Nobody relies on it. Quick check before stand-up: what is left in the tests, exactly?"),
    reply(
        "I run them all on Python 3 and read the failures.",
        bash(
            "python3 -m unittest discover -s tests",
            """
E..EEE
ERROR: test_cli: SyntaxError: Missing parentheses in call to 'print'
ERROR: test_parser: SyntaxError: multiple exception types must be parenthesized
ERROR: test_report: ModuleNotFoundError: No module named 'StringIO'
ERROR: test_entries_add_up: AttributeError: 'dict' object has no attribute 'iteritems'
----------------------------------------------------------------------
Ran 6 tests in 0.001s

FAILED (errors=4)
""",
            failed=True,
        ),
        edit("MIGRATION.md", *INVENTORY_CHANGE),
    ),
    reply(
        """
Four failures, each a single line, none of them in the package:

- [x] Phase 1: inventory and tooling
- [x] Phase 2: the package
- [x] `tests/test_money.py`
- [ ] `tests/test_parser.py`: the old `except ValueError, error` form
- [ ] `tests/test_report.py`: `StringIO` has moved to `io`
- [ ] `tests/test_store.py`: `iteritems()` is gone
- [ ] `tests/test_cli.py`: a `print` statement
- [ ] Phase 4: farewell to 2.7
"""
    ),
    you(
        "Release week, I have to leave it here. Keep the plan as it is, we go on after the release."
    ),
    reply(
        """
**Phases 1 and 2 are done; phase 3, the tests, is next: 4 of 5 files left.** Nothing is half
done: the package runs on Python 3, and the list above is where we go on. When you are back,
say "ready for phase 3".
"""
    ),
)

MIGRATION = Story(
    title="Migrate ledger-tools from Python 2.7 to 3.11",
    project="ledger-tools",
    ended=timedelta(days=6, hours=3),
    status=Status.PAUSED,
    tags=("migration", "python", "q4"),
    notes="After the release: phase 3. Accounting diffs the reports, the order is a promise.",
    metadata={
        "user": "dana",
        "description": "Move ledger-tools to Python 3.11 before the build image drops 2.7",
        "priority": "high",
        "ticket": "LED-118",
    },
    lines=(*_DAY_1, later(hours=20), *_DAY_2, later(hours=21, minutes=20), *_DAY_3),
)
