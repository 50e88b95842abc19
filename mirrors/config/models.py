"""The models of the configuration: the declared fleet and the settings of a stack. Users write the keys in camelCase.

``python -m tools.reference`` makes ``docs/reference/configuration`` from the docstrings here. The text after
``Default:`` at the end of one replaces the field's own default there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BeforeValidator, Field, PlainValidator, PrivateAttr, SecretStr, model_validator

from mirrors.config.base import ConfigModel
from mirrors.config.platform_settings import PlatformSettings
from mirrors.config.platforms import DEFAULT_PLATFORM, PLATFORMS, keys_of_other_platforms, platform_settings_class
from mirrors.config.rollout import RolloutSettings
from mirrors.config.values import (
    HoldMode,
    PlainVariables,
    SecretVariables,
    SiteId,
    Slug,
    StackName,
    VariableName,
    not_taken,
    null_as_empty,
)

DEFAULT_SHARED_NAMES = ("DATABASE_URL", "DEFAULT_STORAGE_DSN")
SITE_VARIABLE_NAMES = frozenset({"SITE_ID", "MIRRORS_APPLICATION"})
"""The variables that Mirrors gives each mirror, with a value of its own."""

ALL_MIRRORS = "all"
"""The key of ``mirrors:secrets`` whose secrets every mirror gets."""


@dataclass(frozen=True)
class DeclaredVariable:
    """A declared variable of a site. No repr shows its value, secret or not."""

    value: str = field(repr=False)
    secret: bool


class SiteSettings(ConfigModel):
    """An application of the fleet, the original or a mirror."""

    application: Slug
    """The application's slug, as in the address of its page in the Control Panel."""

    site_id: SiteId | None = None
    """The site's ``SITE_ID``. Without this key, the site keeps the id of the state or of its running instances. A site
    that has none there gets a new one."""

    formerly: Slug | None = None
    """The slug that the application had before a rename. Remove the key when every stack was updated with the new
    slug."""

    variables: PlainVariables = Field(default_factory=dict, repr=False)
    """Environment variables of this site alone, in clear. They override the fleet's."""


class OriginalSettings(SiteSettings):
    """The application that owns the repository, the database and the media storage."""

    deploy: bool = Field(default=False, strict=True)
    """``true``: Mirrors also writes the original's variables and deploys it. Otherwise Mirrors only reads it."""


class MirrorSettings(SiteSettings):
    """An application that runs the original's code. Make it in the Control Panel first: the API cannot make one."""

    hold: HoldMode = "nothing"
    """``true``: Mirrors deploys nothing to this site, and a change of its variables is a problem.
    ``variablesMayDeploy``: Mirrors deploys the site for changed variables, but not for a new release alone."""


class FleetSettings(ConfigModel):
    """An original with its mirrors. It is the same for all stacks, so it belongs in ``Pulumi.yaml``:

    ```yaml
    mirrors:fleet:
      value:
        original:
          application: acme
        mirrors:
          - application: acme-de
          - application: acme-fr
            siteId: 7
            variables: {THEME: dark}
          - application: acme-italia
            formerly: acme-it
        variables: {LANGUAGE_FALLBACK: en}
        retired: [5]
    ```
    """

    original: OriginalSettings
    """The application whose code, database and storage all sites share."""

    mirrors: tuple[MirrorSettings, ...] = ()
    """The mirrors. The waves follow their order. A new order changes no ``SITE_ID``."""

    variables: PlainVariables = Field(default_factory=dict, repr=False)
    """Environment variables of every mirror, in clear."""

    shared: tuple[VariableName, ...] = DEFAULT_SHARED_NAMES
    """The names of the variables that each mirror gets from the original, with the values of its running instances."""

    retired: tuple[SiteId, ...] = ()
    """Ids of former sites. Mirrors gives them to no site."""

    reserved_site_ids: tuple[SiteId, ...] = ()
    """Ids that are in use where Mirrors cannot see it, such as rows of the Sites admin. Mirrors gives them to no site.
    A mirror that has such an id but never ran with it gets the next one. A mirror that ran with it keeps it until you
    declare another ``siteId`` for it."""

    reserved_for: dict[Slug, SiteId] = Field(default_factory=dict)
    """Ids of applications that Mirrors cannot read: ``{acme-old: 9}``. Such an application is not on the list, and may
    run with the shared database. Name a site of the list here if it hides its id in an environment besides Test and
    Live. Mirrors gives these ids to no site. If the application has another id in Test or Live, add that one to
    ``reservedSiteIds``. A name that no application has is a problem."""

    release_site_ids: tuple[SiteId, ...] = ()
    """Retired ids that you may declare for a site again. That site shows the content that the former site left."""

    highest_site_id: SiteId | None = None
    """The highest id that Mirrors ever gave. A new mirror gets a higher one. The state remembers it, so you need this
    key only where a new state takes over mirrors that have ids from Mirrors. ``mirrors ids --pin`` writes it."""

    @property
    def sites(self) -> tuple[SiteSettings, ...]:
        """The original, then the mirrors as listed."""
        return (self.original, *self.mirrors)

    @property
    def slugs(self) -> tuple[str, ...]:
        """The slugs of all sites, in the order of ``sites``."""
        return tuple(site.application for site in self.sites)


