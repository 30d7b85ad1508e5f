from datetime import UTC, datetime, timedelta

import pytest

from agentsess.ui.render import format as figures

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "short", "long"),
    [
        (timedelta(seconds=-5), "now", "just now"),
        (timedelta(seconds=59), "now", "just now"),
        (timedelta(minutes=1), "1 min", "1 minute ago"),
        (timedelta(hours=3, minutes=59), "3 h", "3 hours ago"),
        (timedelta(days=6), "6 d", "6 days ago"),
        (timedelta(days=125), "4 mo", "4 months ago"),
        (timedelta(days=800), "2 y", "2 years ago"),
    ],
)
def test_ages_are_told_in_one_unit(ago: timedelta, short: str, long: str) -> None:
    assert figures.age(NOW - ago, NOW) == short
    assert figures.long_age(NOW - ago, NOW) == long


def test_tokens_are_short() -> None:
    numbers = [0, 950, 999, 1_000, 1_234, 9_960, 34_400, 999_700, 3_400_000]
    expected = ["0", "950", "999", "1k", "1.2k", "10k", "34k", "1M", "3.4M"]
    assert [figures.tokens(n) for n in numbers] == expected


def test_dollars_admit_what_is_not_known() -> None:
    amounts = [None, 0.0, 0.001, 0.42, 1234.5]
    assert [figures.dollars(a) for a in amounts] == [
        "unknown", "$0.00", "<$0.01", "$0.42", "$1,234.50",
    ]  # fmt: skip


def test_sizes_have_units() -> None:
    assert [figures.size(n) for n in (0, 812, 14_000, 3_400_000)] == [
        "0 B",
        "812 B",
        "14 KB",
        "3.4 MB",
    ]


def test_durations_use_their_two_largest_units() -> None:
    seconds = [0, 12.9, 240, 3 * 3600, 3 * 3600 + 720, 2 * 86_400 + 5 * 3600]
    expected = ["0 s", "12 s", "4 min", "3 h", "3 h 12 min", "2 d 5 h"]
    assert [figures.duration(s) for s in seconds] == expected


def test_counts_agree_with_their_noun() -> None:
    assert [figures.count(n, "line") for n in (0, 1, 1_200)] == ["0 lines", "1 line", "1,200 lines"]
    assert figures.count(2, "entry", "entries") == "2 entries"
