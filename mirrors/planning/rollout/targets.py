"""Which sites a deployment by hand reaches: those named, all, or those that are behind the original."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mirrors.config import Mirror, Settings
from mirrors.config.messages import suggestion
from mirrors.errors import ConfigurationError
from mirrors.planning.reports.status import SiteStatus, State
from mirrors.planning.rollout.waves import named as shortened
from mirrors.planning.rollout.waves import rollout_plan
from mirrors.problems import Note, Problem


@dataclass(frozen=True, slots=True)
class Chosen:
    """``sites`` is None for all of them. ``manual_release_sites``: those that get a release which no ``up`` would give.

    ``notes``: one for each reason why a site that might be expected is not reached.
    """

    sites: tuple[str, ...] | None
    manual_release_sites: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


def named(settings: Settings, sites: Sequence[str], stack: str) -> Chosen:
    """Who names a site means it: it gets the release also where only its variables may deploy it.

    Raises ConfigurationError for a site that is not in the fleet, and for one that is held.
    """
    known = settings.fleet.slugs
    unknown = [
        Problem("unknown-site", f"the fleet of the stack {stack} has no site {site!r}", suggestion(site, known))
        for site in dict.fromkeys(sites)
        if site not in known
    ]
    held = [
        Problem(
            "held-site-named",
            "it is held, so nothing is deployed to it.",
            "Either roll out to it (hold: false), or let only changed variables, and who names it, deploy it"
            " (hold: variablesMayDeploy)",
            site,
        )
        for site in _mirrors(settings, lambda item: settings.hold_of(item) == "everything")
        if site in sites
    ]
    if unknown or held:
        raise ConfigurationError(*unknown, *held)
    by_hand = _mirrors(settings, lambda item: settings.hold_of(item) == "variablesMayDeploy")
    manual_release_sites = tuple(site for site in dict.fromkeys(sites) if site in by_hand)
    return Chosen(tuple(dict.fromkeys(sites)), manual_release_sites, tuple(_paused(settings, sites)))


def everyone(settings: Settings) -> Chosen:
    """Without targets. What is held stays as it is: the program sees to that."""
    return Chosen(None, _followed_by_hand(settings), (*_held(settings, settings.fleet.slugs), *_paused(settings)))


def behind(settings: Settings, rows: Iterable[SiteStatus]) -> Chosen:
    """``rows``: those of ``mirrors status``. What is held or paused is left out, and said.

    With them the waves before theirs: for the engine, what is no target has ended well, so a canary that failed or is
    not healthy would stop nobody. Those that are well are looked at, and not deployed.
    """
    late = [row.application for row in rows if _is_late(row)]
    plan = rollout_plan(settings)
    left = {*_mirrors(settings, lambda item: settings.declared_hold(item) != "nothing"), *plan.paused}
    wanted = [site for site in late if site not in left]
    last = max((plan.wave_of[site] for site in wanted if site in plan.wave_of), default=0)
    earlier = [site for wave in plan.waves[:last] for site in wave.sites if site not in left]
    sites = tuple(dict.fromkeys([*earlier, *wanted]))
    manual_release_sites = tuple(site for site in _followed_by_hand(settings) if site in wanted)
    return Chosen(sites, manual_release_sites, (*_held(settings, late), *_paused(settings, late)))


def _is_late(row: SiteStatus) -> bool:
    """A mirror whose newest deployment failed counts, whichever release it was for."""
    return row.is_behind or (row.role, row.state) == ("mirror", State.FAILED)


def _mirrors(settings: Settings, wanted: Callable[[Mirror], bool]) -> list[str]:
    return [item.application for item in settings.mirrors if wanted(item)]


def _followed_by_hand(settings: Settings) -> tuple[str, ...]:
    """The sites that only ``rollout.follow: manual`` keeps from a release."""
    if settings.rollout.follow != "manual":
        return ()
    return tuple(_mirrors(settings, lambda item: settings.declared_hold(item) == "nothing"))


def _held(settings: Settings, among: Iterable[str]) -> Iterable[Note]:
    held = set(_mirrors(settings, lambda item: settings.declared_hold(item) != "nothing")).intersection(among)
    if held:
        yield Note(f"held, no new release: {shortened([site for site in settings.fleet.slugs if site in held])}")


def _paused(settings: Settings, among: Iterable[str] | None = None) -> Iterable[Note]:
    paused = rollout_plan(settings).paused
    paused = paused if among is None else paused.intersection(among)
    if paused:
        sites = shortened([site for site in settings.fleet.slugs if site in paused])
        yield Note(f"paused after wave {settings.rollout.pause_after} (mirrors:rollout.pauseAfter): {sites}")
