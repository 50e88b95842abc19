"""What the user's program says. The engine shows it; a command of Mirrors that started the engine gets it as data."""

from collections.abc import Callable

import pulumi

from mirrors.planning.rollout.waves import RolloutPlan, described
from mirrors.problems import Note, Problem
from mirrors.problems.events import report_line, report_note, report_problem, report_repair


def announce_problem(problem: Problem) -> None:
    """The engine fails the operation for it."""
    report_problem(problem)
    pulumi.log.error(problem.line)


def announce_note(note: Note, *, subject: str = "", warning: bool = False) -> None:
    """``subject``: what a reader of the engine's messages has to be told that the note is about."""
    report_note(note)
    log = pulumi.log.warn if warning else pulumi.log.info
    if subject:
        _say(f"{subject}: {note.line}", log)
    else:
        log(note.line)


def announce_rollout(rollout: RolloutPlan) -> None:
    """A line for each wave. A command has them from the plan itself, except that the shared credentials changed."""
    if rollout.rotates_credentials:
        report_repair()
    for line in described(rollout):
        _say(line, pulumi.log.info)


def _say(line: str, log: Callable[[str], None]) -> None:
    report_line(line)
    log(line)
