"""The tables: what has a target first, then what the rest is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from tools.bench.contenders import FLOOR, PRODUCT, REVISION, SCRIPT
from tools.bench.course import OPERATIONS, ROLLOUT, SIZES, Point
from tools.bench.figures import (
    BY_CLOCK,
    BY_FLOOR,
    BY_LEAST,
    BY_MIDDLE,
    BY_PROCESSOR,
    BY_SCRIPT,
    ENGINE,
    OWN,
    RATIO,
    STATE,
    Figure,
    Number,
    Points,
    engine,
    figures,
    processor,
    seconds,
    tables,
)
from tools.bench.sample import MEGABYTE

KINDS = ("engine", "program", "provider")
RESOURCES = (PRODUCT, REVISION, FLOOR)
NOTHING = ""
Row = Sequence[str]
Figures = Mapping[tuple[str, str], Figure]


def sections(points: Sequence[Point], machine: str, revision: str = REVISION) -> dict[str, str]:
    """Return {key: Markdown} of all measurements, in that order. ``revision``: its name in the tables."""
    found, made = tables(points), dict[str, str]()
    for part, write_part in _PARTS.items():
        sizes = {mirrors: table for (name, mirrors), table in found.items() if name == part}
        ratios = [item for item in figures(points) if item.part == part]
        for key, title, lines in write_part(sizes, ratios) if sizes else ():
            runs = max(len(table.runs) for table in sizes.values())
            answer = f"{machine}; {'1 run' if runs == 1 else f'medians of {runs} runs'}."
            text = "\n".join([f"## {title}", "", answer, "", *lines, ""])
            made[key] = text.replace(REVISION, f"`{revision}`") if part == OPERATIONS else text
    return made


def write(file: Path, sections: Mapping[str, str]) -> None:
    """Replace the sections that were measured, and leave all others; a new one goes to the end."""
    text = file.read_text(encoding="utf-8") if file.exists() else "# Benchmarks\n"
    for key, section in sections.items():
        begin, end = f"<!-- measured: {key} -->\n", f"<!-- end: {key} -->\n"
        block = f"{begin}{section}{end}"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        text = pattern.sub(lambda _, block=block: block, text) if begin in text else f"{text}\n{block}"  # type: ignore[misc]
    file.write_text(text, encoding="utf-8")


Sections = Iterable[tuple[str, str, list[str]]]


def _sizes(sizes: Mapping[int, Points], ratios: Sequence[Figure]) -> Sections:
    """Yield seconds by size, of this checkout and the script: the figure that people ask for first."""
    operations = next(iter(sizes.values())).operations
    rows = [
        [what, who, *(_shown(table.typical(what, who, seconds), 1) for table in sizes.values())]
        for what in operations
        for who in (PRODUCT, SCRIPT)
    ]
    lines = _table(["seconds", "", *(f"{mirrors:,} mirrors" for mirrors in sizes)], rows, text=2)
    yield SIZES, "Seconds", [*lines, "", *_against(ratios, (BY_MIDDLE,))]


def _operations(sizes: Mapping[int, Points], ratios: Sequence[Figure]) -> Sections:
    for mirrors, table in sizes.items():
        here = [item for item in ratios if item.mirrors == mirrors]
        once = [item for item in here if item.what in (STATE, ENGINE)]
        shown = [
            _against([item for item in here if item not in once], (BY_PROCESSOR, BY_CLOCK, BY_SCRIPT, BY_FLOOR)),
            _against(once, (OWN, RATIO)),
            _by_contender("seconds", table, (*RESOURCES, SCRIPT), seconds, 1),
            _requests(table),
            _shares(table),
        ]
        yield f"{OPERATIONS} {mirrors}", f"{mirrors} mirrors", [line for part in shown for line in ("", *part)][1:]


def _rollout(sizes: Mapping[int, Points], ratios: Sequence[Figure]) -> Sections:
    [(mirrors, table)] = sizes.items()
    numbers: Mapping[str, tuple[Number, int]] = {
        "seconds": (seconds, 1),
        "processor time, s": (processor, 1),
        "provider processes": (lambda sample: sample.seen.providers, 0),
        "MB each": (lambda sample: sample.seen.memory.provider / MEGABYTE, 0),
    }
    rows = [
        [what, *(_shown(table.typical(what, PRODUCT, number), digits) for number, digits in numbers.values())]
        for what in table.operations
    ]
    lines = [*_against(ratios, (BY_LEAST,)), "", *_table(["", *numbers], rows)]
    yield ROLLOUT, f"Rollout to {mirrors} mirrors", lines


_PARTS: Mapping[str, Callable[[Mapping[int, Points], Sequence[Figure]], Sections]] = {
    SIZES: _sizes,
    OPERATIONS: _operations,
    ROLLOUT: _rollout,
}


def _against(found: Sequence[Figure], measures: Sequence[str]) -> list[str]:
    """Return a column for each measure that there is, and its target beside it, where one of them has one."""
    by: Figures = {(item.what, item.measure): item for item in found}
    there = [measure for measure in measures if any(item.measure == measure for item in found)]
    aimed = {item.measure for item in found if item.most is not None}

    def cells(what: str) -> Iterable[str]:
        for measure in there:
            item = by.get((what, measure))
            yield _shown(item.value if item else None, 0 if measure == OWN else 2)
            if measure in aimed:
                yield _verdict(item)

    header = [cell for measure in there for cell in (measure, *(["target"] if measure in aimed else []))]
    rows = [[what, *cells(what)] for what in dict.fromkeys(item.what for item in found if item.measure in there)]
    return _table(["", *header], rows) if rows else []


def _verdict(item: Figure | None) -> str:
    if item is None or item.most is None:
        return NOTHING
    return f"≤ {item.most:g}, {'met' if item.met else '**missed**'}"


def _by_contender(title: str, table: Points, names: Sequence[str], number: Number, digits: int) -> list[str]:
    there = [who for who in names if table.most(who, number) is not None]
    rows = [[what, *(_shown(table.typical(what, who, number), digits) for who in there)] for what in table.operations]
    return _table([title, *there], rows)


def _requests(table: Points) -> list[str]:
    def shown(what: str, who: str) -> str:
        requests = table.typical(what, who, lambda sample: sample.requests)
        polls = table.typical(what, who, lambda sample: sample.polls)
        return NOTHING if requests is None or polls is None else f"{requests:.0f} + {polls:.0f}"

    there = [who for who in (PRODUCT, REVISION, SCRIPT) if table.most(who, seconds) is not None]
    rows = [[what, *(shown(what, who) for who in there)] for what in table.operations]
    return _table(["requests + polls", *there], rows)


def _shares(table: Points) -> list[str]:
    """Return the processor time by kind of process, and the engine's peak."""
    there = [who for who in (PRODUCT, REVISION) if table.most(who, seconds) is not None]
    numbers: Mapping[str, Number] = {
        "all": processor,
        **{kind: lambda sample, kind=kind: sample.seen.busy[kind] for kind in KINDS},  # type: ignore[misc]
        "engine's peak, MB": engine,
    }
    columns = [(name, who) for name in numbers for who in there]
    rows = [
        [what, *(_shown(table.typical(what, who, numbers[name]), 1) for name, who in columns)]
        for what in table.operations
    ]
    return _table(["processor time, s", *(f"{name}, {who}" for name, who in columns)], rows)


def _table(header: Row, rows: Iterable[Row], text: int = 1) -> list[str]:
    """Return a table. ``text``: how many columns hold words."""
    return [_line(header), _line([*("---" for _ in header[:text]), *("--:" for _ in header[text:])]), *map(_line, rows)]


def _line(cells: Row) -> str:
    return f"| {' | '.join(cells)} |"


def _shown(figure: float | None, digits: int) -> str:
    return NOTHING if figure is None else f"{figure:.{digits}f}"
