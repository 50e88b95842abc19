"""Rounds side by side, each job in a process of its own with a ground of its own."""

import multiprocessing
import os
import signal
import tempfile
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import FrameType

from tests.engine.chaos.ground import Ground, new_ground
from tests.engine.chaos.outcome import Outcome
from tests.engine.chaos.plan import Round
from tests.engine.chaos.play import played

ENDS_WITHIN = 90.0  # seconds, from an interruption on: its sandbox is taken down
Make = Callable[[Path], AbstractContextManager[Ground]]
SPAWNED = multiprocessing.get_context("spawn")


@dataclass
class Job:
    process: multiprocessing.process.BaseProcess
    connection: "Connection[Round | None, Outcome]"

    @classmethod
    def started(cls, evidence: Path) -> "Job":
        mine, its = SPAWNED.Pipe()
        process = SPAWNED.Process(target=work, args=(its, evidence))
        process.start()
        its.close()  # so that its end is noticed
        return cls(process, mine)

    def interrupt(self) -> None:
        if self.process.is_alive() and self.process.pid:
            os.kill(self.process.pid, signal.SIGINT)

    def end(self) -> None:
        """It has nothing more to do, or was interrupted: it takes down what it has started."""
        self.process.join(ENDS_WITHIN)
        assert self.process.exitcode is not None, "a job has not ended"


def work(connection: "Connection[Outcome, Round | None]", evidence: Path, make: Make = new_ground) -> None:
    """Play what it is given, until it is given nothing more, or is interrupted."""
    os.setsid()  # a Ctrl-C in the terminal is for the parent, which then passes it on once
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    try:
        with tempfile.TemporaryDirectory(prefix="mirrors-chaos-") as made:
            grounds = (Path(made) / f"ground-{number}" for number in count())
            while _served(connection, next(grounds), evidence, make):
                continue
    except (KeyboardInterrupt, EOFError):
        return


def _interrupted(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    _not_interrupted_any_more()
    raise KeyboardInterrupt


def _not_interrupted_any_more() -> None:
    """Ignore Ctrl-C from here on: an interrupted end would leave something behind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _served(connection: "Connection[Outcome, Round | None]", directory: Path, evidence: Path, make: Make) -> bool:
    """Return whether there is more to do, on new ground since this one is spoilt."""
    directory.mkdir()
    with make(directory) as ground:
        while round_ := connection.recv():
            outcome = _safely(ground, round_, evidence)
            connection.send(outcome)
            if outcome.error:
                return True
        _not_interrupted_any_more()
    return False


def _safely(ground: Ground, round_: Round, evidence: Path) -> Outcome:
    """Play a round. An error of the tool is an outcome, too: the other rounds are played all the same."""
    try:
        return played(ground, round_, evidence)
    except Exception:  # noqa: BLE001 - the round reports it
        return Outcome(round_, error=traceback.format_exc())


@contextmanager
def running(number: int, evidence: Path) -> Iterator[list[Job]]:
    jobs = [Job.started(evidence) for _ in range(number)]
    try:
        yield jobs
    except BaseException:
        for job in jobs:
            job.interrupt()
        raise
    finally:
        for job in jobs:
            job.end()


def outcomes(rounds: Sequence[Round], jobs: int, evidence: Path) -> Generator[Outcome, None, None]:
    """In the order in which they end. Raises EOFError where a job has ended by itself."""
    left = iter(rounds)
    with running(min(jobs, len(rounds)), evidence) as started:
        busy = {job.connection for job in started if _given(job.connection, next(left, None))}
        while busy:
            for connection in wait(list(busy)):
                assert isinstance(connection, Connection)
                yield connection.recv()
                if not _given(connection, next(left, None)):
                    busy.discard(connection)


def _given(connection: "Connection[Round | None, Outcome]", round_: Round | None) -> bool:
    connection.send(round_)
    return round_ is not None
