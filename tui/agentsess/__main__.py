"""``python -m agentsess`` is ``agentsess-tui``."""

import sys

from agentsess.cli import main

if __name__ == "__main__":
    sys.exit(main())
