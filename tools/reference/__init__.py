"""Files that are made of the code: ``python -m tools.reference`` writes them, a test compares them."""

from __future__ import annotations

from pathlib import Path

from tools.reference import commands, configuration, problems, schema

CHECKOUT = Path(__file__).resolve().parents[2]
REFERENCE = CHECKOUT / "docs" / "reference"
MADE = "<!-- Made by `make docs` from the code. Change the code, not this page. -->\n\n"


def files() -> dict[Path, str]:
    """Return {file: its text}. Raises LookupError where something has no docstring."""
    pages = {REFERENCE / name: text for name, text in commands.pages().items()}
    pages |= {REFERENCE / "configuration" / name: text for name, text in configuration.pages().items()}
    pages |= {REFERENCE / "problems" / name: text for name, text in problems.pages().items()}
    return {CHECKOUT / schema.FILE: schema.text(), **{path: MADE + text for path, text in pages.items()}}
