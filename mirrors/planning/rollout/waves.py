"""In which order a rollout reaches the mirrors. Nothing of it is remembered: a longer list deploys nobody again."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from mirrors.planning.variables.dsn import credentials_of, same, service_of
from mirrors.planning.variables.names import is_service_variable

if TYPE_CHECKING:
    from mirrors.config import Settings

SHOWN = 8
"""How many sites a line names before it counts the rest."""

MANUAL_RELEASE_SITES = "MIRRORS_ROLL_OUT"
"""The environment variable with the sites, blanks between, that get a release which is followed by hand."""

SHORTER = "rollout: every site with its wave and its reason, in short: mirrors preview"
REPAIR = "rollout: shared credentials have changed, so all mirrors are one wave"


@dataclass(frozen=True, slots=True)
class Wave:
    """``number`` counts from 1, as declared; a wave that has no site of its own is left out."""

    number: int
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RolloutPlan:
    """``held``: sites that nothing is deployed to. ``paused``: those of waves after ``rollout.pauseAfter``.

    ``rotates_credentials``: the shared credentials changed under the sites, so they fail already. All are one wave, and
    a failed deployment stops no other one.
    """

    waves: tuple[Wave, ...]
    held: tuple[str, ...] = ()
    paused: frozenset[str] = frozenset()
    rotates_credentials: bool = False

    @property
    def wave_of(self) -> dict[str, int]:
        """{slug: position of its wave in ``waves``}"""
        return {slug: position for position, wave in enumerate(self.waves) for slug in wave.sites}


def rollout_plan(settings: Settings, rotates_credentials: bool = False) -> RolloutPlan:
    rollout = settings.rollout
    held = tuple(item.application for item in settings.mirrors if settings.hold_of(item) == "everything")
    sites = [item.application for item in settings.mirrors if item.application not in held]
    if rotates_credentials:
        return RolloutPlan((Wave(1, tuple(sites)),) if sites else (), held, rotates_credentials=True)
    following = {item.application for item in settings.mirrors if settings.declared_hold(item) == "nothing"}
    waves = tuple(_waves(sites, following or {*sites}, rollout.waves))
    last = rollout.pause_after or len(rollout.waves)
    paused = frozenset(slug for wave in waves if wave.number > last for slug in wave.sites)
    return RolloutPlan(waves, held, paused)


def credentials_changed(
    shared: Iterable[str], now: Mapping[str, str | None], runs_with: Mapping[str, str | None]
) -> bool:
    """Whether a running mirror has old credentials for what it shares: the same service, another user or password.

    ``now``: what the original runs with; ``runs_with``: what the mirror does. A value that is not shown proves nothing.
    """
    pairs = ((now.get(name), runs_with.get(name)) for name in shared if is_service_variable(name))
    return any(new and old and _is_outdated(old, new) for new, old in pairs)


def _is_outdated(old: str, new: str) -> bool:
    """Another spelling or option keeps no site from working, so there is nothing to repair; of what cannot be compared
    nobody knows."""
    return same(service_of(new), service_of(old)) is True and credentials_of(new) != credentials_of(old)


def described(plan: RolloutPlan) -> Iterator[str]:
    """One line for each wave and for what is held or paused; nothing where there is but one wave of all.

    The engine's own list has three rows a site: where there are many, the last line names the command for them.
    """
    if plan.rotates_credentials:
        yield REPAIR
    elif len(plan.waves) > 1:
        for wave in plan.waves:
            waits = ", paused (mirrors:rollout.pauseAfter)" if plan.paused.intersection(wave.sites) else ""
            yield f"rollout: wave {wave.number}{waits}: {named(wave.sites)}"
        if len(plan.wave_of) > SHOWN:
            yield SHORTER
    if plan.held:
        yield f"rollout: held: {named(plan.held)}"


def _waves(sites: Sequence[str], counted: Container[str], sizes: Iterable[int | str]) -> Iterator[Wave]:
    """In the order of the list. A site that gets no release is in a wave, but would be no canary: it does not count."""
    ends = [position for position, site in enumerate(sites, start=1) if site in counted]
    done = 0
    for number, size in enumerate(sizes, start=1):
        reached = _reached(size, len(ends))
        end = max(done, ends[reached - 1] if reached < len(ends) else len(sites))
        if end > done:
            yield Wave(number, tuple(sites[done:end]))
        done = end


def _reached(size: int | str, total: int) -> int:
    """How many sites a wave and those before it have reached. Part of a site is a site."""
    return min(size, total) if isinstance(size, int) else ceil(total * int(size.rstrip("%")) / 100)


def named(sites: Sequence[str]) -> str:
    """Their number and their names, of many only the first."""
    return f"{count(sites)}: {names(sites)}"


def count(sites: Sequence[str]) -> str:
    return f"{len(sites)} site{'s' if len(sites) != 1 else ''}"


def names(sites: Sequence[str], shown: int = SHOWN) -> str:
    more = f" and {len(sites) - shown} more" if len(sites) > shown else ""
    return f"{', '.join(sites[:shown])}{more}"
