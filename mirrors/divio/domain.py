"""What Divio's API v3 sends, as frozen data. Identifiers are opaque strings: compared exactly, never parsed.

Unknown fields are ignored: the recorded responses are older than the platform. Where a field's form could not be
established, the model takes every form that clients of the API guard for.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class _Object(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


def _uuid_of(value: Any) -> Any:
    """A relation is sent as a uuid, as an object with one, or as null (seen in Divio's command line client)."""
    return value.get("uuid") if isinstance(value, dict) else value


Relation = Annotated[str | None, BeforeValidator(_uuid_of)]


class Account(_Object):
    uuid: str
    email: str = ""


class Application(_Object):
    uuid: str
    slug: str
    name: str = ""
    organisation: Relation = None
    region: Relation = None


class Environment(_Object):
    uuid: str
    application: Annotated[str, BeforeValidator(_uuid_of)]
    slug: str
    last_finished_deployment: Relation = None


class EnvironmentVariable(_Object):
    """A custom variable. ``value`` is None where the platform does not show it: it is sensitive."""

    uuid: str
    environment: Annotated[str, BeforeValidator(_uuid_of)]
    name: str
    value: str | None = None
    is_sensitive: bool = False


class Deployment(_Object):
    """One deployment. It is running while it has not ended; ``success`` is None until then."""

    uuid: str
    environment: Annotated[str, BeforeValidator(_uuid_of)]
    started_at: datetime | None = None
    ended_at: datetime | None = None
    status: str = ""
    success: bool | None = None

    @property
    def running(self) -> bool:
        return self.ended_at is None and self.success is None

    @property
    def succeeded(self) -> bool:
        return self.ended_at is not None and self.success is True


def _by_name(value: Any) -> Any:
    """The frozen variables are a map of name to value; a null stands for a value that is not shown."""
    return {item: None for item in value} if isinstance(value, list) else value


class FrozenVariables(_Object):
    """The variables that a deployment runs with, built-in ones included. None: the value is not shown."""

    uuid: str
    environment: Annotated[str, BeforeValidator(_uuid_of)]
    environment_variables: Annotated[dict[str, str | None], BeforeValidator(_by_name)]
