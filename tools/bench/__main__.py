"""``python -m tools.bench [--count N …] [--runs 3] [--without NAME …] [--part PART …] [--write]``.

Says each figure when it is measured, and keeps it in ``.state/bench.jsonl``. A Ctrl-C ends what runs, and shows the
tables of what there is.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path

from tools.bench.command import CHECKOUT, compile_modules
from tools.bench.contenders import FLOOR, NAIVE, OURS, SCRIPT
from tools.bench.course import FIRST_LOAD, LIFECYCLE, ROLLOUT, UNKEPT, Point, first_load, lifecycle, rollout
from tools.bench.machine import described
from tools.bench.report import sections, write
from tools.bench.sample import BenchError

DOCUMENT = CHECKOUT / "docs" / "benchmarks.md"
LARGE = 333
"""From so many mirrors on a first load is worth thinking about."""

FEW = 333
"""Up to so many the engine keeps checkpoints, whose time grows with the square of the mirrors: three minutes an
``up`` at 333. Up to so many the naive program is measured, which has five resources a mirror."""

INTERRUPTED = 130


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__.split("\n\n", 1)[1])
    parser.add_argument("--count", type=_positive, nargs="+", default=[10, 100, 333], metavar="N", help="mirrors")
    parser.add_argument("--runs", type=_positive, default=3, help="how often each is measured")
    parser.add_argument("--without", nargs="+", default=[], choices=(FLOOR, SCRIPT, NAIVE), help="leave these out")
    parser.add_argument("--part", nargs="+", choices=PARTS, help="measure only these")
    parser.add_argument("--write", action="store_true", help=f"write the tables to {DOCUMENT.relative_to(CHECKOUT)}")
    parser.add_argument("--directory", type=Path, help="where to work; by default a temporary directory")
    return parser.parse_args(given)


PARTS = (LIFECYCLE, UNKEPT, FIRST_LOAD, ROLLOUT)


def parts(mirrors: int) -> Sequence[str]:
    """Those of a fleet of this size, where nobody says which."""
    if mirrors > FEW:
        return (UNKEPT,)
    return (LIFECYCLE, FIRST_LOAD) if mirrors >= LARGE else (LIFECYCLE,)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not above zero")
    return number


def course(options: argparse.Namespace, directory: Path) -> Generator[Point, None, None]:
    for mirrors in options.count:
        left_out = {*options.without, *([NAIVE] if mirrors > FEW else [])}
        names = [name for name in (OURS, FLOOR, SCRIPT, NAIVE) if name not in left_out]
        for part in options.part or parts(mirrors):
            where = directory / f"{part.replace(' ', '-')}-{mirrors}"
            if part in (LIFECYCLE, UNKEPT):
                yield from lifecycle(where, mirrors, options.runs, names, part)
            elif part == FIRST_LOAD:
                yield from first_load(where, mirrors, options.runs)
    if ROLLOUT in (options.part or PARTS):
        yield from rollout(directory / "rollout", options.runs)


def measured(options: argparse.Namespace, points: list[Point], directory: Path) -> int:
    """The exit code; the points stay where an error or a Ctrl-C ends it."""
    kept = CHECKOUT / ".state" / "bench.jsonl"
    kept.parent.mkdir(exist_ok=True)
    try:
        with kept.open("w", encoding="utf-8") as file, closing(course(options, directory)) as measuring:
            for point in measuring:
                points.append(point)
                file.write(json.dumps(point.dump()) + "\n")
                file.flush()
                where = f"{point.part}, {point.mirrors} mirrors, run {point.run}"
                say(f"{where}: {point.operation}, {point.contender}: {point.sample.seconds:.1f} s")
    except BenchError as error:
        say(f"Error: {error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted: nothing is left running")
        return INTERRUPTED
    return 0


def main(given: Sequence[str]) -> int:
    options, points, machine = arguments(given), list[Point](), described()
    # Who starts us in the background has us ignore it, and so the engine's plugins: it would wait 5 s for each to end.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    compile_modules()
    with tempfile.TemporaryDirectory(prefix="mirrors-bench-") as made:
        code = measured(options, points, options.directory or Path(made))
    found = sections(points, machine)
    say("\n" + "\n".join(found.values()))
    if options.write and found:
        write(DOCUMENT, found)
        say(f"written to {DOCUMENT.relative_to(CHECKOUT)}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
