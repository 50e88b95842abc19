"""In which order what is measured. Whoever is compared runs directly before or after the other."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tools.bench.contenders import (
    FLOOR,
    NAIVE,
    OPERATIONS,
    OURS,
    RELEASE,
    SCRIPT,
    Contender,
    Floor,
    Naive,
    Ours,
    Script,
)
from tools.bench.platform import Platform, platform
from tools.bench.sample import Sample

LIFECYCLE, FIRST_LOAD, ROLLOUT = "lifecycle", "first load", "rollout"
UNKEPT = "lifecycle without checkpoints"
SKIPPING = "without checkpoints"
SKIP = {"PULUMI_SKIP_CHECKPOINTS": "true"}
SITES, SECONDS, PARALLEL = 64, 2.0, 32
"""The rollout: so many mirrors, each of whose deployments takes so long, so many at once."""


@dataclass(frozen=True)
class Point:
    part: str
    mirrors: int
    run: int
    operation: str
    contender: str
    sample: Sample

    def dump(self) -> dict[str, Any]:
        return asdict(self)


def lifecycle(
    directory: Path, mirrors: int, runs: int, names: Sequence[str], part: str = LIFECYCLE
) -> Generator[Point, None, None]:
    """Each operation by each contender in turn, from the first ``up`` to the end of the fleet.

    ``part`` says whether the engine keeps checkpoints: it does in LIFECYCLE, in UNKEPT it does not.
    """
    more = SKIP if part == UNKEPT else {}
    with ExitStack() as stack:
        platforms = {
            name: stack.enter_context(platform(directory / f"platform-{number}", mirrors))
            for number, name in enumerate(names)
            if name != FLOOR
        }
        for run in range(1, runs + 1):
            contenders = _contenders(platforms, directory / f"run-{run}", names, more)
            for operation in OPERATIONS:
                for name in names:
                    sample = contenders[name].measure(operation)
                    yield Point(part, mirrors, run, operation, name, sample)


def first_load(directory: Path, mirrors: int, runs: int) -> Generator[Point, None, None]:
    """The first ``up`` with the engine's checkpoints and without."""
    with platform(directory / "platform", mirrors) as made:
        for run in range(1, runs + 1):
            for name, variables in ((OURS, {}), (SKIPPING, SKIP)):
                ours = Ours(made, directory / f"run-{run}-{name}", more=variables)
                yield Point(FIRST_LOAD, mirrors, run, OPERATIONS[0], name, ours.measure(OPERATIONS[0]))


def rollout(directory: Path, runs: int) -> Generator[Point, None, None]:
    """All mirrors at once as far as ``parallel`` allows: for the first time, and for a new release.

    The engine is told how many, as ``mirrors deploy`` does it: by itself it does four things a core at once.
    """
    settings = {"parallel": PARALLEL, "waves": ["100%"]}
    with platform(directory / "platform", SITES, SECONDS) as made:
        for run in range(1, runs + 1):
            ours = Ours(made, directory / f"run-{run}", settings, {"PULUMI_PARALLEL": str(PARALLEL)})
            for operation in (OPERATIONS[0], RELEASE):
                yield Point(ROLLOUT, SITES, run, operation, OURS, ours.measure(operation))


def _contenders(
    platforms: Mapping[str, Platform], directory: Path, names: Sequence[str], more: Mapping[str, str]
) -> dict[str, Contender]:
    """``more``: variables of all that run Pulumi."""
    ours = Ours(platforms[OURS], directory / "ours", more=more)
    made: dict[str, Contender] = {OURS: ours}
    if FLOOR in names:
        made[FLOOR] = Floor(ours.project, directory / "floor", more)
    if SCRIPT in names:
        made[SCRIPT] = Script(platforms[SCRIPT], directory / "script")
    if NAIVE in names:
        made[NAIVE] = Naive(platforms[NAIVE], directory / "naive", more)
    return made
