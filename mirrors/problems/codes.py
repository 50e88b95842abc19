"""The shape of a catalogue's entries."""

from typing import NamedTuple


class Meaning(NamedTuple):
    """What a code means, and what usually helps: a sentence each, for the page about problems."""

    meaning: str
    remedy: str
