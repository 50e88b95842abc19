"""From what was measured to ratios, and which of them meet their target."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from statistics import median
from typing import Any

from tools.bench.contenders import FLOOR, PRODUCT, REVISION, SCRIPT
from tools.bench.course import OPERATIONS, PARALLEL, ROLLOUT, SECONDS, SITES, SIZES, Point
from tools.bench.project import FIRST, NOTHING, PREVIEW, RELEASE, ROTATION
from tools.bench.sample import MEGABYTE, Sample

Number = Callable[[Sample], float]
MIDDLE, LARGE = 333, 1000
BY_PROCESSOR, BY_CLOCK, BY_SCRIPT, BY_FLOOR = (
    "÷ revision, processor time",
    "÷ revision, clock",
    "÷ script, clock",
    "÷ floor, processor time",
)
BY_MIDDLE, BY_LEAST = f"÷ {MIDDLE} mirrors, clock", f"÷ {SITES / PARALLEL * SECONDS:.0f} s, clock"
OWN, RATIO = "Mirrors", "÷ revision"
STATE, ENGINE = "state, bytes a mirror", "peak memory of the engine, MB"

TARGETS: Mapping[tuple[str, int, str, str], float] = {
    (OPERATIONS, MIDDLE, FIRST, BY_PROCESSOR): 0.30,
    (OPERATIONS, MIDDLE, NOTHING, BY_PROCESSOR): 0.08,
    (OPERATIONS, MIDDLE, ROTATION, BY_PROCESSOR): 0.20,
    (OPERATIONS, MIDDLE, PREVIEW, BY_PROCESSOR): 0.6,
    (OPERATIONS, MIDDLE, FIRST, BY_SCRIPT): 1.6,
    (OPERATIONS, MIDDLE, NOTHING, BY_SCRIPT): 1.2,
    (OPERATIONS, MIDDLE, ROTATION, BY_SCRIPT): 2.0,
    (OPERATIONS, MIDDLE, PREVIEW, BY_SCRIPT): 1.0,
    (OPERATIONS, MIDDLE, STATE, RATIO): 0.31,
    (OPERATIONS, MIDDLE, STATE, OWN): 3500,
    (OPERATIONS, MIDDLE, ENGINE, RATIO): 0.4,
    (OPERATIONS, 10, FIRST, BY_PROCESSOR): 0.75,
    (OPERATIONS, 10, FIRST, BY_CLOCK): 0.75,
    (SIZES, LARGE, FIRST, BY_MIDDLE): 6,
    (SIZES, LARGE, NOTHING, BY_MIDDLE): 4,
    (ROLLOUT, SITES, FIRST, BY_LEAST): 2.5,
    (ROLLOUT, SITES, RELEASE, BY_LEAST): 2.5,
}
"""{(part, mirrors, what, measure): the most that it should be}."""


@dataclass(frozen=True)
class Figure:
    part: str
    mirrors: int
    what: str
    measure: str
    value: float

    @property
    def most(self) -> float | None:
        """The target; None where this size has none."""
        return TARGETS.get((self.part, self.mirrors, self.what, self.measure))

    @property
    def met(self) -> bool | None:
        return None if self.most is None else self.value <= self.most

    def dump(self) -> dict[str, Any]:
        return {**asdict(self), "most": self.most, "met": self.met}


class Points:
    """The points of one part at one size."""

    def __init__(self, points: Iterable[Point]) -> None:
        self._samples = {(item.operation, item.contender, item.run): item.sample for item in points}
        self.runs = sorted({run for _, _, run in self._samples})
        self.operations = list(dict.fromkeys(operation for operation, _, _ in self._samples))

    def typical(self, operation: str, contender: str, number: Number) -> float | None:
        """Return the median over the runs; None where there is no measurement."""
        found = [number(sample) for key, sample in self._samples.items() if key[:2] == (operation, contender)]
        return median(found) if found else None

    def ratio(self, operation: str, other: str, number: Number) -> float | None:
        """Return the median of this checkout ÷ the other one, of those runs that have both."""
        pairs = [[self._samples.get((operation, who, run)) for who in (PRODUCT, other)] for run in self.runs]
        ratios = [number(own) / number(theirs) for own, theirs in pairs if own and theirs]
        return median(ratios) if ratios else None

    def most(self, contender: str, number: Number) -> float | None:
        """Return the highest of all operations."""
        found = [self.typical(operation, contender, number) for operation in self.operations]
        return max((value for value in found if value is not None), default=None)


def seconds(sample: Sample) -> float:
    return sample.seconds


def processor(sample: Sample) -> float:
    return sample.processor


def engine(sample: Sample) -> float:
    return sample.seen.memory.engine / MEGABYTE


def tables(points: Iterable[Point]) -> dict[tuple[str, int], Points]:
    """Return {(part, mirrors): its points}, in the order of measurement."""
    grouped = groupby(points, key=lambda item: (item.part, item.mirrors))
    return {key: Points(items) for key, items in grouped}


def figures(points: Sequence[Point]) -> list[Figure]:
    """Return every ratio that the measurements give."""
    found = tables(points)
    return [
        Figure(part, mirrors, what, measure, value)
        for (part, mirrors), table in found.items()
        for what, measure, value in _MEASURED[part](mirrors, table, found)
        if value is not None
    ]


Tables = Mapping[tuple[str, int], Points]
Measured = Iterator[tuple[str, str, float | None]]


def _compared(mirrors: int, table: Points, _all: Tables) -> Measured:
    """Yield the ratios of ``operations``: each beside each contender, then what is there once."""
    for what in table.operations:
        yield what, BY_PROCESSOR, table.ratio(what, REVISION, processor)
        yield what, BY_CLOCK, table.ratio(what, REVISION, seconds)
        yield what, BY_SCRIPT, table.ratio(what, SCRIPT, seconds)
        yield what, BY_FLOOR, table.ratio(what, FLOOR, processor)
    numbers: Mapping[str, Number] = {STATE: lambda sample: sample.state / mirrors, ENGINE: engine}
    for what, number in numbers.items():
        own = table.most(PRODUCT, number)
        yield what, OWN, own
        yield what, RATIO, _quotient(own, table.most(REVISION, number))


def _grown(mirrors: int, table: Points, all_of_them: Tables) -> Measured:
    """Yield the ratios of ``sizes``: each beside the script, and the largest beside the middle one."""
    middle = all_of_them.get((SIZES, MIDDLE))
    for what in table.operations:
        yield what, BY_SCRIPT, table.ratio(what, SCRIPT, seconds)
        if mirrors > MIDDLE and middle:
            yield (
                what,
                BY_MIDDLE,
                _quotient(table.typical(what, PRODUCT, seconds), middle.typical(what, PRODUCT, seconds)),
            )


def _rolled_out(_mirrors: int, table: Points, _all: Tables) -> Measured:
    """Yield the ratios of ``rollout``: beside the least that the deployments themselves take."""
    for what in table.operations:
        yield what, BY_LEAST, _quotient(table.typical(what, PRODUCT, seconds), SITES / PARALLEL * SECONDS)


_MEASURED = {OPERATIONS: _compared, SIZES: _grown, ROLLOUT: _rolled_out}


def _quotient(own: float | None, other: float | None) -> float | None:
    return own / other if own is not None and other else None
