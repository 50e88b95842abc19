"""The state of each site's container, as ``mirrors status`` shows a fleet on a Docker host. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from mirrors.config import Settings, SiteSettings
from mirrors.docker.plan import (
    STORAGE_DSN,
    database_url,
    owns_database,
    owns_media,
    plain_variables,
    site_url,
    storage_dsn,
)
from mirrors.docker.settings import docker_of
from mirrors.planning.observed import ObservedSite
from mirrors.planning.plan import SitePlan
from mirrors.planning.reports.site_status import SiteCondition, SiteStatus, make_absent_status, mark_held
from mirrors.planning.site_ids.pins import describe_other_id
from mirrors.planning.variables.dsn import identify_service
from mirrors.planning.variables.names import DATABASE_URL, SITE_ID, parse_site_id, sort_for_removal, sort_for_writing

__all__ = ["ObservedContainer", "container_statuses"]

RUNNING = "running"
SHORT_ID_LENGTH = 12
"""The characters of an image's id that a message shows."""

StateFinding = tuple[SiteCondition, str]


@dataclass(frozen=True, slots=True)
class ObservedContainer:
    """A site's container.

    Args:
        slug: The site, as the container's label has it.
        id: The short id of the container.
        image: The id of its image.
        created: When it was made, with the variables that it has.
        status: Docker's word for what its process does.
        exit_code: The exit code of a process that has ended.
        health: Docker's word for its health; None where it has no check.
        variables: {name: value} of what its process runs with.
        of_image: The names of variables that its image sets; None where the host does not have the image any more.
        password_version: The version of the database's password that it was made with, as its label says.
    """

    slug: str
    id: str
    image: str
    created: datetime | None
    status: str
    exit_code: int = 0
    health: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    of_image: frozenset[str] | None = None
    password_version: str | None = None

    @property
    def release(self) -> str:
        return self.image.removeprefix("sha256:")

    @property
    def site_id(self) -> int | None:
        return parse_site_id(self.variables.get(SITE_ID))


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
    rows = [_original_row(settings, first, site_ids, declared_image)]
    newest = first.release if first else None
    for mirror, container in zip(settings.mirrors, mirrors, strict=True):
        row = _site_row(settings, mirror, container, "mirror", site_ids, newest)
        rows.append(mark_held(settings, mirror, row))
    return (*rows, *_removed_rows(settings, found))


def _find_container(site: SiteSettings, found: Mapping[str, ObservedContainer]) -> ObservedContainer | None:
    """Return a site's container. A renamed site has it under its former slug until the next update."""
    return found.get(site.application) or (found.get(site.formerly) if site.formerly else None)


def _original_row(
    settings: Settings, container: ObservedContainer | None, site_ids: Mapping[str, int], declared_image: str | None
) -> SiteStatus:
    row = _site_row(settings, settings.fleet.original, container, "original", site_ids, None)
    if container is None or declared_image in (None, container.image):
        return row
    now = str(declared_image).removeprefix("sha256:")[:SHORT_ID_LENGTH]
    runs = container.release[:SHORT_ID_LENGTH]
    said = f"it runs {runs}, and mirrors:docker.image is {now} on this host: an up rolls that out"
    return replace(row, notes=(said,))


def _site_row(
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
    findings = [*_process_findings(container), *_variable_findings(settings, slug, site_id, container)]
    if detail := describe_other_id(site.site_id, stored):
        findings.append((SiteCondition.VARIABLES_DIFFER, detail))
    if newest not in (None, container.release):
        said = f"runs release {container.release[:SHORT_ID_LENGTH]}, the original has {str(newest)[:SHORT_ID_LENGTH]}"
        findings.append((SiteCondition.OUTDATED, said))
    return _container_row(settings, slug, container, role, site_id, findings)


def _container_row(
    settings: Settings,
    slug: str,
    container: ObservedContainer,
    role: str,
    site_id: int | None,
    findings: Sequence[StateFinding],
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


def _rank_findings(findings: Sequence[StateFinding]) -> tuple[SiteCondition, tuple[str, ...]]:
    """Return the worst state, and every detail with those of that state first. Without a finding it is converged."""
    order = list(SiteCondition)
    ranked = sorted(findings, key=lambda finding: -order.index(finding[0]))
    return (ranked[0][0] if ranked else SiteCondition.CONVERGED), tuple(detail for _, detail in ranked)


def _process_findings(container: ObservedContainer) -> Iterator[StateFinding]:
    """Say what is wrong with the container's process."""
    if container.status == "restarting":
        yield (
            SiteCondition.FAILED,
            f"its container ends and is started again, the last time with exit code {container.exit_code}",
        )
    elif container.status in ("exited", "dead"):
        yield SiteCondition.FAILED, f"its container ended with exit code {container.exit_code}: an up brings it back"
    elif container.status != RUNNING:
        yield SiteCondition.FAILED, f"its container is {container.status}: an up brings it back"
    elif container.health == "starting":
        yield SiteCondition.DEPLOYING, "its container was not healthy yet"
    elif container.health == "unhealthy":
        yield SiteCondition.UNVERIFIED, "its container is not healthy"


def _variable_findings(
    settings: Settings, slug: str, site_id: int | None, container: ObservedContainer
) -> Iterator[StateFinding]:
    """Compare what the container runs with to what is declared. No value is shown."""
    declared = _declared_variables(settings, slug, site_id) if site_id is not None else {}
    different = {name for name, value in declared.items() if container.variables.get(name) != value}
    if owns_database(settings) and not _has_database(settings, container):
        different.add(DATABASE_URL)
    if different:
        yield (
            SiteCondition.VARIABLES_DIFFER,
            f"does not run with the declared value: {', '.join(sort_for_writing(different))}",
        )
    if container.of_image is not None and site_id is not None:
        left = container.variables.keys() - container.of_image - declared.keys() - set(settings.fleet.shared)
        if left:
            yield (
                SiteCondition.VARIABLES_DIFFER,
                f"no longer declared, an up removes it: {', '.join(sort_for_removal(left))}",
            )


def _declared_variables(settings: Settings, slug: str, site_id: int) -> dict[str, str]:
    """Return {name: value} that a site is declared with, without the password that only the state has."""
    seen = ObservedSite(slug, slug, None)
    site = SitePlan(slug, slug, settings.environment, None, settings.variables_of(slug), seen)
    shared = {name: value.get_secret_value() for name, value in settings.shared_values.items()}
    media = {STORAGE_DSN: storage_dsn(settings)} if owns_media(settings) else {}
    return {**plain_variables(settings, site, site_id), **media, **shared}


def _has_database(settings: Settings, container: ObservedContainer) -> bool:
    """Return whether a container has the stack's own database, with today's password."""
    if container.password_version != docker_of(settings).database.password_version:
        return False
    there = container.variables.get(DATABASE_URL)
    return there is not None and identify_service(there) == identify_service(database_url(settings, "password"))


def _removed_rows(settings: Settings, found: Mapping[str, ObservedContainer]) -> Iterator[SiteStatus]:
    known = {slug for site in settings.fleet.sites for slug in (site.application, site.formerly)}
    for slug, container in sorted(found.items()):
        if slug not in known:
            left = (SiteCondition.REMOVED, "off the list, and its container is still there: an up removes it")
            yield _container_row(settings, slug, container, "retired", container.site_id, [left])
