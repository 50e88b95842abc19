"""The tables: ratios first, each the median of the ratios of single runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from tools.bench.contenders import FLOOR, NAIVE, OPERATIONS, OURS, RELEASE, SCRIPT
from tools.bench.course import FIRST_LOAD, LIFECYCLE, PARALLEL, ROLLOUT, SECONDS, SITES, SKIPPING, UNKEPT, Point
from tools.bench.sample import MEGABYTE, Sample

OTHERS = (FLOOR, SCRIPT, NAIVE)
KINDS = ("engine", "program", "provider")
NOTHING = ""
Figure = Callable[[Sample], float]
Row = Sequence[str]


class Points:
    """The points of one table."""

    def __init__(self, points: Iterable[Point]) -> None:
        self._samples = {(item.operation, item.contender, item.run): item.sample for item in points}
        self.runs = sorted({run for _, _, run in self._samples})

    def typical(self, operation: str, contender: str, figure: Figure) -> float | None:
        """The median over the runs; None where it was not measured."""
        samples = (self._samples.get((operation, contender, run)) for run in self.runs)
        figures = [figure(sample) for sample in samples if sample is not None]
        return median(figures) if figures else None

    def ratio(self, operation: str, other: str, figure: Figure | None = None) -> float | None:
        """Ours ÷ the other one, of those runs that have both: of the seconds, or of another figure."""
        of = figure or _seconds
        pairs = [
            (self._samples.get((operation, OURS, run)), self._samples.get((operation, other, run))) for run in self.runs
        ]
        ratios = [of(ours) / of(theirs) for ours, theirs in pairs if ours and theirs]
        return median(ratios) if ratios else None


def sections(points: Sequence[Point], machine: str) -> dict[str, str]:
    """{title: Markdown} of all that was measured, in the order in which it was."""
    found: dict[str, str] = {}
    for part, mirrors in dict.fromkeys((item.part, item.mirrors) for item in points):
        table = Points(item for item in points if (item.part, item.mirrors) == (part, mirrors))
        title, lines = _TABLES[part](table, mirrors)
        runs = "1 run" if len(table.runs) == 1 else f"medians of {len(table.runs)} runs"
        found[title] = "\n".join([f"## {title}", "", f"{machine}; {runs}.", "", *lines, ""])
    return found


def write(file: Path, sections: dict[str, str]) -> None:
    """Replaces the sections that were measured, and leaves all others; a new one goes to the end."""
    text = file.read_text(encoding="utf-8") if file.exists() else "# Benchmarks\n"
    for title, section in sections.items():
        begin, end = f"<!-- measured: {title} -->\n", f"<!-- end: {title} -->\n"
        block = f"{begin}{section}{end}"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        text = pattern.sub(lambda _, block=block: block, text) if begin in text else f"{text}\n{block}"  # type: ignore[misc]
    file.write_text(text, encoding="utf-8")


def _lifecycle(points: Points, mirrors: int) -> tuple[str, list[str]]:
    def row(operation: str) -> Row:
        ratios = [_shown(points.ratio(operation, other), 2) for other in OTHERS]
        processor = _shown(points.ratio(operation, FLOOR, _processor), 2)
        seconds = [_shown(points.typical(operation, who, _seconds), 1) for who in (OURS, *OTHERS)]
        return [operation, *ratios, processor, *seconds]

    def shares(operation: str) -> Row:
        whole = [_shown(points.typical(operation, who, _processor), 1) for who in (OURS, FLOOR)]
        busy = [
            _shown(points.typical(operation, who, partial(_busy, kind)), 1) for kind in KINDS for who in (OURS, FLOOR)
        ]
        return [operation, *whole, *busy]

    def costs(operation: str) -> Row:
        requests = [_requests(points, operation, who) for who in (OURS, SCRIPT, NAIVE)]
        engine = [_shown(points.typical(operation, who, _engine), 0) for who in (OURS, FLOOR)]
        provider = [_shown(points.typical(operation, who, _provider), 0) for who in (OURS, FLOOR)]
        return [operation, *requests, *engine, *provider]

    ratios = [*(f"ours ÷ {other}" for other in OTHERS), f"processor time, ours ÷ {FLOOR}"]
    times = ["", *ratios, *(f"{who}, s" for who in (OURS, *OTHERS))]
    needs = ["", "requests + polls, ours", SCRIPT, NAIVE, "engine, MB, ours", FLOOR, "provider, MB, ours", FLOOR]
    measured = [item for item in OPERATIONS if points.typical(item, OURS, _seconds) is not None]
    parts = ["processor time, s", *(f"{kind}, {who}" for kind in ("all", *KINDS) for who in (OURS, FLOOR))]
    tables = [
        _table(times, map(row, measured)),
        _table(needs, map(costs, measured)),
        _table(parts, map(shares, measured)),
    ]
    return f"{mirrors} mirrors", [line for table in tables for line in ("", *table)][1:]


def _unkept(points: Points, mirrors: int) -> tuple[str, list[str]]:
    title, lines = _lifecycle(points, mirrors)
    return f"{title}, {SKIPPING}", lines


def _first_load(points: Points, mirrors: int) -> tuple[str, list[str]]:
    first = OPERATIONS[0]
    seconds = [_shown(points.typical(first, who, _seconds), 1) for who in (OURS, SKIPPING)]
    row = [first, _shown(points.ratio(first, SKIPPING), 2), *seconds]
    header = ["", "with ÷ without", "with checkpoints, s", "without, s"]
    return f"First load of {mirrors} mirrors", _table(header, [row])


def _rollout(points: Points, mirrors: int) -> tuple[str, list[str]]:
    least = SITES / PARALLEL * SECONDS

    def row(operation: str) -> Row:
        seconds = points.typical(operation, OURS, _seconds)
        shown = [_shown(seconds and seconds / least, 2), _shown(seconds, 1), _requests(points, operation, OURS)]
        processes = points.typical(operation, OURS, lambda sample: sample.seen.providers)
        return [operation, *shown, _shown(processes, 0), _shown(points.typical(operation, OURS, _provider), 0)]

    header = ["", f"÷ {least:.0f} s", "s", "requests + polls", "provider processes", "MB each"]
    return f"Rollout to {mirrors} mirrors", _table(header, map(row, (OPERATIONS[0], RELEASE)))


_TABLES = {LIFECYCLE: _lifecycle, UNKEPT: _unkept, FIRST_LOAD: _first_load, ROLLOUT: _rollout}


def _table(header: Row, rows: Iterable[Row]) -> list[str]:
    return [_line(header), _line(["---", *("--:" for _ in header[1:])]), *map(_line, rows)]


def _line(cells: Row) -> str:
    return f"| {' | '.join(cells)} |"


def _shown(figure: float | None, digits: int) -> str:
    return NOTHING if figure is None else f"{figure:.{digits}f}"


def _requests(points: Points, operation: str, who: str) -> str:
    requests = points.typical(operation, who, lambda sample: sample.requests)
    polls = points.typical(operation, who, lambda sample: sample.polls)
    return NOTHING if requests is None or polls is None else f"{requests:.0f} + {polls:.0f}"


def _seconds(sample: Sample) -> float:
    return sample.seconds


def _processor(sample: Sample) -> float:
    return sample.processor


def _busy(kind: str, sample: Sample) -> float:
    return sample.seen.busy[kind]


def _engine(sample: Sample) -> float:
    return sample.seen.memory.engine / MEGABYTE


def _provider(sample: Sample) -> float:
    return sample.seen.memory.provider / MEGABYTE
