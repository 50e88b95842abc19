"""The one exception with which a ``Fleet`` refuses what it cannot use."""

from collections.abc import Iterable

from mirrors.problems import Problem

__all__ = ["REPORTED_EXIT_CODE", "FleetRefusedError"]

REPORTED_EXIT_CODE = 32
"""The exit code that tells Pulumi's language host that the program has reported its problems."""


class FleetRefusedError(SystemExit):
    """A ``Fleet`` that Mirrors cannot declare. It registered nothing, and reported every problem.

    It ends the program as ``sys.exit`` does. Pulumi's language host shows a traceback for any other exception. A
    program that catches it ends with it all the same, after its last line. Otherwise the engine would delete the fleet.
    A test catches it around ``run_program``, and reads ``problems``.

    Args:
        problems: All that is wrong.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__(REPORTED_EXIT_CODE)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(problem.line for problem in self.problems)
