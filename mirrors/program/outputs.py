"""The SITE_ID of a site as the program reads it: an output of the ledger, unknown only in a preview."""

from collections.abc import Mapping
from typing import Any

import pulumi

from mirrors.config import Settings
from mirrors.planning.platform_words import load_platform_words
from mirrors.problems import Note, Problem
from mirrors.program.announcements import announce_note
from mirrors.resources.site_ids import SiteIds


def site_id_of(ids: SiteIds, application: str, slug: str, settings: Settings) -> pulumi.Output[int]:
    """Return a site's id; unknown in the preview of a stack that follows another one without it.

    ``application`` is its name in the ledger.
    """

    def look_up(assignments: Mapping[str, Any]) -> Any:
        given = assignments.get(application)
        return int(given["id"]) if given else _not_known(slug, settings)

    return ids.assignments.apply(look_up)


def _not_known(slug: str, settings: Settings) -> Any:
    """Fail an update without the fleet's own resources. It may also be a refresh, which the program cannot tell."""
    reference = settings.site_ids_from
    if reference and pulumi.runtime.is_dry_run():
        text = (
            f'its SITE_ID is not known yet: the stack "{reference}", which gives it, has none for it;'
            f' run "pulumi up -s {reference}" first'
        )
        announce_note(Note(text, slug), warning=True)
        return pulumi.output.UNKNOWN
    return unknown_unless_targeted(
        "it has no SITE_ID yet, and the resources of the fleet, which give it one, are", slug, settings
    )


def unknown_unless_targeted(what: str, slug: str, settings: Settings) -> Any:
    """Return an unknown in a preview, in place of a value that a resource of the fleet would give a site.

    In an update it raises RunError. ``what`` is a sentence that ends before "not".
    """
    targets = " ".join(f"--target '{target}'" for target in load_platform_words(settings).targets)
    missing = f"{what} not among the targets, or this is a refresh, which gives nothing."
    remedy = f"Run 'mirrors deploy {slug} -s {pulumi.get_stack()}', or add {targets}"
    if not pulumi.runtime.is_dry_run():
        raise pulumi.RunError(Problem("fleet-not-targeted", missing, remedy, slug).line)
    announce_note(Note(f"{missing} {remedy}", slug), warning=True)
    return pulumi.output.UNKNOWN
