"""The scored table: ``python tests/recap_corpus [--misses] [--crossed] [--train]``.

``--misses`` lists what the tuning half misses and says wrongly; the other half only counts.
``--crossed`` scores each session of the tuning half with weights learnt from others of it.
``--train`` learns the weights anew from all of it, first of all.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))


def main() -> None:
    """Score both halves and print them."""
    from agentsess.sessions.recap import likely
    from recap_corpus.corpus import cases
    from recap_corpus.score import score, table
    from recap_corpus.train import score_crossed, train

    tuned = [case for case in cases() if case.tuning]
    if "--train" in sys.argv:
        train(tuned)
        likely.learnt.cache_clear()
    tuning = score_crossed(tuned) if "--crossed" in sys.argv else score(tuned)
    reporting = score(case for case in cases() if not case.tuning)
    print(table(reporting, tuning))
    ours, other = reporting.ours.precision, reporting.baseline.precision
    print(f"\nLines that say any label of the session: {ours:.2f}, of the baseline {other:.2f}")
    print(f"Invented: {len(tuning.invented) + len(reporting.invented)}")
    if "--misses" in sys.argv:
        for title, found in (
            ("Missed", tuning.missed),
            ("Wrong", tuning.wrong),
            ("Invented", tuning.invented),
        ):
            print(f"\n{title}:")
            print("\n".join(f"  {line}" for line in sorted(found, key=_by_field)))


def _by_field(line: str) -> str:
    return line.split(" ", 1)[1].split(":")[0]


if __name__ == "__main__":
    main()
