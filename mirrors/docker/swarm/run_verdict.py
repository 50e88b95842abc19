"""Decide whether a command that runs once still runs, is done, or has failed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mirrors.docker.swarm.observed import ObservedTask
from mirrors.docker.swarm.verdict import PENDING_GRACE, describe_end


class RunOutcome(StrEnum):
    """The answers about a command that runs once."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """The judgement about a command that runs once.

    Args:
        outcome: Whether it runs, is done or has failed.
        found: The failure in words, without a full stop.
        task: Its task; None before there is one.
    """

    outcome: RunOutcome
    found: str = ""
    task: str | None = None

    @property
    def is_failure(self) -> bool:
        return self.outcome is RunOutcome.FAILED


def judge_run(tasks: Sequence[ObservedTask], elapsed: float) -> RunVerdict:
    """Judge a service of one task that no one starts again.

    Args:
        tasks: Its tasks, the newest first.
        elapsed: The seconds since the first look.
    """
    if not tasks:
        return RunVerdict(RunOutcome.RUNNING)
    newest = tasks[0]
    if newest.state == "complete":
        return RunVerdict(RunOutcome.DONE, task=newest.id)
    if newest.has_ended:
        return RunVerdict(RunOutcome.FAILED, describe_end(newest), newest.id)
    if newest.state == "pending" and newest.error and elapsed >= PENDING_GRACE:
        return RunVerdict(RunOutcome.FAILED, f"Swarm has no node for its task: {newest.error}", newest.id)
    return RunVerdict(RunOutcome.RUNNING, task=newest.id)
