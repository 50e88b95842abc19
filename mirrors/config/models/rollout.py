"""The model of ``mirrors:rollout``. It is apart from the other models, because each provider process imports it."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from mirrors.config.models.base import ConfigModel
from mirrors.config.values.common_values import DurationSeconds
from mirrors.config.values.rollout_values import HttpStatuses, ParallelCount, UrlPath, WaveNumber, WaveSize
from mirrors.config.values.validators import false_as_none


class HealthSettings(ConfigModel):
    """The answer of a healthy site at its own address. Mirrors follows no redirect: 302 is an answer."""

    path: UrlPath = "/"
    """The path that Mirrors requests."""

    statuses: HttpStatuses = (range(200, 400),)
    """The HTTP statuses of a healthy site."""

    timeout: DurationSeconds = 60
    """The time that a site has for its first healthy answer."""

    text: str | None = Field(default=None, min_length=1)
    """A text that the answer's body must contain."""

    identity: bool = Field(default=False, strict=True)
    """``true``: the companion app must also confirm that this is the declared site on the declared database."""


class RolloutSettings(ConfigModel):
    """How a release reaches the mirrors.

    ```yaml
    mirrors:rollout:
      waves: [1, 25%, 100%]
      parallel: 8
      health: {path: /health/, statuses: [200]}
    ```
    """

    follow: Literal["original", "manual"] = "original"
    """``original``: ``up`` rolls out a new release of the original. ``manual``: only ``mirrors deploy`` does."""

    waves: tuple[WaveSize, ...] = ("100%",)
    """The number or share of mirrors that have the release at the end of each wave. The waves follow the order of the
    list. The last wave takes all mirrors: ``"100%"``. After a wave that fails, Mirrors begins no other. A mirror with a
    ``hold`` gets no release, so it does not count."""

    parallel: ParallelCount = 4
    """The highest number of deployments at once."""

    pause_after: WaveNumber | None = None
    """The wave to stop after. Sites of later waves keep their release and their variables."""

    timeout: DurationSeconds = 75 * 60
    """The time that one deployment may take. The platform's own limits add up to over an hour."""

    health: Annotated[HealthSettings | None, BeforeValidator(false_as_none)] = HealthSettings()
    """The answer that each site must give before the next wave begins. ``false``: Mirrors does not ask.

    A changed answer counts from a site's next deployment on.
    """
