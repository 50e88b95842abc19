"""A cache of bulk reads: with it the refresh of a large fleet takes a handful of requests.

A process lives as long as one operation of the engine. The platform listed each entry at most ``TTL`` seconds ago.
Mirrors forgets the entries of an environment before it writes there. Two decisions use the cache, and no other does:

- ``read`` reports its entries: they are hardly older than the refresh itself.
- A write needs no lookup before it. If the entry was wrong, the platform refuses the write, or the read-back shows it.

A read-back never uses the cache. Neither does the choice of an existing variable to change, or the decision that
something is gone.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import Any, Generic, TypeVar

from mirrors.divio import Divio, Environment, EnvironmentVariable
from mirrors.observation.convert import observe_deployments
from mirrors.planning.observed import ObservedDeployment
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.variables.names import MIRRORS_APPLICATION
from mirrors.resources.bulk_requests import (
    find_deployed_environments,
    find_latest_finished,
    list_variables_of,
    select_chunk,
)

TTL = 60.0
"""Seconds for which an entry counts. An operation may take hours, and others may write between two waves."""

PREWRITE_TTL_FACTOR = 10
"""How much longer an entry counts where it saves the lookup before a write. A wrong one costs no more than that."""

RELEASE_TTL = 10.0
"""Seconds in which this process may overlook a release made during a rollout. A deployment takes minutes."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class CacheEntry(Generic[Value]):
    """A value, and when the platform listed it: seconds of a monotonic clock."""

    value: Value
    listed_at: float


