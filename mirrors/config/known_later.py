"""The mark of a value that only the program knows, and only while Pulumi runs: an ``Output``."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class KnownLater:
    """A value that the configuration cannot know. Planning counts its name alone.

    Args:
        output: The program's ``Output``. Only the program reads it. None where another process declared it.
    """

    output: Any = field(default=None, repr=False)
