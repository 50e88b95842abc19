"""What one command took."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MEGABYTE = 1024 * 1024
_POLL = re.compile(r"/apps/v3/deployments/[^/]+/")


class BenchError(Exception):
    """A command that is measured did not do what it should; the message has the end of what it said."""


@dataclass(frozen=True)
class Memory:
    """Peaks, in bytes, of one process each: the engine, the program, and the largest of the provider's."""

    engine: int = 0
    program: int = 0
    provider: int = 0
    providers: int = 0
    """How many provider processes there were."""


@dataclass(frozen=True)
class Taken:
    """What a command took, before it is known what it asked the platform."""

    seconds: float
    processor: float
    memory: Memory
    said: str = ""


@dataclass(frozen=True)
class Sample:
    """``seconds`` by the clock, ``processor`` those of all processes of the command, whatever else the machine did.

    ``requests``: those that the platform got, without ``polls``, the looks at a single deployment.
    """

    seconds: float
    processor: float
    requests: int
    polls: int
    memory: Memory

    @classmethod
    def of(cls, taken: Taken, requests: int = 0, polls: int = 0) -> Sample:
        return cls(taken.seconds, taken.processor, requests, polls, taken.memory)


def counted(lines: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """Requests and polls of a sandbox's request log."""
    polls = [line["method"] == "GET" and bool(_POLL.fullmatch(line["path"])) for line in lines]
    return len(polls) - sum(polls), sum(polls)
