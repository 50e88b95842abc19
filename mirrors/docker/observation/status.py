"""The state of each site's container, as ``mirrors status`` shows a fleet on a Docker host. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mirrors.config import Settings, SiteSettings
from mirrors.docker.observation.findings import ContainerFinding, find_process_faults, find_variable_differences
from mirrors.docker.observation.observed import ObservedContainer, release_of, shorten_release
from mirrors.docker.sites.addresses import site_url
from mirrors.planning.reports.site_status import SiteCondition, SiteStatus, make_absent_status, mark_held
from mirrors.planning.site_ids.pins import describe_other_id


def container_statuses(
    settings: Settings,
    found: Mapping[str, ObservedContainer],
    site_ids: Mapping[str, int],
    declared_image: str | None = None,
) -> tuple[SiteStatus, ...]:
    """Return a row for each declared site, the original first, then one for each site that has left and still runs.

    Args:
        settings: The stack's configuration.
        found: The containers of the fleet, by slug.
        site_ids: {slug: SITE_ID}, as the stack gave them.
        declared_image: The id of the image that ``docker.image`` names on the host; None where it has none.
    """
    first, *mirrors = (_find_container(site, found) for site in settings.fleet.sites)
    rows = [_make_original_row(settings, first, site_ids, declared_image)]
    newest = first.release if first else None
    for mirror, container in zip(settings.mirrors, mirrors, strict=True):
        row = _make_site_row(settings, mirror, container, "mirror", site_ids, newest)
        rows.append(mark_held(settings, mirror, row))
    return (*rows, *_make_removed_rows(settings, found))


def _find_container(site: SiteSettings, found: Mapping[str, ObservedContainer]) -> ObservedContainer | None:
    """Return a site's container. A renamed site has it under its former slug until the next update."""
    return found.get(site.application) or (found.get(site.formerly) if site.formerly else None)


def _make_original_row(
    settings: Settings, container: ObservedContainer | None, site_ids: Mapping[str, int], declared_image: str | None
) -> SiteStatus:
    row = _make_site_row(settings, settings.fleet.original, container, "original", site_ids, None)
    if container is None or declared_image in (None, container.image):
        return row
    now, runs = shorten_release(release_of(str(declared_image))), shorten_release(container.release)
    said = f"it runs {runs}, and mirrors:docker.image is {now} on this host: an up rolls that out"
    return replace(row, notes=(said,))


def _make_site_row(
    settings: Settings,
    site: SiteSettings,
    container: ObservedContainer | None,
    role: str,
    site_ids: Mapping[str, int],
    newest: str | None,
) -> SiteStatus:
    """Return a site's row.

    Args:
        newest: The release of the original, where a mirror is compared with it.
    """
    slug, stored = site.application, site_ids.get(site.application)
    if container is None:
        return make_absent_status(
            slug, role, settings.environment, SiteCondition.NOT_DEPLOYED, "it has no container: an up makes it"
        )
    site_id = stored or site.site_id or container.site_id
    findings = [*find_process_faults(container), *find_variable_differences(settings, slug, site_id, container)]
    if detail := describe_other_id(site.site_id, stored):
        findings.append((SiteCondition.VARIABLES_DIFFER, detail))
    if newest not in (None, container.release):
        said = f"runs release {shorten_release(container.release)}, the original has {shorten_release(str(newest))}"
        findings.append((SiteCondition.OUTDATED, said))
    return _make_container_row(settings, slug, container, role, site_id, findings)


def _make_container_row(
    settings: Settings,
    slug: str,
    container: ObservedContainer,
    role: str,
    site_id: int | None,
    findings: Sequence[ContainerFinding],
) -> SiteStatus:
    """Return the row of a site with a container. It shows the SITE_ID that the container's process runs with.

    Args:
        site_id: The id that says where the site answers.
    """
    state, details = _rank_findings(findings)
    return SiteStatus(
        slug,
        role,
        container.site_id,
        settings.environment,
        site_url(settings, slug, site_id) if site_id is not None else None,
        container.release,
        container.id,
        container.created,
        state,
        details,
        is_behind=any(kind is SiteCondition.OUTDATED for kind, _ in findings),
    )


def _rank_findings(findings: Sequence[ContainerFinding]) -> tuple[SiteCondition, tuple[str, ...]]:
    """Return the worst state, and every detail with those of that state first. Without a finding it is converged."""
    order = list(SiteCondition)
    ranked = sorted(findings, key=lambda finding: -order.index(finding[0]))
    return (ranked[0][0] if ranked else SiteCondition.CONVERGED), tuple(detail for _, detail in ranked)


def _make_removed_rows(settings: Settings, found: Mapping[str, ObservedContainer]) -> Iterator[SiteStatus]:
    known = {slug for site in settings.fleet.sites for slug in (site.application, site.formerly)}
    for slug, container in sorted(found.items()):
        if slug not in known:
            left = (SiteCondition.REMOVED, "off the list, and its container is still there: an up removes it")
            yield _make_container_row(settings, slug, container, "retired", container.site_id, [left])
