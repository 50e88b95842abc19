"""``python -m tests.engine.chaos [--rounds 200] [--seed 1] [--jobs 2] [--round N …] [--json]``.

Kill engine, providers and platform at random moments of an ``up``, and do what docs/how-to/operations says. Look
whether everything is as declared, and never was what it must not be. Says each round when it has ended, and at the
end the figures; a Ctrl-C ends it with the figures so far. What a round with a fault has left is kept in
``.state/chaos``.
"""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import monotonic

from tests.engine.chaos.jobs import outcomes
from tests.engine.chaos.outcome import Outcome
from tests.engine.chaos.plan import planned
from tests.engine.chaos.report import dumped, exit_code, table
from tests.engine.project import ROOT

EVIDENCE = ROOT / ".state" / "chaos"


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.engine.chaos", description=__doc__.split("\n\n", 1)[1])
    parser.add_argument("--rounds", type=_positive, default=200, metavar="N", help="play the first so many of the seed")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another one has other rounds")
    parser.add_argument("--jobs", type=_positive, default=2, metavar="N", help="so many side by side")
    parser.add_argument("--round", type=_positive, nargs="+", metavar="N", help="play only these of the seed")
    parser.add_argument("--json", action="store_true", help="at the end, the figures and all rounds as JSON")
    parser.add_argument("--evidence", type=Path, default=EVIDENCE, help="where to keep what a fault has left")
    return parser.parse_args(given)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not above zero")
    return number


def play(options: argparse.Namespace, ended: list[Outcome]) -> bool:
    """Add what has ended to the list; whether it was interrupted."""
    numbers = options.round or range(1, options.rounds + 1)
    rounds = [planned(options.seed, number) for number in numbers]
    try:
        with closing(outcomes(rounds, options.jobs, options.evidence)) as ending:
            for outcome in ending:
                ended.append(outcome)
                _say(str(outcome), options)
    except KeyboardInterrupt:
        _say("interrupted: nothing is left running", options)
        return True
    return False


def _say(text: str, options: argparse.Namespace) -> None:
    """Write to standard error; standard output is for a program."""
    stream = sys.stderr if options.json else sys.stdout
    stream.write(f"{text}\n")
    stream.flush()


def main(given: Sequence[str]) -> int:
    options, ended, began = arguments(given), list[Outcome](), monotonic()
    # A process in the background ignores it, and so does all that it starts.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    interrupted = play(options, ended)
    seconds = monotonic() - began
    _say("\n" + table(ended, seconds), options)
    if options.json:
        sys.stdout.write(json.dumps(dumped(ended, seconds, interrupted=interrupted), indent=2) + "\n")
    return exit_code(ended, interrupted=interrupted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
