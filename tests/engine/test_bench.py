"""The benchmark itself, once and small: so that it still runs when its numbers are wanted."""

import os
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from tools.bench.__main__ import parts
from tools.bench.contenders import FLOOR, NAIVE, OPERATIONS, OURS, SCRIPT
from tools.bench.course import FIRST_LOAD, LIFECYCLE, UNKEPT, Point, lifecycle
from tools.bench.report import sections, write

MIRRORS = 2
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> list[Point]:
    return list(lifecycle(tmp_path_factory.mktemp("bench"), MIRRORS, 1, (OURS, FLOOR, SCRIPT, NAIVE)))


def test_each_contender_carries_out_each_operation(points: list[Point]) -> None:
    assert [(item.operation, item.contender) for item in points] == [
        (operation, contender) for operation in OPERATIONS for contender in (OURS, FLOOR, SCRIPT, NAIVE)
    ]


def test_all_that_speak_to_the_platform_deploy_the_same_number_of_times(points: list[Point]) -> None:
    polled = {(item.operation, item.contender): item.sample.polls for item in points}
    for operation, deployments in zip(OPERATIONS, (MIRRORS, 0, MIRRORS, 0, 0), strict=True):
        assert {polled[operation, contender] for contender in (OURS, SCRIPT, NAIVE)} == {deployments}, operation
        assert polled[operation, FLOOR] == 0


def test_engine_program_and_provider_are_seen(points: list[Point]) -> None:
    for item in points:
        seen = item.sample.seen
        assert seen.memory.engine > 0
        if item.contender != SCRIPT:
            assert min(seen.memory.program, seen.memory.provider, seen.providers) > 0, item


def test_a_section_is_replaced_and_what_stands_around_it_is_not(points: list[Point], tmp_path: Path) -> None:
    file = tmp_path / "benchmarks.md"
    [(title, section)] = sections(points, "a machine").items()
    file.write_text(f"# Before\n\n<!-- measured: {title} -->\nold\n<!-- end: {title} -->\n\nafter\n", encoding="utf-8")
    write(file, {title: section, "Another": "new\n"})
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# Before\n")
    assert "old" not in text
    assert all(f"| {operation} |" in text for operation in OPERATIONS)
    assert re.search(r"after\n\n<!-- measured: Another -->\nnew\n<!-- end: Another -->\n$", text)


def test_a_large_fleet_is_measured_without_checkpoints_and_its_table_says_so(tmp_path: Path) -> None:
    """With them, the time of its commands grows with the square of the mirrors."""
    assert parts(1000) == (UNKEPT,)
    assert parts(333) == (LIFECYCLE, FIRST_LOAD)
    assert parts(10) == (LIFECYCLE,)
    first, *_ = measured = list(islice(lifecycle(tmp_path, MIRRORS, 1, (OURS, FLOOR), UNKEPT), 2))
    [title] = sections(measured, "a machine")

    assert title == "2 mirrors, without checkpoints"
    assert first.part == UNKEPT


def test_the_command_refuses_what_it_cannot_measure() -> None:
    command = (sys.executable, "-m", "tools.bench", "--count", "0", "--part", LIFECYCLE)
    refused = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "0 is not above zero" in refused.stderr