class BulkReadCache:
    """Bulk reads that threads share: one of them lists, the others wait for it and find their entry.

    A method returns nothing, or False, where the cache does not know. The caller then asks the platform for the one
    item. A platform may leave it out of a bulk request, or refuse to list at all.
    """

    def __init__(self, divio: Divio, clock: Callable[[], float] = time.monotonic) -> None:
        self._divio = divio
        self._clock = clock
        self._lock = RLock()
        self._written: set[str] = set()
        self._started: set[str] = set()
        self._environments: CacheEntry[Mapping[str, Environment]] | None = None
        self._variables: dict[str, CacheEntry[list[EnvironmentVariable]]] = {}
        self._has_deployment: dict[str, CacheEntry[bool]] = {}
        self._latest_finished: dict[str, CacheEntry[ObservedDeployment | None]] = {}
        self._releases: dict[str, CacheEntry[Sequence[ObservedDeployment]]] = {}
        self._deployed_variables: dict[str, Mapping[str, str | None]] = {}
        self._lists_variables = True

    def is_latest_finished(self, environment: str, deployment: str | None) -> bool:
        """Return whether the platform lists this deployment as the last one that ended there."""
        listed = self._find_unless_deployed(environment)
        return listed is not None and deployment is not None and listed.last_finished_deployment == deployment

    def find_latest_finished(self, environment: str, deployment: str) -> ObservedDeployment | None:
        """Return this deployment where the platform lists it as the last one that ended there, and none that runs."""
        with self._lock:
            listed = self._find_unless_deployed(environment)
            if listed is None or listed.last_finished_deployment != deployment:
                return None
            entry = self._latest_finished.get(environment)
            if entry is None or self._is_expired(entry):
                chunk = self._select_chunk(listed, _has_no_owner)
                self._latest_finished.update(self._entries(find_latest_finished(self._divio, chunk)))
            latest = self._latest_finished[environment].value
            return latest if latest is not None and latest.uuid == deployment else None

    def never_deployed(self, environment: str) -> bool:
        """Return whether the platform lists no deployment there, neither an ended nor a running one."""
        with self._lock:
            listed = self._find_unless_deployed(environment, PREWRITE_TTL_FACTOR)
            if listed is None or not listed.never_deployed:
                return False
            entry = self._has_deployment.get(environment)
            if entry is None or self._is_expired(entry, PREWRITE_TTL_FACTOR):
                chunk = self._select_chunk(listed, lambda item: item.never_deployed)
                self._has_deployment.update(self._entries(find_deployed_environments(self._divio, chunk)))
            return not self._has_deployment[environment].value

    def known_absent(self, environment: str, name: str) -> bool:
        """Return whether the platform lists the environment without a variable of this name."""
        with self._lock:
            written = environment in self._written
            listed = None if written else self._list_environments(PREWRITE_TTL_FACTOR).get(environment)
        return listed is not None and listed.lacks(name)

    def variables(self, environment: str) -> Sequence[EnvironmentVariable]:
        """Return the listed variables of an environment; none where the cache does not know them."""
        with self._lock:
            if environment in self._written or not self._lists_variables:
                return ()
            entry = self._variables.get(environment)
            if entry is None or self._is_expired(entry):
                self._load_chunk(environment)
            entry = self._variables.get(environment)
            return entry.value if entry is not None and self._lists_variables else ()

    def deployed_variables(self, deployment: str) -> Mapping[str, str | None]:
        """Return the variables of an ended deployment. They never change, so this process reads them once."""
        if deployment not in self._deployed_variables:
            answer = self._divio.deployments.environment_variables(deployment)
            self._deployed_variables[deployment] = answer.environment_variables
        return self._deployed_variables[deployment]

    def newest_release(self, environment: str) -> str | None:
        """Return the newest successful deployment there, listed at most ``RELEASE_TTL`` seconds ago."""
        newest = newest_successful(self.releases(environment))
        return newest.uuid if newest else None

    def releases(self, environment: str) -> Sequence[ObservedDeployment]:
        """Return the deployments there, listed at most ``RELEASE_TTL`` seconds ago."""
        with self._lock:
            entry = self._releases.get(environment)
            if entry is None or self._clock() - entry.listed_at >= RELEASE_TTL:
                entry = self._releases[environment] = self._entry(observe_deployments(self._divio, environment))
            return entry.value

    def forget_variables(self, environment: str) -> None:
        """Forget the listed variables of an environment, before Mirrors writes one.

        Mirrors does not trust a later listing of them either: it may have begun before the write.
        """
        self._written.add(environment)

    def forget_deployments(self, environment: str) -> None:
        """Forget the listed deployments of an environment, before Mirrors starts one."""
        self._started.add(environment)

    def _entry(self, value: Value) -> CacheEntry[Value]:
        return CacheEntry(value, self._clock())

    def _entries(self, values: Mapping[str, Value]) -> dict[str, CacheEntry[Value]]:
        return {key: self._entry(value) for key, value in values.items()}

    def _is_expired(self, entry: CacheEntry[Any], factor: int = 1) -> bool:
        return self._clock() - entry.listed_at >= TTL * factor

    def _find_unless_deployed(self, environment: str, ttl_factor: int = 1) -> Environment | None:
        """Return the listed environment, unless Mirrors has started a deployment there."""
        with self._lock:
            return None if environment in self._started else self._list_environments(ttl_factor).get(environment)

    def _list_environments(self, ttl_factor: int = 1) -> Mapping[str, Environment]:
        if self._environments is None or self._is_expired(self._environments, ttl_factor):
            self._environments = self._entry({item.uuid: item for item in self._divio.environments.list_all()})
        return self._environments.value

    def _load_chunk(self, environment: str) -> None:
        """Read the variables of the environment and of those likely to be read next, where the platform lists them."""
        listed = self._list_environments().get(environment)
        chunk = self._select_chunk(listed, _has_no_owner) if listed else []
        found = list_variables_of(self._divio, chunk)
        self._lists_variables = found is not None
        self._variables.update(self._entries(found or {}))

    def _select_chunk(self, environment: Environment, trait: Callable[[Environment], bool]) -> list[Environment]:
        listed = self._environments.value if self._environments else {}
        return select_chunk(listed.values(), environment, trait)


def _has_no_owner(environment: Environment) -> bool:
    return environment.lacks(MIRRORS_APPLICATION)
