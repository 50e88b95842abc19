"""The fleet as applications on Divio: the resources that it declares."""

import os
from dataclasses import dataclass

import pulumi

from mirrors.config import Settings
from mirrors.config.models.divio import divio_settings_of
from mirrors.divio import DivioError
from mirrors.observation.remediation import convert_error
from mirrors.planning.plan import FleetPlan, OriginalPlan, find_hidden_databases, plan_fleet
from mirrors.planning.site_ids.pins import note_unpinned_ids
from mirrors.planning.site_ids.request import LedgerFacts
from mirrors.planning.variables.dsn import identify_service
from mirrors.planning.variables.names import is_service_variable
from mirrors.program.announcements import announce_note
from mirrors.program.later_values import report_later_values
from mirrors.program.observing import OBSERVER
from mirrors.program.platform import PlatformOutputs
from mirrors.program.refusal import FleetRefusedError
from mirrors.program.scheduler import RolloutScheduler
from mirrors.program.site_resources import register_mirror, register_original
from mirrors.program.startup import ProgramConfiguration, find_published_passphrase, report_rollout
from mirrors.program.variable_inputs import FleetContext
from mirrors.resources.original import Original
from mirrors.resources.site_ids import SiteIds


@dataclass(frozen=True)
class PreparedFleet:
    """A configuration and a plan without problems."""

    settings: Settings
    plan: FleetPlan
    original: OriginalPlan


def prepare_fleet(configured: ProgramConfiguration) -> PreparedFleet:
    """Observe and plan. Raises FleetRefusedError, with every problem."""
    settings, own = configured.settings, divio_settings_of(configured.settings)
    try:
        seen = OBSERVER.get()(settings)
    except DivioError as error:
        raise FleetRefusedError([*configured.problems, convert_error(error, os.environ)]) from None
    planned = plan_fleet(settings, seen.fleet, configured.manual_release_sites, seen.samples)
    published = find_published_passphrase(own.api_url, os.environ)
    problems = [*configured.problems, *published, *planned.problems]
    if problems or planned.original is None:
        raise FleetRefusedError(problems)
    _announce_plan(settings, planned)
    report_rollout(settings, planned.rollout, planned.mirrors, planned.postponed)
    return PreparedFleet(settings, planned, planned.original)


def _announce_plan(settings: Settings, planned: FleetPlan) -> None:
    seen = {site.slug: site.observed for site in planned.mirrors}
    if pulumi.runtime.is_dry_run() and (note := note_unpinned_ids(settings, seen, pulumi.get_stack())):
        announce_note(note)
    report_later_values([*([planned.original.site] if planned.original else []), *planned.mirrors])


class DivioPlatform:
    """Divio in the user's program. It observes and plans. Raises FleetRefusedError where there is a problem."""

    def __init__(self, configured: ProgramConfiguration) -> None:
        self.prepared = prepare_fleet(configured)

    @property
    def ledger_facts(self) -> LedgerFacts:
        plan, original = self.prepared.plan, self.prepared.original
        sites = [*plan.mirrors, *([original.site] if original.deploy else [])]
        there = {
            site.environment: {name: seen.sensitive for name, seen in site.observed.variables.items()} for site in sites
        }
        return LedgerFacts(
            plan.site_facts,
            plan.undeclared_sites,
            plan.undeclared_applications,
            find_hidden_databases(plan.mirrors),
            there,
        )

    def declare(self, fleet: pulumi.Resource, ids: SiteIds, options: pulumi.ResourceOptions) -> PlatformOutputs:
        """Declare the original's values, the original, and the mirrors in waves.

        Args:
            options: The options of each resource that carries the fleet's name.
        """
        prepared, settings = self.prepared, self.prepared.settings
        original = self._register_original_values(fleet, options)
        scheduler = RolloutScheduler.of_run(prepared.plan.rollout, settings)
        context = FleetContext(fleet, settings, prepared.original, ids, original, scheduler)
        first, release = register_original(context)
        mirrors = [register_mirror(context, site, release) for site in prepared.plan.mirrors]
        scheduler.report_failures()
        about = {
            "application": prepared.original.site.slug,
            "environment": settings.environment,
            "release": original.release,
            "identities": original.identities,
        }
        sites = [first.site, *(mirror.site for mirror in mirrors)]
        return PlatformOutputs([first.row], [mirror.row for mirror in mirrors], about, sites)

    def _register_original_values(self, fleet: pulumi.Resource, options: pulumi.ResourceOptions) -> Original:
        planned = self.prepared.original
        props = {
            "application": planned.site.application_id,
            "environment": planned.site.environment,
            "image_environment": planned.image_environment,
            "release": planned.release,
            "variables": {key: pulumi.Output.secret(value) for key, value in planned.shared.items()},
            "identities": {
                key: identify_service(value) for key, value in planned.shared.items() if is_service_variable(key)
            },
            "confirmed": sorted(self.prepared.settings.confirmed_identities),
            "slug": planned.site.slug,
            "stack": self.prepared.settings.stack,
        }
        return Original(fleet.pulumi_resource_name, props, options)
