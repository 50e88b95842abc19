"""A cache of bulk reads, so that the refresh of a large fleet takes a handful of requests.

A process lives as long as one operation of the engine. An entry was true when it was listed, at most ``FRESH_FOR``
seconds ago. It no longer counts for an environment that this process writes to. Two decisions may use it, no other:

- what ``read`` reports: it is hardly older than the refresh itself;
- that a look before a write can be left out. If that was wrong, the platform refuses the write or the read-back shows
  it.

A read-back never uses it. Neither does the choice of an existing variable to change, or the verdict that something is
gone.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import Any, Generic, TypeVar

from mirrors.divio import (
    Application,
    Divio,
    Environment,
    EnvironmentVariable,
)
from mirrors.divio.environments import MOST_PAGES
from mirrors.divio.errors import REFUSALS
from mirrors.observation.convert import convert_deployment, observe_deployments
from mirrors.planning.observed import ObservedDeployment
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.variables.names import MIRRORS_APPLICATION

FRESH_FOR = 60.0
"""Seconds. An operation may take hours, and someone may write between two waves."""

A_GUESS = 10
"""How many times as long a look before a write is left out: there a wrong guess costs no more than that look."""

NEWEST_FOR = 10.0
"""Seconds in which this process may overlook a release made during a rollout. A deployment takes minutes."""

CHUNK = 100
"""Environments whose variables are read together: as many as fit one URL."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Kept(Generic[Value]):
    """``read_at``: by a monotonic clock, in seconds."""

    value: Value
    read_at: float


