"""Gives each test the mark of the folder that it is in, so that ``pytest -m unit`` and its like need no list."""

from pathlib import Path

import pytest

from tests.sandboxes import sandbox

__all__ = ["sandbox"]  # a fixture of all tests

TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(item.path.relative_to(TESTS).parts[0])
