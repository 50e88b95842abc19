"""A site's container, which gets all its variables at once, and the site command before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi
import pulumi_docker as docker

from mirrors.docker.context import DockerContext, env, healthcheck, labels
from mirrors.docker.plan import (
    LABEL_PASSWORD,
    health_command,
    host_port,
    owns_database,
    plain_variables,
    proxy_labels,
    url_of,
)
from mirrors.docker.release import Release
from mirrors.docker.serving import Serving
from mirrors.docker.settings import docker_of
from mirrors.errors import ConfigurationError
from mirrors.planning.plan import SitePlan
from mirrors.planning.site_ids.facts import ORIGINAL_ID
from mirrors.problems.events import report_problem
from mirrors.program.outputs import site_id_of

STAYS = ["image"]
"""The properties that a site keeps if it gets no new release."""

EVERYTHING = ["*"]


@dataclass(frozen=True)
class DeclaredSite:
    """The resources of a site.

    Args:
        serving: The wait that ends the site's slot.
        row: The site in the stack's outputs.
    """

    serving: Serving
    row: dict[str, Any]


def declare_release(common: DockerContext, original: SitePlan) -> Release | None:
    """Declare the release command, once for each image, in a container of the original; None without a command."""
    command = docker_of(common.settings).release_command
    if not command:
        return None
    props = _run(common, original, command, common.image) | {"name": common.names.part("release")}
    ours = pulumi.ResourceOptions(parent=common.release, aliases=common.own.aliases, depends_on=list(common.ready))
    return Release(common.name, props, ours)


def declare_site(common: DockerContext, site: SitePlan, release: Release | None) -> DeclaredSite:
    """Declare a site's command, its container, and the wait for it, in this order and within the site's slot."""
    turn = common.scheduler.slot(site.slug)
    image = pulumi.Output.all(common.image, turn).apply(lambda known: known[0])
    before = [*common.ready, *([release] if release else [])]
    registered = _registered(common, site, image, before)
    container = _container(common, site, image, [*before, *([registered] if registered else [])])
    site_id = _site_id(common, site)
    settings, url = common.settings, site_id.apply(lambda known: url_of(common.settings, site.slug, known))
    props = {
        "site": _where(common, site),
        "container": container.id,
        "name": common.names.site(site.slug),
        "timeout": docker_of(settings).start_timeout,
        # Docker's own check comes first. A site's address may lead to another machine, so Mirrors asks it on request.
        **({"verified": True, "url": url} if "health" in settings.rollout.model_fields_set else {}),
    }
    stays = pulumi.ResourceOptions(ignore_changes=EVERYTHING if site.is_held or site.is_paused else None)
    serving = Serving(site.slug, props, pulumi.ResourceOptions.merge(_of_site(common, site), stays))
    common.scheduler.frees_slot(site.slug, serving)
    row = {
        "application": site.slug,
        "siteId": site_id,
        "environment": settings.environment,
        "url": url,
        "deployment": serving.container,
    }
    return DeclaredSite(serving, row)


def _registered(
    common: DockerContext, site: SitePlan, image: pulumi.Output[str], before: Sequence[pulumi.Resource]
) -> Release | None:
    """Declare the site's own command; None without one. It writes the site's row, for example."""
    command = docker_of(common.settings).site_command
    if not command:
        return None
    plain = {name: value for name, value in _variables(common, site).items() if name in _plain_names(common, site)}
    props = _run(common, site, command, image) | {"name": f"{common.names.site(site.slug)}_command", "told": plain}
    after = pulumi.ResourceOptions(depends_on=list(before), ignore_changes=_ignored(site))
    return Release(site.slug, props, pulumi.ResourceOptions.merge(_of_site(common, site), after))


def _of_site(common: DockerContext, site: SitePlan) -> pulumi.ResourceOptions:
    """Return a site's options. Its parent is the Fleet: a refresh below a renamed component fails (engine 3.259)."""
    return pulumi.ResourceOptions(parent=common.fleet, aliases=_formerly(site))


def _run(common: DockerContext, site: SitePlan, command: Sequence[str], image: pulumi.Output[str]) -> dict[str, Any]:
    place = docker_of(common.settings).media.path
    return {
        "site": _where(common, site),
        "image": image,
        "command": list(command),
        "timeout": docker_of(common.settings).command_timeout,
        "network": common.network.name,
        "labels": common.names.labels(),
        "volumes": common.media.apply(lambda name: {name: place}) if common.media else {},
        "environment": _secret(pulumi.Output.all(**_variables(common, site))),
    }


def _where(common: DockerContext, site: SitePlan) -> str:
    return f"{site.slug} ({common.settings.environment})"