class BulkReadCache:
    """Bulk reads that threads share: one of them lists, the others wait for it and find their entry.

    A method returns nothing, or False, where it does not know. The caller then asks the platform for the one item.
    A platform may leave it out of a bulk request, or refuse to list at all.
    """

    def __init__(self, divio: Divio, clock: Callable[[], float] = time.monotonic) -> None:
        self._divio = divio
        self._clock = clock
        self._lock = RLock()
        self._written: set[str] = set()
        self._started: set[str] = set()
        self._applications: Kept[Mapping[str, Application]] | None = None
        self._environments: Kept[Mapping[str, Environment]] | None = None
        self._variables: dict[str, Kept[list[EnvironmentVariable]]] = {}
        self._deployed: dict[str, Kept[bool]] = {}
        self._releases: dict[str, Kept[Sequence[ObservedDeployment]]] = {}
        self._last: dict[str, Kept[ObservedDeployment | None]] = {}
        self._in_bulk = True
        self._frozen: dict[str, Mapping[str, str | None]] = {}

    def application(self, uuid: str) -> Application | None:
        with self._lock:
            if self._applications is None or self._is_old(self._applications):
                self._applications = self._now(self._list_applications())
            return self._applications.value.get(uuid)

    def is_last(self, environment: str, deployment: str | None) -> bool:
        """Return whether the platform lists this deployment as the last one that ended there."""
        known = self._undeployed(environment)
        return known is not None and deployment is not None and known.last_finished_deployment == deployment

    def last(self, environment: str, deployment: str) -> ObservedDeployment | None:
        """Return this deployment where the platform lists it as the last one that ended there, and none that runs."""
        with self._lock:
            known = self._undeployed(environment)
            if known is None or known.last_finished_deployment != deployment:
                return None
            kept = self._last.get(environment)
            if kept is None or self._is_old(kept):
                self._last.update(self._last_around(known))
            last = self._last[environment].value
            return last if last is not None and last.uuid == deployment else None

    def never_deployed(self, environment: str) -> bool:
        """Return whether the platform lists no deployment there, neither an ended nor a running one."""
        with self._lock:
            known = self._undeployed(environment, A_GUESS)
            if known is None or not known.never_deployed:
                return False
            kept = self._deployed.get(environment)
            if kept is None or self._is_old(kept, A_GUESS):
                self._deployed.update(self._deployed_around(known))
            return not self._deployed[environment].value

    def lacks(self, environment: str, name: str) -> bool:
        """Return whether the platform lists the environment without a variable of this name."""
        with self._lock:
            known = None if environment in self._written else self._listed(A_GUESS).get(environment)
        return known is not None and known.lacks(name)

    def variables(self, environment: str) -> Sequence[EnvironmentVariable]:
        with self._lock:
            if environment in self._written or not self._in_bulk:
                return ()
            kept = self._variables.get(environment)
            if kept is None or self._is_old(kept):
                self._variables.update(self._around(environment))
            kept = self._variables.get(environment)
            return kept.value if kept is not None and self._in_bulk else ()

    def frozen(self, deployment: str) -> Mapping[str, str | None]:
        """Return the variables of an ended deployment. They never change, so this process reads them once."""
        if deployment not in self._frozen:
            answer = self._divio.deployments.environment_variables(deployment)
            self._frozen[deployment] = answer.environment_variables
        return self._frozen[deployment]

    def newest_release(self, environment: str) -> str | None:
        """Return the newest successful deployment there, as it was listed a few seconds ago."""
        newest = newest_successful(self.releases(environment))
        return newest.uuid if newest else None

    def releases(self, environment: str) -> Sequence[ObservedDeployment]:
        """Return the deployments there, as they were listed a few seconds ago."""
        with self._lock:
            kept = self._releases.get(environment)
            if kept is None or self._clock() - kept.read_at >= NEWEST_FOR:
                kept = self._releases[environment] = self._now(observe_deployments(self._divio, environment))
            return kept.value

    def writes(self, environment: str) -> None:
        """Forget the listed variables of an environment before Mirrors writes one.

        A listing under way counts as old, too.
        """
        self._written.add(environment)

    def deploys(self, environment: str) -> None:
        """Forget the listed deployments of an environment before Mirrors starts one."""
        self._started.add(environment)

    def _now(self, value: Value) -> Kept[Value]:
        return Kept(value, self._clock())

    def _is_old(self, kept: Kept[Any], times: int = 1) -> bool:
        return self._clock() - kept.read_at >= FRESH_FOR * times

    def _undeployed(self, environment: str, times: int = 1) -> Environment | None:
        """Return the listed answer, unless Mirrors has started a deployment since."""
        with self._lock:
            return None if environment in self._started else self._listed(times).get(environment)

    def _listed(self, times: int = 1) -> Mapping[str, Environment]:
        if self._environments is None or self._is_old(self._environments, times):
            self._environments = self._now({item.uuid: item for item in self._divio.environments.everywhere()})
        return self._environments.value

    def _list_applications(self) -> Mapping[str, Application]:
        try:
            return {item.uuid: item for item in self._divio.applications.list(most_pages=MOST_PAGES)}
        except REFUSALS:
            return {}

    def _around(self, environment: str) -> Mapping[str, Kept[list[EnvironmentVariable]]]:
        """Return {environment: its variables} for the chunk; nothing where the platform does not list them."""
        this = self._listed().get(environment)
        like = self._chunk(this, lambda item: item.lacks(MIRRORS_APPLICATION)) if this else []
        found: dict[str, list[EnvironmentVariable]] = {uuid: [] for uuid in like}
        try:
            for item in self._divio.environment_variables.list(like):
                found[item.environment].append(item)
        except REFUSALS:
            self._in_bulk = False
            return {}
        return {uuid: self._now(items) for uuid, items in found.items()}

    def _deployed_around(self, this: Environment) -> Mapping[str, Kept[bool]]:
        """Return {environment: whether it has a deployment} for the chunk; a refused listing counts as deployed."""
        chunk = self._chunk(this, lambda item: item.never_deployed)
        try:
            found = {item.environment for item in self._divio.deployments.of_several(chunk)}
        except REFUSALS:
            found = set(chunk)
        return {uuid: self._now(uuid in found) for uuid in chunk}

    def _last_around(self, this: Environment) -> Mapping[str, Kept[ObservedDeployment | None]]:
        """Return {environment: its last ended deployment} for the chunk.

        It is None where a deployment runs, or where the platform does not list it.
        """
        listed = self._environments.value if self._environments else {}
        chunk = self._chunk(this, lambda item: item.lacks(MIRRORS_APPLICATION))
        last = {uuid: listed[uuid].last_finished_deployment or "" for uuid in chunk}
        try:
            found = self._divio.deployments.list_newest(chunk, set(filter(None, last.values())))
        except REFUSALS:
            found = {}
        busy = {item.environment for item in found.values() if item.running}
        known = {uuid: found[ended] for uuid, ended in last.items() if ended in found and uuid not in busy}
        return {uuid: self._now(convert_deployment(known[uuid]) if uuid in known else None) for uuid in chunk}

    def _chunk(self, this: Environment, trait: Callable[[Environment], bool]) -> list[str]:
        """Return the environment and those likely to be read next, of its stage and trait.

        Any other would cost bytes.
        """
        listed = self._environments.value.values() if self._environments else ()
        like = [item.uuid for item in listed if item.slug == this.slug and trait(item) == trait(this)]
        first = like.index(this.uuid) // CHUNK * CHUNK
        return like[first : first + CHUNK]


def visible_environments(divio: Divio) -> set[str]:
    """Return the uuids of all environments that the token sees, freshly listed."""
    listed = divio.environments.everywhere()
    known = {item.application for item in listed}
    others = (divio.environments.list(item.uuid) for item in divio.applications.list() if item.uuid not in known)
    return {item.uuid for item in listed} | {item.uuid for each in others for item in each}
