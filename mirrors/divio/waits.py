"""Waits for deployments: single polls, and one thread that polls all deployments together."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Condition, Thread

from mirrors.divio.domain import Deployment
from mirrors.divio.errors import REFUSALS, ConnectionFailed, ServerFailed, Throttled
from mirrors.divio.policy import PollPolicy
from mirrors.divio.poll_schedule import PollSchedule

PollOutcome = Deployment | Exception
"""The answer to one poll of a deployment."""

ProgressCallback = Callable[[Deployment], None]


class DeploymentWatch:
    """The wait for one deployment. ``last`` is the deployment at the last poll that had an answer."""

    def __init__(self, poll: PollPolicy, on_progress: ProgressCallback | None) -> None:
        self._poll = poll
        self._on_progress = on_progress
        self._failures = 0
        self.last: Deployment | None = None

    def check_ended(self, outcome: PollOutcome) -> Deployment | None:
        """Return the deployment if it has ended by this poll. Raises the failure of a poll that is one too many."""
        if isinstance(outcome, Exception):
            self._count_failure(outcome)
            return None
        self.last, self._failures = outcome, 0
        if self._on_progress:
            self._on_progress(outcome)
        return None if outcome.running else outcome

    def _count_failure(self, error: Exception) -> None:
        self._failures += 1
        passing = isinstance(error, ConnectionFailed | ServerFailed | Throttled) and error.transient
        if not passing or self._failures > self._poll.failures:
            raise error


@dataclass(eq=False)
class WaitingThread:
    """One of the threads that wait together. ``outcomes`` has the answer to each poll; None tells it to wait alone."""

    environment: str
    uuid: str
    outcomes: "SimpleQueue[PollOutcome | None]" = field(default_factory=SimpleQueue)

    def next(self, seconds: float) -> PollOutcome | None:
        """Return the next answer; None also if no poll came within so many seconds."""
        try:
            return self.outcomes.get(timeout=seconds)
        except Empty:
            return None


class SharedPolling:
    """One request for all deployments that threads wait for, where the platform answers it.

    A thread waits alone for a deployment that the platform does not list among the newest. All wait alone where it
    refuses to list them. The polling thread is a daemon: it keeps no process from ending, and ends when no thread
    waits.

    Args:
        one: Polls one deployment (its uuid).
        newest: Lists the deployments of these uuids in these environments.
        poll: The pace.
        clock: Monotonic seconds.
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
        self._schedule: PollSchedule[WaitingThread] = PollSchedule(poll)
        self._members: dict[WaitingThread, None] = {}
        self._thread: Thread | None = None

    @contextmanager
    def join(self, environment: str, uuid: str) -> Iterator[WaitingThread]:
        """Register the wait of one thread, which has just polled the deployment itself."""
        member = WaitingThread(environment, uuid)
        with self._changed:
            self._members[member] = None
            self._schedule.add(member, self._clock())
            if self._thread is None:
                self._thread = Thread(target=self._run, daemon=True, name="deployments")
                self._thread.start()
            self._changed.notify()
        try:
            yield member
        finally:
            with self._changed:
                del self._members[member]
                self._schedule.remove(member)
                self._changed.notify()

    def _run(self) -> None:
        while members := self._wait_until_due():
            outcomes = self._poll(members)
            with self._changed:
                self._schedule.record_poll(members, self._clock())
            for member, outcome in outcomes.items():
                member.outcomes.put(outcome)

    def _wait_until_due(self) -> list[WaitingThread]:
        """Return all members once a poll is due. Without a member the thread ends, and nothing is returned."""
        with self._changed:
            while (due := self._schedule.next_due) is not None:
                pause = due - self._clock()
                if pause <= 0:
                    return list(self._members)
                self._changed.wait(pause)
            self._thread = None
            return []

    def _poll(self, members: Sequence[WaitingThread]) -> Mapping[WaitingThread, PollOutcome | None]:
        """Poll all members. A failure, whatever it is, reaches every member: otherwise they would wait without end."""
        try:
            if len(members) == 1:  # the platform certainly knows this request
                return {member: self._one(member.uuid) for member in members}
            environments = list(dict.fromkeys(member.environment for member in members))
            listed = self._newest(environments, {member.uuid for member in members})
        except Exception as error:  # noqa: BLE001 - each of those who wait raises it
            refused = isinstance(error, REFUSALS) and len(members) > 1
            return dict.fromkeys(members, None if refused else error)
        return {member: listed.get(member.uuid) for member in members}
