"""The models of ``mirrors:overrides``: the differences between one stack and the others."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from mirrors.config.models.base import ConfigModel
from mirrors.config.values.common_values import PlainVariables
from mirrors.config.values.rollout_values import HoldMode
from mirrors.config.values.validators import null_as_empty


class SiteOverride(ConfigModel):
    """The keys of one site on this stack alone."""

    variables: PlainVariables = Field(default_factory=dict, repr=False)
    """Environment variables of this site on this stack, in clear. They override all others in clear."""

    hold: HoldMode | None = None
    """The mirror's ``hold`` on this stack. It overrides the fleet's. Mirrors never holds the original."""


class StackOverrides(ConfigModel):
    """The differences between this stack and the others. They belong in ``Pulumi.<stack>.yaml``.

    ```yaml
    mirrors:overrides:
      variables: {LOG_LEVEL: debug}
      mirrors:
        acme-fr:
          variables: {THEME: plain}
          hold: true
    ```
    """

    variables: PlainVariables = Field(default_factory=dict, repr=False)
    """Environment variables of every mirror on this stack, in clear. They override the fleet's."""

    mirrors: dict[str, Annotated[SiteOverride, BeforeValidator(null_as_empty)]] = Field(default_factory=dict)
    """The keys of single sites, by slug. The original may have variables here, too, if its ``deploy`` is true."""
