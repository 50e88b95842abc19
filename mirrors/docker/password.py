"""``DatabasePassword``: a random password that the state keeps as a secret."""

import secrets

import pulumi
from pulumi.dynamic import Config, CreateResult, ReadResult, Resource, UpdateResult

from mirrors.config.connection import load_rollout
from mirrors.config.models.rollout import RolloutSettings
from mirrors.planning.site_properties import Properties
from mirrors.pulumi_internals import mark_secret
from mirrors.resources.platform_client import raw_values
from mirrors.resources.provider import Provider

PASSWORD_BYTES = 32


class DatabasePasswordProvider(Provider):
    """Makes a password. Each ``version`` gets a password of its own."""

    inputs = ("version",)

    def load_provider_settings(self, config: Config) -> RolloutSettings:
        """Load the keys for the rollout. The password needs no connection."""
        return load_rollout(raw_values(config, ("rollout",)))

    def create(self, props: Properties) -> CreateResult:
        """Make a password of letters, digits, - and _, which an address takes without escapes."""
        return CreateResult("password", self._make_password(props))

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Make another password."""
        return UpdateResult(self._make_password(_news))

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Return the state: it is the only place that has the password."""
        stored = self.select_inputs(props)
        return ReadResult(id_, stored | {"value": mark_secret(props["value"])}, stored)

    def _make_password(self, props: Properties) -> Properties:
        return self.select_inputs(props) | {"value": mark_secret(secrets.token_urlsafe(PASSWORD_BYTES))}


class DatabasePassword(Resource, module="mirrors", name="DatabasePassword"):
    """A random password.

    Args:
        version: Any text. Another one makes another password.
    """

    value: pulumi.Output[str]
    """The password, a secret."""

    def __init__(self, name: str, version: str, opts: pulumi.ResourceOptions) -> None:
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["value"])
        props = {"version": version, "value": None}
        super().__init__(DatabasePasswordProvider(), name, props, pulumi.ResourceOptions.merge(opts, hidden))
