"""The demo's throw-away project: a small package on its way from Python 2 to 3.

The package itself runs on Python 3; four of its five test files do not yet.
"""

from __future__ import annotations

from pathlib import Path

NAME = "ledger-tools"

INVENTORY = """\
# Moving ledger-tools to Python 3

Target: 3.11. No six. The report is sorted by amount, largest spending first.

- ledger/money.py: division
- ledger/store.py: iteritems
- ledger/parser.py: except clause
- ledger/report.py: StringIO, iteritems, order
- ledger/cli.py: print, text and bytes
- tests: 4 of 5 files do not run on Python 3
"""
INVENTORY_CHANGE = ("- tests: 4 of 5 files", "- tests (phase 3): 4 of 5 files")

FILES = {
    "MIGRATION.md": INVENTORY.replace(*INVENTORY_CHANGE),
    "README.md": """\
# ledger-tools

Reads plain-text ledgers and totals them. Being moved from Python 2.7 to Python 3.

    python3 -m unittest discover -s tests
""",
    "ledger/__init__.py": '"""Read plain-text ledgers and total them."""\n',
    "ledger/money.py": '''\
"""Amounts in cents, so that sums are exact."""


def parse_cents(text):
    """Cents of an amount such as ``-3.20``."""
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("+-").partition(".")
    return sign * (int(whole or "0") * 100 + int((part + "00")[:2]))


def show(cents):
    """An amount as text, with two digits."""
    sign = "-" if cents < 0 else ""
    return "%s%d.%02d" % (sign, abs(cents) // 100, abs(cents) % 100)
''',
    "ledger/parser.py": '''\
"""A line of a ledger: ``2026-01-03  groceries  -3.20``."""

from ledger.money import parse_cents


def parse_line(line):
    """Date, category and cents of one line."""
    fields = line.split()
    if len(fields) != 3:
        raise ValueError("three fields expected: %r" % line)
    day, category, amount = fields
    return day, category, parse_cents(amount)


def parse(lines):
    """All entries, without blank lines and comments."""
    kept = (line.strip() for line in lines)
    return [parse_line(line) for line in kept if line and not line.startswith("#")]
''',
    "ledger/store.py": '''\
"""Totals by category."""


class Totals(object):
    """Adds up entries."""

    def __init__(self):
        self.by_category = {}

    def add(self, category, cents):
        """Count one entry."""
        self.by_category[category] = self.by_category.get(category, 0) + cents
''',
    "ledger/report.py": '''\
"""The report: a line per category, largest spending first."""

from ledger.money import show


def write_report(totals, stream):
    """Write the totals to an open text stream."""
    ordered = sorted(totals.by_category.items(), key=lambda item: item[1])
    for category, cents in ordered:
        stream.write("%-12s %10s\\n" % (category, show(cents)))
''',
    "ledger/cli.py": '''\
"""``python -m ledger.cli FILE``"""

import sys

from ledger.parser import parse
from ledger.report import write_report
from ledger.store import Totals


def main(lines, out=None):
    """Read a ledger's lines and write its report."""
    totals = Totals()
    for _, category, cents in parse(lines):
        totals.add(category, cents)
    write_report(totals, out or sys.stdout)


if __name__ == "__main__":
    with open(sys.argv[1]) as ledger:
        main(ledger)
''',
    "tests/__init__.py": "",
    "tests/test_money.py": """\
import unittest

from ledger.money import parse_cents, show


class MoneyTest(unittest.TestCase):
    def test_cents_are_exact(self):
        self.assertEqual(parse_cents("-3.20"), -320)
        self.assertEqual(parse_cents("12"), 1200)

    def test_shown_with_two_digits(self):
        self.assertEqual(show(-5), "-0.05")
""",
    "tests/test_parser.py": """\
import unittest

from ledger.parser import parse, parse_line


class ParserTest(unittest.TestCase):
    def test_a_line_has_three_fields(self):
        self.assertEqual(parse_line("2026-01-03 groceries -3.20")[2], -320)

    def test_a_short_line_is_named(self):
        try:
            parse_line("2026-01-03 groceries")
        except ValueError, error:
            self.assertIn("groceries", str(error))
        else:
            self.fail("a short line was taken")

    def test_comments_are_left_out(self):
        self.assertEqual(parse(["# March", ""]), [])
""",
    "tests/test_store.py": """\
import unittest

from ledger.store import Totals


class StoreTest(unittest.TestCase):
    def test_entries_add_up(self):
        totals = Totals()
        for cents in (-320, -80):
            totals.add("groceries", cents)
        for category, cents in totals.by_category.iteritems():
            self.assertEqual((category, cents), ("groceries", -400))
""",
    "tests/test_report.py": """\
import unittest
from StringIO import StringIO

from ledger.report import write_report
from ledger.store import Totals


class ReportTest(unittest.TestCase):
    def test_largest_spending_comes_first(self):
        totals = Totals()
        totals.add("books", -1500)
        totals.add("rent", -90000)
        out = StringIO()
        write_report(totals, out)
        self.assertTrue(out.getvalue().startswith("rent"))
""",
    "tests/test_cli.py": """\
import io
import unittest

from ledger.cli import main


class CliTest(unittest.TestCase):
    def test_a_ledger_becomes_a_report(self):
        out = io.StringIO()
        main(["2026-01-03 groceries -3.20", "2026-01-04 groceries -0.80"], out)
        print out.getvalue()
        self.assertIn("-4.00", out.getvalue())
""",
}


def write_project(folder: Path) -> Path:
    """Write the project under ``folder``; returns the project's own folder."""
    root = folder / NAME
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