class SiteOverride(ConfigModel):
    """The keys of one site on this stack alone."""

    variables: PlainVariables = Field(default_factory=dict, repr=False)
    """Environment variables of this site on this stack, in clear. They override all others in clear."""

    hold: HoldMode | None = None
    """The mirror's ``hold`` on this stack. It overrides the fleet's. Mirrors never holds the original."""


class StackOverrides(ConfigModel):
    """The differences between this stack and the others. They belong in ``Pulumi.<stack>.yaml``:

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


PlatformKeys = TypeVar("PlatformKeys", bound=PlatformSettings)


@dataclass(frozen=True)
class _ChosenPlatform:
    """The keys of one platform before validation."""

    kind: str
    keys: Mapping[str, Any] = field(repr=False)


def _validate_platform(value: Any) -> PlatformSettings:
    """Validate the keys of the chosen platform with the platform's own class."""
    if isinstance(value, PlatformSettings):
        return value
    if isinstance(value, _ChosenPlatform):
        return platform_settings_class(value.kind).model_validate(dict(value.keys))
    raise not_taken(" or ".join(PLATFORMS))


class Settings(ConfigModel):
    """The configuration of one stack, here Live's, in ``Pulumi.live.yaml``:

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

    platform: Annotated[PlatformSettings, PlainValidator(_validate_platform)]
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

    @model_validator(mode="before")
    @classmethod
    def _gather_platform(cls, data: Any) -> Any:
        """Gather the keys of the chosen platform, and drop those of other platforms."""
        if not isinstance(data, dict) or isinstance(data.get("platform"), PlatformSettings):
            return data
        kind = DEFAULT_PLATFORM if data.get("platform") is None else data["platform"]
        if not isinstance(kind, str) or kind not in PLATFORMS:
            return {key: value for key, value in data.items() if key not in keys_of_other_platforms("")}
        own = {key: data[key] for key in PLATFORMS[kind].keys if key in data}
        rest = {
            key: value for key, value in data.items() if key not in keys_of_other_platforms(kind) and key not in own
        }
        return {**rest, "platform": _ChosenPlatform(kind, own)}

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

    def with_stack(self, name: str) -> "Settings":
        """Return a copy of the settings that knows the short name of its stack."""
        settings = self.model_copy()
        settings._stack = name
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
        return SITE_VARIABLE_NAMES | frozenset(self.fleet.shared)

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
            merged |= {name: DeclaredVariable(value, secret=False) for name, value in values.items()}
        for _, secrets in self.secret_variables_of(site):
            merged |= {name: DeclaredVariable(value.get_secret_value(), secret=True) for name, value in secrets.items()}
        return {name: variable for name, variable in merged.items() if name not in self.reserved_names}

    def plain_variables_of(self, site: SiteSettings) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
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
