"""The shape of a catalogue's entries."""

from typing import NamedTuple


class ProblemMeaning(NamedTuple):
    """The meaning of a code, and what usually helps, for the pages about problems. Each is one or two sentences."""

    meaning: str
    remedy: str
