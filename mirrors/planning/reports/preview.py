"""Summarise Pulumi's preview by site: the wave of each site, and the causes of its change."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from mirrors.config import Settings
from mirrors.planning.adoption.takeover import FirstDeploymentForecast
from mirrors.planning.platform_words import SiteResourceTypes, load_platform_words
from mirrors.planning.reports.pulumi_steps import (
    REMOVAL_OPS,
    SITE_KINDS,
    PulumiStep,
    ResourceProperties,
    VariableChange,
    find_variable_changes,
    is_failure_summary,
    read_errors,
    read_notes,
    read_steps,
)
from mirrors.planning.rollout.waves import RolloutPlan, format_sites, plan_rollout
from mirrors.planning.variables.names import DATABASE_URL, SITE_ID, format_site_label, sort_for_writing
from mirrors.problems import Note, Problem
from mirrors.problems.reported import NOTHING, Reported

FLEET_KINDS = ("SiteIds", "Original")


class ChangeCause(StrEnum):
    """The cause of a site's change, in the order of reporting."""

    FIRST = "first deployment"
    TAKEN_OVER = "runs as declared"
    ADOPTED = "adopted"
    MOVED = "another environment"
    RELEASE = "new release"
    VARIABLES = "changed variables"
    DRIFT = "drift"
    FAILED = "failed before"
    UNVERIFIED = "not verified"
    CONTAINER = "changed container"
    KEPT = "declared no more, stays as it is"
    RECORD = "only in the state"


CAUSES_WITH_REASON = frozenset({ChangeCause.ADOPTED, ChangeCause.UNVERIFIED, ChangeCause.FAILED})
"""The causes of a first deployment in the state that need a reason from the platform."""


