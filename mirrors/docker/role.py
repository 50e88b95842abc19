"""``DatabaseRole``: the sites' role in PostgreSQL, with its password, and the database that it owns."""

from collections.abc import Mapping
from typing import Any

import pulumi
from docker.models.containers import Container
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from mirrors.docker.host.exec import run_in_container
from mirrors.docker.host.failures import docker_host_error
from mirrors.docker.provider import DockerProvider
from mirrors.planning.site_properties import Properties
from mirrors.redaction import redact

CREATE_ROLE_SQL = """\\set ON_ERROR_STOP on
SELECT 'CREATE ROLE {user} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{user}') \\gexec
ALTER ROLE {user} LOGIN PASSWORD '{password}';
SELECT 'CREATE DATABASE {name} OWNER {user}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') \\gexec
"""
"""SQL without escapes: the configuration checks the names, and the password has no quote."""

COUNT_ROLE_SQL = "SELECT count(*) FROM pg_roles r, pg_database d WHERE r.rolname = '{user}' AND d.datname = '{name}';\n"


class DatabaseRoleProvider(DockerProvider):
    """Makes the role and its database, also in a volume that existed before, and sets the role's password.

    Attributes:
        container: The name of the container with PostgreSQL.
    """

    inputs = ("container", "superuser", "user", "name", "password")

    def create(self, props: Properties) -> CreateResult:
        """Make the role and the database. Raises MirrorsError with PostgreSQL's message, without the password."""
        inputs = self.select_inputs(props)
        self._create_role(inputs)
        return CreateResult(f"{inputs['container']}/{inputs['user']}", inputs)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Set another password. Sites with the old one fail from now on, until their containers are replaced."""
        inputs = self.select_inputs(_news)
        self._create_role(inputs)
        return UpdateResult(inputs)

    def delete(self, _id: str, _props: Properties) -> None:
        """Do nothing: role and database are in the volume, which stays."""

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Return the state, or nothing if a running server has no such role or database: its volume is another one."""
        inputs = self.select_inputs(props)
        container = self.host.find_container(inputs["container"])
        if container is not None and container.attrs["State"]["Running"]:
            code, said = self._run_sql(container, inputs, COUNT_ROLE_SQL)
            if code == 0 and said.strip() == "0":
                return ReadResult("", {})
        return ReadResult(id_, inputs, inputs)

    def _create_role(self, inputs: Properties) -> None:
        container = self.host.find_container(inputs["container"])
        if container is None:
            said = f"there is no container {inputs['container']} any more."
            raise docker_host_error("container-missing", said, "Run the command again")
        code, said = self._run_sql(container, inputs, CREATE_ROLE_SQL)
        if code:
            raise docker_host_error(
                "role-password-refused",
                f"{inputs['container']}: the role {inputs['user']} could not be given its password.",
                "Is mirrors:docker.database.superuser right for this volume?",
                f"PostgreSQL says: {redact(said, [inputs['password']]).strip()}",
            )

    def _run_sql(self, container: Container, inputs: Properties, statements: str) -> tuple[int, str]:
        """Run SQL in the container, from its standard input: no password is in an argument or on the network.

        Returns:
            The exit code, and what psql printed.
        """
        command = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-U", inputs["superuser"]]
        with self.host.wrap_errors(f"run psql in {inputs['container']}"):
            return run_in_container(container, [*command, "-d", "postgres"], "postgres", statements.format(**inputs))


class DatabaseRole(Resource, module="mirrors", name="DatabaseRole"):
    """The sites' role in PostgreSQL. It waits for the database's container, and the sites' containers wait for it.

    Args:
        props: ``container``, ``superuser``, ``user``, ``name`` (of the database) and ``password``, a secret.
    """

    password: pulumi.Output[str]
    """The password that the role has, a secret."""

    def __init__(self, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["password"])
        super().__init__(DatabaseRoleProvider(), name, dict(props), pulumi.ResourceOptions.merge(opts, hidden))
