"""Pages that are made of the code: ``python -m tools.reference`` writes them, a test compares them."""

from __future__ import annotations

from pathlib import Path

from tools.reference import configuration, problems, resources

CHECKOUT = Path(__file__).resolve().parents[2]
MADE = "<!-- made by python -m tools.reference from the docstrings; change those -->\n\n"


def pages() -> dict[Path, str]:
    """Return {file: its text}.

    Raises:
        LookupError: something has no docstring.
    """
    folder = CHECKOUT / "docs"
    return {
        folder / "configuration.md": MADE + configuration.page(),
        folder / "reference" / "problems.md": MADE + problems.page(),
        folder / "resources.md": MADE + resources.page(),
    }
