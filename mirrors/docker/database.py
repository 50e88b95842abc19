"""PostgreSQL in a container: its volume, a random password, and the sites' role."""

from dataclasses import replace

import pulumi
import pulumi_docker as docker

from mirrors.docker.context import DockerContext, component, declare_volume, env, healthcheck, labels, remote_image
from mirrors.docker.password import DatabasePassword
from mirrors.docker.plan import DATABASE_HOST, database_url, owns_database
from mirrors.docker.role import DatabaseRole
from mirrors.docker.serving import Serving
from mirrors.docker.settings import docker_of
from mirrors.planning.variables.names import DATABASE_URL

PLACE = "/var/lib/mirrors/postgresql"
"""The path of the volume in the container. The usual path differs between versions of the image."""

READY = ["CMD-SHELL", "pg_isready --quiet --host 127.0.0.1 --username postgres"]
"""A check over the network. A server that is still being set up does not answer there yet."""


def declare_database(common: DockerContext) -> DockerContext:
    """Declare the stack's database, and return the context with ``DATABASE_URL`` and the role that sites wait for.

    A stack with a database elsewhere gets its context back unchanged.
    """
    if not owns_database(common.settings):
        return common
    part = component("mirrors:docker:Database", common.name, common.own)
    container = _container(common, part)
    settings, database = common.settings, docker_of(common.settings).database
    ours = pulumi.ResourceOptions(parent=part, aliases=common.own.aliases)
    props = {
        "site": common.names.part("database"),
        "container": container.id,
        "name": common.names.part("database"),
        "timeout": database.timeout,
    }
    serving = Serving(common.name, props, ours)
    password = DatabasePassword(common.name, database.password_version, ours)
    name = database.name or common.names.role
    role = DatabaseRole(
        common.name,
        {
            "container": common.names.part("database"),
            "superuser": database.superuser,
            "user": database.user or name,
            "name": name,
            "password": password.value,
        },
        pulumi.ResourceOptions.merge(ours, pulumi.ResourceOptions(depends_on=[serving])),
    )
    url = role.password.apply(lambda known: database_url(settings, known))
    return replace(common, shared={**common.shared, DATABASE_URL: url}, ready=(role,))


def _container(common: DockerContext, part: pulumi.ComponentResource) -> docker.Container:
    database, names = docker_of(common.settings).database, common.names
    volume = declare_volume(common, "database", database.volume, part)
    # Mirrors uses PostgreSQL's superuser only inside the container, where it needs no password.
    former = common.settings.fleet.original.formerly
    aliases: list[pulumi.Input[pulumi.Alias | str]] = [pulumi.Alias(name=f"{former}-superuser")] if former else []
    options = pulumi.ResourceOptions(parent=part, aliases=aliases)
    first = DatabasePassword(f"{common.name}-superuser", "1", options)
    return docker.Container(
        common.name,
        name=names.part("database"),
        image=remote_image(database.image, part, common.name, common.own),
        envs=env({"POSTGRES_USER": database.superuser, "POSTGRES_PASSWORD": first.value, "PGDATA": PLACE}),
        restart="unless-stopped",
        must_run=True,
        labels=labels(docker.ContainerLabelArgs, names.labels()),
        networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=common.network.name, aliases=[DATABASE_HOST])],
        volumes=[docker.ContainerVolumeArgs(volume_name=volume.name, container_path=PLACE)],
        healthcheck=healthcheck(READY, interval=2, timeout=5, retries=5, start=database.timeout),
        stop_signal="SIGINT",
        destroy_grace_seconds=60,
        opts=common.below(part, replace_on_changes=["healthcheck"], delete_before_replace=True),
    )
