"""The figures of one command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mirrors.divio.deployments import DEPLOYMENTS_PATH, NEWEST_PAGE_SIZE

MEGABYTE = 1024 * 1024
_POLL = re.compile(r"/apps/v3/deployments/[^/]+/")


class BenchError(Exception):
    """A measured command that failed; the message has the end of its output."""


@dataclass(frozen=True)
class Memory:
    """Peaks, in bytes, of one process each: the engine, the program, and the largest of the provider's."""

    engine: int = 0
    program: int = 0
    provider: int = 0


@dataclass(frozen=True)
class Seen:
    """Observations of a command's processes while they ran. ``busy``: processor seconds of all of a kind."""

    memory: Memory
    providers: int
    busy: Mapping[str, float]


@dataclass(frozen=True)
class Taken:
    """Figures of a command, without what it asked the platform."""

    seconds: float
    processor: float
    seen: Seen
    said: str = ""


@dataclass(frozen=True)
class Sample:
    """``seconds`` by the clock, ``processor`` those of all processes of the command, whatever else the machine did.

    ``requests``: those that the platform got, without ``polls``, the looks at a single deployment. ``state``: bytes of
    the stack's state at the end.
    """

    seconds: float
    processor: float
    requests: int
    polls: int
    state: int
    seen: Seen

    @classmethod
    def of(cls, taken: Taken, requests: int = 0, polls: int = 0, *, state: int = 0) -> Sample:
        return cls(taken.seconds, taken.processor, requests, polls, state, taken.seen)


def counted(lines: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """Return the requests and the polls of a sandbox's request log."""
    polls = [line["method"] == "GET" and _is_poll(line["path"], line.get("query") or "") for line in lines]
    return len(polls) - sum(polls), sum(polls)


def _is_poll(path: str, query: str) -> bool:
    """Return whether a request looks at one deployment, or at all that go on."""
    return bool(_POLL.fullmatch(path)) or (
        path == DEPLOYMENTS_PATH and f"page_size={NEWEST_PAGE_SIZE}" in query.split("&")
    )
