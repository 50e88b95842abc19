"""Say how much of the planner the tests reach: ``python -m tools.branches`` reads what ``pytest --cov`` has written."""

from __future__ import annotations

import json
import sys
from pathlib import Path

REPORT = Path(".cache/coverage.json")
LEAST = 95.0
"""Per cent of the branches."""


def main() -> int:
    """Print one line, and return 1 where it is too little."""
    found = json.loads(REPORT.read_text(encoding="utf-8"))["totals"]
    branches, lines = found["percent_branches_covered"], found["percent_statements_covered"]
    said = f"{branches:.1f} % of {found['num_branches']} branches, {lines:.1f} % of the lines"
    sys.stdout.write(f"coverage of mirrors/planning: {said}\n")
    if branches < LEAST:
        sys.stdout.write(f"At least {LEAST:.0f} % of the branches are wanted: pytest --cov-report=term-missing\n")
    return int(branches < LEAST)


if __name__ == "__main__":
    sys.exit(main())
