"""What goes wrong in this package.

* MirrorsError
  - ConfigurationError: the stack's configuration cannot be used

Every message is made to be shown to a user as it stands: it names the place and the remedy, and never a secret's value.
"""

from collections.abc import Iterable

__all__ = ["ConfigurationError", "MirrorsError"]


class MirrorsError(Exception):
    """The root of every exception that this package raises on purpose."""


class ConfigurationError(MirrorsError):
    """The configuration cannot be used; ``problems`` holds a line for each thing that is wrong."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))
