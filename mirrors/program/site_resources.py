"""Register the resources of single sites: each mirror, and the original where the configuration deploys it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi

from mirrors.config import Settings
from mirrors.planning.plan import OriginalPlan, SitePlan
from mirrors.planning.variables.addresses import make_site_url
from mirrors.planning.variables.confirmations import normalize_confirmed_identities
from mirrors.planning.variables.dsn import identify_service
from mirrors.planning.variables.names import DATABASE_URL, DOMAIN, MIRRORS_APPLICATION, SITE_ID, format_site_label
from mirrors.planning.variables.shared import digest_value
from mirrors.program.outputs import site_id_output, unknown_unless_targeted
from mirrors.program.scheduler import RolloutScheduler
from mirrors.pulumi_internals import without_dependencies
from mirrors.resources.mirror import Mirror, OriginalSite
from mirrors.resources.original import Original
from mirrors.resources.site_ids import SiteIds

OutputRow = dict[str, Any]


@dataclass(frozen=True)
class FleetContext:
    """The parts that the sites of a fleet share.

    Args:
        parent: The Fleet.
    """

    parent: pulumi.Resource
    settings: Settings
    planned: OriginalPlan
    ids: SiteIds
    original: Original
    scheduler: RolloutScheduler

    def site_id_output(self, site: SitePlan) -> pulumi.Output[int]:
        return site_id_output(self.ids, site.application, site.slug, self.settings)


def register_original(context: FleetContext) -> tuple[list[OutputRow], pulumi.Output[str]]:
    """Register the original. Return its row in a list, and the release that mirrors run."""
    planned, release = context.planned, context.original.release
    site, site_id = planned.site, context.site_id_output(planned.site)
    if not planned.deploy:
        url = make_site_url(site.observed.deployed_variables.get(DOMAIN))
        return [_output_row(context, site, site_id, url, planned.deployment)], release
    props = {
        **_site_inputs(context, site, _declared_inputs(site)),
        "release": "",
        "shared": _shared_fingerprints(planned),
    }
    deployed = OriginalSite(site.slug, props, _site_options(context, site))
    context.scheduler.require_first(deployed)
    if planned.image_environment == site.environment:
        release = deployed.deployment.apply(partial(_newest_release, planned))
    return [_output_row(context, site, site_id, _address_output(deployed), deployed.deployment)], release


def register_mirror(context: FleetContext, site: SitePlan, release: pulumi.Output[str]) -> OutputRow:
    """Register a mirror and return its row."""
    site_id = context.site_id_output(site)
    variables = {
        SITE_ID: _variable_input(site_id.apply(_format_id)),
        MIRRORS_APPLICATION: _variable_input(site.slug),
        **_declared_inputs(site),
        **_shared_inputs(context, site),
    }
    props = {
        **_site_inputs(context, site, variables),
        "release": without_dependencies(release),
        "databases": _possible_databases(context, site),
    }
    mirror = Mirror(site.slug, props, _site_options(context, site))
    context.scheduler.free_slot_after(site.slug, mirror)
    return _output_row(context, site, site_id, _address_output(mirror), mirror.deployment)


def _site_inputs(context: FleetContext, site: SitePlan, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that every site has."""
    scheduler, verified = context.scheduler, context.settings.rollout.health is not None
    return {
        "site": format_site_label(site.slug, context.settings.environment),
        "environment": site.environment,
        "image_environment": context.planned.image_environment,
        "variables": variables,
        "found": without_dependencies(_found_variables(context, site)),
        "observed": _observed_variables(site),
        "rollout": _rollout_reason(site),
        "turn": scheduler.slot_input(site.slug),
        "newest": context.planned.release,
        "collected": scheduler.attempt if scheduler.defers_failure(site.slug) else None,
        **({"verified": True} if verified else {}),
    }


def _site_options(context: FleetContext, site: SitePlan) -> pulumi.ResourceOptions:
    """Return the resource options.

    A replacement removes the old resource first. After a failure, a later run would remove what the new one has made.
    """
    return pulumi.ResourceOptions(
        parent=context.parent,
        aliases=_former_aliases(site),
        retain_on_delete=context.settings.keeps_variables,
        delete_before_replace=True,
    )


def _newest_release(planned: OriginalPlan, deployment: str) -> str:
    """Return the newest release. An original that is not targeted has an earlier deployment in the state."""
    earlier = {item.uuid for item in planned.site.observed.deployments}
    return planned.release if deployment in earlier else deployment


