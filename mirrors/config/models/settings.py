"""The model of a stack's whole configuration."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import Field, PlainValidator, PrivateAttr, SecretStr, model_validator

from mirrors.config.known_later import KnownLater
from mirrors.config.models.base import ConfigModel
from mirrors.config.models.fleet import FleetSettings, MirrorSettings, SiteSettings
from mirrors.config.models.overrides import SiteOverride, StackOverrides
from mirrors.config.models.platform_choice import gather_platform_keys, validate_platform
from mirrors.config.models.platform_settings import PlatformSettings
from mirrors.config.models.rollout import RolloutSettings
from mirrors.config.values.common_values import SecretVariables, StackName
from mirrors.config.values.rollout_values import HoldMode
from mirrors.config.values.variable_names import SITE_VARIABLES

ALL_MIRRORS = "all"
"""The key of ``mirrors:secrets`` whose secrets every mirror gets."""


@dataclass(frozen=True)
class DeclaredVariable:
    """A declared variable of a site. No repr shows its value, secret or not.

    Args:
        value: The value; None for an ``Output`` of the program, which is known later.
        secret: Whether it is a secret; None for an ``Output``.
        later: The mark of such an ``Output``.
    """

    value: str | None = field(repr=False)
    secret: bool | None
    later: KnownLater | None = None

    @classmethod
    def plain(cls, value: str | KnownLater) -> Self:
        """Return a variable that is declared in clear, or as an ``Output``."""
        return cls(None, None, value) if isinstance(value, KnownLater) else cls(value, secret=False)


PlatformKeys = TypeVar("PlatformKeys", bound=PlatformSettings)


class Settings(ConfigModel):
    """The configuration of one stack, here Live's, in ``Pulumi.live.yaml``.

    ```yaml
    mirrors:environment: live
    mirrors:siteIdsFrom: test
    mirrors:onRemoval: keep
    ```
    """

    fleet: FleetSettings
    """The original and its mirrors."""

    fleet_file: str | None = Field(default=None, min_length=1)
    """A file that has the keys of ``fleet`` and replaces it. The path begins at the project's directory:
    ``fleet.yaml``. A fleet of hundreds needs it: Pulumi passes the whole configuration to the program in one variable,
    and Linux allows 128 KiB."""

    overrides: StackOverrides = StackOverrides()
    """The differences between this stack and the others."""

    secrets: dict[str, SecretVariables] = Field(default_factory=dict)
    """Secret environment variables of this stack. ``all`` has those of every mirror, and a slug has those of one site,
    which override ``all``. A name that is also declared in clear is a problem."""

    shared_values: SecretVariables = Field(default_factory=dict)
    """The values of shared variables that the platform does not show. If the platform shows another value, that is a
    problem."""

    environment: Literal["test", "live"]
    """The environment that this stack manages. Default: the stack's name."""

    platform: Annotated[PlatformSettings, PlainValidator(validate_platform)]
    """The platform that runs the sites: Divio, or a Docker host."""

    site_ids_from: StackName | None = None
    """The stack that gives this one its ids. This stack then gives none itself. For Live, name Test's stack."""

    rollout: RolloutSettings = RolloutSettings()
    """How a release reaches the mirrors."""

    on_removal: Literal["clean", "keep"] | None = None
    """``clean``: Mirrors removes the variables that it created when a mirror leaves the list, or when you destroy the
    stack. ``keep``: it leaves them. Default: ``keep`` on Live, ``clean`` on Test."""

    confirm_database: str | None = None
    """The services that you confirm, with commas between them. Name the new service of a shared value if you changed it
    on purpose, or if Mirrors cannot tell it from the other environment's. Name the ``DATABASE_URL`` of a new mirror if
    the mirror may give that database up. Name a value that Mirrors cannot read by its place:
    ``unreadable:acme:DATABASE_URL``. The problem that asks for this key says what to write."""

    needed: ClassVar[Mapping[str, str]] = {
        "fleet": "it lists the original and its mirrors, for example under config: in Pulumi.yaml: "
        "mirrors:fleet: {value: {original: {application: acme}, mirrors: [{application: acme-de}]}}",
    }

    _stack: str = PrivateAttr("")
    _program_fleet: str | None = PrivateAttr(None)

    @model_validator(mode="before")
    @classmethod
    def _gather_platform(cls, data: Any) -> Any:
        return gather_platform_keys(data)

    def platform_keys(self, platform: type[PlatformKeys]) -> PlatformKeys:
        """Return the keys of one platform.

        Args:
            platform: The platform's own class.

        Raises:
            TypeError: The stack is on another platform.
        """
        if not isinstance(self.platform, platform):
            raise TypeError(f"the stack is on {self.platform.kind}")
        return self.platform

    @property
    def stack(self) -> str:
        """The short name of the stack that has these settings; empty if it is not known."""
        return self._stack

    @property
    def program_fleet(self) -> str | None:
        """The name of the ``Fleet`` whose arguments declare these settings; None if the configuration does."""
        return self._program_fleet

    def with_stack(self, name: str, program_fleet: str | None = None) -> "Settings":
        """Return a copy of the settings that knows the short name of its stack, and the ``Fleet`` that declares it."""
        settings = self.model_copy()
        settings._stack, settings._program_fleet = name, program_fleet
        return settings

    @property
    def keeps_variables(self) -> bool:
        """Return whether a mirror keeps its variables when it leaves the list, or when the stack is destroyed."""
        return (self.on_removal or ("keep" if self.environment == "live" else "clean")) == "keep"

    @property
    def confirmed_identities(self) -> frozenset[str]:
        """The services in ``confirm_database``, which has commas or blanks between them.

        There may be several, because a database and a storage may move together.
        """
        return frozenset((self.confirm_database or "").replace(",", " ").split())

    @property
    def mirrors(self) -> tuple[MirrorSettings, ...]:
        """The mirrors of the fleet, in their order."""
        return self.fleet.mirrors

    def declared_hold(self, mirror: MirrorSettings) -> HoldMode:
        """Return the hold that the user declared for a mirror. ``effective_hold`` also respects ``rollout.follow``."""
        override = self.overrides.mirrors.get(mirror.application, SiteOverride()).hold
        return mirror.hold if override is None else override

    def effective_hold(self, mirror: MirrorSettings) -> HoldMode:
        """Return the hold that counts for a mirror.

        With ``rollout.follow: manual`` it is at least ``variablesMayDeploy``: a new release alone deploys nothing.
        """
        hold = self.declared_hold(mirror)
        return "variablesMayDeploy" if hold == "nothing" and self.rollout.follow == "manual" else hold

    @property
    def reserved_names(self) -> frozenset[str]:
        """The names that a user may not declare: the variables that Mirrors sets, and those that the fleet shares."""
        return frozenset((*SITE_VARIABLES, *self.fleet.shared))

    def variables_of(self, slug: str) -> dict[str, DeclaredVariable]:
        """Return {name: variable} of a site as declared. A more specific place wins, and a secret over a plain value.

        Args:
            slug: The slug of the original or of a mirror.

        Raises:
            KeyError: The fleet has no such site.
        """
        site = next((site for site in self.fleet.sites if site.application == slug), None)
        if site is None:
            raise KeyError(slug)
        merged: dict[str, DeclaredVariable] = {}
        for _, values in self.plain_variables_of(site):
            merged |= {name: DeclaredVariable.plain(value) for name, value in values.items()}
        for _, secrets in self.secret_variables_of(site):
            merged |= {name: DeclaredVariable(value.get_secret_value(), secret=True) for name, value in secrets.items()}
        return {name: variable for name, variable in merged.items() if name not in self.reserved_names}

    def plain_variables_of(self, site: SiteSettings) -> Iterator[tuple[tuple[str, ...], dict[str, str | KnownLater]]]:
        """Yield (place, {name: value}) of the plain variables of a site, the most general place first.

        The site's own variables have the place ``()``, because a site does not know its number in the list.
        """
        mirror = isinstance(site, MirrorSettings)
        if mirror:
            yield ("fleet", "variables"), self.fleet.variables
        yield (), site.variables
        if mirror:
            yield ("overrides", "variables"), self.overrides.variables
        own = self.overrides.mirrors.get(site.application, SiteOverride())
        yield ("overrides", "mirrors", site.application, "variables"), own.variables

    def secret_variables_of(self, site: SiteSettings) -> Iterator[tuple[tuple[str, ...], dict[str, SecretStr]]]:
        """Yield (place, {name: secret}) of the secret variables of a site, the most general place first."""
        if isinstance(site, MirrorSettings):
            yield ("secrets", ALL_MIRRORS), self.secrets.get(ALL_MIRRORS, {})
        if site.application != ALL_MIRRORS:
            yield ("secrets", site.application), self.secrets.get(site.application, {})
