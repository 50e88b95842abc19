"""The order of the measurements. Two that are compared run one directly after the other."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tools.bench.builds import HERE, Build
from tools.bench.contenders import FLOOR, PRODUCT, REVISION, SCRIPT, Contender, Fleet, Floor, Script
from tools.bench.platform import Platform, platform
from tools.bench.project import DESTROY, FIRST, NOTHING, PREVIEW, REFRESH, RELEASE, ROTATION
from tools.bench.sample import Sample

OPERATIONS, SIZES, ROLLOUT = "operations", "sizes", "rollout"
COURSE = (FIRST, NOTHING, PREVIEW, ROTATION)
MORE = (REFRESH, DESTROY)
"""Operations that come after these, where they are asked for."""

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


def names(part: str, against: Build | None) -> tuple[str, ...]:
    """Return the contenders, in the order in which they take turns."""
    if part == SIZES:
        return (PRODUCT, SCRIPT)
    return (PRODUCT, *([REVISION] if against else []), SCRIPT, FLOOR)


def operations(
    directory: Path,
    mirrors: int,
    runs: int,
    part: str = OPERATIONS,
    against: Build | None = None,
    course: Sequence[str] = COURSE,
) -> Generator[Point, None, None]:
    """Measure each operation by each contender in turn, from the first ``up`` on. The engine keeps its checkpoints."""
    contending = names(part, against)
    with ExitStack() as stack:
        platforms = {
            name: stack.enter_context(platform(directory / f"platform-{name}", mirrors))
            for name in contending
            if name != FLOOR
        }
        for run in range(1, runs + 1):
            contenders = _contenders(platforms, directory / f"run-{run}", contending, against)
            for operation in course:
                for name in contending:
                    yield Point(part, mirrors, run, operation, name, contenders[name].measure(operation))


def warm_up(directory: Path, against: Build | None) -> None:
    """Run once unmeasured, so that no figure of the first contender has reads from a cold disk."""
    with platform(directory / "platform", 1) as made:
        for number, build in enumerate(filter(None, (HERE, against))):
            Fleet(build, made, directory / f"project-{number}").measure(FIRST)


def rollout(directory: Path, runs: int) -> Generator[Point, None, None]:
    """Deploy all mirrors, as far as ``parallel`` allows at once: for the first time, and for a new release.

    It tells the engine how many, as ``mirrors deploy`` does: by itself the engine does four things a core at once.
    """
    settings = {"parallel": PARALLEL, "waves": ["100%"]}
    with platform(directory / "platform", SITES, SECONDS) as made:
        for run in range(1, runs + 1):
            own = Fleet(HERE, made, directory / f"run-{run}", settings, {"PULUMI_PARALLEL": str(PARALLEL)})
            for operation in (FIRST, RELEASE):
                yield Point(ROLLOUT, SITES, run, operation, PRODUCT, own.measure(operation))


def _contenders(
    platforms: Mapping[str, Platform], directory: Path, contending: Sequence[str], against: Build | None
) -> dict[str, Contender]:
    builds = {PRODUCT: HERE, REVISION: against}
    made: dict[str, Contender] = {}
    for name in contending:
        if name == FLOOR:
            made[name] = Floor(platforms[PRODUCT].mirrors, directory / name)
        elif name == SCRIPT:
            made[name] = Script(platforms[name], directory / name)
        elif build := builds[name]:
            made[name] = Fleet(build, platforms[name], directory / name)
    return made
