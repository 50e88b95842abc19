"""Gives each test the mark of the folder that it is in, so that ``pytest -m unit`` and its like need no list."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.sandboxes import sandbox
from tests.search import FEW, QUICK

__all__ = ["sandbox"]  # a fixture of all tests

settings.register_profile("no time limit", deadline=None)  # a busy machine is no failure
settings.register_profile("quick", deadline=None, max_examples=FEW)
settings.load_profile("quick" if QUICK else "no time limit")

TESTS = Path(__file__).parent
STARTS_SOMETHING = (
    *("bench", "chaos", "cli_deploy_runs", "doctor.py", "observe", "platforms", "program", "sandbox", "template"),
    "tools",
)
"""Beginnings of the names of such modules in ``tests/unit``."""

collect_ignore_glob = [f"unit/test_{name}*" for name in STARTS_SOMETHING] if QUICK else []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(item.path.relative_to(TESTS).parts[0])
