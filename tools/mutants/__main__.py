"""Take each promise out of the code in turn and let the tests notice: ``python -m tools.mutants [-j N] [NAME …]``.

Ends with 1 where a mutation survives, no longer applies, or its tests fail without it. ``-j`` says how many mutations
are judged at once, each in a copy of its own; without it, as many as there are processors.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from tools.mutants.mutation import Mutation, StaleError
from tools.mutants.mutations import MUTATIONS
from tools.mutants.run import Copy, Outcome

CHECKOUT = Path(__file__).resolve().parents[2]
Item = TypeVar("Item")
Result = TypeVar("Result")


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def chosen(names: Sequence[str]) -> list[Mutation]:
    unknown = set(names) - {item.name for item in MUTATIONS}
    if unknown:
        known = "\n  ".join(item.name for item in MUTATIONS)
        sys.exit(f"There is no mutation {', '.join(sorted(unknown))}. These are known:\n  {known}")
    return [item for item in MUTATIONS if not names or item.name in names]


class Judges:
    """Copies of the checkout. Each judges one mutation at a time, and all of them work at once."""

    def __init__(self, copies: Sequence[Copy]) -> None:
        self._copies = copies
        self._idle: SimpleQueue[Copy] = SimpleQueue()
        for copy in copies:
            self._idle.put(copy)

    def find_broken_tests(self, mutations: Sequence[Mutation]) -> list[Outcome]:
        """Return the outcomes of tests that fail without a mutation. Each copy runs some of the files."""
        tests = sorted({test for item in mutations for test in item.tests})
        files = sorted({test.partition("::")[0] for test in tests})
        parts = [
            [test for test in tests if test.partition("::")[0] in files[number :: len(self._copies)]]
            for number in range(len(self._copies))
        ]
        found = self._spread(lambda copy, part: copy.sound(part), [part for part in parts if part])
        return [outcome for outcome in found if outcome.verdict != "sound"]

    def judge(self, mutations: Sequence[Mutation]) -> Iterator[tuple[Outcome, float]]:
        """Yield the outcome of each mutation and its seconds, in the order of the list."""
        return self._spread(_judge_in_time, mutations)

    def _spread(self, work: Callable[[Copy, Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        def with_copy(item: Item) -> Result:
            copy = self._idle.get()
            try:
                return work(copy, item)
            finally:
                self._idle.put(copy)

        with ThreadPoolExecutor(len(self._copies)) as pool:
            yield from pool.map(with_copy, items)


def _judge_in_time(copy: Copy, mutation: Mutation) -> tuple[Outcome, float]:
    began = time.monotonic()
    try:
        outcome = copy.judged(mutation)
    except StaleError as stale:
        outcome = Outcome("does not apply", str(stale))
    return outcome, time.monotonic() - began


def main(names: Sequence[str], jobs: int) -> int:
    mutations, bad = chosen(names), list[str]()
    with tempfile.TemporaryDirectory(prefix="mirrors-mutants-") as directory:
        numbers = range(min(jobs, len(mutations)))
        judges = Judges([Copy(CHECKOUT, Path(directory) / str(number)) for number in numbers])
        say("the tests without a mutation … ")
        broken = judges.find_broken_tests(mutations)
        say("".join(f"{item.verdict} {item.by}\n" for item in broken) or "sound\n")
        if broken:
            return 1
        found = zip(mutations, judges.judge(mutations), strict=True)
        for number, (mutation, (outcome, seconds)) in enumerate(found, 1):
            said = f"{mutation.name} … {outcome.verdict} {outcome.by} ({seconds:.0f} s)"
            say(f"[{number:{len(str(len(mutations)))}}/{len(mutations)}] {said}\n")
            bad += [f"{outcome.verdict}: {mutation.name}"] if outcome.verdict != "caught" else []
    say("".join(f"{line}\n" for line in bad) or f"{len(mutations)} mutations, each caught\n")
    return 1 if bad else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.mutants")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a mutation; without any, all")
    return parser.parse_args()


if __name__ == "__main__":
    arguments = parse_arguments()
    sys.exit(main(arguments.names, max(arguments.jobs, 1)))
