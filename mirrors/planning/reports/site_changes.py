"""Find why each site changes in Pulumi's preview, and which of its variables do."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from mirrors.config import Settings
from mirrors.planning.adoption.forecast import FirstDeploymentForecast
from mirrors.planning.platform_words import SiteResourceTypes
from mirrors.planning.reports.fleet_preview import ChangeCause, SitePreview
from mirrors.planning.reports.pulumi_steps import (
    REMOVAL_OPS,
    SITE_KINDS,
    PulumiStep,
    VariableChange,
    find_variable_changes,
)
from mirrors.planning.rollout.waves import RolloutPlan
from mirrors.planning.site_plan import find_hold_restriction
from mirrors.planning.variables.names import DATABASE_URL, SITE_ID

CAUSES_WITH_REASON = frozenset({ChangeCause.ADOPTED, ChangeCause.UNVERIFIED, ChangeCause.FAILED})
"""The causes of a first deployment in the state that need a reason from the platform."""


def preview_sites(
    settings: Settings,
    steps: Iterable[PulumiStep],
    rollout: RolloutPlan,
    judgements: Mapping[str, FirstDeploymentForecast],
    plugin: SiteResourceTypes | None,
    manual_release_sites: Collection[str] = (),
) -> list[SitePreview]:
    """Return a preview of each site that changes, in the order of the list.

    Args:
        settings: The configuration.
        steps: The steps of Pulumi's preview.
        rollout: The waves.
        judgements: {slug: forecast} of the sites for which the state does not show whether they are deployed.
        plugin: The types of a site's resources where they belong to a plugin; otherwise None.
        manual_release_sites: The sites that the user named for a release under ``rollout.follow: manual``.
    """
    restrictions = {
        item.application: find_hold_restriction(settings, item, manual_release_sites) for item in settings.mirrors
    }
    of_sites: dict[str, dict[str, PulumiStep]] = {}
    stored: dict[str, PulumiStep] = {}
    for step in steps:
        if step.op == "refresh":
            stored[step.urn] = step
        elif (
            (step.kind in SITE_KINDS or is_plugin_site(step, plugin))
            and step.changes_something
            and step.op not in REMOVAL_OPS
        ):
            of_sites.setdefault(step.name, {})[step.kind] = step
    wave_of = {slug: wave.number for wave in rollout.waves for slug in wave.sites}
    wave_of[settings.fleet.original.application] = 0
    order = {slug: place for place, slug in enumerate(settings.fleet.slugs)}
    slugs = sorted(of_sites, key=lambda slug: order.get(slug, len(order)))
    return [
        _preview_plugin_site(slug, wave_of.get(slug), of_sites[slug][kind], plugin)
        if plugin and (kind := next(iter(plugin.site_types & of_sites[slug].keys()), None))
        else _preview_site(
            slug, wave_of.get(slug), of_sites[slug], stored, judgements.get(slug), restrictions.get(slug)
        )
        for slug in slugs
    ]


def is_plugin_site(step: PulumiStep, plugin: SiteResourceTypes | None) -> bool:
    """Return whether a step is a site whose resource belongs to a plugin."""
    return plugin is not None and step.kind in plugin.site_types and step.is_below_the_fleet


def _preview_site(
    slug: str,
    wave: int | None,
    steps: Mapping[str, PulumiStep],
    stored: Mapping[str, PulumiStep],
    judgement: FirstDeploymentForecast | None,
    restriction: str | None,
) -> SitePreview:
    [step] = steps.values()
    if step.is_first:
        cause, shown = _find_first_cause(step, judgement), judgement or FirstDeploymentForecast(runs_as_declared=False)
        why = shown.why if cause in CAUSES_WITH_REASON else ""
        return SitePreview(slug, wave, deploys=not shown.runs_as_declared, causes=(cause,), why=why)
    variables, deploys = find_variable_changes(step, stored.get(step.urn), restriction)
    deploys = deploys and not (judgement is not None and judgement.runs_as_declared)
    causes = tuple(_find_causes(step, variables)) or (ChangeCause.RECORD,)
    return SitePreview(slug, wave, deploys, causes, tuple(variables))


def _preview_plugin_site(slug: str, wave: int | None, step: PulumiStep, plugin: SiteResourceTypes) -> SitePreview:
    """Return the preview of a site that is a resource of a plugin.

    The plugin has all variables in one property. It is secret if one of them is, so the preview has no names.
    """
    if step.creates:
        return SitePreview(slug, wave, deploys=True, causes=(ChangeCause.FIRST,))
    causes = {cause for key in step.keys for cause in _find_plugin_causes(step, key, plugin)}
    return SitePreview(slug, wave, deploys=True, causes=tuple(cause for cause in ChangeCause if cause in causes))


def _find_plugin_causes(step: PulumiStep, key: str, plugin: SiteResourceTypes) -> set[ChangeCause]:
    """Return the causes that a differing input shows, which may hold the release and the variables further in."""
    known = {
        **dict.fromkeys(plugin.release_properties, ChangeCause.RELEASE),
        **dict.fromkeys(plugin.variables_properties, ChangeCause.VARIABLES),
    }
    inside = {place for place in known if place.startswith(f"{key}.") and step.has_change_at(place)}
    return {known[place] for place in known if place == key or place in inside} or {ChangeCause.CONTAINER}


def _find_first_cause(step: PulumiStep, judgement: FirstDeploymentForecast | None) -> ChangeCause:
    """Return the cause of a first deployment in the state; without a judgement, as far as the state shows it."""
    if step.replaces:
        return ChangeCause.OTHER_ENVIRONMENT
    if step.creates:
        if judgement is not None and judgement.runs_as_declared:
            return ChangeCause.RUNS_AS_DECLARED
        return (
            ChangeCause.ADOPTED
            if {SITE_ID, DATABASE_URL}.intersection(step.new.get("found") or ())
            else ChangeCause.FIRST
        )
    if judgement is not None and judgement.runs_as_declared:
        return ChangeCause.UNVERIFIED
    return ChangeCause.FAILED if judgement is None or judgement.ran_before else ChangeCause.FIRST


def _find_causes(step: PulumiStep, variables: Collection[VariableChange]) -> Iterator[ChangeCause]:
    if "release" in step.keys:
        yield ChangeCause.RELEASE
    found = {find_cause(change) for change in variables}
    yield from (cause for cause in (ChangeCause.VARIABLES, ChangeCause.DRIFT) if cause in found)
    if step.failed:
        yield ChangeCause.FAILED
    if step.unverified:
        yield ChangeCause.UNVERIFIED
    if ChangeCause.KEPT in found:
        yield ChangeCause.KEPT


def find_cause(change: VariableChange) -> ChangeCause:
    """Return the cause that a changed variable is."""
    if change.kind == "kept":
        return ChangeCause.KEPT
    return ChangeCause.DRIFT if change.by_hand else ChangeCause.VARIABLES
