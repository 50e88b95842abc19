"""A fleet's preview as plain text for people, and as data for programs."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mirrors.planning.reports.fleet_preview import ChangeCause, FleetPreview, SiteGroup, SitePreview
from mirrors.planning.reports.pulumi_steps import VariableChange
from mirrors.planning.reports.site_changes import find_cause
from mirrors.planning.site_lists import format_site_count, format_slugs

CHANGE_MARKS = {"added": "+", "changed": "~", "removed": "-", "kept": "="}


def preview_data(preview: FleetPreview) -> dict[str, Any]:
    rollout = preview.rollout
    return {
        "stack": preview.stack,
        "changes": preview.changed_resources > 0,
        "deployments": preview.deployments,
        "takenOver": preview.adopted_as_is,
        "waves": [
            {"number": wave.number, "sites": len(wave.sites), "paused": bool(rollout.paused.intersection(wave.sites))}
            for wave in rollout.waves
        ],
        "sites": [_site_data(site) for site in preview.sites],
        "given": dict(preview.assigned_ids),
        "retired": _with_text_keys(preview.retired_ids),
        "freed": _with_text_keys(preview.unretired_ids),
        "leaving": list(preview.removed_sites),
        "held": list(rollout.held),
        "paused": sorted(rollout.paused),
        "moved": {name: {"before": before, "now": now} for name, (before, now) in preview.changed_services.items()},
        "others": list(preview.other_changes),
        "problems": [problem.data for problem in preview.problems],
        "notes": list(preview.notes),
    }


def preview_text(preview: FleetPreview) -> str:
    lines = [f"Preview of {preview.stack}: {preview_headline(preview)}"]
    for title, groups in preview_waves(preview):
        lines += ["", title]
        for group in groups:
            lines += [
                f"  {format_site_count(group.sites)}: {describe_site(group.example)}",
                f"    {format_slugs(group.sites)}",
            ]
    for title, items in preview_sections(preview):
        lines += ["", title, *(f"  {item}" for item in items)]
    return "\n".join(lines)


def preview_headline(preview: FleetPreview) -> str:
    if preview.problems:
        total = len(preview.problems)
        return f"{total} {'problem blocks' if total == 1 else 'problems block'} the update"
    if not preview.changed_resources:
        return f"no changes at {preview.declared} sites"
    changed = f"{len(preview.sites)} of {preview.declared} sites change, {preview.deployments} to deploy"
    if preview.adopted_as_is:
        changed = (
            f"{changed}, {preview.adopted_as_is} taken over as {'it is' if preview.adopted_as_is == 1 else 'they are'}"
        )
    return f"{changed}, {len(preview.removed_sites)} off the list" if preview.removed_sites else changed


def preview_waves(preview: FleetPreview) -> Iterator[tuple[str, list[SiteGroup]]]:
    """Yield (title, groups): the original, each wave in which something changes, and the changes in no wave."""
    by_wave: dict[int | None, list[SiteGroup]] = {}
    for group in preview.groups:
        by_wave.setdefault(group.example.wave, []).append(group)
    for number, groups in by_wave.items():
        yield _wave_title(number), groups


def describe_site(site: SitePreview) -> str:
    """Return a line such as ``deployed: new release; changed variables +THEME``."""
    return f"{describe_action(site)}: {'; '.join(describe_cause(site, cause) for cause in site.causes)}"


def describe_action(site: SitePreview) -> str:
    if site.deploys:
        return "deployed"
    if ChangeCause.RUNS_AS_DECLARED in site.causes:
        return "taken over"
    if any(change.kind != "kept" for change in site.variables):
        return "variables written"
    return "asked for its health" if ChangeCause.UNVERIFIED in site.causes else "recorded"


def preview_sections(preview: FleetPreview) -> Iterator[tuple[str, list[str]]]:
    """Yield (title, lines) of everything that concerns no single wave; a section without lines is left out."""
    rollout = preview.rollout
    found = {
        "Problems": [problem.line for problem in preview.problems],
        "SITE_IDs given": [f"{slug}: {site_id}" for slug, site_id in preview.assigned_ids.items()],
        "SITE_IDs retired": [f"{site_id}: {slug}" for site_id, slug in preview.retired_ids.items()],
        "SITE_IDs no longer retired": [f"{site_id}: {slug}" for site_id, slug in preview.unretired_ids.items()],
        "Off the list": [f"{slug}: {preview.removal_effect}" for slug in preview.removed_sites],
        "The original's shared values point elsewhere": [
            f"{name}: {before} before, {now} now" for name, (before, now) in preview.changed_services.items()
        ],
        "Held, no release and no deployment": [", ".join(rollout.held)] if rollout.held else [],
        "One wave": ["shared credentials have changed, so all sites are repaired at once"]
        if rollout.rotates_credentials
        else [],
        "Paused (mirrors:rollout.pauseAfter)": [format_slugs(sorted(rollout.paused))] if rollout.paused else [],
        "Other resources": list(preview.other_changes),
        "Notes": list(preview.notes),
    }
    return ((title, lines) for title, lines in found.items() if lines)


def describe_cause(site: SitePreview, cause: ChangeCause, shown: Callable[[str], str] = str) -> str:
    """Return a cause with the names of its variables, marked as the engine marks changes; ``=`` marks a kept one."""
    if cause not in (ChangeCause.VARIABLES, ChangeCause.DRIFT, ChangeCause.KEPT):
        return f"{cause}: {shown(site.why)}" if site.why else str(cause)
    found = [_describe_change(change, shown) for change in site.variables if find_cause(change) is cause]
    return f"{cause} {', '.join(found)}".rstrip()


def _describe_change(change: VariableChange, shown: Callable[[str], str]) -> str:
    return f"{shown(CHANGE_MARKS[change.kind] + change.name)}{' (secret)' if change.secret else ''}"


def _wave_title(wave: int | None) -> str:
    if wave is None:
        return "in no wave"
    return f"wave {wave}" if wave else "the original"


def _with_text_keys(ids: Mapping[int, str]) -> dict[str, str]:
    return {str(site_id): slug for site_id, slug in ids.items()}


def _site_data(site: SitePreview) -> dict[str, Any]:
    return {
        "application": site.application,
        "wave": site.wave,
        "deploys": site.deploys,
        "causes": [str(cause) for cause in site.causes],
        "why": site.why,
        "variables": [
            {"name": change.name, "change": change.kind, "secret": change.secret, "byHand": change.by_hand}
            for change in site.variables
        ],
    }