def _container(
    common: DockerContext, site: SitePlan, image: pulumi.Output[str], before: Sequence[pulumi.Resource]
) -> docker.Container:
    options = pulumi.ResourceOptions(
        parent=common.fleet,
        provider=common.own.provider,
        aliases=_formerly(site),
        depends_on=list(before),
        replace_on_changes=["healthcheck"],  # otherwise the provider reports an update and changes nothing
        delete_before_replace=True,
        ignore_changes=_ignored(site),
    )
    return docker.Container(site.slug, **_arguments(common, site, image), opts=options)


def _arguments(common: DockerContext, site: SitePlan, image: pulumi.Output[str]) -> dict[str, Any]:
    """Return the container's arguments as the Docker provider reads them back: no refresh finds a difference."""
    mine, site_id = docker_of(common.settings), _site_id(common, site)
    return {
        "name": common.names.site(site.slug),
        "image": image,
        "command": list(mine.command) or None,
        "envs": env(_variables(common, site)),
        "restart": mine.restart,
        "must_run": True,
        "labels": labels(docker.ContainerLabelArgs, _labels(common, site)),
        "networks_advanced": _networks(common, site),
        "ports": _ports(common, site_id),
        "volumes": _volumes(common),
        "healthcheck": _healthcheck(common),
        "memory": mine.resources.memory,
        "memory_swap": mine.resources.memory,
        "cpus": mine.resources.cpus,
    }


def _variables(common: DockerContext, site: SitePlan) -> dict[str, Any]:
    """Return {name: value} of all variables; secrets are marked. Without a SITE_ID there are none."""
    secrets = {name: pulumi.Output.secret(item.value) for name, item in site.variables.items() if item.secret}
    site_id = _site_id(common, site)
    plain = site_id.apply(lambda known: plain_variables(common.settings, site, known))
    return {**{name: plain[name] for name in _plain_names(common, site)}, **common.shared, **secrets}


def _plain_names(common: DockerContext, site: SitePlan) -> list[str]:
    secrets = {name for name, item in site.variables.items() if item.secret}
    return sorted(plain_variables(common.settings, site, ORIGINAL_ID).keys() - secrets)


def _secret(value: Any) -> Any:
    return pulumi.Output.secret(value)


def _site_id(common: DockerContext, site: SitePlan) -> pulumi.Output[int]:
    """Return the site's id, after a check that its port exists."""

    def with_a_port(known: int) -> int:
        try:
            host_port(common.settings, known)
        except ConfigurationError as error:
            problem = replace(error.problems[0], path=None, site=site.slug)
            report_problem(problem)
            raise pulumi.RunError(problem.line) from None
        return known

    return site_id_of(common.ids, site.application, site.slug, common.settings).apply(with_a_port)


def _labels(common: DockerContext, site: SitePlan) -> Mapping[str, str]:
    settings = common.settings
    rotates = owns_database(settings)
    password = {LABEL_PASSWORD: docker_of(settings).database.password_version} if rotates else {}
    return {**common.names.labels(site.slug), **password, **proxy_labels(settings, site.slug)}


def _networks(common: DockerContext, site: SitePlan) -> list[docker.ContainerNetworksAdvancedArgs]:
    proxy = docker_of(common.settings).proxy
    inner = docker.ContainerNetworksAdvancedArgs(name=common.network.name, aliases=[site.slug])
    return [inner, *([docker.ContainerNetworksAdvancedArgs(name=proxy.network)] if proxy else [])]


def _ports(common: DockerContext, site_id: pulumi.Output[int]) -> list[docker.ContainerPortArgs] | None:
    settings, published = common.settings, docker_of(common.settings).published
    if published is None:
        return None
    external: Any = site_id.apply(lambda known: host_port(settings, known))
    return [docker.ContainerPortArgs(internal=docker_of(settings).port, external=external, ip=published.address)]


def _volumes(common: DockerContext) -> list[docker.ContainerVolumeArgs] | None:
    if common.media is None:
        return None
    place = docker_of(common.settings).media.path
    return [docker.ContainerVolumeArgs(volume_name=common.media, container_path=place)]


def _healthcheck(common: DockerContext) -> Any:
    check = docker_of(common.settings).healthcheck
    if check is None:
        return None
    command = health_command(check, docker_of(common.settings).port)
    return healthcheck(command, check.interval, check.timeout, check.retries, check.start_period)


def _ignored(site: SitePlan) -> list[str] | None:
    """Return the ignored properties: a held or paused site keeps all, a site without new releases keeps its image."""
    if site.is_held or site.is_paused:
        return EVERYTHING
    return None if site.takes_new_releases else STAYS


def _formerly(site: SitePlan) -> list[pulumi.Input[pulumi.Alias | str]] | None:
    return [pulumi.Alias(name=site.formerly)] if site.formerly else None
