"""The figures of a run: rounds, hits, how they ended, and what was found."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tests.engine.chaos.outcome import Outcome
from tests.engine.chaos.plan import STARTS, VICTIMS

INTERRUPTED = 130


def exit_code(outcomes: Sequence[Outcome], *, interrupted: bool = False) -> int:
    """1 where anything is wrong: a breach, a fleet that has not converged, something disowned or done twice."""
    if any(item.faults for item in outcomes):
        return 1
    return INTERRUPTED if interrupted else 0


def table(outcomes: Sequence[Outcome], seconds: float) -> str:
    rows = list(_rows(outcomes, seconds))
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:{width}}  {value}" for name, value in rows]
    faulty = [str(item) for item in _in_order(outcomes) if item.faults]
    return "\n".join([*lines, *faulty])


def _rows(outcomes: Sequence[Outcome], seconds: float) -> Iterator[tuple[str, str]]:
    hit = [item for item in outcomes if item.hit]
    ended = [item for item in outcomes if item.succeeded]
    yield "rounds", f"{len(outcomes)} in {seconds / 60:.0f} minutes"
    yield "starting points", _counted(Counter(item.round.start for item in outcomes), STARTS)
    yield "hits", f"{len(hit)}: {_counted(Counter(item.round.victim for item in hit), VICTIMS)}"
    yield "converged", f"{sum(item.converged for item in outcomes)} of {len(outcomes)}; of the hits {_commands(hit)}"
    yield "half of the repairs", f"at most {_median([item.repair_seconds for item in hit if item.commands]):.0f} s"
    yield "stuck", str(sum(item.stuck for item in outcomes))
    yield "files of the backend repaired", str(sum(bool(item.files) for item in outcomes))
    looks, breaches = sum(item.looks for item in outcomes), sum(len(item.breaches) for item in outcomes)
    yield "breaches of invariants 1 to 4", f"{breaches} in {looks:,} looks at the store"
    yield "disowned variables", str(sum(len(item.verdict.disowned) for item in ended))
    repeated = sum(len(item.verdict.repeated) for item in ended)
    second = sum(len(item.verdict.second) for item in ended)
    yield "second deployments", f"{second}; after one that had failed: {repeated}"
    for question in ("status", "preview"):
        answers = [item.asked[question] for item in ended if question in item.asked]
        yield f"{question} afterwards", f"as it should be in {answers.count('')} of {len(answers)}"


def _counted(counter: Counter[Any], names: Sequence[str]) -> str:
    return ", ".join(f"{name} {counter[name]}" for name in names if counter[name]) or "none"


def _commands(hit: Sequence[Outcome]) -> str:
    """After how many commands, in the order of that number."""
    counted = Counter(len(item.commands) for item in hit if item.converged)
    words = (f"{times} after {number} command{'' if number == 1 else 's'}" for number, times in sorted(counted.items()))
    return ", ".join(words) or "none"


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0


def _in_order(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return sorted(outcomes, key=lambda item: item.round.number)


def dumped(outcomes: Sequence[Outcome], seconds: float, *, interrupted: bool) -> dict[str, Any]:
    """Return the same for a program."""
    return {
        "interrupted": interrupted,
        "seconds": seconds,
        "figures": dict(_rows(outcomes, seconds)),
        "rounds": [item.dump() for item in _in_order(outcomes)],
    }
