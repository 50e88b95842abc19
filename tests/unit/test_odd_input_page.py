"""Each answer that docs/reference/odd-input.md gives is held by a test that exists."""

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs/reference/odd-input.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_the_test_that_holds_an_answer_exists(path: str, name: str) -> None:
    assert f"def {name}(" in (CHECKOUT / path).read_text(encoding="utf-8")


def test_every_row_names_a_test() -> None:
    rows = re.findall(r"^\| (?!input|---).*\|$", PAGE, re.MULTILINE)
    assert len(rows) == len(NAMED) > 0
