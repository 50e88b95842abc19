"""Gives each test the mark of the folder that it is in, so that ``pytest -m unit`` and its like need no list."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.sandboxes import sandbox

__all__ = ["sandbox"]  # a fixture of all tests

settings.register_profile("no time limit", deadline=None)  # a busy machine is no failure
settings.load_profile("no time limit")

TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(item.path.relative_to(TESTS).parts[0])
