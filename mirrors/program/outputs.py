"""The parts of a site that are the same on every platform: its SITE_ID, its former names, its row in the outputs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from mirrors.config import Settings
from mirrors.planning.platform_words import load_platform_words
from mirrors.problems import Note, Problem
from mirrors.program.announcements import announce_note
from mirrors.resources.site_ids import SiteIds
from mirrors.web_addresses import host_name_of

SiteRow = dict[str, Any]
"""A site in the stack's outputs. ``make_site_row`` has its keys."""


@dataclass(frozen=True)
class FleetSite:
    """The original or a mirror, with outputs that other resources may use.

    Attributes:
        application: The application's slug.
        environment: The environment of the stack, ``test`` or ``live``.
        site_id: The site's ``SITE_ID``.
        url: The site's address, such as ``https://www.example.com/``; empty if it has none.
        release: The release that the site runs: the original's deployment, or an image on a Docker host.
        deployment: The platform's identifier of what runs.
    """

    application: str
    environment: str
    site_id: pulumi.Output[int]
    url: pulumi.Output[str]
    release: pulumi.Output[str]
    deployment: pulumi.Output[str]

    @property
    def domain(self) -> pulumi.Output[str]:
        """The host name of ``url``; empty if the site has no address."""
        return self.url.apply(lambda url: host_name_of(url) or "")


@dataclass(frozen=True)
class SiteRegistration:
    """A site that the program has registered.

    Args:
        row: The site in the stack's outputs.
        site: The site's outputs for other resources.
    """

    row: SiteRow
    site: FleetSite


class FleetSites(dict[str, FleetSite]):
    """{slug: site} of the sites of a fleet."""

    def __init__(self, sites: Iterable[FleetSite]) -> None:
        super().__init__((site.application, site) for site in sites)

    def __missing__(self, slug: str) -> FleetSite:
        raise KeyError(f"the fleet has no site {slug}, or its rollout has not reached it. It has: {', '.join(self)}")


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