@dataclass(frozen=True, slots=True)
class SitePreview:
    """One site that changes.

    Args:
        application: The slug.
        wave: The number of the site's wave as declared; 0 for the original, None for a site in no wave.
        deploys: Whether the site is deployed; False where only variables or only the state change.
        causes: The causes of the change.
        variables: The variables that change; empty for a new site, which gets all of them.
        why: The reason that the platform shows beside the cause, in a few words.
    """

    application: str
    wave: int | None
    deploys: bool
    causes: tuple[ChangeCause, ...]
    variables: tuple[VariableChange, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class SiteGroup:
    """Sites of one wave that change in the same way for the same causes. ``example`` is the first of them."""

    sites: tuple[str, ...]
    example: SitePreview


@dataclass(frozen=True, slots=True)
class FleetPreview:
    """The changes that ``pulumi up`` would make.

    Args:
        stack: The stack's name.
        declared: How many sites are declared.
        sites: The sites that change, in the order of the list.
        rollout: The waves.
        given: {slug: SITE_ID} of new ids.
        retired: {SITE_ID: slug} of ids that become retired.
        freed: {SITE_ID: slug} of ids that are no longer retired.
        leaving: The mirrors that left the list.
        left_behind: The fate of each mirror that left, in the platform's words.
        moved: {name: (before, now)} of the services that shared values point at.
        others: Other changes, a line each.
        steps: How many resources Pulumi would change, even if only in the state.
        problems: The problems that stop an update.
        notes: Lines that stop nothing.
    """

    stack: str
    declared: int = 0
    sites: tuple[SitePreview, ...] = ()
    rollout: RolloutPlan = field(default_factory=lambda: RolloutPlan(()))
    given: Mapping[str, int] = field(default_factory=dict)
    retired: Mapping[int, str] = field(default_factory=dict)
    freed: Mapping[int, str] = field(default_factory=dict)
    leaving: tuple[str, ...] = ()
    left_behind: str = ""
    moved: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    steps: int = 0
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def deployments(self) -> int:
        """Return how many sites are deployed."""
        return sum(site.deploys for site in self.sites)

    @property
    def taken_over(self) -> int:
        """Return how many sites are adopted as they run."""
        return sum(ChangeCause.TAKEN_OVER in site.causes for site in self.sites)

    @property
    def groups(self) -> tuple[SiteGroup, ...]:
        """Return the sites in groups, by wave. Sites in no wave come last; within a wave large groups come first."""
        found: dict[tuple[Any, ...], list[SitePreview]] = {}
        for site in self.sites:
            found.setdefault((site.wave, site.deploys, site.causes, site.variables, site.why), []).append(site)
        groups = [SiteGroup(tuple(site.application for site in sites), sites[0]) for sites in found.values()]
        return tuple(sorted(groups, key=lambda group: (_behind(group.example.wave), -len(group.sites))))


def _behind(wave: int | None) -> tuple[bool, int]:
    return wave is None, wave or 0


def summarize_preview(
    engine: Mapping[str, Any],
    settings: Settings,
    stack: str,
    reported: Reported = NOTHING,
    judgements: Mapping[str, FirstDeploymentForecast] | None = None,
) -> FleetPreview:
    """Summarise Pulumi's preview. Pure.

    Args:
        engine: The output of ``pulumi preview --json``, parsed. Its secrets are ``[secret]``.
        settings: The configuration.
        stack: The stack's name.
        reported: The reports of Mirrors during the preview, after the command's own notes.
        judgements: {slug: judgement} of the sites of ``find_first_deployments``. A site without one counts as deployed.
    """
    steps, words = read_steps(engine), load_platform_words(settings)
    changing = [step for step in steps if step.changes_something]
    deleted = (step for step in changing if step.op == "delete")
    leaving = tuple(step.name for step in deleted if step.kind == "Mirror" or _is_site(step, words.steps))
    rollout = plan_rollout(settings, rotates_credentials=reported.rotates_credentials)
    before, now = _ledgers(changing)
    return FleetPreview(
        stack,
        len(settings.fleet.slugs),
        tuple(_sites(settings, steps, rollout, judgements or {}, words.steps)),
        rollout,
        _given(before, now),
        _missing(now, before),
        _missing(before, now),
        leaving,
        words.kept if settings.keeps_variables else words.removed,
        {name: pair for step in changing if step.kind == "Original" for name, pair in _moved(step)},
        tuple(sorted(_others(changing, leaving, words.steps))),
        len(changing),
        _problems(engine, settings, reported),
        tuple(_merged([*reported.notes, *read_notes(engine, reported.shown)])),
    )


def _problems(engine: Mapping[str, Any], settings: Settings, reported: Reported) -> tuple[Problem, ...]:
    """Return the problems of Mirrors, with slugs, and then those of Pulumi.

    Pulumi also reports that it failed. That line counts only without any other problem.
    """
    slugs = {format_site_label(slug, settings.environment): slug for slug in settings.fleet.slugs}
    ours = (replace(item, site=slugs.get(item.site or "", item.site)) for item in reported.problems)
    found = tuple(dict.fromkeys([*ours, *read_errors(engine, reported.shown)]))
    return tuple(item for item in found if not is_failure_summary(item)) or found


def find_first_deployments(engine: Mapping[str, Any]) -> list[str]:
    """Return the slugs of the sites without a deployment in the state. The preview cannot know whether one starts."""
    sites = (step for step in read_steps(engine) if step.kind in SITE_KINDS and step.changes_something)
    return [step.name for step in sites if step.op not in REMOVAL_OPS and step.is_first and not step.replaces]


def read_site_ids(engine: Mapping[str, Any]) -> dict[str, int]:
    """Return {slug: SITE_ID} of the ledger after the update."""
    ledgers = [step.new for step in read_steps(engine) if step.kind == "SiteIds" and step.new.get("assignments")]
    return {item["name"]: int(item["id"]) for ledger in ledgers for item in ledger["assignments"].values()}


def _sites(
    settings: Settings,
    steps: Iterable[PulumiStep],
    rollout: RolloutPlan,
    judgements: Mapping[str, FirstDeploymentForecast],
    shape: SiteResourceTypes | None,
) -> list[SitePreview]:
    of_sites: dict[str, dict[str, PulumiStep]] = {}
    stored: dict[str, PulumiStep] = {}
    for step in steps:
        if step.op == "refresh":
            stored[step.urn] = step
        elif (
            (step.kind in SITE_KINDS or _is_site(step, shape)) and step.changes_something and step.op not in REMOVAL_OPS
        ):
            of_sites.setdefault(step.name, {})[step.kind] = step
    wave_of = {slug: wave.number for wave in rollout.waves for slug in wave.sites}
    wave_of[settings.fleet.original.application] = 0
    order = {slug: place for place, slug in enumerate(settings.fleet.slugs)}
    slugs = sorted(of_sites, key=lambda slug: order.get(slug, len(order)))
    return [
        _of_plugin(slug, wave_of.get(slug), of_sites[slug][shape.main], shape)
        if shape and shape.main in of_sites[slug]
        else _site(slug, wave_of.get(slug), of_sites[slug], stored, judgements.get(slug))
        for slug in slugs
    ]


def _site(
    slug: str,
    wave: int | None,
    steps: Mapping[str, PulumiStep],
    stored: Mapping[str, PulumiStep],
    judgement: FirstDeploymentForecast | None,
) -> SitePreview:
    [step] = steps.values()
    if step.is_first:
        cause, shown = _first(step, judgement), judgement or FirstDeploymentForecast(taken_over=False)
        why = shown.why if cause in CAUSES_WITH_REASON else ""
        return SitePreview(slug, wave, deploys=not shown.taken_over, causes=(cause,), why=why)
    variables, deploys = find_variable_changes(step, stored.get(step.urn))
    causes = tuple(_causes(step, variables)) or (ChangeCause.RECORD,)
    return SitePreview(slug, wave, deploys, causes, tuple(variables))


def _is_site(step: PulumiStep, shape: SiteResourceTypes | None) -> bool:
    return shape is not None and step.kind == shape.main and step.is_below_the_fleet


def _of_plugin(slug: str, wave: int | None, step: PulumiStep, shape: SiteResourceTypes) -> SitePreview:
    """Return the preview of a site that is a resource of a plugin.

    The plugin has all variables in one property. It is secret if one of them is, so the preview has no names.
    """
    if step.creates:
        return SitePreview(slug, wave, deploys=True, causes=(ChangeCause.FIRST,))
    by_key = {shape.release: ChangeCause.RELEASE, shape.variables: ChangeCause.VARIABLES}
    causes = dict.fromkeys(by_key.get(key, ChangeCause.CONTAINER) for key in step.keys)
    return SitePreview(slug, wave, deploys=True, causes=tuple(cause for cause in ChangeCause if cause in causes))


def _first(step: PulumiStep, judgement: FirstDeploymentForecast | None) -> ChangeCause:
    """Return the cause of a first deployment in the state; without a judgement, as far as the state shows it."""
    if step.replaces:
        return ChangeCause.MOVED
    if step.creates:
        if judgement is not None and judgement.taken_over:
            return ChangeCause.TAKEN_OVER
        return (
            ChangeCause.ADOPTED
            if {SITE_ID, DATABASE_URL}.intersection(step.new.get("found") or ())
            else ChangeCause.FIRST
        )
    if judgement is not None and judgement.taken_over:
        return ChangeCause.UNVERIFIED
    return ChangeCause.FAILED if judgement is None or judgement.ran_before else ChangeCause.FIRST


def _causes(step: PulumiStep, variables: Collection[VariableChange]) -> Iterator[ChangeCause]:
    if "release" in step.keys:
        yield ChangeCause.RELEASE
    told = {find_cause(change) for change in variables}
    yield from (cause for cause in (ChangeCause.VARIABLES, ChangeCause.DRIFT) if cause in told)
    if step.failed:
        yield ChangeCause.FAILED
    if step.unverified:
        yield ChangeCause.UNVERIFIED
    if ChangeCause.KEPT in told:
        yield ChangeCause.KEPT


def find_cause(change: VariableChange) -> ChangeCause:
    """Return the cause that a changed variable is."""
    if change.kind == "kept":
        return ChangeCause.KEPT
    return ChangeCause.DRIFT if change.by_hand else ChangeCause.VARIABLES


def _ledgers(steps: Iterable[PulumiStep]) -> tuple[ResourceProperties, ResourceProperties]:
    """Return the stored ledger of SITE_IDs before and after the update; both empty where it does not change."""
    step = next((step for step in steps if step.kind == "SiteIds" and step.op not in REMOVAL_OPS), None)
    return (step.old, step.new) if step is not None else ({}, {})


def _given(before: ResourceProperties, now: ResourceProperties) -> dict[str, int]:
    had = {uuid: item["id"] for uuid, item in (before.get("assignments") or {}).items()}
    assigned = (now.get("assignments") or {}).items()
    new = {item["name"]: int(item["id"]) for uuid, item in assigned if had.get(uuid) != item["id"]}
    return dict(sorted(new.items(), key=lambda item: item[1]))


def _missing(among: ResourceProperties, there: ResourceProperties) -> dict[int, str]:
    """Return {SITE_ID: slug} of the retired ids in one stored ledger and not in the other."""
    known = there.get("retired") or {}
    return {int(key): item["name"] for key, item in (among.get("retired") or {}).items() if key not in known}


def _moved(step: PulumiStep) -> Iterator[tuple[str, tuple[str, str]]]:
    before, now = step.old.get("identities") or {}, step.new.get("identities") or {}
    for name in sort_for_writing(now):
        if name in before and before[name] != now[name]:
            yield name, (before[name], now[name])


def _others(steps: Iterable[PulumiStep], leaving: Collection[str], shape: SiteResourceTypes | None) -> Iterator[str]:
    """Yield a line for each change that the summary has no field for.

    Examples are a project's own resources, and an original that Mirrors no longer deploys.
    """
    beside = {shape.main, *shape.beside} if shape else set()
    for step in steps:
        of_a_site = step.kind in SITE_KINDS or (step.kind in beside and step.is_below_the_fleet)
        told = of_a_site and (step.name in leaving or step.op not in REMOVAL_OPS)
        told = told or (step.kind in FLEET_KINDS and step.op not in REMOVAL_OPS)
        if not told and step.op not in REMOVAL_OPS - {"delete"}:
            yield f"{step.kind} {step.name}: {step.op}"


def _merged(notes: Iterable[Note]) -> Iterator[str]:
    """Yield one line for each text, with the sites that it is about."""
    about: dict[tuple[str, bool], dict[str, None]] = {}
    for note in notes:
        about.setdefault((note.text, note.site is None), {})[note.site or ""] = None
    for (text, _), sites in about.items():
        yield f"{format_sites(list(sites))}: {text}" if len(sites) > 1 else Note(text, next(iter(sites)) or None).line
