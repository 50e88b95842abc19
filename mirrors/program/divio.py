"""The fleet as Divio's applications: what it declares once the ids are given."""

from dataclasses import asdict
from typing import Any

import pulumi

from mirrors.planning.plan import hidden_databases
from mirrors.planning.variables.dsn import service_identity
from mirrors.planning.variables.names import is_service_variable
from mirrors.program.platform import PlatformOutputs
from mirrors.program.scheduler import RolloutScheduler
from mirrors.program.site_resources import FleetContext, register_mirror, register_original
from mirrors.program.startup import Configured, prepare
from mirrors.resources.original import Original
from mirrors.resources.site_ids import SiteIds


class DivioPlatform:
    """Looks at the platform and plans. Leaves the program where there is a problem."""

    def __init__(self, configured: Configured) -> None:
        self.prepared = prepare(configured)

    @property
    def hints(self) -> list[dict[str, Any]]:
        return [asdict(site) for site in self.prepared.plan.hints]

    @property
    def neighbours(self) -> dict[str, dict[str, Any]]:
        return {slug: asdict(item) for slug, item in self.prepared.plan.neighbours.items()}

    @property
    def listed(self) -> dict[str, str]:
        return dict(self.prepared.plan.listed)

    @property
    def hidden(self) -> dict[str, str]:
        return hidden_databases(self.prepared.plan.mirrors)

    @property
    def found(self) -> dict[str, dict[str, bool]]:
        original = self.prepared.original
        sites = [*self.prepared.plan.mirrors, *([original.site] if original.deploy else [])]
        return {
            site.environment: {name: seen.sensitive for name, seen in site.seen.variables.items()} for site in sites
        }

    def declare(self, fleet: pulumi.Resource, ids: SiteIds, options: pulumi.ResourceOptions) -> PlatformOutputs:
        """``options``: those of what carries the fleet's name."""
        prepared, settings = self.prepared, self.prepared.settings
        original = self._original(fleet, options)
        scheduler = RolloutScheduler(
            prepared.plan.rollout, settings.rollout.parallel, preview=pulumi.runtime.is_dry_run()
        )
        context = FleetContext(fleet, settings, prepared.original, ids, original, scheduler)
        sites, release = register_original(context)
        mirrors = [register_mirror(context, site, release) for site in prepared.plan.mirrors]
        scheduler.report_failures()
        about = {
            "application": prepared.original.site.slug,
            "environment": settings.environment,
            "release": original.release,
            "identities": original.identities,
        }
        return PlatformOutputs(sites, mirrors, about)

    def _original(self, fleet: pulumi.Resource, options: pulumi.ResourceOptions) -> Original:
        planned = self.prepared.original
        props = {
            "application": planned.site.application,
            "environment": planned.site.environment,
            "image_environment": planned.image_environment,
            "release": planned.release,
            "variables": {key: pulumi.Output.secret(value) for key, value in planned.shared.items()},
            "identities": {
                key: service_identity(value) for key, value in planned.shared.items() if is_service_variable(key)
            },
            "confirmed": sorted(self.prepared.settings.confirmed_identities),
            "slug": planned.site.slug,
            "stack": self.prepared.settings.stack,
        }
        return Original(fleet.pulumi_resource_name, props, options)
