"""The fleet as containers: the resources that it declares, and the order in which they come up."""

import os
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_docker

from mirrors.config import Settings
from mirrors.docker.config.settings import DockerSettings, docker_of
from mirrors.docker.host.client import DockerHost, connect_docker_host
from mirrors.docker.host.connection import connection_of
from mirrors.docker.observation.found import FoundFleet
from mirrors.docker.observation.observe import observe_containers
from mirrors.docker.plan import ContainersPlan, check_other_fleets, plan_containers
from mirrors.docker.sites.containers import ContainerUnits
from mirrors.docker.sites.context import DockerContext, declare_component
from mirrors.docker.sites.database import declare_database
from mirrors.docker.sites.names import ResourceNames
from mirrors.docker.sites.site import declare_release, declare_site
from mirrors.docker.sites.units import SiteUnits
from mirrors.docker.sites.variables import owns_database, owns_media
from mirrors.errors import MirrorsError
from mirrors.planning.site_ids.request import LedgerFacts
from mirrors.planning.variables.dsn import identify_service
from mirrors.planning.variables.names import is_service_variable
from mirrors.problems import Note
from mirrors.program.announcements import announce_note
from mirrors.program.later_values import report_later_values
from mirrors.program.platform import PlatformOutputs
from mirrors.program.refusal import FleetRefusedError
from mirrors.program.scheduler import RolloutScheduler
from mirrors.program.startup import ProgramConfiguration, find_published_passphrase, report_rollout
from mirrors.resources.site_ids import SiteIds


class DockerPlatform:
    """A Docker host in the user's program. It observes and plans. Raises FleetRefusedError where there is a problem."""

    def __init__(self, configured: ProgramConfiguration) -> None:
        self.configuration = configured
        self.settings = configured.settings
        self.plan, self.units = self._make_plan()

    @property
    def ledger_facts(self) -> LedgerFacts:
        """The facts of containers. Every variable can be read, and none was there before Mirrors made the container."""
        return LedgerFacts(self.plan.site_facts, self.plan.undeclared_sites)

    def declare(self, fleet: pulumi.Resource, ids: SiteIds, options: pulumi.ResourceOptions) -> PlatformOutputs:
        """Declare network and volumes, PostgreSQL, the release command, the original, and then the mirrors in waves."""
        settings = self.settings
        scheduler = RolloutScheduler.of_run(self.plan.rollout, settings)
        provider = _declare_provider(fleet.pulumi_resource_name, settings)
        own = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(provider=provider))
        context = self._declare_context(fleet, ids, scheduler, own)
        release = declare_release(context, self.plan.original)
        first = declare_site(context, self.plan.original, release)
        scheduler.require_first(*first.known_inputs)
        mirrors = [declare_site(context, site, release) for site in self.plan.mirrors]
        about = {
            "application": settings.fleet.original.application,
            "environment": settings.environment,
            "release": context.image,
            "identities": {
                name: _make_public_identity(value)
                for name, value in context.shared.items()
                if is_service_variable(name)
            },
        }
        sites = [first.site, *(mirror.site for mirror in mirrors)]
        return PlatformOutputs([first.row], [mirror.row for mirror in mirrors], about, sites)

    def _make_plan(self) -> tuple[ContainersPlan, SiteUnits]:
        settings, problems = self.settings, list(self.configuration.problems)
        try:
            engine = connect_docker_host(connection_of(settings, os.environ))
            found = self._find_fleet(engine)
        except MirrorsError as error:
            raise FleetRefusedError([*problems, *error.problems]) from None
        version = docker_of(settings).database.password_version
        rotated = owns_database(settings) and bool(found.seen.password_versions - {version})
        planned = plan_containers(settings, found.seen.fleet, self.configuration.manual_release_sites, rotated=rotated)
        problems += [
            *found.problems,
            *check_other_fleets(settings, found.seen.elsewhere),
            *find_published_passphrase(engine.host, os.environ),
            *planned.problems,
        ]
        if problems:
            raise FleetRefusedError(problems)
        self._announce(planned, found.notes)
        return planned, found.units

    def _find_fleet(self, engine: DockerHost) -> FoundFleet:
        return FoundFleet(observe_containers(engine, self.settings), ContainerUnits())

    def _announce(self, planned: ContainersPlan, notes: Sequence[Note]) -> None:
        if pulumi.runtime.is_dry_run():
            for note in notes:
                announce_note(note, warning=True)
            names = ResourceNames.of(self.settings)
            kept = [
                declared or names.part(part)
                for part, declared, owned in (
                    ("database", docker_of(self.settings).database.volume, owns_database(self.settings)),
                    ("media", docker_of(self.settings).media.volume, owns_media(self.settings)),
                )
                if owned
            ]
            if kept:
                announce_note(Note(f"docker: no command deletes the volumes with data: {', '.join(kept)}"))
        report_later_values([planned.original, *planned.mirrors])
        report_rollout(self.settings, planned.rollout, planned.mirrors, planned.postponed)

    def _declare_context(
        self, fleet: pulumi.Resource, ids: SiteIds, scheduler: RolloutScheduler, own: pulumi.ResourceOptions
    ) -> DockerContext:
        settings, names, name = self.settings, ResourceNames.of(self.settings), fleet.pulumi_resource_name
        network = self.units.declare_network(name, names, own)
        part = declare_component("mirrors:docker:Release", name, own)
        image = self.units.declare_image(settings, part, name, own)
        context = DockerContext(fleet, settings, names, ids, scheduler, own, network, part, image, self.units)
        return declare_database(context).with_media()


def _make_public_identity(value: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return the parts of a secret address that are no secret: host and name."""
    return pulumi.Output.unsecret(value.apply(identify_service))


def _declare_provider(name: str, settings: Settings) -> pulumi.ProviderResource:
    """Return Pulumi's Docker provider for the declared host. Without one it reads ``DOCKER_HOST`` itself.

    The machine's own setting stays out of the state, so two machines show no difference.
    """
    own = settings.platform_keys(DockerSettings)
    tls = own.docker_tls
    material: Any = (
        {
            "ca_material": pulumi.Output.secret(tls.ca.get_secret_value()),
            "cert_material": pulumi.Output.secret(tls.cert.get_secret_value()),
            "key_material": pulumi.Output.secret(tls.key.get_secret_value()),
        }
        if tls
        else {}
    )
    logins = [pulumi_docker.ProviderRegistryAuthArgs(address=registry) for registry in own.docker.registries]
    arguments = pulumi_docker.ProviderArgs(host=own.docker.host, registry_auth=logins or None, **material)
    return pulumi_docker.Provider(name, arguments)
