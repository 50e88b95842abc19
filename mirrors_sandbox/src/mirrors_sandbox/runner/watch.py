"""Starts sites again whose process has ended by itself, as a platform does: a few times, then a user has to look.

It leaves alone what is replaced, deployed or deleted on purpose: that code holds the environment's lock.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from time import monotonic

from django.db import DatabaseError, connection

from mirrors_sandbox.models import SiteProcess
from mirrors_sandbox.process import Recorded
from mirrors_sandbox.process_records import ProcessRecords, RecordsClosedError
from mirrors_sandbox.runner.progress import DeploymentFailed, Progress
from mirrors_sandbox.runner.sites import reap, recorded_of, serve, turn

__all__ = ["ATTEMPTS", "Attempts", "Watch"]

INTERVAL = 1.0  # seconds between two looks
ATTEMPTS = 3
WINDOW = 600.0  # seconds in which a deployment's site is started again so often at most
_logger = logging.getLogger(__name__)

Submit = Callable[[Callable[[], None]], "Future[None]"]


class Attempts:
    """How often the site of each deployment was started again lately. A new deployment begins anew."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._times: defaultdict[str, list[float]] = defaultdict(list)

    def another(self, deployment: str) -> int:
        """Counts one more, and says which it is; 0 where there were enough."""
        now = self._clock()
        recent = [time for time in self._times[deployment] if now - time < WINDOW]
        if len(recent) >= ATTEMPTS:
            return 0
        self._times[deployment] = [*recent, now]
        return len(recent) + 1


class Watch:
    """A thread that looks every second. ``submit`` runs a restart in a thread of its own."""

    def __init__(self, records: ProcessRecords, submit: Submit) -> None:
        self._records = records
        self._submit = submit
        self._attempts = Attempts()
        self._over = threading.Event()
        self._restarting: set[str] = set()
        self._given_up: set[str] = set()
        self._thread = threading.Thread(target=self._look_on, name="watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _look_on(self) -> None:
        try:
            while not self._over.wait(INTERVAL):
                self._look()
        finally:
            connection.close()

    def _look(self) -> None:
        reap()
        try:
            ended = [site.pk for site in SiteProcess.objects.all() if _has_ended(site)]
        except DatabaseError as error:  # it is being written to: the next look sees the same
            _logger.warning("the sites could not be looked at: %s", error)
            return
        for environment in set(ended) - self._restarting:
            self._restarting.add(environment)
            future = self._submit(partial(self._restart, environment))
            future.add_done_callback(partial(self._restarted, environment))

    def _restart(self, environment: str) -> None:
        lock = turn(environment)
        if not lock.acquire(blocking=False):
            return
        try:
            self._restart_now(environment)
        finally:
            lock.release()
            connection.close()

    def _restart_now(self, environment: str) -> None:
        related = ("environment__application", "deployment__release")
        site = SiteProcess.objects.select_related(*related).filter(pk=environment).first()
        if site is None or site.environment.port is None or not _has_ended(site):
            return
        number = self._attempts.another(site.deployment_id)
        if not number:
            self._give_up(site)
            return
        self._given_up.discard(site.deployment_id)
        of = f"attempt {number} of {ATTEMPTS} in {WINDOW / 60:.0f} minutes"
        _logger.warning("%s: its process has ended, it is started again: %s", site.environment, of)
        if recorded := recorded_of(site):
            self._records.remove(recorded)
        try:
            serve(site.deployment, site.environment.port, self._records, Progress(site.deployment))
        except DeploymentFailed as error:
            _logger.error("%s does not serve again: %s", site.environment, error)

    def _give_up(self, site: SiteProcess) -> None:
        if site.deployment_id not in self._given_up:
            self._given_up.add(site.deployment_id)
            _logger.error("%s: its process has ended too often, it is left alone for now: deploy it", site.environment)

    def _restarted(self, environment: str, future: "Future[None]") -> None:
        self._restarting.discard(environment)
        error = None if future.cancelled() else future.exception()
        if error is not None and not isinstance(error, RecordsClosedError):
            _logger.error("the site of environment %s", environment, exc_info=error)


def _has_ended(site: SiteProcess) -> bool:
    recorded: Recorded | None = recorded_of(site)
    return recorded is not None and not recorded.alive
