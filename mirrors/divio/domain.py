"""Objects of Divio's API v3, as frozen data. Identifiers are opaque strings: compared exactly, never parsed.

Unknown fields are ignored: the recorded responses are older than the platform. If the form of a field is not known
for certain, the model takes every form that clients of the API guard for.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Identified(BaseModel):
    """An object that the API lists. It has a uuid."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    uuid: str


def _uuid_of(value: Any) -> Any:
    """Return the uuid of a relation: sent as a uuid, as an object with one, or as null (seen in Divio's own client)."""
    return value.get("uuid") if isinstance(value, dict) else value


def _blank_for_null(value: Any) -> Any:
    return "" if value is None else value


def _utc(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


Relation = Annotated[str | None, BeforeValidator(_uuid_of)]
Text = Annotated[str, BeforeValidator(_blank_for_null)]
Moment = Annotated[datetime, AfterValidator(_utc)]


class Account(Identified):
    email: Text = ""


class Application(Identified):
    slug: str
    name: Text = ""
    organisation: Relation = None
    region: Relation = None


def _names_or_none(value: Any) -> Any:
    """Return the names. An answer without a list of names says nothing."""
    return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else None


class Environment(Identified):
    """An environment of one application.

    Attributes:
        last_finished_deployment: The uuid of that deployment, whether it went well or not.
        environment_variables: The names of all variables, built-in ones included; None where the platform lists none.
    """

    application: Annotated[str, BeforeValidator(_uuid_of)]
    slug: str
    last_finished_deployment: Relation = None
    environment_variables: Annotated[tuple[str, ...] | None, BeforeValidator(_names_or_none)] = None

    @property
    def never_deployed(self) -> bool:
        """Return whether the platform says that no deployment has ended here.

        An answer without the field says nothing.
        """
        return "last_finished_deployment" in self.model_fields_set and self.last_finished_deployment is None

    def lacks(self, name: str) -> bool:
        """Return whether the platform says that no variable has this name."""
        return self.environment_variables is not None and name not in self.environment_variables


class EnvironmentVariable(Identified):
    """A custom variable. ``value`` is None where the platform does not show it, because the variable is sensitive."""

    environment: Annotated[str, BeforeValidator(_uuid_of)]
    name: str
    value: str | None = Field(default=None, repr=False)
    is_sensitive: bool = False


class Deployment(Identified):
    """One deployment. It runs until it has ended; ``success`` is None until then.

    Attributes:
        started_at: None while it waits, and in the answer to the request that started it.
        percent: For display only.
    """

    environment: Annotated[str, BeforeValidator(_uuid_of)]
    started_at: Moment | None = None
    ended_at: Moment | None = None
    status: Text = ""
    success: bool | None = None
    percent: float | None = None

    @property
    def running(self) -> bool:
        return self.ended_at is None and self.success is None

    @property
    def succeeded(self) -> bool:
        return self.ended_at is not None and self.success is True


def _names_to_values(value: Any) -> Any:
    """Return the deployed variables by name. A list of names shows no value at all."""
    names = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return dict.fromkeys(value) if names else value


class DeploymentVariables(Identified):
    """The variables that a deployment runs with, built-in ones included. A hidden value is None."""

    environment: Annotated[str, BeforeValidator(_uuid_of)]
    environment_variables: Annotated[dict[str, str | None], BeforeValidator(_names_to_values)] = Field(repr=False)
