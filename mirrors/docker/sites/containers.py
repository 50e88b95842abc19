"""The container of a site, declared as the Docker provider reads it back: no refresh finds a difference."""

from collections.abc import Mapping
from typing import Any, cast

import pulumi
import pulumi_docker as docker

from mirrors.config import Settings
from mirrors.docker.config.settings import docker_of
from mirrors.docker.release import Release
from mirrors.docker.serving import Serving
from mirrors.docker.sites.addresses import host_port, proxy_labels
from mirrors.docker.sites.context import DockerContext, declare_image, env_input, healthcheck_input, label_inputs
from mirrors.docker.sites.healthcheck import health_command
from mirrors.docker.sites.inputs import checked_site_id, container_variables, ignored_properties
from mirrors.docker.sites.names import LABEL_PASSWORD, ResourceNames
from mirrors.docker.sites.units import DeclaredCommand, DeclaredWait
from mirrors.docker.sites.variables import owns_database
from mirrors.planning.site_plan import SitePlan

STOP_GRACE_SECONDS = 10
"""Seconds that a site's process has to answer its last requests. Without them the plugin kills it at once."""


class ContainerUnits:
    """A site is one container."""

    kept_without_release = ("image",)

    def declare_network(self, name: str, names: ResourceNames, options: pulumi.ResourceOptions) -> docker.Network:
        # Only another name replaces the network, and Docker deletes none that still has a container.
        merged = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(delete_before_replace=False))
        labels = label_inputs(docker.NetworkLabelArgs, names.labels())
        return docker.Network(name, name=names.network, labels=labels, opts=merged)

    def declare_image(
        self, settings: Settings, parent: pulumi.Resource, name: str, options: pulumi.ResourceOptions
    ) -> pulumi.Output[str]:
        return declare_image(settings, parent, name, options)

    def declare_unit(
        self, context: DockerContext, site: SitePlan, image: pulumi.Output[str], options: pulumi.ResourceOptions
    ) -> docker.Container:
        own = pulumi.ResourceOptions(
            replace_on_changes=["healthcheck", "init"],  # otherwise the provider reports an update and changes nothing
            delete_before_replace=True,
        )
        merged = pulumi.ResourceOptions.merge(options, own)
        return docker.Container(site.slug, **_container_arguments(context, site, image), opts=merged)

    def declare_wait(
        self,
        context: DockerContext,
        site: SitePlan,
        unit: pulumi.CustomResource,
        _image: pulumi.Output[str],
        props: Mapping[str, Any],
        options: pulumi.ResourceOptions,
    ) -> DeclaredWait:
        watched = {**props, "container": unit.id, "timeout": docker_of(context.settings).start_timeout}
        stays = pulumi.ResourceOptions(ignore_changes=ignored_properties(site, ()))
        serving = Serving(site.slug, watched, pulumi.ResourceOptions.merge(options, stays))
        return DeclaredWait(serving, serving.container, [cast(docker.Container, unit).name, serving.site])

    def declare_command(self, name: str, props: Mapping[str, Any], options: pulumi.ResourceOptions) -> DeclaredCommand:
        declared = Release(name, props, options)
        return DeclaredCommand(declared, declared.site)

    def command_inputs(self, context: DockerContext) -> Mapping[str, Any]:
        place = docker_of(context.settings).media.path
        volumes: Any = context.media.apply(lambda name: {name: place}) if context.media else {}
        return {"network": context.network.name, "volumes": volumes}


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
        "init": True,  # so that a process ends when it gets SIGTERM: as the first one it would ignore that
        "destroy_grace_seconds": STOP_GRACE_SECONDS,
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
