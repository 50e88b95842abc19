"""The blow that the plan wants, at its instant of an ``up``."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event

from mirrors_sandbox.process import Recorded, find

from tests.engine.chaos.plan import Round
from tests.engine.crash.processes import family, is_provider, kill, sender
from tests.engine.crash.proxy import Passed, Strike
from tests.engine.crash.world import World
from tests.sandboxes import crash

STOPPED = 3.0  # seconds


@dataclass
class Deed:
    """``hit``: whether there was still an ``up``, and something to be hit."""

    world: World
    round: Round
    engine: "subprocess.Popen[str]"
    hit: bool = False
    _over: Event = field(default_factory=Event)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=4))
    _running: list["Future[None]"] = field(default_factory=list)

    def strike(self) -> Strike | None:
        """For the proxy, where the instant is a request."""
        at = self.round.instant
        drops = self.round.victim.endswith("killed") and not self.round.victim.startswith("server")
        return Strike(at.write, at.side, self._met, drops=drops, writes=True) if at.write else None

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """It happens while the context lasts; at its end what was stopped goes on, and what was killed serves again."""
        if not self.round.instant.write:
            self._begin(self._after_a_while)
        try:
            yield
        finally:
            self._over.set()
            for future in self._running:  # one that runs may begin another one
                wait([future])
            self._pool.shutdown()
        for future in self._running:
            future.result()

    def _begin(self, deed: Callable[[], None]) -> "Future[None]":
        future = self._pool.submit(deed)
        self._running.append(future)
        return future

    def _met(self, passed: Passed) -> None:
        """Return once it has happened; what goes wrong is raised at the end of the context."""
        if not self._over.is_set():
            wait([self._begin(lambda: self._do(passed))])

    def _after_a_while(self) -> None:
        if not self._over.wait(self.round.instant.seconds):
            self._do(None)

    def _do(self, passed: Passed | None) -> None:
        members = family(self.engine.pid)
        if self.engine.poll() is not None or not members:
            return
        match self.round.victim.rpartition(" "):
            case ("provider", _, verb):
                self._signalled(verb, self._provider(members, passed))
            case ("engine", _, verb):
                self._signalled(verb, members[:1])
            case ("group", _, verb):
                self._signalled(verb, [member for member in members if self._in_group(member)])
            case ("tree", _, verb):
                self._signalled(verb, members)
            case ("Ctrl-C", _, _):
                self._interrupted()
            case (who, _, _):
                self._server_killed(members[:1] if who == "server and engine" else [])

    def _provider(self, members: list[Recorded], passed: Passed | None) -> list[Recorded]:
        """Return the one that has sent the request, or one of them."""
        own = sender(members, passed.port) if passed else None
        providers = [own] if own else [member for member in members if is_provider(member)]
        return [providers[int(self.round.pick * len(providers))]] if providers else []

    def _in_group(self, member: Recorded) -> bool:
        try:
            return os.getpgid(member.pid) == self.engine.pid
        except ProcessLookupError:
            return False

    def _signalled(self, verb: str, victims: list[Recorded]) -> None:
        self.hit = bool(victims)
        if verb == "killed":
            kill(victims)
            return
        for item in victims:
            _send(item, signal.SIGSTOP)
        self._begin(lambda: self._continue(victims))

    def _continue(self, victims: list[Recorded]) -> None:
        """It does not come sooner where the ``up`` is over: then no one waits any more."""
        self._over.wait(STOPPED)
        for item in victims:
            _send(item, signal.SIGCONT)

    def _interrupted(self) -> None:
        self.hit = True
        os.killpg(self.engine.pid, signal.SIGINT)  # as a terminal does
        self._begin(self._interrupted_again)

    def _interrupted_again(self) -> None:
        self._over.wait(self.round.pause)
        if self.engine.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.engine.pid, signal.SIGINT)

    def _server_killed(self, with_it: list[Recorded]) -> None:
        self.hit = True
        kill(with_it)
        crash(self.world.sandbox)
        self._begin(self._served_again)

    def _served_again(self) -> None:
        self.world.sandbox.start()


def _send(recorded: Recorded, number: int) -> None:
    if find(recorded):
        os.kill(recorded.pid, number)
