"""Divide the mirrors into the waves of a rollout. Mirrors stores no wave, so a longer list deploys no site again."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from mirrors.planning.site_lists import SITES_SHOWN, format_sites

if TYPE_CHECKING:
    from mirrors.config import Settings

MANUAL_RELEASE_SITES = "MIRRORS_ROLL_OUT"
"""The environment variable with the sites that get a release under ``rollout.follow: manual``, separated by blanks."""

PREVIEW_ADVICE = "rollout: mirrors preview shows every site with its wave and its reason"
CREDENTIAL_ROTATION = "rollout: shared credentials have changed, so all mirrors are one wave"


@dataclass(frozen=True, slots=True)
class Wave:
    """The sites that a rollout reaches together.

    Args:
        number: The wave's number as declared, from 1. A wave without a site of its own is left out.
        sites: Their slugs, in the order of the list.
    """

    number: int
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RolloutPlan:
    """The waves of a rollout.

    Args:
        waves: The waves that have sites, in their order.
        held: The sites that Mirrors never deploys.
        paused: The sites of the waves after ``rollout.pauseAfter``.
        rotates_credentials: Whether the shared credentials changed, so that running sites fail already. All sites are
            one wave then. On Divio a failed deployment stops no other: see ``RolloutScheduler.defers_failure``. On a
            Docker host it stops the update, as in each rollout.
    """

    waves: tuple[Wave, ...]
    held: tuple[str, ...] = ()
    paused: frozenset[str] = frozenset()
    rotates_credentials: bool = False

    @property
    def wave_of(self) -> dict[str, int]:
        """Return {slug: position of its wave in ``waves``}."""
        return {slug: position for position, wave in enumerate(self.waves) for slug in wave.sites}


def plan_rollout(settings: Settings, rotates_credentials: bool = False) -> RolloutPlan:
    """Divide the declared mirrors into waves. All are one wave if the shared credentials rotate."""
    rollout = settings.rollout
    held = tuple(item.application for item in settings.mirrors if settings.effective_hold(item) == "everything")
    sites = [item.application for item in settings.mirrors if item.application not in held]
    if rotates_credentials:
        return RolloutPlan((Wave(1, tuple(sites)),) if sites else (), held, rotates_credentials=True)
    following = {item.application for item in settings.mirrors if settings.declared_hold(item) == "nothing"}
    waves = tuple(_divide_into_waves(sites, following or {*sites}, rollout.waves))
    last = rollout.pause_after or len(rollout.waves)
    paused = frozenset(slug for wave in waves if wave.number > last for slug in wave.sites)
    return RolloutPlan(waves, held, paused)


def describe_rollout(plan: RolloutPlan) -> Iterator[str]:
    """Yield a line for each wave, and one for the held sites. A single wave of all sites needs no line.

    Pulumi's own list has three rows a site, so for many sites the last line names the command that shows them.
    """
    if plan.rotates_credentials:
        yield CREDENTIAL_ROTATION
    elif len(plan.waves) > 1:
        for wave in plan.waves:
            waits = ", paused (mirrors:rollout.pauseAfter)" if plan.paused.intersection(wave.sites) else ""
            yield f"rollout: wave {wave.number}{waits}: {format_sites(wave.sites)}"
        if len(plan.wave_of) > SITES_SHOWN:
            yield PREVIEW_ADVICE
    if plan.held:
        yield f"rollout: held: {format_sites(plan.held)}"


def _divide_into_waves(sites: Sequence[str], counted: Container[str], sizes: Iterable[int | str]) -> Iterator[Wave]:
    """Yield the waves, in the order of the list.

    Args:
        sites: All sites that are in a wave.
        counted: The sites that a wave's size counts. A site that gets no release would be no canary.
        sizes: The declared sizes: how many sites are done after each wave, as a number or a percentage.
    """
    ends = [position for position, site in enumerate(sites, start=1) if site in counted]
    done = 0
    for number, size in enumerate(sizes, start=1):
        reached = _count_reached(size, len(ends))
        end = max(done, ends[reached - 1] if reached < len(ends) else len(sites))
        if end > done:
            yield Wave(number, tuple(sites[done:end]))
        done = end


def _count_reached(size: int | str, total: int) -> int:
    """Return how many sites are done after a wave. A fraction of a site counts as one."""
    return min(size, total) if isinstance(size, int) else ceil(total * int(size.rstrip("%")) / 100)
