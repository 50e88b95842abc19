"""The benchmark itself, once and small: so that it still runs when its numbers are wanted."""

from dataclasses import replace
from pathlib import Path

from tools.bench.builds import HERE
from tools.bench.contenders import FLOOR, PRODUCT, REVISION, SCRIPT
from tools.bench.course import OPERATIONS, operations
from tools.bench.project import DESTROY, FIRST, ROTATION

MIRRORS = 2
CONTENDERS = (PRODUCT, REVISION, SCRIPT, FLOOR)
DEPLOYMENTS = {FIRST: MIRRORS, ROTATION: MIRRORS, DESTROY: 0}


def test_each_contender_carries_out_each_operation_and_is_measured(tmp_path: Path) -> None:
    """This revision is the other one, too: another build, for which nothing has to be installed."""
    other = replace(HERE, name="other")
    points = list(operations(tmp_path, MIRRORS, 1, OPERATIONS, other, tuple(DEPLOYMENTS)))

    assert [(item.operation, item.contender) for item in points] == [
        (operation, contender) for operation in DEPLOYMENTS for contender in CONTENDERS
    ]
    for item in points:
        # Before it deploys again, Mirrors lists the newest deployments once, by the request that also polls.
        lists = item.operation == ROTATION and item.contender in (PRODUCT, REVISION)
        polls = 0 if item.contender == FLOOR else DEPLOYMENTS[item.operation] + lists
        assert item.sample.polls == polls, "all that speak to the platform deploy the same number of times"
        seen = item.sample.seen
        assert seen.memory.engine > 0
        if item.contender != SCRIPT:
            assert min(seen.memory.provider, seen.providers) > 0, item
            runs_program = item.operation != DESTROY
            assert not runs_program or seen.memory.program > 0, item
            assert item.sample.state > 0
    state = {item.contender: item.sample.state for item in points if item.operation == ROTATION}
    assert state[FLOOR] < state[PRODUCT] / 2, "the floor carries next to nothing"
