"""The outcome of a round, as data."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.engine.chaos.judge import Verdict
from tests.engine.chaos.plan import Round

FAILED = re.compile(r"(cancel|refresh|file) \(")
"""A command of the page that always works, with an exit code behind it. An ``up`` may well fail, for a lock."""


@dataclass(frozen=True)
class Outcome:
    """``hit``: the ``up`` still ran, and there was something to be hit. ``commands``: what was run afterwards.

    ``succeeded``: whether the last of them ended well. ``asked``: what was asked then, and what was wrong about the
    answer. ``repair_seconds``: of the commands. ``error``: the round could not be played. ``evidence``: where
    everything was kept, if there is a fault.
    """

    round: Round
    hit: bool = False
    commands: tuple[str, ...] = ()
    succeeded: bool = False
    verdict: Verdict = field(default_factory=Verdict)
    looks: int = 0
    breaches: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    tracebacks: int = 0
    asked: Mapping[str, str] = field(default_factory=dict)
    repair_seconds: float = 0.0
    seconds: float = 0.0
    error: str = ""
    evidence: str = ""

    @property
    def converged(self) -> bool:
        return self.succeeded and not self.verdict.differences and not any(self.asked.values())

    @property
    def stuck(self) -> bool:
        """The commands of the page did not help."""
        return not self.error and not self.succeeded

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(self._faults())

    def _faults(self) -> Iterator[str]:
        if self.error:
            yield f"could not be played: {self.error}"
            return
        yield from (f"BREACH of invariant {item}" for item in self.breaches)
        if self.stuck:
            yield f"STUCK after {', '.join(self.commands)}"
        yield from self.verdict.differences if self.succeeded else ()
        yield from (f"disowned: {item}" for item in self.verdict.disowned)
        yield from (f"second deployment: {item}" for item in self.verdict.second)
        yield from (f"the page's command failed: {item}" for item in self.commands if FAILED.match(item))
        yield from (f"{question}: {wrong}" for question, wrong in self.asked.items() if wrong)
        if self.tracebacks:
            yield f"{self.tracebacks} tracebacks in what the commands said"

    def __str__(self) -> str:
        """One line."""
        plan = self.round
        happened = f"{plan.victim} {plan.instant}" if self.hit else f"not hit ({plan.victim} {plan.instant})"
        did = ", ".join(self.commands) or "nothing to do"
        result = "; ".join(self.faults) or "converged"
        where = f" ({self.evidence})" if self.evidence else ""
        fleet = f"{plan.start}, {len(plan.mirrors)} mirrors"
        return f"round {plan.number}: {fleet}: {happened}: {did}: {result}{where}, {self.seconds:.0f} s"

    def dump(self) -> dict[str, Any]:
        """For a program."""
        return {**asdict(self), "converged": self.converged, "stuck": self.stuck, "faults": self.faults}
