"""The README's list of cases names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
NAMED = re.findall(r"`(test_\w+\.py)::(test_\w+)`", (FOLDER / "README.md").read_text(encoding="utf-8"))


@pytest.mark.once
def test_each_test_of_the_list_exists() -> None:
    assert len(NAMED) > 40
    lost = [f"{module}::{test}" for module, test in NAMED if f"def {test}(" not in (FOLDER / module).read_text("utf-8")]
    assert lost == []
