"""The benchmark itself, once and small: so that it still runs when its numbers are wanted."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tools.bench.builds import HERE
from tools.bench.contenders import FLOOR, OURS, REVISION, SCRIPT
from tools.bench.course import COURSE, OPERATIONS, Point, operations
from tools.bench.project import DESTROY, ROTATION

MIRRORS = 2
ROOT = Path(__file__).parents[2]
CONTENDERS = (OURS, REVISION, SCRIPT, FLOOR)


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> list[Point]:
    """Return this revision as the other one: another build, for which nothing has to be installed."""
    directory, other = tmp_path_factory.mktemp("bench"), replace(HERE, name="other")
    return list(operations(directory, MIRRORS, 1, against=other, also=(DESTROY,)))


def test_each_contender_carries_out_each_operation(points: list[Point]) -> None:
    assert [(item.operation, item.contender) for item in points] == [
        (operation, contender) for operation in (*COURSE, DESTROY) for contender in CONTENDERS
    ]


def test_all_that_speak_to_the_platform_deploy_the_same_number_of_times(points: list[Point]) -> None:
    polled = {(item.operation, item.contender): item.sample.polls for item in points}
    for operation, deployments in zip((*COURSE, DESTROY), (MIRRORS, 0, 0, MIRRORS, 0), strict=True):
        # Before it deploys again, Mirrors lists the newest deployments once, by the request that also polls.
        lists = {OURS, REVISION} if operation == ROTATION else set()
        for contender in (OURS, REVISION, SCRIPT):
            expected = deployments + (contender in lists)
            assert polled[operation, contender] == expected, (operation, contender)
        assert polled[operation, FLOOR] == 0


def test_engine_program_and_provider_are_seen_and_their_state_is_weighed(points: list[Point]) -> None:
    for item in points:
        seen = item.sample.seen
        assert seen.memory.engine > 0
        if item.contender != SCRIPT:
            assert min(seen.memory.provider, seen.providers) > 0, item
            runs_program = item.operation not in ("refresh", "destroy")  # these leave it out
            assert not runs_program or seen.memory.program > 0, item
            assert item.sample.state > 0


def test_the_floor_carries_next_to_nothing(points: list[Point]) -> None:
    state = {item.contender: item.sample.state for item in points if item.operation == ROTATION}
    assert state[FLOOR] < state[OURS] / 2


def test_the_command_refuses_what_it_cannot_measure() -> None:
    command = (sys.executable, "-m", "tools.bench", "--count", "0", "--part", OPERATIONS)
    refused = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "0 is not above zero" in refused.stderr
