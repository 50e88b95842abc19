"""The parts that all containers of a stack share: network, image, volumes, and the shared values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pulumi
import pulumi_docker as docker

from mirrors.config import Settings
from mirrors.config.values.variable_names import STORAGE_DSN
from mirrors.docker.config.settings import docker_of
from mirrors.docker.sites.healthcheck import to_go_duration
from mirrors.docker.sites.names import ResourceNames
from mirrors.docker.sites.units import SiteUnits
from mirrors.docker.sites.variables import owns_media, storage_dsn
from mirrors.program.scheduler import RolloutScheduler
from mirrors.resources.site_ids import SiteIds

LabelArgs = TypeVar("LabelArgs")

DATA_VOLUME_OPTIONS = pulumi.ResourceOptions(retain_on_delete=True, ignore_changes=["labels", "driver", "driverOpts"])
"""The options of a volume that holds data: no removal and no destroy deletes it.

Mirrors takes an existing volume as it is. Otherwise Pulumi's Docker provider would replace it for each difference, and
each container with it.
"""


@dataclass(frozen=True)
class DockerContext:
    """All that a site's resources need from the rest of the fleet.

    Args:
        own: The options of each resource that carries the fleet's name.
        release: The parent of the image and of the release command.
        image: The id of the image that all sites run.
        shared: {name: value} of the values that all sites share. Each is a secret.
        ready: The resources that must exist before any resource of a site.
        media: The name of the volume for media; None if the stack has none.
        units: The resources that a site is made of on this kind of host.
    """

    fleet: pulumi.Resource
    settings: Settings
    names: ResourceNames
    ids: SiteIds
    scheduler: RolloutScheduler
    own: pulumi.ResourceOptions
    network: docker.Network
    release: pulumi.Resource
    image: pulumi.Output[str]
    units: SiteUnits
    shared: Mapping[str, pulumi.Output[str]] = field(default_factory=dict)
    ready: tuple[pulumi.Resource, ...] = ()
    media: pulumi.Output[str] | None = None

    @property
    def name(self) -> str:
        return self.fleet.pulumi_resource_name

    def options_below(self, parent: pulumi.Resource, **more: Any) -> pulumi.ResourceOptions:
        """Return the fleet's options for a resource below another one: same provider, same former names."""
        return pulumi.ResourceOptions.merge(self.own, pulumi.ResourceOptions(parent=parent, **more))

    def with_media(self) -> "DockerContext":
        """Return the context with all values that the sites share, and with the volume for media."""
        values = {
            name: pulumi.Output.secret(value.get_secret_value()) for name, value in self.settings.shared_values.items()
        }
        shared = {**self.shared, **values}
        if not owns_media(self.settings):
            return replace(self, shared=shared)
        part = declare_component("mirrors:docker:Media", self.name, self.own)
        volume = declare_volume(self, "media", docker_of(self.settings).media.volume, part)
        dsn = pulumi.Output.from_input(storage_dsn(self.settings))
        return replace(self, shared={**shared, STORAGE_DSN: dsn}, media=volume.name)


def declare_component(kind: str, name: str, options: pulumi.ResourceOptions) -> pulumi.ComponentResource:
    """Return a part of the fleet. It separates resources of one type that all carry the fleet's name.

    A renamed part has no alias, like the fleet itself.
    """
    return pulumi.ComponentResource(kind, name, None, pulumi.ResourceOptions(parent=options.parent))


def declare_volume(context: DockerContext, part: str, declared: str | None, parent: pulumi.Resource) -> docker.Volume:
    """Declare a volume. An existing one is used as it is: Docker makes none twice."""
    return docker.Volume(
        context.name,
        name=declared or context.names.part(part),
        labels=None if declared else label_inputs(docker.VolumeLabelArgs, context.names.labels()),
        opts=pulumi.ResourceOptions.merge(context.options_below(parent), DATA_VOLUME_OPTIONS),
    )


def label_inputs(kind: Callable[..., LabelArgs], values: Mapping[str, Any]) -> list[LabelArgs]:
    return [kind(label=name, value=value) for name, value in sorted(values.items())]


def declare_image(
    settings: Settings, parent: pulumi.Resource, name: str, options: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """Return the id of the image: one that exists, can be pulled, or is built from a directory."""
    build = docker_of(settings).build
    if build is None:
        return declare_remote_image(str(docker_of(settings).image), parent, name, options)
    built = docker.Image(
        name,
        image_name=f"{ResourceNames.of(settings).network}:built",
        skip_push=True,
        build=docker.DockerBuildArgs(context=build.directory, dockerfile=build.dockerfile, args=dict(build.arguments)),
        opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(parent=parent)),
    )
    return built.repo_digest


def declare_remote_image(
    reference: str, parent: pulumi.Resource, name: str, options: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """Return the id of a named image. Docker pulls none that the host has; each refresh looks the name up again."""
    below = pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(parent=parent))
    return docker.RemoteImage(name, name=reference, keep_locally=True, opts=below).image_id


def healthcheck_input(command: list[str], interval: int, timeout: int, retries: int, start: int) -> Any:
    return docker.ContainerHealthcheckArgs(
        tests=command,
        interval=to_go_duration(interval),
        timeout=to_go_duration(timeout),
        retries=retries,
        start_period=to_go_duration(start),
    )


def env_input(values: Mapping[str, Any]) -> pulumi.Output[list[str]]:
    """Return {name: value} as Docker takes it. One secret value makes all of them secret."""
    return pulumi.Output.all(**values).apply(lambda known: [f"{name}={known[name]}" for name in sorted(known)])


__all__ = [
    "DATA_VOLUME_OPTIONS",
    "DockerContext",
    "declare_component",
    "declare_image",
    "declare_remote_image",
    "declare_volume",
    "env_input",
    "healthcheck_input",
    "label_inputs",
]
