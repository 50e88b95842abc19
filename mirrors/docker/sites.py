"""A site's container, which gets all its variables at once, and the site command before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi
import pulumi_docker as docker

from mirrors.docker.context import DockerContext, env_input, healthcheck_input, label_inputs
from mirrors.docker.plan import (
    LABEL_PASSWORD,
    health_command,
    host_port,
    owns_database,
    plain_variables,
    proxy_labels,
    site_url,
)
from mirrors.docker.release import Release
from mirrors.docker.serving import Serving
from mirrors.docker.settings import docker_of
from mirrors.errors import ConfigurationError
from mirrors.planning.plan import SitePlan
from mirrors.planning.site_ids.facts import ORIGINAL_ID
from mirrors.planning.variables.names import format_site_label
from mirrors.problems.events import report_problem
from mirrors.program.outputs import site_id_output

KEPT_WITHOUT_RELEASE = ["image"]
"""The properties that a site keeps if it gets no new release."""

ALL_PROPERTIES = ["*"]


@dataclass(frozen=True)
class DeclaredSite:
    """The resources of a site.

    Args:
        serving: The wait that ends the site's slot.
        row: The site in the stack's outputs.
    """

    serving: Serving
    row: dict[str, Any]


def declare_release(context: DockerContext, original: SitePlan) -> Release | None:
    """Declare the release command, once for each image, in a container of the original; None without a command."""
    command = docker_of(context.settings).release_command
    if not command:
        return None
    props = _command_inputs(context, original, command, context.image) | {"name": context.names.part("release")}
    ours = pulumi.ResourceOptions(parent=context.release, aliases=context.own.aliases, depends_on=list(context.ready))
    return Release(context.name, props, ours)


def declare_site(context: DockerContext, site: SitePlan, release: Release | None) -> DeclaredSite:
    """Declare a site's command, its container, and the wait for it, in this order and within the site's slot."""
    turn = context.scheduler.slot_input(site.slug)
    image = pulumi.Output.all(context.image, turn).apply(lambda known: known[0])
    before = [*context.ready, *([release] if release else [])]
    registered = _declare_site_command(context, site, image, before)
    container = _declare_site_container(context, site, image, [*before, *([registered] if registered else [])])
    site_id = _checked_site_id(context, site)
    settings, url = context.settings, site_id.apply(lambda known: site_url(context.settings, site.slug, known))
    props = {
        "site": format_site_label(site.slug, context.settings.environment),
        "container": container.id,
        "name": context.names.site(site.slug),
        "timeout": docker_of(settings).start_timeout,
        # Docker's own check comes first. A site's address may lead to another machine, so Mirrors asks it on request.
        **({"verified": True, "url": url} if "health" in settings.rollout.model_fields_set else {}),
    }
    stays = pulumi.ResourceOptions(ignore_changes=ALL_PROPERTIES if site.is_held or site.is_paused else None)
    serving = Serving(site.slug, props, pulumi.ResourceOptions.merge(_site_options(context, site), stays))
    context.scheduler.free_slot_after(site.slug, serving)
    row = {
        "application": site.slug,
        "siteId": site_id,
        "environment": settings.environment,
        "url": url,
        "deployment": serving.container,
    }
    return DeclaredSite(serving, row)


def _declare_site_command(
    context: DockerContext, site: SitePlan, image: pulumi.Output[str], before: Sequence[pulumi.Resource]
) -> Release | None:
    """Declare the site's own command; None without one. It writes the site's row, for example."""
    command = docker_of(context.settings).site_command
    if not command:
        return None
    variables, plain = _container_variables(context, site), _plain_names(context, site)
    props = _command_inputs(context, site, command, image) | {
        "name": f"{context.names.site(site.slug)}_command",
        "told": {name: value for name, value in variables.items() if name in plain},
    }
    after = pulumi.ResourceOptions(depends_on=list(before), ignore_changes=_ignored_properties(site))
    return Release(site.slug, props, pulumi.ResourceOptions.merge(_site_options(context, site), after))


def _site_options(context: DockerContext, site: SitePlan) -> pulumi.ResourceOptions:
    """Return a site's options. Its parent is the Fleet: a refresh below a renamed component fails (engine 3.259)."""
    return pulumi.ResourceOptions(parent=context.fleet, aliases=_former_aliases(site))


def _command_inputs(
    context: DockerContext, site: SitePlan, command: Sequence[str], image: pulumi.Output[str]
) -> dict[str, Any]:
    place = docker_of(context.settings).media.path
    return {
        "site": format_site_label(site.slug, context.settings.environment),
        "image": image,
        "command": list(command),
        "timeout": docker_of(context.settings).command_timeout,
        "network": context.network.name,
        "labels": context.names.labels(),
        "volumes": context.media.apply(lambda name: {name: place}) if context.media else {},
        "environment": pulumi.Output.secret(pulumi.Output.all(**_container_variables(context, site))),
    }


