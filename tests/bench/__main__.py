"""All benchmarks: ``python tests/bench [--quick] [NAME …]`` prints one table."""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))


def main() -> None:
    """Run the benchmarks named, or all."""
    from bench.measure import Row, table

    names = [name for name in sys.argv[1:] if not name.startswith("-")]
    found = sorted(path.stem for path in HERE.glob("bench_*.py"))
    rows: list[Row] = []
    for module in found:
        if names and module.removeprefix("bench_") not in names:
            continue
        with tempfile.TemporaryDirectory(prefix="agentsess-bench-") as folder:
            bench = importlib.import_module(f"bench.{module}")
            for row in bench.rows(Path(folder), quick="--quick" in sys.argv):
                print(" · ".join(row.cells()), file=sys.stderr, flush=True)
                rows.append(row)
    print(table(rows))


if __name__ == "__main__":
    main()
