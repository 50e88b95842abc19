"""A site on a Docker host: its own command, then its process, which gets all its variables at once, then the wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from mirrors.docker.config.settings import docker_of
from mirrors.docker.sites.addresses import site_url
from mirrors.docker.sites.context import DockerContext
from mirrors.docker.sites.inputs import (
    KEPT_COMMAND_INPUTS,
    checked_site_id,
    container_variables,
    ignored_properties,
    plain_names,
)
from mirrors.docker.sites.units import DeclaredCommand
from mirrors.planning.site_plan import SitePlan
from mirrors.planning.variables.names import format_site_label
from mirrors.program.outputs import FleetSite, SiteRow, former_aliases, make_site_row


@dataclass(frozen=True)
class DeclaredSite:
    """The resources of a site.

    Args:
        known_inputs: An input of each resource whose failure is one of the site.
        row: The site in the stack's outputs.
        site: The site's outputs for other resources.
    """

    known_inputs: Sequence[pulumi.Output[str]]
    row: SiteRow
    site: FleetSite


def declare_release(context: DockerContext, original: SitePlan) -> pulumi.Resource | None:
    """Declare the release command, once for each image, as the original; None without a command."""
    command = docker_of(context.settings).release_command
    if not command:
        return None
    props = _make_command_inputs(context, original, command, context.image) | {"name": context.names.part("release")}
    mine = pulumi.ResourceOptions(parent=context.release, aliases=context.own.aliases, depends_on=list(context.ready))
    return context.units.declare_command(context.name, props, mine).resource


def declare_site(context: DockerContext, site: SitePlan, release: pulumi.Resource | None) -> DeclaredSite:
    """Declare a site's command, its process, and the wait for it, in this order and within the site's slot."""
    turn = context.scheduler.slot_input(site.slug)
    image = pulumi.Output.all(context.image, turn).apply(lambda known: known[0])
    before = [*context.ready, *([release] if release else [])]
    registered = _declare_site_command(context, site, image, before)
    after = pulumi.ResourceOptions(
        provider=context.own.provider,
        depends_on=[*before, *([registered.resource] if registered else [])],
        ignore_changes=ignored_properties(site, context.units.kept_without_release),
    )
    options = _make_site_options(context, site)
    unit = context.units.declare_unit(context, site, image, pulumi.ResourceOptions.merge(options, after))
    site_id, settings = checked_site_id(context, site), context.settings
    url = site_id.apply(lambda known: site_url(context.settings, site.slug, known))
    props = {
        "site": format_site_label(site.slug, settings.environment),
        "name": context.names.site(site.slug),
        # Docker's own check comes first. A site's address may lead to another machine, so Mirrors asks it on request.
        **({"verified": True, "url": url} if "health" in settings.rollout.model_fields_set else {}),
    }
    wait = context.units.declare_wait(context, site, unit, image, props, options)
    known_inputs = [*([registered.known_input] if registered else []), *wait.known_inputs]
    context.scheduler.free_slot_after(site.slug, wait.resource, *known_inputs)
    row = make_site_row(site.slug, site_id, settings, url, wait.running)
    address = url.apply(lambda known: known or "")
    outputs = FleetSite(site.slug, settings.environment, site_id, address, image, wait.running)
    return DeclaredSite(known_inputs, row, outputs)


def _declare_site_command(
    context: DockerContext, site: SitePlan, image: pulumi.Output[str], before: Sequence[pulumi.Resource]
) -> DeclaredCommand | None:
    """Declare the site's own command; None without one. It writes the site's row, for example."""
    command = docker_of(context.settings).site_command
    if not command:
        return None
    variables, plain = container_variables(context, site), plain_names(context, site)
    props = _make_command_inputs(context, site, command, image) | {
        "name": context.names.site_part(site.slug, "command"),
        "told": {name: value for name, value in variables.items() if name in plain},
    }
    after = pulumi.ResourceOptions(
        depends_on=list(before), ignore_changes=ignored_properties(site, KEPT_COMMAND_INPUTS)
    )
    options = pulumi.ResourceOptions.merge(_make_site_options(context, site), after)
    return context.units.declare_command(site.slug, props, options)


def _make_site_options(context: DockerContext, site: SitePlan) -> pulumi.ResourceOptions:
    """Return a site's options. Its parent is the Fleet: a refresh below a renamed component fails (engine 3.259)."""
    return pulumi.ResourceOptions(parent=context.fleet, aliases=former_aliases(site.formerly))


def _make_command_inputs(
    context: DockerContext, site: SitePlan, command: Sequence[str], image: pulumi.Output[str]
) -> dict[str, Any]:
    return {
        "site": format_site_label(site.slug, context.settings.environment),
        "image": image,
        "command": list(command),
        "timeout": docker_of(context.settings).command_timeout,
        "labels": context.names.labels(),
        "environment": pulumi.Output.secret(pulumi.Output.all(**container_variables(context, site))),
        **context.units.command_inputs(context),
    }
