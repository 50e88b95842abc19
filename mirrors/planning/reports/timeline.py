"""Derive the rollouts of a stack from the times of its deployments, because a platform records no rollout."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from mirrors.planning.observed import ObservedDeployment
from mirrors.planning.rollout.waves import RolloutPlan

LONGEST_PAUSE = timedelta(minutes=15)
"""The longest time within a rollout in which no site deploys. Mirrors asks for health meanwhile, or Pulumi starts."""

ORIGINAL_WAVE = 0
"""The number of the original's wave: it deploys before all mirrors."""

UNPLANNED_WAVE = -1
"""The number of the wave of sites that today's declaration has in no wave: held ones, and those that have left."""


@dataclass(frozen=True, slots=True)
class SiteDeployment:
    """A deployment that has begun. ``success`` is None while it runs."""

    site: str
    started_at: datetime
    ended_at: datetime | None
    success: bool | None


@dataclass(frozen=True, slots=True)
class DeployedWave:
    """The deployments of one wave in one rollout, by their start.

    Args:
        number: The declared number of the wave, ``ORIGINAL_WAVE`` or ``UNPLANNED_WAVE``.
        deployments: At least one.
    """

    number: int
    deployments: tuple[SiteDeployment, ...]

    @property
    def started_at(self) -> datetime:
        return self.deployments[0].started_at

    @property
    def ended_at(self) -> datetime | None:
        """The time of the last end; None while a deployment runs."""
        ends = [item.ended_at for item in self.deployments]
        return None if None in ends else max(end for end in ends if end is not None)

    @property
    def sites(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item.site for item in self.deployments))

    @property
    def failed(self) -> tuple[str, ...]:
        """The sites with a failed deployment, each once."""
        return tuple(dict.fromkeys(item.site for item in self.deployments if item.success is False))


@dataclass(frozen=True, slots=True)
class PastRollout:
    """Deployments that followed each other without a long pause.

    Args:
        waves: By number, the unplanned one last. At least one.
    """

    waves: tuple[DeployedWave, ...]

    @property
    def started_at(self) -> datetime:
        return min(wave.started_at for wave in self.waves)

    @property
    def ended_at(self) -> datetime | None:
        """The time of the last end; None while a deployment runs."""
        ends = [wave.ended_at for wave in self.waves]
        return None if None in ends else max(end for end in ends if end is not None)

    @property
    def sites(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(site for wave in self.waves for site in wave.sites))

    @property
    def failed(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(site for wave in self.waves for site in wave.failed))


def find_rollouts(
    deployments: Mapping[str, Iterable[ObservedDeployment]], original: str, plan: RolloutPlan, count: int
) -> tuple[PastRollout, ...]:
    """Return the last rollouts of a stack, the newest first.

    The waves are those of today's declaration: the times alone do not show them, because within a wave sites wait for
    each other as well.

    Args:
        deployments: {slug: its deployments, in any order}. Those that have not begun do not count.
        original: The original's slug.
        plan: The declared waves.
        count: How many rollouts to return at most.
    """
    begun = sorted(_begun_deployments(deployments), key=lambda item: (item.started_at, item.site))
    number_of = {original: ORIGINAL_WAVE} | {slug: wave.number for wave in plan.waves for slug in wave.sites}
    found = [_divide_into_waves(items, number_of) for items in _divide_at_pauses(begun)]
    return tuple(reversed(found[-count:])) if count else ()


def _begun_deployments(deployments: Mapping[str, Iterable[ObservedDeployment]]) -> Iterator[SiteDeployment]:
    for site, items in deployments.items():
        for item in items:
            if item.started_at is not None:
                yield SiteDeployment(site, item.started_at, item.ended_at, item.success)


def _divide_at_pauses(by_start: Sequence[SiteDeployment]) -> list[list[SiteDeployment]]:
    groups: list[list[SiteDeployment]] = []
    busy_until: datetime | None = None
    for item in by_start:
        if busy_until is None or item.started_at > busy_until + LONGEST_PAUSE:
            groups.append([])
        groups[-1].append(item)
        busy_until = max(filter(None, (busy_until, item.started_at, item.ended_at)))
    return groups


def _divide_into_waves(items: Iterable[SiteDeployment], number_of: Mapping[str, int]) -> PastRollout:
    def number(item: SiteDeployment) -> int:
        return number_of.get(item.site, UNPLANNED_WAVE)

    waves = [DeployedWave(found, tuple(group)) for found, group in groupby(sorted(items, key=number), key=number)]
    return PastRollout(tuple(sorted(waves, key=lambda wave: (wave.number == UNPLANNED_WAVE, wave.number))))
