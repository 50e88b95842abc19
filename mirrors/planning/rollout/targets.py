"""Choose the sites that `mirrors deploy` reaches: those that the user names, all, or those that are outdated."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mirrors.config import MirrorSettings, Settings
from mirrors.config.messages.wording import suggest_known
from mirrors.errors import ConfigurationError
from mirrors.planning.reports.site_status import SiteCondition, SiteStatus
from mirrors.planning.rollout.waves import plan_rollout
from mirrors.planning.site_lists import format_sites
from mirrors.problems import Note, Problem


@dataclass(frozen=True, slots=True)
class ChosenSites:
    """The sites that a deployment by hand reaches.

    Args:
        sites: Their slugs; None for all sites.
        manual_release_sites: The sites that get a release which ``pulumi up`` would not give them.
        notes: One for each reason that leaves out a site which the user may expect.
    """

    sites: tuple[str, ...] | None
    manual_release_sites: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


def choose_named_sites(settings: Settings, sites: Sequence[str], stack: str) -> ChosenSites:
    """Choose the sites that the user names.

    A named site gets the release even where only its variables may deploy it.

    Args:
        settings: The configuration.
        sites: The slugs that the user named.
        stack: The stack's short name, for messages.

    Raises:
        ConfigurationError: The fleet has no such site, or a site is held.
    """
    known = settings.fleet.slugs
    unknown = [
        Problem("unknown-site", f"the fleet of the stack {stack} has no site {site!r}.", suggest_known(site, known))
        for site in dict.fromkeys(sites)
        if site not in known
    ]
    held = [
        Problem(
            "held-site-named",
            "it is held, so Mirrors deploys nothing to it.",
            "Set hold: false to roll out to it, or hold: variablesMayDeploy to deploy it when you name it or its"
            " variables change",
            site,
        )
        for site in _select_mirrors(settings, lambda item: settings.effective_hold(item) == "everything")
        if site in sites
    ]
    if unknown or held:
        raise ConfigurationError(*unknown, *held)
    by_hand = _select_mirrors(settings, lambda item: settings.effective_hold(item) == "variablesMayDeploy")
    manual_release_sites = tuple(site for site in dict.fromkeys(sites) if site in by_hand)
    return ChosenSites(tuple(dict.fromkeys(sites)), manual_release_sites, tuple(_note_paused_sites(settings, sites)))


def choose_all_sites(settings: Settings) -> ChosenSites:
    """Choose all sites, without targets. The program leaves held sites as they are."""
    return ChosenSites(
        None,
        _find_manual_sites(settings),
        (*_note_held_sites(settings, settings.fleet.slugs), *_note_paused_sites(settings)),
    )


def choose_outdated_sites(settings: Settings, rows: Iterable[SiteStatus]) -> ChosenSites:
    """Choose the outdated sites, and every site of the waves before theirs.

    Pulumi treats a site that is no target as if it had ended well. Without the earlier waves, a failed or unhealthy
    canary would stop no site. Mirrors checks the healthy ones and does not deploy them. Held and paused sites are
    left out, with a note.

    Args:
        settings: The configuration.
        rows: The rows of ``mirrors status``.
    """
    outdated = [row.application for row in rows if _is_outdated(row)]
    plan = plan_rollout(settings)
    excluded = {*_select_mirrors(settings, lambda item: settings.declared_hold(item) != "nothing"), *plan.paused}
    wanted = [site for site in outdated if site not in excluded]
    last = max((plan.wave_of[site] for site in wanted if site in plan.wave_of), default=0)
    earlier = [site for wave in plan.waves[:last] for site in wave.sites if site not in excluded]
    sites = tuple(dict.fromkeys([*earlier, *wanted]))
    manual_release_sites = tuple(site for site in _find_manual_sites(settings) if site in wanted)
    return ChosenSites(
        sites, manual_release_sites, (*_note_held_sites(settings, outdated), *_note_paused_sites(settings, outdated))
    )


def _is_outdated(row: SiteStatus) -> bool:
    """Return whether the row is outdated. A mirror whose newest deployment failed counts, whatever its release."""
    return row.is_behind or (row.role, row.state) == ("mirror", SiteCondition.FAILED)


def _select_mirrors(settings: Settings, wanted: Callable[[MirrorSettings], bool]) -> list[str]:
    return [item.application for item in settings.mirrors if wanted(item)]


def _find_manual_sites(settings: Settings) -> tuple[str, ...]:
    """Return the sites that only ``rollout.follow: manual`` keeps from a release."""
    if settings.rollout.follow != "manual":
        return ()
    return tuple(_select_mirrors(settings, lambda item: settings.declared_hold(item) == "nothing"))


def _note_held_sites(settings: Settings, among: Iterable[str]) -> Iterable[Note]:
    held = set(_select_mirrors(settings, lambda item: settings.declared_hold(item) != "nothing")).intersection(among)
    if held:
        yield Note(f"held, no new release: {format_sites([site for site in settings.fleet.slugs if site in held])}")


def _note_paused_sites(settings: Settings, among: Iterable[str] | None = None) -> Iterable[Note]:
    paused = plan_rollout(settings).paused
    paused = paused if among is None else paused.intersection(among)
    if paused:
        sites = format_sites([site for site in settings.fleet.slugs if site in paused])
        yield Note(f"paused after wave {settings.rollout.pause_after} (mirrors:rollout.pauseAfter): {sites}")
