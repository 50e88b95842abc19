"""The parts of a site that are the same on every platform: its SITE_ID, its former names, its row in the outputs."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from mirrors.config import Settings
from mirrors.planning.platform_words import load_platform_words
from mirrors.problems import Note, Problem
from mirrors.program.announcements import announce_note
from mirrors.resources.site_ids import SiteIds

SiteRow = dict[str, Any]
"""A site in the stack's outputs. ``make_site_row`` has its keys."""


def make_site_row(slug: str, site_id: pulumi.Output[int], settings: Settings, url: Any, deployment: Any) -> SiteRow:
    """Return the row of a site.

    Args:
        slug: The application's slug.
        site_id: The site's SITE_ID.
        settings: The stack's configuration.
        url: The site's address; None without one.
        deployment: The platform's identifier of what runs.
    """
    environment = settings.environment
    return {"application": slug, "siteId": site_id, "environment": environment, "url": url, "deployment": deployment}


def former_aliases(formerly: str | None) -> Sequence[pulumi.Input[pulumi.Alias | str]] | None:
    """Return the alias of a resource that had another name; None for one that had none."""
    return [pulumi.Alias(name=formerly)] if formerly else None


def site_id_output(ids: SiteIds, application_id: str, slug: str, settings: Settings) -> pulumi.Output[int]:
    """Return a site's id. It is unknown in the preview of a stack that follows another stack without the id.

    Args:
        application_id: The site's key in the ledger: its uuid on Divio.
    """

    def look_up(assignments: Mapping[str, Any]) -> Any:
        given = assignments.get(application_id)
        return int(given["id"]) if given else _refuse_unknown_site_id(slug, settings)

    return ids.assignments.apply(look_up)


def _refuse_unknown_site_id(slug: str, settings: Settings) -> Any:
    """Fail an update without the fleet's own resources. It may also be a refresh, which the program cannot tell."""
    reference = settings.site_ids_from
    if reference and pulumi.runtime.is_dry_run():
        text = (
            f'its SITE_ID is not known yet: the stack "{reference}" has not assigned one;'
            f' run "pulumi up -s {reference}" first'
        )
        announce_note(Note(text, slug), warning=True)
        return pulumi.output.UNKNOWN
    return unknown_unless_targeted("it has no SITE_ID yet.", slug, settings)


def unknown_unless_targeted(missing: str, slug: str, settings: Settings) -> Any:
    """Return an unknown in a preview, in place of a value that a resource of the fleet would give a site.

    Args:
        missing: A sentence that says what the site lacks.

    Raises:
        RunError: An update cannot go on without the value.
    """
    targets = " ".join(f"--target '{target}'" for target in load_platform_words(settings).targets)
    message = f"{missing} The fleet's own resources, which give it, are not targeted, or this is a refresh."
    remedy = f"Run 'mirrors deploy {slug} -s {pulumi.get_stack()}', or add {targets}"
    if not pulumi.runtime.is_dry_run():
        raise pulumi.RunError(Problem("fleet-not-targeted", message, remedy, slug).line)
    announce_note(Note(f"{message} {remedy}", slug), warning=True)
    return pulumi.output.UNKNOWN