def _declare_site_container(
    context: DockerContext, site: SitePlan, image: pulumi.Output[str], before: Sequence[pulumi.Resource]
) -> docker.Container:
    options = pulumi.ResourceOptions(
        parent=context.fleet,
        provider=context.own.provider,
        aliases=_former_aliases(site),
        depends_on=list(before),
        replace_on_changes=["healthcheck"],  # otherwise the provider reports an update and changes nothing
        delete_before_replace=True,
        ignore_changes=_ignored_properties(site),
    )
    return docker.Container(site.slug, **_container_arguments(context, site, image), opts=options)


def _container_arguments(context: DockerContext, site: SitePlan, image: pulumi.Output[str]) -> dict[str, Any]:
    """Return the container's arguments as the Docker provider reads them back: no refresh finds a difference."""
    mine, site_id = docker_of(context.settings), _checked_site_id(context, site)
    return {
        "name": context.names.site(site.slug),
        "image": image,
        "command": list(mine.command) or None,
        "envs": env_input(_container_variables(context, site)),
        "restart": mine.restart,
        "must_run": True,
        "labels": label_inputs(docker.ContainerLabelArgs, _container_labels(context, site)),
        "networks_advanced": _network_inputs(context, site),
        "ports": _port_inputs(context, site_id),
        "volumes": _volume_inputs(context),
        "healthcheck": _healthcheck_input(context),
        "memory": mine.resources.memory,
        "memory_swap": mine.resources.memory,
        "cpus": mine.resources.cpus,
    }


def _container_variables(context: DockerContext, site: SitePlan) -> dict[str, Any]:
    """Return {name: value} of all variables; secrets are marked. Without a SITE_ID there are none."""
    secrets = {name: pulumi.Output.secret(item.value) for name, item in site.variables.items() if item.secret}
    site_id = _checked_site_id(context, site)
    plain = site_id.apply(lambda known: plain_variables(context.settings, site, known))
    return {**{name: plain[name] for name in _plain_names(context, site)}, **context.shared, **secrets}


def _plain_names(context: DockerContext, site: SitePlan) -> list[str]:
    secrets = {name for name, item in site.variables.items() if item.secret}
    return sorted(plain_variables(context.settings, site, ORIGINAL_ID).keys() - secrets)


def _checked_site_id(context: DockerContext, site: SitePlan) -> pulumi.Output[int]:
    """Return the site's id, after a check that its port exists."""

    def with_a_port(known: int) -> int:
        try:
            host_port(context.settings, known)
        except ConfigurationError as error:
            problem = replace(error.problems[0], path=None, site=site.slug)
            report_problem(problem)
            raise pulumi.RunError(problem.line) from None
        return known

    return site_id_output(context.ids, site.application, site.slug, context.settings).apply(with_a_port)


def _container_labels(context: DockerContext, site: SitePlan) -> Mapping[str, str]:
    settings = context.settings
    rotates = owns_database(settings)
    password = {LABEL_PASSWORD: docker_of(settings).database.password_version} if rotates else {}
    return {**context.names.labels(site.slug), **password, **proxy_labels(settings, site.slug)}


def _network_inputs(context: DockerContext, site: SitePlan) -> list[docker.ContainerNetworksAdvancedArgs]:
    proxy = docker_of(context.settings).proxy
    inner = docker.ContainerNetworksAdvancedArgs(name=context.network.name, aliases=[site.slug])
    return [inner, *([docker.ContainerNetworksAdvancedArgs(name=proxy.network)] if proxy else [])]


def _port_inputs(context: DockerContext, site_id: pulumi.Output[int]) -> list[docker.ContainerPortArgs] | None:
    settings, published = context.settings, docker_of(context.settings).published
    if published is None:
        return None
    external: Any = site_id.apply(lambda known: host_port(settings, known))
    return [docker.ContainerPortArgs(internal=docker_of(settings).port, external=external, ip=published.address)]


def _volume_inputs(context: DockerContext) -> list[docker.ContainerVolumeArgs] | None:
    if context.media is None:
        return None
    place = docker_of(context.settings).media.path
    return [docker.ContainerVolumeArgs(volume_name=context.media, container_path=place)]


def _healthcheck_input(context: DockerContext) -> Any:
    check = docker_of(context.settings).healthcheck
    if check is None:
        return None
    command = health_command(check, docker_of(context.settings).port)
    return healthcheck_input(command, check.interval, check.timeout, check.retries, check.start_period)


def _ignored_properties(site: SitePlan) -> list[str] | None:
    """Return the ignored properties: a held or paused site keeps all, a site without new releases keeps its image."""
    if site.is_held or site.is_paused:
        return ALL_PROPERTIES
    return None if site.takes_new_releases else KEPT_WITHOUT_RELEASE


def _former_aliases(site: SitePlan) -> list[pulumi.Input[pulumi.Alias | str]] | None:
    return [pulumi.Alias(name=site.formerly)] if site.formerly else None
