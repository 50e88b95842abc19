"""How a release reaches the mirrors. Apart from the other models, since each provider process reads this one."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from mirrors.config.base import ConfigModel
from mirrors.config.values import Parallel, Seconds, Statuses, UrlPath, WaveNumber, WaveSize, switched_off


class Health(ConfigModel):
    """What a healthy site answers at its own address. Redirects are not followed: 302 is an answer."""

    path: UrlPath = "/"
    """Where it is asked."""

    statuses: Statuses = (range(200, 400),)
    """The HTTP statuses that are healthy."""

    timeout: Seconds = 60
    """How long it has for its first healthy answer."""

    text: str | None = Field(default=None, min_length=1)
    """What the answer's body must contain."""

    identity: bool = Field(default=False, strict=True)
    """Whether it must also say, through the companion app, that it is the declared site on the declared database."""


class Rollout(ConfigModel):
    """How a release reaches the mirrors:

    ```yaml
    mirrors:rollout:
      waves: [1, 25%, 100%]
      parallel: 8
      health: {path: /health/, statuses: [200]}
    ```
    """

    follow: Literal["original", "manual"] = "original"
    """``original``: ``up`` rolls a new release of the original out. ``manual``: only ``mirrors deploy`` does."""

    waves: tuple[WaveSize, ...] = ("100%",)
    """How many mirrors, in the order of the list, have been reached at the end of each wave. A wave that failed is the
    last one. The last takes all: ``"100%"``. One with a ``hold`` gets no release, so it does not count."""

    parallel: Parallel = 4
    """Deployments at once."""

    pause_after: WaveNumber | None = None
    """The wave to stop after. Sites behind it keep their release and their variables."""

    timeout: Seconds = 75 * 60
    """How long one deployment may take. The platform's own limits add up to over an hour."""

    health: Annotated[Health | None, BeforeValidator(switched_off)] = Health()
    """What each site must answer before the next wave begins; ``false``: nobody asks."""
