"""Messages of the user's program.

The engine shows them; a ``mirrors`` command that started the engine gets them as data.
"""

from collections.abc import Callable, Sequence

import pulumi

from mirrors.planning.rollout.waves import RolloutPlan, describe_rollout
from mirrors.problems import Note, Problem
from mirrors.problems.events import report_line, report_note, report_problem, report_rotation
from mirrors.program.refusal import FleetRefusedError
from mirrors.pulumi_internals import end_program_with


def announce_problem(problem: Problem) -> None:
    """Report a problem. The engine fails the operation for it."""
    report_problem(problem)
    pulumi.log.error(problem.line)


def announce_refusal(problems: Sequence[Problem]) -> FleetRefusedError:
    """Report all problems of a fleet, and return the error to raise.

    The program ends with it also where it catches it: the engine would delete the fleet that is not registered.
    """
    for problem in problems:
        announce_problem(problem)
    error = FleetRefusedError(problems)
    end_program_with(error)
    return error


def announce_note(note: Note, *, subject: str = "", warning: bool = False) -> None:
    """Report a note. ``subject`` tells a reader of the engine's messages what the note is about."""
    report_note(note)
    log = pulumi.log.warn if warning else pulumi.log.info
    if subject:
        _announce_line(f"{subject}: {note.line}", log)
    else:
        log(note.line)


def announce_rollout(rollout: RolloutPlan, fleet: str | None = None) -> None:
    """Report each wave in a line. A command knows the waves from the plan, but not that the credentials changed.

    Args:
        fleet: The name of the ``Fleet`` whose arguments declare the fleet.
    """
    if rollout.rotates_credentials:
        report_rotation(fleet)
    for line in describe_rollout(rollout):
        _announce_line(line, pulumi.log.info)


def _announce_line(line: str, log: Callable[[str], None]) -> None:
    report_line(line)
    log(line)
