"""The container of a site, declared as the Docker provider reads it back: no refresh finds a difference."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_docker as docker

from mirrors.docker.config.settings import docker_of
from mirrors.docker.sites.addresses import host_port, proxy_labels
from mirrors.docker.sites.context import DockerContext, env_input, healthcheck_input, label_inputs
from mirrors.docker.sites.healthcheck import health_command
from mirrors.docker.sites.inputs import checked_site_id, container_variables, ignored_properties
from mirrors.docker.sites.names import LABEL_PASSWORD
from mirrors.docker.sites.variables import owns_database
from mirrors.planning.site_plan import SitePlan
from mirrors.program.outputs import former_aliases


def declare_site_container(
    context: DockerContext, site: SitePlan, image: pulumi.Output[str], before: Sequence[pulumi.Resource]
) -> docker.Container:
    options = pulumi.ResourceOptions(
        parent=context.fleet,
        provider=context.own.provider,
        aliases=former_aliases(site.formerly),
        depends_on=list(before),
        replace_on_changes=["healthcheck"],  # otherwise the provider reports an update and changes nothing
        delete_before_replace=True,
        ignore_changes=ignored_properties(site),
    )
    return docker.Container(site.slug, **_container_arguments(context, site, image), opts=options)


def _container_arguments(context: DockerContext, site: SitePlan, image: pulumi.Output[str]) -> dict[str, Any]:
    """Return the container's arguments as the Docker provider reads them back: no refresh finds a difference."""
    mine, site_id = docker_of(context.settings), checked_site_id(context, site)
    return {
        "name": context.names.site(site.slug),
        "image": image,
        "command": list(mine.command) or None,
        "envs": env_input(container_variables(context, site)),
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
