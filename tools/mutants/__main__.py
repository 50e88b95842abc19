"""Take each promise out of the code in turn and let the tests notice: ``python -m tools.mutants [NAME …]``.

Ends with 1 where a mutation survives, no longer applies, or its tests fail without it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tools.mutants.mutation import Mutation, StaleError
from tools.mutants.mutations import MUTATIONS
from tools.mutants.run import Copy, Outcome

CHECKOUT = Path(__file__).resolve().parents[2]


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def chosen(names: Sequence[str]) -> list[Mutation]:
    unknown = set(names) - {item.name for item in MUTATIONS}
    if unknown:
        known = "\n  ".join(item.name for item in MUTATIONS)
        sys.exit(f"There is no mutation {', '.join(sorted(unknown))}. These are known:\n  {known}")
    return [item for item in MUTATIONS if not names or item.name in names]


def judged(copy: Copy, mutation: Mutation) -> Outcome:
    try:
        return copy.judged(mutation)
    except StaleError as stale:
        return Outcome("does not apply", str(stale))


def main(names: Sequence[str]) -> int:
    mutations, bad = chosen(names), list[str]()
    with tempfile.TemporaryDirectory(prefix="mirrors-mutants-") as directory:
        copy = Copy(CHECKOUT, Path(directory))
        say("the tests without a mutation … ")
        sound = copy.sound(sorted({test for item in mutations for test in item.tests}))
        say(f"{sound.verdict} {sound.by}\n")
        if sound.verdict != "sound":
            return 1
        for number, mutation in enumerate(mutations, 1):
            say(f"[{number:2}/{len(mutations)}] {mutation.name} … ")
            began, outcome = time.monotonic(), judged(copy, mutation)
            say(f"{outcome.verdict} {outcome.by} ({time.monotonic() - began:.0f} s)\n")
            bad += [f"{outcome.verdict}: {mutation.name}"] if outcome.verdict != "caught" else []
    say("".join(f"{line}\n" for line in bad) or f"{len(mutations)} mutations, each caught\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