def _shared_fingerprints(planned: OriginalPlan) -> dict[str, str]:
    return {name: digest_value(value) for name, value in planned.shared.items()}


def _observed_variables(site: SitePlan) -> dict[str, Any]:
    """Return {name: {sensitive}} of the variables that are set now, with those that others have set."""
    return {name: {"sensitive": seen.sensitive} for name, seen in site.observed.variables.items()}


def _rollout_reason(site: SitePlan) -> str | None:
    """Return the reason why the site does not follow each release, as ``check`` reads it."""
    if site.is_paused:
        return "paused"
    if site.is_held:
        return "held"
    return None if site.takes_new_releases else "keep-release"


def _output_row(
    context: FleetContext, site: SitePlan, site_id: pulumi.Output[int], url: Any, deployment: Any
) -> OutputRow:
    return {
        "application": site.slug,
        "siteId": site_id,
        "environment": context.settings.environment,
        "url": _none_if_unknown(url),
        "deployment": _none_if_unknown(deployment),
    }


def _address_output(deployed: Mirror | OriginalSite) -> pulumi.Output[str | None]:
    """Return the address; None where the site has none, such as an original that Mirrors does not deploy."""
    return deployed.url.apply(lambda url: url or None)


def _none_if_unknown(output: Any) -> Any:
    """Return None, outside of a preview, for an unknown value: that of a new site that ``--exclude`` leaves out.

    The engine's mark for the unknown would hide all outputs of the stack from the stacks that follow.
    """
    if not isinstance(output, pulumi.Output) or pulumi.runtime.is_dry_run():
        return output

    async def value() -> Any:
        return await output.future() if await output.is_known() else None

    return pulumi.Output.from_input(value())


def _variable_input(value: Any, *, secret: bool = False, sensitive: Any = False) -> dict[str, Any]:
    """Return a declared variable as ``check`` reads it. The engine sees that a value is secret, and no state has it."""
    value = without_dependencies(value) if isinstance(value, pulumi.Output) else value
    return {"value": pulumi.Output.secret(value) if secret else value, "secret": secret, "sensitive": sensitive}


def _declared_inputs(site: SitePlan) -> dict[str, Any]:
    """Return the variables that the configuration declares. The platform flags a secret one as sensitive."""
    variables = site.variables.items()
    return {name: _variable_input(item.value, secret=item.secret, sensitive=item.secret) for name, item in variables}


def _shared_inputs(context: FleetContext, site: SitePlan) -> dict[str, Any]:
    """Return the original's shared values. New ones are sensitive. A variable that Mirrors found keeps its flag."""
    found = _found_variables(context, site)
    return {
        name: _variable_input(
            _shared_value(context, name, site.slug),
            secret=True,
            sensitive=without_dependencies(found.apply(_sensitivity_of(name))),
        )
        for name in context.planned.shared
    }


def _shared_value(context: FleetContext, name: str, slug: str) -> pulumi.Output[str]:
    """Return a shared value from the Original resource. An untargeted one lacks a name that is new."""

    def look_up(values: Mapping[str, str]) -> Any:
        if name in values:
            return values[name]
        return unknown_unless_targeted(f"it has no value of {name} yet.", slug, context.settings)

    return context.original.variables.apply(look_up)


def _possible_databases(context: FleetContext, site: SitePlan) -> list[str] | None:
    """Return the databases that a mirror may run with before adoption, the original's first.

    None if its own database is known.
    """
    own = site.observed.variables.get(DATABASE_URL)
    shared = context.planned.shared.get(DATABASE_URL)
    if own is None or own.value is not None or shared is None:
        return None
    return [identify_service(shared), *sorted(normalize_confirmed_identities(context.settings))]


def _found_variables(context: FleetContext, site: SitePlan) -> pulumi.Output[Any]:
    """Return {name: sensitive} of the variables that Mirrors found; None where the ledger does not know."""
    return context.ids.found.apply(lambda found: (found or {}).get(site.environment))


def _sensitivity_of(name: str) -> Callable[[Mapping[str, Any] | None], bool]:
    return lambda found: bool((found or {}).get(name, True))


def _format_id(site_id: int) -> str:
    return str(int(site_id))


def _former_aliases(site: SitePlan) -> list[pulumi.Input[pulumi.Alias | str]] | None:
    return [pulumi.Alias(name=site.formerly)] if site.formerly else None
