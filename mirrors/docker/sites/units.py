"""The differences between a fleet of containers on one host and a fleet of services in a swarm."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pulumi
import pulumi_docker as docker

from mirrors.config import Settings
from mirrors.docker.sites.names import ResourceNames
from mirrors.planning.site_plan import SitePlan

if TYPE_CHECKING:
    from mirrors.docker.sites.context import DockerContext

__all__ = ["DeclaredCommand", "DeclaredWait", "SiteUnits"]


class DeclaredWait(NamedTuple):
    """The wait for a site, the identifier of what serves then, and an input of the unit and of the wait."""

    resource: pulumi.Resource
    running: pulumi.Output[str]
    known_inputs: Sequence[pulumi.Output[str]]


class DeclaredCommand(NamedTuple):
    """A command, and an input of it."""

    resource: pulumi.Resource
    known_input: pulumi.Output[str]


class SiteUnits(Protocol):
    """The resources of a fleet on one kind of host. ``DockerPlatform`` and ``declare_site`` give them their order."""

    @property
    def kept_without_release(self) -> tuple[str, ...]:
        """The properties of the unit that a site keeps if it gets no new release."""

    def declare_network(self, name: str, names: ResourceNames, options: pulumi.ResourceOptions) -> docker.Network:
        """Declare the network of the stack.

        Args:
            name: The fleet's name.
            names: The names of the stack's resources.
            options: The options of each resource that carries the fleet's name.
        """

    def declare_image(
        self, settings: Settings, parent: pulumi.Resource, name: str, options: pulumi.ResourceOptions
    ) -> pulumi.Output[str]:
        """Declare the image that all sites run, and return the reference that a site names."""

    def declare_unit(
        self,
        context: "DockerContext",
        site: SitePlan,
        image: pulumi.Output[str],
        options: pulumi.ResourceOptions,
    ) -> pulumi.CustomResource:
        """Declare the site's process, with all its variables.

        Args:
            options: Its options for the order and the rollout. Those that only this kind needs are added.
        """

    def declare_wait(
        self,
        context: "DockerContext",
        site: SitePlan,
        unit: pulumi.CustomResource,
        image: pulumi.Output[str],
        props: Mapping[str, Any],
        options: pulumi.ResourceOptions,
    ) -> DeclaredWait:
        """Declare the wait that ends when the site serves.

        Args:
            props: ``site``, ``name`` and, for a check of the address, ``verified`` and ``url``.
        """

    def declare_command(self, name: str, props: Mapping[str, Any], options: pulumi.ResourceOptions) -> DeclaredCommand:
        """Declare a command that runs once for an image.

        Args:
            props: The inputs that every kind of host needs.
        """

    def command_inputs(self, context: "DockerContext") -> Mapping[str, Any]:
        """Return the inputs of a command that only this kind of host needs."""
