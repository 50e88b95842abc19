"""Summarise Pulumi's preview by site: the wave of each site, and the causes of its change."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mirrors.config import Settings
from mirrors.planning.adoption.forecast import FirstDeploymentForecast
from mirrors.planning.platform_words import SiteResourceTypes, load_platform_words
from mirrors.planning.reports.fleet_preview import FleetPreview
from mirrors.planning.reports.pulumi_messages import is_failure_summary, read_errors, read_notes
from mirrors.planning.reports.pulumi_steps import (
    REMOVAL_OPS,
    SITE_KINDS,
    PulumiStep,
    ResourceProperties,
    differs_in_secrecy_alone,
    read_steps,
)
from mirrors.planning.reports.site_changes import is_plugin_site, preview_sites
from mirrors.planning.rollout.waves import plan_rollout
from mirrors.planning.site_lists import format_sites
from mirrors.planning.variables.names import format_site_label, sort_for_writing
from mirrors.problems import Note, Problem
from mirrors.problems.reported import NOTHING_REPORTED, ReportedEvents

FLEET_KINDS = ("SiteIds", "Original")


def summarize_preview(
    engine: Mapping[str, Any],
    settings: Settings,
    stack: str,
    reported: ReportedEvents = NOTHING_REPORTED,
    judgements: Mapping[str, FirstDeploymentForecast] | None = None,
    manual_release_sites: tuple[str, ...] = (),
) -> FleetPreview:
    """Summarise Pulumi's preview. Pure.

    Args:
        engine: The output of ``pulumi preview --json``, parsed. Its secrets are ``[secret]``.
        settings: The configuration.
        stack: The stack's name.
        reported: The reports of Mirrors during the preview, after the command's own notes.
        judgements: {slug: forecast} of the sites of ``find_unclear_deployments``. A site without one counts as
            deployed.
        manual_release_sites: The sites that the user named for a release under ``rollout.follow: manual``.
    """
    steps, words = read_steps(engine), load_platform_words(settings)
    changing = [step for step in steps if step.changes_something]
    deleted = (step for step in changing if step.op == "delete")
    leaving = tuple(step.name for step in deleted if step.kind == "Mirror" or is_plugin_site(step, words.steps))
    rollout = plan_rollout(settings, rotates_credentials=reported.rotates_credentials)
    before, now = _find_ledger_change(changing)
    return FleetPreview(
        stack,
        len(settings.fleet.slugs),
        tuple(preview_sites(settings, steps, rollout, judgements or {}, words.steps, manual_release_sites)),
        rollout,
        _find_new_ids(before, now),
        _find_missing_retired(now, before),
        _find_missing_retired(before, now),
        leaving,
        words.kept if settings.keeps_variables else words.removed,
        {name: pair for step in changing if step.kind == "Original" for name, pair in _find_changed_services(step)},
        tuple(sorted(_describe_other_changes(changing, leaving, words.steps))),
        len(changing),
        _merge_problems(engine, settings, reported),
        tuple(_merge_notes([*reported.notes, *read_notes(engine, reported.shown_lines)])),
        manual_release_sites,
    )


def _merge_problems(engine: Mapping[str, Any], settings: Settings, reported: ReportedEvents) -> tuple[Problem, ...]:
    """Return the problems of Mirrors, with slugs, and then those of Pulumi.

    Pulumi also reports that it failed. That line counts only without any other problem.
    """
    slugs = {format_site_label(slug, settings.environment): slug for slug in settings.fleet.slugs}
    own = (replace(item, site=slugs.get(item.site or "", item.site)) for item in reported.problems)
    found = tuple(dict.fromkeys([*own, *read_errors(engine, reported.shown_lines)]))
    return tuple(item for item in found if not is_failure_summary(item)) or found


def find_unclear_deployments(engine: Mapping[str, Any]) -> list[str]:
    """Return the slugs of the sites for which only the platform shows whether an update deploys them.

    The state has no deployment of the site, or a variable became a secret or a plain one, maybe with the same value.
    """
    sites = [
        step
        for step in read_steps(engine)
        if step.kind in SITE_KINDS and step.changes_something and step.op not in REMOVAL_OPS and not step.replaces
    ]
    return [step.name for step in sites if step.is_first or differs_in_secrecy_alone(step)]


def read_site_ids(engine: Mapping[str, Any]) -> dict[str, int]:
    """Return {slug: SITE_ID} of the ledger after the update."""
    ledgers = [step.new for step in read_steps(engine) if step.kind == "SiteIds" and step.new.get("assignments")]
    return {item["name"]: int(item["id"]) for ledger in ledgers for item in ledger["assignments"].values()}


def _find_ledger_change(steps: Iterable[PulumiStep]) -> tuple[ResourceProperties, ResourceProperties]:
    """Return the stored ledger of SITE_IDs before and after the update; both empty where it does not change."""
    step = next((step for step in steps if step.kind == "SiteIds" and step.op not in REMOVAL_OPS), None)
    return (step.old, step.new) if step is not None else ({}, {})


def _find_new_ids(before: ResourceProperties, now: ResourceProperties) -> dict[str, int]:
    had = {uuid: item["id"] for uuid, item in (before.get("assignments") or {}).items()}
    assigned = (now.get("assignments") or {}).items()
    new = {item["name"]: int(item["id"]) for uuid, item in assigned if had.get(uuid) != item["id"]}
    return dict(sorted(new.items(), key=lambda item: item[1]))


def _find_missing_retired(among: ResourceProperties, there: ResourceProperties) -> dict[int, str]:
    """Return {SITE_ID: slug} of the retired ids in one stored ledger and not in the other."""
    known = there.get("retired") or {}
    return {int(key): item["name"] for key, item in (among.get("retired") or {}).items() if key not in known}


def _find_changed_services(step: PulumiStep) -> Iterator[tuple[str, tuple[str, str]]]:
    before, now = step.old.get("identities") or {}, step.new.get("identities") or {}
    for name in sort_for_writing(now):
        if name in before and before[name] != now[name]:
            yield name, (before[name], now[name])


def _describe_other_changes(
    steps: Iterable[PulumiStep], leaving: Collection[str], plugin: SiteResourceTypes | None
) -> Iterator[str]:
    """Yield a line for each change that the summary has no field for.

    Examples are a project's own resources, and an original that Mirrors no longer deploys.
    """
    beside = plugin.site_types | plugin.other_types if plugin else set()
    for step in steps:
        of_a_site = step.kind in SITE_KINDS or (step.kind in beside and step.is_below_the_fleet)
        reported = of_a_site and (step.name in leaving or step.op not in REMOVAL_OPS)
        reported = reported or (step.kind in FLEET_KINDS and step.op not in REMOVAL_OPS)
        if not reported and step.op not in REMOVAL_OPS - {"delete"}:
            yield f"{step.kind} {step.name}: {step.op}"


def _merge_notes(notes: Iterable[Note]) -> Iterator[str]:
    """Yield one line for each text, with the sites that it is about."""
    about: dict[tuple[str, bool], dict[str, None]] = {}
    for note in notes:
        about.setdefault((note.text, note.site is None), {})[note.site or ""] = None
    for (text, _), sites in about.items():
        yield f"{format_sites(list(sites))}: {text}" if len(sites) > 1 else Note(text, next(iter(sites)) or None).line
