"""PostgreSQL in a container: its volume, a random password, and the sites' role."""

from dataclasses import replace

import pulumi
import pulumi_docker as docker

from mirrors.docker.config.settings import docker_of
from mirrors.docker.password import DatabasePassword
from mirrors.docker.role import DatabaseRole
from mirrors.docker.serving import Serving
from mirrors.docker.sites.context import (
    DockerContext,
    declare_component,
    declare_remote_image,
    declare_volume,
    env_input,
    healthcheck_input,
    label_inputs,
)
from mirrors.docker.sites.variables import DATABASE_HOST, database_url, owns_database
from mirrors.planning.variables.names import DATABASE_URL
from mirrors.program.outputs import former_aliases

DATA_PATH = "/var/lib/mirrors/postgresql"
"""The path of the volume in the container. The usual path differs between versions of the image."""

READINESS_CHECK = ["CMD-SHELL", "pg_isready --quiet --host 127.0.0.1 --username postgres"]
"""A check over the network. A server that is still being set up does not answer there yet."""


def declare_database(context: DockerContext) -> DockerContext:
    """Declare the stack's database, and return the context with ``DATABASE_URL`` and the role that sites wait for.

    A stack with a database elsewhere gets its context back unchanged.
    """
    if not owns_database(context.settings):
        return context
    part = declare_component("mirrors:docker:Database", context.name, context.own)
    container = _declare_container(context, part)
    settings, database = context.settings, docker_of(context.settings).database
    own = pulumi.ResourceOptions(parent=part, aliases=context.own.aliases)
    props = {
        "site": context.names.part("database"),
        "container": container.id,
        "name": context.names.part("database"),
        "timeout": database.timeout,
    }
    serving = Serving(context.name, props, own)
    password = DatabasePassword(context.name, database.password_version, own)
    name = database.name or context.names.role
    role = DatabaseRole(
        context.name,
        {
            "container": context.names.part("database"),
            "superuser": database.superuser,
            "user": database.user or name,
            "name": name,
            "password": password.value,
        },
        pulumi.ResourceOptions.merge(own, pulumi.ResourceOptions(depends_on=[serving])),
    )
    url = role.password.apply(lambda known: database_url(settings, known))
    return replace(context, shared={**context.shared, DATABASE_URL: url}, ready=(role,))


def _declare_container(context: DockerContext, part: pulumi.ComponentResource) -> docker.Container:
    database, names = docker_of(context.settings).database, context.names
    volume = declare_volume(context, "database", database.volume, part)
    # Mirrors uses PostgreSQL's superuser only inside the container, where it needs no password.
    former = context.settings.fleet.original.formerly
    options = pulumi.ResourceOptions(parent=part, aliases=former_aliases(former and f"{former}-superuser"))
    first = DatabasePassword(f"{context.name}-superuser", "1", options)
    return docker.Container(
        context.name,
        name=names.part("database"),
        image=declare_remote_image(database.image, part, context.name, context.own),
        envs=env_input({"POSTGRES_USER": database.superuser, "POSTGRES_PASSWORD": first.value, "PGDATA": DATA_PATH}),
        restart="unless-stopped",
        must_run=True,
        labels=label_inputs(docker.ContainerLabelArgs, names.labels()),
        networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=context.network.name, aliases=[DATABASE_HOST])],
        volumes=[docker.ContainerVolumeArgs(volume_name=volume.name, container_path=DATA_PATH)],
        healthcheck=healthcheck_input(READINESS_CHECK, interval=2, timeout=5, retries=5, start=database.timeout),
        stop_signal="SIGINT",
        destroy_grace_seconds=60,
        opts=context.options_below(part, replace_on_changes=["healthcheck"], delete_before_replace=True),
    )
