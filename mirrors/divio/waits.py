"""Waits for deployments: single looks, and one thread that looks at all deployments together."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Condition, Thread

from mirrors.divio.domain import Deployment
from mirrors.divio.errors import REFUSALS, ConnectionFailed, ServerFailed, Throttled
from mirrors.divio.looks import Looks
from mirrors.divio.policy import PollPolicy

Outcome = Deployment | Exception
"""The answer to one look at a deployment."""

Progress = Callable[[Deployment], None]


class Watch:
    """One deployment that is waited for. ``last``: the deployment at the last look that had an answer."""

    def __init__(self, poll: PollPolicy, on_progress: Progress | None) -> None:
        self._poll = poll
        self._on_progress = on_progress
        self._failures = 0
        self.last: Deployment | None = None

    def ended(self, outcome: Outcome) -> Deployment | None:
        """Return the deployment if it has ended by this look. Raises the failure of a look that is one too many."""
        if isinstance(outcome, Exception):
            self._failed(outcome)
            return None
        self.last, self._failures = outcome, 0
        if self._on_progress:
            self._on_progress(outcome)
        return None if outcome.running else outcome

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        passing = isinstance(error, ConnectionFailed | ServerFailed | Throttled) and error.transient
        if not passing or self._failures > self._poll.failures:
            raise error


@dataclass(eq=False)
class Member:
    """One of the threads that wait together. ``outcomes`` has the answer to each look; None: it has to wait alone."""

    environment: str
    uuid: str
    outcomes: "SimpleQueue[Outcome | None]" = field(default_factory=SimpleQueue)

    def next(self, seconds: float) -> Outcome | None:
        """Return the next answer; None also where no look came within so many seconds."""
        try:
            return self.outcomes.get(timeout=seconds)
        except Empty:
            return None


class Together:
    """One request for all deployments that threads wait for, where the platform answers it.

    A thread waits alone for a deployment that the platform does not list among the newest. All wait alone where it
    refuses to list them. The looking thread is a daemon: it keeps no process from ending, and ends when no thread
    waits.

    Args:
        one: looks at one deployment (its uuid).
        newest: lists the deployments of these uuids in these environments.
        poll: how often to look.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        one: Callable[[str], Deployment],
        newest: Callable[[Sequence[str], Collection[str]], Mapping[str, Deployment]],
        poll: PollPolicy,
        clock: Callable[[], float],
    ) -> None:
        self._one = one
        self._newest = newest
        self._clock = clock
        self._changed = Condition()
        self._looks: Looks[Member] = Looks(poll)
        self._members: dict[Member, None] = {}
        self._thread: Thread | None = None

    @contextmanager
    def joined(self, environment: str, uuid: str) -> Iterator[Member]:
        """Register the wait of one thread, which has just looked at the deployment itself."""
        member = Member(environment, uuid)
        with self._changed:
            self._members[member] = None
            self._looks.begins(member, self._clock())
            if self._thread is None:
                self._thread = Thread(target=self._run, daemon=True, name="deployments")
                self._thread.start()
            self._changed.notify()
        try:
            yield member
        finally:
            with self._changed:
                del self._members[member]
                self._looks.ends(member)
                self._changed.notify()

    def _run(self) -> None:
        while members := self._due():
            outcomes = self._look(members)
            with self._changed:
                self._looks.looked(members, self._clock())
            for member, outcome in outcomes.items():
                member.outcomes.put(outcome)

    def _due(self) -> list[Member]:
        """Return all members once a look is due; none when no member is left, and then the thread has ended."""
        with self._changed:
            while (due := self._looks.due) is not None:
                pause = due - self._clock()
                if pause <= 0:
                    return list(self._members)
                self._changed.wait(pause)
            self._thread = None
            return []

    def _look(self, members: Sequence[Member]) -> Mapping[Member, Outcome | None]:
        """Look at all. A failure, whatever it is, reaches every member: otherwise they would wait without end."""
        try:
            if len(members) == 1:  # the platform certainly knows this request
                return {member: self._one(member.uuid) for member in members}
            environments = list(dict.fromkeys(member.environment for member in members))
            listed = self._newest(environments, {member.uuid for member in members})
        except Exception as error:  # noqa: BLE001 - each of those who wait raises it
            refused = isinstance(error, REFUSALS) and len(members) > 1
            return dict.fromkeys(members, None if refused else error)
        return {member: listed.get(member.uuid) for member in members}
