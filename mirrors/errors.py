"""The exceptions of this package. Each carries its problems as data, and shows them as a user reads them."""

from mirrors.problems import Problem


class MirrorsError(Exception):
    """The root of every exception that this package raises on purpose."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(problem.line for problem in problems))


class ConfigurationError(MirrorsError):
    """The configuration cannot be used."""


class UnsupportedPlatformError(MirrorsError):
    """A command that does not work on the stack's platform.

    Args:
        instead: What the user can do on that platform.
    """

    def __init__(self, command: str, platform: str, instead: str) -> None:
        message = f"mirrors {command} does not work with mirrors:platform: {platform}."
        super().__init__(Problem("command-is-for-another-platform", message, instead))
