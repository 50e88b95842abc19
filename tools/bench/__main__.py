"""``python -m tools.bench [--against REV] [--count N …] [--part PART …] [--runs 1] [--also OPERATION …] [--json]``.

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

from tools.bench.builds import CHECKOUT, HERE, Build, prepared
from tools.bench.course import COURSE, MORE, OPERATIONS, ROLLOUT, SIZES, Point, operations, rollout, warm_up
from tools.bench.figures import figures
from tools.bench.machine import described
from tools.bench.report import sections, write
from tools.bench.sample import BenchError

DOCUMENT = CHECKOUT / "docs" / "reference" / "benchmarks.md"
PARTS = (SIZES, OPERATIONS, ROLLOUT)
COUNTS = {SIZES: (10, 100, 333, 1000), OPERATIONS: (333,)}
SMALL = 10
"""So many mirrors are always compared with another revision, too: there it is the start that counts."""

INTERRUPTED = 130


def say(text: str) -> None:
    """Print progress to standard error; the figures go to standard output."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__.split("\n\n", 1)[1])
    parser.add_argument("--against", metavar="REV", help="a revision of this repository to compare with")
    parser.add_argument("--count", type=_positive, nargs="+", metavar="N", help="mirrors")
    parser.add_argument("--part", nargs="+", choices=PARTS, help=f"without: {OPERATIONS} with REV, else {SIZES}")
    parser.add_argument("--runs", type=_positive, default=1, help="how often each is measured")
    parser.add_argument("--also", nargs="+", default=[], choices=MORE, help="operations besides the usual ones")
    parser.add_argument("--json", action="store_true", help="print figures, targets and points as JSON")
    parser.add_argument("--write", action="store_true", help=f"write the tables to {DOCUMENT.relative_to(CHECKOUT)}")
    return parser.parse_args(given)


def counts(options: argparse.Namespace, part: str) -> list[int]:
    """Return the sizes of a part, smallest first."""
    small = [SMALL] if part == OPERATIONS and options.against else []
    return sorted({*(options.count or COUNTS[part]), *small})


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not above zero")
    return number


def course(options: argparse.Namespace, directory: Path, against: Build | None) -> Generator[Point, None, None]:
    also = [operation for operation in MORE if operation in options.also]
    for part in options.part or [OPERATIONS if against else SIZES]:
        if part == ROLLOUT:
            yield from rollout(directory / part, options.runs)
            continue
        for mirrors in counts(options, part):
            where = directory / f"{part}-{mirrors}"
            yield from operations(where, mirrors, options.runs, part, against, (*COURSE, *also))


def measured(options: argparse.Namespace, points: list[Point], directory: Path) -> int:
    """Return the exit code; the points stay where an error or a Ctrl-C ends it."""
    kept = CHECKOUT / ".state" / "bench.jsonl"
    kept.parent.mkdir(exist_ok=True)
    try:
        HERE.compile_modules()
        against = _other(options, directory)
        say("warming up")
        warm_up(directory / "warm", against)
        with kept.open("w", encoding="utf-8") as file, closing(course(options, directory, against)) as measuring:
            for point in measuring:
                points.append(point)
                file.write(json.dumps(point.dump()) + "\n")
                file.flush()
                where = f"{point.part}, {point.mirrors} mirrors, run {point.run}"
                taken = f"{point.sample.seconds:.1f} s, {point.sample.processor:.1f} s of a processor"
                say(f"{where}: {point.operation}, {point.contender}: {taken}")
    except BenchError as error:
        say(f"Error: {error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted: nothing is left running")
        return INTERRUPTED
    return 0


def _other(options: argparse.Namespace, directory: Path) -> Build | None:
    if options.against is None:
        return None
    say(f"preparing {options.against}")
    return prepared(options.against, directory / "revision")


def main(given: Sequence[str]) -> int:
    options, points, machine = arguments(given), list[Point](), described()
    # A process in the background ignores it, and so do the engine's plugins: the engine would wait 5 s for each to end.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A time limit ends the bench like a Ctrl-C. Otherwise the sandboxes would stay.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="mirrors-bench-") as made:
        code = measured(options, points, Path(made))
    found = sections(points, machine, options.against or "")
    sys.stdout.write(_json(options, points, machine) if options.json else "\n".join(found.values()))
    if options.write and found:
        write(DOCUMENT, found)
        say(f"written to {DOCUMENT.relative_to(CHECKOUT)}")
    return code


def _json(options: argparse.Namespace, points: Sequence[Point], machine: str) -> str:
    document = {
        "machine": machine,
        "against": options.against,
        "figures": [item.dump() for item in figures(points)],
        "points": [item.dump() for item in points],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
