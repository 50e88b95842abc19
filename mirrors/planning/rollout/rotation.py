"""Recognise a rotation of shared credentials: most mirrors run with an old user or password, and so fail already.

``plan_fleet`` asks, with the samples of ``mirrors.observation.samples``. A rotation then changes the rollout in three
places. ``waves.plan_rollout`` makes all mirrors one wave. Where ``RolloutScheduler.defers_failure`` is true, a mirror's
resource gets ``deferring_run``, the property ``collected``: it records a failure instead of stopping the run.
``SiteReconciler`` then writes the new value, deploys the mirror, and records a failure, such as that of a held mirror.
"""

from collections.abc import Iterable, Mapping

from mirrors.planning.variables.dsn import is_same_service, read_credentials, read_service
from mirrors.planning.variables.names import is_service_variable

Values = Mapping[str, str | None]


def rotates_credentials(shared: Iterable[str], now: Values, samples: Iterable[Values]) -> bool:
    """Return whether most samples have old credentials. So one broken mirror does not switch off the waves.

    Args:
        shared: The names of the shared variables.
        now: The original's deployed variables.
        samples: The deployed variables of some of the mirrors.
    """
    names = tuple(shared)
    old = [has_old_credentials(names, now, sample) for sample in samples]
    return 2 * sum(old) > len(old)


def has_old_credentials(shared: Iterable[str], now: Values, runs_with: Values) -> bool:
    """Return whether a running mirror has old credentials: the same service, with another user or password.

    A value that the platform hides proves nothing.

    Args:
        shared: The names of the shared variables.
        now: The original's deployed variables.
        runs_with: The mirror's deployed variables.
    """
    pairs = ((now.get(name), runs_with.get(name)) for name in shared if is_service_variable(name))
    return any(new and old and _is_outdated(old, new) for new, old in pairs)


def _is_outdated(old: str, new: str) -> bool:
    """Return whether two DSNs name one service with different credentials.

    A site works with another spelling or option, so that needs no repair. Two DSNs that Mirrors cannot compare count
    as current.
    """
    same_service = is_same_service(read_service(new), read_service(old)) is True
    return same_service and read_credentials(new) != read_credentials(old)
