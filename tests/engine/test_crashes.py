"""Killed between any two requests: nothing is wrong at that moment, and the next ``up`` makes it as declared.

A normal run tries one boundary of each story, drawn from ``MIRRORS_CRASH_SEED``. With ``MIRRORS_CRASHES=all``, as
``make crash`` sets it, a run tries every boundary, each with the engine and with the provider.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.engine.crash.store import Contract, Store
from tests.engine.crash.world import FOREIGN, FOUND, ORIGINAL, STAGE, Boundary, Kind, World, new_world, silently
from tests.engine.moment import Moment

ALL = os.environ.get("MIRRORS_CRASHES") == "all"
SEED = int(os.environ.get("MIRRORS_CRASH_SEED", "4"))
SHORT: list[tuple[str, Kind]] = [("first up", "provider"), ("rotation", "engine"), ("removal", "provider")]
"""The engine is killed in a first ``up`` by the test of a later destroy, too."""

LONG: list[tuple[str, Kind]] = [(name, kind) for kind in ("engine", "provider") for name, _ in SHORT]
STORIES = LONG if ALL else SHORT
THERE_BEFORE_US = {FOREIGN, FOUND}


@dataclass(frozen=True)
class Story:
    """An ``up`` from ``begin`` on: where it can be killed, and what it leads to when it is not."""

    begin: Moment
    contract: Contract
    boundaries: dict[Kind, list[Boundary]]
    end: Store
    inputs: dict[str, Any]

    def differences(self, world: World) -> list[str]:
        """How the world differs from the one in which nothing was killed."""
        now, found = world.store(), world.found()
        new = len(now.deployments) - len(self.end.deployments)
        return [
            *self.contract.violations(now),
            *(["other variables"] if now.variables != self.end.variables else []),
            *([f"{new:+} deployments"] if new else []),
            *(["another state"] if world.inputs() != self.inputs else []),
            *([f"known as found: {found}"] if found not in (THERE_BEFORE_US, None) else []),
        ]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with new_world(tmp_path_factory.mktemp("crashes")) as world:
        yield world


@pytest.fixture(scope="module")
def stories(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Story]]:
    """Run each ``up`` once without a kill; the later ones begin where the first one ends.

    No secret shows in the end.
    """
    answer = partial(_told, world, tmp_path_factory.mktemp("moments"))
    first = answer("first up")
    converged = Moment(tmp_path_factory.mktemp("converged")).keep(world)
    world.sandbox.rotate(ORIGINAL, STAGE, report=silently)
    world.sandbox.deploy(ORIGINAL, STAGE, report=silently)
    rotation = answer("rotation")
    converged.restore(world)
    world.mirrors_are()
    stories = {"first up": first, "rotation": rotation, "removal": answer("removal")}
    yield stories
    world.shows_no_secret(*(story.contract.declared for story in stories.values()))


def _told(world: World, directory: Path, name: str) -> Story:
    begin = Moment(directory / name).keep(world)
    contract = world.contract(world.store())
    boundaries = world.boundaries(contract)
    return Story(begin, contract, boundaries, world.store(), world.inputs())


@pytest.mark.parametrize(("name", "kind"), STORIES)
def test_killed_between_any_two_requests_it_is_safe_at_once_and_converged_by_the_next_up(
    world: World, stories: dict[str, Story], name: str, kind: Kind, capfd: pytest.CaptureFixture[str]
) -> None:
    story = stories[name]
    every = story.boundaries[kind]
    tried = every if ALL else Random(f"{SEED} {name} {kind}").sample(every, 1)  # noqa: S311
    problems = {str(boundary): _killed_and_repeated(world, story, kind, boundary) for boundary in tried}
    with capfd.disabled():
        print(f"\n{name}, {kind} killed: {len(every)} boundaries, {len(tried)} tried (seed {SEED})")  # noqa: T201
    assert {boundary: found for boundary, found in problems.items() if found} == {}
    assert {item.request.partition(" ")[0] for item in every} >= {"GET", "DELETE" if name == "removal" else "POST"}


def _killed_and_repeated(world: World, story: Story, kind: Kind, boundary: Boundary) -> list[str]:
    story.begin.restore(world)
    violations = world.killed(kind, boundary, story.contract)
    if kind == "engine":
        world.stack.pulumi("cancel", "--yes").succeeded()
    world.proxy.begin()
    again = world.up()
    return [*violations, *([again.text] if again.code else story.differences(world))]


def test_what_was_there_before_mirrors_survives_a_killed_engine_and_a_later_destroy(
    world: World, stories: dict[str, Story]
) -> None:
    """A user sees the lock and the creation that the state holds as pending, and how both go away."""
    story = stories["first up"]
    written = [item for item in story.boundaries["engine"] if item.side == "after" and "POST" in item.request]
    story.begin.restore(world)
    assert world.killed("engine", written[2], story.contract) == []
    world.proxy.begin()
    assert "pulumi cancel" in world.up().failed().text
    world.stack.pulumi("cancel", "--yes").succeeded()
    world.up().succeeded()
    assert [item["type"] for item in world.stack.checkpoint()["pending_operations"]] == ["creating"]
    world.stack.refresh("--clear-pending-creates", "--yes", "--skip-preview").succeeded()
    assert not world.stack.checkpoint().get("pending_operations")
    assert world.stack.has_no_changes()
    assert story.differences(world) == []
    world.stack.destroy("--exclude-protected", "--skip-preview").succeeded()
    assert world.store().values() == {FOREIGN: "theirs", FOUND: "de"}
