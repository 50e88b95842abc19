"""The commands for a fleet on a Docker host."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mirrors.config import Settings
from mirrors.docker.config.settings import docker_of
from mirrors.docker.host.client import connect_docker_host
from mirrors.docker.host.connection import connection_of
from mirrors.docker.observation.observe import observe_site_containers
from mirrors.docker.observation.status import container_statuses
from mirrors.errors import MirrorsError
from mirrors.planning.reports.fleet_preview import FleetPreview
from mirrors.planning.reports.stack_status import StackStatus
from mirrors.planning.reports.stored import StoredStack
from mirrors.problems import Note, Problem
from mirrors.problems.findings import CheckFinding, ok_finding, problem_finding
from mirrors.problems.reported import ReportedEvents

__all__ = ["DockerCommands"]

LEAVE_ALTERNATIVE = (
    "To forget the stack and keep its containers: pulumi state delete --all -s {stack}. Nothing was changed"
)
ADOPT_ALTERNATIVE = (
    "Mirrors makes each container itself, and takes over none that was made by hand. Declare the fleet by hand, with"
    " siteId for each site that has a SITE_ID. To look at an account on Divio, leave --stack out"
)


class DockerCommands:
    """A fleet on a Docker host as the commands see it. They read from the host and change nothing on it."""

    def status(
        self, settings: Settings, stored: Callable[[], StoredStack], _note: Callable[[Note], None]
    ) -> StackStatus:
        host = connect_docker_host(connection_of(settings, os.environ))
        found, image = observe_site_containers(host, settings), docker_of(settings).image
        site_ids = dict(stored().ledger.assignments.values())
        return StackStatus(container_statuses(settings, found, site_ids, host.image_id(image) if image else None))

    def preview(
        self, found: FleetPreview, _engine: Mapping[str, Any], _settings: Settings, _reported: ReportedEvents
    ) -> FleetPreview:
        """Return the preview as it is: Pulumi's Docker provider has looked at each container already."""
        return found

    def doctor(self, fleets: Sequence[Settings]) -> Iterator[CheckFinding]:
        try:
            host = connect_docker_host(connection_of(fleets[0], os.environ))
            there = [slug for settings in fleets for slug in observe_site_containers(host, settings)]
        except MirrorsError as error:
            yield from (problem_finding("platform", item) for item in error.problems)
            return
        yield ok_finding("platform", f"the Docker host {host.host} answers, and has {len(there)} of the fleet's sites")

    def find_single_sites_problem(
        self, _settings: Settings, _stack: str, _stored: Sequence[Mapping[str, Any]]
    ) -> Problem | None:
        """Return None: the original is a site like the others, and an update makes what they need."""
        return None

    def alternative_to(self, command: str, stack: str | None) -> str | None:
        return {"leave": LEAVE_ALTERNATIVE.format(stack=stack), "adopt": ADOPT_ALTERNATIVE}.get(command)
