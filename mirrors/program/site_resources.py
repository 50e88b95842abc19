"""Register the resources of single sites: each mirror, and the original where the configuration deploys it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pulumi

from mirrors.planning.plan import OriginalPlan
from mirrors.planning.site_plan import SitePlan
from mirrors.planning.site_properties import make_check_only
from mirrors.planning.variables.addresses import make_site_url
from mirrors.planning.variables.names import DOMAIN, MIRRORS_APPLICATION, SITE_ID, format_site_label
from mirrors.planning.variables.shared import digest_value
from mirrors.program.outputs import FleetSite, SiteRegistration, former_aliases, make_site_row
from mirrors.program.variable_inputs import (
    FleetContext,
    declared_inputs,
    found_variables,
    observed_variables,
    possible_databases,
    shared_inputs,
    variable_input,
)
from mirrors.pulumi_internals import without_dependencies
from mirrors.resources.mirror import Mirror, OriginalSite


def register_original(context: FleetContext) -> tuple[SiteRegistration, pulumi.Output[str]]:
    """Register the original. Return it, and the release that mirrors run."""
    planned, release = context.planned, context.original.release
    site, site_id = planned.site, context.site_id_output(planned.site)
    if not planned.deploy:
        url = make_site_url(site.observed.deployed_variables.get(DOMAIN))
        return _describe_site(context, site, site_id, url, planned.deployment, release), release
    props = {
        **_make_site_inputs(context, site, declared_inputs(site)),
        "release": "",
        **make_check_only(shared_digests=_digest_shared_values(planned)),
    }
    deployed = OriginalSite(site.slug, props, _make_site_options(context, site))
    context.scheduler.require_first(deployed.site)
    if planned.image_environment == site.environment:
        release = deployed.deployment.apply(partial(_find_newest_release, planned))
    running = deployed.deployment
    return _describe_site(context, site, site_id, _read_address(deployed), running, running), release


def register_mirror(context: FleetContext, site: SitePlan, release: pulumi.Output[str]) -> SiteRegistration:
    """Register a mirror."""
    site_id = context.site_id_output(site)
    variables = {
        SITE_ID: variable_input(site_id.apply(_format_id)),
        MIRRORS_APPLICATION: variable_input(site.slug),
        **declared_inputs(site),
        **shared_inputs(context, site),
    }
    props = {
        **_make_site_inputs(context, site, variables),
        "release": without_dependencies(release),
        **make_check_only(databases=possible_databases(context, site)),
    }
    mirror = Mirror(site.slug, props, _make_site_options(context, site))
    context.scheduler.free_slot_after(site.slug, mirror, mirror.site)
    return _describe_site(context, site, site_id, _read_address(mirror), mirror.deployment, mirror.release)


def _make_site_inputs(context: FleetContext, site: SitePlan, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that every site has."""
    scheduler, verified = context.scheduler, context.settings.rollout.health is not None
    return {
        "site": format_site_label(site.slug, context.settings.environment),
        "environment": site.environment,
        "image_environment": context.planned.image_environment,
        "found": without_dependencies(found_variables(context, site)),
        **({"verified": True} if verified else {}),
        **make_check_only(
            variables=variables,
            observed=observed_variables(site),
            restriction=site.restriction,
            slot=scheduler.slot_input(site.slug),
            newest_release=context.planned.release,
            deferring_run=scheduler.attempt if scheduler.defers_failure(site.slug) else None,
        ),
    }


def _make_site_options(context: FleetContext, site: SitePlan) -> pulumi.ResourceOptions:
    """Return the resource options.

    A replacement removes the old resource first. After a failure, a later run would remove what the new one has made.
    """
    return pulumi.ResourceOptions(
        parent=context.parent,
        aliases=former_aliases(site.formerly),
        retain_on_delete=context.settings.keeps_variables,
        delete_before_replace=True,
    )


def _find_newest_release(planned: OriginalPlan, deployment: str) -> str:
    """Return the newest release. An original that is not targeted has an earlier deployment in the state."""
    earlier = {item.uuid for item in planned.site.observed.deployments}
    return planned.release if deployment in earlier else deployment


def _digest_shared_values(planned: OriginalPlan) -> dict[str, str]:
    return {name: digest_value(value) for name, value in planned.shared.items()}


def _describe_site(
    context: FleetContext,
    site: SitePlan,
    site_id: pulumi.Output[int],
    url: pulumi.Output[str | None] | str | None,
    running: pulumi.Output[str] | str,
    release: pulumi.Output[str],
) -> SiteRegistration:
    """Return a site's row and outputs."""
    row = make_site_row(site.slug, site_id, context.settings, _replace_unknown(url), _replace_unknown(running))
    address = pulumi.Output.from_input(url).apply(lambda known: known or "")
    deployment, environment = pulumi.Output.from_input(running), context.settings.environment
    return SiteRegistration(row, FleetSite(site.slug, environment, site_id, address, release, deployment))


def _read_address(deployed: Mirror | OriginalSite) -> pulumi.Output[str | None]:
    """Return the address; None where the site has none, such as an original that Mirrors does not deploy."""
    return deployed.url.apply(lambda url: url or None)


def _replace_unknown(output: Any) -> Any:
    """Return None, outside of a preview, for an unknown value: that of a new site that ``--exclude`` leaves out.

    The engine's mark for the unknown would hide all outputs of the stack from the stacks that follow.
    """
    if not isinstance(output, pulumi.Output) or pulumi.runtime.is_dry_run():
        return output

    async def value() -> Any:
        return await output.future() if await output.is_known() else None

    return pulumi.Output.from_input(value())


def _format_id(site_id: int) -> str:
    return str(int(site_id))
